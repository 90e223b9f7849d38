#include "group_store.h"

/* A group from what was saved or stored of it, as far as its keys may be used. */

/* Own keys that were reserved count as used. */
static enum mls_err skip_reserved(struct mls_group *group, enum mls_ratchet ratchet)
{
	const struct mls_policy policy = {.max_ratchet_steps = MLS_MAX_RESERVED_KEYS};
	struct mls_crypto *crypto = group->client->crypto;
	const uint32_t leaf = group->epoch->keys.leaf;
	const uint64_t bound = group->reserved[ratchet];
	uint64_t position = 0;
	enum mls_err err;

	if (bound == 0)
		return MLS_OK;
	err = mls_secret_tree_position(crypto, &group->secret_tree, &position, leaf, ratchet);
	if (err || position >= bound)
		return mls_state_err(err);
	if (bound > UINT64_C(1) << 32)
		return MLS_ERR_STATE;
	return mls_state_err(mls_secret_tree_consume(crypto, &group->secret_tree, leaf, ratchet,
						     (uint32_t)(bound - 1), &policy));
}

static enum mls_err skip_all_reserved(struct mls_group *group)
{
	enum mls_err err = skip_reserved(group, MLS_RATCHET_HANDSHAKE);

	return err ? err : skip_reserved(group, MLS_RATCHET_APPLICATION);
}

static enum mls_err apply_reserved(struct mls_group *group, struct mls_slice body)
{
	struct mls_saved_reserved v;
	enum mls_err err = mls_state_err(mls_saved_reserved_decode(body, &v));

	if (err)
		return err;
	group->reserved[v.ratchet] = v.bound;
	return skip_reserved(group, (enum mls_ratchet)v.ratchet);
}

static struct mls_secret_tree *tree_of(struct mls_group *group, uint64_t epoch)
{
	if (group->epoch->context.epoch == epoch)
		return &group->secret_tree;
	for (size_t i = 0; i < group->n_past; i++) {
		if (group->past[i].epoch->context.epoch == epoch)
			return &group->past[i].secret_tree;
	}
	return NULL;
}

static enum mls_err apply_received(struct mls_group *group, struct mls_slice body)
{
	struct mls_saved_received v;
	struct mls_secret_tree *tree;
	enum mls_err err = mls_state_err(mls_saved_received_decode(body, &v));

	if (err)
		return err;
	tree = tree_of(group, v.epoch);
	if (!tree)
		return MLS_ERR_STATE;
	return mls_state_err(mls_secret_tree_consume(group->client->crypto, tree, v.leaf,
						     (enum mls_ratchet)v.ratchet, v.generation,
						     &group->client->policy));
}

static enum mls_err apply(struct mls_group *group, const struct mls_saved_change *change)
{
	switch (change->type) {
	case MLS_CHANGE_RESERVED:
		return apply_reserved(group, change->body);
	case MLS_CHANGE_RECEIVED:
		return apply_received(group, change->body);
	case MLS_CHANGE_PROPOSAL:
		return mls_load_proposals(group->client, group, change->body);
	case MLS_CHANGE_PENDING:
		return mls_load_staged(group->client, group, change->body);
	default:
		return MLS_ERR_STATE;
	}
}

/* Takes one change off the front. Those of an earlier state are void (mls_storage.h,
 * MLS_STORED_GROUP). */
static enum mls_err apply_next(struct mls_group *group, struct mls_slice *changes)
{
	struct mls_crypto *crypto = group->client->crypto;
	const size_t nh = crypto->suite->nh;
	struct mls_codec c = {.in = *changes};
	struct mls_saved_change change = {0};
	struct mls_slice read, want = {0};
	uint8_t hash[MLS_MAX_HASH];

	mls_saved_change_walk(&c, &change);
	read = mls_slice(changes->p, changes->len - c.in.len);
	mls_fixed(&c, &want, nh);
	if (c.err)
		return MLS_ERR_STATE;
	mls_hash(crypto, hash, &read, 1);
	if (memcmp(hash, want.p, nh) != 0)
		return MLS_ERR_STATE;
	*changes = c.in;
	if (change.n_stores != group->n_stores)
		return change.n_stores < group->n_stores ? MLS_OK : MLS_ERR_STATE_OLD;
	if (change.number != group->n_changes)
		return MLS_ERR_STATE;
	group->n_changes++;
	return apply(group, &change);
}

/* A client without a storage owes nothing to one that the state came from. */
static void leave_storage(struct mls_group *group)
{
	group->n_stores = 0;
	group->n_changes = 0;
	memset(group->reserved, 0, sizeof(group->reserved));
}

enum mls_err mls_group_restore(struct mls_client *client, struct mls_group **group,
			       struct mls_slice saved, struct mls_slice changes)
{
	struct mls_group *made = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_load_group(client, &made, saved));
	if (made->n_stores == 0)
		FAIL(MLS_ERR_STATE);
	TRY(skip_all_reserved(made));
	while (changes.len > 0)
		TRY(apply_next(made, &changes));
	if (!client->storage.put)
		leave_storage(made);
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	return err;
}

enum mls_err mls_group_load(struct mls_client *client, struct mls_group **group,
			    struct mls_slice saved)
{
	struct mls_group *made = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_load_group(client, &made, saved));
	TRY(skip_all_reserved(made));
	if (made->n_stores > 0) {
		made->may_be_old = true;
		if (made->pending)
			made->pending->is_fresh = false;
	}
	if (client->storage.put)
		TRY(mls_group_store(made));
	else
		leave_storage(made);
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	return err;
}
