#ifndef MLS_TREE_NODE_H
#define MLS_TREE_NODE_H
#include "leaf_node.h"
#include "tree_math.h"

/*
 * What a ratchet tree (tree.h) is made of: RFC 9420 4.1.1, 7.1. Every node is counted by its
 * owners and is changed only while it has one; its tree hash is filled in when it is known.
 */

/* NodeType, RFC 9420 7.8. */
enum { MLS_NODE_LEAF = 1, MLS_NODE_PARENT = 2 };

/* ParentNode. The unmerged leaves strictly increase: UNMERGED_ORDER. */
struct mls_parent_node {
	struct mls_slice encryption_key;
	struct mls_slice parent_hash;
	struct mls_slice unmerged_leaves; /* body, four bytes each */
};
MLS_WIRE_TYPE_DECLARE(parent_node)

/* How many leaves such a body lists, the i-th of them, how many are less than `leaf`, and
 * whether it is among them. */
size_t mls_unmerged_count(struct mls_slice unmerged);
uint32_t mls_unmerged_at(struct mls_slice unmerged, size_t i);
size_t mls_unmerged_below(struct mls_slice unmerged, uint32_t leaf);
bool mls_unmerged_has(struct mls_slice unmerged, uint32_t leaf);

/* The part of a list of unmerged leaves that lies below a node. */
struct mls_slice mls_unmerged_under(struct mls_slice unmerged, uint32_t node);

/*
 * A leaf: blank, or a LeafNode as its own encoding, with the places of what is asked for
 * often as offsets into the encoding.
 */
struct mls_tree_leaf {
	uint32_t refs;
	uint16_t encoded_len; /* 0: blank */
	uint16_t encryption_key_at, encryption_key_len;
	uint16_t signature_key_at, signature_key_len;
	uint16_t source_at;
	uint8_t hash_len;
	bool is_hashed;
	uint8_t bytes[]; /* tree hash, encoding */
};

/* What is in a parent node that is not blank. */
struct mls_tree_parent {
	uint32_t refs;
	uint32_t n_unmerged, room; /* `room` more than n_unmerged fit */
	uint8_t encryption_key_len;
	uint8_t parent_hash_len;
	uint8_t bytes[]; /* encryption_key, parent_hash, unmerged leaves as encoded */
};

struct mls_tree_inner;

union mls_tree_child {
	struct mls_tree_leaf *leaf;   /* at level 0 */
	struct mls_tree_inner *inner; /* above */
};

/* A node that is no leaf. */
struct mls_tree_inner {
	uint32_t refs;
	uint32_t n_members;    /* leaves below that are not blank */
	uint32_t n_resolution; /* nodes in its resolution; 0: all below is blank too */
	bool is_hashed;
	struct mls_tree_parent *contents; /* NULL: blank */
	union mls_tree_child child[2];
	uint8_t hash[];
};

/* Making. NULL when out of memory. */

/* A leaf with the encoding of `leaf_node`, which has at most UINT16_MAX bytes. */
struct mls_tree_leaf *mls_tree_leaf_new(const struct mls_suite *suite,
					const struct mls_leaf_node *leaf_node);
struct mls_tree_leaf *mls_tree_leaf_blank(const struct mls_suite *suite);

/* Contents with room for `room` unmerged leaves beside those of `v`. Lengths of key and hash
 * are those of the suite. */
struct mls_tree_parent *mls_tree_parent_new(const struct mls_parent_node *v, uint32_t room);

/* A blank node without children. */
struct mls_tree_inner *mls_tree_inner_new(const struct mls_suite *suite);

/* All blank, down from `level`. NULL in it when out of memory. */
union mls_tree_child mls_tree_blank_subtree(const struct mls_suite *suite, uint8_t level);

/* Owning. Releasing NULL is allowed. */
union mls_tree_child mls_tree_child_ref(union mls_tree_child child, uint8_t level);
void mls_tree_child_release(union mls_tree_child child, uint8_t level);
void mls_tree_parent_release(struct mls_tree_parent *parent);

/* Puts a copy of one owner in place of the node at *inner, which is at `level`, where that is
 * shared. */
enum mls_err MLS_MUST_CHECK mls_tree_inner_own(const struct mls_suite *suite,
					       struct mls_tree_inner **inner, uint8_t level);

/* Adds to the unmerged leaves one that is not among them; *parent is replaced where it is
 * shared or full. */
enum mls_err MLS_MUST_CHECK mls_tree_parent_add_unmerged(struct mls_tree_parent **parent,
							 uint32_t leaf);

/* Counts an inner node at `level` anew from its contents and children, and drops its hash. */
void mls_tree_inner_refresh(struct mls_tree_inner *inner, uint8_t level);

/* Looking. Slices point into the node. */
uint32_t mls_tree_child_members(union mls_tree_child child, uint8_t level);
uint32_t mls_tree_child_resolution(union mls_tree_child child, uint8_t level);
struct mls_parent_node mls_tree_parent_view(const struct mls_tree_parent *parent);

/* Of a leaf that is not blank. */
struct mls_slice mls_tree_leaf_encoded(const struct mls_tree_leaf *leaf);
struct mls_slice mls_tree_leaf_encryption_key(const struct mls_tree_leaf *leaf);
struct mls_slice mls_tree_leaf_signature_key(const struct mls_tree_leaf *leaf);
/* Empty where the source is not commit. */
struct mls_slice mls_tree_leaf_parent_hash(const struct mls_tree_leaf *leaf);
#endif
