/*
 * X25519 and Ed25519 on libsodium, which works on the serialized keys: there is no native
 * form of a key to keep, and no state beside that of the library.
 */
#include <sodium.h>

#include "crypto_ed25519.h"
#include "crypto_provider.h"
#include "internal.h"

/* The library finds out what the processor can do; once is enough, and more does no harm. */
static enum mls_err sodium_open(void **state, const struct mls_suite *suite)
{
	(void)state;
	(void)suite;
	return sodium_init() < 0 ? MLS_ERR_CRYPTO : MLS_OK;
}

static void nothing_to_release(struct mls_key_pair *pair)
{
	(void)pair;
}

static enum mls_err x25519_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	(void)state;
	if (compute_public &&
	    crypto_scalarmult_curve25519_base(pair->public_key, pair->private_key) != 0)
		return MLS_ERR_CRYPTO;
	return MLS_OK;
}

/* The library refuses points of small order, whose result is zero, and nothing else. */
static enum mls_err x25519_dh(void *state, uint8_t *out, const struct mls_key_pair *pair,
			      const uint8_t *public_key)
{
	(void)state;
	if (crypto_scalarmult_curve25519(out, pair->private_key, public_key) == 0)
		return MLS_OK;
	mls_wipe(out, crypto_scalarmult_curve25519_BYTES);
	return MLS_ERR_SHARED_SECRET;
}

static enum mls_err x25519_check(void *state, const uint8_t *public_key)
{
	(void)state;
	(void)public_key;
	return MLS_OK;
}

const struct mls_dh_ops mls_sodium_x25519 = {
	{sodium_open, NULL, x25519_prepare, nothing_to_release},
	x25519_dh,
	x25519_check,
	NULL,
};

static enum mls_err ed25519_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
	int failed = 0;

	(void)state;
	if (compute_public)
		failed = crypto_sign_ed25519_seed_keypair(pair->public_key, secret,
							  pair->private_key);
	mls_wipe(secret, sizeof(secret));
	return failed ? MLS_ERR_CRYPTO : MLS_OK;
}

/* What libsodium calls a secret key is the seed and the public key behind it. */
static enum mls_err ed25519_sign(struct mls_crypto *c, struct mls_buf *out,
				 struct mls_key_pair *pair, const struct mls_slice *parts,
				 size_t n_parts)
{
	uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES], signature[crypto_sign_ed25519_BYTES];
	struct mls_slice message;
	enum mls_err err = MLS_OK;

	memcpy(secret, pair->private_key, crypto_sign_ed25519_SEEDBYTES);
	memcpy(secret + crypto_sign_ed25519_SEEDBYTES, pair->public_key,
	       crypto_sign_ed25519_PUBLICKEYBYTES);
	TRY(mls_parts_joined(c, &message, parts, n_parts));
	if (crypto_sign_ed25519_detached(signature, NULL, message.p, message.len, secret) != 0)
		FAIL(MLS_ERR_CRYPTO);
	TRY(mls_buf_append(out, mls_slice(signature, sizeof(signature))));
out:
	mls_wipe(secret, sizeof(secret));
	mls_parts_release(c);
	return err;
}

static enum mls_err ed25519_verify(struct mls_crypto *c, const uint8_t *public_key,
				   const struct mls_slice *parts, size_t n_parts,
				   struct mls_slice signature)
{
	struct mls_slice message;
	enum mls_err err = MLS_OK;

	if (!mls_ed25519_is_sound(public_key, signature))
		return MLS_ERR_SIGNATURE;
	TRY(mls_parts_joined(c, &message, parts, n_parts));
	if (crypto_sign_ed25519_verify_detached(signature.p, message.p, message.len, public_key))
		err = MLS_ERR_SIGNATURE;
out:
	mls_parts_release(c);
	return err;
}

const struct mls_signature_ops mls_sodium_ed25519 = {
	{sodium_open, NULL, ed25519_prepare, nothing_to_release},
	ed25519_sign,
	ed25519_verify,
};
