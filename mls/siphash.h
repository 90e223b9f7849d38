#ifndef MLS_SIPHASH_H
#define MLS_SIPHASH_H
#include "slice.h"

/*
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a keyed hash for tables
 * whose keys strangers choose. Writes 16 bytes.
 */
void mls_siphash(uint8_t out[16], const uint8_t key[16], struct mls_slice in);
#endif
