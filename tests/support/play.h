#ifndef PLAY_H
#define PLAY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery/directory.h"
#include "delivery/outbox.h"
#include "groupbench_backend.h"

/*
 * A small group played out on a backend, call by call, every device live and every
 * message kept. Steps return whether what they name is true; after the first that is not,
 * `broken` says what was seen and what was wanted. So a promise is a row of steps:
 *
 *   return play_found(p, 5) && play_rekey(p, 0) && play_members_agree(p, 0);
 */

#define PLAY_DEVICES 24
#define PLAY_STEPS   400

/* What a call at one device took in and what it cost there. */
enum play_call {
	PLAY_CREATE,
	PLAY_ADD,
	PLAY_REMOVE,
	PLAY_REKEY,
	PLAY_SEND,
	PLAY_PROCESS,
	PLAY_JOIN,
	PLAY_RECEIVE,
};

struct play_step {
	enum play_call call;
	uint32_t device;
	uint32_t first, n;      /* devices that were added or removed */
	size_t message, behind; /* messages of the mailbox: taken in [message, behind) */
	struct gb_counts counts;
};

struct play {
	const struct gb_backend *backend;
	struct gb_world *world;
	struct gb_directory directory; /* key material of all devices */
	struct gb_mailbox mailbox;     /* everything that was ever sent */
	bool is_member[PLAY_DEVICES];
	bool is_leaving[PLAY_DEVICES]; /* by the operation that is being delivered */
	uint32_t n_members;
	bool fetches_tree; /* newcomers get the ratchet tree apart from the Welcome */
	uint32_t n_sent;   /* application messages, whose plaintext is their number */
	struct play_step step[PLAY_STEPS];
	size_t n_steps;
	char broken[300];
};

/*
 * All open a world of p->backend, the only field that must be set, with the default of every
 * axis that the backend honours, and fetch key material of devices 0 .. PLAY_DEVICES - 1.
 *
 *   play_open    all devices are live, none is in a group
 *   play_with    the same, where axis->name is axis->value, and key material was published
 *                by devices that were live already
 *   play_alone   only `device` is live
 *   play_shape   the group of `shape`, on axes where axis->name, if given, is axis->value
 *
 * Whatever they return, play_close ends it.
 */
bool play_open(struct play *p, uint64_t seed);
bool play_with(struct play *p, uint64_t seed, const struct gb_axis *axis);
bool play_alone(struct play *p, uint64_t seed, uint32_t device);
bool play_shape(struct play *p, uint64_t seed, const struct gb_shape *shape,
		const struct gb_axis *axis);
void play_close(struct play *p);

/* Operations of `device`, delivered to everybody whom they concern. */
bool play_found(struct play *p, uint32_t size); /* device 0 creates the group 0 .. size - 1 */
bool play_add(struct play *p, uint32_t device, uint32_t first, uint32_t n);
bool play_remove(struct play *p, uint32_t device, uint32_t first, uint32_t n);
bool play_rekey(struct play *p, uint32_t device);

/* The same without delivery: what was sent begins at *message of the mailbox. */
bool play_start_add(struct play *p, uint32_t device, uint32_t first, uint32_t n, size_t *message);
bool play_start_rekey(struct play *p, uint32_t device, size_t *message);
/* What was sent from `message` on is taken in by all members, or by one, who are its recipients;
 * then devices first .. first + n - 1 join by it. */
bool play_deliver_from(struct play *p, size_t message);
bool play_deliver_to(struct play *p, uint32_t device, size_t message);
bool play_let_in(struct play *p, uint32_t first, uint32_t n, size_t message);

/* Protects the next plaintext; *message is its place in the mailbox. */
bool play_send(struct play *p, uint32_t device, size_t *message);

/* `device` is given a message and must read its plaintext, or must refuse it. */
bool play_reads(struct play *p, uint32_t device, size_t message);
bool play_refuses(struct play *p, uint32_t device, size_t message);
/* The same where the message comes as another event than it was sent as. */
bool play_refuses_replay(struct play *p, uint32_t device, size_t message);
/* Every member but the sender reads it; play_message also sends it. */
bool play_all_read(struct play *p, size_t message);
bool play_message(struct play *p, uint32_t sender);

/* Hands one message, as it was sent or forged, to process, join or receive, as its kind demands. */
enum gb_status play_take_in(struct play *p, uint32_t device, const struct gb_message *m);

/* All members have equal digests for the keys of `sender`. */
bool play_members_agree(struct play *p, uint32_t sender);
bool play_digest(struct play *p, uint32_t device, uint32_t sender, uint8_t out[GB_DIGEST_BYTES]);
/* Whether the digest of `device` is still, or is no longer, what it was. */
bool play_digest_is(struct play *p, uint32_t device, uint32_t sender,
		    const uint8_t was[GB_DIGEST_BYTES]);
bool play_digest_is_not(struct play *p, uint32_t device, uint32_t sender,
			const uint8_t was[GB_DIGEST_BYTES]);

/* Primitive operations since open; all zero where the backend does not count. */
struct gb_counts play_counts(struct play *p);
struct gb_counts play_counts_since(struct play *p, const struct gb_counts *before);

/* Puts a sentence into broken, and is false. */
bool play_broken(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
