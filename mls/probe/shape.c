#include "shape.h"

#include "internal.h"

struct maker {
	struct mls_crypto *crypto;
	const struct mls_shape_plan *plan;
	struct mls_tree *tree;
	struct mls_private_path *keys;
};

static void member_clear(struct mls_shape_member *member)
{
	mls_signer_free(member->signer);
	mls_key_free(member->key);
	*member = (struct mls_shape_member){0};
}

static enum mls_err get_member(const struct maker *m, struct mls_shape_member *out, uint32_t index,
			       bool joins)
{
	const struct mls_shape_source *source = &m->plan->source;

	return source->member(source->state, out, index, joins);
}

/* Bytes that belong to a node and a purpose. */
static enum mls_err node_bytes(const struct maker *m, struct mls_secret *out, const char *label,
			       uint32_t node)
{
	const uint8_t context[] = {(uint8_t)(node >> 24), (uint8_t)(node >> 16),
				   (uint8_t)(node >> 8), (uint8_t)node};

	out->len = m->crypto->suite->nh;
	return mls_expand_with_label(m->crypto, out->bytes, out->len,
				     mls_secret_slice(&m->plan->secret), label,
				     mls_slice(context, sizeof(context)));
}

/* Gives the key of a node to the live members below it. */
static void hand_out(const struct maker *m, uint32_t node, struct mls_key *key)
{
	for (size_t i = 0; i < m->plan->n_live; i++) {
		if (mls_covers(node, m->plan->live[i]))
			mls_private_path_set(&m->keys[i], mls_node_level(node), mls_key_ref(key));
	}
}

/*
 * cold: the creator adds all others in one commit.
 */

static enum mls_err join_one(const struct maker *m, uint32_t index, struct mls_shape_member *member)
{
	enum mls_err err = get_member(m, member, index, true);
	uint32_t leaf;

	if (err)
		return err;
	if (index == 0)
		err = mls_tree_new(m->tree, m->crypto->suite, &m->plan->seed, member->leaf.encoded);
	else
		err = mls_tree_add(m->tree, &leaf, member->leaf.encoded);
	if (err == MLS_OK)
		hand_out(m, 2 * index, member->key);
	return err;
}

/* The creator's path, and its keys for those who would have taken them from the Welcome. */
static enum mls_err commit_path(const struct maker *m, struct mls_signer *signer)
{
	enum mls_err err = MLS_OK;
	struct mls_path path = {.leaf_node = {0}};
	struct mls_leaf_node creator;
	struct mls_secret secret = {.len = 0};

	TRY(node_bytes(m, &secret, "creator", 0));
	TRY(mls_tree_leaf_node(m->tree, 0, &creator));
	TRY(mls_path_create(m->crypto, &path, m->tree, 0, &creator, signer, m->plan->group_id,
			    &secret));
	hand_out(m, 0, path.keys.key[0]);
	for (uint8_t i = 0; i < path.nodes.n; i++)
		hand_out(m, mls_ancestor(0, path.nodes.level[i]),
			 path.keys.key[path.nodes.level[i]]);
out:
	mls_path_clear(&path);
	mls_secret_wipe(&secret);
	return err;
}

static enum mls_err make_cold(const struct maker *m)
{
	enum mls_err err = MLS_OK;
	struct mls_shape_member creator = {0}, other = {0};

	TRY(join_one(m, 0, &creator));
	for (uint32_t index = 1; index < m->plan->size; index++) {
		TRY(join_one(m, index, &other));
		member_clear(&other);
	}
	if (m->plan->shape == MLS_PROBE_COLD)
		TRY(commit_path(m, creator.signer));
	mls_tree_rehash(m->crypto, m->tree);
out:
	member_clear(&creator);
	member_clear(&other);
	return err;
}

/*
 * full: after everybody has committed in the order of leaves, a node was last set by the
 * rightmost member below it. So a node's parent_hash can be checked where the node above was
 * set by the same member, which is where it is a right child; the parent_hash of a left
 * child is what a commit has put there that has been overwritten since. Nodes without
 * members to the right are blank, for they were on nobody's filtered direct path.
 */

static enum mls_err make_key(const struct maker *m, struct mls_key **key, uint32_t node)
{
	struct mls_secret secret = {.len = 0};
	enum mls_err err = node_bytes(m, &secret, "node key", node);

	if (err == MLS_OK)
		err = mls_key_derive(m->crypto, key, mls_secret_slice(&secret));
	if (err == MLS_OK)
		hand_out(m, node, *key);
	mls_secret_wipe(&secret);
	return err;
}

static enum mls_err make_leaf(const struct maker *m, union mls_tree_child *out, uint32_t index,
			      struct mls_slice parent_hash)
{
	enum mls_err err = MLS_OK;
	struct mls_shape_member member = {0};
	struct mls_key *key = NULL;
	struct mls_buf encoded = {0};
	struct mls_leaf_node v;

	TRY(get_member(m, &member, index, false));
	TRY(make_key(m, &key, 2 * index));
	member.leaf.encryption_key = mls_key_public(key);
	member.leaf.source = MLS_LEAF_COMMIT;
	member.leaf.parent_hash = parent_hash;
	TRY(mls_leaf_node_sign(m->crypto, &encoded, &member.leaf, member.signer, m->plan->group_id,
			       index));
	TRY(mls_leaf_node_decode(mls_buf_slice(&encoded), &v));
	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_ENCRYPTION, v.encryption_key));
	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_SIGNATURE, v.signature_key));
	TRY(mls_member_support_enter(&m->tree->support, &v, 1));
	if (!(out->leaf = mls_tree_leaf_new(m->crypto->suite, &v)))
		FAIL(MLS_ERR_NOMEM);
out:
	member_clear(&member);
	mls_key_free(key);
	mls_buf_free(&encoded);
	return err;
}

static enum mls_err make_contents(const struct maker *m, struct mls_tree_parent **out,
				  uint32_t node, struct mls_slice parent_hash)
{
	enum mls_err err = MLS_OK;
	struct mls_key *key = NULL;
	struct mls_parent_node v = {.parent_hash = parent_hash};

	TRY(make_key(m, &key, node));
	v.encryption_key = mls_key_public(key);
	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_ENCRYPTION, v.encryption_key));
	if (!(*out = mls_tree_parent_new(&v, 0)))
		err = MLS_ERR_NOMEM;
out:
	mls_key_free(key);
	return err;
}

static enum mls_err make_subtree(const struct maker *m, union mls_tree_child *out, uint32_t node,
				 struct mls_slice parent_hash);

/* The halves of a node that is not blank. The left one is finished first, since the parent
 * hash for the right one covers it. */
static enum mls_err make_halves(const struct maker *m, struct mls_tree_inner *inner, uint32_t node,
				struct mls_slice parent_hash)
{
	enum mls_err err = MLS_OK;
	struct mls_secret overwritten, hash;

	TRY(make_contents(m, &inner->contents, node, parent_hash));
	TRY(node_bytes(m, &overwritten, "parent hash", mls_left(node)));
	TRY(make_subtree(m, &inner->child[0], mls_left(node), mls_secret_slice(&overwritten)));
	mls_parent_hash(m->crypto, &hash, mls_tree_parent_view(inner->contents).encryption_key,
			parent_hash,
			mls_tree_child_rehash(m->crypto, inner->child[0], mls_left(node)));
	TRY(make_subtree(m, &inner->child[1], mls_right(node), mls_secret_slice(&hash)));
out:
	return err;
}

/* A node whose right half has no members; the one below it is next to the one above. */
static enum mls_err make_left_half(const struct maker *m, struct mls_tree_inner *inner,
				   uint32_t node, struct mls_slice parent_hash)
{
	enum mls_err err = make_subtree(m, &inner->child[0], mls_left(node), parent_hash);

	if (err)
		return err;
	inner->child[1] =
		mls_tree_blank_subtree(m->crypto->suite, (uint8_t)(mls_node_level(node) - 1));
	return inner->child[1].leaf ? MLS_OK : MLS_ERR_NOMEM;
}

/* On failure, what was made so far is released with the tree's root. */
static enum mls_err make_subtree(const struct maker *m, union mls_tree_child *out, uint32_t node,
				 struct mls_slice parent_hash)
{
	uint8_t level = mls_node_level(node);
	enum mls_err err;

	if (level == 0)
		return make_leaf(m, out, node / 2, parent_hash);
	if (!(out->inner = mls_tree_inner_new(m->crypto->suite)))
		return MLS_ERR_NOMEM;
	if (mls_first_leaf(mls_right(node)) < m->plan->size)
		err = make_halves(m, out->inner, node, parent_hash);
	else
		err = make_left_half(m, out->inner, node, parent_hash);
	if (err == MLS_OK)
		mls_tree_inner_refresh(out->inner, level);
	return err;
}

static enum mls_err make_full(const struct maker *m)
{
	struct mls_tree *tree = m->tree;
	enum mls_err err;

	tree->suite = m->crypto->suite;
	tree->keys.seed = m->plan->seed;
	tree->depth = mls_depth_for(m->plan->size);
	err = make_subtree(m, &tree->root, mls_root(tree->depth), mls_slice(NULL, 0));
	if (err == MLS_OK)
		mls_tree_rehash(m->crypto, tree);
	return err;
}

enum mls_err mls_shape_make(struct mls_crypto *crypto, struct mls_tree *tree,
			    struct mls_private_path *keys, const struct mls_shape_plan *plan)
{
	struct maker m = {crypto, plan, tree, keys};
	enum mls_err err = MLS_ERR_USAGE;

	*tree = (struct mls_tree){0};
	for (size_t i = 0; i < plan->n_live; i++)
		keys[i] = (struct mls_private_path){.leaf = plan->live[i]};
	if (plan->size > 0)
		err = plan->shape == MLS_PROBE_FULL ? make_full(&m) : make_cold(&m);
	if (err) {
		mls_tree_clear(tree);
		for (size_t i = 0; i < plan->n_live; i++)
			mls_private_path_clear(&keys[i]);
	}
	return err;
}
