#include "proposal_cache.h"

#include <stdlib.h>

#include "memory.h"

static void cached_free(struct mls_cached_proposal *cached)
{
	if (!cached || --cached->refs > 0)
		return;
	mls_buf_free(&cached->body);
	mls_key_free(cached->update_key);
	free(cached);
}

static enum mls_err grow(struct mls_proposal_cache *cache)
{
	const size_t room = cache->room ? 2 * cache->room : 4;
	struct mls_cached_proposal **v;

	if (cache->n < cache->room)
		return MLS_OK;
	v = mls_calloc(room, sizeof(struct mls_cached_proposal *));
	if (!v)
		return MLS_ERR_NOMEM;
	if (cache->n)
		memcpy(v, cache->v, cache->n * sizeof(*v));
	free(cache->v);
	cache->v = v;
	cache->room = room;
	return MLS_OK;
}

/* Where a reference is; cache->n where it is not. */
static size_t place_of(const struct mls_proposal_cache *cache, struct mls_slice ref)
{
	size_t i = 0;

	while (i < cache->n &&
	       !mls_slice_equal(mls_slice(cache->v[i]->ref, cache->v[i]->ref_len), ref))
		i++;
	return i;
}

const struct mls_cached_proposal *mls_proposal_cache_find(const struct mls_proposal_cache *cache,
							  struct mls_slice ref)
{
	const size_t place = place_of(cache, ref);

	return place < cache->n ? cache->v[place] : NULL;
}

/* Empty but for an Add, whose newcomer has it in `body`. */
static struct mls_slice newcomers_key(uint16_t type, struct mls_slice body)
{
	struct mls_key_package v;

	return type == MLS_PROPOSAL_ADD && mls_key_package_decode(body, &v) == MLS_OK
		       ? v.leaf_node.signature_key
		       : mls_slice(NULL, 0);
}

enum mls_err mls_proposal_cache_restore(struct mls_proposal_cache *cache, struct mls_slice ref,
					struct mls_sender sender, uint16_t type,
					struct mls_slice body, struct mls_key *update_key)
{
	struct mls_cached_proposal *made = NULL;
	enum mls_err err = MLS_OK;

	made = mls_calloc(1, sizeof(*made));
	if (!made)
		return MLS_ERR_NOMEM;
	made->refs = 1;
	made->ref_len = (uint8_t)ref.len;
	memcpy(made->ref, ref.p, ref.len);
	made->sender = sender;
	made->type = type;
	TRY(mls_buf_append(&made->body, body));
	made->newcomer = newcomers_key(type, mls_buf_slice(&made->body));
	TRY(grow(cache));
	made->update_key = update_key ? mls_key_ref(update_key) : NULL;
	cache->v[cache->n++] = made;
	cache->n_bytes += body.len;
	made = NULL;
out:
	cached_free(made);
	return err;
}

enum mls_err mls_proposal_cache_add(struct mls_proposal_cache *cache,
				    const struct mls_client *client,
				    const struct mls_authenticated_content *content,
				    struct mls_key *update_key, size_t *place)
{
	const struct mls_slice bytes = content->content.content_bytes;
	struct mls_crypto *crypto = client->crypto;
	uint8_t hash[MLS_MAX_HASH];
	const struct mls_slice ref = {hash, crypto->suite->nh};

	mls_ref_hash(crypto, hash, "MLS 1.0 Proposal Reference", content->encoded);
	*place = place_of(cache, ref);
	if (*place < cache->n)
		return MLS_OK;
	if (cache->n >= client->policy.max_proposals ||
	    cache->n_bytes + bytes.len > client->policy.max_message)
		return MLS_ERR_PROPOSALS_TOO_MANY;
	return mls_proposal_cache_restore(cache, ref, content->content.sender,
					  content->content.proposal.type,
					  mls_slice(bytes.p + 2, bytes.len - 2), update_key);
}

void mls_proposal_cache_drop_last(struct mls_proposal_cache *cache)
{
	cache->n_bytes -= cache->v[--cache->n]->body.len;
	cached_free(cache->v[cache->n]);
}

enum mls_err mls_proposal_cache_copy(struct mls_proposal_cache *out,
				     const struct mls_proposal_cache *cache)
{
	*out = (struct mls_proposal_cache){0};
	if (!cache->n)
		return MLS_OK;
	out->v = mls_calloc(cache->n, sizeof(struct mls_cached_proposal *));
	if (!out->v)
		return MLS_ERR_NOMEM;
	out->n = out->room = cache->n;
	out->n_bytes = cache->n_bytes;
	for (size_t i = 0; i < cache->n; i++) {
		out->v[i] = cache->v[i];
		out->v[i]->refs++;
	}
	return MLS_OK;
}

void mls_proposal_cache_clear(struct mls_proposal_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		cached_free(cache->v[i]);
	free(cache->v);
	*cache = (struct mls_proposal_cache){0};
}
