#include "commit.h"

#include "commit_list.h"
#include "group_store.h"
#include "own_identity.h"
#include "private_message.h"
#include "public_message.h"
#include "welcome.h"

/* Creating a commit, RFC 9420 12.4.1 and 12.4.3.2. */

struct creating {
	struct mls_group *group;
	const struct mls_commit_request *request;
	struct mls_transition t;
	struct mls_buf memory; /* of entries of the list */
	uint32_t leaf;         /* of the committer in the new epoch */
	struct mls_path path;
	bool has_path;
	struct mls_frame frame;
	struct mls_framed_content head;
};

static void creating_clear(struct creating *v)
{
	mls_transition_clear(&v->t);
	mls_buf_free(&v->memory);
	mls_path_clear(&v->path);
}

/* Version to content_type of the message, and the proposals. */
static enum mls_err begin_frame(struct creating *v, struct mls_buf *out)
{
	const bool is_private = v->request->handshake == MLS_HANDSHAKE_PRIVATE;
	enum mls_err err;

	v->head = (struct mls_framed_content){
		.group_id = v->t.old->context.group_id,
		.epoch = v->t.old->context.epoch,
		.sender = v->t.list.committer,
		.authenticated_data = v->request->authenticated_data,
		.content_type = MLS_CONTENT_COMMIT,
	};
	err = mls_frame_begin(&v->frame, out,
			      is_private ? MLS_WIRE_PRIVATE_MESSAGE : MLS_WIRE_PUBLIC_MESSAGE,
			      &v->head);
	return err ? err : mls_proposal_list_write(&v->t.list, out);
}

/* The new path into the tree, and the UpdatePath into the message. */
static enum mls_err put_path(struct creating *v)
{
	struct mls_transition *t = &v->t;
	struct mls_crypto *crypto = t->client->crypto;
	struct mls_secret leaf_secret = {.len = crypto->suite->nh};
	enum mls_err err = MLS_OK;

	TRY(mls_random_bytes(crypto, leaf_secret.bytes, leaf_secret.len));
	TRY(mls_path_create(crypto, &v->path, &t->epoch->tree, v->leaf, &t->client->leaf,
			    t->client->signer, t->old->context.group_id, &leaf_secret));
	TRY(mls_transition_context(t, t->old->context.confirmed_transcript_hash));
	TRY(mls_path_encrypt(crypto, &v->path, v->frame.out, &t->epoch->tree,
			     mls_epoch_context(t->epoch), t->applied.added, t->applied.n_added));
	t->commit_secret = v->path.commit_secret;
	mls_private_path_clear(&t->epoch->keys);
	mls_private_path_copy(&t->epoch->keys, &v->path.keys);
out:
	mls_secret_wipe(&leaf_secret);
	return err;
}

static enum mls_err put_optional_path(struct creating *v)
{
	struct mls_codec c = {.out = v->frame.out};

	v->has_path = !v->request->path_if_required || mls_proposal_list_needs_path(&v->t.list);
	mls_present(&c, &v->has_path);
	if (c.err)
		return c.err;
	if (v->has_path)
		return put_path(v);
	mls_tree_rehash(v->t.client->crypto, &v->t.epoch->tree);
	return MLS_OK;
}

/* Signature, next epoch, confirmation tag. */
static enum mls_err sign_and_confirm(struct creating *v)
{
	struct mls_transition *t = &v->t;
	struct mls_crypto *crypto = t->client->crypto;
	enum mls_err err = MLS_OK;

	TRY(mls_frame_sign(crypto, &v->frame, mls_epoch_signer(t->client, t->old),
			   mls_epoch_context(t->old)));
	TRY(mls_transition_derive(
		t, mls_frame_bytes(&v->frame, v->frame.start + 2, v->frame.signature_end)));
	TRY(mls_frame_confirm(&v->frame, mls_slice(t->epoch->confirmation_tag, crypto->suite->nh)));
out:
	return err;
}

static enum mls_err seal(struct creating *v, struct mls_buf *out)
{
	const struct mls_epoch *old = v->t.old;
	struct mls_crypto *crypto = v->t.client->crypto;
	const struct mls_private_keys keys = {
		.sender_data_secret = &old->secrets.sender_data_secret,
		.tree = &v->group->secret_tree,
		.own_leaf = old->keys.leaf,
		.padding = v->t.client->policy.padding,
	};

	enum mls_err err;

	if (v->request->handshake == MLS_HANDSHAKE_PUBLIC)
		return mls_public_message_seal(crypto, &v->frame, &old->secrets.membership_key,
					       mls_epoch_context(old));
	err = mls_group_reserve_key(v->group, MLS_RATCHET_HANDSHAKE);
	return err ? err : mls_private_message_seal(crypto, out, &v->frame, &v->head, &keys);
}

static enum mls_err put_others(struct creating *v, const struct mls_commit_output *output)
{
	const struct mls_path *path = v->has_path ? &v->path : NULL;
	const struct mls_group_info_contents contents = {
		.ratchet_tree = v->request->tree_in_welcome,
		.more = v->request->welcome_extensions,
	};
	enum mls_err err = MLS_OK;

	if (v->t.applied.n_added > 0)
		TRY(mls_welcome_write(&v->t, output->welcome, path, &contents));
	if (output->ratchet_tree)
		TRY(mls_tree_encode(&v->t.epoch->tree, output->ratchet_tree));
out:
	return err;
}

/* Frame, path, signature, tags: the message, from the list that was applied. */
static enum mls_err put_commit(struct creating *v, struct mls_buf *out)
{
	const bool is_private = v->request->handshake == MLS_HANDSHAKE_PRIVATE;
	enum mls_err err = MLS_OK;

	v->group->frame.len = 0;
	TRY(begin_frame(v, is_private ? &v->group->frame : out));
	TRY(put_optional_path(v));
	TRY(sign_and_confirm(v));
	if (v->t.list.committer.type == MLS_SENDER_MEMBER)
		TRY(seal(v, out));
out:
	return err;
}

static enum mls_err create(struct creating *v, const struct mls_commit_output *output)
{
	enum mls_err err = MLS_OK;

	TRY(mls_commit_list(&v->t.list, &v->memory, v->group, v->request));
	TRY(mls_transition_apply(&v->t, true));
	if (v->t.applied.n_added > 0 && !output->welcome)
		FAIL(MLS_ERR_WELCOME_WANTED);
	TRY(put_commit(v, output->commit));
	TRY(put_others(v, output));
out:
	return err;
}

/* What is known of the commit once its message stands in `out` from `start` on. */
static void finish(struct creating *v, struct mls_staged *staged, const struct mls_buf *out,
		   size_t start)
{
	const struct mls_slice message = {out->p + start, out->len - start};

	mls_transition_finish(&v->t, staged);
	staged->committer = v->leaf;
	staged->is_fresh = v->has_path;
	mls_hash(v->t.client->crypto, staged->message_hash, &message, 1);
}

static size_t len_of(const struct mls_buf *b)
{
	return b ? b->len : 0;
}

static void cut(struct mls_buf *b, size_t len)
{
	if (b)
		b->len = len;
}

/* The new epoch is stored before its commit is handed out. */
static enum mls_err store_pending(struct mls_group *group, struct mls_staged *staged)
{
	enum mls_err err = mls_group_note_pending(group, staged);

	return err ? err : mls_group_put_changes(group);
}

enum mls_err mls_commit_create(struct mls_group *group, struct mls_staged *staged,
			       const struct mls_commit_output *output,
			       const struct mls_commit_request *request)
{
	const uint32_t own_leaf = group->epoch->keys.leaf;
	const size_t commit = len_of(output->commit), welcome = len_of(output->welcome);
	const size_t ratchet_tree = len_of(output->ratchet_tree);
	struct creating v = {.group = group, .request = request, .leaf = own_leaf};
	enum mls_err err = MLS_OK;

	*staged = (struct mls_staged){0};
	TRY(mls_transition_begin(&v.t, group, (struct mls_sender){MLS_SENDER_MEMBER, own_leaf}));
	TRY(create(&v, output));
	finish(&v, staged, output->commit, commit);
	TRY(store_pending(group, staged));
out:
	if (err) {
		mls_staged_clear(staged);
		cut(output->commit, commit);
		cut(output->welcome, welcome);
		cut(output->ratchet_tree, ratchet_tree);
	}
	mls_buf_clear(&group->frame);
	creating_clear(&v);
	return err;
}

enum mls_err mls_commit_create_external(struct mls_group *outside, struct mls_staged *staged,
					struct mls_buf *commit, struct mls_slice external_pub,
					const struct mls_external_request *request)
{
	const struct mls_commit_request as_member = {.authenticated_data =
							     request->authenticated_data};
	struct creating v = {.group = outside, .request = &as_member};
	struct mls_transition *t = &v.t;
	const size_t start = commit->len;
	enum mls_err err = MLS_OK;

	*staged = (struct mls_staged){0};
	TRY(mls_transition_begin(t, outside,
				 (struct mls_sender){.type = MLS_SENDER_NEW_MEMBER_COMMIT}));
	TRY(mls_commit_list_external(&t->list, &v.memory, t->client->crypto, &t->init_secret,
				     external_pub, request));
	TRY(mls_transition_apply(t, true));
	TRY(mls_tree_free_leaf(&t->epoch->tree, &v.leaf));
	TRY(put_commit(&v, commit));
	finish(&v, staged, commit, start);
out:
	if (err)
		commit->len = start;
	creating_clear(&v);
	return err;
}
