#ifndef GB_BACKENDS_MEGOLM_WORLD_H
#define GB_BACKENDS_MEGOLM_WORLD_H
#include "groupbench_backend.h"
#include "megolm.h"
#include "megolm_probe.h"
#include <stdbool.h>

/*
 * A world of the megolm backend: one Matrix room, what its homeserver knows (who is in it,
 * which keys were uploaded), and the live devices. A device's ids follow from its number.
 */

#define GB_MEGOLM_ROOM      "!room:gb.test"
#define GB_MEGOLM_MAX_ID    256
#define GB_MEGOLM_MAX_EVENT ((size_t)4 << 20)
/* One-time keys of a device that can be claimed; an account keeps 100. Later claims get its
 * fallback key. */
#define GB_MEGOLM_MAX_CLAIMS 98

/* State of a pair of devices that shape() makes: the axis olm. Its value `shared` makes what
 * `new` does: there, too, everybody has the key of the next message, and sending it needs no
 * Olm session. */
enum gb_megolm_olm { GB_MEGOLM_NEW, GB_MEGOLM_CHAIN, GB_MEGOLM_RATCHET };

struct gb_megolm_ids {
	char user[GB_MEGOLM_MAX_ID], device[16];
};

/* A one-time key, signed, that the directory holds ready for one actor. */
struct gb_megolm_claimable {
	uint8_t *p; /* NULL: none was prepared */
	size_t len;
	bool claimed;
};

/* Device keys of a dormant device. */
struct gb_megolm_upload {
	uint8_t *p; /* NULL: they are made when they are asked for */
	size_t len;
};

/* What of a live device the library does not hold; as it is now and at the checkpoint. */
struct gb_megolm_progress {
	size_t seen;        /* entries of the membership log */
	bool knows_members; /* its room lists everybody who was there at `seen` */
	bool has_room;
	bool has_published; /* its first one-time key */
	bool healed;        /* by its last rekey or remove */
	uint64_t fetched;   /* bytes that the directory gave it for its last operation */
};

struct gb_megolm_live {
	struct megolm_seeded stream; /* its randomness; must not move */
	struct megolm_device *device;
	struct megolm_room *room;
	uint8_t *first_key; /* signed, of publish_many() */
	size_t first_key_len;
	struct gb_megolm_claimable *claimable; /* by device, of an actor; NULL: none */
	struct gb_megolm_progress now, saved;
	bool is_saved;
};

/* Somebody came into the room or left it. */
struct gb_megolm_change {
	uint32_t device;
	bool joined;
};

struct gb_world {
	struct gb_config config;
	enum gb_megolm_olm olm;
	enum megolm_probe_primitives primitives;
	uint32_t user_id_len, devices_per_user;
	struct gb_megolm_live **live; /* by device; NULL: dormant */
	/* The homeserver. */
	bool has_group, saved_has_group;
	bool *is_member, *saved_is_member;
	uint16_t *n_claimed, *saved_n_claimed; /* one-time keys of dormant devices, by device */
	struct gb_megolm_upload *uploads;      /* by device */
	struct gb_megolm_change *log;
	size_t n_log, log_cap, saved_n_log;
	bool is_saved;
	struct megolm_counts counts;
	uint8_t *scratch;
	size_t scratch_cap;
	struct megolm_peer **peers; /* room for the peers of one operation */
	uint8_t *undo;              /* what to take back of each */
	size_t peers_cap;
	char error[256];
};

/* Records why a call fails; the status follows from the class of the error. */
enum gb_status gb_megolm_fail(struct gb_world *w, enum gb_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum gb_status gb_megolm_status(struct gb_world *w, enum megolm_err err, const char *what);

/* libolm counts into the world and uses the primitives of its axis; or, for what is no client's
 * work, counts nothing and uses the fastest. */
void gb_megolm_enter(struct gb_world *w);
void gb_megolm_enter_untimed(struct gb_world *w);

struct gb_megolm_ids gb_megolm_ids(const struct gb_world *w, uint32_t device);

/* Room for `len` bytes, or n peers. */
enum gb_status gb_megolm_scratch(struct gb_world *w, size_t len);
enum gb_status gb_megolm_reserve_peers(struct gb_world *w, size_t n);

/* The account of a device with its first n_keys one-time keys, for the caller to free;
 * `stream` is its randomness and must not move meanwhile. */
enum gb_status gb_megolm_account(struct gb_world *w, struct megolm_device **out,
				 struct megolm_seeded *stream, uint32_t device, size_t n_keys);

/* Makes a dormant device live; nothing happens when it is live. */
enum gb_status gb_megolm_materialise(struct gb_world *w, uint32_t device);

/* Sends the next upload of a live device, or the first one of any device. */
enum gb_status gb_megolm_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				      struct gb_outbox *out);

/* What the directory answers a query and a claim with: *keys and *signed_key lie in the scratch
 * and in devices. Not counted. */
enum gb_status gb_megolm_query(struct gb_world *w, uint32_t device, struct megolm_slice *keys);
enum gb_status gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by, uint32_t device,
			       struct megolm_slice *signed_key);

/* Has the device keys at hand when somebody asks for them: making an account is no sender's
 * work, and would be timed as such. */
enum gb_status gb_megolm_keep_upload(struct gb_world *w, uint32_t device, struct megolm_slice keys);

/* Membership, as the homeserver has it. Room in the log must have been reserved. */
enum gb_status gb_megolm_reserve_log(struct gb_world *w, size_t n);
void gb_megolm_change(struct gb_world *w, uint32_t device, bool joined);

enum gb_status gb_megolm_shape(struct gb_world *w, const struct gb_shape *shape);
enum gb_status gb_megolm_checkpoint(struct gb_world *w);
enum gb_status gb_megolm_rollback(struct gb_world *w);

enum gb_status gb_megolm_open(struct gb_world **out, const struct gb_config *config);
void gb_megolm_close(struct gb_world *w);
enum gb_answer gb_megolm_axis(const char *name, const char *value, const char **reason);

/* create, add, remove, rekey, share and send, in megolm_actor.c. */
enum gb_status gb_megolm_create(struct gb_world *w, uint32_t device,
				const struct gb_published *others, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_add(struct gb_world *w, uint32_t device,
			     const struct gb_published *joining, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_share(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			      struct gb_outbox *out);

/* The plaintext of send() as the content of an m.room.message event and back; see
 * megolm_payload.c. The second fails for content that the first has not written. */
size_t gb_megolm_payload_max(size_t len);
size_t gb_megolm_payload_write(uint8_t *out, struct gb_bytes plaintext);
bool gb_megolm_payload_read(uint8_t *out, size_t *len, struct megolm_slice content);
#endif
