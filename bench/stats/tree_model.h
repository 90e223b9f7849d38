#ifndef GB_STATS_TREE_MODEL_H
#define GB_STATS_TREE_MODEL_H
#include "stats/tree_history.h"

/*
 * Which nodes of a ratchet tree are blank, which leaves are unmerged where, and what a
 * commit makes of that (RFC 9420 4.1, 7.4 to 7.7, 12.1): enough to tell exactly how many
 * keys a commit replaces, how many ciphertexts it holds, and which tree hashes change. There
 * are no keys. Nodes are numbered as in RFC 9420 appendix C: leaf i is node 2 i.
 */
#define GB_NODE_BLANK       UINT32_MAX
#define GB_TREE_MAX_LEVEL   32
#define GB_TREE_MAX_MEMBERS (1u << 24)

/* What stands in a leaf that is not blank. */
#define GB_LEAF_ADDED     0u /* by a key package */
#define GB_LEAF_COMMITTED 1u /* by its own last commit */
#define GB_LEAF_NEW       2u /* by a key package in the present commit */

struct gb_tree_model {
	uint32_t width;    /* leaves, blank ones included: a power of two */
	uint32_t members;  /* leaves that are not blank */
	uint32_t capacity; /* the greatest possible width */
	/* 2 * capacity - 1 nodes: GB_NODE_BLANK, what a leaf is, a parent's unmerged leaves */
	uint32_t *node;
	uint32_t *below; /* by node: leaves below it that are not blank */
	/* By node: was the last one on the path that set it; its parent_hash is empty. */
	bool *is_top;
	/* Nodes whose tree hash the last commit changed, each once. */
	uint32_t *stale;
	size_t n_stale;
	uint32_t *stamp; /* of the commit that made the node stale last */
	uint32_t commits;
	uint32_t *added; /* the leaves that the last commit filled, ascending */
	uint32_t n_added;
};

/*
 * The tree of `size` members with a history, with room for `joiners` more. A grown one of a
 * single member is a new group. `path`: commits that only add carried an UpdatePath. 0, or
 * -1 when memory ran out.
 */
int gb_tree_model_init(struct gb_tree_model *t, const struct gb_tree_history *history,
		       uint32_t size, uint32_t joiners, bool path);
void gb_tree_model_free(struct gb_tree_model *t);

/* A commit, applied in the order of RFC 9420 12.3: removes, adds, path. */
struct gb_tree_change {
	uint32_t committer;
	const uint32_t *removes; /* leaves that are members */
	uint32_t n_removes, n_adds;
	bool path;
};

/* The path of a commit, from the leaf upwards. */
struct gb_tree_path {
	unsigned n_nodes; /* length of the filtered direct path */
	struct gb_path_node {
		unsigned level;
		uint64_t ciphertexts; /* resolution of the copath child without the newcomers */
	} nodes[GB_TREE_MAX_LEVEL];
	uint64_t ciphertexts; /* of all nodes */
};

/* *path, where it is asked for, is what the commit encrypts; n_nodes is 0 without a path.
 * Without, a commit takes O(log width) for each member that it adds or removes. */
void gb_tree_model_commit(struct gb_tree_model *t, const struct gb_tree_change *change,
			  struct gb_tree_path *path);

/* Of the path's nodes those that leaf `member` is under, too: it derives their keys. */
unsigned gb_tree_path_shared(const struct gb_tree_path *path, uint32_t committer, uint32_t member);

unsigned gb_node_level(uint32_t node);
/* log2 of the width. */
unsigned gb_tree_depth(const struct gb_tree_model *t);
uint32_t gb_tree_root(const struct gb_tree_model *t);
/* Number of public keys in the resolution of a node (RFC 9420 4.1.1). */
uint64_t gb_tree_resolution(const struct gb_tree_model *t, uint32_t node);
#endif
