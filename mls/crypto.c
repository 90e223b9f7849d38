#include "crypto.h"

#include <stdlib.h>

#include "crypto_provider.h"
#include "internal.h"
#include "memory.h"

static const struct mls_dh_ops *dh_of(enum mls_crypto_library library,
				      const struct mls_suite *suite)
{
	if (library == MLS_CRYPTO_SODIUM)
		return suite->kem == MLS_KEM_X25519 ? &mls_sodium_x25519 : NULL;
	if (library != MLS_CRYPTO_OPENSSL)
		return NULL;
	if (suite->kem == MLS_KEM_X25519 || suite->kem == MLS_KEM_X448)
		return &mls_openssl_ecx;
	return &mls_openssl_ecdh;
}

/* Asked when dh_of() has found something: the suites with X25519 sign by Ed25519. */
static const struct mls_signature_ops *signature_of(enum mls_crypto_library library,
						    const struct mls_suite *suite)
{
	if (library == MLS_CRYPTO_SODIUM)
		return &mls_sodium_ed25519;
	if (suite->signature == MLS_ED25519 || suite->signature == MLS_ED448)
		return &mls_openssl_eddsa;
	return &mls_openssl_ecdsa;
}

enum mls_err mls_crypto_new(struct mls_crypto **out, enum mls_crypto_library library,
			    const struct mls_suite *suite, const struct mls_random *random)
{
	enum mls_err err = MLS_OK;
	struct mls_crypto *c = mls_calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return MLS_ERR_NOMEM;
	c->suite = suite;
	c->library = library;
	c->dh = dh_of(library, suite);
	if (!c->dh)
		FAIL(MLS_ERR_CRYPTO_LIBRARY);
	c->signature = signature_of(library, suite);
	mls_crypto_set_random(c, random);
	TRY(mls_aead_state_new(&c->aead, suite));
	TRY(c->dh->key.open(&c->dh_state, suite));
	TRY(c->signature->key.open(&c->signature_state, suite));
	mls_hmac_key_init(c, &c->zero_salt, (struct mls_slice){0});
	c->counts = (struct mls_counts){0};
	*out = c;
	c = NULL;
out:
	mls_crypto_free(c);
	return err;
}

void mls_crypto_free(struct mls_crypto *c)
{
	if (!c)
		return;
	if (c->dh_state)
		c->dh->key.close(c->dh_state);
	if (c->signature_state)
		c->signature->key.close(c->signature_state);
	mls_aead_state_free(c->aead);
	mls_crypto_helpers_free(c->helpers);
	mls_buf_free(&c->scratch);
	mls_wipe(c, sizeof(*c));
	free(c);
}

void mls_crypto_set_random(struct mls_crypto *c, const struct mls_random *random)
{
	c->random = random ? *random : mls_random_system();
	mls_wipe(c->pool, sizeof(c->pool));
	c->n_pool = 0;
}

enum mls_err mls_random_bytes(struct mls_crypto *c, uint8_t *out, size_t len)
{
	size_t n;

	c->counts.random_bytes += len;
	for (; len > 0; len -= n, out += n) {
		if (c->n_pool == 0) {
			if (c->random.fill(c->random.state, c->pool, sizeof(c->pool)))
				return MLS_ERR_RANDOM;
			c->n_pool = sizeof(c->pool);
		}
		n = len < c->n_pool ? len : c->n_pool;
		memcpy(out, c->pool + sizeof(c->pool) - c->n_pool, n);
		mls_wipe(c->pool + sizeof(c->pool) - c->n_pool, n);
		c->n_pool -= n;
	}
	return MLS_OK;
}

enum mls_err mls_parts_joined(struct mls_crypto *c, struct mls_slice *out,
			      const struct mls_slice *parts, size_t n_parts)
{
	enum mls_err err = MLS_OK;
	size_t len = 0;

	if (n_parts == 1) {
		*out = parts[0];
		return MLS_OK;
	}
	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	c->scratch.len = 0;
	TRY(mls_buf_reserve(&c->scratch, len));
	for (size_t i = 0; i < n_parts; i++)
		TRY(mls_buf_append(&c->scratch, parts[i]));
	*out = mls_buf_slice(&c->scratch);
out:
	return err;
}

void mls_parts_release(struct mls_crypto *c)
{
	mls_buf_clear(&c->scratch);
}
