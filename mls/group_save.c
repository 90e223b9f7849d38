#include "group_state.h"

/*
 * A group as saved state. It is put together from parts, and the tree, nearly all of it in a large
 * group, is copied from one buffer into the next: each has room for it from the start, because to
 * grow would copy and wipe it once more.
 */

/* Beside the parts: their lengths, and what has few bytes in every group. */
enum { FRAME = 256 };

static enum mls_err reserve_for(struct mls_buf *out, const struct mls_slice *part, size_t n)
{
	size_t len = FRAME;

	if (out->fixed)
		return MLS_OK;
	for (size_t i = 0; i < n; i++)
		len += part[i].len;
	return mls_buf_reserve(out, len);
}

static enum mls_err save_tree(struct mls_buf *out, const struct mls_tree *tree)
{
	enum mls_err err = mls_buf_reserve(out, mls_tree_encoded_bound(tree));

	return err ? err : mls_tree_encode(tree, out);
}

static enum mls_err save_key(struct mls_crypto *crypto, struct mls_codec *c,
			     const struct mls_key *key)
{
	struct mls_slice public_key = mls_key_public(key);

	c->err = mls_put_length(c->out, crypto->suite->nsk);
	if (mls_codec_ok(c))
		c->err = mls_key_export(c->out, key);
	mls_opaque(c, &public_key);
	return c->err;
}

static enum mls_err save_keys(struct mls_crypto *crypto, struct mls_buf *out,
			      const struct mls_private_path *keys)
{
	struct mls_codec c = {.out = out};

	for (uint8_t level = 0; level <= MLS_MAX_DEPTH && mls_codec_ok(&c); level++) {
		if (!keys->key[level])
			continue;
		mls_u8(&c, &level);
		c.err = c.err ? c.err : save_key(crypto, &c, keys->key[level]);
	}
	return c.err;
}

static enum mls_err save_secrets(struct mls_buf *out, const struct mls_epoch_secrets *secrets)
{
	enum mls_err err = MLS_OK;

#define SAVE_SECRET(name) TRY(mls_buf_append(out, mls_secret_slice(&secrets->name)));
	MLS_SAVED_SECRETS(SAVE_SECRET)
#undef SAVE_SECRET
out:
	return err;
}

static enum mls_err save_epoch(struct mls_crypto *crypto, struct mls_buf *out,
			       const struct mls_epoch *epoch,
			       const struct mls_secret_tree *secret_tree)
{
	const size_t nh = crypto->suite->nh;
	struct mls_saved_epoch v = {
		.context = mls_epoch_context(epoch),
		.leaf = epoch->keys.leaf,
		.confirmation_tag = {epoch->confirmation_tag, nh},
		.interim_transcript_hash = {epoch->interim_transcript_hash, nh},
	};
	struct mls_buf tree = {0}, keys = {0}, secrets = {0}, ratchets = {0};
	struct mls_codec c = {.out = out};
	enum mls_err err = MLS_OK;

	TRY(save_tree(&tree, &epoch->tree));
	TRY(save_keys(crypto, &keys, &epoch->keys));
	TRY(save_secrets(&secrets, &epoch->secrets));
	TRY(mls_secret_tree_save(crypto, secret_tree, &ratchets));
	v.tree = mls_buf_slice(&tree);
	v.keys = mls_buf_slice(&keys);
	v.secrets = mls_buf_slice(&secrets);
	v.secret_tree = mls_buf_slice(&ratchets);
	TRY(reserve_for(
		out, (struct mls_slice[]){v.context, v.tree, v.keys, v.secrets, v.secret_tree}, 5));
	mls_saved_epoch_walk(&c, &v);
	TRY(c.err);
out:
	mls_buf_free(&tree);
	mls_buf_free(&keys);
	mls_buf_free(&secrets);
	mls_buf_free(&ratchets);
	return err;
}

static enum mls_err save_leaves(struct mls_buf *out, const uint32_t *leaves, size_t n)
{
	struct mls_codec c = {.out = out};

	for (size_t i = 0; i < n; i++) {
		uint32_t leaf = leaves[i];

		mls_u32(&c, &leaf);
	}
	return c.err;
}

enum mls_err mls_save_staged(struct mls_crypto *crypto, struct mls_buf *out,
			     const struct mls_staged *staged)
{
	struct mls_buf epoch = {0}, added = {0}, removed = {0};
	struct mls_saved_staged v = {.committer = staged->committer,
				     .reinit = mls_buf_slice(&staged->reinit),
				     .message_hash = {staged->message_hash, crypto->suite->nh},
				     .is_fresh = staged->is_fresh};
	struct mls_codec c = {.out = out};
	enum mls_err err = MLS_OK;

	TRY(save_epoch(crypto, &epoch, staged->epoch, &staged->secret_tree));
	TRY(save_leaves(&added, staged->added, staged->n_added));
	TRY(save_leaves(&removed, staged->removed, staged->n_removed));
	v.epoch = mls_buf_slice(&epoch);
	v.added = mls_buf_slice(&added);
	v.removed = mls_buf_slice(&removed);
	mls_saved_staged_walk(&c, &v);
	TRY(c.err);
out:
	mls_buf_free(&epoch);
	mls_buf_free(&added);
	mls_buf_free(&removed);
	return err;
}

enum mls_err mls_save_proposal(struct mls_buf *out, const struct mls_cached_proposal *cached)
{
	struct mls_saved_proposal v = {.ref = {cached->ref, cached->ref_len},
				       .sender_type = cached->sender.type,
				       .sender_index = cached->sender.index,
				       .type = cached->type,
				       .body = mls_buf_slice(&cached->body)};
	struct mls_buf private_key = {0};
	struct mls_codec c = {.out = out};
	enum mls_err err = MLS_OK;

	if (cached->update_key) {
		TRY(mls_key_export(&private_key, cached->update_key));
		v.private_key = mls_buf_slice(&private_key);
		v.public_key = mls_key_public(cached->update_key);
	}
	mls_saved_proposal_walk(&c, &v);
	TRY(c.err);
out:
	mls_buf_free(&private_key);
	return err;
}

static enum mls_err save_proposals(struct mls_buf *out, const struct mls_proposal_cache *cache)
{
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < cache->n && err == MLS_OK; i++)
		err = mls_save_proposal(out, cache->v[i]);
	return err;
}

static enum mls_err save_past_epoch(struct mls_crypto *crypto, struct mls_buf *out,
				    const struct mls_past_epoch *past)
{
	const struct mls_epoch *epoch = past->epoch;
	struct mls_saved_past v = {
		.context = mls_epoch_context(epoch),
		.leaf = epoch->keys.leaf,
		.sender_data_secret = mls_secret_slice(&epoch->secrets.sender_data_secret),
		.resumption_psk = mls_secret_slice(&epoch->secrets.resumption_psk),
	};
	struct mls_buf tree = {0}, ratchets = {0};
	struct mls_codec c = {.out = out};
	enum mls_err err = MLS_OK;

	TRY(save_tree(&tree, &epoch->tree));
	TRY(mls_secret_tree_save(crypto, &past->secret_tree, &ratchets));
	v.tree = mls_buf_slice(&tree);
	v.secret_tree = mls_buf_slice(&ratchets);
	mls_saved_past_walk(&c, &v);
	TRY(c.err);
out:
	mls_buf_free(&tree);
	mls_buf_free(&ratchets);
	return err;
}

static enum mls_err save_past(struct mls_crypto *crypto, struct mls_buf *out,
			      const struct mls_group *group)
{
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < group->n_past && err == MLS_OK; i++)
		err = save_past_epoch(crypto, out, &group->past[i]);
	return err;
}

/* Beside a backup, the group itself may use the keys of the pending epoch first. */
static enum mls_err save_pending(struct mls_crypto *crypto, struct mls_buf *out,
				 const struct mls_staged *pending, bool is_backup)
{
	struct mls_staged view = *pending;

	view.is_fresh = pending->is_fresh && !is_backup;
	return mls_save_staged(crypto, out, &view);
}

static enum mls_err save_origin(struct mls_buf *out, const struct mls_origin *origin)
{
	struct mls_saved_origin v = {.usage = origin->usage,
				     .group_id = mls_buf_slice(&origin->group_id),
				     .epoch = origin->epoch,
				     .resumption_psk = mls_secret_slice(&origin->resumption_psk)};
	struct mls_codec c = {.out = out};

	mls_saved_origin_walk(&c, &v);
	return c.err;
}

enum mls_err mls_save_group(const struct mls_group *group, struct mls_buf *out, bool is_backup)
{
	struct mls_crypto *crypto = group->client->crypto;
	const size_t start = out->len;
	struct mls_buf epoch = {0}, proposals = {0}, pending = {0}, past = {0}, origin = {0};
	struct mls_saved_group v = {.version = MLS_STATE_VERSION,
				    .suite = crypto->suite->id,
				    .state = (uint8_t)group->state,
				    .n_stores = group->n_stores,
				    .n_changes = group->n_changes,
				    .reserved = {group->reserved[0], group->reserved[1]},
				    .may_be_old = group->may_be_old || is_backup,
				    .reinit = mls_buf_slice(&group->reinit)};
	struct mls_codec c = {.out = out};
	uint8_t hash[MLS_MAX_HASH];
	struct mls_slice saved;
	enum mls_err err = MLS_OK;

	TRY(save_epoch(crypto, &epoch, group->epoch, &group->secret_tree));
	TRY(save_proposals(&proposals, &group->proposals));
	if (group->pending)
		TRY(save_pending(crypto, &pending, group->pending, is_backup));
	TRY(save_past(crypto, &past, group));
	if (group->origin)
		TRY(save_origin(&origin, group->origin));
	v.epoch = mls_buf_slice(&epoch);
	v.proposals = mls_buf_slice(&proposals);
	v.pending = mls_buf_slice(&pending);
	v.past = mls_buf_slice(&past);
	v.origin = mls_buf_slice(&origin);
	if (group->has_joined_by)
		v.joined_by = mls_slice(group->joined_by, crypto->suite->nh);
	TRY(reserve_for(
		out, (struct mls_slice[]){v.epoch, v.proposals, v.pending, v.past, v.reinit}, 5));
	mls_saved_group_walk(&c, &v);
	TRY(c.err);
	saved = mls_slice(out->p + start, out->len - start);
	mls_hash(crypto, hash, &saved, 1);
	TRY(mls_buf_append(out, mls_slice(hash, crypto->suite->nh)));
out:
	if (err)
		mls_buf_cut(out, start);
	mls_buf_free(&epoch);
	mls_buf_free(&proposals);
	mls_buf_free(&pending);
	mls_buf_free(&past);
	mls_buf_free(&origin);
	return err;
}

/* Of a stored group it is a backup: what the storage is put afterwards overtakes it. */
enum mls_err mls_group_save(const struct mls_group *group, struct mls_buf *out)
{
	return mls_save_group(group, out, group->n_stores > 0);
}
