#include "lineage.h"

#include <stdlib.h>

#include "internal.h"
#include "memory.h"

static uint32_t n_nodes(const struct mls_lineage *l)
{
	return (UINT32_C(2) << l->depth) - 1;
}

static uint32_t n_leaves(const struct mls_lineage *l)
{
	return UINT32_C(1) << l->depth;
}

uint32_t mls_lineage_members(const struct mls_lineage *l)
{
	return l->members[mls_root(l->depth)];
}

bool mls_lineage_has(const struct mls_lineage *l, uint32_t leaf)
{
	return leaf < n_leaves(l) && l->members[2 * leaf] > 0;
}

bool mls_lineage_is_unmerged(const struct mls_lineage *l, uint32_t node, uint32_t leaf)
{
	return mls_lineage_has(l, leaf) && l->added[leaf] > l->set[node];
}

static uint32_t leftmost_blank(const struct mls_lineage *l)
{
	uint32_t node = mls_root(l->depth);

	if (l->members[node] == n_leaves(l))
		return MLS_NO_LEAF;
	while (mls_node_level(node) > 0) {
		uint32_t left = mls_left(node);
		bool is_full = l->members[left] == mls_end_leaf(left) - mls_first_leaf(left);

		node = is_full ? mls_right(node) : left;
	}
	return node / 2;
}

uint32_t mls_lineage_leaf(const struct mls_lineage *l, uint32_t member)
{
	uint32_t node = mls_root(l->depth);

	while (mls_node_level(node) > 0) {
		uint32_t left = mls_left(node), on_left = l->members[left];

		node = member < on_left ? left : mls_right(node);
		member -= member < on_left ? 0 : on_left;
	}
	return node / 2;
}

uint8_t mls_lineage_depth(const struct mls_lineage *l)
{
	return mls_depth_for(mls_lineage_leaf(l, mls_lineage_members(l) - 1) + 1);
}

/* An UpdatePath (7.5): sets those nodes above the committer whose other child is not empty. */
static void set_path(struct mls_lineage *l, uint32_t commit, uint32_t committer)
{
	uint32_t top = 2 * committer;

	l->set[top] = commit;
	for (uint8_t level = 1; level <= l->depth; level++) {
		uint32_t node = mls_ancestor(committer, level);
		uint32_t copath = mls_sibling(mls_ancestor(committer, (uint8_t)(level - 1)));
		bool is_filtered = l->members[copath] == 0;

		l->set[node] = is_filtered ? 0 : commit;
		l->is_top[node] = false;
		top = is_filtered ? top : node;
	}
	l->is_top[2 * committer] = false;
	l->is_top[top] = true;
}

static void count(struct mls_lineage *l, uint32_t leaf, bool comes)
{
	for (uint8_t level = 0; level <= l->depth; level++)
		l->members[mls_ancestor(leaf, level)] += comes ? 1 : UINT32_MAX;
}

static enum mls_err add(struct mls_lineage *l, uint32_t commit, uint32_t leaf)
{
	if (leaf != leftmost_blank(l))
		return MLS_ERR_USAGE;
	l->added[leaf] = commit;
	l->set[2 * leaf] = 0;
	count(l, leaf, true);
	return MLS_OK;
}

static enum mls_err take_out(struct mls_lineage *l, uint32_t leaf, uint32_t committer)
{
	if (!mls_lineage_has(l, leaf) || leaf == committer)
		return MLS_ERR_USAGE;
	for (uint8_t level = 0; level <= l->depth; level++)
		l->set[mls_ancestor(leaf, level)] = 0;
	count(l, leaf, false);
	return MLS_OK;
}

static enum mls_err take_step(struct mls_lineage *l, const struct mls_probe_step *step)
{
	uint32_t commit = l->n_commits + 1;
	enum mls_err err = MLS_OK;

	if (!mls_lineage_has(l, step->committer))
		return MLS_ERR_USAGE;
	if (step->kind == MLS_PROBE_REMOVE)
		err = take_out(l, step->leaf, step->committer);
	else if (step->kind != MLS_PROBE_UPDATE)
		err = add(l, commit, step->leaf);
	if (err)
		return err;
	l->committer[l->n_commits++] = step->committer;
	if (step->kind != MLS_PROBE_ADD_NO_PATH)
		set_path(l, commit, step->committer);
	return MLS_OK;
}

/* The members that the first commit added, or the one who is alone, before any path. */
static void fill(struct mls_lineage *l, uint32_t size)
{
	if (size > 1)
		l->committer[l->n_commits++] = 0;

	for (uint32_t leaf = 0; leaf < size; leaf++) {
		l->members[2 * leaf] = 1;
		l->added[leaf] = size > 1;
	}
	for (uint8_t level = 1; level <= l->depth; level++)
		for (uint32_t leaf = 0; leaf < n_leaves(l); leaf += UINT32_C(1) << level) {
			uint32_t node = mls_ancestor(leaf, level);

			l->members[node] = l->members[mls_left(node)] + l->members[mls_right(node)];
		}
}

/* Every member has committed, in the order of the leaves: the last below a node has set it,
 * unless nobody is on its right, and then nobody has. */
static void commit_all(struct mls_lineage *l, uint32_t size)
{
	uint32_t root = mls_root(mls_depth_for(size));

	for (uint32_t node = 0; node < n_nodes(l); node++) {
		uint8_t level = mls_node_level(node);
		uint32_t last = mls_first_leaf(node) + l->members[node];
		bool is_empty = level ? l->members[mls_right(node)] == 0 : last == node / 2;

		l->set[node] = is_empty ? 0 : l->n_commits + last;
		l->is_top[node] = node == root && !is_empty;
	}
	for (uint32_t leaf = 0; leaf < size; leaf++)
		l->committer[l->n_commits++] = leaf;
}

static void count_from_left(struct mls_lineage *l)
{
	uint32_t member = 0;

	for (uint32_t leaf = 0; leaf < n_leaves(l); leaf++) {
		l->member_of[leaf] = member;
		l->latest[2 * leaf] = mls_lineage_has(l, leaf) ? l->added[leaf] : 0;
		member += l->members[2 * leaf];
	}
	for (uint8_t level = 1; level <= l->depth; level++)
		for (uint32_t leaf = 0; leaf < n_leaves(l); leaf += UINT32_C(1) << level) {
			uint32_t node = mls_ancestor(leaf, level);
			uint32_t left = l->latest[mls_left(node)],
				 right = l->latest[mls_right(node)];

			l->latest[node] = left > right ? left : right;
		}
}

static uint32_t most_leaves(uint32_t size, const struct mls_probe_step *steps, size_t n_steps)
{
	uint32_t most = size;

	for (size_t i = 0; i < n_steps; i++) {
		bool adds =
			steps[i].kind == MLS_PROBE_ADD || steps[i].kind == MLS_PROBE_ADD_NO_PATH;

		if (adds && steps[i].leaf >= most)
			most = steps[i].leaf + 1;
	}
	return most;
}

static enum mls_err allocate(struct mls_lineage *l, size_t n_commits)
{
	l->committer = mls_calloc(n_commits, sizeof(*l->committer));
	l->set = mls_calloc(n_nodes(l), sizeof(*l->set));
	l->is_top = mls_calloc(n_nodes(l), sizeof(*l->is_top));
	l->members = mls_calloc(n_nodes(l), sizeof(*l->members));
	l->latest = mls_calloc(n_nodes(l), sizeof(*l->latest));
	l->added = mls_calloc(n_leaves(l), sizeof(*l->added));
	l->member_of = mls_calloc(n_leaves(l), sizeof(*l->member_of));
	if (!l->committer || !l->set || !l->is_top || !l->members || !l->latest || !l->added ||
	    !l->member_of)
		return MLS_ERR_NOMEM;
	return MLS_OK;
}

enum mls_err mls_lineage_make(struct mls_lineage *l, enum mls_probe_shape shape, uint32_t size,
			      const struct mls_probe_step *steps, size_t n_steps)
{
	uint32_t most = most_leaves(size, steps, n_steps);
	enum mls_err err = MLS_OK;

	*l = (struct mls_lineage){0};
	if (size == 0 || most == 0 || most > MLS_PROBE_MOST_LEAVES || n_steps > UINT32_MAX / 2)
		return MLS_ERR_USAGE;
	l->depth = mls_depth_for(most);
	TRY(allocate(l, 1 + (size_t)size + n_steps));
	fill(l, size);
	if (shape == MLS_PROBE_COLD && size > 1)
		set_path(l, 1, 0);
	else if (shape == MLS_PROBE_FULL)
		commit_all(l, size);
	for (size_t i = 0; i < n_steps; i++)
		TRY(take_step(l, &steps[i]));
	count_from_left(l);
out:
	if (err)
		mls_lineage_clear(l);
	return err;
}

void mls_lineage_clear(struct mls_lineage *l)
{
	free(l->committer);
	free(l->set);
	free(l->is_top);
	free(l->members);
	free(l->latest);
	free(l->added);
	free(l->member_of);
	*l = (struct mls_lineage){0};
}
