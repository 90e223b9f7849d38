#ifndef TEST_SODIUM_KEYGEN_H
#define TEST_SODIUM_KEYGEN_H
#include <stdbool.h>

/*
 * Ways to the public key of X25519 on libsodium, of one private key that stays, for
 * tests/crypto_prices.c: on Curve25519; on Ed25519, where the base point has a table, and from
 * there by the library's conversion, by a division of OpenSSL, or by one of GMP. A failure ends the
 * program.
 */
void sodium_keygen(void);
void sodium_keygen_converted(void);
void sodium_keygen_openssl_divides(void);
void sodium_keygen_gmp_divides(void);

/* Before any other: whether all come to the same key. */
bool sodium_keygen_prepare(void);
#endif
