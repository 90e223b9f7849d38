/*
 * Who may propose what, and how: each type of proposal from each type of sender, in the commit of
 * a member and of somebody who joins by itself, RFC 9420 12.1.8, 12.2, 12.4. What is allowed is
 * refused too, further on: for what else is wrong with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "external_senders.h"
#include "proposal_list.h"
#include "scene.h"

enum { FIRST_TYPE = MLS_PROPOSAL_ADD, LAST_TYPE = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
enum { N_TYPES = LAST_TYPE + 1, N_SENDERS = MLS_SENDER_NEW_MEMBER_COMMIT + 1 };

#define NO  MLS_ERR_PROPOSAL_SENDER
#define YES MLS_OK

static const enum mls_err may_send[N_TYPES][N_SENDERS] = {
	/*                      member, external, new_member_proposal, new_member_commit */
	[MLS_PROPOSAL_ADD] = {0, YES, YES, YES, NO},
	[MLS_PROPOSAL_UPDATE] = {0, YES, NO, NO, NO},
	[MLS_PROPOSAL_REMOVE] = {0, YES, YES, NO, YES},
	[MLS_PROPOSAL_PSK] = {0, YES, YES, NO, YES},
	[MLS_PROPOSAL_REINIT] = {0, YES, YES, NO, NO},
	[MLS_PROPOSAL_EXTERNAL_INIT] = {0, NO, NO, NO, YES},
	[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = {0, YES, YES, NO, NO},
};

static void each_type_has_its_senders(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		for (uint8_t sender = MLS_SENDER_MEMBER; sender < N_SENDERS; sender++) {
			const enum mls_err err = mls_proposal_check_sender(type, sender);

			if (err != may_send[type][sender])
				fail_msg("type %u, sender %u: %s", type, sender, mls_err_name(err));
		}
	}
	REFUSED(mls_proposal_check_sender(0, MLS_SENDER_MEMBER), NO);
	REFUSED(mls_proposal_check_sender(N_TYPES, MLS_SENDER_MEMBER), NO);
	REFUSED(mls_proposal_check_sender(0x0a0a, MLS_SENDER_MEMBER), NO);
	REFUSED(mls_proposal_check_sender(MLS_PROPOSAL_ADD, N_SENDERS), NO);
	REFUSED(mls_proposal_check_sender(MLS_PROPOSAL_ADD, 32 + MLS_SENDER_MEMBER), NO);
}

/* RFC 9420 17.4, and 12.4 for a commit of nothing. */
static void some_types_need_a_path(void **state)
{
	static const bool needs[N_TYPES] = {
		[MLS_PROPOSAL_UPDATE] = true,
		[MLS_PROPOSAL_REMOVE] = true,
		[MLS_PROPOSAL_EXTERNAL_INIT] = true,
		[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = true,
	};

	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		struct mls_proposal_list list = {.n = 1};

		list.n_of[type] = 1;
		assert_int_equal(mls_proposal_list_needs_path(&list), needs[type]);
	}
	assert_true(mls_proposal_list_needs_path(&(struct mls_proposal_list){.n = 0}));
}

static struct mls_proposal of_type(const struct scene *s, uint16_t type)
{
	switch (type) {
	case MLS_PROPOSAL_ADD:
		return scene_add(s);
	case MLS_PROPOSAL_UPDATE:
		return scene_update(s, FORGER);
	case MLS_PROPOSAL_REMOVE:
		return forge_remove(LAST);
	case MLS_PROPOSAL_PSK:
		return forge_psk(MLS_PSK_EXTERNAL, 0, 32);
	case MLS_PROPOSAL_REINIT:
		return forge_reinit(MLS_VERSION_MLS10);
	case MLS_PROPOSAL_EXTERNAL_INIT:
		return forge_external_init();
	default:
		return forge_extensions((struct mls_slice){0});
	}
}

/* The forger's key is that of the group's external sender as well. */
static void allow_external_sender(struct scene *s)
{
	struct mls_buf senders = {0}, data = {0}, extensions = {0};
	struct mls_identity forger;

	assert_true(mls_group_member(s->w->group[VICTIM], &forger, FORGER));
	OK(mls_external_sender_put(&senders, &forger));
	OK(mls_vector_put(&data, bytes_of(&senders)));
	OK(mls_extension_put(&extensions, MLS_EXTENSION_EXTERNAL_SENDERS, bytes_of(&data)));
	world_commit(s->w, LAST,
		     &(struct mls_commit_request){.set_extensions = true,
						  .extensions = bytes_of(&extensions)},
		     NULL, 0);
	mls_buf_free(&senders);
	mls_buf_free(&data);
	mls_buf_free(&extensions);
}

/* What a message with one proposal is answered with. The framing of somebody new does not fit
 * what it may not send (6). The Update is a leaf that a commit has put into the tree. */
static enum mls_err wanted_alone(uint16_t type, uint8_t sender)
{
	if (sender == MLS_SENDER_NEW_MEMBER_COMMIT ||
	    (sender == MLS_SENDER_NEW_MEMBER_PROPOSAL && type != MLS_PROPOSAL_ADD))
		return MLS_ERR_SENDER_CONTENT;
	if (may_send[type][sender] == YES && type == MLS_PROPOSAL_UPDATE)
		return MLS_ERR_LEAF_SOURCE_WRONG;
	return may_send[type][sender];
}

static void propose_alone(uint16_t type, uint8_t sender)
{
	const enum mls_err want = wanted_alone(type, sender);
	struct mls_event event;
	struct scene s;

	scene_begin(&s);
	if (sender == MLS_SENDER_EXTERNAL)
		allow_external_sender(&s);
	s.f.content_type = MLS_CONTENT_PROPOSAL;
	s.f.sender.type = sender;
	if (sender == MLS_SENDER_EXTERNAL)
		s.f.sender.index = 0;
	else if (sender != MLS_SENDER_MEMBER)
		s.f.signer = s.w->client[s.outsider]->signer;
	scene_put(&s, of_type(&s, type));
	forge_public(&s.f, &s.message);
	if (want == MLS_OK)
		OK(mls_group_receive(s.w->group[VICTIM], &event, bytes_of(&s.message)));
	else
		scene_expect_refusal(&s, "alone", want);
	scene_end(&s);
}

static void messages_with_one_proposal(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		for (uint8_t sender = MLS_SENDER_MEMBER; sender < N_SENDERS; sender++)
			propose_alone(type, sender);
	}
}

/* The proposal in a commit without a path, and the error behind the last check it passes: that
 * a path is missing, that the PSK is not known, that the confirmation tag is a wrong one. */
static const enum mls_err in_members_commit[N_TYPES] = {
	[MLS_PROPOSAL_ADD] = MLS_ERR_CONFIRMATION_TAG,
	[MLS_PROPOSAL_UPDATE] = MLS_ERR_PROPOSAL_OWN_UPDATE,
	[MLS_PROPOSAL_REMOVE] = MLS_ERR_PATH_MISSING,
	[MLS_PROPOSAL_PSK] = MLS_ERR_PSK_UNKNOWN,
	[MLS_PROPOSAL_REINIT] = MLS_ERR_CONFIRMATION_TAG,
	[MLS_PROPOSAL_EXTERNAL_INIT] = MLS_ERR_PROPOSAL_EXTERNAL_INIT,
	[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = MLS_ERR_PATH_MISSING,
};

static void members_commit_by_value(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		struct scene s;

		scene_begin(&s);
		scene_put(&s, of_type(&s, type));
		forge_public(&s.f, &s.message);
		scene_expect_refusal(&s, "in a member's commit", in_members_commit[type]);
		scene_end(&s);
	}
}

/* The proposal beside an ExternalInit; that alone where it is one. The path of who replaces
 * another member is the one of somebody who does not, at another leaf. */
static const enum mls_err in_external_commit[N_TYPES] = {
	[MLS_PROPOSAL_ADD] = MLS_ERR_EXTERNAL_PROPOSAL,
	[MLS_PROPOSAL_UPDATE] = MLS_ERR_EXTERNAL_PROPOSAL,
	[MLS_PROPOSAL_REMOVE] = MLS_ERR_LEAF_SIGNATURE,
	[MLS_PROPOSAL_PSK] = MLS_ERR_PSK_UNKNOWN,
	[MLS_PROPOSAL_REINIT] = MLS_ERR_EXTERNAL_PROPOSAL,
	[MLS_PROPOSAL_EXTERNAL_INIT] = MLS_ERR_CONFIRMATION_TAG,
	[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = MLS_ERR_EXTERNAL_PROPOSAL,
};

static void external_commit_by_value(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		struct mls_buf honest = {0};
		struct scene s;

		scene_begin(&s);
		scene_joins(&s, s.outsider, &(struct mls_external_request){0}, &honest);
		scene_put(&s, forge_external_init());
		if (type != MLS_PROPOSAL_EXTERNAL_INIT)
			scene_put(&s, of_type(&s, type));
		forge_public(&s.f, &s.message);
		scene_expect_refusal(&s, "in an external commit", in_external_commit[type]);
		mls_buf_free(&honest);
		scene_end(&s);
	}
}

/* A proposal of this type by THIRD, who may send it, that everybody else keeps; its reference. */
static struct mls_slice keep_of_type(struct scene *s, uint16_t type)
{
	const struct mls_slice add = bytes_of(&s->package);
	const struct mls_proposal_request request = {
		.type = type,
		.key_package = add,
		.leaf = LAST,
		.psk = {.id = mls_slice_str("known")},
		.reinit = {.suite = 1, .group_id = mls_slice_str("next")},
	};
	const struct mls_proposal_cache *kept = &s->w->group[VICTIM]->proposals;
	struct mls_event event;

	s->w->message.len = 0;
	OK(mls_group_propose(s->w->group[THIRD], &s->w->message, &request, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_receive(s->w->group[VICTIM], &event, bytes_of(&s->w->message)));
	return mls_slice(kept->v[0]->ref, kept->v[0]->ref_len);
}

/* None of them, whatever it is; an ExternalInit nobody keeps. */
static void external_commit_by_reference(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		struct mls_buf honest = {0};
		struct scene s;

		if (type == MLS_PROPOSAL_EXTERNAL_INIT)
			continue;
		scene_begin(&s);
		scene_joins(&s, s.outsider, &(struct mls_external_request){0}, &honest);
		scene_put(&s, forge_external_init());
		forge_reference(&s.f, keep_of_type(&s, type));
		forge_public(&s.f, &s.message);
		scene_refuses(&s, "by reference", MLS_ERR_EXTERNAL_REFERENCE);
		mls_buf_free(&honest);
		scene_end(&s);
	}
}

/* What of THIRD's another member commits without a path. */
static const enum mls_err by_reference[N_TYPES] = {
	[MLS_PROPOSAL_ADD] = MLS_ERR_CONFIRMATION_TAG,
	[MLS_PROPOSAL_UPDATE] = MLS_ERR_PATH_MISSING,
	[MLS_PROPOSAL_REMOVE] = MLS_ERR_PATH_MISSING,
	[MLS_PROPOSAL_PSK] = MLS_ERR_PSK_UNKNOWN,
	[MLS_PROPOSAL_REINIT] = MLS_ERR_CONFIRMATION_TAG,
	[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = MLS_ERR_PATH_MISSING,
};

static void members_commit_by_reference(void **state)
{
	(void)state;
	for (uint16_t type = FIRST_TYPE; type < N_TYPES; type++) {
		struct scene s;

		if (type == MLS_PROPOSAL_EXTERNAL_INIT)
			continue;
		scene_begin(&s);
		forge_reference(&s.f, keep_of_type(&s, type));
		forge_public(&s.f, &s.message);
		scene_refuses(&s, "by reference", by_reference[type]);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_has_its_senders),
		cmocka_unit_test(some_types_need_a_path),
		cmocka_unit_test(messages_with_one_proposal),
		cmocka_unit_test(members_commit_by_value),
		cmocka_unit_test(members_commit_by_reference),
		cmocka_unit_test(external_commit_by_value),
		cmocka_unit_test(external_commit_by_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
