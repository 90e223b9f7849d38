#ifndef MLS_CRYPTO_PROVIDER_H
#define MLS_CRYPTO_PROVIDER_H
#include "crypto.h"

/*
 * What a cryptographic library implements behind crypto.h. crypto.c does the rest: it
 * counts, checks lengths, draws randomness and manages the life of keys.
 */

struct mls_key_pair {
	uint32_t refs;
	const struct mls_key_ops *ops;
	void *native; /* the provider's form of the key; may stay NULL */
	uint8_t public_len, private_len;
	uint8_t public_key[MLS_MAX_PUBLIC_KEY];
	uint8_t private_key[MLS_MAX_PRIVATE_KEY];
};

struct mls_key {
	struct mls_key_pair pair;
};

struct mls_signer {
	struct mls_key_pair pair;
};

/*
 * What KEMs and signature schemes have in common. Lengths of keys are right when these are
 * called.
 *
 *   open     makes *state for a suite; close ends one that is not NULL
 *   prepare  makes `native` of a pair whose private_key is there. public_key is there too,
 *            or is computed into its place if `compute_public`. MLS_ERR_PRIVATE_KEY for a
 *            scalar outside its range.
 *   release  ends `native`, which may be NULL
 */
struct mls_key_ops {
	enum mls_err (*open)(void **state, const struct mls_suite *suite);
	void (*close)(void *state);
	enum mls_err (*prepare)(void *state, struct mls_key_pair *pair, bool compute_public);
	void (*release)(struct mls_key_pair *pair);
};

/*
 * A KEM's Diffie-Hellman: mls_dh and mls_public_key_check of a key of the right length.
 * check_private is MLS_ERR_PRIVATE_KEY for a scalar outside its range; NULL: there is none.
 */
struct mls_dh_ops {
	struct mls_key_ops key;
	enum mls_err (*dh)(void *state, uint8_t *out, const struct mls_key_pair *pair,
			   const uint8_t *public_key);
	enum mls_err (*check)(void *state, const uint8_t *public_key);
	enum mls_err (*check_private)(void *state, const uint8_t *private_key);
};

/* A signature scheme: mls_sign and mls_verify, c->signature_state being the state. */
struct mls_signature_ops {
	struct mls_key_ops key;
	enum mls_err (*sign)(struct mls_crypto *c, struct mls_buf *out, struct mls_key_pair *pair,
			     const struct mls_slice *parts, size_t n_parts);
	enum mls_err (*verify)(struct mls_crypto *c, const uint8_t *public_key,
			       const struct mls_slice *parts, size_t n_parts,
			       struct mls_slice signature);
};

extern const struct mls_dh_ops mls_openssl_ecx;  /* X25519, X448 */
extern const struct mls_dh_ops mls_openssl_ecdh; /* P-256, P-384, P-521 */
extern const struct mls_signature_ops mls_openssl_eddsa;
extern const struct mls_signature_ops mls_openssl_ecdsa;
extern const struct mls_dh_ops mls_sodium_x25519;
extern const struct mls_signature_ops mls_sodium_ed25519;

void mls_crypto_helpers_free(struct mls_crypto_helpers *pool);

enum mls_err MLS_MUST_CHECK mls_aead_state_new(struct mls_aead_state **out,
					       const struct mls_suite *suite);
void mls_aead_state_free(struct mls_aead_state *state);

/*
 * The parts behind one another, in c->scratch unless there is only one. Whoever asks calls
 * mls_parts_release() when done, which wipes them: application plaintext is signed too. A
 * GroupInfo with the tree of a large group is not kept room for.
 */
enum mls_err MLS_MUST_CHECK mls_parts_joined(struct mls_crypto *c, struct mls_slice *out,
					     const struct mls_slice *parts, size_t n_parts);
void mls_parts_release(struct mls_crypto *c);

/* The hash of the suite outside the counts, for ECDSA, whose hashing belongs to it. */
void mls_hash_uncounted(const struct mls_suite *suite, uint8_t *out, const struct mls_slice *parts,
			size_t n_parts);
#endif
