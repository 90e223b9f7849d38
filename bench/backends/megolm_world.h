#ifndef GB_BACKENDS_MEGOLM_WORLD_H
#define GB_BACKENDS_MEGOLM_WORLD_H
#include "groupbench_backend.h"
#include "megolm.h"
#include "megolm_keys.h"
#include "megolm_probe.h"
#include <stdbool.h>

/*
 * A world of the megolm backend: one Matrix room, what its homeserver knows (who is in it,
 * which keys were uploaded), and the live devices. A device's ids follow from its number.
 */

#define GB_MEGOLM_ROOM             "!room:gb.test"
#define GB_MEGOLM_MAX_ID           256
#define GB_MEGOLM_SHORTEST_USER_ID 16 /* seven digits and the server's name */
#define GB_MEGOLM_MAX_EVENT        ((size_t)4 << 20)
/* One-time keys of a device that can be claimed; an account keeps 100. Later claims get its
 * fallback key. */
#define GB_MEGOLM_MAX_CLAIMS 98

/* Users of a query, devices of a claim, to-device messages of a request, as clients limit them. */
#define GB_MEGOLM_BATCH 250

/* State of a pair of devices that shape() makes: the axis olm. */
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

/* What vouches for the devices of a user; with the axis verification = cross_signed. */
struct gb_megolm_voucher {
	struct megolm_identity *identity;
	struct megolm_slice master, self_signing;
};

/* One of those who are let in, on the way from the directory's answers to an Olm session. */
struct gb_megolm_invitee {
	uint32_t device;
	bool is_met; /* known, with a session: nobody is asked for it */
	struct megolm_peer *peer;
	struct megolm_slice keys, signed_key, master, self_signing; /* as the answers have them */
	struct megolm_slice claimed;                                /* verified */
	uint8_t undo;
};

/* What the directory answered in one operation, one answer behind the other. */
struct gb_megolm_answers {
	uint8_t *p;
	size_t len, cap;
};

/* Bytes of their own: what a device uploaded, or its device keys alone. */
struct gb_megolm_upload {
	uint8_t *p; /* NULL: made when it is asked for */
	size_t len;
};

/* How an upload ends, in the one-time keys that only those look at who claim one. */
struct gb_megolm_end {
	uint8_t bytes[32];
	bool is_known;
};

/* What of a live device the library does not hold; as it is now and at the checkpoint. */
struct gb_megolm_progress {
	size_t seen;        /* entries of the membership log */
	bool knows_members; /* its room lists everybody who was there at `seen` */
	bool has_room;
	bool has_published; /* its first upload */
	bool healed;        /* by its last rekey or remove */
	uint64_t fetched;   /* bytes that the directory gave it for its last operation */
	/* What they are of: keys of devices, of their users, and one-time keys. */
	uint64_t n_fetched_devices, n_fetched_users, n_fetched_keys;
	uint64_t asked; /* bytes of what it asked as a recipient */
};

struct gb_megolm_live {
	struct megolm_seeded stream; /* its randomness; must not move */
	struct megolm_device *device;
	struct megolm_room *room;
	struct gb_megolm_upload upload; /* of publish_many() */
	/* Lie in it, signed. Nobody claims the first: those of a claim are made when it comes. */
	struct megolm_slice one_time_key, fallback_key;
	/* The fallback keys that came after that, at the checkpoint and since; NULL: none. */
	struct gb_megolm_upload kept_fallback, new_fallback;
	struct gb_megolm_claimable *claimable; /* by device, of an actor; NULL: none */
	struct megolm_identity *identity;      /* made with it by enrol(); NULL */
	struct gb_megolm_progress now, saved;
	bool is_saved;
};

/* Somebody came into the room or left it. */
struct gb_megolm_change {
	uint32_t device;
	bool joined;
};

/* A session of the past, in room !oldN:gb.test. */
struct gb_megolm_old {
	uint32_t room;
	char session[44], sender_key[44];
};

/* Keys of the past: which they are, and how the homeserver keeps them encrypted, what axis `backup`
 * is about. */
struct gb_megolm_kept {
	enum megolm_backup_algorithm algorithm;
	struct megolm_backup *backup; /* NULL before there is a history */
	uint32_t n_rooms, n_old;
	struct gb_megolm_old *old;
	uint8_t *said; /* in each old message */
	size_t said_len;
};

/* A device that the homeserver keeps for a user, as it was uploaded. */
struct gb_megolm_dry {
	uint8_t *upload; /* of its keys */
	size_t upload_len;
	char id[44];
};

/* A key that a session was begun with, since the checkpoint. */
struct gb_megolm_claim_note {
	uint32_t device;
	bool is_fallback;
	uint8_t signature[8]; /* some of its digits */
};

struct gb_megolm_claims {
	struct gb_megolm_claim_note *note;
	size_t n, cap;
	bool is_cut; /* memory ran out */
};

struct gb_world {
	struct gb_config config;
	struct gb_megolm_dry dry;
	struct gb_megolm_kept kept;
	struct gb_megolm_claims claims;
	enum gb_megolm_olm olm;
	enum megolm_probe_primitives primitives;
	uint32_t user_id_len, devices_per_user;
	struct gb_megolm_live **live; /* by device; NULL: dormant */
	uint32_t *live_devices;       /* those of them that are not NULL, in the order they came */
	uint32_t n_live;
	/* The homeserver. */
	uint64_t now_ms, saved_now_ms; /* the clock of all devices */
	bool has_group, saved_has_group;
	bool *is_member, *saved_is_member;
	uint16_t *n_claimed, *saved_n_claimed; /* one-time keys of dormant devices, by device */
	struct gb_megolm_upload *uploads;      /* by device */
	struct gb_megolm_end *upload_end;      /* of what was published, by device */
	struct gb_megolm_change *log;
	size_t n_log, log_cap, saved_n_log;
	bool is_saved;
	struct megolm_counts counts;
	uint8_t *scratch;
	size_t scratch_cap;
	struct megolm_peer **peers; /* room for the peers and devices of one operation */
	uint32_t *devices;
	size_t devices_cap;
	uint32_t
		*queried; /* those a sender just learned of, whose keys it asks for; room for all */
	size_t n_queried;
	uint32_t n_requests; /* with to-device messages, so far */
	/* By user, two each, of messages that are encrypted and of others: that named it. */
	uint32_t *last_request;
	struct gb_megolm_invitee *invitees;
	size_t n_invitees, invitees_cap;
	struct gb_megolm_answers answers;
	bool cross_signed, without_device_keys, shared_history;
	uint32_t rotation_messages, rotation_ms; /* 0: never */
	uint32_t rounds;                         /* of PBKDF2 */
	struct gb_megolm_voucher *vouchers;      /* by user; NULL unless cross_signed */
	struct megolm_probe_call *single;        /* what was prepared last */
	uint8_t *stored;                         /* what store() wrote last */
	size_t stored_len, stored_cap;
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

/* The id that the homeserver gives an event: "$" and 43 characters, which would be its hash. */
struct gb_megolm_event_id {
	char text[45];
};
struct gb_megolm_event_id gb_megolm_event_id(const struct gb_message *m);

/* What vouches for the user of a device is made known to a live one, unless it is or nothing has
 * to. The device must exist. */
enum megolm_err gb_megolm_meet_user(const struct gb_world *w, struct gb_megolm_live *live,
				    uint32_t device);

/* The shelf of the stock for what follows from the seed, the axes and a dormant device. */
int gb_megolm_shelf(const struct gb_world *w, const char *what);

/* The room of a live device, with the visibility of its history. */
enum gb_status gb_megolm_enter_room(struct gb_world *w, struct gb_megolm_live *live);

/* Room for `len` bytes, or n devices. */
enum gb_status gb_megolm_scratch(struct gb_world *w, size_t len);
enum gb_status gb_megolm_reserve_devices(struct gb_world *w, size_t n);

/* What vouches for a device that exists; NULL where nothing has to. */
const struct gb_megolm_voucher *gb_megolm_voucher(const struct gb_world *w, uint32_t device);

/* The account of a device, for the caller to free; `stream` is its randomness and must not move
 * meanwhile. With `upload` also what the device uploads first, for the caller to free: the device
 * keys, its fallback key, and of its one-time keys the first, so that what the directory holds of
 * many devices stays small. */
enum gb_status gb_megolm_account(struct gb_world *w, struct megolm_device **out,
				 struct megolm_seeded *stream, uint32_t device,
				 struct gb_megolm_upload *upload);

/* What vouches for the user of a device, made anew, for the caller to free. */
enum megolm_err gb_megolm_new_identity(const struct gb_world *w, uint32_t device,
				       struct megolm_identity **out);

/* Takes the device of a world away. */
void gb_megolm_free_live(struct gb_world *w, struct gb_megolm_live *live);

/* Makes a dormant device live; nothing happens when it is live. */
enum gb_status gb_megolm_materialise(struct gb_world *w, uint32_t device);

/* Membership, as the homeserver has it. Room in the log must have been reserved. */
enum gb_status gb_megolm_reserve_log(struct gb_world *w, size_t n);
void gb_megolm_change(struct gb_world *w, uint32_t device, bool joined);

enum gb_status gb_megolm_shape(struct gb_world *w, const struct gb_shape *shape);
enum gb_status gb_megolm_checkpoint(struct gb_world *w);
enum gb_status gb_megolm_rollback(struct gb_world *w);

enum gb_status gb_megolm_open(struct gb_world **out, const struct gb_config *config);
void gb_megolm_close(struct gb_world *w);
enum gb_answer gb_megolm_axis(const char *name, const char *value, const char **reason);
void gb_megolm_set_axis(struct gb_world *w, const struct gb_axis *axis);

/* ---- the key directory, in megolm_directory.c ---- */

/* Sends the next upload of a live device, or the first one of any device. */
enum gb_status gb_megolm_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				      struct gb_outbox *out);

/* The parts of an upload that a device has made; they lie in it. */
enum gb_status gb_megolm_take_apart(struct gb_world *w, const struct gb_megolm_upload *upload,
				    struct megolm_upload *parts);

/* Makes the one-time keys of a device that others have claimed meanwhile. */
enum gb_status gb_megolm_make_claimed_keys(struct gb_world *w, struct megolm_device *device,
					   size_t n_claimed);

/* What the directory answers a query and a claim with: *keys and *signed_key lie in the scratch
 * and in devices. Not counted. */
enum gb_status gb_megolm_query(struct gb_world *w, uint32_t device, struct megolm_slice *keys);
enum gb_status gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by, uint32_t device,
			       struct megolm_slice *signed_key);

/* Has the device keys at hand when somebody asks for them: making an account is no sender's
 * work, and would be timed as such. */
enum gb_status gb_megolm_keep_upload(struct gb_world *w, uint32_t device, struct megolm_slice keys);

/*
 * In megolm_fetched.c: what a live device fetched. A claimed key of `len` bytes; the answers to
 * gb_megolm_send_claims() without the keys; those to gb_megolm_send_queries(), which name users
 * and have all their devices in the room, asked about or not; n devices more in such an answer,
 * beside others of their users. All device keys are as long as the live device's own.
 */
void gb_megolm_count_key(struct gb_megolm_live *live, size_t len);
void gb_megolm_count_claims(const struct gb_world *w, struct gb_megolm_live *live,
			    const uint32_t *devices, size_t n);
void gb_megolm_count_queries(const struct gb_world *w, struct gb_megolm_live *live,
			     const uint32_t *devices, size_t n);
void gb_megolm_count_more(const struct gb_world *w, struct gb_megolm_live *live, size_t n);
size_t gb_megolm_members_of_user(const struct gb_world *w, uint32_t user);
void gb_megolm_forget_fetched(struct gb_megolm_live *live);

/*
 * In megolm_fallback.c: the fallback key that the directory has of a live device. renew, called
 * whenever the device has read a message, replaces one that the message was begun with: the work is
 * the reader's own, as in clients, and whoever claims finds the key ready.
 */
bool gb_megolm_is_fallback(struct megolm_slice signed_key);
enum gb_status gb_megolm_renew_fallback(struct gb_world *w, struct gb_megolm_live *live);
struct megolm_slice gb_megolm_newest_fallback(const struct gb_megolm_live *live);
void gb_megolm_fallback_checkpoint(struct gb_megolm_live *live);
void gb_megolm_fallback_rollback(struct gb_megolm_live *live);
void gb_megolm_fallback_clear(struct gb_megolm_live *live);

/* Where the object that begins at `p` has ended, or NULL where it does not before `end`. No name or
 * value in it has a brace. */
const uint8_t *gb_megolm_end_of_object(const uint8_t *p, const uint8_t *end);

/* How many keys are in what an upload has as one_time_keys; the i-th of them, as an object of its
 * own in the scratch, as a claim gets it. */
uint32_t gb_megolm_count_keys(struct megolm_slice keys);
enum gb_status gb_megolm_nth_key(struct gb_world *w, struct megolm_slice keys, uint32_t i,
				 struct megolm_slice *signed_key);

/* Takes in a to-device message that is encrypted, in megolm_handover.c: GB_REJECTED where its event
 * is none of this type. A key that was wanted may be one that is here. */
enum gb_status gb_megolm_take_event(struct gb_world *w, struct gb_megolm_live *live,
				    const struct gb_message *m, enum megolm_to_device wanted);

/* At who is given no key, in megolm_told.c: takes in the reason, and knows it. */
enum gb_status gb_megolm_take_withheld(struct gb_world *w, struct gb_megolm_live *live,
				       const struct gb_message *m);
enum gb_status gb_megolm_withheld(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  enum gb_reason *reason);

/* What a new device uploads, and that it is reached by that, in megolm_enrol.c. */
enum gb_status gb_megolm_enrol(struct gb_world *w, uint32_t device, uint32_t n,
			       struct gb_outbox *out);
enum gb_status gb_megolm_reach(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
			       const struct gb_message *m, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_reached(struct gb_world *w, uint32_t device, const struct gb_message *m);

/* In megolm_claims.c: a session was begun with this key of a device; how many one-time keys were
 * used so a second time, GB_REJECTED where none was used at all. */
void gb_megolm_note_claim(struct gb_world *w, uint32_t device, struct megolm_slice signed_key);
enum gb_status gb_megolm_keys_reused(struct gb_world *w, uint64_t *n);

/*
 * Raw bytes of bodies, in megolm_raw.c: of an upload of keys; of a dehydrated device; of a file of
 * keys, 0 where it is none; of a room event; of a to-device message, where *around, 0 before the
 * first of a call, is what all of them have around their ciphertext; of an upload of n sessions to
 * a backup, all like the first; of the keys of so many devices, users and claims.
 */
uint32_t gb_megolm_raw_upload(struct gb_bytes body);
uint32_t gb_megolm_raw_device_data(struct gb_bytes body);
uint32_t gb_megolm_raw_file(struct gb_bytes body);
uint32_t gb_megolm_raw_event(struct gb_bytes body);
uint32_t gb_megolm_raw_to_device(struct gb_bytes body, size_t *around);
uint32_t gb_megolm_raw_backup(struct gb_bytes body, size_t n);
uint32_t gb_megolm_raw_keys(const struct gb_world *w, uint64_t n_devices, uint64_t n_users,
			    uint64_t n_one_time_keys);

/* Sends /keys/query requests for the users of n devices, those of a user one behind the other. */
enum gb_status gb_megolm_send_queries(struct gb_world *w, uint32_t from, const uint32_t *devices,
				      size_t n, struct gb_outbox *out);

/* Sends a request to the directory that is written, in room that was reserved for it. */
enum gb_status gb_megolm_send_request(struct gb_world *w, uint32_t from,
				      struct megolm_directory_request *r, struct gb_outbox *out);

/* Sends /keys/claim requests for n devices, those of a user one behind the other. */
enum gb_status gb_megolm_send_claims(struct gb_world *w, uint32_t from, const uint32_t *devices,
				     size_t n, struct gb_outbox *out);

/*
 * The way of devices into a room up to their first message, in megolm_invite.c: who they are
 * (w->invitees), what the directory is asked and answers, which signatures hold, an Olm session
 * with each. uninvite takes all of it back and returns `status`.
 */
enum gb_status gb_megolm_invite(struct gb_world *w, struct gb_megolm_live *live, uint32_t self,
				const struct gb_published *joining, size_t n);
enum gb_status gb_megolm_invite_ask(struct gb_world *w, uint32_t from, struct gb_outbox *out);
enum gb_status gb_megolm_invite_answer(struct gb_world *w, struct gb_megolm_live *live);
enum gb_status gb_megolm_invite_verify(struct gb_world *w, struct gb_megolm_live *live);
enum gb_status gb_megolm_invite_sessions(struct gb_world *w, struct gb_megolm_live *live);
enum gb_status gb_megolm_uninvite(struct gb_world *w, struct gb_megolm_live *live,
				  enum gb_status status);

/* For newcomers, in megolm_history.c: before the clock runs, at who invites once they have their
 * room keys, and at them. Nothing where the axis `history` is `joined`. */
enum gb_status gb_megolm_begin_history(struct gb_world *w, struct gb_megolm_live *live);
enum gb_status gb_megolm_give_history(struct gb_world *w, struct gb_megolm_live *live,
				      uint32_t from, struct gb_outbox *out,
				      struct megolm_sink *sink);
enum gb_status gb_megolm_take_history(struct gb_world *w, struct gb_megolm_live *live,
				      const struct gb_message *m);

/* The same to a dehydrated device, in megolm_dehydrated.c. */
#define GB_MEGOLM_DRY_ROOM "!dry0:gb.test"
enum gb_status gb_megolm_dehydrate(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
				   struct gb_outbox *out);
enum gb_status gb_megolm_give_dehydrated(struct gb_world *w, struct gb_megolm_live *live,
					 uint32_t device, uint32_t reader, struct gb_outbox *out);
enum gb_status gb_megolm_rehydrate(struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
				   const struct gb_message *m, size_t n);
void gb_megolm_dry_clear(struct gb_megolm_dry *dry);

/* Sends a message of a room to the server, outside the group. */
enum gb_status gb_megolm_send_old(struct gb_world *w, struct megolm_room *room, uint32_t from,
				  struct gb_bytes plaintext, struct gb_outbox *out);

/* The policy of every device. */
struct megolm_policy gb_megolm_policy(const struct gb_world *w);

/* A message of this kind that stays at the server, without a body yet. */
struct gb_message gb_megolm_to_server(enum gb_kind kind, uint32_t from);

/* A live device; NULL, with the reason recorded, when it is not live: GB_FAILED. */
struct gb_megolm_live *gb_megolm_find_live(struct gb_world *w, uint32_t device);

/* The id of a room of the past. */
void gb_megolm_old_room_id(char out[32], uint32_t i);

/* Keys of the past to another device of the user, in megolm_handover.c. */
enum gb_status gb_megolm_want(struct gb_world *w, uint32_t device, enum gb_way way, uint32_t holder,
			      struct gb_outbox *out);
enum gb_status gb_megolm_give(struct gb_world *w, uint32_t device, enum gb_way way, uint32_t reader,
			      const struct gb_message *m, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_take(struct gb_world *w, uint32_t device, enum gb_way way,
			      const struct gb_message *m, size_t n, struct gb_outbox *out);

/* A request that to-device messages of one type travel in. */
struct gb_megolm_request {
	size_t n; /* messages in it and those before */
	uint32_t number;
};

/* To-device messages of `from` on their way into the outbox, as many in a request as clients put
 * there; those that are encrypted, and those that say that a key is withheld, in requests of their
 * own, whose address names the type. */
struct gb_megolm_sink {
	struct megolm_sink sink; /* first, so that the library's pointer leads back here */
	struct gb_world *w;
	struct gb_outbox *out;
	uint32_t from;
	enum gb_kind kind; /* of what is encrypted */
	uint8_t *reserved;
	struct gb_megolm_request encrypted, withheld;
	size_t around; /* bytes around the ciphertext of each; 0 before the first */
};
struct gb_megolm_sink gb_megolm_sink_to(struct gb_world *w, struct gb_outbox *out, uint32_t from);

/* An Olm session with a peer, by a key that is claimed. */
enum gb_status gb_megolm_open_session(struct gb_world *w, struct gb_megolm_live *live,
				      struct megolm_peer *peer);

/* History, its backup and what is restored, in megolm_backup.c. */
enum gb_status gb_megolm_history(struct gb_world *w, uint32_t device, uint32_t n, uint32_t n_old,
				 struct gb_bytes plaintext, struct gb_outbox *out);
enum gb_status gb_megolm_backup(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_stored(struct gb_world *w, uint32_t device, uint32_t reader,
				enum gb_scope scope, const struct gb_message *m, size_t n,
				struct gb_outbox *out);
enum gb_status gb_megolm_restore(struct gb_world *w, uint32_t device, enum gb_scope scope,
				 const struct gb_message *m, size_t n);
enum gb_status gb_megolm_read_old(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  struct gb_bytes *plaintext);

/* create, add, remove, withhold, rekey, share and send, in megolm_actor.c. */
enum gb_status gb_megolm_create(struct gb_world *w, uint32_t device,
				const struct gb_published *others, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_create_part(struct gb_world *w, uint32_t device, enum gb_part part,
				     const struct gb_published *others, size_t n,
				     struct gb_outbox *out);
enum gb_status gb_megolm_add(struct gb_world *w, uint32_t device,
			     const struct gb_published *joining, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_withhold(struct gb_world *w, uint32_t device, enum gb_reason reason,
				  const uint32_t *members, size_t n, struct gb_outbox *out);
enum gb_status gb_megolm_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_share(struct gb_world *w, uint32_t device, struct gb_outbox *out);
enum gb_status gb_megolm_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			      struct gb_outbox *out);

/* The plaintext of send() as the content of an m.room.message event and back; see
 * megolm_payload.c. The second fails for content that the first has not written. */
size_t gb_megolm_payload_max(size_t len);
size_t gb_megolm_payload_write(uint8_t *out, struct gb_bytes plaintext);
bool gb_megolm_payload_read(uint8_t *out, size_t *len, struct megolm_slice content);
/* The same into the scratch; GB_REJECTED. */
enum gb_status gb_megolm_payload_take(struct gb_world *w, struct gb_bytes *payload,
				      struct megolm_slice content);
#endif
