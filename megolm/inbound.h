#ifndef MEGOLM_INBOUND_H
#define MEGOLM_INBOUND_H
#include "state.h"

/* Megolm sessions of other senders, and the own one as its messages come back. */

/* NULL when the room has no session of this id. */
struct megolm_inbound *megolm_inbound_find(const struct megolm_room *room, struct megolm_slice id);

/*
 * Makes an inbound session from a session key and checks that it is the session it is said
 * to be; it does not enter the room. `sender` is NULL for the own device.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_new(struct megolm_inbound **out,
						     struct megolm_peer *sender,
						     struct megolm_slice id,
						     struct megolm_slice session_key);

/* The same without looking at the key: megolm_inbound_open does it when first needed. */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_new_unopened(struct megolm_inbound **out,
							      struct megolm_slice id,
							      struct megolm_slice session_key);
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_open(struct megolm_inbound *inbound);

/* Makes a session from the form of an export (megolm.md, "Session export format"). It takes
 * over `origin`; on failure that still belongs to the caller. */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_import(struct megolm_inbound **out,
							struct megolm_origin *origin,
							struct megolm_slice id,
							struct megolm_slice exported);
void megolm_origin_free(struct megolm_origin *origin); /* NULL is allowed */

/* Writes MEGOLM_EXPORT_CHARS characters: the session from its first known index on, which is
 * *index. */
#define MEGOLM_EXPORT_CHARS 220 /* version, index, ratchet, public key: 165 bytes */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_export(struct megolm_inbound *inbound,
							uint8_t *out, uint32_t *index);

/* Whether the device that began the session is the own one, or verified; by how many devices the
 * key was passed on. Both go into a backup. */
bool megolm_inbound_is_verified(const struct megolm_inbound *inbound);
uint32_t megolm_inbound_n_forwarded(const struct megolm_inbound *inbound);

/* The keys of the device that began the session, as far as it is known or said. */
const char *megolm_inbound_curve25519(const struct megolm_room *room,
				      const struct megolm_inbound *inbound);
const char *megolm_inbound_ed25519(const struct megolm_room *room,
				   const struct megolm_inbound *inbound);

/* A session on its way into a room. */
struct megolm_entry {
	struct megolm_room *room;
	bool is_new_room; /* its device does not have it yet */
	struct megolm_inbound *inbound;
	struct megolm_inbound *known; /* the one of the same id, NULL when there is none */
	bool is_earlier, is_better;   /* than that */
};

/*
 * Puts a session into a room, which is made if it does not exist, in two steps: whatever can be
 * refused or fail is in the first, which changes nothing; then one of the others takes *out.
 * In place of a session of the same id it takes over only if it begins earlier or comes from a
 * better source, and with its record of messages seen: MEGOLM_ERR_WRONG_SENDER when that one is
 * of another device, MEGOLM_ERR_RATCHET when an imported key does not lead to the other. On
 * failure the session still belongs to the caller. Commit settles the request for a session that
 * is new; one that tells nothing new it drops. An empty entry may be abandoned.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_entry_prepare(struct megolm_entry *out,
						       struct megolm_device *device,
						       struct megolm_slice room_id,
						       struct megolm_inbound *inbound);
bool megolm_entry_is_new(const struct megolm_entry *entry);
void megolm_entry_commit(struct megolm_entry *entry);
void megolm_entry_abandon(struct megolm_entry *entry);

/* Both steps at once, into a room that there is. */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_enter(struct megolm_room *room,
						       struct megolm_inbound *inbound);

/* Wipes and frees; NULL is allowed. */
void megolm_inbound_free(struct megolm_inbound *inbound);
#endif
