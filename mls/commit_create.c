#include "commit.h"

#include "private_message.h"
#include "public_message.h"
#include "welcome.h"

/* Creating a commit, RFC 9420 12.4.1. */

struct creating {
	struct mls_group *group;
	const struct mls_commit_request *request;
	struct mls_transition t;
	struct mls_buf psk_memory, extensions_memory; /* of entries of the list */
	struct mls_path path;
	bool has_path;
	struct mls_frame frame;
	struct mls_framed_content head;
};

static void creating_clear(struct creating *v)
{
	mls_transition_clear(&v->t);
	mls_buf_free(&v->psk_memory);
	mls_buf_free(&v->extensions_memory);
	mls_path_clear(&v->path);
}

static enum mls_err list_adds(struct creating *v)
{
	struct mls_listed entry = {.type = MLS_PROPOSAL_ADD, .sender = v->t.list.committer};
	struct mls_key_package key_package;
	enum mls_err err = mls_proposal_list_reserve(&v->t.list, v->request->n_add);

	for (size_t i = 0; i < v->request->n_add && err == MLS_OK; i++) {
		err = mls_key_package_message(&key_package, v->request->add[i]);
		entry.body = key_package.encoded;
		if (err == MLS_OK)
			mls_proposal_list_put(&v->t.list, &entry);
	}
	return err;
}

static enum mls_err list_removes(struct creating *v)
{
	struct mls_listed entry = {.type = MLS_PROPOSAL_REMOVE, .sender = v->t.list.committer};
	enum mls_err err = mls_proposal_list_reserve(&v->t.list, v->request->n_remove);

	for (size_t i = 0; i < v->request->n_remove && err == MLS_OK; i++) {
		entry.removed = v->request->remove[i];
		mls_proposal_list_put(&v->t.list, &entry);
	}
	return err;
}

/* Memory first, so that the entries can point into it. */
static enum mls_err write_psk_ids(struct creating *v)
{
	struct mls_crypto *crypto = v->t.client->crypto;
	uint8_t nonce[MLS_MAX_HASH];
	struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL, .psk_nonce = {nonce, crypto->suite->nh}};
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < v->request->n_psk_ids; i++) {
		id.psk_id = v->request->psk_ids[i];
		TRY(mls_random_bytes(crypto, nonce, crypto->suite->nh));
		TRY(mls_psk_id_encode(&v->psk_memory, &id));
	}
out:
	return err;
}

static enum mls_err list_psks(struct creating *v)
{
	struct mls_listed entry = {.type = MLS_PROPOSAL_PSK, .sender = v->t.list.committer};
	struct mls_slice rest;
	struct mls_psk_id id;
	enum mls_err err = MLS_OK;

	TRY(write_psk_ids(v));
	TRY(mls_proposal_list_reserve(&v->t.list, v->request->n_psk_ids));
	rest = mls_buf_slice(&v->psk_memory);
	while (rest.len > 0) {
		entry.body = rest;
		TRY(mls_psk_id_next(&rest, &id));
		entry.body.len -= rest.len;
		mls_proposal_list_put(&v->t.list, &entry);
	}
out:
	return err;
}

static enum mls_err list_extensions(struct creating *v)
{
	struct mls_listed entry = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
				   .sender = v->t.list.committer};
	struct mls_codec c = {.out = &v->extensions_memory};
	struct mls_slice body = v->request->extensions;
	enum mls_err err = mls_proposal_list_reserve(&v->t.list, 1);

	mls_opaque(&c, &body);
	if (err || c.err)
		return err ? err : c.err;
	entry.body = mls_buf_slice(&v->extensions_memory);
	mls_proposal_list_put(&v->t.list, &entry);
	return MLS_OK;
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

/* RFC 9420 12.2: of several for one leaf any Remove, else the last Update; of several new
 * extension lists the last; a ReInit only alone. */
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
		if (!has_leaf || !touches(other, &other_leaf) || other_leaf != leaf)
			continue;
		if (later ||
		    (other->type == MLS_PROPOSAL_REMOVE && cached->type == MLS_PROPOSAL_UPDATE))
			return true;
	}
	return false;
}

/*
 * The proposals of this epoch, by reference, but for what this commit must not have: our own
 * Updates, since our path does more, and our own removal (12.2).
 */
static enum mls_err list_cached(struct creating *v)
{
	const struct mls_proposal_cache *cache = &v->group->proposals;
	uint32_t leaf;
	enum mls_err err = MLS_OK;

	for (size_t i = 0; i < cache->n && err == MLS_OK; i++) {
		if (touches(cache->v[i], &leaf) && leaf == v->t.list.committer.index)
			continue;
		if (!is_superseded(cache, i))
			err = mls_proposal_list_put_cached(&v->t.list, cache->v[i]);
	}
	return err;
}

static enum mls_err make_list(struct creating *v)
{
	enum mls_err err = MLS_OK;

	if (!v->request->without_proposals)
		TRY(list_cached(v));
	TRY(list_adds(v));
	TRY(list_removes(v));
	TRY(list_psks(v));
	if (v->request->set_extensions)
		TRY(list_extensions(v));
out:
	return err;
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
	TRY(mls_path_create(crypto, &v->path, &t->epoch->tree, t->old->keys.leaf, &t->client->leaf,
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

	TRY(mls_frame_sign(crypto, &v->frame, t->client->signer, mls_epoch_context(t->old)));
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

	if (v->request->handshake == MLS_HANDSHAKE_PRIVATE)
		return mls_private_message_seal(crypto, out, &v->frame, &v->head, &keys);
	return mls_public_message_seal(crypto, &v->frame, &old->secrets.membership_key,
				       mls_epoch_context(old));
}

static enum mls_err put_others(struct creating *v, const struct mls_commit_output *output)
{
	const struct mls_path *path = v->has_path ? &v->path : NULL;
	enum mls_err err = MLS_OK;

	if (v->t.applied.n_added > 0)
		TRY(mls_welcome_write(&v->t, output->welcome, path, v->request->tree_in_welcome));
	if (output->ratchet_tree)
		TRY(mls_tree_encode(&v->t.epoch->tree, output->ratchet_tree));
out:
	return err;
}

static enum mls_err create(struct creating *v, const struct mls_commit_output *output)
{
	const bool is_private = v->request->handshake == MLS_HANDSHAKE_PRIVATE;
	enum mls_err err = MLS_OK;

	v->group->frame.len = 0;
	TRY(make_list(v));
	TRY(mls_transition_apply(&v->t, true));
	if (v->t.applied.n_added > 0 && !output->welcome)
		FAIL(MLS_ERR_WELCOME_WANTED);
	TRY(begin_frame(v, is_private ? &v->group->frame : output->commit));
	TRY(put_optional_path(v));
	TRY(sign_and_confirm(v));
	TRY(seal(v, output->commit));
	TRY(put_others(v, output));
out:
	return err;
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

enum mls_err mls_commit_create(struct mls_group *group, struct mls_staged *staged,
			       const struct mls_commit_output *output,
			       const struct mls_commit_request *request)
{
	const uint32_t own_leaf = group->epoch->keys.leaf;
	const size_t commit = len_of(output->commit), welcome = len_of(output->welcome);
	const size_t ratchet_tree = len_of(output->ratchet_tree);
	struct creating v = {.group = group, .request = request};
	struct mls_slice message;
	enum mls_err err = MLS_OK;

	*staged = (struct mls_staged){0};
	TRY(mls_transition_begin(&v.t, group, (struct mls_sender){MLS_SENDER_MEMBER, own_leaf}));
	TRY(create(&v, output));
	mls_transition_finish(&v.t, staged);
	staged->committer = own_leaf;
	message = mls_slice(output->commit->p + commit, output->commit->len - commit);
	mls_hash(v.t.client->crypto, staged->message_hash, &message, 1);
out:
	if (err) {
		cut(output->commit, commit);
		cut(output->welcome, welcome);
		cut(output->ratchet_tree, ratchet_tree);
	}
	mls_buf_clear(&group->frame);
	creating_clear(&v);
	return err;
}
