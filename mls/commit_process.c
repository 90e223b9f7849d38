#include "commit.h"

/* Processing a commit, RFC 9420 12.4.2. */

/* Whose leaf the path's replaces: the sender's, or the older self that an external joiner
 * removes; none where it joins for the first time. */
static enum mls_err check_path_leaf(const struct mls_transition *t,
				    const struct mls_leaf_node *leaf, uint32_t sender)
{
	const struct mls_leaf_rules rules =
		mls_client_rules(t->client, t->old->context.group_id, t->applied.extensions, false);
	const bool joins = t->list.committer.type == MLS_SENDER_NEW_MEMBER_COMMIT;
	const struct mls_leaf_node *replaced = NULL;
	struct mls_leaf_node before;
	enum mls_err err = MLS_OK;

	if (!joins || t->applied.n_removed > 0) {
		err = mls_tree_leaf_node(&t->old->tree, joins ? t->applied.removed[0] : sender,
					 &before);
		replaced = &before;
	}
	return err ? err : mls_leaf_node_validate(&rules, leaf, replaced, MLS_LEAF_COMMIT, sender);
}

static enum mls_err take_path(struct mls_transition *t, const struct mls_update_path *path,
			      uint32_t sender)
{
	struct mls_crypto *crypto = t->client->crypto;
	struct mls_path_receiver receiver = {
		.tree = &t->epoch->tree,
		.sender = sender,
		.path = path,
		.added = t->applied.added,
		.n_added = t->applied.n_added,
	};
	struct mls_private_path keys = {0};
	enum mls_err err = MLS_OK;

	TRY(check_path_leaf(t, &path->leaf_node, sender));
	TRY(mls_path_apply(crypto, &t->epoch->tree, sender, path));
	if (t->applied.removes_us)
		return MLS_OK;
	TRY(mls_transition_context(t, t->old->context.confirmed_transcript_hash));
	receiver.group_context = mls_epoch_context(t->epoch);
	TRY(mls_path_decrypt(crypto, &keys, &t->commit_secret, &receiver, &t->epoch->keys));
	mls_private_path_clear(&t->epoch->keys);
	t->epoch->keys = keys;
out:
	return err;
}

/* The init_secret that an external joiner has shared with the group (8.3). */
static enum mls_err take_external_init(struct mls_transition *t)
{
	const struct mls_listed *entry =
		mls_proposal_list_first(&t->list, MLS_PROPOSAL_EXTERNAL_INIT);
	struct mls_crypto *crypto = t->client->crypto;
	struct mls_codec c = {.in = entry->body};
	struct mls_slice kem_output = {0};
	struct mls_key *key = NULL;
	enum mls_err err = MLS_OK;

	mls_opaque(&c, &kem_output);
	TRY(c.err);
	TRY(mls_external_key(crypto, &key, &t->old->secrets.external_secret));
	TRY(mls_external_init_from(crypto, &t->init_secret, key, kem_output));
out:
	mls_key_free(key);
	return err;
}

/* The committer's leaf in the new tree: its own, or the next free one for who joins (12.4.3.2). */
static enum mls_err find_committer(struct mls_transition *t, uint32_t *leaf)
{
	*leaf = t->list.committer.index;
	if (t->list.committer.type == MLS_SENDER_MEMBER)
		return MLS_OK;
	return mls_tree_free_leaf(&t->epoch->tree, leaf);
}

static enum mls_err check_confirmation(const struct mls_transition *t, struct mls_slice tag)
{
	const size_t nh = t->client->crypto->suite->nh;

	if (!mls_equal_secret(mls_slice(t->epoch->confirmation_tag, nh), tag))
		return MLS_ERR_CONFIRMATION_TAG;
	return MLS_OK;
}

static enum mls_err derive(struct mls_transition *t,
			   const struct mls_authenticated_content *content)
{
	enum mls_err err = MLS_OK;

	if (t->list.committer.type == MLS_SENDER_NEW_MEMBER_COMMIT)
		TRY(take_external_init(t));
	mls_tree_rehash(t->client->crypto, &t->epoch->tree);
	TRY(mls_transition_derive(t, mls_slice(content->encoded.p, content->signature_end)));
	TRY(check_confirmation(t, content->auth.confirmation_tag));
out:
	return err;
}

enum mls_err mls_commit_process(struct mls_group *group, struct mls_staged *staged,
				const struct mls_authenticated_content *content)
{
	const struct mls_commit *commit = &content->content.commit;
	struct mls_transition t;
	uint32_t committer;
	enum mls_err err = MLS_OK;

	*staged = (struct mls_staged){0};
	TRY(mls_transition_begin(&t, group, content->content.sender));
	TRY(mls_proposal_list_read(&t.list, commit->proposals, &group->proposals));
	TRY(mls_transition_apply(&t, false));
	TRY(find_committer(&t, &committer));
	if (!commit->has_path && mls_proposal_list_needs_path(&t.list))
		FAIL(MLS_ERR_PATH_MISSING);
	if (commit->has_path)
		TRY(take_path(&t, &commit->path, committer));
	if (t.applied.removes_us) {
		mls_epoch_free(t.epoch);
		t.epoch = NULL;
	} else {
		TRY(derive(&t, content));
	}
	if (t.list.committer.type == MLS_SENDER_NEW_MEMBER_COMMIT)
		TRY(mls_applied_put_joined(&t.applied, committer));
	mls_transition_finish(&t, staged);
	staged->committer = committer;
out:
	mls_transition_clear(&t);
	return err;
}
