/* ECDSA on P-256, P-384 and P-521: DER signatures of the suite's hash. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "crypto_openssl.h"
#include "memory.h"

/* `peer` is one EVP_PKEY whose point is replaced for each verification; a new key would set
 * up its group anew, for as long as two signatures take. */
struct ecdsa {
	struct mls_openssl_curve curve;
	const char *name;
	EVP_PKEY_CTX *import, *verify;
	EVP_PKEY *peer;
};

static void ecdsa_close(void *state)
{
	struct ecdsa *s = state;

	mls_openssl_curve_close(&s->curve);
	EVP_PKEY_CTX_free(s->verify);
	EVP_PKEY_CTX_free(s->import);
	EVP_PKEY_free(s->peer);
	free(s);
}

static enum mls_err ecdsa_open(void **state, const struct mls_suite *suite)
{
	enum mls_err err = MLS_OK;
	uint8_t generator[MLS_MAX_PUBLIC_KEY], one[MLS_MAX_PRIVATE_KEY] = {0};
	struct ecdsa *s = mls_calloc(1, sizeof(*s));

	if (!s)
		return MLS_ERR_NOMEM;
	*state = s;
	s->name = mls_openssl_curve_name(suite->signature_secret);
	TRY(mls_openssl_curve_open(&s->curve, s->name, suite->signature_public,
				   suite->signature_secret));
	one[suite->signature_secret - 1] = 1;
	TRY(mls_openssl_curve_public(&s->curve, generator, one, true));
	s->import = mls_openssl_importer("EC");
	if (s->import)
		s->peer = mls_openssl_import(s->import, s->name, (struct mls_slice){0},
					     mls_slice(generator, suite->signature_public));
	if (s->peer)
		s->verify = EVP_PKEY_CTX_new_from_pkey(NULL, s->peer, NULL);
	if (!s->verify || EVP_PKEY_verify_init(s->verify) != 1)
		FAIL(mls_openssl_failed(MLS_ERR_CRYPTO));
out:
	return err;
}

/* `native` is a context that is ready to sign, and owns the key. */
static enum mls_err ecdsa_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	struct ecdsa *s = state;
	EVP_PKEY *key;
	enum mls_err err = mls_openssl_curve_public(&s->curve, pair->public_key, pair->private_key,
						    compute_public);

	if (err)
		return err;
	key = mls_openssl_import(s->import, s->name,
				 mls_slice(pair->private_key, pair->private_len),
				 mls_slice(pair->public_key, pair->public_len));
	if (key)
		pair->native = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (!key || !pair->native || EVP_PKEY_sign_init(pair->native) != 1)
		err = mls_openssl_failed(MLS_ERR_CRYPTO);
	EVP_PKEY_free(key);
	return err;
}

static void ecdsa_release(struct mls_key_pair *pair)
{
	EVP_PKEY_CTX_free(pair->native);
}

static enum mls_err ecdsa_sign(struct mls_crypto *c, struct mls_buf *out, struct mls_key_pair *pair,
			       const struct mls_slice *parts, size_t n_parts)
{
	uint8_t digest[MLS_MAX_HASH], signature[MLS_MAX_SIGNATURE];
	size_t len = sizeof(signature);

	mls_hash_uncounted(c->suite, digest, parts, n_parts);
	/* OpenSSL without memory may report success and a length of -1. */
	if (EVP_PKEY_sign(pair->native, signature, &len, digest, c->suite->nh) != 1 ||
	    len > sizeof(signature))
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	return mls_buf_append(out, mls_slice(signature, len));
}

static enum mls_err ecdsa_verify(struct mls_crypto *c, const uint8_t *public_key,
				 const struct mls_slice *parts, size_t n_parts,
				 struct mls_slice signature)
{
	struct ecdsa *s = c->signature_state;
	uint8_t digest[MLS_MAX_HASH];

	if (public_key[0] != POINT_CONVERSION_UNCOMPRESSED ||
	    EVP_PKEY_set1_encoded_public_key(s->peer, public_key, c->suite->signature_public) != 1)
		return mls_openssl_failed(MLS_ERR_PUBLIC_KEY);
	mls_hash_uncounted(c->suite, digest, parts, n_parts);
	if (EVP_PKEY_verify(s->verify, signature.p, signature.len, digest, c->suite->nh) != 1)
		return mls_openssl_failed(MLS_ERR_SIGNATURE);
	return MLS_OK;
}

const struct mls_signature_ops mls_openssl_ecdsa = {
	{ecdsa_open, ecdsa_close, ecdsa_prepare, ecdsa_release},
	ecdsa_sign,
	ecdsa_verify,
};
