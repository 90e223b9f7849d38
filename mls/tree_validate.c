#include "tree_validate.h"

#include "internal.h"

/* Calls `check` for each parent node that is not blank. */
struct parent_visitor {
	enum mls_err (*check)(const struct parent_visitor *visitor,
			      const struct mls_tree_inner *inner, uint32_t node);
	struct mls_crypto *crypto;
	const struct mls_tree *tree;
};

static enum mls_err visit_parents(const struct parent_visitor *visitor, union mls_tree_child child,
				  uint32_t node)
{
	uint8_t level = mls_node_level(node);
	enum mls_err err = MLS_OK;

	if (level == 0 || child.inner->n_resolution == 0)
		return MLS_OK;
	if (child.inner->contents)
		err = visitor->check(visitor, child.inner, node);
	if (err == MLS_OK)
		err = visit_parents(visitor, child.inner->child[0], mls_left(node));
	if (err == MLS_OK)
		err = visit_parents(visitor, child.inner->child[1], mls_right(node));
	return err;
}

static enum mls_err visit_all(const struct parent_visitor *visitor)
{
	return visit_parents(visitor, visitor->tree->root, mls_root(visitor->tree->depth));
}

/* Is the leaf a member, and unmerged in each node between it and `inner`? */
static bool is_unmerged_below(const struct mls_tree_inner *inner, uint8_t level, uint32_t leaf)
{
	while (level > 1) {
		inner = inner->child[leaf >> --level & 1].inner;
		if (inner->contents &&
		    !mls_unmerged_has(mls_tree_parent_view(inner->contents).unmerged_leaves, leaf))
			return false;
	}
	return inner->child[leaf & 1].leaf->encoded_len > 0;
}

static enum mls_err check_unmerged(const struct parent_visitor *visitor,
				   const struct mls_tree_inner *inner, uint32_t node)
{
	struct mls_slice unmerged = mls_tree_parent_view(inner->contents).unmerged_leaves;

	(void)visitor;
	for (size_t i = 0; i < mls_unmerged_count(unmerged); i++) {
		uint32_t leaf = mls_unmerged_at(unmerged, i);

		if (!mls_covers(node, leaf) ||
		    !is_unmerged_below(inner, mls_node_level(node), leaf))
			return MLS_ERR_UNMERGED_LEAF;
	}
	return MLS_OK;
}

enum mls_err mls_tree_validate_unmerged(const struct mls_tree *tree)
{
	struct parent_visitor visitor = {check_unmerged, NULL, tree};

	return visit_all(&visitor);
}

/* The one node of a resolution that is not among the unmerged leaves of the parent. */
struct search {
	struct mls_slice unmerged;
	uint32_t node;
	uint32_t n;
};

static enum mls_err visit_search(void *state, uint32_t node, struct mls_slice key)
{
	struct search *search = state;

	(void)key;
	if (node % 2 == 0 && mls_unmerged_has(search->unmerged, node / 2))
		return MLS_OK;
	search->node = node;
	search->n++;
	return MLS_OK;
}

/*
 * 7.9.2: the node D in the resolution of the child C that could have been set together with
 * its parent: the rest of the resolution is the parent's unmerged leaves below C.
 */
static bool find_descendant(const struct mls_tree *tree, uint32_t child, struct mls_slice unmerged,
			    uint32_t *found)
{
	struct search search = {.unmerged = mls_unmerged_under(unmerged, child)};
	struct mls_resolution_visitor visitor = {visit_search, &search};

	/* An attacker must not have us walk long resolutions under many parents. */
	if (mls_tree_resolution_len(tree, child) != 1 + mls_unmerged_count(search.unmerged))
		return false;
	if (mls_tree_resolution(tree, child, &visitor) != MLS_OK || search.n != 1)
		return false;
	*found = search.node;
	return true;
}

static struct mls_slice parent_hash_of(const struct mls_tree *tree, uint32_t node)
{
	union mls_tree_child child = mls_tree_node_at(tree, node);

	if (node % 2 == 0)
		return mls_tree_leaf_parent_hash(child.leaf);
	return mls_tree_parent_view(child.inner->contents).parent_hash;
}

/* Is the parent valid with a descendant under this child, the other one being its sibling? */
static enum mls_err try_child(const struct parent_visitor *visitor,
			      const struct mls_parent_node *parent, uint32_t child, bool *valid)
{
	const struct mls_tree *tree = visitor->tree;
	uint32_t sibling = mls_sibling(child), descendant = 0;
	struct mls_secret sibling_hash, expected;
	enum mls_err err;

	*valid = false;
	if (!find_descendant(tree, child, parent->unmerged_leaves, &descendant) ||
	    parent_hash_of(tree, descendant).len == 0)
		return MLS_OK;
	err = mls_tree_hash_without(visitor->crypto, &sibling_hash, tree, sibling,
				    parent->unmerged_leaves);
	if (err)
		return err;
	mls_parent_hash(visitor->crypto, &expected, parent->encryption_key, parent->parent_hash,
			mls_secret_slice(&sibling_hash));
	*valid = mls_slice_equal(parent_hash_of(tree, descendant), mls_secret_slice(&expected));
	return MLS_OK;
}

/*
 * "Exactly one descendant" is one at least here: one on each side would need a hash that
 * contains itself, since each side's parent hash covers the tree hash of the other.
 */
static enum mls_err check_parent_hash(const struct parent_visitor *visitor,
				      const struct mls_tree_inner *inner, uint32_t node)
{
	struct mls_parent_node parent = mls_tree_parent_view(inner->contents);
	bool valid = false;
	enum mls_err err = try_child(visitor, &parent, mls_left(node), &valid);

	if (err == MLS_OK && !valid)
		err = try_child(visitor, &parent, mls_right(node), &valid);
	return err || valid ? err : MLS_ERR_PARENT_HASH_CHAIN;
}

enum mls_err mls_tree_validate_parent_hashes(struct mls_crypto *crypto, const struct mls_tree *tree)
{
	struct parent_visitor visitor = {check_parent_hash, crypto, tree};

	return visit_all(&visitor);
}

static enum mls_err check_key(const struct parent_visitor *visitor,
			      const struct mls_tree_inner *inner, uint32_t node)
{
	(void)node;
	return mls_public_key_check(visitor->crypto,
				    mls_tree_parent_view(inner->contents).encryption_key);
}

enum mls_err mls_tree_validate_leaves(const struct mls_leaf_rules *rules,
				      const struct mls_tree *tree)
{
	uint32_t leaf = mls_tree_next_member(tree, 0);
	enum mls_err err = mls_member_support_credentials(&tree->support);
	struct mls_leaf_node v;

	for (; err == MLS_OK && leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1)) {
		err = mls_tree_leaf_node(tree, leaf, &v);
		if (err == MLS_OK)
			err = mls_leaf_node_validate(rules, &v, NULL, 0, leaf);
	}
	return err;
}

enum mls_err mls_tree_validate(const struct mls_leaf_rules *rules, struct mls_tree *tree)
{
	struct parent_visitor keys = {check_key, rules->crypto, tree};
	enum mls_err err = MLS_OK;

	TRY(mls_tree_validate_unmerged(tree));
	TRY(visit_all(&keys));
	mls_tree_rehash(rules->crypto, tree);
	TRY(mls_tree_validate_parent_hashes(rules->crypto, tree));
	TRY(mls_tree_validate_leaves(rules, tree));
out:
	return err;
}
