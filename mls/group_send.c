#include "group.h"

#include "external_senders.h"
#include "group_store.h"
#include "own_identity.h"
#include "private_message.h"
#include "proposal_make.h"
#include "public_message.h"

/* Application data and proposals: RFC 9420 6.3, 12.1, 15. */

/* A message of this member while it is made. */
struct sending {
	struct mls_group *group;
	struct mls_buf *out;
	enum mls_handshake handshake;
	struct mls_framed_content head;
	struct mls_frame frame;
	size_t start; /* in out */
};

static enum mls_err begin(struct sending *s)
{
	const struct mls_epoch *epoch = s->group->epoch;
	const bool is_private = s->handshake == MLS_HANDSHAKE_PRIVATE;

	s->start = s->out->len;
	s->head.group_id = epoch->context.group_id;
	s->head.epoch = epoch->context.epoch;
	s->head.sender = (struct mls_sender){MLS_SENDER_MEMBER, epoch->keys.leaf};
	s->group->frame.len = 0;
	return mls_frame_begin(&s->frame, is_private ? &s->group->frame : s->out,
			       is_private ? MLS_WIRE_PRIVATE_MESSAGE : MLS_WIRE_PUBLIC_MESSAGE,
			       &s->head);
}

static enum mls_err sign(struct sending *s)
{
	const struct mls_client *client = s->group->client;

	return mls_frame_sign(client->crypto, &s->frame, mls_epoch_signer(client, s->group->epoch),
			      mls_epoch_context(s->group->epoch));
}

static enum mls_err seal(struct sending *s)
{
	struct mls_group *group = s->group;
	struct mls_crypto *crypto = group->client->crypto;
	const struct mls_epoch_secrets *secrets = &group->epoch->secrets;
	const struct mls_private_keys keys = {
		.sender_data_secret = &secrets->sender_data_secret,
		.tree = &group->secret_tree,
		.own_leaf = group->epoch->keys.leaf,
		.padding = group->client->policy.padding,
	};
	enum mls_err err;

	if (s->handshake == MLS_HANDSHAKE_PUBLIC)
		return mls_public_message_seal(crypto, &s->frame, &secrets->membership_key,
					       mls_epoch_context(group->epoch));
	err = mls_group_reserve_key(group, s->head.content_type == MLS_CONTENT_APPLICATION
						   ? MLS_RATCHET_APPLICATION
						   : MLS_RATCHET_HANDSHAKE);
	return err ? err : mls_private_message_seal(crypto, s->out, &s->frame, &s->head, &keys);
}

static void end(struct sending *s, enum mls_err err)
{
	if (err)
		s->out->len = s->start;
	mls_buf_clear(&s->group->frame);
}

enum mls_err mls_group_protect(struct mls_group *group, struct mls_buf *message,
			       struct mls_slice data, struct mls_slice authenticated_data)
{
	struct sending s = {.group = group, .out = message, .handshake = MLS_HANDSHAKE_PRIVATE};
	struct mls_codec c = {.out = &group->frame};
	enum mls_err err = mls_group_check_active(group);

	if (err)
		return err;
	if (group->proposals.n > 0)
		return MLS_ERR_PROPOSALS_WAITING;
	s.head.authenticated_data = authenticated_data;
	s.head.content_type = MLS_CONTENT_APPLICATION;
	TRY(begin(&s));
	mls_opaque(&c, &data);
	TRY(c.err);
	TRY(sign(&s));
	TRY(seal(&s));
out:
	end(&s, err);
	return err;
}

/* 12.1.7: what is wrong with an extension list in any commit. Whether all members support it
 * depends on whom the commit adds and removes: here it is asked of nobody. */
static enum mls_err validate_extensions(const struct mls_group *group, struct mls_slice extensions)
{
	const struct mls_member_support nobody = {0};
	const struct mls_leaf_rules rules =
		mls_client_rules(group->client, group->epoch->context.group_id, extensions, false);
	enum mls_err err = MLS_OK;

	TRY(mls_policy_check_extensions(rules.policy, extensions));
	TRY(mls_member_support_satisfy(&nobody, extensions));
	TRY(mls_external_senders_check(&rules));
out:
	return err;
}

/* RFC 9420 12.1: what one proposal must fulfil by itself. */
static enum mls_err validate(const struct mls_group *group,
			     const struct mls_framed_content *content, bool sending)
{
	const struct mls_epoch *epoch = group->epoch;
	const struct mls_leaf_rules rules = mls_client_rules(group->client, epoch->context.group_id,
							     epoch->context.extensions, sending);
	const struct mls_proposal *proposal = &content->proposal;
	struct mls_leaf_node replaced;
	enum mls_err err = mls_proposal_check_sender(proposal->type, content->sender.type);

	if (err)
		return err;
	switch (proposal->type) {
	case MLS_PROPOSAL_ADD:
		return mls_key_package_validate(&rules, &proposal->add);
	case MLS_PROPOSAL_UPDATE:
		err = mls_tree_leaf_node(&epoch->tree, content->sender.index, &replaced);
		return err ? err
			   : mls_leaf_node_validate(&rules, &proposal->update, &replaced,
						    MLS_LEAF_UPDATE, content->sender.index);
	case MLS_PROPOSAL_REMOVE:
		return mls_tree_leaf(&epoch->tree, proposal->remove) ? MLS_OK : MLS_ERR_LEAF_BLANK;
	case MLS_PROPOSAL_PSK:
		return mls_psk_id_check(&proposal->psk, group->client->crypto->suite->nh, NULL);
	case MLS_PROPOSAL_REINIT:
		return proposal->reinit.version < MLS_VERSION_MLS10 ? MLS_ERR_REINIT_VERSION
								    : MLS_OK;
	case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		return validate_extensions(group, proposal->set_extensions);
	default:
		return MLS_OK;
	}
}

enum mls_err mls_group_keep_proposal(struct mls_group *group,
				     const struct mls_authenticated_content *content,
				     struct mls_key *update_key, bool sending, size_t *place)
{
	struct mls_proposal_cache *cache = &group->proposals;
	const size_t n = cache->n;
	enum mls_err err = MLS_OK;

	TRY(validate(group, &content->content, sending));
	TRY(mls_proposal_cache_add(cache, group->client, content, update_key, place));
	if (cache->n > n)
		TRY(mls_group_note_proposal(group, cache->v[n]));
	TRY(mls_group_put_changes(group));
	return MLS_OK;
out:
	mls_group_forget_changes(group);
	if (cache->n > n)
		mls_proposal_cache_drop_last(cache);
	return err;
}

/* Frames, keeps and sends one encoded proposal. */
static enum mls_err propose(struct mls_group *group, struct mls_buf *message,
			    struct mls_slice proposal, enum mls_handshake handshake,
			    struct mls_key *update_key)
{
	struct sending s = {.group = group, .out = message, .handshake = handshake};
	struct mls_authenticated_content content;
	struct mls_buf copy = {0};
	size_t place = 0;
	enum mls_err err = mls_group_check_active(group);

	if (err)
		return err;
	s.head.content_type = MLS_CONTENT_PROPOSAL;
	TRY(begin(&s));
	TRY(mls_buf_append(s.frame.out, proposal));
	TRY(sign(&s));
	TRY(mls_buf_append(&copy,
			   mls_frame_bytes(&s.frame, s.frame.start + 2, s.frame.signature_end)));
	TRY(seal(&s));
	TRY(mls_authenticated_content_decode(mls_buf_slice(&copy), &content));
	TRY(mls_group_keep_proposal(group, &content, update_key, true, &place));
out:
	mls_buf_free(&copy);
	end(&s, err);
	return err;
}

/* An Update of this member: a leaf with a new key. */
static enum mls_err write_update(struct mls_group *group, struct mls_buf *out, struct mls_key **key)
{
	const struct mls_client *client = group->client;
	const struct mls_epoch *epoch = group->epoch;
	struct mls_leaf_node leaf = client->leaf;
	enum mls_err err = mls_key_generate(client->crypto, key);

	if (err)
		return err;
	leaf.encryption_key = mls_key_public(*key);
	leaf.source = MLS_LEAF_UPDATE;
	return mls_leaf_node_sign(client->crypto, out, &leaf, client->signer,
				  epoch->context.group_id, epoch->keys.leaf);
}

enum mls_err mls_group_propose(struct mls_group *group, struct mls_buf *message,
			       const struct mls_proposal_request *request,
			       enum mls_handshake handshake)
{
	struct mls_key *key = NULL;
	struct mls_buf encoded = {0};
	uint16_t type = (uint16_t)request->type;
	struct mls_codec c = {.out = &encoded};
	enum mls_err err = MLS_OK;

	TRY(mls_policy_check_message(&group->client->policy, request->key_package));
	mls_u16(&c, &type);
	TRY(c.err);
	if (request->type == MLS_PROPOSAL_UPDATE)
		TRY(write_update(group, &encoded, &key));
	else
		TRY(mls_proposal_write(group->client->crypto, &encoded, request));
	TRY(propose(group, message, mls_buf_slice(&encoded), handshake, key));
out:
	mls_key_free(key);
	mls_buf_free(&encoded);
	return err;
}

/* 12.1.8: who asks to be added signs with the key of the key package, which an identity before may
 * have; an external sender with the present one. */
static enum mls_err outside_signer(const struct mls_client *client, struct mls_signer **signer,
				   const struct mls_outside_sender *sender,
				   const struct mls_proposal_request *request)
{
	struct mls_key_package key_package;
	enum mls_err err;

	*signer = client->signer;
	if (!sender->is_joining)
		return MLS_OK;
	err = mls_key_package_message(&key_package, request->key_package);
	if (err)
		return err;
	*signer = mls_own_signer(client, key_package.leaf_node.signature_key);
	return *signer ? MLS_OK : MLS_ERR_KEY_PACKAGE_PRIVATE;
}

enum mls_err mls_client_propose(struct mls_client *client, struct mls_buf *message,
				const struct mls_outside_sender *sender,
				const struct mls_proposal_request *request)
{
	const struct mls_framed_content head = {
		.group_id = sender->group_id,
		.epoch = sender->epoch,
		.sender = {.type = sender->is_joining ? MLS_SENDER_NEW_MEMBER_PROPOSAL
						      : MLS_SENDER_EXTERNAL,
			   .index = sender->sender_index},
		.content_type = MLS_CONTENT_PROPOSAL,
	};
	const size_t start = message->len;
	uint16_t type = (uint16_t)request->type;
	struct mls_codec c = {.out = message};
	struct mls_signer *signer;
	struct mls_frame frame;
	enum mls_err err = MLS_OK;

	TRY(mls_proposal_check_sender(type, head.sender.type));
	TRY(outside_signer(client, &signer, sender, request));
	TRY(mls_frame_begin(&frame, message, MLS_WIRE_PUBLIC_MESSAGE, &head));
	mls_u16(&c, &type);
	TRY(c.err);
	TRY(mls_proposal_write(client->crypto, message, request));
	TRY(mls_frame_sign(client->crypto, &frame, signer, (struct mls_slice){0}));
out:
	if (err)
		message->len = start;
	return err;
}
