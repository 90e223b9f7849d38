#include "commit.h"

/* Processing a commit, RFC 9420 12.4.2. */

static enum mls_err check_path_leaf(const struct mls_transition *t,
				    const struct mls_leaf_node *leaf, uint32_t sender)
{
	const struct mls_leaf_rules rules =
		mls_client_rules(t->client, t->old->context.group_id, t->applied.extensions, false);
	struct mls_leaf_node replaced;
	enum mls_err err = mls_tree_leaf_node(&t->old->tree, sender, &replaced);

	return err ? err : mls_leaf_node_validate(&rules, leaf, &replaced, MLS_LEAF_COMMIT, sender);
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

static enum mls_err check_confirmation(const struct mls_transition *t, struct mls_slice tag)
{
	const size_t nh = t->client->crypto->suite->nh;

	if (!mls_equal_secret(mls_slice(t->epoch->confirmation_tag, nh), tag))
		return MLS_ERR_CONFIRMATION_TAG;
	return MLS_OK;
}

enum mls_err mls_commit_process(struct mls_group *group, struct mls_staged *staged,
				const struct mls_authenticated_content *content)
{
	const struct mls_sender sender = content->content.sender;
	const struct mls_commit *commit = &content->content.commit;
	const struct mls_slice confirmed_input = {content->encoded.p, content->signature_end};
	struct mls_transition t;
	enum mls_err err = MLS_OK;

	*staged = (struct mls_staged){0};
	TRY(mls_transition_begin(&t, group, sender));
	TRY(mls_proposal_list_read(&t.list, commit->proposals, &group->proposals));
	TRY(mls_transition_apply(&t, false));
	if (!commit->has_path && mls_proposal_list_needs_path(&t.list))
		FAIL(MLS_ERR_PATH_MISSING);
	if (commit->has_path)
		TRY(take_path(&t, &commit->path, sender.index));
	if (t.applied.removes_us) {
		mls_epoch_free(t.epoch);
		t.epoch = NULL;
	} else {
		mls_tree_rehash(t.client->crypto, &t.epoch->tree);
		TRY(mls_transition_derive(&t, confirmed_input));
		TRY(check_confirmation(&t, content->auth.confirmation_tag));
	}
	mls_transition_finish(&t, staged);
	staged->committer = sender.index;
out:
	mls_transition_clear(&t);
	return err;
}
