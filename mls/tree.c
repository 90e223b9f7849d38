#include "tree.h"

#include "internal.h"

void mls_tree_copy(struct mls_tree *out, const struct mls_tree *tree)
{
	*out = *tree;
	mls_tree_child_ref(tree->root, tree->depth);
	mls_key_index_copy(&out->keys, &tree->keys);
	mls_member_support_copy(&out->support, &tree->support);
}

void mls_tree_clear(struct mls_tree *tree)
{
	mls_tree_child_release(tree->root, tree->depth);
	mls_key_index_clear(&tree->keys);
	mls_member_support_clear(&tree->support);
	*tree = (struct mls_tree){0};
}

uint32_t mls_tree_n_leaves(const struct mls_tree *tree)
{
	return (uint32_t)1 << tree->depth;
}

uint32_t mls_tree_n_members(const struct mls_tree *tree)
{
	return mls_tree_child_members(tree->root, tree->depth);
}

/* The node at `level` on the way from the root to a leaf of the tree. */
static union mls_tree_child at(const struct mls_tree *tree, uint32_t leaf, uint8_t level)
{
	union mls_tree_child child = tree->root;

	for (uint8_t l = tree->depth; l > level; l--)
		child = child.inner->child[leaf >> (l - 1) & 1];
	return child;
}

union mls_tree_child mls_tree_node_at(const struct mls_tree *tree, uint32_t node)
{
	return at(tree, mls_first_leaf(node), mls_node_level(node));
}

const struct mls_tree_inner *mls_tree_inner_at(const struct mls_tree *tree, uint32_t leaf,
					       uint8_t level)
{
	return at(tree, leaf, level).inner;
}

const struct mls_tree_leaf *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf)
{
	const struct mls_tree_leaf *found;

	if (leaf >= mls_tree_n_leaves(tree))
		return NULL;
	found = at(tree, leaf, 0).leaf;
	return found->encoded_len ? found : NULL;
}

enum mls_err mls_tree_leaf_node(const struct mls_tree *tree, uint32_t leaf,
				struct mls_leaf_node *out)
{
	const struct mls_tree_leaf *found = mls_tree_leaf(tree, leaf);

	return found ? mls_leaf_node_decode(mls_tree_leaf_encoded(found), out) : MLS_ERR_LEAF_BLANK;
}

enum mls_err mls_tree_find(const struct mls_tree *tree, uint32_t *leaf, struct mls_slice encoded)
{
	uint32_t next = mls_tree_next_member(tree, 0);

	for (; next != MLS_NO_LEAF; next = mls_tree_next_member(tree, next + 1)) {
		if (mls_slice_equal(mls_tree_leaf_encoded(mls_tree_leaf(tree, next)), encoded)) {
			*leaf = next;
			return MLS_OK;
		}
	}
	return MLS_ERR_LEAF_NOT_FOUND;
}

/* The leftmost member from `from` on below a node whose leftmost leaf is `first`. */
static uint32_t next_below(union mls_tree_child child, uint8_t level, uint32_t first, uint32_t from)
{
	uint32_t half = (uint32_t)1 << level >> 1, found;

	if (from > first && from - first >= (uint32_t)1 << level)
		return MLS_NO_LEAF;
	if (mls_tree_child_members(child, level) == 0)
		return MLS_NO_LEAF;
	if (level == 0)
		return first;
	found = next_below(child.inner->child[0], (uint8_t)(level - 1), first, from);
	if (found != MLS_NO_LEAF)
		return found;
	return next_below(child.inner->child[1], (uint8_t)(level - 1), first + half, from);
}

uint32_t mls_tree_next_member(const struct mls_tree *tree, uint32_t leaf)
{
	return next_below(tree->root, tree->depth, 0, leaf);
}

static struct mls_slice public_key(union mls_tree_child child, uint8_t level)
{
	if (level == 0 && child.leaf->encoded_len)
		return mls_tree_leaf_encryption_key(child.leaf);
	if (level > 0 && child.inner->contents)
		return mls_tree_parent_view(child.inner->contents).encryption_key;
	return mls_slice(NULL, 0);
}

struct mls_slice mls_tree_public_key(const struct mls_tree *tree, uint32_t node)
{
	return public_key(mls_tree_node_at(tree, node), mls_node_level(node));
}

void mls_tree_filtered_path(const struct mls_tree *tree, uint32_t leaf,
			    struct mls_filtered_path *out)
{
	union mls_tree_child child = tree->root;
	bool kept[MLS_MAX_DEPTH + 1];

	for (uint8_t level = tree->depth; level > 0; level--) {
		uint32_t side = leaf >> (level - 1) & 1;
		uint8_t below = (uint8_t)(level - 1);

		kept[level] = mls_tree_child_resolution(child.inner->child[!side], below) > 0;
		child = child.inner->child[side];
	}
	out->n = 0;
	for (uint8_t level = 1; level <= tree->depth; level++) {
		if (kept[level])
			out->level[out->n++] = level;
	}
}

uint32_t mls_tree_copath(uint32_t leaf, uint8_t level)
{
	return mls_ancestor(leaf ^ (uint32_t)1 << (level - 1), (uint8_t)(level - 1));
}

/* Hands the unmerged leaves of an inner node to the visitor. */
static enum mls_err visit_unmerged(const struct mls_tree *tree,
				   const struct mls_tree_parent *contents,
				   const struct mls_resolution_visitor *visitor)
{
	struct mls_slice unmerged = mls_tree_parent_view(contents).unmerged_leaves;
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < mls_unmerged_count(unmerged) && err == MLS_OK; i++) {
		uint32_t leaf = mls_unmerged_at(unmerged, i);

		err = visitor->visit(visitor->state, 2 * leaf, mls_tree_public_key(tree, 2 * leaf));
	}
	return err;
}

static enum mls_err resolve(const struct mls_tree *tree, union mls_tree_child child, uint32_t node,
			    const struct mls_resolution_visitor *visitor)
{
	uint8_t level = mls_node_level(node);
	enum mls_err err;

	if (mls_tree_child_resolution(child, level) == 0)
		return MLS_OK;
	if (level == 0)
		return visitor->visit(visitor->state, node, public_key(child, 0));
	if (child.inner->contents) {
		err = visitor->visit(visitor->state, node, public_key(child, level));
		return err ? err : visit_unmerged(tree, child.inner->contents, visitor);
	}
	err = resolve(tree, child.inner->child[0], mls_left(node), visitor);
	return err ? err : resolve(tree, child.inner->child[1], mls_right(node), visitor);
}

enum mls_err mls_tree_resolution(const struct mls_tree *tree, uint32_t node,
				 const struct mls_resolution_visitor *visitor)
{
	return resolve(tree, mls_tree_node_at(tree, node), node, visitor);
}

uint32_t mls_tree_resolution_len(const struct mls_tree *tree, uint32_t node)
{
	return mls_tree_child_resolution(mls_tree_node_at(tree, node), mls_node_level(node));
}
