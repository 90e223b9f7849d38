#include "treekem.h"

#include <stdlib.h>

#include "internal.h"
#include "memory.h"
#include "seal_many.h"

/* Fills in parent_hash of the path's nodes, root first, and gives the one for the leaf (7.9). */
static void hash_path(struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf,
		      struct mls_tree_path *path, struct mls_secret hash[MLS_MAX_DEPTH],
		      struct mls_slice *leaf_parent_hash)
{
	struct mls_slice above = {0};

	for (int i = path->nodes.n - 1; i >= 0; i--) {
		struct mls_parent_node *node = &path->contents[i];
		uint32_t sibling = mls_tree_copath(leaf, path->nodes.level[i]);

		node->parent_hash = above;
		mls_parent_hash(crypto, &hash[i], node->encryption_key, above,
				mls_tree_rehash_node(crypto, tree, sibling));
		above = mls_secret_slice(&hash[i]);
	}
	*leaf_parent_hash = above;
}

/* The key pair of a node, or of a leaf, from its secret (7.4). */
static enum mls_err node_key(struct mls_crypto *crypto, struct mls_key **out,
			     const struct mls_secret *path_secret)
{
	struct mls_secret node_secret = {.len = 0};
	enum mls_err err = mls_derive_secret(crypto, &node_secret, path_secret, "node");

	if (err == MLS_OK)
		err = mls_key_derive(crypto, out, mls_secret_slice(&node_secret));
	mls_secret_wipe(&node_secret);
	return err;
}

/* All secrets and keys of a new path, from the leaf up. */
static enum mls_err derive_path(struct mls_crypto *crypto, struct mls_path *path,
				const struct mls_secret *leaf_secret)
{
	enum mls_err err = MLS_OK;
	struct mls_secret secret = *leaf_secret;

	TRY(node_key(crypto, &path->keys.key[0], &secret));
	for (uint8_t i = 0; i < path->nodes.n; i++) {
		TRY(mls_derive_secret(crypto, &secret, &secret, "path"));
		path->path_secret[i] = secret;
		TRY(node_key(crypto, &path->keys.key[path->nodes.level[i]], &secret));
	}
	TRY(mls_derive_secret(crypto, &path->commit_secret, &secret, "path"));
out:
	mls_secret_wipe(&secret);
	return err;
}

enum mls_err mls_path_create(struct mls_crypto *crypto, struct mls_path *path,
			     struct mls_tree *tree, uint32_t leaf,
			     const struct mls_leaf_node *leaf_node, struct mls_signer *signer,
			     struct mls_slice group_id, const struct mls_secret *leaf_secret)
{
	enum mls_err err = MLS_OK;
	struct mls_leaf_node fresh = *leaf_node;
	struct mls_secret hash[MLS_MAX_DEPTH];
	struct mls_tree_path public_path = {0};

	*path = (struct mls_path){.keys.leaf = leaf};
	mls_tree_filtered_path(tree, leaf, &path->nodes);
	TRY(derive_path(crypto, path, leaf_secret));
	public_path.nodes = path->nodes;
	for (uint8_t i = 0; i < path->nodes.n; i++)
		public_path.contents[i].encryption_key =
			mls_key_public(path->keys.key[path->nodes.level[i]]);
	fresh.encryption_key = mls_key_public(path->keys.key[0]);
	fresh.source = MLS_LEAF_COMMIT;
	hash_path(crypto, tree, leaf, &public_path, hash, &fresh.parent_hash);
	TRY(mls_leaf_node_sign(crypto, &path->leaf_node, &fresh, signer, group_id, leaf));
	public_path.leaf = mls_buf_slice(&path->leaf_node);
	TRY(mls_tree_set_path(tree, leaf, &public_path));
	TRY(mls_member_support_credentials(&tree->support));
	mls_tree_rehash(crypto, tree);
out:
	if (err)
		mls_path_clear(path);
	return err;
}

void mls_path_clear(struct mls_path *path)
{
	mls_private_path_clear(&path->keys);
	mls_buf_free(&path->leaf_node);
	mls_wipe(path, sizeof(*path));
}

const struct mls_secret *mls_path_secret_for(const struct mls_path *path, uint32_t joiner)
{
	uint8_t level = mls_common_level(path->keys.leaf, joiner);

	for (uint8_t i = 0; i < path->nodes.n; i++) {
		if (path->nodes.level[i] == level)
			return &path->path_secret[i];
	}
	return NULL;
}

/* How many of the added leaves, which increase, are less than `leaf`. */
static size_t added_below(const uint32_t *added, size_t n_added, uint32_t leaf)
{
	size_t low = 0, high = n_added;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (added[middle] < leaf)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who gets which path secret, and where its ciphertext stands in the message. */
struct receiver {
	struct mls_slice key;
	uint8_t i; /* of nodes.level[i] */
	size_t at;
};

struct sealer {
	struct mls_crypto *crypto;
	const struct mls_path *path;
	const struct mls_hpke_info *info;
	const uint32_t *added;
	size_t n_added;
	struct receiver *receivers;   /* of one node after another */
	size_t n, end[MLS_MAX_DEPTH]; /* behind those of nodes.level[i] */
	uint8_t i;                    /* the node whose receivers are listed now */
	struct mls_buf *out;
};

static enum mls_err list_receiver(void *state, uint32_t node, struct mls_slice key)
{
	struct sealer *s = state;
	size_t i = added_below(s->added, s->n_added, node / 2);

	if (node % 2 != 0 || i == s->n_added || s->added[i] != node / 2)
		s->receivers[s->n++] = (struct receiver){.key = key, .i = s->i};
	return MLS_OK;
}

/* Lists everybody in the resolutions of the copath who was not added. */
static enum mls_err list_receivers(struct sealer *s, const struct mls_tree *tree)
{
	const struct mls_path *path = s->path;
	struct mls_resolution_visitor visitor = {list_receiver, s};
	enum mls_err err = MLS_OK;
	size_t n = 0;

	for (uint8_t i = 0; i < path->nodes.n; i++)
		n += mls_tree_resolution_len(
			tree, mls_tree_copath(path->keys.leaf, path->nodes.level[i]));
	s->receivers = mls_calloc(n ? n : 1, sizeof(*s->receivers));
	if (!s->receivers)
		return MLS_ERR_NOMEM;
	for (s->i = 0; s->i < path->nodes.n && err == MLS_OK; s->i++) {
		err = mls_tree_resolution(
			tree, mls_tree_copath(path->keys.leaf, path->nodes.level[s->i]), &visitor);
		s->end[s->i] = s->n;
	}
	return err;
}

static size_t first_of(const struct sealer *s, uint8_t i)
{
	return i ? s->end[i - 1] : 0;
}

/* UpdatePathNode, with room where the ciphertexts will be. */
static void put_path_node(struct mls_codec *c, struct sealer *s, uint8_t i)
{
	const struct mls_path *path = s->path;
	const size_t each = mls_encrypted_len(s->crypto->suite, path->path_secret[i].len);
	const size_t len = (s->end[i] - first_of(s, i)) * each;
	struct mls_slice key = mls_key_public(path->keys.key[path->nodes.level[i]]);

	mls_opaque(c, &key);
	if (mls_codec_ok(c))
		c->err = mls_put_length(c->out, len);
	if (mls_codec_ok(c))
		c->err = mls_buf_reserve(c->out, len);
	for (size_t at = first_of(s, i); mls_codec_ok(c) && at < s->end[i]; at++) {
		s->receivers[at].at = c->out->len;
		c->out->len += each;
	}
}

static enum mls_err seal_one(void *state, struct mls_crypto *crypto, size_t i,
			     struct mls_slice ephemeral)
{
	const struct sealer *s = state;
	const struct receiver *receiver = &s->receivers[i];
	struct mls_slice secret = mls_secret_slice(&s->path->path_secret[receiver->i]);
	struct mls_buf out = {.p = s->out->p + receiver->at, .fixed = true};

	out.cap = mls_encrypted_len(crypto->suite, secret.len);
	return mls_encrypt_with_label_from(crypto, &out, ephemeral, receiver->key, s->info, secret);
}

/* Bytes of UpdatePath.nodes. */
static size_t nodes_len(const struct sealer *s)
{
	const struct mls_suite *suite = s->crypto->suite;
	const size_t each = mls_encrypted_len(suite, suite->nh);
	size_t len = 0;

	for (uint8_t i = 0; i < s->path->nodes.n; i++) {
		const size_t ciphertexts = (s->end[i] - first_of(s, i)) * each;

		len += mls_length_size(suite->npk) + suite->npk + mls_length_size(ciphertexts) +
		       ciphertexts;
	}
	return len;
}

enum mls_err mls_path_encrypt(struct mls_crypto *crypto, const struct mls_path *path,
			      struct mls_buf *out, const struct mls_tree *tree,
			      struct mls_slice group_context, const uint32_t *added, size_t n_added)
{
	struct mls_hpke_info info;
	struct sealer s = {.crypto = crypto,
			   .path = path,
			   .info = &info,
			   .added = added,
			   .n_added = n_added,
			   .out = out};
	const struct mls_seal_many many = {seal_one, &s};
	struct mls_codec c = {.out = out};
	const size_t before = out->len;
	enum mls_err err = MLS_OK;

	mls_encrypt_context(crypto, &info, "UpdatePathNode", group_context);
	TRY(list_receivers(&s, tree));
	TRY(mls_buf_append(out, mls_buf_slice(&path->leaf_node)));
	TRY(mls_put_length(out, nodes_len(&s)));
	for (uint8_t i = 0; i < path->nodes.n; i++)
		put_path_node(&c, &s, i);
	TRY(c.err);
	TRY(mls_seal_to_many(crypto, &many, s.n));
out:
	if (err)
		out->len = before;
	free(s.receivers);
	return err;
}

/* Takes a node off the body of UpdatePath.nodes, which was decoded before. */
static bool next_node(struct mls_slice *nodes, struct mls_update_path_node *v)
{
	struct mls_codec c = {.in = *nodes};

	mls_opaque(&c, &v->encryption_key);
	mls_opaque(&c, &v->encrypted_path_secret);
	*nodes = c.in;
	return mls_codec_ok(&c);
}

enum mls_err mls_path_apply(struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
			    const struct mls_update_path *path)
{
	enum mls_err err = MLS_OK;
	struct mls_tree_path public_path = {.leaf = path->leaf_node.encoded};
	struct mls_secret hash[MLS_MAX_DEPTH];
	struct mls_slice nodes = path->nodes, parent_hash;
	struct mls_update_path_node node;

	mls_tree_filtered_path(tree, sender, &public_path.nodes);
	for (uint8_t i = 0; i < public_path.nodes.n; i++) {
		if (!next_node(&nodes, &node))
			FAIL(MLS_ERR_PATH_LENGTH);
		TRY(mls_public_key_check(crypto, node.encryption_key));
		public_path.contents[i].encryption_key = node.encryption_key;
	}
	if (nodes.len)
		FAIL(MLS_ERR_PATH_LENGTH);
	hash_path(crypto, tree, sender, &public_path, hash, &parent_hash);
	if (!mls_slice_equal(parent_hash, path->leaf_node.parent_hash))
		FAIL(MLS_ERR_LEAF_PARENT_HASH);
	TRY(mls_tree_set_path(tree, sender, &public_path));
	TRY(mls_member_support_credentials(&tree->support));
	mls_tree_rehash(crypto, tree);
out:
	return err;
}

/* Where in the resolution of a copath node a member finds its ciphertext, and the key to it. */
struct place {
	size_t index;
	const struct mls_key *key;
};

/* Leaves added in the commit, among those from `first` up to `end`. */
static size_t added_between(const struct mls_path_receiver *r, uint32_t first, uint32_t end)
{
	return added_below(r->added, r->n_added, end) - added_below(r->added, r->n_added, first);
}

/* At a node that is not blank: the node itself, or one of its unmerged leaves behind it. */
static void find_in_parent(struct place *place, const struct mls_path_receiver *r,
			   const struct mls_tree_parent *contents, uint32_t node,
			   const struct mls_private_path *old)
{
	struct mls_slice unmerged = mls_tree_parent_view(contents).unmerged_leaves;

	place->key = old->key[mls_node_level(node)];
	if (!mls_unmerged_has(unmerged, old->leaf))
		return;
	place->key = old->key[0];
	place->index += 1 + mls_unmerged_below(unmerged, old->leaf) -
			added_between(r, mls_first_leaf(node), old->leaf);
}

static enum mls_err find_place(struct place *place, const struct mls_path_receiver *r,
			       uint32_t node, const struct mls_private_path *old)
{
	union mls_tree_child child = mls_tree_node_at(r->tree, node);
	uint8_t level = mls_node_level(node);

	*place = (struct place){.key = old->key[0]};
	while (level > 0 && !child.inner->contents) {
		uint32_t left = mls_left(node), side = old->leaf >> --level & 1;

		if (side)
			place->index += mls_tree_child_resolution(child.inner->child[0], level) -
					added_between(r, mls_first_leaf(left), mls_end_leaf(left));
		child = child.inner->child[side];
		node = side ? mls_right(node) : left;
	}
	if (level > 0)
		find_in_parent(place, r, child.inner->contents, node, old);
	return place->key ? MLS_OK : MLS_ERR_PRIVATE_KEY_MISMATCH;
}

/* Checks how many ciphertexts each node of the path has and finds the one for us. */
static enum mls_err find_ciphertext(const struct mls_path_receiver *r,
				    const struct mls_filtered_path *nodes, uint8_t ours,
				    size_t index, struct mls_hpke_ciphertext *found)
{
	struct mls_slice body = r->path->nodes, none = {0};
	struct mls_update_path_node node = {none, none};

	for (uint8_t i = 0; i < nodes->n && next_node(&body, &node); i++) {
		uint32_t copath = mls_tree_copath(r->sender, nodes->level[i]);
		size_t want = mls_tree_resolution_len(r->tree, copath) -
			      added_between(r, mls_first_leaf(copath), mls_end_leaf(copath));

		if (mls_ciphertexts_count(node.encrypted_path_secret, i == ours ? index : SIZE_MAX,
					  found) != want)
			return MLS_ERR_PATH_CIPHERTEXTS;
	}
	return MLS_OK; /* ours is among them: its index is less than their number */
}

/* Derives the keys of nodes.level[i] and of all above it, and compares them with the tree's;
 * at the end `secret` is the commit secret. */
static enum mls_err derive_up(struct mls_crypto *crypto, struct mls_private_path *keys,
			      struct mls_secret *secret, const struct mls_tree *tree,
			      const struct mls_filtered_path *nodes, uint8_t i)
{
	for (; i < nodes->n; i++) {
		uint8_t level = nodes->level[i];
		struct mls_slice public_key =
			mls_tree_public_key(tree, mls_ancestor(keys->leaf, level));
		struct mls_key *key = NULL;
		enum mls_err err;

		if (public_key.len == 0)
			return MLS_ERR_PATH_BLANK;
		if ((err = node_key(crypto, &key, secret)) != MLS_OK)
			return err;
		mls_private_path_set(keys, level, key);
		if (!mls_slice_equal(mls_key_public(key), public_key))
			return MLS_ERR_PATH_KEY_MISMATCH;
		if ((err = mls_derive_secret(crypto, secret, secret, "path")) != MLS_OK)
			return err;
	}
	return MLS_OK;
}

/* The place of a level in a filtered direct path; nodes->n where it is not in it. */
static uint8_t find_level(const struct mls_filtered_path *nodes, uint8_t level)
{
	uint8_t i = 0;

	while (i < nodes->n && nodes->level[i] != level)
		i++;
	return i;
}

static enum mls_err take_secret(struct mls_crypto *crypto, struct mls_secret *out,
				struct mls_slice path_secret)
{
	if (path_secret.len != crypto->suite->nh)
		return MLS_ERR_PATH_SECRET;
	out->len = crypto->suite->nh;
	memcpy(out->bytes, path_secret.p, path_secret.len);
	return MLS_OK;
}

/* The path secret that is encrypted to the holder of `old`, at nodes.level[i]: the level at which
 * the holder's path meets the sender's. */
static enum mls_err open_secret(struct mls_crypto *crypto, struct mls_secret *out,
				const struct mls_path_receiver *r,
				const struct mls_filtered_path *nodes, uint8_t i,
				const struct mls_private_path *old)
{
	enum mls_err err = MLS_OK;
	struct mls_hpke_ciphertext ciphertext = {0};
	struct mls_buf plaintext = {0};
	struct mls_hpke_info info;
	struct place place;
	const uint8_t common = mls_common_level(r->sender, old->leaf);

	TRY(find_place(&place, r, mls_tree_copath(r->sender, common), old));
	TRY(find_ciphertext(r, nodes, i, place.index, &ciphertext));
	mls_encrypt_context(crypto, &info, "UpdatePathNode", r->group_context);
	TRY(mls_decrypt_with_label(crypto, &plaintext, place.key, &info, &ciphertext));
	TRY(take_secret(crypto, out, mls_buf_slice(&plaintext)));
out:
	mls_buf_free(&plaintext);
	return err;
}

enum mls_err mls_path_decrypt(struct mls_crypto *crypto, struct mls_private_path *keys,
			      struct mls_secret *commit_secret,
			      const struct mls_path_receiver *receiver,
			      const struct mls_private_path *old)
{
	enum mls_err err = MLS_OK;
	struct mls_filtered_path nodes;
	struct mls_secret secret = {.len = 0};
	uint8_t common = mls_common_level(receiver->sender, old->leaf), i;

	*keys = (struct mls_private_path){0};
	mls_tree_filtered_path(receiver->tree, receiver->sender, &nodes);
	i = find_level(&nodes, common);
	if (i == nodes.n)
		FAIL(MLS_ERR_PRIVATE_KEY_MISMATCH);
	TRY(open_secret(crypto, &secret, receiver, &nodes, i, old));
	mls_private_path_copy(keys, old);
	mls_private_path_prune(keys, receiver->tree);
	for (uint8_t level = common; level <= MLS_MAX_DEPTH; level++)
		mls_private_path_set(keys, level, NULL);
	TRY(derive_up(crypto, keys, &secret, receiver->tree, &nodes, i));
	*commit_secret = secret;
out:
	if (err)
		mls_private_path_clear(keys);
	mls_secret_wipe(&secret);
	return err;
}

enum mls_err mls_path_join(struct mls_crypto *crypto, struct mls_private_path *keys,
			   const struct mls_tree *tree, uint32_t leaf, struct mls_key *leaf_key,
			   uint32_t signer, struct mls_slice path_secret)
{
	enum mls_err err = MLS_OK;
	struct mls_secret secret = {.len = 0};
	struct mls_filtered_path nodes;
	uint8_t i;

	*keys = (struct mls_private_path){.leaf = leaf, .key = {mls_key_ref(leaf_key)}};
	TRY(mls_private_path_check(keys, tree));
	if (path_secret.len == 0)
		goto out;
	TRY(take_secret(crypto, &secret, path_secret));
	if (!mls_tree_leaf(tree, signer))
		FAIL(MLS_ERR_LEAF_BLANK);
	mls_tree_filtered_path(tree, signer, &nodes);
	i = find_level(&nodes, mls_common_level(signer, leaf));
	if (i == nodes.n)
		FAIL(MLS_ERR_PATH_BLANK);
	TRY(derive_up(crypto, keys, &secret, tree, &nodes, i));
out:
	if (err)
		mls_private_path_clear(keys);
	mls_secret_wipe(&secret);
	return err;
}
