#ifndef MLS_TREE_HASH_H
#define MLS_TREE_HASH_H
#include "tree.h"

/* Tree hashes and parent hashes: RFC 9420 7.8, 7.9. */

/* Computes every tree hash that a change has dropped. Cannot fail. */
void mls_tree_rehash(struct mls_crypto *crypto, struct mls_tree *tree);

/* The same for a subtree that is not in a tree yet, whose root is to be `node`; returns its
 * tree hash. */
struct mls_slice mls_tree_child_rehash(struct mls_crypto *crypto, union mls_tree_child child,
				       uint32_t node);

/* The tree hash of the root, of a tree that was rehashed since its last change; points into
 * the tree. */
struct mls_slice mls_tree_hash(const struct mls_tree *tree);

/* The tree hash of any node of such a tree. */
struct mls_slice mls_tree_node_hash(const struct mls_tree *tree, uint32_t node);

/* The tree hash of a node after rehashing what is below it and nothing else. */
struct mls_slice mls_tree_rehash_node(struct mls_crypto *crypto, struct mls_tree *tree,
				      uint32_t node);

/*
 * The tree hash that a node of a rehashed tree would have without these leaves: each is
 * blanked and taken out of all unmerged leaves (7.9). `without` is a list of unmerged leaves
 * of a node above. Visits only what lies above those leaves.
 */
enum mls_err MLS_MUST_CHECK mls_tree_hash_without(struct mls_crypto *crypto, struct mls_secret *out,
						  const struct mls_tree *tree, uint32_t node,
						  struct mls_slice without);

/* The same for a rehashed subtree that is not in a tree yet, whose root is to be `node`. */
enum mls_err MLS_MUST_CHECK mls_tree_child_hash_without(struct mls_crypto *crypto,
							struct mls_secret *out,
							union mls_tree_child child, uint32_t node,
							struct mls_slice without);

/* The parent hash of a node with this key and parent_hash (7.9). */
void mls_parent_hash(struct mls_crypto *crypto, struct mls_secret *out,
		     struct mls_slice encryption_key, struct mls_slice parent_hash,
		     struct mls_slice original_sibling_tree_hash);
#endif
