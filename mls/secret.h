#ifndef MLS_SECRET_H
#define MLS_SECRET_H
#include "slice.h"

/* The longest hash, and with it the longest secret, of any cipher suite (SHA-512). */
#define MLS_MAX_HASH 64

/* A secret lives by value inside its owner, never alone on the heap. */
struct mls_secret {
	uint8_t bytes[MLS_MAX_HASH];
	uint8_t len;
};

static inline struct mls_slice mls_secret_slice(const struct mls_secret *s)
{
	return mls_slice(s->bytes, s->len);
}

/* Overwrites `len` bytes in a way that no compiler removes. */
void mls_wipe(void *p, size_t len);

/* Wipes `s` and sets its length to 0. */
void mls_secret_wipe(struct mls_secret *s);

/* Compares in a time that depends on the lengths only. */
bool mls_equal_secret(struct mls_slice a, struct mls_slice b);
#endif
