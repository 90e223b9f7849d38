#ifndef MLS_CRYPTO_OPENSSL_H
#define MLS_CRYPTO_OPENSSL_H
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto_provider.h"
#include "internal.h"

/* What the curves on OpenSSL share. */

/* Returns `err`. What OpenSSL remembers of the failure is dropped: its queue is the
 * application's, and hostile input must not leave anything there. */
enum mls_err mls_openssl_failed(enum mls_err err);

/* A kept context that makes keys of an algorithm; NULL on failure. */
EVP_PKEY_CTX *mls_openssl_importer(const char *algorithm);

/*
 * A key from its serialized halves, either of which may be empty; `group` names the curve
 * of an algorithm that needs one, else NULL. NULL on failure. An OpenSSL that is not given
 * the public key of X25519, X448 or EdDSA computes it, the dear part of a key generation.
 */
EVP_PKEY *mls_openssl_import(EVP_PKEY_CTX *importer, const char *group,
			     struct mls_slice private_key, struct mls_slice public_key);

/*
 * A NIST curve by OpenSSL's point functions, with its scratch numbers: what ECDH is made of,
 * without the key objects, whose making costs a quarter of a Diffie-Hellman operation.
 */
struct mls_openssl_curve {
	EC_GROUP *group;
	BN_CTX *numbers;
	EC_POINT *point, *peer;
	BIGNUM *scalar, *x;
	uint8_t point_len, scalar_len;
};

/* "P-256" of 32 bytes, "P-384" of 48, "P-521" of 66. */
const char *mls_openssl_curve_name(size_t scalar_len);

enum mls_err MLS_MUST_CHECK mls_openssl_curve_open(struct mls_openssl_curve *v, const char *name,
						   size_t point_len, size_t scalar_len);
void mls_openssl_curve_close(struct mls_openssl_curve *v);

/* MLS_ERR_PRIVATE_KEY unless 0 < scalar < order. Writes the point only if `compute`. */
enum mls_err MLS_MUST_CHECK mls_openssl_curve_public(struct mls_openssl_curve *v, uint8_t *point,
						     const uint8_t *scalar, bool compute);

/* Decodes an uncompressed point into v->peer; MLS_ERR_PUBLIC_KEY if it is none. */
enum mls_err MLS_MUST_CHECK mls_openssl_curve_point(struct mls_openssl_curve *v,
						    const uint8_t *point);

/* The x coordinate of scalar * point. */
enum mls_err MLS_MUST_CHECK mls_openssl_curve_dh(struct mls_openssl_curve *v, uint8_t *x,
						 const uint8_t *scalar, const uint8_t *point);
#endif
