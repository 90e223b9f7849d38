#include "commit_list.h"

#include <stdlib.h>

#include "crypto_small_order.h"
#include "memory.h"
#include "proposal_fit.h"

/*
 * An entry that points at what was written into `memory` since `start`. Its capacity is
 * reserved before the first one, so that it does not move.
 */
static void put_written(struct mls_proposal_list *list, uint16_t type, const struct mls_buf *memory,
			size_t start)
{
	const struct mls_listed entry = {.type = type,
					 .sender = list->committer,
					 .body = {memory->p + start, memory->len - start}};

	mls_proposal_list_put(list, &entry);
}

/* Who has a leaf with a key of small order could be welcomed, but no path be sent to it later. */
static enum mls_err list_adds(struct mls_proposal_list *list,
			      const struct mls_commit_request *request)
{
	struct mls_listed entry = {.type = MLS_PROPOSAL_ADD, .sender = list->committer};
	struct mls_key_package key_package;
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < request->n_add; i++) {
		TRY(mls_key_package_message(&key_package, request->add[i]));
		if (mls_is_of_small_order(key_package.leaf_node.encryption_key))
			FAIL(MLS_ERR_SHARED_SECRET);
		entry.body = key_package.encoded;
		mls_proposal_list_put(list, &entry);
	}
out:
	return err;
}

static void list_remove(struct mls_proposal_list *list, uint32_t leaf)
{
	const struct mls_listed entry = {
		.type = MLS_PROPOSAL_REMOVE, .sender = list->committer, .removed = leaf};

	mls_proposal_list_put(list, &entry);
}

static enum mls_err list_psks(struct mls_proposal_list *list, struct mls_buf *memory,
			      struct mls_crypto *crypto, const struct mls_psk_name *psks, size_t n)
{
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < n; i++) {
		const size_t start = memory->len;

		TRY(mls_psk_name_write(crypto, memory, &psks[i]));
		put_written(list, MLS_PROPOSAL_PSK, memory, start);
	}
out:
	return err;
}

/* The first commit of a successor shows from which group it follows (11.2, 11.3). */
static enum mls_err list_origin(struct mls_proposal_list *list, struct mls_buf *memory,
				struct mls_crypto *crypto)
{
	const size_t start = memory->len;
	enum mls_err err = mls_origin_write(crypto, memory, list->origin);

	if (err == MLS_OK)
		put_written(list, MLS_PROPOSAL_PSK, memory, start);
	return err;
}

static enum mls_err list_extensions(struct mls_proposal_list *list, struct mls_buf *memory,
				    struct mls_slice extensions)
{
	struct mls_codec c = {.out = memory};
	const size_t start = memory->len;

	mls_opaque(&c, &extensions);
	if (mls_codec_ok(&c))
		put_written(list, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, memory, start);
	return c.err;
}

static enum mls_err list_reinit(struct mls_proposal_list *list, struct mls_buf *memory,
				const struct mls_reinit_parameters *parameters)
{
	const size_t start = memory->len;
	enum mls_err err = mls_reinit_write(memory, parameters);

	if (err == MLS_OK)
		put_written(list, MLS_PROPOSAL_REINIT, memory, start);
	return err;
}

/* Which leaf an Update or Remove is about. */
static bool touches(const struct mls_cached_proposal *cached, uint32_t *leaf)
{
	struct mls_codec c = {.in = mls_buf_slice(&cached->body)};

	*leaf = cached->sender.index;
	if (cached->type == MLS_PROPOSAL_REMOVE)
		mls_u32(&c, leaf);
	return cached->type == MLS_PROPOSAL_REMOVE || cached->type == MLS_PROPOSAL_UPDATE;
}

/* RFC 9420 12.2: of several for one leaf any Remove, else the last Update; of several Adds of one
 * client and of several new extension lists the last; a ReInit only alone. */
static bool is_superseded(const struct mls_proposal_cache *cache, size_t at)
{
	const struct mls_cached_proposal *cached = cache->v[at];
	uint32_t leaf, other_leaf;
	const bool has_leaf = touches(cached, &leaf);

	if (cached->type == MLS_PROPOSAL_REINIT && cache->n > 1)
		return true;
	for (size_t i = 0; i < cache->n; i++) {
		const struct mls_cached_proposal *other = cache->v[i];
		const bool later = other->type == cached->type && i > at;

		if (later && cached->type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS)
			return true;
		if (later && cached->newcomer.len > 0 &&
		    mls_slice_equal(other->newcomer, cached->newcomer))
			return true;
		if (!has_leaf || !touches(other, &other_leaf) || other_leaf != leaf)
			continue;
		if (later ||
		    (other->type == MLS_PROPOSAL_REMOVE && cached->type == MLS_PROPOSAL_UPDATE))
			return true;
	}
	return false;
}

/* Does the commit ask for something itself that the proposal does not go together with? The first
 * one of a successor does, for the PSK of its origin. */
static bool is_overruled(const struct mls_proposal_list *list,
			 const struct mls_cached_proposal *cached,
			 const struct mls_commit_request *request)
{
	uint32_t leaf;
	const bool has_leaf = touches(cached, &leaf);

	if (cached->type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS)
		return request->set_extensions;
	if (cached->type == MLS_PROPOSAL_REINIT)
		return request->set_extensions || list->origin ||
		       request->n_add + request->n_remove + request->n_psks > 0;
	for (size_t i = 0; has_leaf && i < request->n_remove; i++) {
		if (request->remove[i] == leaf)
			return true;
	}
	return false;
}

/* 7.3: who is added must be inside its lifetime when the commit is sent. When the Add came it
 * was, or that was not asked. */
static bool is_expired(const struct mls_client *client, const struct mls_cached_proposal *cached)
{
	const struct mls_leaf_rules rules =
		mls_client_rules(client, (struct mls_slice){0}, (struct mls_slice){0}, true);
	struct mls_key_package v;

	return cached->type == MLS_PROPOSAL_ADD &&
	       mls_key_package_decode(mls_buf_slice(&cached->body), &v) == MLS_OK &&
	       mls_leaf_node_check_lifetime(&rules, &v.leaf_node) != MLS_OK;
}

static bool is_left_out(const struct mls_cached_proposal *cached,
			const struct mls_commit_request *request)
{
	const struct mls_slice ref = {cached->ref, cached->ref_len};

	for (size_t i = 0; i < request->n_leave_out; i++) {
		if (mls_slice_equal(request->leave_out[i], ref))
			return true;
	}
	return false;
}

/* Is it for this commit? Our own Updates are not, since our path does more, nor is our own removal
 * (12.2), nor who has expired, nor what the application leaves out or has something else for. */
static bool is_wanted(const struct mls_proposal_list *list, const struct mls_client *client,
		      const struct mls_cached_proposal *cached,
		      const struct mls_commit_request *request)
{
	uint32_t leaf;

	if (touches(cached, &leaf) && leaf == list->committer.index)
		return false;
	return !is_left_out(cached, request) && !is_expired(client, cached) &&
	       !is_overruled(list, cached, request);
}

/* The proposals of this epoch, by reference. What is not wanted supersedes nothing. */
static enum mls_err list_cached(struct mls_proposal_list *list, const struct mls_group *group,
				const struct mls_commit_request *request)
{
	const struct mls_proposal_cache *cache = &group->proposals;
	struct mls_proposal_cache wanted = {0};
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < request->n_leave_out; i++) {
		if (!mls_proposal_cache_find(cache, request->leave_out[i]))
			FAIL(MLS_ERR_PROPOSAL_REF);
	}
	if (!cache->n)
		return MLS_OK;
	wanted.v = mls_calloc(cache->n, sizeof(struct mls_cached_proposal *));
	if (!wanted.v)
		FAIL(MLS_ERR_NOMEM);
	for (size_t i = 0; i < cache->n; i++) {
		if (is_wanted(list, group->client, cache->v[i], request))
			wanted.v[wanted.n++] = cache->v[i];
	}
	for (size_t i = 0; i < wanted.n && err == MLS_OK; i++) {
		if (!is_superseded(&wanted, i))
			err = mls_proposal_list_put_cached(list, wanted.v[i]);
	}
out:
	free(wanted.v);
	return err;
}

static size_t memory_bound(const struct mls_crypto *crypto, const struct mls_psk_name *psks,
			   size_t n)
{
	size_t bound = 0;

	for (size_t i = 0; i < n; i++)
		bound += mls_psk_name_bound(crypto, &psks[i]);
	return bound;
}

enum mls_err mls_commit_list(struct mls_proposal_list *list, struct mls_buf *memory,
			     const struct mls_group *group,
			     const struct mls_commit_request *request)
{
	struct mls_crypto *crypto = group->client->crypto;
	size_t bound = memory_bound(crypto, request->psks, request->n_psks);
	enum mls_err err = MLS_OK;

	if (request->set_extensions)
		bound += request->extensions.len + 4;
	if (request->reinit)
		bound += mls_reinit_bound(request->reinit);
	if (list->origin)
		bound += list->origin->group_id.len + crypto->suite->nh + 32;
	TRY(mls_buf_reserve(memory, bound));
	if (!request->without_proposals && !request->reinit)
		TRY(list_cached(list, group, request));
	TRY(mls_proposal_list_reserve(list,
				      request->n_add + request->n_remove + request->n_psks + 3));
	TRY(list_adds(list, request));
	for (size_t i = 0; i < request->n_remove; i++)
		list_remove(list, request->remove[i]);
	TRY(list_psks(list, memory, crypto, request->psks, request->n_psks));
	if (list->origin)
		TRY(list_origin(list, memory, crypto));
	if (request->set_extensions)
		TRY(list_extensions(list, memory, request->extensions));
	if (request->reinit)
		TRY(list_reinit(list, memory, request->reinit));
	TRY(mls_proposal_list_fit(list, group));
out:
	return err;
}

enum mls_err mls_commit_list_external(struct mls_proposal_list *list, struct mls_buf *memory,
				      struct mls_crypto *crypto, struct mls_secret *init_secret,
				      struct mls_slice external_pub,
				      const struct mls_external_request *request)
{
	uint8_t bytes[MLS_MAX_PUBLIC_KEY];
	struct mls_slice kem_output = {bytes, crypto->suite->npk};
	const size_t bound = memory_bound(crypto, request->psks, request->n_psks);
	struct mls_codec c = {.out = memory};
	enum mls_err err = MLS_OK;

	TRY(mls_external_init_to(crypto, bytes, init_secret, external_pub));
	TRY(mls_buf_reserve(memory, bound + kem_output.len + 4));
	TRY(mls_proposal_list_reserve(list, request->n_psks + 2));
	mls_opaque(&c, &kem_output);
	TRY(c.err);
	put_written(list, MLS_PROPOSAL_EXTERNAL_INIT, memory, 0);
	if (request->replaces)
		list_remove(list, request->leaf);
	TRY(list_psks(list, memory, crypto, request->psks, request->n_psks));
out:
	return err;
}
