#include "secret_tree.h"

#include <stdlib.h>

#include "internal.h"
#include "memory.h"
#include "sender_ratchet.h"

/* What a node holds, which is also what it was allocated as. */
enum kind {
	SECRET,  /* tree_node_[N]_secret: nothing below it has been used yet */
	PARENT,  /* two children; its secret is gone */
	RATCHETS /* a leaf in use; its secret is gone */
};

struct mls_secret_node {
	uint32_t refs;
	enum kind kind;
};

struct secret_node {
	struct mls_secret_node node;
	struct mls_secret secret;
};

struct parent_node {
	struct mls_secret_node node;
	struct mls_secret_node *child[2];
};

struct ratchets_node {
	struct mls_secret_node node;
	struct mls_sender_ratchet ratchet[2]; /* by enum mls_ratchet */
};

static struct secret_node *as_secret(struct mls_secret_node *node)
{
	return (struct secret_node *)node;
}

static struct parent_node *as_parent(struct mls_secret_node *node)
{
	return (struct parent_node *)node;
}

static struct ratchets_node *as_ratchets(struct mls_secret_node *node)
{
	return (struct ratchets_node *)node;
}

static void *node_new(enum kind kind)
{
	static const size_t size[] = {
		[SECRET] = sizeof(struct secret_node),
		[PARENT] = sizeof(struct parent_node),
		[RATCHETS] = sizeof(struct ratchets_node),
	};
	struct mls_secret_node *node = mls_calloc(1, size[kind]);

	if (node)
		*node = (struct mls_secret_node){1, kind};
	return node;
}

/* Recursion ends at the height of the tree, at most 32. NULL is allowed. */
static void node_free(struct mls_secret_node *node)
{
	if (!node || --node->refs > 0)
		return;
	switch (node->kind) {
	case SECRET:
		mls_secret_wipe(&as_secret(node)->secret);
		break;
	case PARENT:
		node_free(as_parent(node)->child[0]);
		node_free(as_parent(node)->child[1]);
		break;
	case RATCHETS:
		mls_sender_ratchet_clear(&as_ratchets(node)->ratchet[0]);
		mls_sender_ratchet_clear(&as_ratchets(node)->ratchet[1]);
		break;
	}
	free(node);
}

/* Puts `node`, which *slot now owns, in the place of what *slot had. */
static void replace(struct mls_secret_node **slot, struct mls_secret_node *node)
{
	node_free(*slot);
	*slot = node;
}

static bool is_writable(const struct mls_secret_node *node, enum kind kind)
{
	return node->kind == kind && node->refs == 1;
}

static enum mls_err child_new(struct mls_crypto *c, struct mls_secret_node **out,
			      const struct mls_hmac_key *parent, const char *side)
{
	struct secret_node *child = node_new(SECRET);

	if (!child)
		return MLS_ERR_NOMEM;
	*out = &child->node;
	child->secret.len = c->suite->nh;
	return mls_expand_keyed(c, child->secret.bytes, child->secret.len, parent,
				mls_slice_str("tree"), mls_slice_str(side));
}

/* RFC 9420 9: the secrets of both children. */
static enum mls_err expand(struct mls_crypto *c, struct parent_node *parent,
			   const struct mls_secret *secret)
{
	struct mls_hmac_key keyed;
	enum mls_err err;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(secret));
	err = child_new(c, &parent->child[0], &keyed, "left");
	if (err == MLS_OK)
		err = child_new(c, &parent->child[1], &keyed, "right");
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

/* Makes *slot a parent node that only this tree has. */
static enum mls_err make_parent(struct mls_crypto *c, struct mls_secret_node **slot)
{
	enum mls_err err = MLS_OK;
	struct mls_secret_node *old = *slot;
	struct parent_node *parent;

	if (is_writable(old, PARENT))
		return MLS_OK;
	parent = node_new(PARENT);
	if (!parent)
		return MLS_ERR_NOMEM;
	if (old->kind == PARENT) {
		for (size_t i = 0; i < 2; i++) {
			parent->child[i] = as_parent(old)->child[i];
			parent->child[i]->refs++;
		}
	} else {
		err = expand(c, parent, &as_secret(old)->secret);
	}
	if (err)
		node_free(&parent->node);
	else
		replace(slot, &parent->node);
	return err;
}

/* RFC 9420 9: the roots of both ratchets; in a retired tree there is none for handshakes. */
static enum mls_err start(struct mls_crypto *c, struct ratchets_node *leaf,
			  const struct mls_secret *secret, bool is_retired)
{
	struct mls_hmac_key keyed;
	enum mls_err err = MLS_OK;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(secret));
	if (!is_retired)
		err = mls_derive_secret_keyed(c, &leaf->ratchet[MLS_RATCHET_HANDSHAKE].secret,
					      &keyed, "handshake");
	if (err == MLS_OK)
		err = mls_derive_secret_keyed(c, &leaf->ratchet[MLS_RATCHET_APPLICATION].secret,
					      &keyed, "application");
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

static enum mls_err copy(struct ratchets_node *to, const struct ratchets_node *from)
{
	enum mls_err err = mls_sender_ratchet_copy(&to->ratchet[0], &from->ratchet[0]);

	return err ? err : mls_sender_ratchet_copy(&to->ratchet[1], &from->ratchet[1]);
}

/* Makes *slot a leaf with ratchets that only this tree has. */
static enum mls_err make_ratchets(struct mls_crypto *c, struct mls_secret_node **slot,
				  bool is_retired)
{
	struct mls_secret_node *old = *slot;
	struct ratchets_node *leaf;
	enum mls_err err;

	if (is_writable(old, RATCHETS))
		return MLS_OK;
	leaf = node_new(RATCHETS);
	if (!leaf)
		return MLS_ERR_NOMEM;
	if (old->kind == RATCHETS)
		err = copy(leaf, as_ratchets(old));
	else
		err = start(c, leaf, &as_secret(old)->secret, is_retired);
	if (err)
		node_free(&leaf->node);
	else
		replace(slot, &leaf->node);
	return err;
}

/*
 * The ratchet of a leaf, for changing. Expanding a node loses nothing, so what was
 * expanded before a failure stays.
 */
static enum mls_err ratchet_of(struct mls_crypto *c, struct mls_secret_tree *t,
			       struct mls_sender_ratchet **out, uint32_t leaf,
			       enum mls_ratchet type)
{
	struct mls_secret_node **slot = &t->root;
	enum mls_err err = MLS_OK;

	if (leaf >> t->height != 0)
		return MLS_ERR_USAGE;
	for (unsigned level = t->height; level-- > 0;) {
		TRY(make_parent(c, slot));
		slot = &as_parent(*slot)->child[leaf >> level & 1];
	}
	TRY(make_ratchets(c, slot, t->is_retired));
	*out = &as_ratchets(*slot)->ratchet[type];
out:
	return err;
}

/* Of all leaves below that have ratchets, in this tree alone. */
static enum mls_err drop_handshakes(struct mls_crypto *c, struct mls_secret_node **slot)
{
	enum mls_err err = MLS_OK;

	if ((*slot)->kind == PARENT) {
		TRY(make_parent(c, slot));
		TRY(drop_handshakes(c, &as_parent(*slot)->child[0]));
		TRY(drop_handshakes(c, &as_parent(*slot)->child[1]));
	} else if ((*slot)->kind == RATCHETS) {
		TRY(make_ratchets(c, slot, true));
		mls_sender_ratchet_clear(&as_ratchets(*slot)->ratchet[MLS_RATCHET_HANDSHAKE]);
	}
out:
	return err;
}

enum mls_err mls_secret_tree_retire(struct mls_crypto *c, struct mls_secret_tree *to,
				    const struct mls_secret_tree *from, uint32_t own_leaf)
{
	struct mls_sender_ratchet *own;
	enum mls_err err = MLS_OK;

	mls_secret_tree_fork(to, from);
	to->is_retired = true;
	TRY(ratchet_of(c, to, &own, own_leaf, MLS_RATCHET_APPLICATION));
	mls_sender_ratchet_clear(own);
	TRY(drop_handshakes(c, &to->root));
out:
	if (err)
		mls_secret_tree_clear(to);
	return err;
}

static uint8_t height_of(uint32_t n_leaves)
{
	uint8_t height = 0;

	while ((n_leaves - 1) >> height != 0)
		height++;
	return height;
}

enum mls_err mls_secret_tree_init(struct mls_secret_tree *t, uint32_t n_leaves,
				  const struct mls_secret *encryption_secret)
{
	struct secret_node *root = node_new(SECRET);

	*t = (struct mls_secret_tree){0};
	if (!root)
		return MLS_ERR_NOMEM;
	root->secret = *encryption_secret;
	t->root = &root->node;
	t->height = height_of(n_leaves);
	return MLS_OK;
}

void mls_secret_tree_fork(struct mls_secret_tree *to, const struct mls_secret_tree *from)
{
	*to = *from;
	if (to->root)
		to->root->refs++;
}

void mls_secret_tree_clear(struct mls_secret_tree *t)
{
	node_free(t->root);
	*t = (struct mls_secret_tree){0};
}

enum mls_err mls_secret_tree_next(struct mls_crypto *c, struct mls_secret_tree *t,
				  struct mls_message_key *out, uint32_t leaf, enum mls_ratchet type)
{
	struct mls_sender_ratchet *ratchet;
	enum mls_err err = ratchet_of(c, t, &ratchet, leaf, type);

	return err ? err : mls_sender_ratchet_next(c, ratchet, out);
}

enum mls_err mls_secret_tree_position(struct mls_crypto *c, struct mls_secret_tree *t,
				      uint64_t *position, uint32_t leaf, enum mls_ratchet type)
{
	struct mls_sender_ratchet *ratchet;
	enum mls_err err = ratchet_of(c, t, &ratchet, leaf, type);

	if (err == MLS_OK)
		*position = ratchet->secret.len ? ratchet->next : UINT64_C(1) << 32;
	return err;
}

enum mls_err mls_secret_tree_find(struct mls_crypto *c, struct mls_secret_tree *t,
				  struct mls_message_key *out, uint32_t leaf, enum mls_ratchet type,
				  uint32_t generation, const struct mls_policy *policy)
{
	struct mls_sender_ratchet *ratchet;
	enum mls_err err = ratchet_of(c, t, &ratchet, leaf, type);

	return err ? err : mls_sender_ratchet_find(c, ratchet, out, generation, policy);
}

enum mls_err mls_secret_tree_consume(struct mls_crypto *c, struct mls_secret_tree *t, uint32_t leaf,
				     enum mls_ratchet type, uint32_t generation,
				     const struct mls_policy *policy)
{
	struct mls_sender_ratchet *ratchet;
	enum mls_err err = ratchet_of(c, t, &ratchet, leaf, type);

	return err ? err : mls_sender_ratchet_consume(c, ratchet, generation, policy);
}

static enum mls_err save_node(const struct mls_crypto *c, struct mls_codec *out,
			      struct mls_secret_node *node)
{
	uint8_t kind = (uint8_t)node->kind;
	struct mls_slice secret;

	mls_u8(out, &kind);
	switch (node->kind) {
	case SECRET:
		secret = mls_secret_slice(&as_secret(node)->secret);
		mls_opaque(out, &secret);
		return out->err;
	case PARENT:
		out->err = save_node(c, out, as_parent(node)->child[0]);
		return out->err ? out->err : save_node(c, out, as_parent(node)->child[1]);
	default:
		for (size_t i = 0; i < 2 && mls_codec_ok(out); i++)
			out->err = mls_sender_ratchet_save(c, out->out,
							   &as_ratchets(node)->ratchet[i]);
		return out->err;
	}
}

enum mls_err mls_secret_tree_save(const struct mls_crypto *c, const struct mls_secret_tree *t,
				  struct mls_buf *out)
{
	struct mls_codec codec = {.out = out};
	uint8_t height = t->height;

	mls_u8(&codec, &height);
	return codec.err ? codec.err : save_node(c, &codec, t->root);
}

static enum mls_err load_secret(const struct mls_crypto *c, struct mls_codec *in,
				struct mls_secret *secret)
{
	struct mls_slice bytes = {0};

	mls_opaque(in, &bytes);
	if (bytes.len != c->suite->nh)
		return MLS_ERR_STATE;
	memcpy(secret->bytes, bytes.p, bytes.len);
	secret->len = (uint8_t)bytes.len;
	return MLS_OK;
}

/* A parent cannot stand where leaves are, nor ratchets anywhere else. */
static enum mls_err load_node(const struct mls_crypto *c, struct mls_codec *in,
			      struct mls_secret_node **node, uint8_t height)
{
	uint8_t kind = 0;
	enum mls_err err = MLS_OK;

	mls_u8(in, &kind);
	if (kind > RATCHETS || (kind == PARENT && height == 0) || (kind == RATCHETS && height > 0))
		return MLS_ERR_STATE;
	*node = node_new((enum kind)kind);
	if (!*node)
		return MLS_ERR_NOMEM;
	if (kind == SECRET)
		return load_secret(c, in, &as_secret(*node)->secret);
	for (size_t i = 0; i < 2 && err == MLS_OK; i++)
		err = kind == PARENT
			      ? load_node(c, in, &as_parent(*node)->child[i], (uint8_t)(height - 1))
			      : mls_sender_ratchet_load(c, in, &as_ratchets(*node)->ratchet[i]);
	return err;
}

enum mls_err mls_secret_tree_load(const struct mls_crypto *c, struct mls_secret_tree *t,
				  uint32_t n_leaves, struct mls_slice saved)
{
	struct mls_codec in = {.in = saved};
	enum mls_err err = MLS_OK;

	*t = (struct mls_secret_tree){0};
	mls_u8(&in, &t->height);
	if (t->height != height_of(n_leaves))
		FAIL(MLS_ERR_STATE);
	TRY(load_node(c, &in, &t->root, t->height));
	if (in.in.len > 0)
		FAIL(MLS_ERR_STATE);
out:
	if (err)
		mls_secret_tree_clear(t);
	return err;
}

enum mls_err mls_sender_data_key(struct mls_crypto *c, struct mls_message_key *out,
				 const struct mls_secret *sender_data_secret,
				 struct mls_slice ciphertext)
{
	size_t nh = c->suite->nh;
	struct mls_slice sample = {ciphertext.p, ciphertext.len < nh ? ciphertext.len : nh};
	struct mls_hmac_key keyed;
	enum mls_err err;

	out->generation = 0;
	mls_hmac_key_init(c, &keyed, mls_secret_slice(sender_data_secret));
	err = mls_expand_keyed(c, out->key, c->suite->nk, &keyed, mls_slice_str("key"), sample);
	if (err == MLS_OK)
		err = mls_expand_keyed(c, out->nonce, MLS_AEAD_NONCE, &keyed,
				       mls_slice_str("nonce"), sample);
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}
