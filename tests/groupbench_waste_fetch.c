/*
 * A groupbench whose MLS fetches its algorithm from OpenSSL again in each hash, HMAC and AEAD, as
 * code does that was written for OpenSSL 1.1: tests/test_waste.sh must see it. No counter
 * of primitives can.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto.h"

/* X(name, result, return, arguments with their types, arguments) */
#define WASTEFUL(X)                                                                                \
	X(mls_hash, void, ,                                                                        \
	  (struct mls_crypto * c, uint8_t * out, const struct mls_slice *parts, size_t n_parts),   \
	  (c, out, parts, n_parts))                                                                \
	X(mls_hmac_key_init, void, ,                                                               \
	  (struct mls_crypto * c, struct mls_hmac_key * out, struct mls_slice key), (c, out, key)) \
	X(mls_hmac_keyed, void, ,                                                                  \
	  (struct mls_crypto * c, uint8_t * out, const struct mls_hmac_key *key,                   \
	   const struct mls_slice *parts, size_t n_parts),                                         \
	  (c, out, key, parts, n_parts))                                                           \
	X(mls_aead_seal, enum mls_err, return,                                                     \
	  (struct mls_crypto * c, uint8_t * out, const uint8_t *key, const uint8_t *nonce,         \
	   struct mls_slice aad, struct mls_slice text),                                           \
	  (c, out, key, nonce, aad, text))                                                         \
	X(mls_aead_open, enum mls_err, return,                                                     \
	  (struct mls_crypto * c, uint8_t * out, const uint8_t *key, const uint8_t *nonce,         \
	   struct mls_slice aad, struct mls_slice text),                                           \
	  (c, out, key, nonce, aad, text))

static void fetch(void)
{
	EVP_MD *digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);

	if (digest == NULL || cipher == NULL)
		abort();
	EVP_MD_free(digest);
	EVP_CIPHER_free(cipher);
}

#define WASTE(name, result, answer, typed, plain)                                                  \
	result __real_##name typed;                                                                \
	result __wrap_##name typed;                                                                \
	result __wrap_##name typed                                                                 \
	{                                                                                          \
		fetch();                                                                           \
		answer __real_##name plain;                                                        \
	}
WASTEFUL(WASTE)
