/*
 * Saved states that somebody has changed, with the right hash behind them, as in
 * test_state_rules.c: what a group has beside its present epoch. Later code takes all of it for
 * checked, and goes by its numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "saved_parts.h"

static const struct mls_slice nothing = {0};

static void pending_cut(struct saved_parts *s)
{
	s->group.pending.len--;
}

static void pending_longer(struct saved_parts *s)
{
	saved_edit(s, &s->group.pending, mls_slice("x", 1));
}

static void pending_of_nobody(struct saved_parts *s)
{
	struct mls_saved_epoch epoch;

	OK(mls_saved_epoch_decode(s->pending.epoch, &epoch));
	epoch.leaf = BLANK_LEAF;
	epoch.keys = nothing;
	s->pending.committer = BLANK_LEAF;
	OK(mls_saved_epoch_encode(&s->memory[3], &epoch));
	s->pending.epoch = mls_buf_slice(&s->memory[3]);
}

static void pending_of_another_group(struct saved_parts *s)
{
	struct mls_group_context context;
	struct mls_saved_epoch epoch;

	OK(mls_saved_epoch_decode(s->pending.epoch, &epoch));
	OK(mls_group_context_decode(epoch.context, &context));
	context.group_id = mls_slice("another", 7);
	OK(mls_group_context_encode(&s->memory[3], &context));
	epoch.context = mls_buf_slice(&s->memory[3]);
	OK(mls_saved_epoch_encode(&s->memory[4], &epoch));
	s->pending.epoch = mls_buf_slice(&s->memory[4]);
}

static void pending_of_the_present(struct saved_parts *s)
{
	s->pending.epoch = s->group.epoch;
	s->pending.removed = nothing;
}

static void pending_by_another(struct saved_parts *s)
{
	s->pending.committer = 0;
}

static void pending_when_removed(struct saved_parts *s)
{
	s->group.state = MLS_GROUP_REMOVED;
}

static void removed_and_nothing_pending(struct saved_parts *s)
{
	s->group.state = MLS_GROUP_REMOVED;
	s->group.pending = nothing;
}

static void added_is_nobody(struct saved_parts *s)
{
	s->pending.added = mls_slice("\0\0\0\6", 4);
}

static void removed_is_nobody(struct saved_parts *s)
{
	s->pending.removed = mls_slice("\0\0\0\6", 4);
}

static void added_twice(struct saved_parts *s)
{
	s->pending.added = mls_slice("\0\0\0\1\0\0\0\1", 8);
}

static void pending_reinit_cut(struct saved_parts *s)
{
	s->pending.reinit = mls_slice("\1", 1);
}

/* group_id, version, suite, extensions */
static const uint8_t reinit[] = {1, 'n', 0, 1, 0, 1, 0};

static void reinitialized(struct saved_parts *s)
{
	s->group.pending = nothing;
	s->group.state = MLS_GROUP_REINITIALIZED;
	s->group.reinit = mls_slice(reinit, sizeof(reinit));
}

static void reinit_cut(struct saved_parts *s)
{
	reinitialized(s);
	s->group.reinit.len--;
}

static void reinitialized_as_nothing(struct saved_parts *s)
{
	reinitialized(s);
	s->group.reinit = nothing;
}

static void active_with_a_reinit(struct saved_parts *s)
{
	s->group.reinit = mls_slice(reinit, sizeof(reinit));
}

static void removed_is_no_number(struct saved_parts *s)
{
	s->pending.removed.len--;
}

static void message_hash_cut(struct saved_parts *s)
{
	s->pending.message_hash.len--;
}

static void proposal_cut(struct saved_parts *s)
{
	s->group.proposals.len--;
}

static void long_reference(struct saved_parts *s)
{
	static const uint8_t ref[65];

	s->proposal.ref = mls_slice(ref, sizeof(ref));
}

static void update_key_short(struct saved_parts *s)
{
	s->proposal.private_key.len--;
}

/* ---- cached proposals: the one of the state is an own Update ---- */

static void proposal_of_no_type(struct saved_parts *s)
{
	s->proposal.type = 0xffff;
}

static void proposal_of_unknown_sender(struct saved_parts *s)
{
	s->proposal.sender_type = 0xff;
}

static void proposal_of_nobody(struct saved_parts *s)
{
	s->proposal.sender_index = BLANK_LEAF;
	s->proposal.private_key = s->proposal.public_key = nothing;
}

static void update_cut(struct saved_parts *s)
{
	s->proposal.body.len--;
}

static void update_longer(struct saved_parts *s)
{
	saved_edit(s, &s->proposal.body, mls_slice("x", 1));
}

static void update_by_reference_of_nothing(struct saved_parts *s)
{
	s->proposal.ref.len--;
}

static void key_of_anothers_update(struct saved_parts *s)
{
	s->proposal.sender_index = 0;
}

static void key_of_another_update(struct saved_parts *s)
{
	saved_edit(s, &s->proposal.public_key, nothing)[0] ^= 1;
}

static void as_remove(struct saved_parts *s, uint8_t sender_type, uint32_t sender, const char *leaf)
{
	s->proposal.type = MLS_PROPOSAL_REMOVE;
	s->proposal.sender_type = sender_type;
	s->proposal.sender_index = sender;
	s->proposal.body = mls_slice(leaf, 4);
	s->proposal.private_key = s->proposal.public_key = nothing;
}

static void remove_of_a_member(struct saved_parts *s)
{
	as_remove(s, MLS_SENDER_MEMBER, 0, "\0\0\0\2");
}

static void remove_of_nobody(struct saved_parts *s)
{
	as_remove(s, MLS_SENDER_MEMBER, 0, "\0\0\0\6");
}

static void remove_by_no_external_sender(struct saved_parts *s)
{
	as_remove(s, MLS_SENDER_EXTERNAL, 0, "\0\0\0\2");
}

static void remove_by_a_joiner(struct saved_parts *s)
{
	as_remove(s, MLS_SENDER_NEW_MEMBER_PROPOSAL, 0, "\0\0\0\2");
}

static void remove_of_an_external_commit(struct saved_parts *s)
{
	as_remove(s, MLS_SENDER_NEW_MEMBER_COMMIT, 0, "\0\0\0\2");
}

static void remove_with_a_key(struct saved_parts *s)
{
	const struct mls_saved_proposal update = s->proposal;

	as_remove(s, MLS_SENDER_MEMBER, MEMBER, "\0\0\0\2");
	s->proposal.private_key = update.private_key;
	s->proposal.public_key = update.public_key;
}

static void remove_with_a_private_key(struct saved_parts *s)
{
	remove_with_a_key(s);
	s->proposal.public_key = nothing;
}

static void past_cut(struct saved_parts *s)
{
	s->group.past.len--;
}

static void past_too_long(struct saved_parts *s)
{
	saved_edit(s, &s->group.past, s->group.past);
}

static void past_of_the_present(struct saved_parts *s)
{
	s->past.context = s->epoch.context;
	s->past.tree = s->epoch.tree;
}

static void past_of_nobody(struct saved_parts *s)
{
	s->past.leaf = BLANK_LEAF;
}

static void past_secret_cut(struct saved_parts *s)
{
	s->past.sender_data_secret.len--;
}

static void past_psk_cut(struct saved_parts *s)
{
	s->past.resumption_psk.len--;
}

static void past_ratchets_cut(struct saved_parts *s)
{
	s->past.secret_tree.len--;
}

static void origin_cut(struct saved_parts *s)
{
	s->group.origin = mls_slice("\2", 1);
}

static const uint8_t origin[1 + 2 + 8 + 1 + NH] = {2, 1, 'g', [11] = NH};

static void origin_longer(struct saved_parts *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin));
	saved_edit(s, &s->group.origin, mls_slice("x", 1));
}

static void origin_as_it_is(struct saved_parts *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin));
}

static void origin_of_no_succession(struct saved_parts *s)
{
	origin_as_it_is(s);
	saved_edit(s, &s->group.origin, nothing)[0] = MLS_PSK_APPLICATION;
}

static void origin_with_short_psk(struct saved_parts *s)
{
	s->group.origin = mls_slice(origin, sizeof(origin) - 1);
	saved_edit(s, &s->group.origin, nothing)[11] = NH - 1;
}

static const struct saved_row rows[] = {
	{pending_cut, true, MLS_ERR_STATE},
	{pending_longer, true, MLS_ERR_STATE},
	{removed_is_no_number, false, MLS_ERR_STATE},
	{message_hash_cut, false, MLS_ERR_STATE},
	{pending_of_nobody, false, MLS_ERR_STATE},
	{pending_of_another_group, false, MLS_ERR_STATE},
	{pending_of_the_present, false, MLS_ERR_STATE},
	{pending_by_another, false, MLS_ERR_STATE},
	{pending_when_removed, true, MLS_ERR_STATE},
	{removed_and_nothing_pending, true, MLS_OK},
	{added_is_nobody, false, MLS_ERR_STATE},
	{removed_is_nobody, false, MLS_ERR_STATE},
	{added_twice, false, MLS_ERR_STATE},
	{pending_reinit_cut, false, MLS_ERR_STATE},
	{reinitialized, true, MLS_OK},
	{reinit_cut, true, MLS_ERR_STATE},
	{reinitialized_as_nothing, true, MLS_ERR_STATE},
	{active_with_a_reinit, true, MLS_ERR_STATE},
	{proposal_of_no_type, false, MLS_ERR_STATE},
	{proposal_of_unknown_sender, false, MLS_ERR_STATE},
	{proposal_of_nobody, false, MLS_ERR_STATE},
	{update_cut, false, MLS_ERR_STATE},
	{update_longer, false, MLS_ERR_STATE},
	{update_by_reference_of_nothing, false, MLS_ERR_STATE},
	{key_of_anothers_update, false, MLS_ERR_STATE},
	{key_of_another_update, false, MLS_ERR_STATE},
	{remove_of_a_member, false, MLS_OK},
	{remove_of_nobody, false, MLS_ERR_STATE},
	{remove_by_no_external_sender, false, MLS_ERR_STATE},
	{remove_by_a_joiner, false, MLS_ERR_STATE},
	{remove_of_an_external_commit, false, MLS_ERR_STATE},
	{remove_with_a_key, false, MLS_ERR_STATE},
	{remove_with_a_private_key, false, MLS_ERR_STATE},
	{proposal_cut, true, MLS_ERR_STATE},
	{long_reference, false, MLS_ERR_STATE},
	{update_key_short, false, MLS_ERR_STATE},
	{past_cut, true, MLS_ERR_STATE},
	{past_too_long, true, MLS_ERR_STATE},
	{past_of_the_present, false, MLS_ERR_STATE},
	{past_of_nobody, false, MLS_ERR_STATE},
	{past_secret_cut, false, MLS_ERR_STATE},
	{past_psk_cut, false, MLS_ERR_STATE},
	{past_ratchets_cut, false, MLS_ERR_STATE},
	{origin_as_it_is, true, MLS_OK},
	{origin_of_no_succession, true, MLS_ERR_STATE},
	{origin_cut, true, MLS_ERR_STATE},
	{origin_longer, true, MLS_ERR_STATE},
	{origin_with_short_psk, true, MLS_ERR_STATE},
};

static void what_does_not_fit_the_epoch_is_no_state(void **state)
{
	(void)state;
	saved_expect_rows(rows, MLS_N(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_the_epoch_is_no_state),
	};

	return cmocka_run_group_tests(tests, saved_begin, saved_end);
}
