/* Ed25519 and Ed448. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "crypto_ed25519.h"
#include "crypto_openssl.h"
#include "memory.h"

struct eddsa {
	EVP_PKEY_CTX *import;
	EVP_MD_CTX *verify; /* given another key each time */
	size_t key_len;
	bool is_ed25519;
};

static void eddsa_close(void *state)
{
	struct eddsa *s = state;

	EVP_PKEY_CTX_free(s->import);
	EVP_MD_CTX_free(s->verify);
	free(s);
}

static enum mls_err eddsa_open(void **state, const struct mls_suite *suite)
{
	struct eddsa *s = mls_calloc(1, sizeof(*s));

	if (!s)
		return MLS_ERR_NOMEM;
	*state = s;
	s->key_len = suite->signature_public;
	s->is_ed25519 = suite->signature == MLS_ED25519;
	s->import = mls_openssl_importer(s->is_ed25519 ? "ED25519" : "ED448");
	s->verify = EVP_MD_CTX_new();
	return s->import && s->verify ? MLS_OK : mls_openssl_failed(MLS_ERR_CRYPTO);
}

/* `native` is a context that is ready to sign, and owns the key. */
static enum mls_err eddsa_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	struct eddsa *s = state;
	struct mls_slice public_key = {pair->public_key, compute_public ? 0 : s->key_len};
	EVP_PKEY *key = mls_openssl_import(s->import, NULL,
					   mls_slice(pair->private_key, s->key_len), public_key);
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	size_t len = s->key_len;
	enum mls_err err = MLS_OK;

	pair->native = x;
	if (!key || !x || EVP_DigestSignInit_ex(x, NULL, NULL, NULL, NULL, key, NULL) != 1)
		err = mls_openssl_failed(MLS_ERR_CRYPTO);
	else if (compute_public && EVP_PKEY_get_raw_public_key(key, pair->public_key, &len) != 1)
		err = mls_openssl_failed(MLS_ERR_CRYPTO);
	EVP_PKEY_free(key);
	return err;
}

static void eddsa_release(struct mls_key_pair *pair)
{
	EVP_MD_CTX_free(pair->native);
}

/* OpenSSL 3.0 signs with one context again and again; later versions end a context with its
 * first signature, and then want it started anew with the key it has. */
static bool sign_again(EVP_MD_CTX *x, uint8_t *out, size_t *len, struct mls_slice message)
{
	size_t room = *len;

	if (EVP_DigestSign(x, out, len, message.p, message.len) == 1)
		return true;
	*len = room;
	return EVP_DigestSignInit_ex(x, NULL, NULL, NULL, NULL, NULL, NULL) == 1 &&
	       EVP_DigestSign(x, out, len, message.p, message.len) == 1;
}

static enum mls_err eddsa_sign(struct mls_crypto *c, struct mls_buf *out, struct mls_key_pair *pair,
			       const struct mls_slice *parts, size_t n_parts)
{
	enum mls_err err = MLS_OK;
	struct mls_slice message;
	uint8_t signature[MLS_MAX_SIGNATURE];
	size_t len = sizeof(signature);

	TRY(mls_parts_joined(c, &message, parts, n_parts));
	if (!sign_again(pair->native, signature, &len, message))
		FAIL(mls_openssl_failed(MLS_ERR_CRYPTO));
	TRY(mls_buf_append(out, mls_slice(signature, len)));
out:
	mls_parts_release(c);
	return err;
}

/* OpenSSL decodes the point inside the verification: what is no point verifies nothing. */
static enum mls_err eddsa_verify(struct mls_crypto *c, const uint8_t *public_key,
				 const struct mls_slice *parts, size_t n_parts,
				 struct mls_slice signature)
{
	struct eddsa *s = c->signature_state;
	enum mls_err err = MLS_OK;
	struct mls_slice message;
	EVP_PKEY *key;

	if (s->is_ed25519 && !mls_ed25519_is_sound(public_key, signature))
		return MLS_ERR_SIGNATURE;
	key = mls_openssl_import(s->import, NULL, (struct mls_slice){0},
				 mls_slice(public_key, s->key_len));
	TRY(mls_parts_joined(c, &message, parts, n_parts));
	/* A context that is not reset keeps the key of its first use. */
	if (!key || EVP_MD_CTX_reset(s->verify) != 1 ||
	    EVP_DigestVerifyInit_ex(s->verify, NULL, NULL, NULL, NULL, key, NULL) != 1)
		FAIL(mls_openssl_failed(MLS_ERR_CRYPTO));
	if (EVP_DigestVerify(s->verify, signature.p, signature.len, message.p, message.len) != 1)
		FAIL(mls_openssl_failed(MLS_ERR_SIGNATURE));
out:
	EVP_PKEY_free(key);
	mls_parts_release(c);
	return err;
}

const struct mls_signature_ops mls_openssl_eddsa = {
	{eddsa_open, eddsa_close, eddsa_prepare, eddsa_release},
	eddsa_sign,
	eddsa_verify,
};
