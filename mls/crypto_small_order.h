#ifndef MLS_CRYPTO_SMALL_ORDER_H
#define MLS_CRYPTO_SMALL_ORDER_H
#include "slice.h"

/*
 * Is it a public key of X25519 or X448, which its length tells, of small order? Every
 * Diffie-Hellman result with it is zero (RFC 7748 6), so nothing can be encrypted to it (RFC 9180
 * 7.1.4). No key generation makes one.
 */
bool mls_is_of_small_order(struct mls_slice public_key);
#endif
