#ifndef MEGOLM_CRYPTO_SEAL_H
#define MEGOLM_CRYPTO_SEAL_H
#include "slice.h"

/* Cryptography that is not libolm's: of key files, backups and attachments. By OpenSSL; counted
 * where megolm_probe.h counts. */

#define MEGOLM_KEY_BYTES   32
#define MEGOLM_IV_BYTES    16
#define MEGOLM_TAG_BYTES   16
#define MEGOLM_NONCE_BYTES 12

/* AES-256-CTR, both ways; `out` and `in` may be the same memory. */
enum megolm_err MEGOLM_MUST_CHECK megolm_ctr(uint8_t *out, struct megolm_slice in,
					     const uint8_t key[MEGOLM_KEY_BYTES],
					     const uint8_t iv[MEGOLM_IV_BYTES]);

/* AES-256-GCM with an IV of 16 bytes and nothing but the ciphertext authenticated. `out` has
 * room for the tag, which follows the ciphertext. Opening: MEGOLM_ERR_TAG, and nothing of the
 * plaintext is left in `out`. */
enum megolm_err MEGOLM_MUST_CHECK megolm_gcm_seal(uint8_t *out, struct megolm_slice in,
						  const uint8_t key[MEGOLM_KEY_BYTES],
						  const uint8_t iv[MEGOLM_IV_BYTES]);
enum megolm_err MEGOLM_MUST_CHECK megolm_gcm_open(uint8_t *out, struct megolm_slice in,
						  const uint8_t key[MEGOLM_KEY_BYTES],
						  const uint8_t iv[MEGOLM_IV_BYTES]);

/* The same by ChaCha20-Poly1305 (RFC 8439). */
enum megolm_err MEGOLM_MUST_CHECK megolm_chacha_seal(uint8_t *out, struct megolm_slice in,
						     const uint8_t key[MEGOLM_KEY_BYTES],
						     const uint8_t nonce[MEGOLM_NONCE_BYTES]);
enum megolm_err MEGOLM_MUST_CHECK megolm_chacha_open(uint8_t *out, struct megolm_slice in,
						     const uint8_t key[MEGOLM_KEY_BYTES],
						     const uint8_t nonce[MEGOLM_NONCE_BYTES]);

enum megolm_err MEGOLM_MUST_CHECK megolm_hmac(uint8_t out[32], const uint8_t key[MEGOLM_KEY_BYTES],
					      struct megolm_slice in);

/* HKDF-SHA-256 with a salt of 32 zero bytes, 32 bytes of output. */
enum megolm_err MEGOLM_MUST_CHECK megolm_hkdf(uint8_t out[32], const uint8_t key[MEGOLM_KEY_BYTES],
					      struct megolm_slice info);

/* PBKDF2-HMAC-SHA-512, 64 bytes of output. */
enum megolm_err MEGOLM_MUST_CHECK megolm_pbkdf2(uint8_t out[64], struct megolm_slice passphrase,
						const uint8_t salt[16], uint32_t rounds);

/* In constant time. */
bool megolm_same(const uint8_t *a, const uint8_t *b, size_t len);
#endif
