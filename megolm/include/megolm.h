#ifndef MEGOLM_H
#define MEGOLM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An encrypted Matrix room as a client has it: Olm and Megolm (olm-megolm/olm.md and
 * megolm.md of the Matrix specification) through libolm, in the events of the module
 * "End-to-end encryption" of the client-server API, here called E2EE.
 *
 * Conventions. Pointers are not NULL unless a description allows it. Parameters stand in
 * the order: context, outputs, inputs. Every function that can fail returns enum
 * megolm_err, which must be looked at; on failure outputs are untouched and the object is
 * as it was, unless its description says otherwise. There is no hidden state, no logging,
 * no clock and no network: randomness and time come in, JSON goes in and out.
 *
 * All JSON that is written is canonical. JSON that is read may have its members in any
 * order. Identifiers and keys must not contain escapes, which no client writes there.
 *
 * One thread at a time uses a device and what belongs to it.
 */

#if defined(__GNUC__)
#define MEGOLM_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MEGOLM_MUST_CHECK
#endif

/* Borrowed bytes. */
struct megolm_slice {
	const uint8_t *p;
	size_t len;
};

enum megolm_err {
#define X(name, class, sentence) MEGOLM_ERR_##name,
#include "megolm_errors.def"
#undef X
	MEGOLM_OK = MEGOLM_ERR_OK,
};

/* What a caller can do about an error. */
enum megolm_err_class {
	MEGOLM_CLASS_NONE,
	MEGOLM_CLASS_MALFORMED, /* not what it claims to be */
	MEGOLM_CLASS_FORGED,    /* a signature, tag or claimed origin does not fit */
	MEGOLM_CLASS_UNKNOWN,   /* the key for it is not here: never given, or used up */
	MEGOLM_CLASS_REPLAYED,  /* seen before */
	MEGOLM_CLASS_LIMIT,     /* more than the policy lets others have, or too early */
	MEGOLM_CLASS_USAGE,     /* the caller's mistake */
	MEGOLM_CLASS_RESOURCE,  /* memory, randomness, storage or the cryptographic library */
};

/* Of an error: the name of its row, a sentence for people, its class. Static strings. */
const char *megolm_err_name(enum megolm_err err);
const char *megolm_err_sentence(enum megolm_err err);
enum megolm_err_class megolm_err_class(enum megolm_err err);

/* "libolm 3.2.13", as the library reports itself. Static. */
const char *megolm_version(void);

/* Where random bytes come from. draw() fills `len` bytes of `out`. */
struct megolm_random {
	enum megolm_err (*draw)(void *state, uint8_t *out, size_t len);
	void *state;
};

/* The operating system's, through OpenSSL. */
extern const struct megolm_random megolm_system_random;

/* What the specification leaves to the application or to the room. */
struct megolm_policy {
	/* Bytes of a JSON text that is read or an event that is written. The limit of a
	 * Matrix event is 65,536. */
	size_t max_content;
	/* m.room.encryption: a session is replaced after so many messages, or so long after
	 * its first use. 0: never. */
	uint32_t rotation_period_msgs;
	uint64_t rotation_period_ms;
	/* Devices must be signed by their user's self-signing key (E2EE, "Cross-signing"). */
	bool cross_signed;
	/* Olm messages go without sender_device_keys (E2EE since 1.15, MSC4147), which are 0.7 kB
	 * each: who gets one must know the device from /keys/query. But m.room_key_bundle, where
	 * they are a must, has them all the same. */
	bool without_device_keys;
	/* What others can make a device keep by writing to it: devices it knows from their
	 * messages only, rooms, and Megolm sessions of one sender in one room. Beyond that their
	 * messages are refused with MEGOLM_ERR_LIMIT. 0: no bound. */
	uint32_t max_strangers;
	uint32_t max_rooms;
	uint32_t max_sessions_of_sender;
};

/* 65,536 bytes, 100 messages, one week: the defaults of the specification. Devices need no
 * cross-signature. 10,000 strangers, 10,000 rooms, and 10,000 sessions of a sender in a room,
 * which is a million messages at 100 a session. */
extern const struct megolm_policy megolm_default_policy;

/* ---- devices ---- */

/* An own device: its account, the devices it knows, its Olm sessions, its rooms. */
struct megolm_device;

/* A device of somebody else, as an own device knows it. Belongs to that own device. */
struct megolm_peer;

/*
 * A new account with identity keys. Draws the 64 bytes of its keys, then 16 that make the
 * order of hash tables unpredictable.
 *
 *   user_id    "@localpart:server", at most 255 bytes
 *   device_id  at most 255 bytes
 *   random     copied; its state must live as long as the device
 *   policy     copied
 *
 * MEGOLM_ERR_IDENTIFIER for anything but printable ASCII without quotes and backslashes.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_new(struct megolm_device **out, const char *user_id,
						    const char *device_id,
						    const struct megolm_random *random,
						    const struct megolm_policy *policy);

/* Wipes and frees the device with its rooms, sessions and peers. NULL is allowed. */
void megolm_device_free(struct megolm_device *device);

/* The identity keys, unpadded base64, 43 characters. */
const char *megolm_device_curve25519(const struct megolm_device *device);
const char *megolm_device_ed25519(const struct megolm_device *device);

/* The signed device keys (E2EE, "Device keys"), as uploaded with /keys/upload. */
struct megolm_slice megolm_device_keys(const struct megolm_device *device);

/* Bytes that the two functions below may write. */
size_t megolm_device_one_time_key_max(const struct megolm_device *device);

/*
 * Makes one new key, signs it and counts it as published. Writes
 *
 *   {"signed_curve25519:ID":{"key":"...","signatures":{...}}}
 *
 * (with "fallback":true for a fallback key) to out[0 .. *len - 1]. An account keeps its
 * 100 newest one-time keys and its two newest fallback keys. MEGOLM_ERR_OUTPUT when `cap`
 * is smaller than megolm_device_one_time_key_max(): no key was made. With another error the
 * account may hold new keys that nobody was given: the same call again gives them, while another
 * one that succeeds counts them as published, though nobody has them.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_new_one_time_key(struct megolm_device *device,
								 uint8_t *out, size_t cap,
								 size_t *len);
enum megolm_err MEGOLM_MUST_CHECK megolm_device_new_fallback_key(struct megolm_device *device,
								 uint8_t *out, size_t cap,
								 size_t *len);

/*
 * Whether a message has begun an Olm session with the newest fallback key. It is to be replaced by
 * a new one then (E2EE, "One-time and fallback keys": "as soon as possible"), or earlier, when the
 * homeserver does not list it in device_unused_fallback_key_types any more. Messages on their way
 * may need the one before, which stays until the next new one, or until it is forgotten: an hour
 * after the first message of the new one, the specification says. Then they are
 * MEGOLM_ERR_ONE_TIME_KEY.
 */
bool megolm_device_fallback_key_used(const struct megolm_device *device);
void megolm_device_forget_old_fallback_key(struct megolm_device *device);

/* One-time keys that clients keep at the homeserver: half of what an account holds. */
#define MEGOLM_ONE_TIME_KEYS 50u

/*
 * The body of a /keys/upload request: {"device_keys":...,"fallback_keys":...,
 * "one_time_keys":...} with n_one_time new one-time keys and, if it is to have one, a new
 * fallback key, all signed and counted as published, as by the functions above.
 *
 * MEGOLM_ERR_USAGE for more than 100 keys, MEGOLM_ERR_OUTPUT when `cap` is below
 * megolm_device_upload_max().
 */
size_t megolm_device_upload_max(const struct megolm_device *device, size_t n_one_time);
enum megolm_err MEGOLM_MUST_CHECK megolm_device_upload(struct megolm_device *device, uint8_t *out,
						       size_t cap, size_t *len, size_t n_one_time,
						       bool with_fallback);

/* Such a body taken apart, whatever the order of its members. device_keys is what
 * megolm_device_learn takes; the others have the form of megolm_device_new_one_time_key, with as
 * many keys as there are. No fallback_keys: empty. Nothing is verified. */
struct megolm_upload {
	struct megolm_slice device_keys, fallback_keys, one_time_keys;
};
enum megolm_err MEGOLM_MUST_CHECK megolm_upload_read(struct megolm_upload *parts,
						     struct megolm_slice upload);

/* ---- users with several devices ---- */

/* What vouches for the devices of the own user: a master key and a self-signing key; with them a
 * user-signing key, which only the user's own devices are shown. */
struct megolm_identity;

/* All keys are new; draws 32 bytes for each. `random` is used in this call only.
 * MEGOLM_ERR_IDENTIFIER as in megolm_device_new. */
enum megolm_err MEGOLM_MUST_CHECK megolm_identity_new(struct megolm_identity **out,
						      const char *user_id,
						      const struct megolm_random *random);

/* Wipes and frees; NULL is allowed. */
void megolm_identity_free(struct megolm_identity *identity);

/* The keys as /keys/query gives them; the others are signed by the first. */
struct megolm_slice megolm_identity_master_key(const struct megolm_identity *identity);
struct megolm_slice megolm_identity_self_signing_key(const struct megolm_identity *identity);
struct megolm_slice megolm_identity_user_signing_key(const struct megolm_identity *identity);

/* The body of a user's first /keys/device_signing/upload request, which needs no authentication:
 * {"master_key":...,"self_signing_key":...,"user_signing_key":...}. MEGOLM_ERR_OUTPUT when `cap` is
 * too small, which megolm_identity_upload_max() never is. */
size_t megolm_identity_upload_max(const struct megolm_identity *identity);
enum megolm_err MEGOLM_MUST_CHECK megolm_identity_upload(const struct megolm_identity *identity,
							 uint8_t *out, size_t cap, size_t *len);

/* Adds the signature of the self-signing key to the device's keys; megolm_device_keys() has
 * both from then on. MEGOLM_ERR_WRONG_USER when the device is another user's,
 * MEGOLM_ERR_USAGE when its keys are cross-signed already. */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_cross_sign(struct megolm_device *device,
							   struct megolm_identity *identity);

/*
 * The body of a /keys/signatures/upload request: the device keys with the signature of the
 * self-signing key, the master key with one that the device makes now:
 * {USER:{DEVICE:{...},MASTER_KEY:{...}}}. MEGOLM_ERR_WRONG_USER as above, MEGOLM_ERR_USAGE before
 * megolm_device_cross_sign, MEGOLM_ERR_OUTPUT when `cap` is too small, which
 * megolm_signatures_upload_max() never is.
 */
size_t megolm_signatures_upload_max(const struct megolm_identity *identity,
				    const struct megolm_device *device);
enum megolm_err MEGOLM_MUST_CHECK megolm_signatures_upload(const struct megolm_identity *identity,
							   struct megolm_device *device,
							   uint8_t *out, size_t cap, size_t *len);

/*
 * Makes known what vouches for another user's devices, from "master_keys" and
 * "self_signing_keys" of /keys/query: verifies the signature of the first on the second, unless
 * both are known. The master key is trusted on first use. A policy with `cross_signed` wants
 * this before megolm_device_learn, and before the devices of the user write to this one.
 *
 * MEGOLM_ERR_WRONG_USER when the keys are of another user, MEGOLM_ERR_USER_CHANGED when a known
 * user comes with another master key.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_learn_user(struct megolm_device *device,
							   struct megolm_slice master_key,
							   struct megolm_slice self_signing_key,
							   const char *user_id);

/*
 * What the homeserver and the user's other devices verify of a user's uploads beside that: the
 * signature of the master key on the user-signing key, and that of the device `peer` on the master
 * key. MEGOLM_ERR_UNKNOWN_USER before megolm_device_learn_user, MEGOLM_ERR_WRONG_USER when the key
 * is of another user, MEGOLM_ERR_USER_CHANGED when the master key is another one than is known,
 * MEGOLM_ERR_SIGNATURE without a good signature. Neither call changes anything.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_check_user_signing_key(
	struct megolm_device *device, struct megolm_slice user_signing_key, const char *user_id);
enum megolm_err MEGOLM_MUST_CHECK megolm_device_check_master_key(struct megolm_device *device,
								 const struct megolm_peer *peer,
								 struct megolm_slice master_key);

/* Whether that was done; and undoes it. */
bool megolm_device_knows_user(const struct megolm_device *device, const char *user_id);
void megolm_device_forget_user(struct megolm_device *device, const char *user_id);

/* ---- other devices and Olm sessions ---- */

/*
 * Makes a device known from its device keys as /keys/query gives them: the signature is
 * verified, both algorithms must be supported. A device that is known already is not
 * verified again when the text is the one that was verified.
 *
 *   tag        the application's name for the device from now on, see megolm_peer_tag()
 *   user_id, device_id   the device that was asked for; MEGOLM_ERR_WRONG_DEVICE when the
 *              keys are of another one
 *
 * MEGOLM_ERR_DEVICE_CHANGED when a known device comes with other identity keys. With
 * `cross_signed`: MEGOLM_ERR_UNKNOWN_USER before megolm_device_learn_user,
 * MEGOLM_ERR_NOT_CROSS_SIGNED without a good signature of the self-signing key,
 * MEGOLM_ERR_IDENTIFIER for a device with the id of one of its user's keys.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_learn(struct megolm_device *device,
						      struct megolm_peer **out,
						      struct megolm_slice device_keys,
						      const char *user_id, const char *device_id,
						      uint64_t tag);

/* Undoes megolm_device_learn: the peer and its Olm sessions are gone. It must be in no room. The
 * Megolm sessions that it began stay, and what comes by them can be read; they are its own again
 * when the same device, with the same keys, is met again, verified as that is then. */
void megolm_device_forget(struct megolm_device *device, struct megolm_peer *peer);

/* NULL when there is no such device. */
struct megolm_peer *megolm_device_find(const struct megolm_device *device, const char *user_id,
				       const char *device_id);

uint64_t megolm_peer_tag(const struct megolm_peer *peer);
const char *megolm_peer_user_id(const struct megolm_peer *peer);
const char *megolm_peer_device_id(const struct megolm_peer *peer);

/* Whether an Olm session with the peer exists. */
bool megolm_peer_has_session(const struct megolm_peer *peer);

/* Whether the next Olm message to the peer begins with a Diffie-Hellman step: its ratchet
 * key will be new. False without a session. */
bool megolm_peer_ratchet_due(const struct megolm_peer *peer);

/* Whether `text` is an upload that begins with the device keys of the peer, byte for byte as they
 * were verified: it tells nothing new about the device. */
bool megolm_peer_keys_begin(const struct megolm_peer *peer, struct megolm_slice text);

/*
 * Begins an Olm session with a claimed key, in the form of megolm_device_new_one_time_key:
 * verifies its signature, then agrees on keys (3 Diffie-Hellman operations, 2 new key
 * pairs). It is used for the next message to the peer; at most 4 sessions a peer are kept.
 *
 * The other two do the same in two steps: verify gives the key, a slice of `signed_key`, and
 * begin agrees on keys with one that was verified.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_verify_claimed(struct megolm_device *device,
							       const struct megolm_peer *peer,
							       struct megolm_slice *key,
							       struct megolm_slice signed_key);
enum megolm_err MEGOLM_MUST_CHECK megolm_device_begin_session(struct megolm_device *device,
							      struct megolm_peer *peer,
							      struct megolm_slice key);
enum megolm_err MEGOLM_MUST_CHECK megolm_device_open_session(struct megolm_device *device,
							     struct megolm_peer *peer,
							     struct megolm_slice signed_key);

/* Forgets the newest Olm session with the peer, if there is one. */
void megolm_device_close_session(struct megolm_device *device, struct megolm_peer *peer);

/* ---- the key directory ---- */

/*
 * The bodies of /keys/query (all devices of users) and /keys/claim (a one-time or fallback key
 * of each device), written one name after the other; the devices of a user follow each other.
 * Canonical when users, and the devices of each, come in the order of the bytes of their names.
 * end() gives the length, MEGOLM_ERR_OUTPUT when it did not fit: 32 bytes, and for each name its
 * length and 32 bytes, always do. Clients ask for at most 250 at once.
 */
struct megolm_directory_request {
	uint8_t *p;
	size_t len, cap, n, user_at, user_len;
	bool is_claim, overflowed;
};

void megolm_query_begin(struct megolm_directory_request *r, uint8_t *out, size_t cap);
void megolm_query_add(struct megolm_directory_request *r, const char *user_id);
void megolm_claim_begin(struct megolm_directory_request *r, uint8_t *out, size_t cap);
void megolm_claim_add(struct megolm_directory_request *r, const char *user_id,
		      const char *device_id);
enum megolm_err MEGOLM_MUST_CHECK megolm_directory_request_end(struct megolm_directory_request *r,
							       size_t *len);

/* A part of an answer: for each user the devices, or a key of the user's own. */
enum megolm_directory_part {
	MEGOLM_ANSWER_DEVICE_KEYS,       /* for megolm_device_learn */
	MEGOLM_ANSWER_ONE_TIME_KEYS,     /* of /keys/claim, for megolm_device_open_session */
	MEGOLM_ANSWER_MASTER_KEYS,       /* for megolm_device_learn_user */
	MEGOLM_ANSWER_SELF_SIGNING_KEYS, /* likewise */
};

/*
 * Takes an answer apart, one device or user after the other; everything is a slice of it.
 * Nothing is verified, and names may have any form: compare them with what was asked for.
 * open() reads the whole text once and finds nothing where the part is missing.
 * MEGOLM_ERR_JSON and MEGOLM_ERR_JSON_MEMBER for what is no such answer.
 */
struct megolm_directory_answer {
	struct megolm_slice users, devices; /* still to be read */
	bool of_users;
	struct megolm_slice user_id, device_id, value;
};

enum megolm_err MEGOLM_MUST_CHECK megolm_directory_answer_open(struct megolm_directory_answer *a,
							       enum megolm_directory_part part,
							       struct megolm_slice text);
enum megolm_err MEGOLM_MUST_CHECK megolm_directory_answer_next(struct megolm_directory_answer *a,
							       bool *is_there);

/* ---- to-device messages ---- */

/*
 * Where to-device messages go. reserve() gives room for `max` bytes or NULL when there is
 * none; commit() sends the first `len` of them to `to`.
 */
struct megolm_sink {
	uint8_t *(*reserve)(struct megolm_sink *self, size_t max);
	void (*commit)(struct megolm_sink *self, const struct megolm_peer *to, size_t len);
	/* During a commit: whether the events are m.room_key.withheld instead of
	 * m.room.encrypted (megolm_withheld.h). Others leave it alone. */
	bool is_withheld;
};

/* What a to-device message was. */
enum megolm_to_device {
	MEGOLM_ROOM_KEY, /* the key of a session that was unknown, or known from later on only */
	MEGOLM_FORWARDED_ROOM_KEY, /* one that this device had asked for: megolm_keys.h */
	MEGOLM_ROOM_KEY_BUNDLE,    /* where the history of a room lies: megolm_device_bundle() */
	MEGOLM_DUMMY,              /* m.dummy: carries nothing, but moves the ratchet */
	MEGOLM_OTHER,              /* another type; ignored */
	/* A room key or a forwarded one that tells nothing new about a session that is known: of
	 * the room nothing changes. */
	MEGOLM_KNOWN_KEY,
};

/*
 * The m.room.encrypted content for this device in the body of a /sendToDevice request:
 * {"messages":{user_id:{device_id:content}}}. MEGOLM_ERR_WRONG_RECIPIENT when there is none.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_find_content(const struct megolm_device *device,
							     struct megolm_slice *content,
							     struct megolm_slice body);

/*
 * Takes in a to-device m.room.encrypted event: decrypts the Olm message and applies every
 * check of E2EE, "Validation of incoming decrypted events". A room key is stored with the
 * room, which is made if it does not exist.
 *
 *   sender   user id of the event's sender, as the homeserver states it
 *   content  the content of the event
 *
 * The sending device becomes known from the sender_device_keys inside the message if it was
 * not. On failure nothing has changed: no device, room or session is new, and the one-time key
 * of a message that would have begun an Olm session can still be used. Olm makes one exception: a
 * message of a session that there was, which could be decrypted and then was refused, cannot be
 * taken back. That session has moved on, so that the message is MEGOLM_ERR_MESSAGE_MAC when it
 * comes again; it is no nearer to being the one to send by.
 *
 * MEGOLM_ERR_LIMIT for a stranger, a room or a session beyond the bounds of the policy;
 * MEGOLM_ERR_NOT_CROSS_SIGNED by it, also once a known device's user has other keys. Of a
 * room key or a forwarded one: MEGOLM_ERR_WRONG_SENDER when the session is another device's,
 * MEGOLM_ERR_RATCHET when a forwarded one contradicts what is known.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_receive(struct megolm_device *device,
							enum megolm_to_device *what,
							const char *sender,
							struct megolm_slice content);

/* Sends an encrypted m.dummy to the peer, by its Olm session. */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_send_dummy(struct megolm_device *device,
							   struct megolm_peer *peer,
							   struct megolm_sink *sink);

/* ---- rooms ---- */

/* A room as one device sees it: the devices in it, its own outbound session, the inbound
 * sessions of the others. Belongs to the device. */
struct megolm_room;

/* The room of this id; made if it does not exist. */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_room(struct megolm_device *device,
						     struct megolm_room **out, const char *room_id);

/* Makes room for `n` members, so that megolm_room_add allocates nothing. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_reserve(struct megolm_room *room, size_t n);

/* A device has come into the room, and is given its keys from now on, also if they were withheld
 * before it left (megolm_withheld.h). MEGOLM_ERR_ALREADY_MEMBER if it was there. The check takes
 * constant time. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_add(struct megolm_room *room,
						  struct megolm_peer *peer);

/*
 * A device has left, or does not exist any more, or its user was invited and will not come. The
 * outbound session ends and the next message needs a new one, whether or not this device has sent
 * its key there (E2EE, m.megolm.v1: "assume that the departed user may have access"): keys also
 * travel from others, forwarded, in backups, in bundles for who is invited and by dehydrated
 * devices. So the device need not be in the list. Of a user whose devices are not known,
 * megolm_room_rotate does the same.
 */
void megolm_room_remove(struct megolm_room *room, const struct megolm_peer *peer);

/* Other devices in the room. */
size_t megolm_room_size(const struct megolm_room *room);

/* Ends the outbound session: the next share makes a new one. */
void megolm_room_rotate(struct megolm_room *room);

/* What a call of megolm_room_share did. */
struct megolm_shared {
	size_t n;         /* room keys sent, and words that one is withheld */
	size_t n_keys;    /* of these, room keys */
	bool new_session; /* it began a session */
	bool healed;      /* it began a session and sent its key, each time under a key that a
			     Diffie-Hellman step had made for it: a copy of this device's former
			     state does not read it. Of no room key sent it says nothing: false */
};

/*
 * Brings the key of the next message to every device in the room that lacks it: begins a
 * session if there is none or the present one has served its time, and sends an m.room_key
 * with its current index, inside an Olm message, to each such device. Each is one body for
 * /sendToDevice.
 *
 *   now_ms  milliseconds on any clock of the application
 *   shared  may be NULL
 *
 * MEGOLM_ERR_NO_OLM_SESSION, before anything is sent, when a device without Olm session is
 * among them: megolm_room_next_without_session() tells which. Likewise MEGOLM_ERR_NOT_CROSS_SIGNED,
 * by the policy, when the keys of a member's user are others now, or forgotten, and it was not
 * learned again since (who had the key until then does not get the next one):
 * megolm_room_withhold() leaves it out. MEGOLM_ERR_OUTPUT when the sink was
 * full, or an error of class RESOURCE: the devices served so far have the key.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_share(struct megolm_room *room,
						    struct megolm_shared *shared, uint64_t now_ms,
						    struct megolm_sink *sink);

/* Whether megolm_room_share has something to do. */
bool megolm_room_share_due(const struct megolm_room *room, uint64_t now_ms);

/* The next device at or behind position *i of the room's list that lacks both the key of the
 * next message and an Olm session to send it by; *i becomes the position behind it. NULL when
 * there is none. */
struct megolm_peer *megolm_room_next_without_session(const struct megolm_room *room, size_t *i,
						     uint64_t now_ms);

/* Bytes that megolm_room_encrypt may write for an event content of `len` bytes. */
size_t megolm_room_encrypted_max(const struct megolm_room *room, size_t type_len, size_t len);

/*
 * Encrypts an event of this type and content (JSON) for the room; out[0 .. *len - 1] becomes
 * the content of the m.room.encrypted event. MEGOLM_ERR_SHARE_DUE when megolm_room_share has
 * to come first. MEGOLM_ERR_OUTPUT when `cap` is below megolm_room_encrypted_max(),
 * MEGOLM_ERR_TOO_LARGE by the policy.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_encrypt(struct megolm_room *room, uint8_t *out,
						      size_t cap, size_t *len, uint64_t now_ms,
						      const char *type,
						      struct megolm_slice content);

/*
 * Where the key of a session came from, the most trustworthy first. Only with SENDER is the
 * sender of an event known to have begun the session; with the others it is what somebody says
 * (megolm_keys.h). An event of such a session is refused when the device that is said to have
 * begun it is known, and is another user's than the event's sender.
 */
enum megolm_source {
	MEGOLM_SOURCE_SENDER,    /* m.room_key, over Olm, of the device that began the session */
	MEGOLM_SOURCE_FORWARDED, /* a verified device of the same user */
	MEGOLM_SOURCE_SEALED,    /* a backup that only holders of its key can write */
	MEGOLM_SOURCE_FILE,      /* a file of exported keys */
	MEGOLM_SOURCE_BUNDLE,    /* who invited this device */
	MEGOLM_SOURCE_BACKUP,    /* a backup that anybody can write who knows its public key */
};

/* A decrypted room event. Slices and `giver` point into memory of the device, valid until its next
 * call. */
struct megolm_event {
	struct megolm_slice plaintext; /* {"content":...,"room_id":...,"type":...} as encrypted */
	struct megolm_slice type;
	struct megolm_slice content;
	uint32_t index;            /* of the message in its session */
	enum megolm_source source; /* where the key came from */
	/* With MEGOLM_SOURCE_BUNDLE the user who gave the key, the first where several did: there
	 * is that user's word only for who sent the message, which must be shown (E2EE, "Receiving
	 * a key bundle event"). Else NULL; a backup, a file or a forward of such a key does not say
	 * whose bundle it was in. */
	const char *giver;
};

/*
 * Decrypts the content of an m.room.encrypted event.
 *
 *   sender    user id of the event's sender, as the homeserver states it
 *   event_id  as the homeserver states it. The same event may be decrypted again; another
 *             event with the index of a message seen before is MEGOLM_ERR_REPLAY. NULL where
 *             the transport has no event ids: then the signature of the message stands for
 *             it, and copies of one message pass for one event.
 *
 * Of a message that is well signed and then refused, as of MEGOLM_ERR_WRONG_ROOM and
 * MEGOLM_ERR_REPLAY, libolm remembers how far it had to advance the ratchet. What can be read,
 * and what it takes in, stays the same.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_decrypt(struct megolm_room *room,
						      struct megolm_event *event,
						      const char *sender, const char *event_id,
						      struct megolm_slice content);

/* The id (43 characters) of the newest session of a device in this room; NULL without one.
 * The own outbound session when the ids are those of the own device. */
const char *megolm_room_session_id(const struct megolm_room *room, const char *user_id,
				   const char *device_id);

/* The index of the first message of that session that can be read here. MEGOLM_ERR_UNKNOWN_SESSION
 * without one. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_first_index(const struct megolm_room *room,
							  uint32_t *index, const char *user_id,
							  const char *device_id);

/* The index of the next message of the own session; 0 without one. */
uint32_t megolm_room_index(const struct megolm_room *room);

/* Bytes that the device would store to go on later: pickles of the account and of every
 * session, and the keys of the devices it knows. */
uint64_t megolm_device_state_size(const struct megolm_device *device);
#endif
