#ifndef GB_PRICES_OPENSSL_KEYGEN_H
#define GB_PRICES_OPENSSL_KEYGEN_H
#include <openssl/evp.h>
#include <stdbool.h>

/* A generator of random key pairs: `name` is the kind of key ("EC", "X25519", ...), `group` the
 * curve of an EC key, else NULL. NULL when the library fails. */
EVP_PKEY_CTX *gb_openssl_generator(const char *name, const char *group);

/* Makes n key pairs, one after the other; false when one fails. */
bool gb_openssl_generate(EVP_PKEY_CTX *generator, unsigned n);
#endif
