#include "group_state.h"

#include "external_senders.h"
#include "memory.h"
#include "own_identity.h"
#include "tree_validate.h"

/* A group from saved state. What does not fit together is STATE; what was made until then is
 * freed with the group. */

static enum mls_err copy_exact(uint8_t *out, struct mls_slice bytes, size_t len)
{
	if (bytes.len != len)
		return MLS_ERR_STATE;
	memcpy(out, bytes.p, len);
	return MLS_OK;
}

static enum mls_err load_secret(struct mls_secret *out, struct mls_slice bytes, size_t nh)
{
	out->len = (uint8_t)nh;
	return copy_exact(out->bytes, bytes, nh);
}

static enum mls_err load_keys(struct mls_crypto *crypto, struct mls_private_path *keys,
			      struct mls_slice saved)
{
	struct mls_codec c = {.in = saved};

	while (mls_codec_ok(&c) && c.in.len > 0) {
		struct mls_slice private_key, public_key;
		uint8_t level = 0;

		mls_u8(&c, &level);
		mls_opaque(&c, &private_key);
		mls_opaque(&c, &public_key);
		if (c.err || level > MLS_MAX_DEPTH || keys->key[level])
			return MLS_ERR_STATE;
		c.err = mls_key_import(crypto, &keys->key[level], private_key, public_key);
	}
	return mls_state_err(c.err);
}

static enum mls_err load_secrets(struct mls_epoch_secrets *secrets, struct mls_slice saved,
				 size_t nh)
{
	struct mls_codec c = {.in = saved};
	struct mls_slice bytes = {0};

#define LOAD_SECRET(name)                                                                          \
	mls_fixed(&c, &bytes, nh);                                                                 \
	if (c.err)                                                                                 \
		return MLS_ERR_STATE;                                                              \
	memcpy(secrets->name.bytes, bytes.p, nh);                                                  \
	secrets->name.len = (uint8_t)nh;
	MLS_SAVED_SECRETS(LOAD_SECRET)
#undef LOAD_SECRET
	return c.in.len > 0 ? MLS_ERR_STATE : MLS_OK;
}

static enum mls_err load_tree(struct mls_client *client, struct mls_epoch *epoch,
			      struct mls_slice saved)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_key_index_seed seed;
	enum mls_err err = mls_random_bytes(crypto, seed.bytes[0], sizeof(seed.bytes));

	if (err == MLS_OK)
		err = mls_state_err(mls_tree_decode(&epoch->tree, crypto->suite, &seed, saved,
						    UINT32_C(1) << 31));
	if (err)
		return err;
	mls_tree_rehash(crypto, &epoch->tree);
	if (!mls_slice_equal(mls_tree_hash(&epoch->tree), epoch->context.tree_hash))
		return MLS_ERR_STATE;
	if (!mls_tree_leaf(&epoch->tree, epoch->keys.leaf))
		return MLS_ERR_STATE;
	return mls_state_err(mls_tree_validate_unmerged(crypto, &epoch->tree));
}

/* Of an epoch what everybody in it knows, and the own leaf index. */
static enum mls_err load_view(struct mls_client *client, struct mls_epoch **out,
			      struct mls_slice saved_context, struct mls_slice saved_tree,
			      uint32_t leaf)
{
	struct mls_group_context context;
	enum mls_err err = MLS_OK;

	TRY(mls_state_err(mls_group_context_decode(saved_context, &context)));
	if (context.version != MLS_VERSION_MLS10 ||
	    context.cipher_suite != client->crypto->suite->id)
		FAIL(MLS_ERR_STATE);
	TRY(mls_epoch_new(out));
	TRY(mls_epoch_set_context(*out, &context));
	(*out)->keys.leaf = leaf;
	TRY(load_tree(client, *out, saved_tree));
out:
	return err;
}

static enum mls_err load_epoch(struct mls_client *client, struct mls_epoch **out,
			       struct mls_secret_tree *secret_tree, struct mls_slice saved)
{
	struct mls_crypto *crypto = client->crypto;
	const size_t nh = crypto->suite->nh;
	struct mls_epoch *epoch;
	struct mls_saved_epoch v;
	enum mls_err err = MLS_OK;

	TRY(mls_state_err(mls_saved_epoch_decode(saved, &v)));
	TRY(load_view(client, out, v.context, v.tree, v.leaf));
	epoch = *out;
	TRY(load_keys(crypto, &epoch->keys, v.keys));
	TRY(mls_state_err(mls_private_path_check(&epoch->keys, &epoch->tree)));
	TRY(load_secrets(&epoch->secrets, v.secrets, nh));
	TRY(copy_exact(epoch->confirmation_tag, v.confirmation_tag, nh));
	TRY(copy_exact(epoch->interim_transcript_hash, v.interim_transcript_hash, nh));
	TRY(mls_secret_tree_load(crypto, secret_tree, mls_tree_n_leaves(&epoch->tree),
				 v.secret_tree));
out:
	return err;
}

/* State of earlier versions has past epochs with ratchets that are of no use. */
static enum mls_err load_past_epoch(struct mls_client *client, struct mls_past_epoch *past,
				    struct mls_slice *saved)
{
	struct mls_crypto *crypto = client->crypto;
	const size_t nh = crypto->suite->nh;
	struct mls_epoch_secrets *secrets;
	struct mls_secret_tree secret_tree = {0};
	struct mls_saved_past v;
	enum mls_err err = MLS_OK;

	TRY(mls_state_err(mls_saved_past_next(saved, &v)));
	TRY(load_view(client, &past->epoch, v.context, v.tree, v.leaf));
	secrets = &past->epoch->secrets;
	TRY(load_secret(&secrets->sender_data_secret, v.sender_data_secret, nh));
	TRY(load_secret(&secrets->resumption_psk, v.resumption_psk, nh));
	TRY(mls_secret_tree_load(crypto, &secret_tree, mls_tree_n_leaves(&past->epoch->tree),
				 v.secret_tree));
	TRY(mls_secret_tree_retire(crypto, &past->secret_tree, &secret_tree,
				   past->epoch->keys.leaf));
out:
	mls_secret_tree_clear(&secret_tree);
	return err;
}

/* Is `epoch` of the same group as the present one, so many epochs later? */
static enum mls_err check_distance(const struct mls_group *group, const struct mls_epoch *epoch,
				   uint64_t later)
{
	const struct mls_group_context *present = &group->epoch->context;

	if (!mls_slice_equal(epoch->context.group_id, present->group_id))
		return MLS_ERR_STATE;
	return epoch->context.epoch == present->epoch + later ? MLS_OK : MLS_ERR_STATE;
}

/* The leaf indexes of members of `tree`, increasing. */
static enum mls_err load_leaves(uint32_t **leaves, size_t *n, struct mls_slice saved,
				const struct mls_tree *tree)
{
	struct mls_codec c = {.in = saved};

	if (saved.len % 4)
		return MLS_ERR_STATE;
	if (!saved.len)
		return MLS_OK;
	*leaves = mls_calloc(saved.len / 4, sizeof(**leaves));
	if (!*leaves)
		return MLS_ERR_NOMEM;
	for (; *n < saved.len / 4; ++*n) {
		uint32_t *leaf = &(*leaves)[*n];

		mls_u32(&c, leaf);
		if (!mls_tree_leaf(tree, *leaf) || (*n > 0 && *leaf <= leaf[-1]))
			return MLS_ERR_STATE;
	}
	return MLS_OK;
}

/* The body of a ReInit; empty: none. */
static enum mls_err load_reinit(struct mls_buf *reinit, struct mls_slice saved)
{
	struct mls_reinit v;

	if (saved.len && mls_reinit_decode(saved, &v) != MLS_OK)
		return MLS_ERR_STATE;
	return mls_buf_append(reinit, saved);
}

/* The saved leaf is one that this client could have made. */
static enum mls_err check_client(const struct mls_client *client, const struct mls_epoch *epoch)
{
	struct mls_leaf_node own;
	enum mls_err err = mls_tree_leaf_node(&epoch->tree, epoch->keys.leaf, &own);

	if (err)
		return mls_state_err(err);
	return mls_own_signer(client, own.signature_key) ? MLS_OK : MLS_ERR_STATE_CLIENT;
}

enum mls_err mls_load_staged(struct mls_client *client, struct mls_group *group,
			     struct mls_slice saved)
{
	struct mls_saved_staged v;
	struct mls_staged *staged;
	enum mls_err err = mls_state_err(mls_saved_staged_decode(saved, &v));

	if (err)
		return err;
	if (group->state != MLS_GROUP_ACTIVE)
		return MLS_ERR_STATE;
	staged = mls_calloc(1, sizeof(*staged));
	if (!staged)
		return MLS_ERR_NOMEM;
	mls_group_discard(group);
	group->pending = staged;
	staged->committer = v.committer;
	TRY(load_epoch(client, &staged->epoch, &staged->secret_tree, v.epoch));
	TRY(check_distance(group, staged->epoch, 1));
	if (staged->committer != staged->epoch->keys.leaf)
		FAIL(MLS_ERR_STATE);
	TRY(check_client(client, staged->epoch));
	TRY(load_leaves(&staged->added, &staged->n_added, v.added, &staged->epoch->tree));
	TRY(load_leaves(&staged->removed, &staged->n_removed, v.removed, &group->epoch->tree));
	TRY(load_reinit(&staged->reinit, v.reinit));
	TRY(copy_exact(staged->message_hash, v.message_hash, client->crypto->suite->nh));
	staged->is_fresh = v.is_fresh;
out:
	return err;
}

/* Could the sender have sent it to this group? Its index leads into the tree or into
 * external_senders later. */
static enum mls_err check_sender(const struct mls_group *group, const struct mls_saved_proposal *v)
{
	const struct mls_epoch *epoch = group->epoch;
	struct mls_external_sender external;

	if (mls_proposal_check_sender(v->type, v->sender_type) != MLS_OK)
		return MLS_ERR_STATE;
	switch (v->sender_type) {
	case MLS_SENDER_MEMBER:
		return mls_tree_leaf(&epoch->tree, v->sender_index) ? MLS_OK : MLS_ERR_STATE;
	case MLS_SENDER_EXTERNAL:
		return mls_external_sender_find(&external, epoch->context.extensions,
						v->sender_index);
	case MLS_SENDER_NEW_MEMBER_PROPOSAL:
		return MLS_OK;
	default: /* what an external commit has by value */
		return MLS_ERR_STATE;
	}
}

/* The private key of an own Update, and of nothing else. */
static enum mls_err check_update_key(const struct mls_group *group,
				     const struct mls_saved_proposal *v,
				     const struct mls_proposal *proposal)
{
	if (!v->private_key.len)
		return MLS_OK;
	if (v->type != MLS_PROPOSAL_UPDATE || v->sender_index != group->epoch->keys.leaf)
		return MLS_ERR_STATE;
	if (!mls_slice_equal(v->public_key, proposal->update.encryption_key))
		return MLS_ERR_STATE;
	return mls_own_signer(group->client, proposal->update.signature_key) ? MLS_OK
									     : MLS_ERR_STATE_CLIENT;
}

/* Nothing that commits or applies a cached proposal looks at these things again. */
static enum mls_err check_proposal(const struct mls_group *group,
				   const struct mls_saved_proposal *v)
{
	struct mls_proposal proposal = {.type = v->type};
	struct mls_codec c = {.in = v->body};
	enum mls_err err = MLS_OK;

	if (v->ref.len != group->client->crypto->suite->nh)
		FAIL(MLS_ERR_STATE);
	TRY(check_sender(group, v));
	mls_proposal_body_walk(&c, &proposal);
	if (c.err || c.in.len > 0)
		FAIL(MLS_ERR_STATE);
	if (v->type == MLS_PROPOSAL_REMOVE && !mls_tree_leaf(&group->epoch->tree, proposal.remove))
		FAIL(MLS_ERR_STATE);
	TRY(check_update_key(group, v, &proposal));
out:
	return err;
}

enum mls_err mls_load_proposals(struct mls_client *client, struct mls_group *group,
				struct mls_slice saved)
{
	enum mls_err err = MLS_OK;

	while (saved.len > 0 && err == MLS_OK) {
		struct mls_key *key = NULL;
		struct mls_saved_proposal v;

		err = mls_saved_proposal_next(&saved, &v);
		if (err == MLS_OK)
			err = check_proposal(group, &v);
		if (err == MLS_OK && v.private_key.len)
			err = mls_key_import(client->crypto, &key, v.private_key, v.public_key);
		if (err == MLS_OK)
			err = mls_proposal_cache_restore(
				&group->proposals, v.ref,
				(struct mls_sender){v.sender_type, v.sender_index}, v.type, v.body,
				key);
		mls_key_free(key);
	}
	return err == MLS_ERR_STATE_CLIENT ? err : mls_state_err(err);
}

static enum mls_err load_past(struct mls_client *client, struct mls_group *group,
			      struct mls_slice saved)
{
	enum mls_err err = MLS_OK;

	while (saved.len > 0 && err == MLS_OK) {
		struct mls_past_epoch *past;

		if (group->n_past == client->policy.past_epochs)
			return MLS_ERR_STATE;
		past = &group->past[group->n_past++];
		err = load_past_epoch(client, past, &saved);
		if (err == MLS_OK)
			err = check_distance(group, past->epoch, 0 - (uint64_t)group->n_past);
	}
	return err;
}

static enum mls_err load_origin(struct mls_group *group, struct mls_slice saved, size_t nh)
{
	struct mls_saved_origin v;
	enum mls_err err = mls_state_err(mls_saved_origin_decode(saved, &v));

	if (err)
		return err;
	group->origin = mls_calloc(1, sizeof(*group->origin));
	if (!group->origin)
		return MLS_ERR_NOMEM;
	if (v.usage != MLS_PSK_REINIT && v.usage != MLS_PSK_BRANCH)
		return MLS_ERR_STATE;
	group->origin->usage = v.usage;
	group->origin->epoch = v.epoch;
	err = load_secret(&group->origin->resumption_psk, v.resumption_psk, nh);
	return err ? err : mls_buf_append(&group->origin->group_id, v.group_id);
}

static enum mls_err decode_saved(struct mls_saved_group *v, struct mls_client *client,
				 struct mls_slice saved)
{
	struct mls_crypto *crypto = client->crypto;
	const size_t nh = crypto->suite->nh;
	struct mls_slice body = {saved.p, saved.len - nh};
	uint8_t hash[MLS_MAX_HASH];
	enum mls_err err;

	if (saved.len < nh)
		return MLS_ERR_STATE;
	mls_hash(crypto, hash, &body, 1);
	if (memcmp(hash, saved.p + body.len, nh) != 0)
		return MLS_ERR_STATE;
	err = mls_state_err(mls_saved_group_decode(body, v));
	if (err)
		return err;
	if (v->version != MLS_STATE_VERSION || v->suite != crypto->suite->id ||
	    v->state > MLS_GROUP_REINITIALIZED)
		return MLS_ERR_STATE;
	return MLS_OK;
}

static enum mls_err check_is_free(const struct mls_client *client, const struct mls_epoch *epoch)
{
	return mls_client_has_group(client, epoch->context.group_id) ? MLS_ERR_GROUP_ID_TAKEN
								     : MLS_OK;
}

static enum mls_err load_rest(struct mls_client *client, struct mls_group *group,
			      const struct mls_saved_group *v)
{
	const size_t nh = client->crypto->suite->nh;
	enum mls_err err = MLS_OK;

	group->state = (enum mls_group_state)v->state;
	TRY(mls_load_proposals(client, group, v->proposals));
	if (v->pending.len)
		TRY(mls_load_staged(client, group, v->pending));
	TRY(load_past(client, group, v->past));
	TRY(load_reinit(&group->reinit, v->reinit));
	if ((group->state == MLS_GROUP_REINITIALIZED) != (group->reinit.len > 0))
		FAIL(MLS_ERR_STATE);
	if (v->origin.len)
		TRY(load_origin(group, v->origin, nh));
	group->n_stores = v->n_stores;
	group->n_changes = v->n_changes;
	memcpy(group->reserved, v->reserved, sizeof(group->reserved));
	group->may_be_old = v->may_be_old;
	group->has_joined_by = v->joined_by.len > 0;
	if (group->has_joined_by)
		TRY(copy_exact(group->joined_by, v->joined_by, nh));
out:
	return err;
}

enum mls_err mls_load_group(struct mls_client *client, struct mls_group **group,
			    struct mls_slice saved)
{
	struct mls_secret_tree secret_tree = {0};
	struct mls_epoch *epoch = NULL;
	struct mls_group *made = NULL;
	struct mls_saved_group v = {0};
	enum mls_err err = MLS_OK;

	TRY(decode_saved(&v, client, saved));
	TRY(load_epoch(client, &epoch, &secret_tree, v.epoch));
	TRY(check_client(client, epoch));
	TRY(check_is_free(client, epoch));
	err = mls_group_begin(client, &made, epoch, &secret_tree);
	epoch = NULL;
	if (err)
		goto out;
	TRY(load_rest(client, made, &v));
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	mls_epoch_free(epoch);
	mls_secret_tree_clear(&secret_tree);
	return err;
}
