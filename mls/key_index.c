#include "key_index.h"

#include <stdlib.h>

#include "internal.h"
#include "memory.h"
#include "siphash.h"

/*
 * A trie over fingerprints: an inner node looks at two bits and has up to four children, a
 * bucket holds up to BUCKET fingerprints in no order. A full bucket is split into an inner
 * node. Fingerprints are uniform, so the depth stays near log4(n / 9); and as they are
 * different, a bucket is never full where all bits are used up.
 *
 * A node with one owner, reached over nodes with one owner, is changed in place. Any other
 * is copied first, which makes its children shared.
 */
enum { BUCKET = 16, BUCKET_STEP = 4, FANOUT = 4, BITS = 2 };

struct fingerprint {
	uint8_t bytes[16];
};

struct mls_key_index_node {
	uint32_t refs;
	uint16_t n, room; /* of a bucket; room is 0 in an inner node */
};

struct inner {
	struct mls_key_index_node head;
	struct mls_key_index_node *child[FANOUT];
};

struct bucket {
	struct mls_key_index_node head;
	struct fingerprint key[];
};

static struct inner *as_inner(struct mls_key_index_node *node)
{
	return node->room ? NULL : (struct inner *)node;
}

static struct bucket *as_bucket(struct mls_key_index_node *node)
{
	return (struct bucket *)node;
}

static void release(struct mls_key_index_node *node)
{
	if (!node || --node->refs > 0)
		return;
	for (int i = 0; as_inner(node) && i < FANOUT; i++)
		release(as_inner(node)->child[i]);
	free(node);
}

static unsigned digit(const struct fingerprint *key, unsigned level)
{
	unsigned bit = level * BITS;

	return (unsigned)key->bytes[bit / 8] >> bit % 8 & (FANOUT - 1);
}

static struct fingerprint fingerprint(const struct mls_key_index *index, enum mls_key_use use,
				      struct mls_slice key)
{
	struct fingerprint out;

	mls_siphash(out.bytes, index->seed.bytes[use], key);
	return out;
}

/* Where in the bucket the key is; its n if it is not. */
static uint16_t position(struct bucket *bucket, const struct fingerprint *key)
{
	uint16_t i = 0;

	while (i < bucket->head.n && memcmp(&bucket->key[i], key, sizeof(*key)) != 0)
		i++;
	return i;
}

static struct bucket *bucket_new(uint16_t room)
{
	struct bucket *bucket = mls_malloc(sizeof(*bucket) + room * sizeof(bucket->key[0]));

	if (bucket)
		bucket->head = (struct mls_key_index_node){.refs = 1, .room = room};
	return bucket;
}

/* Puts a bucket of one owner with room for `n` keys in place of the one at `slot`. */
static enum mls_err own_bucket(struct mls_key_index_node **slot, uint16_t n)
{
	struct bucket *old = as_bucket(*slot), *fresh;
	uint16_t kept = old ? old->head.n : 0;

	if (old && old->head.refs == 1 && n <= old->head.room)
		return MLS_OK;
	fresh = bucket_new((uint16_t)((n + BUCKET_STEP - 1) / BUCKET_STEP * BUCKET_STEP));
	if (!fresh)
		return MLS_ERR_NOMEM;
	if (kept)
		memcpy(fresh->key, old->key, kept * sizeof(old->key[0]));
	fresh->head.n = kept;
	release(*slot);
	*slot = &fresh->head;
	return MLS_OK;
}

/* The same for an inner node. */
static enum mls_err own_inner(struct mls_key_index_node **slot)
{
	struct inner *fresh;

	if ((*slot)->refs == 1)
		return MLS_OK;
	if (!(fresh = mls_malloc(sizeof(*fresh))))
		return MLS_ERR_NOMEM;
	*fresh = *as_inner(*slot);
	fresh->head.refs = 1;
	for (int i = 0; i < FANOUT; i++) {
		if (fresh->child[i])
			fresh->child[i]->refs++;
	}
	release(*slot);
	*slot = &fresh->head;
	return MLS_OK;
}

/* Makes an inner node of the full bucket at `slot`. */
static enum mls_err split(struct mls_key_index_node **slot, unsigned level)
{
	enum mls_err err = MLS_OK;
	struct bucket *old = as_bucket(*slot);
	struct inner *fresh = mls_calloc(1, sizeof(*fresh));

	if (!fresh)
		return MLS_ERR_NOMEM;
	fresh->head.refs = 1;
	for (uint16_t i = 0; i < old->head.n; i++) {
		struct mls_key_index_node **child = &fresh->child[digit(&old->key[i], level)];

		TRY(own_bucket(child, (uint16_t)(*child ? (*child)->n + 1 : 1)));
		as_bucket(*child)->key[(*child)->n++] = old->key[i];
	}
	release(*slot);
	*slot = &fresh->head;
	fresh = NULL;
out:
	if (fresh)
		release(&fresh->head);
	return err;
}

/* Owns all inner nodes above the bucket where `key` belongs, which may be NULL. */
static enum mls_err descend(struct mls_key_index_node ***bucket, unsigned *level,
			    struct mls_key_index_node **slot, const struct fingerprint *key)
{
	enum mls_err err;

	for (*level = 0; *slot && as_inner(*slot); ++*level) {
		if ((err = own_inner(slot)) != MLS_OK)
			return err;
		slot = &as_inner(*slot)->child[digit(key, *level)];
	}
	*bucket = slot;
	return MLS_OK;
}

static bool contains(const struct mls_key_index *index, const struct fingerprint *key)
{
	struct mls_key_index_node *node = index->root;

	for (unsigned level = 0; node && as_inner(node); level++)
		node = as_inner(node)->child[digit(key, level)];
	return node && position(as_bucket(node), key) < node->n;
}

void mls_key_index_copy(struct mls_key_index *out, const struct mls_key_index *index)
{
	*out = *index;
	if (out->root)
		out->root->refs++;
}

void mls_key_index_clear(struct mls_key_index *index)
{
	release(index->root);
	index->root = NULL;
	index->n = 0;
}

bool mls_key_index_contains(const struct mls_key_index *index, enum mls_key_use use,
			    struct mls_slice key)
{
	struct fingerprint f = fingerprint(index, use, key);

	return contains(index, &f);
}

enum { CACHE_LINE = 64, SIDE_BY_SIDE = 64 };

/* All of a bucket; below an inner node all children, which a copy of it would count. */
static void prefetch_below(struct mls_key_index_node *node)
{
	const struct inner *inner = as_inner(node);

	for (int i = 0; inner && i < FANOUT; i++)
		__builtin_prefetch(inner->child[i], 1);
	for (size_t i = 0; !inner && i < node->n * sizeof(struct fingerprint); i += CACHE_LINE)
		__builtin_prefetch((const uint8_t *)as_bucket(node)->key + i);
}

/* Goes down to all keys at the same time, level by level: what one level asks for comes while
 * the others' are looked at. */
static void prefetch(const struct mls_key_index *index, const struct fingerprint *keys, size_t n)
{
	struct mls_key_index_node *at[SIDE_BY_SIDE];
	bool more = index->root != NULL;

	for (size_t i = 0; i < n; i++)
		at[i] = index->root;
	for (unsigned level = 0; more; level++) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			const struct inner *inner = at[i] ? as_inner(at[i]) : NULL;

			if (at[i])
				prefetch_below(at[i]);
			at[i] = inner ? inner->child[digit(&keys[i], level)] : NULL;
			more |= at[i] != NULL;
		}
	}
}

/* Of the first `n` keys, or of as many as are looked for side by side. */
static size_t fingerprints(const struct mls_key_index *index, struct fingerprint out[SIDE_BY_SIDE],
			   const struct mls_used_key *keys, size_t n)
{
	size_t now = n < SIDE_BY_SIDE ? n : SIDE_BY_SIDE;

	for (size_t i = 0; i < now; i++)
		out[i] = fingerprint(index, keys[i].use, keys[i].key);
	return now;
}

void mls_key_index_prefetch(const struct mls_key_index *index, const struct mls_used_key *keys,
			    size_t n)
{
	struct fingerprint f[SIDE_BY_SIDE];
	size_t now;

	for (; n > 0; keys += now, n -= now) {
		now = fingerprints(index, f, keys, n);
		prefetch(index, f, now);
	}
}

static enum mls_err insert(struct mls_key_index *index, const struct fingerprint *f)
{
	enum mls_err err = MLS_OK;
	struct mls_key_index_node **slot = NULL;
	unsigned level = 0;

	if (contains(index, f))
		return MLS_ERR_KEY_NOT_UNIQUE;
	TRY(descend(&slot, &level, &index->root, f));
	while (*slot && (*slot)->n == BUCKET) {
		TRY(split(slot, level));
		slot = &as_inner(*slot)->child[digit(f, level++)];
	}
	TRY(own_bucket(slot, (uint16_t)(*slot ? (*slot)->n + 1 : 1)));
	as_bucket(*slot)->key[(*slot)->n++] = *f;
	index->n++;
out:
	return err;
}

enum mls_err mls_key_index_insert(struct mls_key_index *index, enum mls_key_use use,
				  struct mls_slice key)
{
	struct fingerprint f = fingerprint(index, use, key);

	return insert(index, &f);
}

enum mls_err mls_key_index_insert_all(struct mls_key_index *index, const struct mls_used_key *keys,
				      size_t n)
{
	struct fingerprint f[SIDE_BY_SIDE];
	enum mls_err err = MLS_OK;
	size_t now;

	for (; n > 0 && err == MLS_OK; keys += now, n -= now) {
		now = fingerprints(index, f, keys, n);
		prefetch(index, f, now);
		for (size_t i = 0; i < now && err == MLS_OK; i++)
			err = insert(index, &f[i]);
	}
	return err;
}

enum mls_err mls_key_index_remove(struct mls_key_index *index, enum mls_key_use use,
				  struct mls_slice key)
{
	enum mls_err err = MLS_OK;
	struct fingerprint f = fingerprint(index, use, key);
	struct mls_key_index_node **slot = NULL;
	struct bucket *bucket;
	unsigned level = 0;

	if (!contains(index, &f))
		return MLS_ERR_USAGE;
	TRY(descend(&slot, &level, &index->root, &f));
	TRY(own_bucket(slot, (*slot)->n));
	bucket = as_bucket(*slot);
	bucket->key[position(bucket, &f)] = bucket->key[bucket->head.n - 1];
	index->n--;
	if (--bucket->head.n == 0) {
		release(*slot);
		*slot = NULL;
	}
out:
	return err;
}
