#include "shape.h"

#include "internal.h"

/*
 * The tree of a lineage, from the root down. What needs an order are parent hashes (RFC 9420
 * 7.9): that for a node covers the node above it that the same commit has set, and the other
 * half below that one, which is therefore made first. Where the node above has been set by a
 * later commit, or is blank, nobody can check any more what the parent_hash was: seeded bytes
 * stand there.
 */
struct maker {
	struct mls_crypto *crypto;
	const struct mls_shape_plan *plan;
	const struct mls_lineage *lineage;
	struct mls_tree *tree;
	struct mls_private_path *keys;
	struct mls_buf unmerged; /* of the node that is being made */
};

/* What the lowest node above that is not blank asks of the commit that has set it. */
struct above {
	uint32_t set; /* 0: there is none */
	struct mls_secret parent_hash;
};

static void member_clear(struct mls_shape_member *member)
{
	mls_signer_free(member->signer);
	mls_key_free(member->key);
	*member = (struct mls_shape_member){0};
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

/* Gives the key of a node to the live members below it who know it. */
static void hand_out(const struct maker *m, uint32_t node, struct mls_key *key)
{
	uint8_t level = mls_node_level(node);

	for (size_t i = 0; i < m->plan->n_live; i++) {
		uint32_t leaf = m->keys[i].leaf;

		if (!mls_covers(node, leaf) ||
		    (level > 0 && mls_lineage_is_unmerged(m->lineage, node, leaf)))
			continue;
		mls_private_path_set(&m->keys[i], level, mls_key_ref(key));
	}
}

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

static enum mls_err parent_hash_of(const struct maker *m, struct mls_secret *out, uint32_t node,
				   const struct above *above)
{
	*out = (struct mls_secret){.len = 0};
	if (m->lineage->set[node] == above->set)
		*out = above->parent_hash;
	else if (!m->lineage->is_top[node])
		return node_bytes(m, out, "parent hash", node);
	return MLS_OK;
}

/* Puts a leaf into the tree with all that the tree keeps of it. */
static enum mls_err enter_leaf(const struct maker *m, union mls_tree_child *out,
			       const struct mls_leaf_node *v)
{
	enum mls_err err = MLS_OK;

	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_ENCRYPTION, v->encryption_key));
	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_SIGNATURE, v->signature_key));
	TRY(mls_member_support_enter(&m->tree->support, v, 1));
	if (!(out->leaf = mls_tree_leaf_new(m->crypto->suite, v)))
		FAIL(MLS_ERR_NOMEM);
out:
	return err;
}

/* The leaf of a KeyPackage: the member has not committed yet. */
static enum mls_err make_joined(const struct maker *m, union mls_tree_child *out, uint32_t leaf)
{
	const struct mls_shape_source *source = &m->plan->source;
	struct mls_shape_member member = {0};
	enum mls_err err;

	err = source->member(source->state, &member, m->lineage->member_of[leaf], true);
	if (err == MLS_OK)
		err = enter_leaf(m, out, &member.leaf);
	if (err == MLS_OK)
		hand_out(m, 2 * leaf, member.key);
	member_clear(&member);
	return err;
}

/* The leaf of the member's own last commit. */
static enum mls_err make_committed(const struct maker *m, union mls_tree_child *out, uint32_t leaf,
				   const struct above *above)
{
	enum mls_err err = MLS_OK;
	const struct mls_shape_source *source = &m->plan->source;
	struct mls_shape_member member = {0};
	struct mls_key *key = NULL;
	struct mls_buf encoded = {0};
	struct mls_secret parent_hash;
	struct mls_leaf_node v;

	TRY(source->member(source->state, &member, m->lineage->member_of[leaf], false));
	TRY(make_key(m, &key, 2 * leaf));
	TRY(parent_hash_of(m, &parent_hash, 2 * leaf, above));
	member.leaf.encryption_key = mls_key_public(key);
	member.leaf.source = MLS_LEAF_COMMIT;
	member.leaf.parent_hash = mls_secret_slice(&parent_hash);
	TRY(mls_leaf_node_sign(m->crypto, &encoded, &member.leaf, member.signer, m->plan->group_id,
			       leaf));
	TRY(mls_leaf_node_decode(mls_buf_slice(&encoded), &v));
	TRY(enter_leaf(m, out, &v));
out:
	member_clear(&member);
	mls_key_free(key);
	mls_buf_free(&encoded);
	return err;
}

/* Collects the leaves below `below` that are unmerged at a node. */
static enum mls_err list_unmerged(struct maker *m, uint32_t node, uint32_t below)
{
	const struct mls_lineage *l = m->lineage;
	uint32_t leaf = below / 2;
	const uint8_t bytes[] = {(uint8_t)(leaf >> 24), (uint8_t)(leaf >> 16), (uint8_t)(leaf >> 8),
				 (uint8_t)leaf};
	enum mls_err err;

	if (l->latest[below] <= l->set[node])
		return MLS_OK;
	if (mls_node_level(below) == 0)
		return mls_buf_append(&m->unmerged, mls_slice(bytes, sizeof(bytes)));
	err = list_unmerged(m, node, mls_left(below));
	return err ? err : list_unmerged(m, node, mls_right(below));
}

static enum mls_err make_contents(struct maker *m, struct mls_tree_parent **out, uint32_t node,
				  struct mls_slice parent_hash)
{
	enum mls_err err = MLS_OK;
	struct mls_key *key = NULL;
	struct mls_parent_node v = {.parent_hash = parent_hash};

	m->unmerged.len = 0;
	TRY(list_unmerged(m, node, node));
	TRY(make_key(m, &key, node));
	v.encryption_key = mls_key_public(key);
	v.unmerged_leaves = mls_buf_slice(&m->unmerged);
	TRY(mls_key_index_insert(&m->tree->keys, MLS_KEY_ENCRYPTION, v.encryption_key));
	if (!(*out = mls_tree_parent_new(&v, 0)))
		err = MLS_ERR_NOMEM;
out:
	mls_key_free(key);
	return err;
}

/* The parent hash for the nodes that the commit of `inner` has set on the other side of
 * `sibling`, which is finished. */
static enum mls_err hash_above(const struct maker *m, struct above *out,
			       const struct mls_tree_inner *inner, union mls_tree_child sibling,
			       uint32_t node)
{
	struct mls_parent_node v = mls_tree_parent_view(inner->contents);
	struct mls_secret original;
	enum mls_err err;

	(void)mls_tree_child_rehash(m->crypto, sibling, node);
	err = mls_tree_child_hash_without(m->crypto, &original, sibling, node, v.unmerged_leaves);
	if (err == MLS_OK)
		mls_parent_hash(m->crypto, &out->parent_hash, v.encryption_key, v.parent_hash,
				mls_secret_slice(&original));
	return err;
}

static enum mls_err make_subtree(struct maker *m, union mls_tree_child *out, uint32_t node,
				 const struct above *above);

/* The halves of a node that is not blank. */
static enum mls_err make_halves(struct maker *m, struct mls_tree_inner *inner, uint32_t node,
				const struct above *above)
{
	enum mls_err err = MLS_OK;
	const struct above nothing = {0};
	struct above here = {.set = m->lineage->set[node]};
	uint32_t committer = m->lineage->committer[here.set - 1];
	bool from_right = mls_covers(mls_right(node), committer);
	uint32_t own = from_right ? mls_right(node) : mls_left(node), sibling = mls_sibling(own);
	struct mls_secret parent_hash;

	TRY(parent_hash_of(m, &parent_hash, node, above));
	TRY(make_contents(m, &inner->contents, node, mls_secret_slice(&parent_hash)));
	TRY(make_subtree(m, &inner->child[!from_right], sibling, &nothing));
	TRY(hash_above(m, &here, inner, inner->child[!from_right], sibling));
	TRY(make_subtree(m, &inner->child[from_right], own, &here));
out:
	return err;
}

/* On failure, what was made so far is released with the tree's root. */
static enum mls_err make_inner(struct maker *m, struct mls_tree_inner *inner, uint32_t node,
			       const struct above *above)
{
	enum mls_err err;

	if (m->lineage->set[node] != 0) {
		err = make_halves(m, inner, node, above);
	} else {
		err = make_subtree(m, &inner->child[0], mls_left(node), above);
		if (err == MLS_OK)
			err = make_subtree(m, &inner->child[1], mls_right(node), above);
	}
	if (err == MLS_OK)
		mls_tree_inner_refresh(inner, mls_node_level(node));
	return err;
}

static enum mls_err make_subtree(struct maker *m, union mls_tree_child *out, uint32_t node,
				 const struct above *above)
{
	uint8_t level = mls_node_level(node);

	if (m->lineage->members[node] == 0) {
		*out = mls_tree_blank_subtree(m->crypto->suite, level);
		return out->leaf ? MLS_OK : MLS_ERR_NOMEM;
	}
	if (level == 0 && m->lineage->set[node] == 0)
		return make_joined(m, out, node / 2);
	if (level == 0)
		return make_committed(m, out, node / 2, above);
	if (!(out->inner = mls_tree_inner_new(m->crypto->suite)))
		return MLS_ERR_NOMEM;
	return make_inner(m, out->inner, node, above);
}

enum mls_err mls_shape_make(struct mls_crypto *crypto, struct mls_tree *tree,
			    struct mls_private_path *keys, const struct mls_shape_plan *plan)
{
	enum mls_err err = MLS_OK;
	const struct above nothing = {0};
	struct maker m = {crypto, plan, plan->lineage, tree, keys, {0}};

	*tree = (struct mls_tree){
		.suite = crypto->suite,
		.depth = mls_lineage_depth(plan->lineage),
		.keys.seed = plan->seed,
	};
	for (size_t i = 0; i < plan->n_live; i++)
		keys[i] = (struct mls_private_path){0};
	for (size_t i = 0; i < plan->n_live; i++) {
		if (plan->live[i] >= mls_lineage_members(plan->lineage))
			FAIL(MLS_ERR_USAGE);
		keys[i].leaf = mls_lineage_leaf(plan->lineage, plan->live[i]);
	}
	TRY(make_subtree(&m, &tree->root, mls_root(tree->depth), &nothing));
	mls_tree_rehash(crypto, tree);
out:
	mls_buf_free(&m.unmerged);
	if (err) {
		mls_tree_clear(tree);
		for (size_t i = 0; i < plan->n_live; i++)
			mls_private_path_clear(&keys[i]);
	}
	return err;
}
