#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto_openssl.h"
#include "memory.h"

struct mls_aead_state {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *context;
};

enum mls_err mls_aead_state_new(struct mls_aead_state **out, const struct mls_suite *suite)
{
	static const char *const names[] = {
		[MLS_AES128_GCM] = "AES-128-GCM",
		[MLS_AES256_GCM] = "AES-256-GCM",
		[MLS_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
	};
	struct mls_aead_state *s = mls_calloc(1, sizeof(*s));

	if (!s)
		return MLS_ERR_NOMEM;
	s->cipher = EVP_CIPHER_fetch(NULL, names[suite->aead], NULL);
	s->context = EVP_CIPHER_CTX_new();
	if (!s->cipher || !s->context) {
		mls_aead_state_free(s);
		return MLS_ERR_CRYPTO;
	}
	*out = s;
	return MLS_OK;
}

void mls_aead_state_free(struct mls_aead_state *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->context);
	EVP_CIPHER_free(s->cipher);
	free(s);
}

/* As a parameter the tag costs less than through EVP_CIPHER_CTX_ctrl. */
static OSSL_PARAM tag_param(uint8_t *tag)
{
	return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, MLS_AEAD_TAG);
}

static bool seal(struct mls_aead_state *s, uint8_t *out, const uint8_t *key, const uint8_t *nonce,
		 struct mls_slice aad, struct mls_slice text)
{
	EVP_CIPHER_CTX *x = s->context;
	OSSL_PARAM tag[] = {tag_param(out + text.len), OSSL_PARAM_construct_end()};
	int n = 0, n_final = 0;

	return EVP_EncryptInit_ex2(x, s->cipher, key, nonce, NULL) == 1 &&
	       (aad.len == 0 || EVP_EncryptUpdate(x, NULL, &n, aad.p, (int)aad.len) == 1) &&
	       (text.len == 0 || EVP_EncryptUpdate(x, out, &n, text.p, (int)text.len) == 1) &&
	       EVP_EncryptFinal_ex(x, out + text.len, &n_final) == 1 &&
	       EVP_CIPHER_CTX_get_params(x, tag) == 1;
}

static bool open(struct mls_aead_state *s, uint8_t *out, const uint8_t *key, const uint8_t *nonce,
		 struct mls_slice aad, struct mls_slice text)
{
	EVP_CIPHER_CTX *x = s->context;
	uint8_t tag[MLS_AEAD_TAG];
	OSSL_PARAM params[] = {tag_param(tag), OSSL_PARAM_construct_end()};
	int n = 0, n_final = 0;

	memcpy(tag, text.p + text.len, sizeof(tag));
	return EVP_DecryptInit_ex2(x, s->cipher, key, nonce, params) == 1 &&
	       (aad.len == 0 || EVP_DecryptUpdate(x, NULL, &n, aad.p, (int)aad.len) == 1) &&
	       (text.len == 0 || EVP_DecryptUpdate(x, out, &n, text.p, (int)text.len) == 1) &&
	       EVP_DecryptFinal_ex(x, out + text.len, &n_final) == 1;
}

/* The reset frees and wipes the key schedule; setting up the next key costs no more for it. */
enum mls_err mls_aead_seal(struct mls_crypto *c, uint8_t *out, const uint8_t *key,
			   const uint8_t *nonce, struct mls_slice aad, struct mls_slice plaintext)
{
	bool done;

	if (plaintext.len > INT_MAX || aad.len > INT_MAX)
		return MLS_ERR_TOO_LONG;
	c->counts.aead++;
	c->counts.aead_bytes += plaintext.len;
	done = seal(c->aead, out, key, nonce, aad, plaintext);
	EVP_CIPHER_CTX_reset(c->aead->context);
	if (done)
		return MLS_OK;
	mls_wipe(out, plaintext.len + MLS_AEAD_TAG);
	return mls_openssl_failed(MLS_ERR_CRYPTO);
}

enum mls_err mls_aead_open(struct mls_crypto *c, uint8_t *out, const uint8_t *key,
			   const uint8_t *nonce, struct mls_slice aad, struct mls_slice ciphertext)
{
	struct mls_slice text = {ciphertext.p, ciphertext.len - MLS_AEAD_TAG};
	bool done;

	/* What is shorter than a tag wraps around, and is too long. */
	if (text.len > INT_MAX || aad.len > INT_MAX)
		return MLS_ERR_DECRYPT;
	c->counts.aead++;
	c->counts.aead_bytes += text.len;
	done = open(c->aead, out, key, nonce, aad, text);
	EVP_CIPHER_CTX_reset(c->aead->context);
	if (done)
		return MLS_OK;
	mls_wipe(out, text.len);
	return mls_openssl_failed(MLS_ERR_DECRYPT);
}
