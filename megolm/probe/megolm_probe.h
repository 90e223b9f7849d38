#ifndef MEGOLM_PROBE_H
#define MEGOLM_PROBE_H
#include "megolm.h"

/*
 * What measuring needs and an application does not: counts of primitives, other primitives
 * under libolm, repeatable randomness, states made in bulk, checkpoints. Never installed.
 */

/* ---- primitives ---- */

/* Calls that libolm made to its primitives, and what this library does outside libolm. */
struct megolm_counts {
	uint64_t keygen;      /* Curve25519 and Ed25519 key pairs made */
	uint64_t dh;          /* Curve25519 shared secrets */
	uint64_t sign;        /* Ed25519 signatures made */
	uint64_t verify;      /* Ed25519 signatures verified */
	uint64_t sha256;      /* SHA-256 outside HMAC and signatures */
	uint64_t hmac;        /* HMAC-SHA-256 outside HKDF */
	uint64_t hkdf;        /* HKDF-SHA-256, each one extract and one expand */
	uint64_t hkdf_hmac;   /* HMACs inside those, by their lengths */
	uint64_t hash_blocks; /* SHA-256 compression blocks of all of these */
	uint64_t cbc;         /* AES-256-CBC encryptions and decryptions */
	uint64_t cbc_bytes;   /* bytes of their ciphertexts */
	uint64_t aead;        /* AES-256-GCM seals and opens */
	uint64_t aead_bytes;  /* plaintext through them */
	uint64_t random_bytes;
	uint64_t pbkdf2_rounds; /* each an HMAC-SHA-512, in none of the others */
};

/* Where calls on this thread are counted from now on; NULL: nowhere. */
void megolm_probe_count_into(struct megolm_counts *counts);

enum megolm_probe_primitives {
	MEGOLM_PROBE_LIBOLM,  /* as shipped */
	MEGOLM_PROBE_OPENSSL, /* all but Ed25519 key generation and signing */
};

/* "OpenSSL 3.0.19", as the library reports itself. Static. */
const char *megolm_probe_openssl_version(void);

/* Which primitives libolm uses on this thread from now on. */
void megolm_probe_use(enum megolm_probe_primitives which);

/*
 * One primitive alone, through the definitions that libolm's calls find, with the implementation
 * that megolm_probe_use chose: signatures over 64 bytes; hash, HMAC and CBC over 55. prepare makes
 * keys from 32 random bytes, call makes n calls, and check answers whether the last of them did
 * what it should. Errors: NOMEM, and PRIMITIVE and LOW_ORDER of the implementation.
 */
enum megolm_probe_primitive {
	MEGOLM_PROBE_KEYGEN, /* of Curve25519 */
	MEGOLM_PROBE_DH,
	MEGOLM_PROBE_SIGN,
	MEGOLM_PROBE_VERIFY,
	MEGOLM_PROBE_HASH,
	MEGOLM_PROBE_HMAC,
	MEGOLM_PROBE_CBC,
};

struct megolm_probe_call;
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_call_prepare(struct megolm_probe_call **out,
							    enum megolm_probe_primitive which,
							    const uint8_t random[32]);
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_call(struct megolm_probe_call *call, uint32_t n);
bool megolm_probe_call_check(struct megolm_probe_call *call);
void megolm_probe_call_free(struct megolm_probe_call *call); /* NULL is allowed */

/* ---- randomness ---- */

/* An endless repeatable stream: SHA-256 of a key and a counter. */
struct megolm_seeded {
	uint8_t key[32], block[32];
	uint64_t counter;
	size_t used; /* bytes of block[] */
};

/* Begins the stream that (seed, purpose, a, b) name. */
enum megolm_err MEGOLM_MUST_CHECK megolm_seeded_begin(struct megolm_seeded *s, uint64_t seed,
						      const char *purpose, uint32_t a, uint32_t b);

/* `s` as a source of randomness. It must stay where it is. */
struct megolm_random megolm_seeded_random(struct megolm_seeded *s);

/* ---- states in bulk ---- */

/* What a pair of devices has behind it, as one of them sees it. */
enum megolm_probe_pair {
	MEGOLM_PROBE_KNOWN,   /* device keys known, no Olm session */
	MEGOLM_PROBE_CHAIN,   /* an Olm session; the next message goes on with its chain */
	MEGOLM_PROBE_RATCHET, /* an Olm session; the next message begins with a DH step */
};

/*
 * Brings `device` and `other` into a state, as if they had exchanged device keys (which are
 * not verified) and messages. With RATCHET `other` has sent one message to `device`; with
 * CHAIN `device` has answered with another. The first message uses the fallback key of
 * `device`, as megolm_device_new_fallback_key wrote it, which does not count as used: it stands
 * for a one-time key. Empty with KNOWN.
 *
 *   peer  what `device` calls `other`, with `tag`; `other` calls `device` by `other_tag`
 *
 * Called for both directions of a pair, it leaves both sides in that state at once: each began a
 * session before it read the other's first message, and writes on the one that it read last, as
 * the specification has it. In one session that both use it is only one side that is due to step.
 * With CHAIN what `device` answered in the second call is still on its way.
 *
 * Only what `device` keeps is of use when `other` is freed afterwards: a device nobody will
 * ask for again.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_introduce(struct megolm_device *device,
							 struct megolm_peer **peer,
							 struct megolm_device *other,
							 enum megolm_probe_pair state,
							 struct megolm_slice fallback_key,
							 uint64_t tag, uint64_t other_tag);

/*
 * The newest Olm session with a peer as bytes, and another device's pair with the same peer made
 * of it: `keys` are the signed device keys, `session` is empty for a pair that is KNOWN. So pairs
 * of one and the same device need to be introduced only once. write: MEGOLM_ERR_OUTPUT when `cap`
 * is too small; meet: MEGOLM_ERR_OLM_* for bytes that write has not written.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_pair_write(const struct megolm_peer *peer,
							  uint8_t *out, size_t cap, size_t *len);
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_pair_meet(struct megolm_device *device,
							 struct megolm_peer **peer,
							 struct megolm_slice keys,
							 struct megolm_slice session, uint64_t tag);

/* Begins an outbound session of which all present members have the key, without telling
 * them. */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_share_silently(struct megolm_room *room,
							      uint64_t now_ms);

/* Gives `to` the inbound session that belongs to the outbound session of `from`, from its
 * current index on. `to` must know the device of `from`. */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_import(struct megolm_room *to,
						      struct megolm_room *from);

/* Moves the outbound session on by n messages that nobody encrypted: its ratchet advances as a
 * reader's does, at a cost of at most 1,020 hashes. */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_skip(struct megolm_room *room, uint32_t n);

/* ---- storing ---- */

/*
 * Writes all that a device would store to go on later: pickles of the account and of every
 * session, and the keys of the devices it knows. What it does not hold: which messages were
 * seen, and whether the fallback key was used. MEGOLM_ERR_OUTPUT when `cap` is below
 * megolm_probe_store_max().
 *
 * reload puts the objects of the same device back into the state that was stored; peers, rooms
 * and sessions must be the same. MEGOLM_ERR_PICKLE for what store did not write; then the
 * device is of no use until it is reloaded from what store did write.
 */
size_t megolm_probe_store_max(const struct megolm_device *device);
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_store(struct megolm_device *device, uint8_t *out,
						     size_t cap, size_t *len);
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_reload(struct megolm_device *device,
						      struct megolm_slice stored);

/* ---- checkpoints ---- */

/*
 * checkpoint remembers the state of a device; rollback returns to it and keeps it. Sessions
 * that were not used in between are not touched. Randomness is not rolled back. Pointers to
 * peers and rooms that existed at the checkpoint stay valid, others do not. Peers that
 * existed at the checkpoint must not be forgotten. Where the key of a session came from
 * (enum megolm_source), and whether it may be given to newcomers, is not rolled back.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_checkpoint(struct megolm_device *device);
enum megolm_err MEGOLM_MUST_CHECK megolm_probe_rollback(struct megolm_device *device);
#endif
