#ifndef GB_STATS_TALLY_H
#define GB_STATS_TALLY_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Adding up primitive operations: the vocabulary in which the floor's formulas are
 * written. Nothing here measures or reads anything; it is arithmetic on sizes.
 */
struct gb_tally {
#define X(name, sentence) uint64_t name;
#include "stats/primitives.def"
#undef X
};

enum gb_primitive {
#define X(name, sentence) GB_PRIMITIVE_##name,
#include "stats/primitives.def"
#undef X
	GB_PRICED_PRIMITIVES,
};

/* Names and sentences of primitives.def. */
struct gb_primitive_spec {
	const char *name;
	const char *sentence;
};

extern const struct gb_primitive_spec gb_primitives[GB_PRICED_PRIMITIVES];

uint64_t gb_tally_get(const struct gb_tally *t, enum gb_primitive primitive);
void gb_tally_add(struct gb_tally *to, const struct gb_tally *from, uint64_t times);

/* A Merkle-Damgard hash function: sizes in bytes. */
struct gb_hash_shape {
	unsigned digest; /* 32, 48 or 64 */
	unsigned block;  /* 64, or 128 */
	unsigned length; /* of the length field in the padding: 8, or 16 */
};

/* Compression blocks of one hash of `bytes` bytes. */
uint64_t gb_hash_blocks(const struct gb_hash_shape *h, uint64_t bytes);

/* Each of these adds `times` computations over `bytes` bytes. */
void gb_tally_hash(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		   uint64_t bytes);
/* `times` HMACs under keys that are set up already, and `times` keys set up. */
void gb_tally_hmac(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		   uint64_t bytes);
void gb_tally_hmac_key(struct gb_tally *t, uint64_t times);
void gb_tally_sign(struct gb_tally *t, uint64_t times, uint64_t bytes);
void gb_tally_verify(struct gb_tally *t, uint64_t times, uint64_t bytes);
void gb_tally_aead(struct gb_tally *t, uint64_t times, uint64_t bytes);
void gb_tally_cbc(struct gb_tally *t, uint64_t times, uint64_t bytes);

/*
 * HKDF (RFC 5869). Extract hashes under the salt; with a constant salt its key is
 * set up beforehand. Expand takes a set-up key and makes `out` bytes from `info` bytes.
 */
void gb_tally_extract(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		      bool constant_salt, uint64_t bytes);
void gb_tally_expand(struct gb_tally *t, const struct gb_hash_shape *h, uint64_t times,
		     uint64_t info, uint64_t out);

/* The time of what was counted, at prices in ns by enum gb_primitive; NAN if one is NAN that
 * is needed. */
double gb_tally_ns(const struct gb_tally *t, const double prices[GB_PRICED_PRIMITIVES]);
#endif
