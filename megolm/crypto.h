#ifndef MEGOLM_CRYPTO_H
#define MEGOLM_CRYPTO_H
#include "megolm.h"

#define MEGOLM_SHA256_BYTES 32

/* Overwrites memory in a way the compiler keeps. */
void megolm_wipe(void *p, size_t len);

/* Wipes and frees; p may be NULL when len is 0. */
void megolm_wipe_free(void *p, size_t len);

/* SHA-256 of what is not part of a protocol: it is not counted. */
enum megolm_err MEGOLM_MUST_CHECK megolm_sha256(uint8_t out[MEGOLM_SHA256_BYTES],
						struct megolm_slice in);
#endif
