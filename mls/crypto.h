#ifndef MLS_CRYPTO_H
#define MLS_CRYPTO_H
#include "buf.h"
#include "mls_counts.h"
#include "secret.h"
#include "suite.h"

/*
 * The seam to the cryptographic library. Nothing above it knows which one lies below.
 *
 * A struct mls_crypto belongs to one cipher suite and one thread: it keeps every context
 * the library needs, counts what is called, and draws randomness. Key objects may be used
 * through any struct mls_crypto of the same suite and library, by one thread at a time.
 *
 * Inputs that are hashed, authenticated or signed are arrays of slices, taken as if they
 * stood behind one another, so that callers do not concatenate.
 *
 * Errors that need no word below: MLS_ERR_CRYPTO when the library fails, MLS_ERR_NOMEM,
 * MLS_ERR_RANDOM when the random source fails. Outputs are then untouched or wiped.
 */

/*
 * The state of an HMAC after its key: the chaining values of the two padded keys. Lives
 * by value with its owner, who wipes it by mls_wipe().
 */
struct mls_hmac_key {
	uint64_t inner[8], outer[8];
};

/* What implements the two halves that differ between libraries: crypto_provider.h. */
struct mls_dh_ops;
struct mls_signature_ops;
struct mls_aead_state;
struct mls_crypto_helpers;

#define MLS_RANDOM_POOL 256

struct mls_crypto {
	const struct mls_suite *suite;   /* never NULL, never changes */
	enum mls_crypto_library library; /* of the curves */
	struct mls_counts counts;        /* since the beginning, or since the owner set them to 0 */

	/* ---- for the files behind the seam, and hpke.c ---- */
	struct mls_hmac_key zero_salt;      /* keyed with zeros, which no salt at all means too */
	struct mls_secret hpke_psk_id_hash; /* of every base mode; empty until hpke.c needs it */
	const struct mls_dh_ops *dh;
	void *dh_state;
	const struct mls_signature_ops *signature;
	void *signature_state;
	struct mls_aead_state *aead;
	struct mls_crypto_helpers *helpers; /* of crypto_work.c; NULL: one thread */
	struct mls_buf scratch;             /* parts in one piece, during one call */
	struct mls_random random;
	uint8_t pool[MLS_RANDOM_POOL]; /* random bytes not used yet: the last n_pool of them */
	size_t n_pool;
};

/*
 * Makes the state for one suite and one thread. `library` does the curves, OpenSSL the rest;
 * CRYPTO_LIBRARY when it lacks the suite's. `random` is copied; NULL means OpenSSL's
 * generator. The source is asked for blocks of MLS_RANDOM_POOL bytes,
 * kept until they are used and wiped then: a source that repeats its bytes makes
 * everything repeat, except the nonces of ECDSA signatures, which are the library's.
 * On failure *out is NULL.
 */
enum mls_err MLS_MUST_CHECK mls_crypto_new(struct mls_crypto **out, enum mls_crypto_library library,
					   const struct mls_suite *suite,
					   const struct mls_random *random);

/* Wipes and frees; NULL is allowed. */
void mls_crypto_free(struct mls_crypto *c);

/* Draws from `random` (NULL: the library's generator) from now on; kept bytes are dropped. */
void mls_crypto_set_random(struct mls_crypto *c, const struct mls_random *random);

/*
 * From now on work on many things is spread over up to `n_threads` threads, this one included
 * (crypto_work.h); 0 and 1: it is not. USAGE above MLS_MAX_THREADS. On failure *c is as it was.
 */
#define MLS_MAX_THREADS 64
enum mls_err MLS_MUST_CHECK mls_crypto_set_threads(struct mls_crypto *c, unsigned n_threads);

/* Random bytes, unpredictable if the source is. */
enum mls_err MLS_MUST_CHECK mls_random_bytes(struct mls_crypto *c, uint8_t *out, size_t len);

/* ---- hashing. `out` takes suite->nh bytes. ---- */

/* Hash of the cipher suite. Does not fail: the argument is never too long. */
void mls_hash(struct mls_crypto *c, uint8_t *out, const struct mls_slice *parts, size_t n_parts);

/* The MAC of the cipher suite (HMAC) under a key of any length. */
void mls_hmac(struct mls_crypto *c, uint8_t *out, struct mls_slice key,
	      const struct mls_slice *parts, size_t n_parts);

/* The two halves of mls_hmac, for a key that is used more than once. */
void mls_hmac_key_init(struct mls_crypto *c, struct mls_hmac_key *out, struct mls_slice key);
void mls_hmac_keyed(struct mls_crypto *c, uint8_t *out, const struct mls_hmac_key *key,
		    const struct mls_slice *parts, size_t n_parts);

/* KDF.Extract. An empty salt counts as suite->nh zeros (RFC 5869 2.2). */
void mls_hkdf_extract(struct mls_crypto *c, struct mls_secret *out, struct mls_slice salt,
		      const struct mls_slice *ikm, size_t n_ikm);

/* KDF.Extract with a salt that is already keyed. */
void mls_hkdf_extract_keyed(struct mls_crypto *c, struct mls_secret *out,
			    const struct mls_hmac_key *salt, const struct mls_slice *ikm,
			    size_t n_ikm);

/*
 * KDF.Expand to any `out_len`; MLS_ERR_USAGE above 255 * suite->nh. `prk` keyed by
 * mls_hmac_key_init, which a series of expansions of one secret pays once.
 */
enum mls_err MLS_MUST_CHECK mls_hkdf_expand(struct mls_crypto *c, uint8_t *out, size_t out_len,
					    const struct mls_hmac_key *prk,
					    const struct mls_slice *info, size_t n_info);

/* ---- AEAD. No key stays behind in a context. ---- */

/*
 * Encrypts `plaintext` to out[0 .. plaintext.len + MLS_AEAD_TAG), tag at the end. `key` has
 * suite->nk bytes, `nonce` MLS_AEAD_NONCE. `out` may be plaintext.p and must not overlap
 * it otherwise.
 */
enum mls_err MLS_MUST_CHECK mls_aead_seal(struct mls_crypto *c, uint8_t *out, const uint8_t *key,
					  const uint8_t *nonce, struct mls_slice aad,
					  struct mls_slice plaintext);

/*
 * Decrypts to out[0 .. ciphertext.len - MLS_AEAD_TAG). MLS_ERR_DECRYPT when the ciphertext is
 * shorter than a tag or does not fit key, nonce and aad; `out` is then zeroed. `out` may be
 * ciphertext.p and must not overlap it otherwise.
 */
enum mls_err MLS_MUST_CHECK mls_aead_open(struct mls_crypto *c, uint8_t *out, const uint8_t *key,
					  const uint8_t *nonce, struct mls_slice aad,
					  struct mls_slice ciphertext);

/* ---- key pairs of the KEM; KEM.DeriveKeyPair is in hpke.h ---- */

/* A private key with its public key; immutable, reference-counted. */
struct mls_key;

/* A new key pair from the random source. */
enum mls_err MLS_MUST_CHECK mls_key_generate(struct mls_crypto *c, struct mls_key **out);

/* The serialized private key, suite->nsk bytes, that mls_key_generate would import now. */
enum mls_err MLS_MUST_CHECK mls_private_key_draw(struct mls_crypto *c, uint8_t *out);

/*
 * A key pair from its serialized parts. An empty `public_key` is computed, which costs as
 * much as generating a pair; one that is given is trusted to belong to `private_key`.
 * MLS_ERR_PRIVATE_KEY, MLS_ERR_PUBLIC_KEY for what is not a key of the suite.
 */
enum mls_err MLS_MUST_CHECK mls_key_import(struct mls_crypto *c, struct mls_key **out,
					   struct mls_slice private_key,
					   struct mls_slice public_key);

/* One more owner of `key`, which is returned. */
struct mls_key *mls_key_ref(struct mls_key *key);

/* Ends one ownership; the last one wipes. NULL is allowed. */
void mls_key_free(struct mls_key *key);

/* The serialized public key, suite->npk bytes; lives as long as the key. */
struct mls_slice mls_key_public(const struct mls_key *key);

/* Appends the serialized private key, suite->nsk bytes. For saving state. */
enum mls_err MLS_MUST_CHECK mls_key_export(struct mls_buf *out, const struct mls_key *key);

/*
 * The Diffie-Hellman result, suite->ndh bytes, of `key` and a peer's serialized public key.
 * MLS_ERR_PUBLIC_KEY when that is not one of the suite (wrong length, not on the curve),
 * MLS_ERR_SHARED_SECRET when the result is zero (RFC 9180 7.1.4).
 */
enum mls_err MLS_MUST_CHECK mls_dh(struct mls_crypto *c, uint8_t *out, const struct mls_key *key,
				   struct mls_slice public_key);

/*
 * Is `public_key` a public key of the suite's KEM: right length and, for the NIST curves, a
 * point on the curve? MLS_ERR_PUBLIC_KEY if not. For keys that arrive long before use.
 */
enum mls_err MLS_MUST_CHECK mls_public_key_check(struct mls_crypto *c, struct mls_slice public_key);

/* ---- signatures ---- */

/* A private signature key with its public key, ready to sign; reference-counted. */
struct mls_signer;

enum mls_err MLS_MUST_CHECK mls_signer_generate(struct mls_crypto *c, struct mls_signer **out);

/* As mls_key_import: seed or scalar, and a public key that may be empty. */
enum mls_err MLS_MUST_CHECK mls_signer_import(struct mls_crypto *c, struct mls_signer **out,
					      struct mls_slice private_key,
					      struct mls_slice public_key);
struct mls_signer *mls_signer_ref(struct mls_signer *signer);
void mls_signer_free(struct mls_signer *signer);

/* The serialized public key, suite->signature_public bytes; lives as long as the signer. */
struct mls_slice mls_signer_public(const struct mls_signer *signer);

/* Appends the serialized private key, suite->signature_secret bytes. For saving state. */
enum mls_err MLS_MUST_CHECK mls_signer_export(struct mls_buf *out, const struct mls_signer *signer);

/* Appends Signature.Sign of the parts, at most MLS_MAX_SIGNATURE bytes. */
enum mls_err MLS_MUST_CHECK mls_sign(struct mls_crypto *c, struct mls_buf *out,
				     struct mls_signer *signer, const struct mls_slice *parts,
				     size_t n_parts);

/*
 * MLS_OK exactly if `signature` over the parts fits `public_key`; MLS_ERR_SIGNATURE if not,
 * MLS_ERR_PUBLIC_KEY when that is not a signature key of the suite.
 */
enum mls_err MLS_MUST_CHECK mls_verify(struct mls_crypto *c, struct mls_slice public_key,
				       const struct mls_slice *parts, size_t n_parts,
				       struct mls_slice signature);

/*
 * Is `der` one X.509 certificate, and of this signature key of the suite? CERTIFICATE,
 * CERTIFICATE_KEY, PUBLIC_KEY for what is no key of the suite, LEAF_TOO_LONG for a certificate
 * that fits no leaf. Nothing else of it is judged. Work and memory are bounded by der.len.
 */
enum mls_err MLS_MUST_CHECK mls_certificate_check(const struct mls_crypto *c, struct mls_slice der,
						  struct mls_slice public_key);
#endif
