/* X25519 and X448. */
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto_openssl.h"
#include "memory.h"

/*
 * `peer` is one EVP_PKEY whose public key is replaced for each operation: that costs a
 * hundredth of making a new one.
 */
struct ecx {
	EVP_PKEY_CTX *import;
	EVP_PKEY *peer;
	size_t len;
};

static void ecx_close(void *state)
{
	struct ecx *s = state;

	EVP_PKEY_CTX_free(s->import);
	EVP_PKEY_free(s->peer);
	free(s);
}

static enum mls_err ecx_open(void **state, const struct mls_suite *suite)
{
	static const uint8_t base_point[56] = {9};
	struct ecx *s = mls_calloc(1, sizeof(*s));

	if (!s)
		return MLS_ERR_NOMEM;
	*state = s;
	s->len = suite->npk;
	s->import = mls_openssl_importer(suite->kem == MLS_KEM_X25519 ? "X25519" : "X448");
	if (!s->import)
		return MLS_ERR_CRYPTO;
	s->peer = mls_openssl_import(s->import, NULL, (struct mls_slice){0},
				     mls_slice(base_point, s->len));
	return s->peer ? MLS_OK : MLS_ERR_CRYPTO;
}

/* A key, and a context to derive with once it was used for that. */
struct ecx_key {
	EVP_PKEY *key;
	EVP_PKEY_CTX *derive;
};

static enum mls_err ecx_prepare(void *state, struct mls_key_pair *pair, bool compute_public)
{
	struct ecx *s = state;
	struct mls_slice public_key = {pair->public_key, compute_public ? 0 : s->len};
	struct ecx_key *native = mls_calloc(1, sizeof(*native));
	size_t len = s->len;

	if (!native)
		return MLS_ERR_NOMEM;
	pair->native = native;
	native->key = mls_openssl_import(s->import, NULL, mls_slice(pair->private_key, s->len),
					 public_key);
	if (!native->key || (compute_public &&
			     EVP_PKEY_get_raw_public_key(native->key, pair->public_key, &len) != 1))
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	return MLS_OK;
}

static void ecx_release(struct mls_key_pair *pair)
{
	struct ecx_key *native = pair->native;

	if (!native)
		return;
	EVP_PKEY_CTX_free(native->derive);
	EVP_PKEY_free(native->key);
	free(native);
}

static bool make_derive(struct ecx_key *key)
{
	if (key->derive)
		return true;
	key->derive = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
	return key->derive && EVP_PKEY_derive_init(key->derive) == 1;
}

/*
 * Every string of the right length is a public key. OpenSSL refuses the zero result of
 * those of small order, and has no other way to fail in EVP_PKEY_derive.
 */
static enum mls_err ecx_dh(void *state, uint8_t *out, const struct mls_key_pair *pair,
			   const uint8_t *public_key)
{
	struct ecx *s = state;
	struct ecx_key *key = pair->native;
	size_t len = s->len;

	if (!make_derive(key) || EVP_PKEY_set1_encoded_public_key(s->peer, public_key, len) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(key->derive, s->peer, 0) != 1)
		return mls_openssl_failed(MLS_ERR_CRYPTO);
	if (EVP_PKEY_derive(key->derive, out, &len) != 1)
		return mls_openssl_failed(MLS_ERR_SHARED_SECRET);
	return MLS_OK;
}

static enum mls_err ecx_check(void *state, const uint8_t *public_key)
{
	(void)state;
	(void)public_key;
	return MLS_OK;
}

const struct mls_dh_ops mls_openssl_ecx = {
	{ecx_open, ecx_close, ecx_prepare, ecx_release},
	ecx_dh,
	ecx_check,
	NULL,
};
