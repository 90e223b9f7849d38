#ifndef MEGOLM_PRIMITIVES_H
#define MEGOLM_PRIMITIVES_H
#include "megolm.h"

/*
 * The primitives under libolm. It calls them through exported symbols _olm_crypto_*, of
 * which primitives.c holds definitions of ours: the dynamic linker finds those of the
 * program first (it must be linked with -rdynamic). They count, refuse two inputs that
 * libolm would mishandle, and hand on to libolm's own or to OpenSSL's implementation.
 *
 * The layouts are libolm's: a key pair is the public key, then the private key.
 */
struct megolm_x25519_public {
	uint8_t bytes[32];
};

struct megolm_x25519_pair {
	uint8_t public_key[32], private_key[32];
};

struct megolm_ed25519_public {
	uint8_t bytes[32];
};

/* The private key is the expanded one: clamped scalar and prefix, not the seed. */
struct megolm_ed25519_pair {
	uint8_t public_key[32], private_key[64];
};

struct megolm_aes256_key {
	uint8_t bytes[32];
};

struct megolm_aes256_iv {
	uint8_t bytes[16];
};

/* One implementation of what libolm needs. Output lengths and the meaning of results are
 * those of libolm: verify is 1 for a good signature; decrypt_cbc gives the length without
 * padding or SIZE_MAX. A failure of the implementation is megolm_primitive_failed(). */
struct megolm_primitives {
	void (*x25519_keygen)(const uint8_t random[32], struct megolm_x25519_pair *out);
	void (*x25519)(const struct megolm_x25519_pair *own,
		       const struct megolm_x25519_public *theirs, uint8_t out[32]);
	void (*ed25519_keygen)(const uint8_t random[32], struct megolm_ed25519_pair *out);
	void (*ed25519_sign)(const struct megolm_ed25519_pair *own, const uint8_t *message,
			     size_t len, uint8_t out[64]);
	int (*ed25519_verify)(const struct megolm_ed25519_public *theirs, const uint8_t *message,
			      size_t len, const uint8_t signature[64]);
	void (*encrypt_cbc)(const struct megolm_aes256_key *key, const struct megolm_aes256_iv *iv,
			    const uint8_t *in, size_t len, uint8_t *out);
	size_t (*decrypt_cbc)(const struct megolm_aes256_key *key,
			      const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
			      uint8_t *out);
	void (*sha256)(const uint8_t *in, size_t len, uint8_t out[32]);
	void (*hmac)(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
		     uint8_t out[32]);
	void (*hkdf)(const uint8_t *in, size_t in_len, const uint8_t *salt, size_t salt_len,
		     const uint8_t *info, size_t info_len, uint8_t *out, size_t out_len);
};

/* OpenSSL's. ed25519_keygen and ed25519_sign are NULL: OpenSSL cannot sign with an expanded
 * private key, so libolm keeps doing it. */
extern const struct megolm_primitives megolm_openssl_primitives;

/* The definitions that libolm's calls find, of primitives.c. */
extern const struct megolm_primitives megolm_interposed_primitives;

/* Records that a primitive failed; the wrappers of olm_call.h turn it into the status of the
 * libolm call around it. The first failure stays until it is taken. */
void megolm_primitive_failed(enum megolm_err why);

/* The recorded failure of this thread, MEGOLM_OK if there is none; forgets it. */
enum megolm_err megolm_primitive_take_failure(void);

/* Counts random bytes handed to libolm. */
void megolm_count_random(size_t len);

/* Count what is done outside libolm: an AEAD over so many bytes, an HMAC, a PBKDF2, an HKDF. */
void megolm_count_aead(size_t len);
void megolm_count_hmac(size_t key_len, size_t len);
void megolm_count_pbkdf2(uint32_t rounds);
void megolm_count_hkdf(size_t in_len, size_t salt_len, size_t info_len, size_t out_len);
#endif
