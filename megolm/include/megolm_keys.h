#ifndef MEGOLM_KEYS_H
#define MEGOLM_KEYS_H
#include "megolm.h"

/*
 * Keys of Megolm sessions that arrive late, or by another way than m.room_key from their
 * sender: asked for and forwarded, exported to a file, backed up on the homeserver, given to
 * who is invited, collected by a dehydrated device (E2EE, "Sharing keys between devices",
 * "Sharing keys between users"; MSC3270, MSC3814, MSC4048). Conventions: megolm.h.
 *
 * What one of these brings can be wrong, which enum megolm_source records. It takes the place
 * of nothing that came from a better source, and must lead to the same ratchet.
 */

/* Bounds on what is taken in at once, whoever wrote it. */
struct megolm_import_limits {
	size_t max_bytes;    /* of a file, a backup's answer, an attachment: MEGOLM_ERR_TOO_LARGE */
	size_t max_sessions; /* MEGOLM_ERR_TOO_MANY; those before it are in */
	uint32_t max_rounds; /* of PBKDF2: MEGOLM_ERR_ROUNDS */
};

/* 64 MiB, 100,000 sessions, 2,000,000 rounds (about a second). */
extern const struct megolm_import_limits megolm_default_import_limits;

/* What became of sessions that were taken in. One that is refused is left out; the others
 * come in. */
struct megolm_imported {
	size_t n_new;     /* unknown before, known from later on only, or from a worse source */
	size_t n_known;   /* told nothing new */
	size_t n_refused; /* malformed, or contradicts what is known */
};

/* ---- files (E2EE, "Key exports") ---- */

/* What other clients use; the specification wants at least 100,000. */
#define MEGOLM_KEY_FILE_ROUNDS 500000u

/* Bytes that megolm_key_file_write may write. */
size_t megolm_key_file_max(const struct megolm_device *device);

/*
 * All sessions of the device as a file under a passphrase: PBKDF2-HMAC-SHA-512, AES-256-CTR,
 * HMAC-SHA-256. MEGOLM_ERR_USAGE for no rounds; MEGOLM_ERR_OUTPUT when `cap` is below
 * megolm_key_file_max().
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_key_file_write(struct megolm_device *device, uint8_t *out,
							size_t cap, size_t *len,
							struct megolm_slice passphrase,
							uint32_t rounds);

/*
 * Takes such a file in. The number of rounds is looked at before any is done; it is in *rounds,
 * which may be NULL, as soon as it could be read. MEGOLM_ERR_KEY_FILE when it is no such file,
 * MEGOLM_ERR_BASE64, MEGOLM_ERR_TAG for another passphrase or a changed file, MEGOLM_ERR_JSON
 * and MEGOLM_ERR_JSON_MEMBER when what is inside is no list.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_key_file_read(struct megolm_device *device,
						       struct megolm_imported *imported,
						       uint32_t *rounds, struct megolm_slice file,
						       struct megolm_slice passphrase,
						       const struct megolm_import_limits *limits);

/* ---- backups on the homeserver (E2EE, "Server-side key backups") ---- */

enum megolm_backup_algorithm {
	/* m.megolm_backup.v1.curve25519-aes-sha2, by libolm. Its MAC covers nothing: whoever knows
	 * the public key can write to it, and a changed ciphertext is not noticed. */
	MEGOLM_BACKUP_CURVE25519,
	/* The same with "unsigned":{"backup_mac":...} of MSC4048: HMAC-SHA-256, by a key from
	 * HKDF(decryption key, no salt, "MATRIX_BACKUP_MAC_KEY"), over the canonical JSON of the
	 * session data. Entries without it are refused. */
	MEGOLM_BACKUP_CURVE25519_MAC,
	/* org.matrix.msc3270.v2.aes-hmac-sha2: AES-256-GCM with an IV of 16 bytes, under
	 * HKDF-SHA-256(backup key, 32 zero bytes, "SESSION_ID|VERSION"). */
	MEGOLM_BACKUP_SYMMETRIC,
	MEGOLM_BACKUP_ALGORITHMS,
};

/* "m.megolm_backup.v1.curve25519-aes-sha2" and so on. Static. */
const char *megolm_backup_algorithm_name(enum megolm_backup_algorithm algorithm);

#define MEGOLM_BACKUP_KEY_BYTES 32

/* A recovery key: the key in base58 with prefix and parity, in groups of four (appendices,
 * "Cryptographic key representation"). 48 characters, 11 blanks, NUL. */
#define MEGOLM_RECOVERY_KEY_BYTES 60
void megolm_recovery_key_write(char out[MEGOLM_RECOVERY_KEY_BYTES],
			       const uint8_t key[MEGOLM_BACKUP_KEY_BYTES]);

/* Blanks are passed over. MEGOLM_ERR_RECOVERY_KEY. */
enum megolm_err MEGOLM_MUST_CHECK megolm_recovery_key_read(uint8_t key[MEGOLM_BACKUP_KEY_BYTES],
							   struct megolm_slice text);

/* One version of a backup, with the key that opens it. */
struct megolm_backup;

/*
 *   key      32 random bytes: the decryption key; copied
 *   version  as the homeserver named it; copied; "" before it has
 *
 * MEGOLM_ERR_IDENTIFIER for a version that is not accepted here.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_open(struct megolm_backup **out,
						     enum megolm_backup_algorithm algorithm,
						     const uint8_t key[MEGOLM_BACKUP_KEY_BYTES],
						     const char *version);
/* Wipes and frees; NULL is allowed. */
void megolm_backup_free(struct megolm_backup *backup);

/*
 * The body of POST /room_keys/version: {"algorithm":...,"auth_data":...}, auth_data signed by
 * the device. MEGOLM_ERR_OUTPUT when `cap` is below megolm_backup_info_max().
 */
size_t megolm_backup_info_max(const struct megolm_device *device);
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_info_write(const struct megolm_backup *backup,
							   struct megolm_device *device,
							   uint8_t *out, size_t cap, size_t *len);

/*
 * Whether what the homeserver answers to GET /room_keys/version is the backup of this key:
 * MEGOLM_ERR_BACKUP_KEY if not. That is what makes it trusted. is_signed, which may be NULL,
 * tells whether the own device or a verified one of the same user has signed it.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_info_check(const struct megolm_backup *backup,
							   struct megolm_device *device,
							   bool *is_signed,
							   struct megolm_slice info);

/* Sessions that are not in the backup. */
size_t megolm_backup_missing(const struct megolm_device *device);

/*
 * The next at most `n` of them as the body of PUT /room_keys/keys:
 * {"rooms":{ROOM:{"sessions":{SESSION:KeyBackupData}}}}. *n_written is how many. They count as
 * missing until megolm_backup_confirm tells that the homeserver has taken them.
 * MEGOLM_ERR_OUTPUT when `cap` is below megolm_backup_upload_max().
 */
size_t megolm_backup_upload_max(const struct megolm_device *device, size_t n);
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_upload(struct megolm_backup *backup,
						       struct megolm_device *device, uint8_t *out,
						       size_t cap, size_t *len, size_t *n_written,
						       size_t n);
void megolm_backup_confirm(struct megolm_device *device);

/*
 * Takes in what the homeserver answers to GET /room_keys/keys; with room_id to
 * GET /room_keys/keys/ROOM; with session_id too to GET /room_keys/keys/ROOM/SESSION. A session
 * is missing there no longer, whether it comes in or was here, if the homeserver would keep what it
 * has: the one that is_verified, then that which begins earlier, then that which was forwarded less
 * often.
 *
 * What cannot be opened or read is refused session by session; of an answer for one session
 * the reason is the result: MEGOLM_ERR_TAG for a symmetric or authenticated backup that was
 * changed, MEGOLM_ERR_MESSAGE_MAC or MEGOLM_ERR_JSON by chance for the first algorithm,
 * MEGOLM_ERR_LOW_ORDER, MEGOLM_ERR_BASE64, ... MEGOLM_ERR_JSON, MEGOLM_ERR_JSON_MEMBER for an
 * answer of another shape.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_backup_restore(struct megolm_backup *backup,
							struct megolm_device *device,
							struct megolm_imported *imported,
							struct megolm_slice answer,
							const char *room_id, const char *session_id,
							const struct megolm_import_limits *limits);

/* ---- asked for and forwarded (E2EE, "Key requests") ---- */

/*
 * Whether a device is verified: given keys of others, and believed about them. With
 * `cross_signed` it is while the self-signing key that is known of its user has signed it;
 * without, the application says that the user has verified it, or has not. MEGOLM_ERR_USAGE when
 * it follows from the signatures.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_peer_set_verified(struct megolm_peer *peer,
							   bool is_verified);
bool megolm_peer_is_verified(const struct megolm_peer *peer);

/*
 * The content of an m.room_key_request for a session, to be sent to the user's other devices
 * unencrypted. A forwarded key is taken in only while its request stands: until a key of the
 * session is taken in, from whomever; until one is forwarded, even if it tells nothing new; or
 * until the cancellation, which has the same request_id.
 *
 *   sender_key  the member of that name of the event that cannot be read; NULL where it has none
 *
 * MEGOLM_ERR_BASE64 for what is no session id or no key; MEGOLM_ERR_TOO_MANY beyond 1,000 requests;
 * MEGOLM_ERR_OUTPUT below 1,024 bytes.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_request_key(struct megolm_room *room, uint8_t *out,
							  size_t cap, size_t *len,
							  const char *session_id,
							  const char *sender_key);
/* Cancels one by hand. MEGOLM_ERR_NOT_REQUESTED when there is no such request. */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_cancel_request(struct megolm_room *room, uint8_t *out,
							     size_t cap, size_t *len,
							     const char *session_id);

/*
 * The content of an m.room_key_request that cancels a request whose key has come, for all who were
 * asked ("should then send"). Each of the newest 1,000 is given once, the newest first; *is_there
 * is false when none is left. MEGOLM_ERR_OUTPUT: it is given next time.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_next_cancellation(struct megolm_device *device,
								  bool *is_there, uint8_t *out,
								  size_t cap, size_t *len);

/* How many of these are left. */
size_t megolm_device_n_cancellations(const struct megolm_device *device);

/* What was answered to a request. */
enum megolm_answer {
	MEGOLM_ANSWER_FORWARDED,
	MEGOLM_ANSWER_UNAVAILABLE, /* the session is not here: m.unavailable */
	MEGOLM_ANSWER_CANCELLED,   /* it was a cancellation: nothing to answer */
};

/*
 * Answers an m.room_key_request, which came from `sender`: with m.forwarded_room_key in an Olm
 * message to a verified device of the same user; with an m.room_key.withheld content in `out`,
 * unencrypted, when the session is not here. MEGOLM_ERR_UNKNOWN_DEVICE when the device is not
 * known, MEGOLM_ERR_UNVERIFIED when it may not have keys: nothing is sent then;
 * MEGOLM_ERR_NO_OLM_SESSION; MEGOLM_ERR_OUTPUT when `cap` is below 1,024 bytes.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_answer_request(
	struct megolm_device *device, enum megolm_answer *answer, uint8_t *out, size_t cap,
	size_t *len, const char *sender, struct megolm_slice content, struct megolm_sink *sink);

/* Forwarded keys arrive by megolm_device_receive: MEGOLM_FORWARDED_ROOM_KEY, MEGOLM_KNOWN_KEY, or
 * MEGOLM_ERR_UNVERIFIED, MEGOLM_ERR_NOT_REQUESTED, or as session data is refused. */

/* ---- for who is invited (E2EE, "Sharing keys between users"; MSC4268) ---- */

/* Whether sessions that begin from now on may be given to those who join later: the room's
 * history visibility is `shared` or `world_readable`. A change ends the present session. */
void megolm_room_set_shared_history(struct megolm_room *room, bool is_shared);

/* What opens an encrypted attachment, and tells that it is the one. */
struct megolm_attachment {
	uint8_t key[32], iv[16], sha256[32];
};

/* Bytes that megolm_room_bundle_write may write. */
size_t megolm_room_bundle_max(const struct megolm_room *room);

/*
 * All sessions of a room as a RoomKeyBundle, encrypted as an attachment (AES-256-CTR, the hash
 * of the ciphertext beside the key): those that may be shared in "room_keys", the others in
 * "withheld" with the code m.history_not_shared. MEGOLM_ERR_OUTPUT when `cap` is below
 * megolm_room_bundle_max().
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_bundle_write(struct megolm_room *room,
							   struct megolm_attachment *attachment,
							   uint8_t *out, size_t cap, size_t *len);

/*
 * Tells a device, in an Olm message, where the bundle lies and what opens it:
 * m.room_key_bundle. MEGOLM_ERR_UNVERIFIED unless the device is verified by its user's
 * cross-signature, with the policy `cross_signed`: what megolm_peer_set_verified says is not
 * enough, for the specification forbids to give so much to what may be an attacker's device.
 * MEGOLM_ERR_IDENTIFIER for an url that is no "mxc://...".
 */
enum megolm_err MEGOLM_MUST_CHECK
megolm_room_bundle_send(struct megolm_room *room, const struct megolm_attachment *attachment,
			const char *url, struct megolm_peer *peer, struct megolm_sink *sink);

/* The last one that a user sent for a room, as megolm_device_receive took it in
 * (MEGOLM_ROOM_KEY_BUNDLE); false when there is none. *url lies in the device until its next
 * call. A device keeps the 16 newest. */
bool megolm_device_bundle(const struct megolm_device *device, struct megolm_attachment *attachment,
			  const char **url, const char *sender, const char *room_id);

/*
 * Takes in the bundle of a room. `sender` is the user who sent it, as asked for by
 * megolm_device_bundle: who vouches for its sessions, and is remembered with each of them that was
 * not known from another bundle or a better source before (struct megolm_event). Whether a session
 * may be shared again is the word of its device, where that gave it; of other sources one yes is
 * enough, and a bundle says yes. Sessions of other
 * rooms are refused. *n_withheld, which may be NULL, is how many it says are not shared: their
 * messages are MEGOLM_ERR_HISTORY_NOT_SHARED (megolm_withheld.h). MEGOLM_ERR_TAG when the hash is
 * another, MEGOLM_ERR_IDENTIFIER for a `sender` that is no user id, MEGOLM_ERR_JSON,
 * MEGOLM_ERR_JSON_MEMBER.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_room_bundle_read(
	struct megolm_room *room, struct megolm_imported *imported, size_t *n_withheld,
	const struct megolm_attachment *attachment, const char *sender, struct megolm_slice file,
	const struct megolm_import_limits *limits);

/* ---- dehydrated devices (MSC3814) ---- */

#define MEGOLM_DEHYDRATION_KEY_BYTES 32

/*
 * A device for the homeserver to keep, in the place of one of `user_id` that is not there. Its id
 * is its Curve25519 key, and its device keys say that it is dehydrated. It should get one-time
 * keys and a fallback key, and the user's signature; others must not encrypt to one without it
 * (megolm_peer_is_verified), which is their application's to see to. Errors as of
 * megolm_device_new.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_new_dehydrated(struct megolm_device **out,
							       const char *user_id,
							       const struct megolm_random *random,
							       const struct megolm_policy *policy);

/* Bytes that megolm_device_dehydrate may write. */
size_t megolm_device_dehydrated_max(const struct megolm_device *device);

/*
 * "device_data" of PUT /dehydrated_device by m.dehydration.v2: the private keys of the account,
 * under `key` and a nonce that is drawn. The device is not changed, and must not be used beside
 * what is rehydrated from it. MEGOLM_ERR_USAGE for one that was not made by
 * megolm_device_new_dehydrated or megolm_device_rehydrate: libolm does not give out the seed of
 * its signing key, which the format asks for.
 */
enum megolm_err MEGOLM_MUST_CHECK
megolm_device_dehydrate(struct megolm_device *device, uint8_t *out, size_t cap, size_t *len,
			const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES]);

/*
 * The device again, to read what was sent to it meanwhile by megolm_device_receive. `random`
 * and `policy` as of megolm_device_new. MEGOLM_ERR_PICKLE for another key, changed data, or more
 * than the 100 one-time keys that libolm holds, MEGOLM_ERR_ALGORITHM, MEGOLM_ERR_JSON,
 * MEGOLM_ERR_JSON_MEMBER, MEGOLM_ERR_TOO_LARGE.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_rehydrate(
	struct megolm_device **out, const char *user_id, struct megolm_slice device_data,
	const uint8_t key[MEGOLM_DEHYDRATION_KEY_BYTES], const struct megolm_random *random,
	const struct megolm_policy *policy);

/*
 * Gives `to` the sessions that another device of the same user, which it has rehydrated, has.
 * They count as FORWARDED. MEGOLM_ERR_UNVERIFIED when the user is another.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_device_adopt(struct megolm_device *to,
						      struct megolm_imported *imported,
						      struct megolm_device *from);
#endif
