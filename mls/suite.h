#ifndef MLS_SUITE_H
#define MLS_SUITE_H
#include "mls.h"

/*
 * The cipher suites of RFC 9420 17.1 as constants. Numbers of KEM, KDF and AEAD are those
 * of RFC 9180 7. In every suite the KEM's own KDF and the suite's hash are the KDF's hash,
 * so one hash length stands for KDF.Nh, Nsecret and the length of every MAC.
 */

enum mls_kem {
	MLS_KEM_P256 = 0x0010,
	MLS_KEM_P384 = 0x0011,
	MLS_KEM_P521 = 0x0012,
	MLS_KEM_X25519 = 0x0020,
	MLS_KEM_X448 = 0x0021,
};

enum mls_kdf {
	MLS_HKDF_SHA256 = 0x0001,
	MLS_HKDF_SHA384 = 0x0002,
	MLS_HKDF_SHA512 = 0x0003,
};

enum mls_aead {
	MLS_AES128_GCM = 0x0001,
	MLS_AES256_GCM = 0x0002,
	MLS_CHACHA20_POLY1305 = 0x0003,
};

/* TLS signature schemes (RFC 8446 4.2.3). */
enum mls_signature_scheme {
	MLS_ECDSA_P256_SHA256 = 0x0403,
	MLS_ECDSA_P384_SHA384 = 0x0503,
	MLS_ECDSA_P521_SHA512 = 0x0603,
	MLS_ED25519 = 0x0807,
	MLS_ED448 = 0x0808,
};

/* Bounds over all suites, in bytes. */
#define MLS_MAX_PUBLIC_KEY  133 /* an uncompressed point of P-521 */
#define MLS_MAX_PRIVATE_KEY 66
#define MLS_MAX_SIGNATURE   144 /* DER of two numbers of P-521, rounded up */
#define MLS_MAX_AEAD_KEY    32
#define MLS_AEAD_NONCE      12 /* Nn of every suite */
#define MLS_AEAD_TAG        16 /* Nt of every suite */

struct mls_suite {
	uint16_t id;
	const char *name;
	enum mls_kem kem;
	enum mls_kdf kdf;
	enum mls_aead aead;
	enum mls_signature_scheme signature;
	uint8_t nh;               /* KDF.Nh: bytes of hashes, secrets and MACs */
	uint8_t hash_block;       /* bytes that one compression takes */
	uint8_t nk;               /* AEAD.Nk */
	uint8_t npk;              /* KEM public key, and kem_output */
	uint8_t nsk;              /* KEM private key */
	uint8_t ndh;              /* Diffie-Hellman result */
	uint8_t signature_public; /* signature public key */
	uint8_t signature_secret; /* signature private key: seed or scalar */
};

/* The most bytes that a signature has. */
size_t mls_suite_max_signature(const struct mls_suite *suite);

/* The suite of a number; NULL for one that is not in the table. */
const struct mls_suite *mls_suite_find(uint16_t id);

/* The i-th suite, in the order of their numbers; NULL behind the last. */
const struct mls_suite *mls_suite_at(size_t i);
#endif
