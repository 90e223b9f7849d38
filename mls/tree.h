#ifndef MLS_TREE_H
#define MLS_TREE_H
#include "key_index.h"
#include "member_support.h"
#include "tree_node.h"

/*
 * The ratchet tree: RFC 9420 4, 7.7, 12.1.1 to 12.1.3, 12.4.3.3.
 *
 * A tree is a value. A copy is a few pointers, and changing one of two copies leaves the
 * other as it was: a change copies the nodes from one leaf to the root as far as they are
 * shared, and works in place where they are not. So a provisional tree is a copy that is
 * either kept or cleared.
 *
 * Each change takes O(log N) time and memory, beside what it puts in. Tree hashes are
 * cached in all nodes, blank ones too; a change drops those on one path (tree_hash.h).
 *
 * Together with the nodes a tree keeps which keys are in it and what its members support,
 * and no tree ever holds a key twice: changes fail with KEY_NOT_UNIQUE.
 *
 * After any failed change the tree can only be cleared. Indexes of leaves and nodes are
 * those of RFC 9420 Appendix C.
 */
struct mls_tree {
	const struct mls_suite *suite;
	union mls_tree_child root;
	uint8_t depth; /* 2^depth leaves */
	struct mls_key_index keys;
	struct mls_member_support support;
};

/* A tree of one member (11). `leaf` is an encoded LeafNode, copied, as everywhere below. */
enum mls_err MLS_MUST_CHECK mls_tree_new(struct mls_tree *tree, const struct mls_suite *suite,
					 const struct mls_key_index_seed *seed,
					 struct mls_slice leaf);

void mls_tree_copy(struct mls_tree *out, const struct mls_tree *tree);

/* Releases; {0} is allowed and is what stays behind. */
void mls_tree_clear(struct mls_tree *tree);

/* Leaves, blank ones counted, and those that are members. */
uint32_t mls_tree_n_leaves(const struct mls_tree *tree);
uint32_t mls_tree_n_members(const struct mls_tree *tree);

/*
 * Looking. What is returned points into the tree and lives as long as no change touches the
 * node; a copy of the tree keeps it alive.
 */

/* NULL where the leaf is blank or not in the tree. */
const struct mls_tree_leaf *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf);

/* The fields of a leaf; LEAF_BLANK where it is blank or not in the tree. */
enum mls_err MLS_MUST_CHECK mls_tree_leaf_node(const struct mls_tree *tree, uint32_t leaf,
					       struct mls_leaf_node *out);

/* The leaf with exactly this encoding; LEAF_NOT_FOUND. O(N). */
enum mls_err MLS_MUST_CHECK mls_tree_find(const struct mls_tree *tree, uint32_t *leaf,
					  struct mls_slice encoded);

/* The leftmost member from `leaf` on; MLS_NO_LEAF behind the last. O(log N). */
uint32_t mls_tree_next_member(const struct mls_tree *tree, uint32_t leaf);

/* The inner node at `level` >= 1 above a leaf of the tree, whose contents are NULL when it is
 * blank. */
const struct mls_tree_inner *mls_tree_inner_at(const struct mls_tree *tree, uint32_t leaf,
					       uint8_t level);

/* The node of an index below the tree's root. */
union mls_tree_child mls_tree_node_at(const struct mls_tree *tree, uint32_t node);

/* The public key of a node; empty where it is blank. */
struct mls_slice mls_tree_public_key(const struct mls_tree *tree, uint32_t node);

/*
 * The filtered direct path of a leaf (4.1.2): the levels, from the leaf up, of those nodes
 * above it whose child on the copath has a resolution that is not empty.
 */
struct mls_filtered_path {
	uint8_t n;
	uint8_t level[MLS_MAX_DEPTH];
};
void mls_tree_filtered_path(const struct mls_tree *tree, uint32_t leaf,
			    struct mls_filtered_path *out);

/* The child of the node at `level` above `leaf` that is not above `leaf`, as a node index. */
uint32_t mls_tree_copath(uint32_t leaf, uint8_t level);

/*
 * Visits the resolution of a node (4.1.1) in order: `node` is its index, `key` its public key.
 * Stops at the first error, which it returns.
 */
struct mls_resolution_visitor {
	enum mls_err (*visit)(void *state, uint32_t node, struct mls_slice key);
	void *state;
};
enum mls_err MLS_MUST_CHECK mls_tree_resolution(const struct mls_tree *tree, uint32_t node,
						const struct mls_resolution_visitor *visitor);

/* How many nodes are in the resolution of a node. O(log N). */
uint32_t mls_tree_resolution_len(const struct mls_tree *tree, uint32_t node);

/*
 * Changing.
 */

/* Where the next Add goes: the leftmost blank leaf, after extending the tree where there is
 * none (7.7). The leaf stays blank. */
enum mls_err MLS_MUST_CHECK mls_tree_free_leaf(struct mls_tree *tree, uint32_t *leaf);

/* An Add (12.1.1): puts the leaf at the leftmost blank place and in the unmerged leaves of all
 * nodes above that are not blank. */
enum mls_err MLS_MUST_CHECK mls_tree_add(struct mls_tree *tree, uint32_t *leaf,
					 struct mls_slice encoded);

struct mls_tree_update {
	uint32_t leaf;
	struct mls_slice encoded;
};

/*
 * The Updates of one commit (12.1.2), of `n` different leaves: replaces each leaf and blanks
 * the nodes above. The old leaves go before any of the new ones come, so that members may
 * exchange keys. LEAF_BLANK where a leaf is no member.
 */
enum mls_err MLS_MUST_CHECK mls_tree_update(struct mls_tree *tree,
					    const struct mls_tree_update *updates, size_t n);

/* A Remove (12.1.3): blanks the leaf and the nodes above, then truncates the tree. LEAF_BLANK
 * where it is no member. The last member of all leaves one blank leaf, which only an external
 * committer who replaces this member may ask for (12.4.3.2) and fills in the same commit. */
enum mls_err MLS_MUST_CHECK mls_tree_remove(struct mls_tree *tree, uint32_t leaf);

/* What an UpdatePath leaves in the tree. */
struct mls_tree_path {
	struct mls_filtered_path nodes;
	struct mls_parent_node contents[MLS_MAX_DEPTH]; /* of nodes.level[i], none unmerged */
	struct mls_slice leaf;                          /* encoded */
};

/*
 * Merges a path (7.5): replaces the leaf, or fills a blank one, blanks the nodes above and
 * sets those of the path. KEY_NOT_UNIQUE also where a public key of the path is that of a
 * node which the path replaces (12.4.2).
 */
enum mls_err MLS_MUST_CHECK mls_tree_set_path(struct mls_tree *tree, uint32_t leaf,
					      const struct mls_tree_path *path);

/*
 * The extension ratchet_tree (12.4.3.3).
 */

/* Appends optional<Node> ratchet_tree<V> with its length, up to the last node not blank. */
enum mls_err MLS_MUST_CHECK mls_tree_encode(const struct mls_tree *tree, struct mls_buf *out);

/* At most so many bytes are appended: more than are only if the last nodes are blank. Looks at
 * every node. */
size_t mls_tree_encoded_bound(const struct mls_tree *tree);

/* About so many, without a look: for mls_open_long_vector, where a wrong guess costs one move. */
size_t mls_tree_likely_len(const struct mls_tree *tree);

/*
 * Builds the tree of an encoded `optional<Node> ratchet_tree<V>`, exactly. It is checked as
 * far as its shape goes: TREE_EMPTY, TREE_LAST_BLANK, NODE_TYPE (a leaf where a parent
 * belongs, or the reverse, or neither), PUBLIC_KEY and PARENT_HASH_LENGTH (of a parent node),
 * TREE_TOO_LARGE (more than max_leaves),
 * LEAF_TOO_LONG, KEY_NOT_UNIQUE, and the decoding errors. The rest is tree_validate.h's.
 * On failure *tree is {0}.
 */
enum mls_err MLS_MUST_CHECK mls_tree_decode(struct mls_tree *tree, const struct mls_suite *suite,
					    const struct mls_key_index_seed *seed,
					    struct mls_slice encoded, uint32_t max_leaves);
#endif
