#include "internal.h"
#include "tree.h"

/* The extension ratchet_tree, RFC 9420 12.4.3.3. */

static enum mls_err put_head(struct mls_buf *out, size_t *blanks, uint8_t type)
{
	const uint8_t head[] = {1, type};
	enum mls_err err = mls_buf_reserve(out, *blanks);

	if (err)
		return err;
	if (*blanks)
		memset(out->p + out->len, 0, *blanks);
	out->len += *blanks;
	*blanks = 0;
	return mls_buf_append(out, mls_slice(head, sizeof(head)));
}

static enum mls_err put_leaf(struct mls_buf *out, const struct mls_tree_leaf *leaf, size_t *blanks)
{
	enum mls_err err;

	if (leaf->encoded_len == 0) {
		++*blanks;
		return MLS_OK;
	}
	err = put_head(out, blanks, MLS_NODE_LEAF);
	return err ? err : mls_buf_append(out, mls_tree_leaf_encoded(leaf));
}

static enum mls_err put_parent(struct mls_buf *out, const struct mls_tree_parent *contents,
			       size_t *blanks)
{
	struct mls_parent_node v;
	enum mls_err err;

	if (!contents) {
		++*blanks;
		return MLS_OK;
	}
	v = mls_tree_parent_view(contents);
	err = put_head(out, blanks, MLS_NODE_PARENT);
	return err ? err : mls_parent_node_encode(out, &v);
}

/* Encodes the nodes below `child` in order. Blank nodes are only counted until a node that
 * is not blank follows, so that none comes last. */
static enum mls_err put_nodes(struct mls_buf *out, union mls_tree_child child, uint8_t level,
			      size_t *blanks)
{
	enum mls_err err;

	if (level == 0)
		return put_leaf(out, child.leaf, blanks);
	if (child.inner->n_resolution == 0) {
		*blanks += ((size_t)2 << level) - 1;
		return MLS_OK;
	}
	err = put_nodes(out, child.inner->child[0], (uint8_t)(level - 1), blanks);
	if (err == MLS_OK)
		err = put_parent(out, child.inner->contents, blanks);
	if (err == MLS_OK)
		err = put_nodes(out, child.inner->child[1], (uint8_t)(level - 1), blanks);
	return err;
}

/* A leaf with a basic credential takes about so many bytes. */
enum { LIKELY_LEAF = 200 };

size_t mls_tree_likely_len(const struct mls_tree *tree)
{
	return (size_t)mls_tree_n_members(tree) * LIKELY_LEAF;
}

enum mls_err mls_tree_encode(const struct mls_tree *tree, struct mls_buf *out)
{
	const size_t likely = mls_tree_likely_len(tree);
	struct mls_codec c = {.out = out};
	size_t start = mls_open_long_vector(&c, likely), blanks = 0;

	if (mls_codec_ok(&c))
		c.err = put_nodes(out, tree->root, tree->depth, &blanks);
	mls_close_long_vector(&c, start, likely);
	if (c.err)
		out->len = start;
	return c.err;
}

static size_t vector_len(struct mls_slice body)
{
	return mls_length_size(body.len) + body.len;
}

static size_t parent_len(const struct mls_tree_parent *contents)
{
	struct mls_parent_node v;

	if (!contents)
		return 1;
	v = mls_tree_parent_view(contents);
	return 2 + vector_len(v.encryption_key) + vector_len(v.parent_hash) +
	       vector_len(v.unmerged_leaves);
}

static size_t nodes_len(union mls_tree_child child, uint8_t level)
{
	if (level == 0)
		return child.leaf->encoded_len ? 2 + (size_t)child.leaf->encoded_len : 1;
	if (child.inner->n_resolution == 0)
		return ((size_t)2 << level) - 1;
	return nodes_len(child.inner->child[0], (uint8_t)(level - 1)) +
	       parent_len(child.inner->contents) +
	       nodes_len(child.inner->child[1], (uint8_t)(level - 1));
}

size_t mls_tree_encoded_bound(const struct mls_tree *tree)
{
	size_t len = nodes_len(tree->root, tree->depth);

	return mls_length_size(len) + len;
}

/*
 * Nodes arrive from left to right, so what is known at any time is a row of inner nodes,
 * each with its left half, and each within the right half of the one before.
 */
enum { KEYS = 32 };

struct builder {
	struct mls_tree tree; /* its root is put in last */
	struct mls_tree_inner *open[MLS_MAX_DEPTH + 1];
	uint8_t level[MLS_MAX_DEPTH + 1];
	uint8_t n_open;
	union mls_tree_child last; /* the subtree that is complete, if any */
	uint8_t last_level;
	struct mls_used_key key[KEYS]; /* that are still to be entered, in the encoded tree */
	size_t n_keys;
};

/* Keys are entered by so many: in a large index each lies somewhere else, and memory is waited
 * for once. */
static enum mls_err enter_keys(struct builder *b)
{
	enum mls_err err = mls_key_index_insert_all(&b->tree.keys, b->key, b->n_keys);

	b->n_keys = 0;
	return err;
}

static enum mls_err take_key(struct builder *b, enum mls_key_use use, struct mls_slice key)
{
	b->key[b->n_keys++] = (struct mls_used_key){use, key};
	return b->n_keys < KEYS ? MLS_OK : enter_keys(b);
}

static void builder_clear(struct builder *b)
{
	mls_tree_child_release(b->last, b->last_level);
	for (uint8_t i = 0; i < b->n_open; i++)
		mls_tree_child_release((union mls_tree_child){.inner = b->open[i]}, b->level[i]);
	mls_tree_clear(&b->tree);
}

/* Makes the complete subtree the right half of the innermost open node, which completes it. */
static void close_node(struct builder *b)
{
	struct mls_tree_inner *inner = b->open[--b->n_open];

	inner->child[1] = b->last;
	b->last = (union mls_tree_child){.inner = inner};
	b->last_level = b->level[b->n_open];
	mls_tree_inner_refresh(inner, b->last_level);
}

/* Opens the node above the complete subtree, which becomes its left half. */
static enum mls_err open_node(struct builder *b, struct mls_tree_parent *contents)
{
	struct mls_tree_inner *inner = mls_tree_inner_new(b->tree.suite);

	if (!inner)
		return MLS_ERR_NOMEM;
	inner->contents = contents;
	inner->child[0] = b->last;
	b->last = (union mls_tree_child){0};
	b->level[b->n_open] = (uint8_t)(b->last_level + 1);
	b->open[b->n_open++] = inner;
	return MLS_OK;
}

static enum mls_err take_leaf(struct builder *b, const struct mls_leaf_node *v, bool present)
{
	struct mls_tree *tree = &b->tree;
	enum mls_err err;

	b->last_level = 0;
	if (!present) {
		b->last.leaf = mls_tree_leaf_blank(tree->suite);
		return b->last.leaf ? MLS_OK : MLS_ERR_NOMEM;
	}
	if (v->encoded.len > UINT16_MAX)
		return MLS_ERR_LEAF_TOO_LONG;
	if (!(b->last.leaf = mls_tree_leaf_new(tree->suite, v)))
		return MLS_ERR_NOMEM;
	err = take_key(b, MLS_KEY_ENCRYPTION, v->encryption_key);
	if (err == MLS_OK)
		err = take_key(b, MLS_KEY_SIGNATURE, v->signature_key);
	return err ? err : mls_member_support_enter(&tree->support, v, 1);
}

static enum mls_err take_parent(struct builder *b, const struct mls_parent_node *v, bool present)
{
	const struct mls_suite *suite = b->tree.suite;
	struct mls_tree_parent *contents;
	enum mls_err err;

	if (!present)
		return open_node(b, NULL);
	if (v->encryption_key.len != suite->npk)
		return MLS_ERR_PUBLIC_KEY;
	if (v->parent_hash.len != 0 && v->parent_hash.len != suite->nh)
		return MLS_ERR_PARENT_HASH_LENGTH;
	if ((err = take_key(b, MLS_KEY_ENCRYPTION, v->encryption_key)) != MLS_OK)
		return err;
	if (!(contents = mls_tree_parent_new(v, 0)))
		return MLS_ERR_NOMEM;
	if ((err = open_node(b, contents)) != MLS_OK)
		mls_tree_parent_release(contents);
	return err;
}

/* The innermost open nodes that the complete subtree fills to the right. */
static void close_full(struct builder *b)
{
	while (b->n_open > 0 && b->level[b->n_open - 1] == b->last_level + 1)
		close_node(b);
}

/* Reads optional<Node>, where a node of this type belongs, and puts it into its place. */
static enum mls_err take_node(struct builder *b, struct mls_codec *c, uint8_t type, bool *present)
{
	struct mls_leaf_node leaf = {0};
	struct mls_parent_node parent = {0};
	uint8_t found = type;
	enum mls_err err;

	mls_present(c, present);
	if (*present)
		mls_u8(c, &found);
	if (found != type)
		mls_codec_fail(c, MLS_ERR_NODE_TYPE);
	if (*present && type == MLS_NODE_LEAF)
		mls_leaf_node_walk(c, &leaf);
	if (*present && type == MLS_NODE_PARENT)
		mls_parent_node_walk(c, &parent);
	if (c->err)
		return c->err;
	if (type == MLS_NODE_PARENT)
		return take_parent(b, &parent, *present);
	err = take_leaf(b, &leaf, *present);
	if (err == MLS_OK)
		close_full(b);
	return err;
}

/* Fills up with blank nodes to the right, as few as possible. */
static enum mls_err complete(struct builder *b)
{
	enum mls_err err;

	if (!b->last.leaf) {
		b->last_level = (uint8_t)(b->level[b->n_open - 1] - 1);
		b->last = mls_tree_blank_subtree(b->tree.suite, b->last_level);
		if (!b->last.leaf)
			return MLS_ERR_NOMEM;
		close_node(b);
	}
	for (close_full(b); b->n_open > 0; close_full(b)) {
		union mls_tree_child blank;

		if ((err = open_node(b, NULL)) != MLS_OK)
			return err;
		blank = mls_tree_blank_subtree(b->tree.suite, b->last_level);
		if (!blank.leaf)
			return MLS_ERR_NOMEM;
		b->last = blank;
		close_node(b);
	}
	return MLS_OK;
}

enum mls_err mls_tree_decode(struct mls_tree *tree, const struct mls_suite *suite,
			     const struct mls_key_index_seed *seed, struct mls_slice encoded,
			     uint32_t max_leaves)
{
	enum mls_err err = MLS_OK;
	struct builder b = {.tree = {.suite = suite, .keys.seed = *seed}};
	struct mls_codec outer = {.in = encoded}, c = {0};
	bool present = false;

	*tree = (struct mls_tree){0};
	mls_opaque(&outer, &c.in);
	if (outer.err || outer.in.len)
		FAIL(outer.err ? outer.err : MLS_ERR_TRAILING);
	if (c.in.len == 0)
		FAIL(MLS_ERR_TREE_EMPTY);
	for (uint32_t i = 0; c.in.len > 0; i++) {
		if (i % 2 == 0 && i / 2 == max_leaves)
			FAIL(MLS_ERR_TREE_TOO_LARGE);
		TRY(take_node(&b, &c, i % 2 ? MLS_NODE_PARENT : MLS_NODE_LEAF, &present));
	}
	if (!present)
		FAIL(MLS_ERR_TREE_LAST_BLANK);
	TRY(enter_keys(&b));
	TRY(complete(&b));
	b.tree.root = b.last;
	b.tree.depth = b.last_level;
	*tree = b.tree;
	b = (struct builder){0};
out:
	builder_clear(&b);
	return err;
}
