#include "tree_node.h"

#include <stdlib.h>

#include "memory.h"

size_t mls_unmerged_count(struct mls_slice unmerged)
{
	return unmerged.len / 4;
}

uint32_t mls_unmerged_at(struct mls_slice unmerged, size_t i)
{
	const uint8_t *p = unmerged.p + 4 * i;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

size_t mls_unmerged_below(struct mls_slice unmerged, uint32_t leaf)
{
	size_t low = 0, high = mls_unmerged_count(unmerged);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mls_unmerged_at(unmerged, middle) < leaf)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool mls_unmerged_has(struct mls_slice unmerged, uint32_t leaf)
{
	size_t i = mls_unmerged_below(unmerged, leaf);

	return i < mls_unmerged_count(unmerged) && mls_unmerged_at(unmerged, i) == leaf;
}

struct mls_slice mls_unmerged_under(struct mls_slice unmerged, uint32_t node)
{
	size_t first = mls_unmerged_below(unmerged, mls_first_leaf(node));
	size_t end = mls_unmerged_below(unmerged, mls_end_leaf(node));

	if (first == end)
		return mls_slice(NULL, 0);
	return mls_slice(unmerged.p + 4 * first, 4 * (end - first));
}

static bool strictly_increases(struct mls_slice unmerged)
{
	for (size_t i = 1; i < mls_unmerged_count(unmerged); i++) {
		if (mls_unmerged_at(unmerged, i - 1) >= mls_unmerged_at(unmerged, i))
			return false;
	}
	return true;
}

void mls_parent_node_walk(struct mls_codec *c, struct mls_parent_node *v)
{
	mls_opaque(c, &v->encryption_key);
	mls_opaque(c, &v->parent_hash);
	mls_opaque(c, &v->unmerged_leaves);
	if (v->unmerged_leaves.len % 4 != 0)
		mls_codec_fail(c, MLS_ERR_TRUNCATED);
	else if (!mls_encoding(c) && !strictly_increases(v->unmerged_leaves))
		mls_codec_fail(c, MLS_ERR_UNMERGED_ORDER);
}
MLS_WIRE_TYPE(parent_node)

struct mls_tree_leaf *mls_tree_leaf_blank(const struct mls_suite *suite)
{
	struct mls_tree_leaf *leaf = mls_malloc(sizeof(*leaf) + suite->nh);

	if (leaf)
		*leaf = (struct mls_tree_leaf){.refs = 1, .hash_len = suite->nh};
	return leaf;
}

struct mls_tree_leaf *mls_tree_leaf_new(const struct mls_suite *suite,
					const struct mls_leaf_node *v)
{
	const uint8_t *start = v->encoded.p;
	struct mls_tree_leaf *leaf =
		mls_malloc(offsetof(struct mls_tree_leaf, bytes) + suite->nh + v->encoded.len);
	struct mls_slice last = v->capabilities.credentials;

	if (!leaf)
		return NULL;
	*leaf = (struct mls_tree_leaf){
		.refs = 1,
		.encoded_len = (uint16_t)v->encoded.len,
		.encryption_key_at = (uint16_t)(v->encryption_key.p - start),
		.encryption_key_len = (uint16_t)v->encryption_key.len,
		.signature_key_at = (uint16_t)(v->signature_key.p - start),
		.signature_key_len = (uint16_t)v->signature_key.len,
		.source_at = (uint16_t)(last.p + last.len - start),
		.hash_len = suite->nh,
	};
	memcpy(leaf->bytes + suite->nh, start, v->encoded.len);
	return leaf;
}

static struct mls_tree_parent *parent_copy(const struct mls_tree_parent *old, uint32_t room)
{
	size_t len = old->encryption_key_len + (size_t)old->parent_hash_len +
		     4 * (size_t)old->n_unmerged;
	struct mls_tree_parent *fresh = mls_malloc(sizeof(*fresh) + len + 4 * (size_t)room);

	if (!fresh)
		return NULL;
	*fresh = *old;
	fresh->refs = 1;
	fresh->room = room;
	memcpy(fresh->bytes, old->bytes, len);
	return fresh;
}

static uint8_t *put(uint8_t *at, struct mls_slice s)
{
	if (s.len)
		memcpy(at, s.p, s.len);
	return at + s.len;
}

struct mls_tree_parent *mls_tree_parent_new(const struct mls_parent_node *v, uint32_t room)
{
	size_t len = v->encryption_key.len + v->parent_hash.len + v->unmerged_leaves.len;
	struct mls_tree_parent *fresh = mls_malloc(sizeof(*fresh) + len + 4 * (size_t)room);
	uint8_t *at;

	if (!fresh)
		return NULL;
	*fresh = (struct mls_tree_parent){
		.refs = 1,
		.n_unmerged = (uint32_t)mls_unmerged_count(v->unmerged_leaves),
		.room = room,
		.encryption_key_len = (uint8_t)v->encryption_key.len,
		.parent_hash_len = (uint8_t)v->parent_hash.len,
	};
	at = put(fresh->bytes, v->encryption_key);
	at = put(at, v->parent_hash);
	put(at, v->unmerged_leaves);
	return fresh;
}

struct mls_tree_inner *mls_tree_inner_new(const struct mls_suite *suite)
{
	struct mls_tree_inner *inner = mls_malloc(sizeof(*inner) + suite->nh);

	if (inner)
		*inner = (struct mls_tree_inner){.refs = 1};
	return inner;
}

union mls_tree_child mls_tree_blank_subtree(const struct mls_suite *suite, uint8_t level)
{
	union mls_tree_child out = {0};

	if (level == 0) {
		out.leaf = mls_tree_leaf_blank(suite);
		return out;
	}
	out.inner = mls_tree_inner_new(suite);
	for (int side = 0; out.inner && side < 2; side++) {
		union mls_tree_child below = mls_tree_blank_subtree(suite, (uint8_t)(level - 1));

		out.inner->child[side] = below;
		if (!below.leaf) {
			mls_tree_child_release(out, level);
			out.inner = NULL;
		}
	}
	return out;
}

union mls_tree_child mls_tree_child_ref(union mls_tree_child child, uint8_t level)
{
	if (level == 0)
		child.leaf->refs++;
	else
		child.inner->refs++;
	return child;
}

void mls_tree_parent_release(struct mls_tree_parent *parent)
{
	if (parent && --parent->refs == 0)
		free(parent);
}

void mls_tree_child_release(union mls_tree_child child, uint8_t level)
{
	if (level == 0) {
		if (child.leaf && --child.leaf->refs == 0)
			free(child.leaf);
		return;
	}
	if (!child.inner || --child.inner->refs > 0)
		return;
	mls_tree_parent_release(child.inner->contents);
	mls_tree_child_release(child.inner->child[0], (uint8_t)(level - 1));
	mls_tree_child_release(child.inner->child[1], (uint8_t)(level - 1));
	free(child.inner);
}

enum mls_err mls_tree_inner_own(const struct mls_suite *suite, struct mls_tree_inner **inner,
				uint8_t level)
{
	struct mls_tree_inner *old = *inner, *fresh;

	if (old->refs == 1)
		return MLS_OK;
	if (!(fresh = mls_tree_inner_new(suite)))
		return MLS_ERR_NOMEM;
	memcpy(fresh, old, sizeof(*fresh) + suite->nh);
	fresh->refs = 1;
	if (fresh->contents)
		fresh->contents->refs++;
	for (int side = 0; side < 2; side++)
		mls_tree_child_ref(fresh->child[side], (uint8_t)(level - 1));
	old->refs--;
	*inner = fresh;
	return MLS_OK;
}

enum mls_err mls_tree_parent_add_unmerged(struct mls_tree_parent **parent, uint32_t leaf)
{
	struct mls_tree_parent *p = *parent;
	struct mls_slice unmerged = mls_tree_parent_view(p).unmerged_leaves;
	size_t below = mls_unmerged_below(unmerged, leaf);
	uint8_t *at;

	if (p->refs > 1 || p->room == 0) {
		if (!(p = parent_copy(p, p->n_unmerged / 2 + 1)))
			return MLS_ERR_NOMEM;
		mls_tree_parent_release(*parent);
		*parent = p;
	}
	at = p->bytes + p->encryption_key_len + p->parent_hash_len + 4 * below;
	memmove(at + 4, at, 4 * (p->n_unmerged - below));
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(leaf >> (24 - 8 * i));
	p->n_unmerged++;
	p->room--;
	return MLS_OK;
}

uint32_t mls_tree_child_members(union mls_tree_child child, uint8_t level)
{
	return level ? child.inner->n_members : child.leaf->encoded_len > 0;
}

uint32_t mls_tree_child_resolution(union mls_tree_child child, uint8_t level)
{
	return level ? child.inner->n_resolution : child.leaf->encoded_len > 0;
}

void mls_tree_inner_refresh(struct mls_tree_inner *inner, uint8_t level)
{
	uint8_t below = (uint8_t)(level - 1);

	inner->n_members = mls_tree_child_members(inner->child[0], below) +
			   mls_tree_child_members(inner->child[1], below);
	inner->n_resolution = inner->contents
				      ? 1 + inner->contents->n_unmerged
				      : mls_tree_child_resolution(inner->child[0], below) +
						mls_tree_child_resolution(inner->child[1], below);
	inner->is_hashed = false;
}

struct mls_parent_node mls_tree_parent_view(const struct mls_tree_parent *p)
{
	const uint8_t *hash = p->bytes + p->encryption_key_len;

	return (struct mls_parent_node){
		mls_slice(p->bytes, p->encryption_key_len),
		mls_slice(hash, p->parent_hash_len),
		mls_slice(hash + p->parent_hash_len, 4 * (size_t)p->n_unmerged),
	};
}

struct mls_slice mls_tree_leaf_encoded(const struct mls_tree_leaf *leaf)
{
	return mls_slice(leaf->bytes + leaf->hash_len, leaf->encoded_len);
}

struct mls_slice mls_tree_leaf_encryption_key(const struct mls_tree_leaf *leaf)
{
	return mls_slice(leaf->bytes + leaf->hash_len + leaf->encryption_key_at,
			 leaf->encryption_key_len);
}

struct mls_slice mls_tree_leaf_signature_key(const struct mls_tree_leaf *leaf)
{
	return mls_slice(leaf->bytes + leaf->hash_len + leaf->signature_key_at,
			 leaf->signature_key_len);
}

struct mls_slice mls_tree_leaf_parent_hash(const struct mls_tree_leaf *leaf)
{
	struct mls_slice encoded = mls_tree_leaf_encoded(leaf);
	struct mls_codec c = {.in = encoded};
	struct mls_slice hash = {0};

	c.in.p += leaf->source_at;
	c.in.len -= leaf->source_at;
	if (c.in.p[0] != MLS_LEAF_COMMIT)
		return hash;
	c.in.p++;
	c.in.len--;
	mls_opaque(&c, &hash);
	return hash;
}
