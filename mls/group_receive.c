#include "commit.h"
#include "external_senders.h"
#include "group_store.h"
#include "private_message.h"
#include "public_message.h"

/* What arrives: RFC 9420 6, 12.1, 12.4.2, 14. */

static enum mls_err check_group(const struct mls_group *group, struct mls_slice group_id)
{
	return mls_slice_equal(group->epoch->context.group_id, group_id) ? MLS_OK
									 : MLS_ERR_GROUP_ID;
}

static bool is_message(const struct mls_group *group, const uint8_t *want, struct mls_slice message)
{
	struct mls_crypto *crypto = group->client->crypto;
	uint8_t hash[MLS_MAX_HASH];

	mls_hash(crypto, hash, &message, 1);
	return memcmp(hash, want, crypto->suite->nh) == 0;
}

static bool is_pending(const struct mls_group *group, struct mls_slice message)
{
	return group->pending && is_message(group, group->pending->message_hash, message);
}

/* Is it the external commit by which we came in? It is answered once. */
static bool is_own_joining(struct mls_group *group, struct mls_event *event,
			   const struct mls_framed_content *content, struct mls_slice message)
{
	if (content->sender.type != MLS_SENDER_NEW_MEMBER_COMMIT || !group->has_joined_by ||
	    !is_message(group, group->joined_by, message))
		return false;
	group->has_joined_by = false;
	*event = (struct mls_event){
		.type = MLS_EVENT_OWN_COMMIT,
		.epoch = content->epoch + 1,
		.sender = group->epoch->keys.leaf,
	};
	return true;
}

/* Our own commit came back: what it begins is there already (14). */
static enum mls_err complete_own(struct mls_group *group, struct mls_event *event)
{
	enum mls_err err = mls_group_advance(group, event, group->pending);

	if (err)
		return err;
	mls_group_discard(group);
	if (event->type == MLS_EVENT_COMMIT)
		event->type = MLS_EVENT_OWN_COMMIT;
	return MLS_OK;
}

/* Which key must have signed, and whether the GroupContext is signed with it (6.1). */
struct authenticator {
	struct mls_slice public_key;
	struct mls_slice group_context;
};

static enum mls_err member_key(const struct mls_epoch *epoch, uint32_t leaf,
			       struct authenticator *out)
{
	struct mls_leaf_node node;

	if (mls_tree_leaf_node(&epoch->tree, leaf, &node) != MLS_OK)
		return MLS_ERR_SENDER_BLANK;
	out->public_key = node.signature_key;
	out->group_context = mls_epoch_context(epoch);
	return MLS_OK;
}

static enum mls_err external_sender_key(const struct mls_epoch *epoch, uint32_t index,
					struct authenticator *out)
{
	struct mls_external_sender sender;
	enum mls_err err = mls_external_sender_find(&sender, epoch->context.extensions, index);

	if (err == MLS_OK)
		out->public_key = sender.signature_key;
	return err;
}

static enum mls_err find_authenticator(const struct mls_group *group,
				       const struct mls_framed_content *content,
				       struct authenticator *out)
{
	const struct mls_epoch *epoch = group->epoch;
	const bool is_proposal = content->content_type == MLS_CONTENT_PROPOSAL;

	*out = (struct authenticator){0};
	switch (content->sender.type) {
	case MLS_SENDER_MEMBER:
		return member_key(epoch, content->sender.index, out);
	case MLS_SENDER_EXTERNAL:
		if (!is_proposal)
			return MLS_ERR_SENDER_CONTENT;
		return external_sender_key(epoch, content->sender.index, out);
	case MLS_SENDER_NEW_MEMBER_PROPOSAL:
		/* Of anything but a proposal, the type is 0. */
		if (content->proposal.type != MLS_PROPOSAL_ADD)
			return MLS_ERR_SENDER_CONTENT;
		out->public_key = content->proposal.add.leaf_node.signature_key;
		return MLS_OK;
	default:
		if (is_proposal)
			return MLS_ERR_SENDER_CONTENT;
		if (!content->commit.has_path)
			return MLS_ERR_PATH_MISSING;
		out->public_key = content->commit.path.leaf_node.signature_key;
		out->group_context = mls_epoch_context(epoch);
		return MLS_OK;
	}
}

static enum mls_err receive_proposal(struct mls_group *group, struct mls_event *event,
				     const struct mls_authenticated_content *content)
{
	const struct mls_sender sender = content->content.sender;
	size_t place = 0;
	enum mls_err err = mls_group_keep_proposal(group, content, NULL, false, &place);

	if (err)
		return err;
	*event = (struct mls_event){
		.type = MLS_EVENT_PROPOSAL,
		.epoch = content->content.epoch,
		.sender = sender.type == MLS_SENDER_MEMBER ? sender.index : MLS_NO_LEAF,
		.proposal_type = content->content.proposal.type,
		.proposal = place,
		.authenticated_data = content->content.authenticated_data,
	};
	return MLS_OK;
}

static enum mls_err receive_commit(struct mls_group *group, struct mls_event *event,
				   const struct mls_authenticated_content *content)
{
	struct mls_staged staged;
	enum mls_err err = mls_commit_process(group, &staged, content);

	if (err == MLS_OK)
		err = mls_group_advance(group, event, &staged);
	if (err) {
		mls_staged_clear(&staged);
		return err;
	}
	event->authenticated_data = content->content.authenticated_data;
	return MLS_OK;
}

static enum mls_err receive_handshake(struct mls_group *group, struct mls_event *event,
				      const struct mls_authenticated_content *content)
{
	if (content->content.content_type == MLS_CONTENT_COMMIT)
		return receive_commit(group, event, content);
	return receive_proposal(group, event, content);
}

static enum mls_err check_public(const struct mls_group *group,
				 const struct mls_public_message *message)
{
	const struct mls_epoch *epoch = group->epoch;
	struct mls_crypto *crypto = group->client->crypto;
	const struct mls_framed_content *content = &message->content.content;
	struct authenticator by;
	enum mls_err err = MLS_OK;

	TRY(find_authenticator(group, content, &by));
	if (content->sender.type == MLS_SENDER_MEMBER)
		TRY(mls_public_message_check(crypto, message, &epoch->secrets.membership_key,
					     mls_epoch_context(epoch)));
	TRY(mls_content_verify(crypto, &message->content, by.public_key, by.group_context));
out:
	return err;
}

static enum mls_err receive_public(struct mls_group *group, struct mls_event *event,
				   struct mls_slice message, struct mls_slice body)
{
	struct mls_public_message public;
	const struct mls_framed_content *content = &public.content.content;
	bool is_own;
	enum mls_err err = MLS_OK;

	TRY(mls_public_message_decode(body, &public));
	if (content->content_type == MLS_CONTENT_APPLICATION)
		FAIL(MLS_ERR_APPLICATION_PUBLIC);
	TRY(check_group(group, content->group_id));
	if (is_own_joining(group, event, content, message))
		return MLS_OK;
	if (content->epoch != group->epoch->context.epoch)
		FAIL(MLS_ERR_EPOCH);
	is_own = content->sender.type == MLS_SENDER_MEMBER &&
		 content->sender.index == group->epoch->keys.leaf;
	if (is_own && content->content_type == MLS_CONTENT_COMMIT) {
		if (!is_pending(group, message))
			FAIL(MLS_ERR_OWN_MESSAGE);
		return complete_own(group, event);
	}
	TRY(check_public(group, &public));
	TRY(receive_handshake(group, event, &public.content));
out:
	return err;
}

/* The epoch of a message, if it is still there, and its secret tree. */
static enum mls_err find_epoch(struct mls_group *group, const struct mls_private_message *message,
			       const struct mls_epoch **epoch, struct mls_secret_tree **tree)
{
	*epoch = group->epoch;
	*tree = &group->secret_tree;
	if (message->epoch == group->epoch->context.epoch)
		return MLS_OK;
	for (size_t i = 0; i < group->n_past; i++) {
		if (group->past[i].epoch->context.epoch != message->epoch)
			continue;
		*epoch = group->past[i].epoch;
		*tree = &group->past[i].secret_tree;
		return message->content_type == MLS_CONTENT_APPLICATION ? MLS_OK : MLS_ERR_EPOCH;
	}
	return MLS_ERR_EPOCH;
}

static void application_event(struct mls_event *event, const struct mls_framed_content *content,
			      const struct mls_sender_data *sender)
{
	*event = (struct mls_event){
		.type = MLS_EVENT_APPLICATION,
		.epoch = content->epoch,
		.sender = sender->leaf,
		.generation = sender->generation,
		.data = content->application_data,
		.authenticated_data = content->authenticated_data,
	};
}

/* The key of a message is gone, in the storage as well. A commit is stored by what it begins, a
 * proposal together with this. */
static enum mls_err store_received(struct mls_group *group,
				   const struct mls_private_message *message,
				   const struct mls_sender_data *sender)
{
	const bool is_application = message->content_type == MLS_CONTENT_APPLICATION;
	const struct mls_saved_received received = {
		.epoch = message->epoch,
		.leaf = sender->leaf,
		.ratchet = is_application ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE,
		.generation = sender->generation,
	};
	enum mls_err err = MLS_OK;

	if (message->content_type != MLS_CONTENT_COMMIT)
		err = mls_group_note_received(group, &received);
	return err == MLS_OK && is_application ? mls_group_put_changes(group) : err;
}

/* What could not be stored has not been received: its key is there again. */
static void restore_keys(struct mls_secret_tree *tree, struct mls_secret_tree *before)
{
	mls_secret_tree_clear(tree);
	*tree = *before;
	*before = (struct mls_secret_tree){0};
}

static enum mls_err open_private(struct mls_group *group, struct mls_event *event,
				 const struct mls_private_message *message)
{
	struct mls_crypto *crypto = group->client->crypto;
	struct mls_authenticated_content content;
	struct mls_sender_data sender;
	struct mls_secret_tree *tree, before = {0};
	const struct mls_epoch *epoch;
	struct authenticator by;
	enum mls_err err = MLS_OK;

	TRY(find_epoch(group, message, &epoch, &tree));
	if (group->client->storage.put)
		mls_secret_tree_fork(&before, tree);
	TRY(mls_sender_data_open(crypto, &sender, message, &epoch->secrets.sender_data_secret));
	TRY(member_key(epoch, sender.leaf, &by));
	if (sender.leaf == epoch->keys.leaf)
		FAIL(MLS_ERR_OWN_MESSAGE);
	TRY(mls_private_content_open(crypto, &content, &group->plain, message, &sender, tree,
				     &group->client->policy));
	TRY(mls_content_verify(crypto, &content, by.public_key, by.group_context));
	TRY(store_received(group, message, &sender));
	if (message->content_type == MLS_CONTENT_APPLICATION)
		application_event(event, &content.content, &sender);
	else
		TRY(receive_handshake(group, event, &content));
	event->generation = sender.generation;
out:
	if (err == MLS_ERR_STORAGE)
		restore_keys(tree, &before);
	mls_secret_tree_clear(&before);
	return err;
}

static enum mls_err receive_private(struct mls_group *group, struct mls_event *event,
				    struct mls_slice message, struct mls_slice body)
{
	struct mls_private_message private;
	enum mls_err err = MLS_OK;

	TRY(mls_private_message_decode(body, &private));
	TRY(check_group(group, private.group_id));
	if (private.content_type == MLS_CONTENT_COMMIT && is_pending(group, message))
		return complete_own(group, event);
	TRY(open_private(group, event, &private));
out:
	if (err) {
		mls_group_forget_changes(group);
		mls_buf_clear(&group->plain);
	}
	return err;
}

enum mls_err mls_group_receive(struct mls_group *group, struct mls_event *event,
			       struct mls_slice message)
{
	struct mls_codec c = {.in = message};
	uint16_t wire_format = 0;
	enum mls_err err = mls_group_check_active(group);

	if (err)
		return err;
	mls_group_forget_event(group);
	if (message.len > group->client->policy.max_message)
		return MLS_ERR_MESSAGE_TOO_LONG;
	mls_message_header_walk(&c, &wire_format);
	if (c.err)
		return c.err;
	if (wire_format == MLS_WIRE_PUBLIC_MESSAGE)
		return receive_public(group, event, message, c.in);
	if (wire_format == MLS_WIRE_PRIVATE_MESSAGE)
		return receive_private(group, event, message, c.in);
	return MLS_ERR_WIRE_FORMAT;
}
