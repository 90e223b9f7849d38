#include "transition.h"

#include <stdlib.h>

#include "content_auth.h"
#include "memory.h"

enum mls_err mls_transition_begin(struct mls_transition *t, const struct mls_group *group,
				  struct mls_sender committer)
{
	const size_t nh = group->client->crypto->suite->nh;

	*t = (struct mls_transition){
		.client = group->client,
		.old = group->epoch,
		.list = {.committer = committer, .origin = group->origin},
		.init_secret = group->epoch->secrets.init_secret,
	};
	/* RFC 9420 12.4.1: without a path, commit_secret is zeros. */
	t->commit_secret.len = (uint8_t)nh;
	return mls_epoch_new(&t->epoch);
}

void mls_transition_clear(struct mls_transition *t)
{
	mls_proposal_list_clear(&t->list);
	mls_applied_clear(&t->applied);
	mls_buf_free(&t->reinit);
	mls_epoch_free(t->epoch);
	mls_secret_tree_clear(&t->secret_tree);
	mls_wipe(t, sizeof(*t));
}

/* What the group is reinitialized as outlives the commit that says so (12.3). */
static enum mls_err keep_reinit(struct mls_transition *t)
{
	const struct mls_listed *entry = mls_proposal_list_first(&t->list, MLS_PROPOSAL_REINIT);

	return entry ? mls_buf_append(&t->reinit, entry->body) : MLS_OK;
}

enum mls_err mls_transition_apply(struct mls_transition *t, bool sending)
{
	struct mls_epoch *epoch = t->epoch;
	enum mls_err err = mls_proposal_list_check(&t->list, t->client->crypto->suite->nh);

	if (err)
		return err;
	err = keep_reinit(t);
	if (err)
		return err;
	mls_tree_copy(&epoch->tree, &t->old->tree);
	err = mls_proposal_list_apply(&t->list, &t->applied, &epoch->tree, t->client, t->old,
				      sending);
	if (err || t->applied.removes_us)
		return err;
	mls_private_path_copy(&epoch->keys, &t->old->keys);
	if (t->applied.own_update_key) {
		mls_key_free(epoch->keys.key[0]);
		epoch->keys.key[0] = mls_key_ref(t->applied.own_update_key);
	}
	mls_private_path_prune(&epoch->keys, &epoch->tree);
	return MLS_OK;
}

enum mls_err mls_transition_context(struct mls_transition *t,
				    struct mls_slice confirmed_transcript_hash)
{
	struct mls_group_context fields = t->old->context;

	fields.epoch++;
	fields.tree_hash = mls_tree_hash(&t->epoch->tree);
	fields.confirmed_transcript_hash = confirmed_transcript_hash;
	fields.extensions = t->applied.extensions;
	return mls_epoch_set_context(t->epoch, &fields);
}

/* The resumption PSK of an epoch that one of the client's groups is in or keeps (8.6). */
static bool find_resumption(const struct mls_client *client, const struct mls_psk_id *id,
			    struct mls_slice *psk)
{
	for (const struct mls_group *group = client->groups; group; group = group->next) {
		const struct mls_epoch *epoch = group->epoch;

		if (!mls_slice_equal(epoch->context.group_id, id->psk_group_id))
			continue;
		for (size_t i = 0; epoch->context.epoch != id->psk_epoch && i < group->n_past; i++)
			epoch = group->past[i].epoch;
		if (epoch->context.epoch == id->psk_epoch) {
			*psk = mls_secret_slice(&epoch->secrets.resumption_psk);
			return true;
		}
	}
	return false;
}

static bool find_psk(const struct mls_client *client, struct mls_psk *psk,
		     const struct mls_origin *origin)
{
	if (psk->id.type == MLS_PSK_EXTERNAL)
		return mls_client_find_psk(client, psk->id.psk_id, &psk->psk);
	if (!mls_origin_is(origin, &psk->id))
		return find_resumption(client, &psk->id, &psk->psk);
	psk->psk = mls_secret_slice(&origin->resumption_psk);
	return true;
}

bool mls_client_has_psk(const struct mls_client *client, const struct mls_psk_id *id,
			const struct mls_origin *origin)
{
	struct mls_psk psk = {.id = *id};

	return find_psk(client, &psk, origin);
}

enum mls_err mls_client_psk_secret(const struct mls_client *client, struct mls_secret *psk_secret,
				   const struct mls_slice *ids, size_t n,
				   const struct mls_origin *origin)
{
	struct mls_psk *psks = NULL;
	enum mls_err err = MLS_OK;
	bool known;

	if (n) {
		psks = mls_calloc(n, sizeof(*psks));
		if (!psks)
			return MLS_ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct mls_psk *psk = &psks[i];

		TRY(mls_psk_id_decode(ids[i], &psk->id));
		known = find_psk(client, psk, origin);
		if (!known)
			FAIL(MLS_ERR_PSK_UNKNOWN);
	}
	TRY(mls_psk_secret(client->crypto, psk_secret, psks, n));
out:
	free(psks); /* views only */
	return err;
}

static enum mls_err list_psk_secret(const struct mls_transition *t, struct mls_secret *psk_secret)
{
	const size_t n = t->list.n_of[MLS_PROPOSAL_PSK];
	struct mls_slice *ids = NULL;
	size_t at = 0;
	enum mls_err err;

	if (n) {
		ids = mls_calloc(n, sizeof(*ids));
		if (!ids)
			return MLS_ERR_NOMEM;
	}
	for (size_t i = 0; n > 0 && i < t->list.n; i++) {
		if (t->list.v[i].type == MLS_PROPOSAL_PSK)
			ids[at++] = t->list.v[i].body;
	}
	err = mls_client_psk_secret(t->client, psk_secret, ids, n, t->list.origin);
	free(ids);
	return err;
}

enum mls_err mls_transition_derive(struct mls_transition *t, struct mls_slice confirmed_input)
{
	struct mls_crypto *crypto = t->client->crypto;
	const size_t nh = crypto->suite->nh;
	uint8_t confirmed[MLS_MAX_HASH];
	struct mls_secret psk_secret = {0};
	enum mls_err err = MLS_OK;

	mls_confirmed_transcript_hash(
		crypto, confirmed, mls_slice(t->old->interim_transcript_hash, nh), confirmed_input);
	TRY(mls_transition_context(t, mls_slice(confirmed, nh)));
	TRY(list_psk_secret(t, &psk_secret));
	TRY(mls_joiner_secret(crypto, &t->joiner_secret, &t->init_secret, &t->commit_secret,
			      mls_epoch_context(t->epoch)));
	mls_member_secret(crypto, &t->member_secret, &t->joiner_secret, &psk_secret);
	TRY(mls_epoch_derive(crypto, t->epoch, &t->secret_tree, &t->member_secret));
out:
	mls_secret_wipe(&psk_secret);
	return err;
}

void mls_transition_finish(struct mls_transition *t, struct mls_staged *staged)
{
	struct mls_applied *applied = &t->applied;

	*staged = (struct mls_staged){
		.epoch = t->epoch,
		.secret_tree = t->secret_tree,
		.added = applied->added,
		.removed = applied->removed,
		.n_added = applied->n_added,
		.n_removed = applied->n_removed,
		.removes_us = applied->removes_us,
		.reinit = t->reinit,
	};
	t->epoch = NULL;
	t->secret_tree = (struct mls_secret_tree){0};
	t->reinit = (struct mls_buf){0};
	applied->added = applied->removed = NULL;
}
