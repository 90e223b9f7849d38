#include "tree_validate.h"

#include "internal.h"
#include "tree_piece.h"

/* Calls `check` for each parent node that is not blank. */
struct parent_visitor {
	enum mls_err (*check)(const struct parent_visitor *visitor, struct mls_crypto *crypto,
			      const struct mls_tree_inner *inner, uint32_t node);
	const struct mls_tree *tree;
	struct mls_tree_pieces pieces;
};

static bool is_all_blank(const struct mls_tree_inner *inner)
{
	return inner->n_resolution == 0;
}

static enum mls_err visit_parents(const struct parent_visitor *visitor, struct mls_crypto *crypto,
				  const struct mls_tree_piece *at)
{
	const struct mls_tree_inner *inner = at->child.inner;
	struct mls_tree_piece left = {.is_whole = true}, right = {.is_whole = true};
	enum mls_err err = MLS_OK;

	if (mls_node_level(at->node) == 0 || is_all_blank(inner))
		return MLS_OK;
	if (inner->contents)
		err = visitor->check(visitor, crypto, inner, at->node);
	if (err || !at->is_whole)
		return err;
	left.child = inner->child[0];
	left.node = mls_left(at->node);
	right.child = inner->child[1];
	right.node = mls_right(at->node);
	err = visit_parents(visitor, crypto, &left);
	return err ? err : visit_parents(visitor, crypto, &right);
}

static enum mls_err visit_piece(void *state, struct mls_crypto *crypto, size_t i)
{
	const struct parent_visitor *visitor = state;

	return visit_parents(visitor, crypto, &visitor->pieces.v[i]);
}

static enum mls_err visit_all(struct parent_visitor *visitor, struct mls_crypto *crypto)
{
	const struct mls_tree *tree = visitor->tree;
	const struct mls_work work = {visit_piece, visitor, 1};
	size_t failed;
	enum mls_err err = mls_tree_cut(&visitor->pieces, crypto, tree->root, mls_root(tree->depth),
					is_all_blank);

	if (err == MLS_OK)
		err = mls_work_run(crypto, &work, visitor->pieces.n, &failed);
	mls_tree_pieces_free(&visitor->pieces);
	return err;
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

static enum mls_err check_unmerged(const struct parent_visitor *visitor, struct mls_crypto *crypto,
				   const struct mls_tree_inner *inner, uint32_t node)
{
	struct mls_slice unmerged = mls_tree_parent_view(inner->contents).unmerged_leaves;

	(void)visitor;
	(void)crypto;
	for (size_t i = 0; i < mls_unmerged_count(unmerged); i++) {
		uint32_t leaf = mls_unmerged_at(unmerged, i);

		if (!mls_covers(node, leaf) ||
		    !is_unmerged_below(inner, mls_node_level(node), leaf))
			return MLS_ERR_UNMERGED_LEAF;
	}
	return MLS_OK;
}

enum mls_err mls_tree_validate_unmerged(struct mls_crypto *crypto, const struct mls_tree *tree)
{
	struct parent_visitor visitor = {.check = check_unmerged, .tree = tree};

	return visit_all(&visitor, crypto);
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
	if (search->n++ > 0)
		return MLS_ERR_PARENT_HASH_CHAIN;
	search->node = node;
	return MLS_OK;
}

/*
 * 7.9.2: the node D in the resolution of the child C that could have been set together with
 * its parent: the rest of the resolution is the parent's unmerged leaves below C.
 */
static enum mls_err find_descendant(uint32_t *found, const struct mls_tree *tree, uint32_t child,
				    struct mls_slice unmerged)
{
	struct search search = {.unmerged = mls_unmerged_under(unmerged, child)};
	struct mls_resolution_visitor visitor = {visit_search, &search};
	enum mls_err err;

	/* An attacker must not have us walk long resolutions under many parents. */
	if (mls_tree_resolution_len(tree, child) != 1 + mls_unmerged_count(search.unmerged))
		return MLS_ERR_PARENT_HASH_CHAIN;
	err = mls_tree_resolution(tree, child, &visitor);
	*found = search.node;
	return err;
}

static struct mls_slice parent_hash_of(const struct mls_tree *tree, uint32_t node)
{
	union mls_tree_child child = mls_tree_node_at(tree, node);

	if (node % 2 == 0)
		return mls_tree_leaf_parent_hash(child.leaf);
	return mls_tree_parent_view(child.inner->contents).parent_hash;
}

/* Is the parent valid with a descendant under this child, the other one being its sibling? */
static enum mls_err try_child(struct mls_crypto *crypto, const struct mls_tree *tree,
			      const struct mls_parent_node *parent, uint32_t child)
{
	struct mls_secret sibling_hash, expected = {.len = crypto->suite->nh};
	struct mls_slice said;
	uint32_t descendant = 0;
	enum mls_err err = find_descendant(&descendant, tree, child, parent->unmerged_leaves);

	if (err)
		return err;
	said = parent_hash_of(tree, descendant);
	if (said.len > 0) { /* else nothing needs to be hashed to see that it is another */
		err = mls_tree_hash_without(crypto, &sibling_hash, tree, mls_sibling(child),
					    parent->unmerged_leaves);
		if (err)
			return err;
		mls_parent_hash(crypto, &expected, parent->encryption_key, parent->parent_hash,
				mls_secret_slice(&sibling_hash));
	}
	return mls_slice_equal(said, mls_secret_slice(&expected)) ? MLS_OK
								  : MLS_ERR_PARENT_HASH_CHAIN;
}

/*
 * "Exactly one descendant" is one at least here: one on each side would need a hash that
 * contains itself, since each side's parent hash covers the tree hash of the other.
 */
static enum mls_err check_parent_hash(const struct parent_visitor *visitor,
				      struct mls_crypto *crypto, const struct mls_tree_inner *inner,
				      uint32_t node)
{
	struct mls_parent_node parent = mls_tree_parent_view(inner->contents);
	enum mls_err err = try_child(crypto, visitor->tree, &parent, mls_left(node));

	if (err == MLS_ERR_PARENT_HASH_CHAIN)
		err = try_child(crypto, visitor->tree, &parent, mls_right(node));
	return err;
}

enum mls_err mls_tree_validate_parent_hashes(struct mls_crypto *crypto, const struct mls_tree *tree)
{
	struct parent_visitor visitor = {.check = check_parent_hash, .tree = tree};

	return visit_all(&visitor, crypto);
}

static enum mls_err check_key(const struct parent_visitor *visitor, struct mls_crypto *crypto,
			      const struct mls_tree_inner *inner, uint32_t node)
{
	(void)visitor;
	(void)node;
	return mls_public_key_check(crypto, mls_tree_parent_view(inner->contents).encryption_key);
}

/* The members of a tree by the number of their leaf. */
struct leaves {
	const struct mls_leaf_rules *rules;
	const struct mls_tree *tree;
};

static enum mls_err verify_leaf(void *state, struct mls_crypto *crypto, size_t leaf)
{
	const struct leaves *leaves = state;
	struct mls_leaf_node v;
	enum mls_err err = mls_tree_leaf_node(leaves->tree, (uint32_t)leaf, &v);

	if (err == MLS_ERR_LEAF_BLANK)
		return MLS_OK;
	return err ? err
		   : mls_leaf_node_verify(crypto, &v, leaves->rules->group_id, (uint32_t)leaf);
}

/* All but the signatures, in this thread, where the application is asked about credentials;
 * *end is the first leaf that fails. */
static enum mls_err check_leaves(const struct leaves *leaves, uint32_t *end)
{
	uint32_t leaf = mls_tree_next_member(leaves->tree, 0);
	enum mls_err err = MLS_OK;
	struct mls_leaf_node v;

	while (err == MLS_OK && leaf != MLS_NO_LEAF) {
		*end = leaf;
		err = mls_tree_leaf_node(leaves->tree, leaf, &v);
		if (err == MLS_OK)
			err = mls_leaf_node_check(leaves->rules, &v, NULL, 0);
		leaf = mls_tree_next_member(leaves->tree, leaf + 1);
	}
	if (err == MLS_OK)
		*end = mls_tree_n_leaves(leaves->tree);
	return err;
}

enum mls_err mls_tree_validate_leaves(const struct mls_leaf_rules *rules,
				      const struct mls_tree *tree)
{
	struct leaves leaves = {rules, tree};
	const struct mls_work work = {verify_leaf, &leaves, 4};
	enum mls_err err = mls_member_support_credentials(&tree->support), of_check;
	uint32_t n_checked = 0;
	size_t failed;

	if (err)
		return err;
	of_check = check_leaves(&leaves, &n_checked);
	err = mls_work_run(rules->crypto, &work, n_checked, &failed);
	return err ? err : of_check;
}

enum mls_err mls_tree_validate(const struct mls_leaf_rules *rules, struct mls_tree *tree)
{
	struct parent_visitor keys = {.check = check_key, .tree = tree};
	enum mls_err err = MLS_OK;

	TRY(mls_tree_validate_unmerged(rules->crypto, tree));
	TRY(visit_all(&keys, rules->crypto));
	mls_tree_rehash(rules->crypto, tree);
	TRY(mls_tree_validate_parent_hashes(rules->crypto, tree));
	TRY(mls_tree_validate_leaves(rules, tree));
out:
	return err;
}
