/*
 * OpenSSL's primitives in libolm's place. Algorithms are fetched once a thread and contexts
 * kept; an X25519 private key is imported with its public key, so that a Diffie-Hellman
 * operation costs one scalar multiplication and not two.
 */
#include "megolm_probe.h"
#include "primitives.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK  64 /* of SHA-256 */
#define DIGEST 32

struct kept {
	EVP_MD *sha256;
	EVP_MD_CTX *hash, *verify;
	EVP_MD_CTX *inner, *outer;             /* HMAC, behind its padded keys */
	EVP_MD_CTX *inner_again, *outer_again; /* copies for one block of HKDF */
	EVP_CIPHER *aes;
	EVP_CIPHER_CTX *encrypt, *decrypt;
	EVP_PKEY_CTX *import; /* X25519 key pairs */
	EVP_PKEY *peer;       /* X25519 public keys, one after the other */
};

static _Thread_local struct kept *kept_here;
static pthread_key_t kept_key;
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;
static bool has_kept_key;

static void release(void *p)
{
	struct kept *k = p;

	if (k == NULL)
		return;
	EVP_MD_CTX_free(k->hash);
	EVP_MD_CTX_free(k->inner);
	EVP_MD_CTX_free(k->outer);
	EVP_MD_CTX_free(k->inner_again);
	EVP_MD_CTX_free(k->outer_again);
	EVP_MD_CTX_free(k->verify);
	EVP_MD_free(k->sha256);
	EVP_CIPHER_CTX_free(k->encrypt);
	EVP_CIPHER_CTX_free(k->decrypt);
	EVP_CIPHER_free(k->aes);
	EVP_PKEY_CTX_free(k->import);
	EVP_PKEY_free(k->peer);
	free(k);
}

static void make_key(void)
{
	has_kept_key = pthread_key_create(&kept_key, release) == 0;
}

static bool fill(struct kept *k)
{
	static const uint8_t base_point[32] = {9};

	k->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	k->aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	k->hash = EVP_MD_CTX_new();
	k->inner = EVP_MD_CTX_new();
	k->outer = EVP_MD_CTX_new();
	k->inner_again = EVP_MD_CTX_new();
	k->outer_again = EVP_MD_CTX_new();
	k->verify = EVP_MD_CTX_new();
	k->encrypt = EVP_CIPHER_CTX_new();
	k->decrypt = EVP_CIPHER_CTX_new();
	k->import = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	k->peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, base_point, 32);
	return k->sha256 != NULL && k->aes != NULL && k->hash != NULL && k->inner != NULL &&
	       k->outer != NULL && k->inner_again != NULL && k->outer_again != NULL &&
	       k->verify != NULL && k->encrypt != NULL && k->decrypt != NULL && k->import != NULL &&
	       k->peer != NULL && EVP_PKEY_fromdata_init(k->import) == 1;
}

/* What this thread keeps; NULL, with the failure recorded, when it cannot be made. */
static struct kept *kept(void)
{
	struct kept *k = kept_here;

	if (k != NULL)
		return k;
	k = calloc(1, sizeof *k);
	if (k != NULL && fill(k) && pthread_once(&kept_once, make_key) == 0 && has_kept_key &&
	    pthread_setspecific(kept_key, k) == 0) {
		kept_here = k;
		return k;
	}
	release(k);
	megolm_primitive_failed(MEGOLM_ERR_PRIMITIVE);
	return NULL;
}

static void fail(void)
{
	ERR_clear_error();
	megolm_primitive_failed(MEGOLM_ERR_PRIMITIVE);
}

static void x25519_keygen(const uint8_t random[32], struct megolm_x25519_pair *out)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, random, 32);
	size_t len = sizeof out->public_key;

	memcpy(out->private_key, random, sizeof out->private_key);
	if (key == NULL || EVP_PKEY_get_raw_public_key(key, out->public_key, &len) != 1)
		fail();
	EVP_PKEY_free(key);
}

/* From both halves: from the private key alone OpenSSL would compute the public one again. */
static EVP_PKEY *import_pair(struct kept *k, const struct megolm_x25519_pair *own)
{
	struct megolm_x25519_pair copy = *own;
	OSSL_PARAM params[3];
	EVP_PKEY *key = NULL;

	params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, copy.private_key,
						      sizeof copy.private_key);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.public_key,
						      sizeof copy.public_key);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata(k->import, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OPENSSL_cleanse(&copy, sizeof copy);
	return key;
}

/* The secret stays zero when OpenSSL refuses the peer's key, which the caller looks for. */
static void x25519(const struct megolm_x25519_pair *own, const struct megolm_x25519_public *theirs,
		   uint8_t out[32])
{
	struct kept *k = kept();
	EVP_PKEY *key = k != NULL ? import_pair(k, own) : NULL;
	EVP_PKEY_CTX *derive = key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	size_t len = 32;

	if (derive == NULL || EVP_PKEY_derive_init(derive) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(k->peer, theirs->bytes, 32) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(derive, k->peer, 0) != 1) {
		fail();
	} else if (EVP_PKEY_derive(derive, out, &len) != 1 || len != 32) {
		ERR_clear_error();
		memset(out, 0, 32);
	}
	EVP_PKEY_CTX_free(derive);
	EVP_PKEY_free(key);
}

static int ed25519_verify(const struct megolm_ed25519_public *theirs, const uint8_t *message,
			  size_t len, const uint8_t signature[64])
{
	struct kept *k = kept();
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, theirs->bytes, 32);
	int good = 0;

	/* Without the reset OpenSSL 3.0 keeps verifying with the first key. */
	if (k == NULL || key == NULL || EVP_MD_CTX_reset(k->verify) != 1 ||
	    EVP_DigestVerifyInit_ex(k->verify, NULL, NULL, NULL, NULL, key, NULL) != 1)
		fail();
	else
		good = EVP_DigestVerify(k->verify, signature, 64, message, len) == 1;
	ERR_clear_error();
	EVP_PKEY_free(key);
	return good;
}

static void encrypt_cbc(const struct megolm_aes256_key *key, const struct megolm_aes256_iv *iv,
			const uint8_t *in, size_t len, uint8_t *out)
{
	struct kept *k = kept();
	int n = 0, end = 0;

	if (k == NULL || len > INT32_MAX - 16 ||
	    EVP_EncryptInit_ex2(k->encrypt, k->aes, key->bytes, iv->bytes, NULL) != 1 ||
	    EVP_EncryptUpdate(k->encrypt, out, &n, in, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(k->encrypt, out + n, &end) != 1)
		fail();
}

/* Like libolm, looks at the last byte of the padding only: a MAC stands in front of it. */
static size_t decrypt_cbc(const struct megolm_aes256_key *key, const struct megolm_aes256_iv *iv,
			  const uint8_t *in, size_t len, uint8_t *out)
{
	struct kept *k = kept();
	int n = 0, end = 0;

	if (k == NULL || len > INT32_MAX ||
	    EVP_DecryptInit_ex2(k->decrypt, k->aes, key->bytes, iv->bytes, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(k->decrypt, 0) != 1 ||
	    EVP_DecryptUpdate(k->decrypt, out, &n, in, (int)len) != 1 ||
	    EVP_DecryptFinal_ex(k->decrypt, out + n, &end) != 1) {
		fail();
		return SIZE_MAX;
	}
	return out[len - 1] > len ? SIZE_MAX : len - out[len - 1];
}

static bool hash(struct kept *k, const uint8_t *in, size_t len, uint8_t out[DIGEST])
{
	return EVP_DigestInit_ex2(k->hash, k->sha256, NULL) == 1 &&
	       EVP_DigestUpdate(k->hash, in, len) == 1 &&
	       EVP_DigestFinal_ex(k->hash, out, NULL) == 1;
}

static void sha256(const uint8_t *in, size_t len, uint8_t out[DIGEST])
{
	struct kept *k = kept();

	if (k == NULL || !hash(k, in, len, out))
		fail();
}

static bool absorb_pad(struct kept *k, EVP_MD_CTX *ctx, const uint8_t key[BLOCK], uint8_t pad)
{
	uint8_t block[BLOCK];
	bool good;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	good = EVP_DigestInit_ex2(ctx, k->sha256, NULL) == 1 &&
	       EVP_DigestUpdate(ctx, block, BLOCK) == 1;
	OPENSSL_cleanse(block, sizeof block);
	return good;
}

/* RFC 2104: k->inner and k->outer become the states behind the two padded keys. */
static bool hmac_key(struct kept *k, const uint8_t *key, size_t len)
{
	uint8_t block[BLOCK] = {0};
	bool good = true;

	if (len > BLOCK)
		good = hash(k, key, len, block);
	else if (len > 0)
		memcpy(block, key, len);
	good = good && absorb_pad(k, k->inner, block, 0x36) && absorb_pad(k, k->outer, block, 0x5c);
	OPENSSL_cleanse(block, sizeof block);
	return good;
}

/* The HMAC of what `inner` has absorbed behind its pad. */
static bool hmac_end(EVP_MD_CTX *inner, EVP_MD_CTX *outer, uint8_t out[DIGEST])
{
	uint8_t digest[DIGEST];
	bool good = EVP_DigestFinal_ex(inner, digest, NULL) == 1 &&
		    EVP_DigestUpdate(outer, digest, DIGEST) == 1 &&
		    EVP_DigestFinal_ex(outer, out, NULL) == 1;

	OPENSSL_cleanse(digest, sizeof digest);
	return good;
}

static void hmac(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
		 uint8_t out[DIGEST])
{
	struct kept *k = kept();

	if (k == NULL || !hmac_key(k, key, key_len) || EVP_DigestUpdate(k->inner, in, len) != 1 ||
	    !hmac_end(k->inner, k->outer, out))
		fail();
}

/* RFC 5869 2.3: T(i) = HMAC(PRK, T(i - 1) | info | i), cut to out_len bytes. */
static bool hkdf_expand(struct kept *k, const uint8_t *info, size_t info_len, uint8_t *out,
			size_t out_len)
{
	uint8_t t[DIGEST];
	bool good = true;

	for (uint8_t i = 1; good && out_len > 0; i++) {
		size_t n = out_len < DIGEST ? out_len : DIGEST;
		good = EVP_MD_CTX_copy_ex(k->inner_again, k->inner) == 1 &&
		       EVP_MD_CTX_copy_ex(k->outer_again, k->outer) == 1 &&
		       EVP_DigestUpdate(k->inner_again, t, i > 1 ? DIGEST : 0) == 1 &&
		       EVP_DigestUpdate(k->inner_again, info, info_len) == 1 &&
		       EVP_DigestUpdate(k->inner_again, &i, 1) == 1 &&
		       hmac_end(k->inner_again, k->outer_again, t);
		if (good)
			memcpy(out, t, n);
		out += n;
		out_len -= n;
	}
	OPENSSL_cleanse(t, sizeof t);
	return good;
}

/* RFC 5869. No salt is a salt of zeros, which as an HMAC key is the same as an empty one. */
static void hkdf(const uint8_t *in, size_t in_len, const uint8_t *salt, size_t salt_len,
		 const uint8_t *info, size_t info_len, uint8_t *out, size_t out_len)
{
	struct kept *k = kept();
	uint8_t prk[DIGEST];

	if (k == NULL || !hmac_key(k, salt, salt_len) ||
	    EVP_DigestUpdate(k->inner, in, in_len) != 1 || !hmac_end(k->inner, k->outer, prk) ||
	    !hmac_key(k, prk, DIGEST) || !hkdf_expand(k, info, info_len, out, out_len))
		fail();
	OPENSSL_cleanse(prk, sizeof prk);
}

const struct megolm_primitives megolm_openssl_primitives = {
	.x25519_keygen = x25519_keygen,
	.x25519 = x25519,
	.ed25519_verify = ed25519_verify,
	.encrypt_cbc = encrypt_cbc,
	.decrypt_cbc = decrypt_cbc,
	.sha256 = sha256,
	.hmac = hmac,
	.hkdf = hkdf,
};

const char *megolm_probe_openssl_version(void)
{
	static _Thread_local char version[64];

	snprintf(version, sizeof version, "OpenSSL %s",
		 OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
	return version;
}
