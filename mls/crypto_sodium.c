/*
 * X25519 and Ed25519 on libsodium, which works on the serialized keys: there is no native
 * form of a key to keep, and no state beside that of the library. GMP divides where a public key
 * moves from Ed25519 to Curve25519.
 */
#include <gmp.h>
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

/* Of the field of 2^255 - 19; gcdext wants one limb more. */
#define LIMBS (32 / sizeof(mp_limb_t))
typedef mp_limb_t field_element[LIMBS + 1];

static void element_of(mp_limb_t *out, const uint8_t *bytes)
{
	memset(out, 0, sizeof(field_element));
	for (size_t i = 0; i < 32; i++)
		out[i / sizeof(mp_limb_t)] |= (mp_limb_t)bytes[i] << 8 * (i % sizeof(mp_limb_t));
}

static void prime(mp_limb_t *out)
{
	memset(out, 0xff, sizeof(field_element));
	out[LIMBS - 1] >>= 1;
	out[0] -= 18;
}

/* The inverse of `x`, which becomes something else. false: there is none. */
static bool inverse(mp_limb_t *out, mp_limb_t *x)
{
	field_element p, modulus, gcd;
	mp_size_t n = 0;

	prime(p);
	prime(modulus);
	mpn_add_n(x, x, p, LIMBS); /* gcdext wants the greater number first */
	memset(out, 0, sizeof(field_element));
	if (mpn_gcdext(gcd, out, &n, x, LIMBS, modulus, LIMBS) != 1 || gcd[0] != 1)
		return false;
	if (n < 0)
		mpn_sub_n(out, p, out, LIMBS);
	return true;
}

/*
 * RFC 7748 4.1: u = (1 + y) / (1 - y), which is 2 / (1 - y) - 1. A public key is no secret, so how
 * long the division takes may depend on it. false: y is 1, which is the neutral element.
 */
static bool montgomery_u(uint8_t *u, const uint8_t *edwards_y)
{
	field_element p, y, x;

	prime(p);
	element_of(y, edwards_y);
	mpn_sub_n(y, p, y, LIMBS);
	mpn_add_1(y, y, LIMBS, 1);
	if (!inverse(x, y))
		return false;
	mpn_lshift(x, x, LIMBS, 1);
	mpn_sub_1(x, x, LIMBS, 1);
	if (mpn_cmp(x, p, LIMBS) >= 0)
		mpn_sub_n(x, x, p, LIMBS);
	for (size_t i = 0; i < 32; i++)
		u[i] = (uint8_t)(x[i / sizeof(mp_limb_t)] >> 8 * (i % sizeof(mp_limb_t)));
	return true;
}

/*
 * By the table that the library has for the base point of Ed25519, in less than half of the time
 * that its ladder on Curve25519 takes. It calls a scalar of zeros an error; clamped, none is zero.
 * The sign of the point goes no further than this function.
 */
static bool x25519_public(uint8_t *public_key, const uint8_t *private_key)
{
	uint8_t scalar[crypto_scalarmult_ed25519_SCALARBYTES];
	uint8_t point[crypto_scalarmult_ed25519_BYTES];
	bool done;

	memcpy(scalar, private_key, sizeof(scalar));
	scalar[0] &= 0xf8;
	scalar[31] = (scalar[31] & 0x7f) | 0x40;
	done = crypto_scalarmult_ed25519_base_noclamp(point, scalar) == 0;
	point[31] &= 0x7f;
	done = done && montgomery_u(public_key, point);
	mls_wipe(scalar, sizeof(scalar));
	mls_wipe(point, sizeof(point));
	return done;
}

static enum mls_err x25519_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	(void)state;
	if (compute_public && !x25519_public(pair->public_key, pair->private_key))
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
