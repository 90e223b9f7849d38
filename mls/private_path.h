#ifndef MLS_PRIVATE_PATH_H
#define MLS_PRIVATE_PATH_H
#include "tree.h"

/* What one member knows beside the tree: RFC 9420 4.2. */

/* The private keys of one member: at level 0 its leaf's, above those of the nodes above that
 * it knows; NULL elsewhere. {0} holds none. */
struct mls_private_path {
	uint32_t leaf;
	struct mls_key *key[MLS_MAX_DEPTH + 1];
};

/* The copy shares the keys. */
void mls_private_path_copy(struct mls_private_path *out, const struct mls_private_path *keys);

/* Releases, and by that wipes, the keys; {0} stays behind. */
void mls_private_path_clear(struct mls_private_path *keys);

/* Replaces one key; takes over the ownership of `key`, which may be NULL. */
void mls_private_path_set(struct mls_private_path *keys, uint8_t level, struct mls_key *key);

/* Forgets the keys of nodes that `tree` does not have, or has blank: to be called when a
 * commit without path was applied. With a path, treekem.h does it. */
void mls_private_path_prune(struct mls_private_path *keys, const struct mls_tree *tree);

/* Does every private key belong to the public key at its place in `tree`? PRIVATE_KEY_MISMATCH
 * if not. */
enum mls_err MLS_MUST_CHECK mls_private_path_check(const struct mls_private_path *keys,
						   const struct mls_tree *tree);
#endif
