#ifndef MLS_PROBE_LINEAGE_H
#define MLS_PROBE_LINEAGE_H
#include "mls_probe.h"
#include "tree_math.h"

/*
 * Which commit of a group's life set each node of its ratchet tree: all that a tree shows of
 * the past, without a key. Commits are counted from 1. A parent node is what the last
 * commit made of it that had it on its filtered direct path (RFC 9420 7.5), and blank where
 * that was before a Remove below it; a leaf that was added after that is unmerged there.
 */
struct mls_lineage {
	uint8_t depth; /* of these arrays: room for all leaves that ever were */
	uint32_t n_commits;
	uint32_t *committer; /* leaf of commit 1 + i */
	/* By node. Of a parent: the commit that set it, 0 where it is blank; of a leaf: the
	 * member's own last commit, 0 where there is none. */
	uint32_t *set;
	bool *is_top;        /* was last on the path of that commit: its parent_hash is empty */
	uint32_t *members;   /* leaves below that are not blank */
	uint32_t *added;     /* by leaf: the commit that added the member */
	uint32_t *latest;    /* by node: the greatest of `added` of the members below */
	uint32_t *member_of; /* by leaf: how many members are left of it */
};

/*
 * mls_lineage_make follows a group of `size` members, in a tree of `shape`, through the steps.
 * USAGE for what no group can do: a committer or a leaving member that is none, a newcomer
 * that is not at the leftmost blank leaf, a commit that removes its committer.
 */
enum mls_err MLS_MUST_CHECK mls_lineage_make(struct mls_lineage *l, enum mls_probe_shape shape,
					     uint32_t size, const struct mls_probe_step *steps,
					     size_t n_steps);
void mls_lineage_clear(struct mls_lineage *l);

/* Members, and the depth of the tree that they are in at the end. */
uint32_t mls_lineage_members(const struct mls_lineage *l);
uint8_t mls_lineage_depth(const struct mls_lineage *l);

/* The leaf of a member, who are counted from the left. */
uint32_t mls_lineage_leaf(const struct mls_lineage *l, uint32_t member);

/* Whether the leaf is a member's, and whether it is unmerged at a parent node above it that is
 * not blank. */
bool mls_lineage_has(const struct mls_lineage *l, uint32_t leaf);
bool mls_lineage_is_unmerged(const struct mls_lineage *l, uint32_t node, uint32_t leaf);
#endif
