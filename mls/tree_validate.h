#ifndef MLS_TREE_VALIDATE_H
#define MLS_TREE_VALIDATE_H
#include "tree_hash.h"

/*
 * The rules for a tree that was received from someone else (12.4.3.1, 7.9.2, 7.3), after
 * mls_tree_decode has found every key to be unique. The tree hash is compared with that of
 * the GroupInfo by the caller, best before all of this. All of them use the threads of the
 * crypto, and give the error of the first node or leaf that has one.
 */

/* 12.4.3.1: each unmerged leaf is a member below the node, and unmerged in all nodes between
 * that are not blank. UNMERGED_LEAF. */
enum mls_err MLS_MUST_CHECK mls_tree_validate_unmerged(struct mls_crypto *crypto,
						       const struct mls_tree *tree);

/* 7.9.2: every parent node that is not blank is parent-hash valid. The tree must be rehashed.
 * PARENT_HASH_CHAIN. */
enum mls_err MLS_MUST_CHECK mls_tree_validate_parent_hashes(struct mls_crypto *crypto,
							    const struct mls_tree *tree);

/* 7.3 for every member: one signature verification each. Errors of mls_leaf_node_validate, and
 * CREDENTIAL_UNSUPPORTED. */
enum mls_err MLS_MUST_CHECK mls_tree_validate_leaves(const struct mls_leaf_rules *rules,
						     const struct mls_tree *tree);

/* All three, cheapest first, and the length of the parents' keys. Rehashes the tree. */
enum mls_err MLS_MUST_CHECK mls_tree_validate(const struct mls_leaf_rules *rules,
					      struct mls_tree *tree);
#endif
