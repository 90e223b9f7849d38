#ifndef MLS_TREE_NODE_H
#define MLS_TREE_NODE_H
#include "leaf_node.h"

/*
 * What the ratchet tree is made of. Nothing here is changed once a second owner exists;
 * tree.h keeps that promise and is the way to all of it.
 */

/*
 * A leaf of the tree: blank, or a LeafNode as its own encoding with the places of what is
 * asked for often. Places are offsets into the encoding; fields stand in this order:
 * encryption_key, signature_key, credential, capabilities, source ... signature.
 */
struct mls_tree_leaf {
	uint32_t refs;
	uint16_t encoded_len; /* 0: blank */
	uint16_t encryption_key_at, encryption_key_len;
	uint16_t signature_key_at, signature_key_len;
	uint16_t credential_at, capabilities_at, source_at;
	uint8_t hash_len;
	bool is_hashed;
	uint8_t bytes[]; /* tree hash, encoding */
};

/* The contents of a parent node, with room to add unmerged leaves while it has one owner. */
struct mls_tree_parent {
	uint32_t refs;
	uint32_t n_unmerged, room;
	uint16_t encryption_key_len;
	uint16_t parent_hash_len;
	uint8_t bytes[]; /* unmerged leaves, 4 bytes each as encoded; behind `room` of them
			    encryption_key, parent_hash */
};

union mls_tree_child {
	struct mls_tree_leaf *leaf;   /* of a node at level 1 */
	struct mls_tree_inner *inner; /* above */
};

struct mls_tree_inner {
	uint32_t refs;
	uint32_t n_members;    /* leaves below that are not blank */
	uint32_t n_resolution; /* nodes in this node's resolution */
	bool is_hashed;
	struct mls_tree_parent *contents; /* NULL: blank */
	union mls_tree_child child[2];
	uint8_t hash[];
};

/* ParentNode, RFC 9420 7.1. The unmerged leaves strictly increase: UNMERGED_ORDER. */
struct mls_parent_node {
	struct mls_slice encryption_key;
	struct mls_slice parent_hash;
	struct mls_slice unmerged_leaves; /* body, four bytes each */
};
MLS_WIRE_TYPE_DECLARE(parent_node)

static inline size_t mls_unmerged_count(struct mls_slice unmerged)
{
	return unmerged.len / 4;
}

/* The i-th of a list of unmerged leaves. */
static inline uint32_t mls_unmerged_at(struct mls_slice unmerged, size_t i)
{
	const uint8_t *p = unmerged.p + 4 * i;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* How many entries of a list of unmerged leaves are less than `leaf`. */
size_t mls_unmerged_below(struct mls_slice unmerged, uint32_t leaf);
bool mls_unmerged_has(struct mls_slice unmerged, uint32_t leaf);

struct mls_slice mls_tree_leaf_encoded(const struct mls_tree_leaf *leaf);
struct mls_parent_node mls_tree_parent_view(const struct mls_tree_parent *parent);
#endif
