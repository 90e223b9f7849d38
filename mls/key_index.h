#ifndef MLS_KEY_INDEX_H
#define MLS_KEY_INDEX_H
#include "slice.h"

/*
 * Which public keys are in a ratchet tree: a set that answers the rules of uniqueness (RFC
 * 9420 7.3, 12.4.2, 12.4.3.1) without a search.
 *
 * It is a value: a copy is one pointer, and changing one of two copies leaves the other as it
 * was. It holds 128-bit fingerprints under a secret key, so nobody who chooses public keys
 * can choose where they end up or make two of them meet. Insert, remove and contains take
 * O(log N) time; they change memory in place where no copy shares it.
 */

struct mls_key_index_node;

/* Random bytes that one process draws once; those who send us keys must not know them. */
struct mls_key_index_seed {
	uint8_t bytes[2][16]; /* one key for each enum mls_key_use */
};

/* {.seed = ...} is an empty set. */
struct mls_key_index {
	struct mls_key_index_node *root;
	struct mls_key_index_seed seed;
	uint32_t n;
};

/* Encryption keys of leaves and parents are one space, signature keys another. */
enum mls_key_use { MLS_KEY_ENCRYPTION, MLS_KEY_SIGNATURE };

struct mls_used_key {
	enum mls_key_use use;
	struct mls_slice key;
};

void mls_key_index_copy(struct mls_key_index *out, const struct mls_key_index *index);

/* Releases; the set is empty and usable afterwards. */
void mls_key_index_clear(struct mls_key_index *index);

bool mls_key_index_contains(const struct mls_key_index *index, enum mls_key_use use,
			    struct mls_slice key);

/* Asks the processor for what finding, inserting or removing these keys will touch: memory is
 * waited for once, not for each key and level. Changes nothing. */
void mls_key_index_prefetch(const struct mls_key_index *index, const struct mls_used_key *keys,
			    size_t n);

/* KEY_NOT_UNIQUE where the key is there already; then, and on NOMEM, the set is as it was. */
enum mls_err MLS_MUST_CHECK mls_key_index_insert(struct mls_key_index *index, enum mls_key_use use,
						 struct mls_slice key);

/* Inserts all, in this order; on failure those before the one that failed are in the set. */
enum mls_err MLS_MUST_CHECK mls_key_index_insert_all(struct mls_key_index *index,
						     const struct mls_used_key *keys, size_t n);

/* Takes out a key that is there; one that is not is USAGE. On failure the set is as it was. */
enum mls_err MLS_MUST_CHECK mls_key_index_remove(struct mls_key_index *index, enum mls_key_use use,
						 struct mls_slice key);
#endif
