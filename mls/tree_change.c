#include "internal.h"
#include "tree.h"

/* The nodes from the root to one leaf, each with one owner: this tree. */
struct way {
	struct mls_tree_inner *inner[MLS_MAX_DEPTH + 1]; /* by level, from 1 */
	union mls_tree_child *leaf;
};

static enum mls_err own_way(struct mls_tree *tree, uint32_t leaf, struct way *way)
{
	union mls_tree_child *slot = &tree->root;

	for (uint8_t level = tree->depth; level > 0; level--) {
		enum mls_err err = mls_tree_inner_own(tree->suite, &slot->inner, level);

		if (err)
			return err;
		way->inner[level] = slot->inner;
		slot = &slot->inner->child[leaf >> (level - 1) & 1];
	}
	way->leaf = slot;
	return MLS_OK;
}

static void refresh_way(const struct mls_tree *tree, const struct way *way)
{
	for (uint8_t level = 1; level <= tree->depth; level++)
		mls_tree_inner_refresh(way->inner[level], level);
}

static enum mls_err enter_leaf(struct mls_tree *tree, const struct mls_leaf_node *v)
{
	enum mls_err err;

	err = mls_key_index_insert(&tree->keys, MLS_KEY_ENCRYPTION, v->encryption_key);
	if (err == MLS_OK)
		err = mls_key_index_insert(&tree->keys, MLS_KEY_SIGNATURE, v->signature_key);
	if (err == MLS_OK)
		err = mls_member_support_enter(&tree->support, v, 1);
	return err;
}

/* Takes the keys and capabilities of a member out, while its leaf is still there. */
static enum mls_err leave_leaf(struct mls_tree *tree, uint32_t leaf)
{
	struct mls_leaf_node v;
	enum mls_err err = mls_tree_leaf_node(tree, leaf, &v);

	if (err == MLS_OK)
		err = mls_key_index_remove(&tree->keys, MLS_KEY_ENCRYPTION, v.encryption_key);
	if (err == MLS_OK)
		err = mls_key_index_remove(&tree->keys, MLS_KEY_SIGNATURE, v.signature_key);
	if (err == MLS_OK)
		err = mls_member_support_leave(&tree->support, &v, 1);
	return err;
}

/* Puts a leaf, which may be blank, at the end of the way. */
static enum mls_err replace_leaf(const struct way *way, struct mls_tree_leaf *fresh)
{
	if (!fresh)
		return MLS_ERR_NOMEM;
	mls_tree_child_release(*way->leaf, 0);
	way->leaf->leaf = fresh;
	return MLS_OK;
}

static enum mls_err put_leaf(struct mls_tree *tree, const struct way *way, struct mls_slice encoded)
{
	struct mls_leaf_node v;
	enum mls_err err;

	if (encoded.len > UINT16_MAX)
		return MLS_ERR_LEAF_TOO_LONG;
	if ((err = mls_leaf_node_decode(encoded, &v)) != MLS_OK ||
	    (err = enter_leaf(tree, &v)) != MLS_OK)
		return err;
	return replace_leaf(way, mls_tree_leaf_new(tree->suite, &v));
}

static enum mls_err blank_way(struct mls_tree *tree, const struct way *way)
{
	for (uint8_t level = 1; level <= tree->depth; level++) {
		struct mls_tree_inner *inner = way->inner[level];
		struct mls_slice key;
		enum mls_err err;

		if (!inner->contents)
			continue;
		key = mls_tree_parent_view(inner->contents).encryption_key;
		if ((err = mls_key_index_remove(&tree->keys, MLS_KEY_ENCRYPTION, key)) != MLS_OK)
			return err;
		mls_tree_parent_release(inner->contents);
		inner->contents = NULL;
	}
	return MLS_OK;
}

enum mls_err mls_tree_new(struct mls_tree *tree, const struct mls_suite *suite,
			  const struct mls_key_index_seed *seed, struct mls_slice leaf)
{
	enum mls_err err = MLS_OK;
	struct mls_tree fresh = {.suite = suite, .keys.seed = *seed};
	struct way way = {.leaf = &fresh.root};

	TRY(put_leaf(&fresh, &way, leaf));
	*tree = fresh;
	fresh = (struct mls_tree){0};
out:
	mls_tree_clear(&fresh);
	return err;
}

/* 7.7: a blank root above the old one, whose right half is blank. */
static enum mls_err extend(struct mls_tree *tree)
{
	enum mls_err err = MLS_OK;
	union mls_tree_child right = {0};
	struct mls_tree_inner *root = NULL;

	if (tree->depth == MLS_MAX_DEPTH)
		return MLS_ERR_TREE_TOO_LARGE;
	right = mls_tree_blank_subtree(tree->suite, tree->depth);
	root = mls_tree_inner_new(tree->suite);
	if (!root || !right.leaf)
		FAIL(MLS_ERR_NOMEM);
	root->child[0] = tree->root;
	root->child[1] = right;
	tree->root.inner = root;
	mls_tree_inner_refresh(root, ++tree->depth);
	return MLS_OK;
out:
	mls_tree_child_release(right, tree->depth);
	mls_tree_child_release((union mls_tree_child){.inner = root}, 1);
	return err;
}

/* 7.7: the left half becomes the tree while nobody is in the right one. */
static void truncate_tree(struct mls_tree *tree)
{
	while (tree->depth > 0) {
		struct mls_tree_inner *root = tree->root.inner;
		uint8_t below = (uint8_t)(tree->depth - 1);
		union mls_tree_child left;

		if (mls_tree_child_members(root->child[1], below) > 0)
			return;
		left = mls_tree_child_ref(root->child[0], below);
		mls_tree_child_release(tree->root, tree->depth);
		tree->root = left;
		tree->depth = below;
	}
}

enum mls_err mls_tree_free_leaf(struct mls_tree *tree, uint32_t *leaf)
{
	union mls_tree_child child;
	enum mls_err err;

	if (mls_tree_n_members(tree) == mls_tree_n_leaves(tree) && (err = extend(tree)) != MLS_OK)
		return err;
	child = tree->root;
	*leaf = 0;
	for (uint8_t level = tree->depth; level > 0; level--) {
		uint8_t below = (uint8_t)(level - 1);
		uint32_t half = (uint32_t)1 << below;
		bool left_is_full = mls_tree_child_members(child.inner->child[0], below) == half;

		*leaf += left_is_full ? half : 0;
		child = child.inner->child[left_is_full];
	}
	return MLS_OK;
}

enum mls_err mls_tree_add(struct mls_tree *tree, uint32_t *leaf, struct mls_slice encoded)
{
	enum mls_err err = MLS_OK;
	struct way way;

	TRY(mls_tree_free_leaf(tree, leaf));
	TRY(own_way(tree, *leaf, &way));
	TRY(put_leaf(tree, &way, encoded));
	for (uint8_t level = 1; level <= tree->depth; level++) {
		if (way.inner[level]->contents)
			TRY(mls_tree_parent_add_unmerged(&way.inner[level]->contents, *leaf));
	}
	refresh_way(tree, &way);
out:
	return err;
}

enum mls_err mls_tree_update(struct mls_tree *tree, const struct mls_tree_update *updates, size_t n)
{
	enum mls_err err = MLS_OK;
	struct way way;

	for (size_t i = 0; i < n; i++)
		TRY(leave_leaf(tree, updates[i].leaf));
	for (size_t i = 0; i < n; i++) {
		TRY(own_way(tree, updates[i].leaf, &way));
		TRY(put_leaf(tree, &way, updates[i].encoded));
		TRY(blank_way(tree, &way));
		refresh_way(tree, &way);
	}
out:
	return err;
}

enum mls_err mls_tree_remove(struct mls_tree *tree, uint32_t leaf)
{
	enum mls_err err = MLS_OK;
	struct way way;

	TRY(leave_leaf(tree, leaf)); /* LEAF_BLANK */
	TRY(own_way(tree, leaf, &way));
	TRY(replace_leaf(&way, mls_tree_leaf_blank(tree->suite)));
	TRY(blank_way(tree, &way));
	refresh_way(tree, &way);
	truncate_tree(tree);
out:
	return err;
}

/* 12.4.2: no public key of a path is in the tree that it is put into. */
static enum mls_err check_path_keys(const struct mls_tree *tree, const struct mls_tree_path *path,
				    const struct mls_leaf_node *leaf)
{
	if (mls_key_index_contains(&tree->keys, MLS_KEY_ENCRYPTION, leaf->encryption_key))
		return MLS_ERR_KEY_NOT_UNIQUE;
	for (uint8_t i = 0; i < path->nodes.n; i++) {
		if (mls_key_index_contains(&tree->keys, MLS_KEY_ENCRYPTION,
					   path->contents[i].encryption_key))
			return MLS_ERR_KEY_NOT_UNIQUE;
	}
	return MLS_OK;
}

static enum mls_err fill_way(struct mls_tree *tree, const struct way *way,
			     const struct mls_tree_path *path)
{
	for (uint8_t i = 0; i < path->nodes.n; i++) {
		struct mls_tree_inner *inner = way->inner[path->nodes.level[i]];
		enum mls_err err;

		err = mls_key_index_insert(&tree->keys, MLS_KEY_ENCRYPTION,
					   path->contents[i].encryption_key);
		if (err)
			return err;
		if (!(inner->contents = mls_tree_parent_new(&path->contents[i], 0)))
			return MLS_ERR_NOMEM;
	}
	return MLS_OK;
}

/* The keys that the path brings, and those that it takes away. */
static void prefetch_keys(const struct mls_tree *tree, uint32_t leaf,
			  const struct mls_tree_path *path, const struct mls_leaf_node *fresh)
{
	struct mls_used_key key[2 * MLS_MAX_DEPTH + 3] = {
		{MLS_KEY_ENCRYPTION, fresh->encryption_key},
		{MLS_KEY_SIGNATURE, fresh->signature_key},
	};
	size_t n = 2;

	for (uint8_t i = 0; i < path->nodes.n; i++)
		key[n++].key = path->contents[i].encryption_key;
	for (uint8_t level = 0; level <= tree->depth; level++) {
		key[n].key = mls_tree_public_key(tree, mls_ancestor(leaf, level));
		n += key[n].key.len > 0;
	}
	mls_key_index_prefetch(&tree->keys, key, n);
}

enum mls_err mls_tree_set_path(struct mls_tree *tree, uint32_t leaf,
			       const struct mls_tree_path *path)
{
	enum mls_err err = MLS_OK;
	struct mls_leaf_node v;
	struct way way;

	TRY(mls_leaf_node_decode(path->leaf, &v));
	prefetch_keys(tree, leaf, path, &v);
	TRY(check_path_keys(tree, path, &v));
	if (mls_tree_leaf(tree, leaf))
		TRY(leave_leaf(tree, leaf));
	TRY(own_way(tree, leaf, &way));
	TRY(blank_way(tree, &way));
	TRY(put_leaf(tree, &way, path->leaf));
	TRY(fill_way(tree, &way, path));
	refresh_way(tree, &way);
out:
	return err;
}
