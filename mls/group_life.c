#include "group.h"

#include <stdlib.h>

#include "commit.h"
#include "external_senders.h"
#include "group_store.h"
#include "memory.h"
#include "welcome.h"

/* The life of a group: RFC 9420 11, 12.4.3.1, 14. */

void mls_staged_clear(struct mls_staged *staged)
{
	mls_epoch_free(staged->epoch);
	mls_secret_tree_clear(&staged->secret_tree);
	free(staged->added);
	free(staged->removed);
	mls_buf_free(&staged->reinit);
	*staged = (struct mls_staged){0};
}

bool mls_client_has_group(const struct mls_client *client, struct mls_slice group_id)
{
	for (const struct mls_group *group = client->groups; group; group = group->next) {
		if (mls_slice_equal(group->epoch->context.group_id, group_id))
			return true;
	}
	return false;
}

enum mls_err mls_group_begin(struct mls_client *client, struct mls_group **group,
			     struct mls_epoch *epoch, struct mls_secret_tree *secret_tree)
{
	struct mls_group *made = mls_calloc(1, sizeof(*made));

	if (made && client->policy.past_epochs > 0)
		made->past = mls_calloc(client->policy.past_epochs, sizeof(*made->past));
	if (!made || (client->policy.past_epochs > 0 && !made->past)) {
		free(made);
		mls_epoch_free(epoch);
		mls_secret_tree_clear(secret_tree);
		return MLS_ERR_NOMEM;
	}
	made->client = client;
	made->epoch = epoch;
	made->secret_tree = *secret_tree;
	*secret_tree = (struct mls_secret_tree){0};
	made->next = client->groups;
	client->groups = made;
	*group = made;
	return MLS_OK;
}

static void unlink_group(struct mls_group *group)
{
	struct mls_group **at = &group->client->groups;

	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
}

void mls_group_forget_event(struct mls_group *group)
{
	mls_buf_clear(&group->plain);
	free(group->added);
	free(group->removed);
	group->added = group->removed = NULL;
}

static void past_clear(struct mls_past_epoch *past)
{
	mls_epoch_free(past->epoch);
	mls_secret_tree_clear(&past->secret_tree);
	*past = (struct mls_past_epoch){0};
}

void mls_group_free(struct mls_group *group)
{
	if (!group)
		return;
	unlink_group(group);
	mls_group_discard(group);
	mls_group_forget_event(group);
	mls_epoch_free(group->epoch);
	mls_secret_tree_clear(&group->secret_tree);
	mls_proposal_cache_clear(&group->proposals);
	for (size_t i = 0; i < group->n_past; i++)
		past_clear(&group->past[i]);
	free(group->past);
	mls_buf_free(&group->reinit);
	mls_buf_free(&group->welcome_extensions);
	mls_origin_free(group->origin);
	mls_buf_free(&group->changes);
	mls_buf_free(&group->frame);
	mls_buf_free(&group->plain);
	free(group);
}

/* A tree of the creator alone: its leaf is that of a KeyPackage (11). */
static enum mls_err first_tree(struct mls_client *client, struct mls_epoch *epoch)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_leaf_node leaf = client->leaf;
	struct mls_key_index_seed seed;
	struct mls_buf encoded = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_key_generate(crypto, &epoch->keys.key[0]));
	leaf.encryption_key = mls_key_public(epoch->keys.key[0]);
	leaf.source = MLS_LEAF_KEY_PACKAGE;
	leaf.lifetime = mls_client_lifetime(client);
	TRY(mls_leaf_node_sign(crypto, &encoded, &leaf, client->signer, (struct mls_slice){0}, 0));
	TRY(mls_random_bytes(crypto, seed.bytes[0], sizeof(seed.bytes)));
	TRY(mls_tree_new(&epoch->tree, crypto->suite, &seed, mls_buf_slice(&encoded)));
	mls_tree_rehash(crypto, &epoch->tree);
out:
	mls_buf_free(&encoded);
	return err;
}

static enum mls_err first_epoch(struct mls_client *client, struct mls_epoch *epoch,
				struct mls_secret_tree *secret_tree, struct mls_slice group_id,
				struct mls_slice extensions)
{
	struct mls_crypto *crypto = client->crypto;
	struct mls_secret epoch_secret = {.len = crypto->suite->nh};
	uint8_t random_id[MLS_MAX_HASH];
	struct mls_leaf_rules rules;
	struct mls_group_context context = {
		.version = MLS_VERSION_MLS10,
		.cipher_suite = crypto->suite->id,
		.group_id = group_id,
		.extensions = extensions,
	};
	enum mls_err err = MLS_OK;

	rules = mls_client_rules(client, group_id, extensions, true);
	TRY(mls_policy_check_extensions(&client->policy, extensions));
	TRY(mls_capabilities_satisfy(&client->leaf.capabilities, extensions));
	TRY(mls_external_senders_check(&rules));
	if (!group_id.len) {
		context.group_id = mls_slice(random_id, crypto->suite->nh);
		TRY(mls_random_bytes(crypto, random_id, crypto->suite->nh));
	}
	TRY(first_tree(client, epoch));
	context.tree_hash = mls_tree_hash(&epoch->tree);
	TRY(mls_epoch_set_context(epoch, &context));
	TRY(mls_random_bytes(crypto, epoch_secret.bytes, epoch_secret.len));
	TRY(mls_epoch_derive_first(crypto, epoch, secret_tree, &epoch_secret));
out:
	mls_secret_wipe(&epoch_secret);
	return err;
}

enum mls_err mls_group_found(struct mls_client *client, struct mls_group **group,
			     struct mls_slice group_id, struct mls_slice extensions)
{
	struct mls_epoch *epoch = NULL;
	struct mls_secret_tree secret_tree = {0};
	enum mls_err err = MLS_OK;

	if (group_id.len && mls_client_has_group(client, group_id))
		return MLS_ERR_GROUP_ID_TAKEN;
	TRY(mls_epoch_new(&epoch));
	TRY(first_epoch(client, epoch, &secret_tree, group_id, extensions));
	return mls_group_begin(client, group, epoch, &secret_tree);
out:
	mls_secret_tree_clear(&secret_tree);
	mls_epoch_free(epoch);
	return err;
}

enum mls_err mls_group_create(struct mls_client *client, struct mls_group **group,
			      struct mls_slice group_id, struct mls_slice extensions)
{
	struct mls_group *made = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_group_found(client, &made, group_id, extensions));
	TRY(mls_group_store(made));
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	return err;
}

/* Those of a GroupInfo that are not used up by joining. */
static enum mls_err keep_extensions(struct mls_buf *out, struct mls_slice extensions)
{
	struct mls_extension v;
	enum mls_err err = MLS_OK;

	while (extensions.len > 0) {
		const struct mls_slice before = extensions;

		TRY(mls_extension_next(&extensions, &v));
		if (v.type != MLS_EXTENSION_RATCHET_TREE)
			TRY(mls_buf_append(out, mls_slice(before.p, before.len - extensions.len)));
	}
out:
	return err;
}

/* The group is stored before its key package is gone: a crash between leaves both. */
enum mls_err mls_joining_enter(struct mls_joining *j, struct mls_group **group)
{
	struct mls_epoch *epoch = j->epoch;
	struct mls_group *made = NULL;
	enum mls_err err = MLS_OK;

	j->epoch = NULL;
	TRY(mls_group_begin(j->client, &made, epoch, &j->secret_tree));
	TRY(keep_extensions(&made->welcome_extensions, j->info.extensions));
	TRY(mls_group_store(made));
	TRY(mls_client_drop_kept(j->client, j->kept));
	*group = made;
	made = NULL;
out:
	mls_group_free(made);
	return err;
}

enum mls_err mls_group_join(struct mls_client *client, struct mls_group **group,
			    struct mls_slice welcome, struct mls_slice ratchet_tree)
{
	struct mls_joining j;
	enum mls_err err = MLS_OK;

	TRY(mls_joining_open(&j, client, welcome, NULL));
	TRY(mls_joining_finish(&j, ratchet_tree));
	TRY(mls_joining_enter(&j, group));
out:
	mls_joining_clear(&j);
	return err;
}

enum mls_err mls_group_check_active(const struct mls_group *group)
{
	switch (group->state) {
	case MLS_GROUP_ACTIVE:
		return MLS_OK;
	case MLS_GROUP_REMOVED:
		return MLS_ERR_REMOVED;
	default:
		return MLS_ERR_REINITIALIZED;
	}
}

/* What is kept of the present epoch when another begins; nothing where policy keeps nothing. */
static enum mls_err retire_epoch(struct mls_past_epoch *retired, const struct mls_group *group,
				 const struct mls_staged *staged)
{
	const struct mls_epoch *epoch = group->epoch;
	enum mls_err err = MLS_OK;

	*retired = (struct mls_past_epoch){0};
	if (!staged->epoch || group->client->policy.past_epochs == 0)
		return MLS_OK;
	TRY(mls_secret_tree_retire(group->client->crypto, &retired->secret_tree,
				   &group->secret_tree, epoch->keys.leaf));
	TRY(mls_epoch_retire(&retired->epoch, epoch));
out:
	if (err)
		past_clear(retired);
	return err;
}

/* Puts the retired epoch in front of the past ones, as far as policy has room; what it returns has
 * no place any more. */
static struct mls_past_epoch put_past(struct mls_group *group, const struct mls_past_epoch *retired)
{
	const uint32_t room = group->client->policy.past_epochs;
	struct mls_past_epoch dropped = *retired;

	if (room > 0) {
		dropped =
			group->n_past == room ? group->past[room - 1] : (struct mls_past_epoch){0};
		group->n_past += group->n_past < room;
		memmove(&group->past[1], &group->past[0],
			(group->n_past - 1) * sizeof(group->past[0]));
		group->past[0] = *retired;
	}
	return dropped;
}

static enum mls_group_state state_after(const struct mls_group *group,
					const struct mls_staged *staged)
{
	if (staged->removes_us)
		return MLS_GROUP_REMOVED;
	return staged->reinit.len ? MLS_GROUP_REINITIALIZED : group->state;
}

/* Stores the group as it will be, while it is still what it was. */
static enum mls_err store_next(struct mls_group *group, const struct mls_staged *staged,
			       const struct mls_past_epoch *retired)
{
	struct mls_group next = *group;
	enum mls_err err = MLS_OK;

	if (!group->client->storage.put)
		return MLS_OK;
	if (group->client->policy.past_epochs > 0) {
		next.past = mls_calloc(group->client->policy.past_epochs, sizeof(*next.past));
		if (!next.past)
			return MLS_ERR_NOMEM;
		if (group->n_past)
			memcpy(next.past, group->past, group->n_past * sizeof(*next.past));
	}
	next.state = state_after(group, staged);
	next.reinit = staged->reinit;
	next.origin = NULL;
	next.pending = NULL;
	next.proposals = (struct mls_proposal_cache){0};
	if (staged->epoch) {
		(void)put_past(&next, retired);
		next.epoch = staged->epoch;
		next.secret_tree = staged->secret_tree;
		next.may_be_old = group->may_be_old && !staged->is_fresh;
		memset(next.reserved, 0, sizeof(next.reserved));
	}
	TRY(mls_group_put_next(&next));
	group->n_stores = next.n_stores;
	group->n_changes = next.n_changes;
out:
	if (next.past)
		mls_wipe(next.past, next.n_past * sizeof(*next.past));
	free(next.past);
	return err;
}

static void enter_epoch(struct mls_group *group, struct mls_staged *staged,
			const struct mls_past_epoch *retired)
{
	struct mls_past_epoch dropped = put_past(group, retired);

	past_clear(&dropped);
	mls_epoch_free(group->epoch);
	mls_secret_tree_clear(&group->secret_tree);
	group->epoch = staged->epoch;
	group->secret_tree = staged->secret_tree;
	group->may_be_old = group->may_be_old && !staged->is_fresh;
	memset(group->reserved, 0, sizeof(group->reserved));
	staged->epoch = NULL;
	staged->secret_tree = (struct mls_secret_tree){0};
}

enum mls_err mls_group_advance(struct mls_group *group, struct mls_event *event,
			       struct mls_staged *staged)
{
	struct mls_past_epoch retired;
	enum mls_err err = retire_epoch(&retired, group, staged);

	if (err == MLS_OK)
		err = store_next(group, staged, &retired);
	if (err) {
		past_clear(&retired);
		return err;
	}
	*event = (struct mls_event){
		.type = staged->removes_us   ? MLS_EVENT_REMOVED
			: staged->reinit.len ? MLS_EVENT_REINIT
					     : MLS_EVENT_COMMIT,
		.epoch = group->epoch->context.epoch + 1,
		.sender = staged->committer,
		.added = staged->added,
		.n_added = staged->n_added,
		.removed = staged->removed,
		.n_removed = staged->n_removed,
	};
	group->added = staged->added;
	group->removed = staged->removed;
	staged->added = staged->removed = NULL;
	group->state = state_after(group, staged);
	group->reinit = staged->reinit;
	staged->reinit = (struct mls_buf){0};
	mls_origin_free(group->origin);
	group->origin = NULL;
	mls_buf_free(&group->welcome_extensions);
	if (staged->epoch)
		enter_epoch(group, staged, &retired);
	mls_proposal_cache_clear(&group->proposals);
	mls_staged_clear(staged);
	if (staged != group->pending)
		mls_group_discard(group);
	return MLS_OK;
}

enum mls_err mls_group_commit(struct mls_group *group, const struct mls_commit_output *output,
			      const struct mls_commit_request *request)
{
	struct mls_staged *pending = NULL;
	enum mls_err err = MLS_OK;

	TRY(mls_group_check_active(group));
	TRY(mls_extensions_check_given(request->welcome_extensions, 0));
	for (size_t i = 0; i < request->n_add; i++)
		TRY(mls_policy_check_message(&group->client->policy, request->add[i]));
	if (group->pending)
		FAIL(MLS_ERR_PENDING);
	pending = mls_calloc(1, sizeof(*pending));
	if (!pending)
		FAIL(MLS_ERR_NOMEM);
	TRY(mls_commit_create(group, pending, output, request));
	group->pending = pending;
	pending = NULL;
out:
	free(pending);
	return err;
}

enum mls_err mls_group_merge(struct mls_group *group)
{
	struct mls_event event;
	enum mls_err err;

	if (!group->pending)
		return MLS_ERR_NOT_PENDING;
	mls_group_forget_event(group);
	err = mls_group_advance(group, &event, group->pending);
	if (err == MLS_OK)
		mls_group_discard(group);
	return err;
}

void mls_group_discard(struct mls_group *group)
{
	if (!group->pending)
		return;
	mls_staged_clear(group->pending);
	free(group->pending);
	group->pending = NULL;
}
