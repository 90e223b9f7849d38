#ifndef MLS_CRYPTO_ED25519_H
#define MLS_CRYPTO_ED25519_H
#include "slice.h"

/*
 * Libraries agree on every signature that an honest key makes. What RFC 8032 5.1.7 leaves
 * open, or what a library leaves out, must not be decided by which of them a member runs: a
 * commit that one half of a group accepts splits it. So before any library is asked, these
 * are refused:
 *
 *   - a signature that is not 64 bytes long
 *   - a public key or an R that is no canonical encoding, y >= 2^255 - 19 (5.1.3 demands it
 *     and OpenSSL does not look)
 *   - a public key or an R of small order, under which one signature fits many messages
 *     (libsodium refuses them, OpenSSL does not)
 *
 * None of them comes out of a key generation or a signature but with negligible probability.
 * The order of S is left to the libraries, which both look at it.
 */
bool mls_ed25519_is_sound(const uint8_t *public_key, struct mls_slice signature);
#endif
