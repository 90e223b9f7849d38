/* RTLD_NEXT, to find libolm's definitions behind ours. */
#define _GNU_SOURCE
#include "primitives.h"

#include "megolm_probe.h"
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static _Thread_local struct megolm_counts *counts;
static _Thread_local bool use_openssl;
static _Thread_local enum megolm_err failure;

static struct megolm_primitives libolm;
static pthread_once_t libolm_once = PTHREAD_ONCE_INIT;
static bool libolm_is_complete;

void megolm_probe_count_into(struct megolm_counts *into)
{
	counts = into;
}

void megolm_probe_use(enum megolm_probe_primitives which)
{
	use_openssl = which == MEGOLM_PROBE_OPENSSL;
}

void megolm_primitive_failed(enum megolm_err why)
{
	if (failure == MEGOLM_OK)
		failure = why;
}

enum megolm_err megolm_primitive_take_failure(void)
{
	enum megolm_err err = failure;

	failure = MEGOLM_OK;
	return err;
}

#define COUNT(field, n)                                                                            \
	do {                                                                                       \
		if (counts != NULL)                                                                \
			counts->field += (n);                                                      \
	} while (0)

void megolm_count_random(size_t len)
{
	COUNT(random_bytes, len);
}

/* ISO C has no cast between the two kinds of pointers; POSIX promises equal size. */
static bool find(void *function, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(function, &symbol, sizeof symbol);
	return symbol != NULL;
}

static void find_libolm(void)
{
	libolm_is_complete = find(&libolm.x25519_keygen, "_olm_crypto_curve25519_generate_key") &&
			     find(&libolm.x25519, "_olm_crypto_curve25519_shared_secret") &&
			     find(&libolm.ed25519_keygen, "_olm_crypto_ed25519_generate_key") &&
			     find(&libolm.ed25519_sign, "_olm_crypto_ed25519_sign") &&
			     find(&libolm.ed25519_verify, "_olm_crypto_ed25519_verify") &&
			     find(&libolm.encrypt_cbc, "_olm_crypto_aes_encrypt_cbc") &&
			     find(&libolm.decrypt_cbc, "_olm_crypto_aes_decrypt_cbc") &&
			     find(&libolm.sha256, "_olm_crypto_sha256") &&
			     find(&libolm.hmac, "_olm_crypto_hmac_sha256") &&
			     find(&libolm.hkdf, "_olm_crypto_hkdf_sha256");
}

/* libolm's own primitives; NULL, with the failure recorded, when they cannot be found. */
static const struct megolm_primitives *original(void)
{
	if (pthread_once(&libolm_once, find_libolm) == 0 && libolm_is_complete)
		return &libolm;
	megolm_primitive_failed(MEGOLM_ERR_PRIMITIVE);
	return NULL;
}

static const struct megolm_primitives *chosen(void)
{
	return use_openssl ? &megolm_openssl_primitives : original();
}

/* Compression blocks that SHA-256 needs for `len` bytes: a byte 0x80 and the length follow. */
static uint64_t sha256_blocks(size_t len)
{
	return (len + 8) / 64 + 1;
}

static uint64_t hmac_blocks(size_t key_len, size_t len)
{
	uint64_t key_blocks = key_len > 64 ? sha256_blocks(key_len) : 0;

	return key_blocks + sha256_blocks(64 + len) + sha256_blocks(64 + 32);
}

void megolm_count_hmac(size_t key_len, size_t len)
{
	COUNT(hmac, 1);
	COUNT(hash_blocks, hmac_blocks(key_len, len));
}

void megolm_count_aead(size_t len)
{
	COUNT(aead, 1);
	COUNT(aead_bytes, len);
}

void megolm_count_pbkdf2(uint32_t rounds)
{
	COUNT(pbkdf2_rounds, rounds);
}

/* RFC 5869: one HMAC extracts, each further one expands by 32 bytes. */
void megolm_count_hkdf(size_t in_len, size_t salt_len, size_t info_len, size_t out_len)
{
	uint64_t n = (out_len + 31) / 32, blocks = hmac_blocks(salt_len, in_len);

	for (uint64_t i = 0; i < n; i++)
		blocks += hmac_blocks(32, (i > 0 ? 32 : 0) + info_len + 1);
	COUNT(hkdf, 1);
	COUNT(hkdf_hmac, 1 + n);
	COUNT(hash_blocks, blocks);
}

/*
 * The definitions that libolm's calls find. They are declared here because libolm-dev has
 * no header for them; names, types and order of arguments are those of libolm 3.2.
 */
void _olm_crypto_curve25519_generate_key(const uint8_t random[32], struct megolm_x25519_pair *out);
void _olm_crypto_curve25519_shared_secret(const struct megolm_x25519_pair *own,
					  const struct megolm_x25519_public *theirs,
					  uint8_t out[32]);
void _olm_crypto_ed25519_generate_key(const uint8_t random[32], struct megolm_ed25519_pair *out);
void _olm_crypto_ed25519_sign(const struct megolm_ed25519_pair *own, const uint8_t *message,
			      size_t len, uint8_t out[64]);
int _olm_crypto_ed25519_verify(const struct megolm_ed25519_public *theirs, const uint8_t *message,
			       size_t len, const uint8_t signature[64]);
void _olm_crypto_aes_encrypt_cbc(const struct megolm_aes256_key *key,
				 const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				 uint8_t *out);
size_t _olm_crypto_aes_decrypt_cbc(const struct megolm_aes256_key *key,
				   const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				   uint8_t *out);
void _olm_crypto_sha256(const uint8_t *in, size_t len, uint8_t out[32]);
void _olm_crypto_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
			     uint8_t out[32]);
void _olm_crypto_hkdf_sha256(const uint8_t *in, size_t in_len, const uint8_t *salt, size_t salt_len,
			     const uint8_t *info, size_t info_len, uint8_t *out, size_t out_len);

void _olm_crypto_curve25519_generate_key(const uint8_t random[32], struct megolm_x25519_pair *out)
{
	const struct megolm_primitives *p = chosen();

	COUNT(keygen, 1);
	if (p != NULL)
		p->x25519_keygen(random, out);
}

static bool is_zero(const uint8_t secret[32])
{
	uint8_t any = 0;

	for (size_t i = 0; i < 32; i++)
		any |= secret[i];
	return any == 0;
}

/*
 * A public key of low order gives everybody the same, zero, secret. libolm does not look;
 * RFC 7748 6.1 advises to, OpenSSL does.
 */
void _olm_crypto_curve25519_shared_secret(const struct megolm_x25519_pair *own,
					  const struct megolm_x25519_public *theirs,
					  uint8_t out[32])
{
	const struct megolm_primitives *p = chosen();

	COUNT(dh, 1);
	memset(out, 0, 32);
	if (p == NULL)
		return;
	p->x25519(own, theirs, out);
	if (is_zero(out))
		megolm_primitive_failed(MEGOLM_ERR_LOW_ORDER);
}

void _olm_crypto_ed25519_generate_key(const uint8_t random[32], struct megolm_ed25519_pair *out)
{
	const struct megolm_primitives *p = original();

	COUNT(keygen, 1);
	if (p != NULL)
		p->ed25519_keygen(random, out);
}

void _olm_crypto_ed25519_sign(const struct megolm_ed25519_pair *own, const uint8_t *message,
			      size_t len, uint8_t out[64])
{
	const struct megolm_primitives *p = original();

	COUNT(sign, 1);
	if (p != NULL)
		p->ed25519_sign(own, message, len, out);
}

int _olm_crypto_ed25519_verify(const struct megolm_ed25519_public *theirs, const uint8_t *message,
			       size_t len, const uint8_t signature[64])
{
	const struct megolm_primitives *p = chosen();

	COUNT(verify, 1);
	return p != NULL && p->ed25519_verify(theirs, message, len, signature);
}

void _olm_crypto_aes_encrypt_cbc(const struct megolm_aes256_key *key,
				 const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				 uint8_t *out)
{
	const struct megolm_primitives *p = chosen();

	COUNT(cbc, 1);
	COUNT(cbc_bytes, len / 16 * 16 + 16);
	if (p != NULL)
		p->encrypt_cbc(key, iv, in, len, out);
}

/*
 * A member of a session can authenticate a ciphertext that is no whole number of blocks;
 * libolm would read and write behind its buffers, and in front of them for an empty one.
 */
size_t _olm_crypto_aes_decrypt_cbc(const struct megolm_aes256_key *key,
				   const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				   uint8_t *out)
{
	const struct megolm_primitives *p = chosen();

	if (p == NULL || len == 0 || len % 16 != 0)
		return SIZE_MAX;
	COUNT(cbc, 1);
	COUNT(cbc_bytes, len);
	return p->decrypt_cbc(key, iv, in, len, out);
}

void _olm_crypto_sha256(const uint8_t *in, size_t len, uint8_t out[32])
{
	const struct megolm_primitives *p = chosen();

	COUNT(sha256, 1);
	COUNT(hash_blocks, sha256_blocks(len));
	if (p != NULL)
		p->sha256(in, len, out);
}

void _olm_crypto_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
			     uint8_t out[32])
{
	const struct megolm_primitives *p = chosen();

	megolm_count_hmac(key_len, len);
	if (p != NULL)
		p->hmac(key, key_len, in, len, out);
}

void _olm_crypto_hkdf_sha256(const uint8_t *in, size_t in_len, const uint8_t *salt, size_t salt_len,
			     const uint8_t *info, size_t info_len, uint8_t *out, size_t out_len)
{
	const struct megolm_primitives *p = chosen();

	megolm_count_hkdf(in_len, salt_len, info_len, out_len);
	if (p != NULL)
		p->hkdf(in, in_len, salt, salt_len, info, info_len, out, out_len);
}

const struct megolm_primitives megolm_interposed_primitives = {
	.x25519_keygen = _olm_crypto_curve25519_generate_key,
	.x25519 = _olm_crypto_curve25519_shared_secret,
	.ed25519_keygen = _olm_crypto_ed25519_generate_key,
	.ed25519_sign = _olm_crypto_ed25519_sign,
	.ed25519_verify = _olm_crypto_ed25519_verify,
	.encrypt_cbc = _olm_crypto_aes_encrypt_cbc,
	.decrypt_cbc = _olm_crypto_aes_decrypt_cbc,
	.sha256 = _olm_crypto_sha256,
	.hmac = _olm_crypto_hmac_sha256,
	.hkdf = _olm_crypto_hkdf_sha256,
};
