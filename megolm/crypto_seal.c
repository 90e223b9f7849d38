#include "crypto_seal.h"

#include "crypto.h"
#include "internal.h"
#include "primitives.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

bool megolm_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

/* OpenSSL counts bytes in an int. */
static bool is_short(size_t len)
{
	return len <= INT_MAX - 64;
}

enum megolm_err megolm_ctr(uint8_t *out, struct megolm_slice in,
			   const uint8_t key[MEGOLM_KEY_BYTES], const uint8_t iv[MEGOLM_IV_BYTES])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	enum megolm_err err = MEGOLM_OK;

	if (ctx == NULL)
		FAIL(MEGOLM_ERR_NOMEM);
	if (!is_short(in.len))
		FAIL(MEGOLM_ERR_TOO_LARGE);
	if (EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, in.p, (int)in.len) != 1 || (size_t)n != in.len)
		FAIL(MEGOLM_ERR_PRIMITIVE);
out:
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

/* An AEAD and the length of its nonce. */
struct aead {
	const EVP_CIPHER *cipher;
	int nonce_len;
};

static struct aead gcm(void)
{
	return (struct aead){EVP_aes_256_gcm(), MEGOLM_IV_BYTES};
}

static struct aead chacha(void)
{
	return (struct aead){EVP_chacha20_poly1305(), MEGOLM_NONCE_BYTES};
}

/* A context that goes `encrypt` (1) or back (0); NULL with *err. */
static EVP_CIPHER_CTX *begin_aead(enum megolm_err *err, struct aead aead, int encrypt,
				  const uint8_t *key, const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	*err = ctx == NULL ? MEGOLM_ERR_NOMEM : MEGOLM_OK;
	if (ctx != NULL && EVP_CipherInit_ex(ctx, aead.cipher, NULL, NULL, NULL, encrypt) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, aead.nonce_len, NULL) == 1 &&
	    EVP_CipherInit_ex(ctx, NULL, NULL, key, iv, encrypt) == 1)
		return ctx;
	if (*err == MEGOLM_OK)
		*err = MEGOLM_ERR_PRIMITIVE;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static enum megolm_err seal(struct aead aead, uint8_t *out, struct megolm_slice in,
			    const uint8_t *key, const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = NULL;
	int n = 0, rest = 0;
	enum megolm_err err = MEGOLM_OK;

	if (!is_short(in.len))
		FAIL(MEGOLM_ERR_TOO_LARGE);
	ctx = begin_aead(&err, aead, 1, key, iv);
	if (ctx == NULL)
		goto out;
	if (EVP_EncryptUpdate(ctx, out, &n, in.p, (int)in.len) != 1 || (size_t)n != in.len ||
	    EVP_EncryptFinal_ex(ctx, out + in.len, &rest) != 1 || rest != 0 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, MEGOLM_TAG_BYTES, out + in.len) != 1)
		FAIL(MEGOLM_ERR_PRIMITIVE);
	megolm_count_aead(in.len);
out:
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

static enum megolm_err open_sealed(struct aead aead, uint8_t *out, struct megolm_slice in,
				   const uint8_t *key, const uint8_t *iv)
{
	size_t len = in.len - MEGOLM_TAG_BYTES;
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t tag[MEGOLM_TAG_BYTES];
	int n = 0, rest = 0;
	enum megolm_err err = MEGOLM_OK;

	if (in.len < MEGOLM_TAG_BYTES || !is_short(in.len))
		FAIL(MEGOLM_ERR_TAG);
	memcpy(tag, in.p + len, sizeof tag);
	ctx = begin_aead(&err, aead, 0, key, iv);
	if (ctx == NULL)
		goto out;
	megolm_count_aead(len);
	if (EVP_DecryptUpdate(ctx, out, &n, in.p, (int)len) != 1 || (size_t)n != len ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, MEGOLM_TAG_BYTES, tag) != 1)
		FAIL(MEGOLM_ERR_PRIMITIVE);
	if (EVP_DecryptFinal_ex(ctx, out + len, &rest) != 1) {
		megolm_wipe(out, len);
		FAIL(MEGOLM_ERR_TAG);
	}
out:
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

enum megolm_err megolm_gcm_seal(uint8_t *out, struct megolm_slice in,
				const uint8_t key[MEGOLM_KEY_BYTES],
				const uint8_t iv[MEGOLM_IV_BYTES])
{
	return seal(gcm(), out, in, key, iv);
}

enum megolm_err megolm_gcm_open(uint8_t *out, struct megolm_slice in,
				const uint8_t key[MEGOLM_KEY_BYTES],
				const uint8_t iv[MEGOLM_IV_BYTES])
{
	return open_sealed(gcm(), out, in, key, iv);
}

enum megolm_err megolm_chacha_seal(uint8_t *out, struct megolm_slice in,
				   const uint8_t key[MEGOLM_KEY_BYTES],
				   const uint8_t nonce[MEGOLM_NONCE_BYTES])
{
	return seal(chacha(), out, in, key, nonce);
}

enum megolm_err megolm_chacha_open(uint8_t *out, struct megolm_slice in,
				   const uint8_t key[MEGOLM_KEY_BYTES],
				   const uint8_t nonce[MEGOLM_NONCE_BYTES])
{
	return open_sealed(chacha(), out, in, key, nonce);
}

enum megolm_err megolm_hmac(uint8_t out[32], const uint8_t key[MEGOLM_KEY_BYTES],
			    struct megolm_slice in)
{
	unsigned len = 0;

	megolm_count_hmac(MEGOLM_KEY_BYTES, in.len);
	if (HMAC(EVP_sha256(), key, MEGOLM_KEY_BYTES, in.p, in.len, out, &len) == NULL || len != 32)
		return MEGOLM_ERR_PRIMITIVE;
	return MEGOLM_OK;
}

enum megolm_err megolm_hkdf(uint8_t out[32], const uint8_t key[MEGOLM_KEY_BYTES],
			    struct megolm_slice info)
{
	static uint8_t no_salt[32];
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = hkdf != NULL ? EVP_KDF_CTX_new(hkdf) : NULL;
	char digest[] = "SHA256";
	OSSL_PARAM params[5];
	enum megolm_err err = MEGOLM_OK;

	/* OpenSSL's parameters are not const; it does not write to them. */
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key,
						      MEGOLM_KEY_BYTES);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, no_salt, sizeof no_salt);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
						      (void *)(uintptr_t)info.p, info.len);
	params[4] = OSSL_PARAM_construct_end();
	megolm_count_hkdf(MEGOLM_KEY_BYTES, sizeof no_salt, info.len, 32);
	if (ctx == NULL || EVP_KDF_derive(ctx, out, 32, params) != 1)
		err = MEGOLM_ERR_PRIMITIVE;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(hkdf);
	return err;
}

enum megolm_err megolm_pbkdf2(uint8_t out[64], struct megolm_slice passphrase,
			      const uint8_t salt[16], uint32_t rounds)
{
	if (passphrase.len > INT_MAX || rounds > INT_MAX)
		return MEGOLM_ERR_TOO_LARGE;
	megolm_count_pbkdf2(rounds);
	if (PKCS5_PBKDF2_HMAC((const char *)passphrase.p, (int)passphrase.len, salt, 16,
			      (int)rounds, EVP_sha512(), 64, out) != 1)
		return MEGOLM_ERR_PRIMITIVE;
	return MEGOLM_OK;
}
