/* Diffie-Hellman on P-256, P-384 and P-521. Keys stay what they are serialized as. */
#include <stdlib.h>

#include "crypto_openssl.h"
#include "memory.h"

static void ecdh_close(void *state)
{
	mls_openssl_curve_close(state);
	free(state);
}

static enum mls_err ecdh_open(void **state, const struct mls_suite *suite)
{
	struct mls_openssl_curve *v = mls_calloc(1, sizeof(*v));

	if (!v)
		return MLS_ERR_NOMEM;
	*state = v;
	return mls_openssl_curve_open(v, mls_openssl_curve_name(suite->nsk), suite->npk,
				      suite->nsk);
}

static enum mls_err ecdh_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	return mls_openssl_curve_public(state, pair->public_key, pair->private_key, compute_public);
}

static void ecdh_release(struct mls_key_pair *pair)
{
	(void)pair;
}

static enum mls_err ecdh_dh(void *state, uint8_t *out, const struct mls_key_pair *pair,
			    const uint8_t *public_key)
{
	return mls_openssl_curve_dh(state, out, pair->private_key, public_key);
}

static enum mls_err ecdh_check(void *state, const uint8_t *public_key)
{
	return mls_openssl_curve_point(state, public_key);
}

static enum mls_err ecdh_check_private(void *state, const uint8_t *private_key)
{
	return mls_openssl_curve_public(state, NULL, private_key, false);
}

const struct mls_dh_ops mls_openssl_ecdh = {
	{ecdh_open, ecdh_close, ecdh_prepare, ecdh_release},
	ecdh_dh,
	ecdh_check,
	ecdh_check_private,
};
