#ifndef MLS_UPDATE_PATH_H
#define MLS_UPDATE_PATH_H
#include "leaf_node.h"

/* UpdatePath: RFC 9420 7.6. */

struct mls_update_path_node {
	struct mls_slice encryption_key;
	struct mls_slice encrypted_path_secret; /* body of HPKECiphertext<V> */
};
MLS_WIRE_TYPE_DECLARE(update_path_node)

/*
 * How many HPKECiphertexts a body holds; SIZE_MAX where it is no vector of them. Bodies of
 * many thousands are usual, hence a way through them that looks at lengths only. The one
 * at `index`, if there is one, is given to `found`, which may be NULL.
 */
size_t mls_ciphertexts_count(struct mls_slice body, size_t index,
			     struct mls_hpke_ciphertext *found);

struct mls_update_path {
	struct mls_leaf_node leaf_node;
	struct mls_slice nodes; /* body of UpdatePathNode<V> */
};
MLS_WIRE_TYPE_DECLARE(update_path)
#endif
