#include "group_store.h"

static bool is_stored(const struct mls_group *group)
{
	return group->client->storage.put != NULL;
}

/* Appends a change and the hash of it. */
static enum mls_err note(struct mls_group *group, enum mls_change_type type, struct mls_slice body)
{
	struct mls_crypto *crypto = group->client->crypto;
	struct mls_buf *out = &group->changes;
	struct mls_saved_change change = {.n_stores = group->n_stores,
					  .number = group->n_changes,
					  .type = (uint8_t)type,
					  .body = body};
	struct mls_codec c = {.out = out};
	const size_t start = out->len;
	uint8_t hash[MLS_MAX_HASH];
	struct mls_slice written;
	enum mls_err err = MLS_OK;

	mls_saved_change_walk(&c, &change);
	TRY(c.err);
	written = mls_slice(out->p + start, out->len - start);
	mls_hash(crypto, hash, &written, 1);
	TRY(mls_buf_append(out, mls_slice(hash, crypto->suite->nh)));
	group->n_changes++;
	group->n_noted++;
out:
	if (err)
		out->len = start;
	return err;
}

void mls_group_forget_changes(struct mls_group *group)
{
	group->n_changes -= group->n_noted;
	group->n_noted = 0;
	mls_buf_clear(&group->changes);
}

enum mls_err mls_group_put_changes(struct mls_group *group)
{
	enum mls_err err = MLS_OK;

	if (group->changes.len > 0)
		err = mls_client_put(group->client, MLS_STORED_CHANGE,
				     group->epoch->context.group_id,
				     mls_buf_slice(&group->changes));
	if (err == MLS_OK)
		group->n_noted = 0;
	mls_group_forget_changes(group);
	return err;
}

static enum mls_err put_reserved(struct mls_group *group, enum mls_ratchet ratchet, uint64_t bound)
{
	struct mls_saved_reserved v = {.ratchet = (uint8_t)ratchet, .bound = bound};
	uint8_t memory[16];
	struct mls_buf body = {.p = memory, .cap = sizeof(memory), .fixed = true};
	struct mls_codec c = {.out = &body};
	enum mls_err err;

	mls_saved_reserved_walk(&c, &v);
	err = c.err ? c.err : note(group, MLS_CHANGE_RESERVED, mls_buf_slice(&body));
	if (err == MLS_OK)
		err = mls_group_put_changes(group);
	if (err == MLS_OK)
		group->reserved[ratchet] = bound;
	return err;
}

enum mls_err mls_group_reserve_key(struct mls_group *group, enum mls_ratchet ratchet)
{
	const uint64_t end = UINT64_C(1) << 32;
	uint64_t more = group->client->policy.reserved_keys, position = 0;
	enum mls_err err;

	if (group->may_be_old)
		return MLS_ERR_STATE_OLD;
	if (!is_stored(group))
		return MLS_OK;
	err = mls_secret_tree_position(group->client->crypto, &group->secret_tree, &position,
				       group->epoch->keys.leaf, ratchet);
	if (err || position < group->reserved[ratchet] || position == end)
		return err;
	more = more > MLS_MAX_RESERVED_KEYS ? MLS_MAX_RESERVED_KEYS : more ? more : 1;
	return put_reserved(group, ratchet, end - position < more ? end : position + more);
}

enum mls_err mls_group_note_received(struct mls_group *group,
				     const struct mls_saved_received *received)
{
	struct mls_saved_received v = *received;
	uint8_t memory[24];
	struct mls_buf body = {.p = memory, .cap = sizeof(memory), .fixed = true};
	struct mls_codec c = {.out = &body};

	if (!is_stored(group))
		return MLS_OK;
	mls_saved_received_walk(&c, &v);
	return c.err ? c.err : note(group, MLS_CHANGE_RECEIVED, mls_buf_slice(&body));
}

enum mls_err mls_group_note_proposal(struct mls_group *group,
				     const struct mls_cached_proposal *cached)
{
	struct mls_buf body = {0};
	enum mls_err err;

	if (!is_stored(group))
		return MLS_OK;
	err = mls_save_proposal(&body, cached);
	if (err == MLS_OK)
		err = note(group, MLS_CHANGE_PROPOSAL, mls_buf_slice(&body));
	mls_buf_free(&body);
	return err;
}

enum mls_err mls_group_note_pending(struct mls_group *group, const struct mls_staged *pending)
{
	struct mls_buf body = {0};
	enum mls_err err;

	if (!is_stored(group))
		return MLS_OK;
	err = mls_save_staged(group->client->crypto, &body, pending);
	if (err == MLS_OK)
		err = note(group, MLS_CHANGE_PENDING, mls_buf_slice(&body));
	mls_buf_free(&body);
	return err;
}

enum mls_err mls_group_put_next(struct mls_group *next)
{
	struct mls_buf saved = {0};
	enum mls_err err;

	if (!is_stored(next))
		return MLS_OK;
	next->n_stores++;
	next->n_changes = 0;
	err = mls_save_group(next, &saved, false);
	if (err == MLS_OK)
		err = mls_client_put(next->client, MLS_STORED_GROUP, next->epoch->context.group_id,
				     mls_buf_slice(&saved));
	mls_buf_free(&saved);
	if (err)
		next->n_stores--;
	return err;
}

enum mls_err mls_group_store(struct mls_group *group)
{
	const uint32_t n_changes = group->n_changes;
	enum mls_err err = mls_group_put_next(group);

	if (err)
		group->n_changes = n_changes;
	return err;
}
