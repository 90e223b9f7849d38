/* Groups that follow from others: RFC 9420 11.2, 11.3, 12.4.3.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "forge.h"

static const struct mls_slice nothing = {0};
/* An empty list of external senders. */
static const struct mls_slice no_senders = {(const uint8_t *)"\0\5\1\0", 4};
static const struct mls_slice next_id = {(const uint8_t *)"next", 4};

/* Three members and, for each, a client of the suite that comes next. */
struct family {
	struct world *old;
	struct mls_client *client[4]; /* the last one is no member of the old group */
	struct mls_group *group[4];
	struct mls_buf commit, welcome, package[4];
	struct mls_slice extensions; /* of the next group */
};

static void family_begin_with(struct family *f, uint16_t suite, const struct mls_policy *policy)
{
	*f = (struct family){.old = world_new(1, 3, NULL, policy)};
	for (uint32_t i = 0; i < 4; i++) {
		f->client[i] = member_client(suite, i);
		member_publish(f->client[i], &f->package[i]);
	}
}

static void family_begin(struct family *f, uint16_t suite)
{
	family_begin_with(f, suite, NULL);
}

static void family_end(struct family *f)
{
	for (uint32_t i = 0; i < 4; i++) {
		mls_group_free(f->group[i]);
		mls_client_free(f->client[i]);
		mls_buf_free(&f->package[i]);
	}
	mls_buf_free(&f->commit);
	mls_buf_free(&f->welcome);
	world_free(f->old);
}

static void shut_down(struct family *f, uint16_t suite)
{
	const struct mls_reinit_parameters reinit = {
		.group_id = next_id, .suite = suite, .extensions = f->extensions};
	struct mls_event event;

	f->old->commit.len = 0;
	OK(mls_group_commit(f->old->group[1],
			    &(struct mls_commit_output){.commit = &f->old->commit},
			    &(struct mls_commit_request){.reinit = &reinit}));
	for (uint32_t i = 0; i < 3; i++) {
		OK(mls_group_receive(f->old->group[i], &event, bytes_of(&f->old->commit)));
		assert_int_equal(event.type, MLS_EVENT_REINIT);
	}
}

/* Member 0 begins the successor and adds the given others. */
static void succeed(struct family *f, enum mls_succession how, const uint32_t *others, size_t n)
{
	struct mls_slice add[4];
	struct mls_event event;

	for (size_t i = 0; i < n; i++)
		add[i] = bytes_of(&f->package[others[i]]);
	OK(mls_group_create_successor(f->client[0], &f->group[0], f->old->group[0], how, nothing,
				      f->extensions));
	f->commit.len = f->welcome.len = 0;
	OK(mls_group_commit(
		f->group[0],
		&(struct mls_commit_output){.commit = &f->commit, .welcome = &f->welcome},
		&(struct mls_commit_request){.add = add, .n_add = n, .tree_in_welcome = true}));
	OK(mls_group_receive(f->group[0], &event, bytes_of(&f->commit)));
}

static enum mls_err follow(struct family *f, enum mls_succession how, uint32_t member)
{
	return mls_group_join_successor(f->client[member], &f->group[member], f->old->group[member],
					how, bytes_of(&f->welcome), nothing);
}

static void expect_agreement(const struct family *f, uint32_t a, uint32_t b)
{
	const struct mls_slice x = mls_group_epoch_authenticator(f->group[a]);
	const struct mls_slice y = mls_group_epoch_authenticator(f->group[b]);

	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.p, y.p, x.len);
}

static void a_group_goes_on_with_another_suite(void **state)
{
	const uint32_t others[] = {1, 2};
	struct family f;

	(void)state;
	family_begin(&f, 2);
	f.extensions = no_senders;
	shut_down(&f, 2);
	f.extensions = nothing; /* the ReInit says it */
	succeed(&f, MLS_SUCCESSION_REINIT, others, 2);
	assert_int_equal(mls_group_suite(f.group[0]), 2);
	assert_int_equal(mls_group_epoch(f.group[0]), 1);
	assert_memory_equal(mls_group_id(f.group[0]).p, next_id.p, next_id.len);
	assert_int_equal(mls_group_extensions(f.group[0]).len, no_senders.len);
	OK(follow(&f, MLS_SUCCESSION_REINIT, 1));
	OK(follow(&f, MLS_SUCCESSION_REINIT, 2));
	expect_agreement(&f, 0, 1);
	expect_agreement(&f, 0, 2);
	family_end(&f);
}

static void a_group_says_what_it_goes_on_as(void **state)
{
	struct mls_reinit_parameters next = {0};
	struct family f;

	(void)state;
	family_begin(&f, 2);
	assert_false(mls_group_reinit(f.old->group[2], &next));
	shut_down(&f, 2);
	assert_true(mls_group_reinit(f.old->group[2], &next));
	assert_int_equal(next.suite, 2);
	assert_int_equal(next.extensions.len, 0);
	assert_int_equal(next.group_id.len, next_id.len);
	assert_memory_equal(next.group_id.p, next_id.p, next_id.len);
	family_end(&f);
}

static void some_members_branch_off(void **state)
{
	const uint32_t others[] = {2};
	struct family f;

	(void)state;
	family_begin(&f, 1);
	f.extensions = no_senders;
	succeed(&f, MLS_SUCCESSION_BRANCH, others, 1);
	OK(follow(&f, MLS_SUCCESSION_BRANCH, 2));
	expect_agreement(&f, 0, 2);
	assert_int_equal(mls_group_extensions(f.group[2]).len, no_senders.len);
	assert_memory_equal(mls_group_extensions(f.group[2]).p, no_senders.p, no_senders.len);
	assert_int_equal(mls_group_extensions(f.old->group[2]).len, 0);
	world_check(f.old); /* which goes on as before */
	family_end(&f);
}

static void remove_member_2(struct family *f)
{
	const uint32_t leaf = 2;

	world_commit(f->old, 0, &(struct mls_commit_request){.remove = &leaf, .n_remove = 1}, NULL,
		     0);
}

/* The old group may go on before somebody follows; who was a member when the others branched off
 * may be one of the branch. */
static void a_branch_is_joined_from_an_epoch_that_is_kept(void **state)
{
	struct mls_policy policy = mls_policy_default();
	const uint32_t others[] = {1, 2}, stranger[] = {1, 3};
	struct family f;

	(void)state;
	policy.past_epochs = 2;
	family_begin_with(&f, 1, &policy);
	succeed(&f, MLS_SUCCESSION_BRANCH, others, 2);
	remove_member_2(&f);
	world_commit(f.old, 0, &(struct mls_commit_request){0}, NULL, 0);
	OK(follow(&f, MLS_SUCCESSION_BRANCH, 1));
	expect_agreement(&f, 0, 1);
	family_end(&f);

	family_begin_with(&f, 1, &policy);
	succeed(&f, MLS_SUCCESSION_BRANCH, stranger, 2);
	world_commit(f.old, 0, &(struct mls_commit_request){0}, NULL, 0);
	REFUSED(follow(&f, MLS_SUCCESSION_BRANCH, 1), MLS_ERR_SUCCESSOR_MEMBERS);
	family_end(&f);
}

static void a_branch_of_an_epoch_that_is_gone_is_refused(void **state)
{
	struct mls_policy policy = mls_policy_default();
	const uint32_t others[] = {1, 2};
	struct family f;

	(void)state;
	policy.past_epochs = 1;
	family_begin_with(&f, 1, &policy);
	succeed(&f, MLS_SUCCESSION_BRANCH, others, 2);
	for (int i = 0; i < 2; i++)
		world_commit(f.old, 0, &(struct mls_commit_request){0}, NULL, 0);
	REFUSED(follow(&f, MLS_SUCCESSION_BRANCH, 1), MLS_ERR_PSK_USAGE_HERE);
	assert_null(f.group[1]);
	family_end(&f);
}

static void what_was_not_announced_is_refused(void **state)
{
	struct mls_group *group = NULL;
	const uint32_t others[] = {1, 2}, one[] = {1}, stranger[] = {1, 3};
	struct family f;

	(void)state;
	family_begin(&f, 1);
	REFUSED(mls_group_create_successor(f.client[0], &group, f.old->group[0],
					   MLS_SUCCESSION_REINIT, nothing, nothing),
		MLS_ERR_NOT_REINITIALIZED);
	succeed(&f, MLS_SUCCESSION_BRANCH, stranger, 2);
	REFUSED(follow(&f, MLS_SUCCESSION_BRANCH, 1), MLS_ERR_SUCCESSOR_MEMBERS);
	REFUSED(follow(&f, MLS_SUCCESSION_REINIT, 1), MLS_ERR_NOT_REINITIALIZED);
	REFUSED(mls_group_join(f.client[1], &group, bytes_of(&f.welcome), nothing),
		MLS_ERR_PSK_USAGE_HERE);
	mls_group_free(f.group[0]);
	shut_down(&f, 1);
	succeed(&f, MLS_SUCCESSION_REINIT, one, 1);
	REFUSED(follow(&f, MLS_SUCCESSION_REINIT, 1), MLS_ERR_SUCCESSOR_MEMBERS);
	REFUSED(follow(&f, MLS_SUCCESSION_BRANCH, 1), MLS_ERR_PSK_USAGE_HERE);
	mls_group_free(f.group[0]);
	f.group[0] = NULL;
	succeed(&f, MLS_SUCCESSION_REINIT, others, 2);
	OK(follow(&f, MLS_SUCCESSION_REINIT, 1));
	OK(follow(&f, MLS_SUCCESSION_REINIT, 2));
	family_end(&f);
}

static void a_client_of_another_suite_cannot_succeed(void **state)
{
	struct mls_group *group = NULL;
	struct family f;

	(void)state;
	family_begin(&f, 3);
	shut_down(&f, 2);
	REFUSED(mls_group_create_successor(f.client[0], &group, f.old->group[0],
					   MLS_SUCCESSION_REINIT, nothing, nothing),
		MLS_ERR_SUITE);
	family_end(&f);
}

/* It is not taken for one that goes back to an older version. */
static void a_reinit_that_does_not_decode_says_so(void **state)
{
	const struct mls_reinit_parameters reinit = {
		.group_id = next_id, .suite = 1, .extensions = mls_slice("\0", 1)};
	struct family f;

	(void)state;
	family_begin(&f, 1);
	REFUSED(mls_group_commit(f.old->group[1], &(struct mls_commit_output){.commit = &f.commit},
				 &(struct mls_commit_request){.reinit = &reinit}),
		MLS_ERR_TRUNCATED);
	assert_int_equal(f.commit.len, 0);
	family_end(&f);
}

/* Later versions may be announced, and this library makes groups of mls10. */
static void a_group_of_another_version_is_not_made(void **state)
{
	struct mls_group *group = NULL;
	struct family f;

	(void)state;
	family_begin(&f, 1);
	shut_down(&f, 1);
	f.old->group[0]->reinit.p[1 + next_id.len + 1] = 2;
	REFUSED(mls_group_create_successor(f.client[0], &group, f.old->group[0],
					   MLS_SUCCESSION_REINIT, nothing, nothing),
		MLS_ERR_VERSION);
	assert_null(group);
	family_end(&f);
}

static void a_group_without_origin_is_no_successor(void **state)
{
	struct mls_slice add;
	struct family f;

	(void)state;
	family_begin(&f, 1);
	add = bytes_of(&f.package[1]);
	OK(mls_group_create(f.client[0], &f.group[0], nothing, nothing));
	OK(mls_group_commit(
		f.group[0], &(struct mls_commit_output){.commit = &f.commit, .welcome = &f.welcome},
		&(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true}));
	REFUSED(follow(&f, MLS_SUCCESSION_BRANCH, 1), MLS_ERR_SUCCESSOR_PSK);
	family_end(&f);
}

static void later_epoch(struct forged_welcome *w)
{
	w->info.context.epoch = 2;
}

static void other_group_id(struct forged_welcome *w)
{
	w->info.context.group_id = mls_slice_str("other");
}

static void other_extensions(struct forged_welcome *w)
{
	w->info.context.extensions = mls_slice("\0\5\1\0", 4); /* no external senders */
}

static void other_version(struct forged_welcome *w)
{
	w->info.context.version = 2;
}

static void other_suite(struct forged_welcome *w)
{
	w->info.context.cipher_suite = 3;
}

/* The PSK of the old group becomes one of another epoch, or group. */
static void change_psk(struct forged_welcome *w, void (*change)(struct mls_psk_id *id))
{
	static uint8_t bytes[200];
	struct mls_buf out = {.p = bytes, .cap = sizeof(bytes), .fixed = true};
	struct mls_psk_id id;

	OK(mls_psk_id_decode(w->secrets.psks, &id));
	change(&id);
	OK(mls_psk_id_encode(&out, &id));
	w->secrets.psks = mls_buf_slice(&out);
}

static void one_epoch_later(struct mls_psk_id *id)
{
	id->psk_epoch++;
}

static void of_another_group(struct mls_psk_id *id)
{
	id->psk_group_id = mls_slice_str("other");
}

static void psk_of_another_epoch(struct forged_welcome *w)
{
	change_psk(w, one_epoch_later);
}

static void psk_of_another_group(struct forged_welcome *w)
{
	change_psk(w, of_another_group);
}

static void a_forged_successor_is_refused(void **state)
{
	static const struct {
		void (*change)(struct forged_welcome *w);
		enum mls_err want;
	} rows[] = {
		{later_epoch, MLS_ERR_SUCCESSOR_EPOCH},
		{other_group_id, MLS_ERR_SUCCESSOR_PARAMETERS},
		{other_extensions, MLS_ERR_SUCCESSOR_PARAMETERS},
		{other_version, MLS_ERR_SUCCESSOR_PARAMETERS},
		{other_suite, MLS_ERR_SUCCESSOR_PARAMETERS},
		{psk_of_another_epoch, MLS_ERR_PSK_USAGE_HERE},
		{psk_of_another_group, MLS_ERR_PSK_USAGE_HERE},
	};
	const uint32_t others[] = {1, 2};

	(void)state;
	for (size_t i = 0; i < MLS_N(rows); i++) {
		struct mls_origin origin = {.usage = MLS_PSK_REINIT};
		struct mls_buf forged = {0};
		struct family f;

		family_begin(&f, 1);
		shut_down(&f, 1);
		succeed(&f, MLS_SUCCESSION_REINIT, others, 2);
		OK(mls_buf_append(&origin.group_id, mls_group_id(f.old->group[1])));
		origin.epoch = mls_group_epoch(f.old->group[1]);
		origin.resumption_psk = f.old->group[1]->epoch->secrets.resumption_psk;
		forge_welcome(f.client[1], f.group[0], &forged, bytes_of(&f.welcome),
			      rows[i].change, &origin);
		REFUSED(mls_group_join_successor(f.client[1], &f.group[1], f.old->group[1],
						 MLS_SUCCESSION_REINIT, bytes_of(&forged), nothing),
			rows[i].want);
		OK(follow(&f, MLS_SUCCESSION_REINIT, 1));
		mls_buf_free(&forged);
		mls_buf_free(&origin.group_id);
		family_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_goes_on_with_another_suite),
		cmocka_unit_test(a_group_says_what_it_goes_on_as),
		cmocka_unit_test(some_members_branch_off),
		cmocka_unit_test(a_branch_is_joined_from_an_epoch_that_is_kept),
		cmocka_unit_test(a_branch_of_an_epoch_that_is_gone_is_refused),
		cmocka_unit_test(what_was_not_announced_is_refused),
		cmocka_unit_test(a_client_of_another_suite_cannot_succeed),
		cmocka_unit_test(a_reinit_that_does_not_decode_says_so),
		cmocka_unit_test(a_group_of_another_version_is_not_made),
		cmocka_unit_test(a_group_without_origin_is_no_successor),
		cmocka_unit_test(a_forged_successor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
