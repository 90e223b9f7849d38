#ifndef MLS_COUNTS_H
#define MLS_COUNTS_H
#include <stdint.h>

/*
 * Primitive operations, counted where they are called. X(name, sentence)
 *
 * Padding makes a message of n bytes floor((n + 8) / 64) + 1 blocks of SHA-256 and
 * floor((n + 16) / 128) + 1 of SHA-384 and SHA-512; keying an HMAC takes two blocks.
 */
#define MLS_COUNTS(X)                                                                              \
	X(keygen, "key pairs generated or derived, imports that compute the public key included: " \
		  "multiplications of the base point")                                             \
	X(dh, "Diffie-Hellman operations: multiplications of a peer's public key")                 \
	X(sign, "signatures made")                                                                 \
	X(verify, "signatures verified")                                                           \
	X(hpke_seal, "HPKE messages sealed (each also counts 1 keygen and 1 dh)")                  \
	X(hpke_open, "HPKE messages opened (each also counts 1 dh)")                               \
	X(hash, "hash computations, those inside HMAC and signatures not counted")                 \
	X(hash_blocks, "compression blocks of all hashing outside signatures")                     \
	X(hmac, "HMAC computations, those inside HKDF included")                                   \
	X(hkdf, "HKDF extract and expand calls")                                                   \
	X(aead, "AEAD seals and opens")                                                            \
	X(aead_bytes, "plaintext bytes through the AEAD")                                          \
	X(random_bytes, "random bytes used")

struct mls_counts {
#define MLS_COUNT_FIELD(name, sentence) uint64_t name;
	MLS_COUNTS(MLS_COUNT_FIELD)
#undef MLS_COUNT_FIELD
};

/* Adds what another thread counted. */
static inline void mls_counts_add(struct mls_counts *to, const struct mls_counts *from)
{
#define MLS_COUNT_ADD(name, sentence) to->name += from->name;
	MLS_COUNTS(MLS_COUNT_ADD)
#undef MLS_COUNT_ADD
}
#endif
