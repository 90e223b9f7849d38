#include "group.h"

#include "private_message.h"
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

	return mls_frame_sign(client->crypto, &s->frame, client->signer,
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

	if (s->handshake == MLS_HANDSHAKE_PRIVATE)
		return mls_private_message_seal(crypto, s->out, &s->frame, &s->head, &keys);
	return mls_public_message_seal(crypto, &s->frame, &secrets->membership_key,
				       mls_epoch_context(group->epoch));
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
		return mls_psk_id_check(&proposal->psk, group->client->crypto->suite->nh);
	case MLS_PROPOSAL_REINIT:
		return proposal->reinit.version < MLS_VERSION_MLS10 ? MLS_ERR_REINIT_VERSION
								    : MLS_OK;
	default:
		return MLS_OK;
	}
}

enum mls_err mls_group_keep_proposal(struct mls_group *group,
				     const struct mls_authenticated_content *content,
				     struct mls_key *update_key)
{
	enum mls_err err = validate(group, &content->content, update_key != NULL);

	return err ? err
		   : mls_proposal_cache_add(&group->proposals, group->client, content, update_key);
}

/* Frames, keeps and sends one encoded proposal. */
static enum mls_err propose(struct mls_group *group, struct mls_buf *message,
			    struct mls_slice proposal, enum mls_handshake handshake,
			    struct mls_key *update_key)
{
	struct sending s = {.group = group, .out = message, .handshake = handshake};
	struct mls_authenticated_content content;
	struct mls_buf copy = {0};
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
	TRY(mls_group_keep_proposal(group, &content, update_key));
out:
	mls_buf_free(&copy);
	end(&s, err);
	return err;
}

enum mls_err mls_group_propose_add(struct mls_group *group, struct mls_buf *message,
				   struct mls_slice key_package, enum mls_handshake handshake)
{
	struct mls_proposal proposal = {.type = MLS_PROPOSAL_ADD};
	struct mls_buf encoded = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_key_package_message(&proposal.add, key_package));
	TRY(mls_proposal_encode(&encoded, &proposal));
	TRY(propose(group, message, mls_buf_slice(&encoded), handshake, NULL));
out:
	mls_buf_free(&encoded);
	return err;
}

enum mls_err mls_group_propose_remove(struct mls_group *group, struct mls_buf *message,
				      uint32_t leaf, enum mls_handshake handshake)
{
	const struct mls_proposal proposal = {.type = MLS_PROPOSAL_REMOVE, .remove = leaf};
	struct mls_buf encoded = {0};
	enum mls_err err = MLS_OK;

	TRY(mls_proposal_encode(&encoded, &proposal));
	TRY(propose(group, message, mls_buf_slice(&encoded), handshake, NULL));
out:
	mls_buf_free(&encoded);
	return err;
}

enum mls_err mls_group_propose_update(struct mls_group *group, struct mls_buf *message,
				      enum mls_handshake handshake)
{
	const struct mls_client *client = group->client;
	const struct mls_epoch *epoch = group->epoch;
	struct mls_leaf_node leaf = client->leaf;
	struct mls_key *key = NULL;
	struct mls_buf encoded = {0};
	uint16_t type = MLS_PROPOSAL_UPDATE;
	struct mls_codec c = {.out = &encoded};
	enum mls_err err = MLS_OK;

	TRY(mls_key_generate(client->crypto, &key));
	leaf.encryption_key = mls_key_public(key);
	leaf.source = MLS_LEAF_UPDATE;
	mls_u16(&c, &type);
	TRY(c.err);
	TRY(mls_leaf_node_sign(client->crypto, &encoded, &leaf, client->signer,
			       epoch->context.group_id, epoch->keys.leaf));
	TRY(propose(group, message, mls_buf_slice(&encoded), handshake, key));
out:
	mls_key_free(key);
	mls_buf_free(&encoded);
	return err;
}
