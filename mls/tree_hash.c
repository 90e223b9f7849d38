#include "tree_hash.h"

#include "internal.h"
#include "tree_piece.h"

enum { INPUT_LEAF = 1, INPUT_PARENT = 2 };

/* Bytes on the stack that are always enough for what is put into them. */
struct short_bytes {
	uint8_t bytes[4 * (4 + MLS_MAX_HASH) + MLS_MAX_PUBLIC_KEY];
	size_t len;
};

static void put_u8(struct short_bytes *b, uint8_t v)
{
	b->bytes[b->len++] = v;
}

/* The length in front of a vector of less than 2^30 bytes, RFC 9420 2.1.2. */
static void put_length(struct short_bytes *b, size_t n)
{
	size_t size = mls_length_size(n);

	for (size_t i = 0; i < size; i++)
		put_u8(b, (uint8_t)(n >> (8 * (size - 1 - i))));
	b->bytes[b->len - size] |= (uint8_t)(size == 4 ? 0x80 : size == 2 ? 0x40 : 0);
}

static void put_opaque(struct short_bytes *b, struct mls_slice s)
{
	put_length(b, s.len);
	if (s.len)
		memcpy(b->bytes + b->len, s.p, s.len);
	b->len += s.len;
}

static struct mls_slice slice(const struct short_bytes *b)
{
	return mls_slice(b->bytes, b->len);
}

/* TreeHashInput with a LeafNodeHashInput; an empty encoding is a blank leaf. */
static void hash_leaf(struct mls_crypto *crypto, uint8_t *out, uint32_t leaf,
		      struct mls_slice encoded)
{
	struct short_bytes head = {.len = 0};
	struct mls_slice parts[2];

	put_u8(&head, INPUT_LEAF);
	for (int shift = 24; shift >= 0; shift -= 8)
		put_u8(&head, (uint8_t)(leaf >> shift));
	put_u8(&head, encoded.len > 0);
	parts[0] = slice(&head);
	parts[1] = encoded;
	mls_hash(crypto, out, parts, encoded.len ? 2 : 1);
}

/* TreeHashInput with a ParentNodeHashInput; NULL is a blank node. */
static void hash_parent(struct mls_crypto *crypto, uint8_t *out, const struct mls_parent_node *v,
			struct mls_slice left, struct mls_slice right)
{
	struct short_bytes head = {.len = 0}, tail = {.len = 0};
	struct mls_slice parts[3], unmerged = v ? v->unmerged_leaves : mls_slice(NULL, 0);
	struct short_bytes *end = unmerged.len ? &tail : &head;

	put_u8(&head, INPUT_PARENT);
	put_u8(&head, v != NULL);
	if (v) {
		put_opaque(&head, v->encryption_key);
		put_opaque(&head, v->parent_hash);
		put_length(&head, unmerged.len);
	}
	put_opaque(end, left);
	put_opaque(end, right);
	parts[0] = slice(&head);
	parts[1] = unmerged;
	parts[2] = slice(&tail);
	mls_hash(crypto, out, parts, unmerged.len ? 3 : 1);
}

static struct mls_slice cached(const struct mls_suite *suite, union mls_tree_child child,
			       uint8_t level)
{
	return mls_slice(level ? child.inner->hash : child.leaf->bytes, suite->nh);
}

static void rehash(struct mls_crypto *crypto, union mls_tree_child child, uint32_t node)
{
	const struct mls_suite *suite = crypto->suite;
	uint8_t level = mls_node_level(node), below = (uint8_t)(level - 1);
	struct mls_parent_node v;

	if (level ? child.inner->is_hashed : child.leaf->is_hashed)
		return;
	if (level == 0) {
		hash_leaf(crypto, child.leaf->bytes, node / 2, mls_tree_leaf_encoded(child.leaf));
		child.leaf->is_hashed = true;
		return;
	}
	rehash(crypto, child.inner->child[0], mls_left(node));
	rehash(crypto, child.inner->child[1], mls_right(node));
	if (child.inner->contents)
		v = mls_tree_parent_view(child.inner->contents);
	hash_parent(crypto, child.inner->hash, child.inner->contents ? &v : NULL,
		    cached(suite, child.inner->child[0], below),
		    cached(suite, child.inner->child[1], below));
	child.inner->is_hashed = true;
}

static enum mls_err rehash_piece(void *state, struct mls_crypto *crypto, size_t i)
{
	const struct mls_tree_piece *piece = &((const struct mls_tree_pieces *)state)->v[i];

	if (piece->is_whole)
		rehash(crypto, piece->child, piece->node);
	return MLS_OK;
}

static bool is_hashed(const struct mls_tree_inner *inner)
{
	return inner->is_hashed;
}

/* Hashes those pieces that are not, on the threads of the crypto. What is left after it, all of
 * it when memory runs out, is rehash()'s. */
static void rehash_pieces(struct mls_crypto *crypto, union mls_tree_child child, uint32_t node)
{
	struct mls_tree_pieces pieces;
	const struct mls_work work = {rehash_piece, &pieces, 1};
	size_t failed;
	enum mls_err err = mls_tree_cut(&pieces, crypto, child, node, is_hashed);

	if (err == MLS_OK)
		err = mls_work_run(crypto, &work, pieces.n, &failed);
	(void)err;
	mls_tree_pieces_free(&pieces);
}

struct mls_slice mls_tree_child_rehash(struct mls_crypto *crypto, union mls_tree_child child,
				       uint32_t node)
{
	if (crypto->helpers)
		rehash_pieces(crypto, child, node);
	rehash(crypto, child, node);
	return cached(crypto->suite, child, mls_node_level(node));
}

void mls_tree_rehash(struct mls_crypto *crypto, struct mls_tree *tree)
{
	(void)mls_tree_child_rehash(crypto, tree->root, mls_root(tree->depth));
}

struct mls_slice mls_tree_hash(const struct mls_tree *tree)
{
	return cached(tree->suite, tree->root, tree->depth);
}

struct mls_slice mls_tree_node_hash(const struct mls_tree *tree, uint32_t node)
{
	return cached(tree->suite, mls_tree_node_at(tree, node), mls_node_level(node));
}

struct mls_slice mls_tree_rehash_node(struct mls_crypto *crypto, struct mls_tree *tree,
				      uint32_t node)
{
	return mls_tree_child_rehash(crypto, mls_tree_node_at(tree, node), node);
}

/* Appends the unmerged leaves of a node that are not in `without`. Both increase. */
static enum mls_err put_difference(struct mls_buf *out, struct mls_slice unmerged,
				   struct mls_slice without)
{
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < mls_unmerged_count(unmerged) && err == MLS_OK; i++) {
		if (!mls_unmerged_has(without, mls_unmerged_at(unmerged, i)))
			err = mls_buf_append(out, mls_slice(unmerged.p + 4 * i, 4));
	}
	return err;
}

/* `without` holds only leaves below the node. */
static enum mls_err hash_without(struct mls_crypto *crypto, uint8_t *out,
				 union mls_tree_child child, uint32_t node,
				 struct mls_slice without)
{
	enum mls_err err = MLS_OK;
	struct mls_buf kept = {0};
	uint8_t level = mls_node_level(node), side_hash[2][MLS_MAX_HASH];
	uint8_t nh = crypto->suite->nh;
	struct mls_parent_node v;

	if (without.len == 0) {
		memcpy(out, cached(crypto->suite, child, level).p, nh);
		return MLS_OK;
	}
	if (level == 0) {
		hash_leaf(crypto, out, node / 2, mls_slice(NULL, 0));
		return MLS_OK;
	}
	for (int side = 0; side < 2; side++) {
		uint32_t below = side ? mls_right(node) : mls_left(node);

		TRY(hash_without(crypto, side_hash[side], child.inner->child[side], below,
				 mls_unmerged_under(without, below)));
	}
	if (child.inner->contents) {
		v = mls_tree_parent_view(child.inner->contents);
		TRY(put_difference(&kept, v.unmerged_leaves, without));
		v.unmerged_leaves = mls_buf_slice(&kept);
	}
	hash_parent(crypto, out, child.inner->contents ? &v : NULL, mls_slice(side_hash[0], nh),
		    mls_slice(side_hash[1], nh));
out:
	mls_buf_free(&kept);
	return err;
}

enum mls_err mls_tree_child_hash_without(struct mls_crypto *crypto, struct mls_secret *out,
					 union mls_tree_child child, uint32_t node,
					 struct mls_slice without)
{
	out->len = crypto->suite->nh;
	return hash_without(crypto, out->bytes, child, node, mls_unmerged_under(without, node));
}

enum mls_err mls_tree_hash_without(struct mls_crypto *crypto, struct mls_secret *out,
				   const struct mls_tree *tree, uint32_t node,
				   struct mls_slice without)
{
	return mls_tree_child_hash_without(crypto, out, mls_tree_node_at(tree, node), node,
					   without);
}

void mls_parent_hash(struct mls_crypto *crypto, struct mls_secret *out,
		     struct mls_slice encryption_key, struct mls_slice parent_hash,
		     struct mls_slice original_sibling_tree_hash)
{
	struct short_bytes input = {.len = 0};
	struct mls_slice part;

	put_opaque(&input, encryption_key);
	put_opaque(&input, parent_hash);
	put_opaque(&input, original_sibling_tree_hash);
	part = slice(&input);
	out->len = crypto->suite->nh;
	mls_hash(crypto, out->bytes, &part, 1);
}
