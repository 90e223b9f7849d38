#ifndef MLS_SEEDED_RANDOM_H
#define MLS_SEEDED_RANDOM_H
#include "mls.h"

/*
 * Random bytes that repeat: a stream for each (seed, label, index), independent of every
 * other one. Parallel work takes its own index and does not depend on the order of others.
 * For benchmarks and tests; not in libmls.so.
 */
struct mls_seeded_random {
	uint8_t key[64];
	uint64_t n_blocks; /* taken so far */
};

/* Begins the stream. `label` says what the bytes are for. */
void mls_seeded_random_begin(struct mls_seeded_random *s, uint64_t seed, const char *label,
			     uint64_t index);

/* The stream as a source for clients; it is read from where `s` stands, and moves `s`. */
struct mls_random mls_seeded_random_source(struct mls_seeded_random *s);
#endif
