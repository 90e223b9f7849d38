/*
 * What a member can send who does not keep the rules. The input is three bytes (how it is sent, a
 * generation, a leaf to claim) and an encoded FramedContent, which is signed by its sender,
 * tagged or encrypted, and received; a proposal that is taken in is then committed, after it was
 * left out of another commit and by a committer who shows another identity, where the first byte
 * says so. A commit carries a wrong confirmation tag, so it must not be accepted unless it removes
 * the receiver.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "private_message.h"
#include "public_message.h"
#include "wire_mutator.h"

enum { HEAD = 3, RECEIVER = 1, IS_PRIVATE = 1, CLAIMS = 2, TAIL = 0x0c };
enum { USE = 4, RENAMES = INSIDER_RENAMES << USE, LEAVES_OUT = INSIDER_LEAVES_OUT << USE };

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

/* The member with this leaf who sends; another one's leaf may still stand in the message. */
static uint32_t sender_of(const struct mls_framed_content *content)
{
	const uint32_t leaf = content->sender.index % INSIDER_MEMBERS;

	return leaf == INSIDER_BLANK || leaf == RECEIVER ? 0 : leaf;
}

static void put_content(struct mls_buf *out, const struct mls_framed_content *content,
			uint32_t leaf)
{
	switch (content->content_type) {
	case MLS_CONTENT_PROPOSAL:
		insider_put_proposal(out, &content->proposal, leaf);
		break;
	case MLS_CONTENT_COMMIT:
		insider_put_commit(out, &content->commit, leaf);
		break;
	default:
		must(mls_buf_append(out, content->content_bytes));
	}
}

static struct mls_signer *signer_of(const struct mls_framed_content *content,
				    const struct mls_group *group)
{
	struct mls_slice key = {0};

	if (content->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT && content->commit.has_path)
		key = content->commit.path.leaf_node.signature_key;
	else if (content->sender.type == MLS_SENDER_NEW_MEMBER_PROPOSAL &&
		 content->proposal.type == MLS_PROPOSAL_ADD)
		key = content->proposal.add.leaf_node.signature_key;
	return insider_signer(key) ? insider_signer(key) : group->client->signer;
}

/* False for what cannot be framed: application data in public. */
static bool put_frame(struct mls_frame *frame, struct mls_buf *out, struct mls_group *group,
		      const struct mls_framed_content *content, uint16_t wire_format)
{
	static const uint8_t wrong_tag[32] = {1};
	struct mls_crypto *crypto = group->client->crypto;
	const bool in_group = content->sender.type == MLS_SENDER_MEMBER ||
			      content->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT;

	if (mls_frame_begin(frame, out, wire_format, content) != MLS_OK)
		return false;
	put_content(out, content,
		    content->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT ? INSIDER_BLANK
									 : group->epoch->keys.leaf);
	must(mls_frame_sign(crypto, frame, signer_of(content, group),
			    in_group ? mls_epoch_context(group->epoch) : (struct mls_slice){0}));
	if (content->content_type == MLS_CONTENT_COMMIT)
		must(mls_frame_confirm(frame, mls_slice(wrong_tag, sizeof(wrong_tag))));
	return true;
}

static bool put_public(struct mls_buf *out, struct mls_group *group,
		       const struct mls_framed_content *content)
{
	struct mls_frame frame;

	if (!put_frame(&frame, out, group, content, MLS_WIRE_PUBLIC_MESSAGE))
		return false;
	if (content->sender.type == MLS_SENDER_MEMBER)
		must(mls_public_message_seal(group->client->crypto, &frame,
					     &group->epoch->secrets.membership_key,
					     mls_epoch_context(group->epoch)));
	return true;
}

/* Puts other sender data, rightly encrypted, into a PrivateMessage. */
static void claim(struct mls_buf *message, const struct mls_group *group, const uint8_t *head)
{
	struct mls_private_message v;
	struct mls_message_key key;
	struct mls_crypto *crypto = group->client->crypto;
	uint8_t sealed[12 + MLS_AEAD_TAG], plain[12] = {0, 0, 0, head[2]};

	memset(plain + 4, head[1], 4);
	must(mls_private_message_decode(mls_slice(message->p + 4, message->len - 4), &v));
	must(mls_sender_data_key(crypto, &key, &group->epoch->secrets.sender_data_secret,
				 v.ciphertext));
	must(mls_aead_seal(crypto, sealed, key.key, key.nonce, v.sender_data_aad,
			   mls_slice(plain, sizeof(plain))));
	memcpy(message->p + (v.encrypted_sender_data.p - message->p), sealed, sizeof(sealed));
}

static void put_private(struct mls_buf *out, struct mls_group *group,
			const struct mls_framed_content *content, const uint8_t *head)
{
	struct mls_framed_content as_member = *content;
	const struct mls_private_keys keys = {
		.sender_data_secret = &group->epoch->secrets.sender_data_secret,
		.tree = &group->secret_tree,
		.own_leaf = group->epoch->keys.leaf,
	};
	const struct mls_policy policy = mls_policy_default();
	struct mls_buf plain = {0};
	struct mls_frame frame;

	as_member.sender = (struct mls_sender){MLS_SENDER_MEMBER, keys.own_leaf};
	if (head[1] > 0 && !(head[0] & CLAIMS))
		must(mls_secret_tree_consume(group->client->crypto, keys.tree, keys.own_leaf,
					     content->content_type == MLS_CONTENT_APPLICATION
						     ? MLS_RATCHET_APPLICATION
						     : MLS_RATCHET_HANDSHAKE,
					     head[1] - 1u, &policy));
	if (!put_frame(&frame, &plain, group, &as_member, MLS_WIRE_PRIVATE_MESSAGE))
		abort();
	must(mls_buf_append(&plain, mls_slice(head, (head[0] & TAIL) >> 2)));
	must(mls_private_message_seal(group->client->crypto, out, &frame, &as_member, &keys));
	if (head[0] & CLAIMS)
		claim(out, group, head);
	mls_buf_free(&plain);
}

static void receive(struct mls_slice message, bool is_commit, unsigned how)
{
	struct mls_group *group = insider_fork(RECEIVER);
	const uint64_t epoch = mls_group_epoch(group);
	struct mls_event event;
	enum mls_err err = mls_group_receive(group, &event, message);

	if (err != MLS_OK)
		insider_expect_refusal(err);
	else if (is_commit && event.type != MLS_EVENT_REMOVED)
		abort();
	if (mls_group_epoch(group) != epoch)
		abort();
	if (err == MLS_OK && event.type == MLS_EVENT_PROPOSAL)
		insider_use(group->client, group, how);
	else
		mls_group_free(group);
}

static void send(const struct mls_framed_content *content, const uint8_t *head)
{
	struct mls_group *group = insider_fork(sender_of(content));
	struct mls_buf message = {0};
	bool sent = true;

	if (head[0] & IS_PRIVATE)
		put_private(&message, group, content, head);
	else
		sent = put_public(&message, group, content);
	if (sent)
		receive(bytes_of(&message), content->content_type == MLS_CONTENT_COMMIT,
			head[0] >> USE);
	mls_buf_free(&message);
	mls_group_free(group);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mls_framed_content content;

	(void)insider();
	if (size > HEAD &&
	    mls_framed_content_decode(mls_slice(data + HEAD, size - HEAD), &content) == MLS_OK)
		send(&content, data);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	if (size <= HEAD || seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return HEAD + wire_mutate(&wire_framed_content, data + HEAD, size - HEAD, max_size - HEAD,
				  seed / 8);
}

/* The content of a PublicMessage, to be sent in public or encrypted. */
static void give_content(void (*give)(const char *name, struct mls_slice seed), const char *name,
			 const struct mls_buf *message, uint8_t flags)
{
	const uint8_t head[HEAD] = {flags};
	struct mls_public_message v;
	struct mls_buf seed = {0};

	must(mls_public_message_decode(mls_slice(message->p + 4, message->len - 4), &v));
	must(mls_buf_append(&seed, mls_slice(head, HEAD)));
	must(mls_framed_content_encode(&seed, &v.content.content));
	give(name, bytes_of(&seed));
	mls_buf_free(&seed);
}

static void give_proposal(void (*give)(const char *name, struct mls_slice seed), const char *name,
			  const struct mls_proposal_request *request, uint8_t flags)
{
	struct mls_group *group = insider_fork(2);
	struct mls_buf message = {0};

	insider_rename(group->client, flags & RENAMES);
	must(mls_group_propose(group, &message, request, MLS_HANDSHAKE_PUBLIC));
	insider_rename(group->client, false);
	give_content(give, name, &message, flags);
	mls_buf_free(&message);
	mls_group_free(group);
}

static void give_commit(void (*give)(const char *name, struct mls_slice seed), const char *name,
			const struct mls_commit_request *request, uint8_t flags)
{
	struct mls_group *group = insider_fork(0);
	struct mls_buf message = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &message, .welcome = &welcome};

	must(mls_group_commit(group, &output, request));
	give_content(give, name, &message, flags);
	mls_buf_free(&message);
	mls_buf_free(&welcome);
	mls_group_free(group);
}

static void give_application(void (*give)(const char *name, struct mls_slice seed),
			     const char *name, uint8_t flags)
{
	const struct mls_group *group = insider()->w->group[0];
	const uint8_t head[HEAD] = {flags, 2};
	struct mls_buf seed = {0};
	const struct mls_framed_content content = {
		.group_id = group->epoch->context.group_id,
		.epoch = group->epoch->context.epoch,
		.sender = {MLS_SENDER_MEMBER, 0},
		.content_type = MLS_CONTENT_APPLICATION,
		.application_data = mls_slice_str("data"),
	};

	must(mls_buf_append(&seed, mls_slice(head, HEAD)));
	must(mls_framed_content_encode(&seed, &content));
	give(name, bytes_of(&seed));
	mls_buf_free(&seed);
}

static void give_from_outside(void (*give)(const char *name, struct mls_slice seed))
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	const struct mls_external_request plain = {.ratchet_tree = {0}};
	struct mls_buf info = {0}, commit = {0};
	struct mls_group *joined = NULL;

	must(mls_group_info(insider()->w->group[0], &info, &open));
	must(mls_group_join_external(insider()->joiner, &joined, &commit, bytes_of(&info), &plain));
	give_content(give, "external_commit", &commit, 0);
	mls_group_free(joined);
	mls_buf_free(&info);
	mls_buf_free(&commit);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	static const uint8_t extensions[] = {0xff, 0x00, 0x01, 0x00};
	struct mls_slice package = bytes_of(&insider()->package);
	const struct mls_psk_name psk = {.id = mls_slice_str("psk")};
	const uint32_t removed = 5;
	const struct mls_reinit_parameters reinit = {.group_id = mls_slice_str("next"), .suite = 1};

	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	const struct mls_proposal_request add = {.type = MLS_PROPOSAL_ADD, .key_package = package};

	give_proposal(give, "add", &add, 0);
	give_proposal(give, "update", &update, 0);
	give_proposal(give, "remove",
		      &(struct mls_proposal_request){.type = MLS_PROPOSAL_REMOVE, .leaf = removed},
		      0);
	give_proposal(give, "psk",
		      &(struct mls_proposal_request){.type = MLS_PROPOSAL_PSK, .psk = psk}, 0);
	give_proposal(give, "reinit",
		      &(struct mls_proposal_request){.type = MLS_PROPOSAL_REINIT, .reinit = reinit},
		      0);
	give_proposal(give, "extensions",
		      &(struct mls_proposal_request){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
						     .extensions = mls_slice(extensions, 0)},
		      0);
	give_commit(give, "commit", &(struct mls_commit_request){0}, 0);
	give_commit(give, "commit_private", &(struct mls_commit_request){0}, IS_PRIVATE);
	give_commit(give, "commit_all",
		    &(struct mls_commit_request){.add = &package,
						 .n_add = 1,
						 .remove = &removed,
						 .n_remove = 1,
						 .psks = &psk,
						 .n_psks = 1},
		    0);
	give_application(give, "application", IS_PRIVATE);
	give_application(give, "application_tail", IS_PRIVATE | TAIL);
	give_application(give, "application_far", IS_PRIVATE | CLAIMS);
	give_from_outside(give);
	give_proposal(give, "add_left_out", &add, LEAVES_OUT);
	give_proposal(give, "update_renamed", &update, RENAMES | LEAVES_OUT);
}
