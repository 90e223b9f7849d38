#ifndef MLS_TREE_MATH_H
#define MLS_TREE_MATH_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Indexes in a full binary tree, RFC 9420 Appendix C. Leaf L is node 2 L; a node's level is
 * the number of ones at the end of its index. A tree of 2^depth leaves has its root at level
 * `depth`. Trees of at most 2^31 leaves.
 */

enum { MLS_MAX_DEPTH = 31 };

/* 0 for a leaf. */
uint8_t mls_node_level(uint32_t node);

/* The ancestor at `level` of a leaf; the leaf's own node for 0. */
uint32_t mls_ancestor(uint32_t leaf, uint8_t level);

uint32_t mls_root(uint8_t depth);

/* Children of a node that is no leaf. */
uint32_t mls_left(uint32_t node);
uint32_t mls_right(uint32_t node);

/* Of a node that is not the root. */
uint32_t mls_parent_of(uint32_t node);
uint32_t mls_sibling(uint32_t node);

/* First and one behind the last leaf below a node; both as leaf indexes. */
uint32_t mls_first_leaf(uint32_t node);
uint32_t mls_end_leaf(uint32_t node);

/* Is `node` an ancestor of the leaf, or the leaf itself? */
bool mls_covers(uint32_t node, uint32_t leaf);

/* The level of the lowest node that covers both leaves. */
uint8_t mls_common_level(uint32_t leaf, uint32_t other);

/* The smallest depth with room for n leaves, n >= 1. */
uint8_t mls_depth_for(uint32_t n_leaves);
#endif
