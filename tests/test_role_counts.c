/*
 * A role of a made group, whose tree and contexts are shared with other roles, does exactly
 * the work of a member who lives alone and came to the same state by messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"
#include "shapes.h"
#include "stride.h"

static const struct mls_slice nothing = {0};

/* The same group twice: grown by messages among clients of their own, and made. */
struct twins {
	struct world *grown;
	struct shape_world s;
	struct world made;
	uint32_t joiner;
	struct mls_buf package[2];
};

static void twins_begin(struct twins *t, enum mls_probe_shape shape, uint32_t n)
{
	static uint32_t live[MAX_MEMBERS];

	memset(t, 0, sizeof(*t));
	t->grown = world_new(1, n, NULL, NULL);
	for (uint32_t i = 0; shape == MLS_PROBE_FULL && i < n; i++)
		world_commit(t->grown, i, &(struct mls_commit_request){0}, NULL, 0);
	shape_world_begin(&t->s, 1, 6);
	for (uint32_t i = 0; i < n; i++) {
		live[i] = i;
		t->made.client[i] = shape_client(&t->s, i);
	}
	t->made.n = n;
	shape_groups(&t->s, &(struct shape_story){.shape = shape, .size = n}, live, t->made.client,
		     t->made.group, n);
	t->joiner = world_client(t->grown, NULL);
	t->made.client[t->made.n++] = shape_client(&t->s, n);
	member_publish(t->grown->client[t->joiner], &t->package[0]);
	shape_publish(&t->s, t->made.client[n], n, &t->package[1], true);
}

static void twins_end(struct twins *t)
{
	for (uint32_t i = 0; i < t->made.n; i++) {
		mls_group_free(t->made.group[i]);
		mls_client_free(t->made.client[i]);
	}
	mls_buf_free(&t->made.commit);
	mls_buf_free(&t->made.welcome);
	mls_buf_free(&t->package[0]);
	mls_buf_free(&t->package[1]);
	shape_world_end(&t->s);
	world_free(t->grown);
}

static struct mls_counts spent(const struct mls_client *client, const struct mls_counts *before)
{
	struct mls_counts now;

	mls_probe_counts(client, &now);
#define MLS_COUNT_SPENT(name, sentence) now.name -= before->name;
	MLS_COUNTS(MLS_COUNT_SPENT)
#undef MLS_COUNT_SPENT
	return now;
}

static void expect_equal(const char *what, const struct mls_counts *grown,
			 const struct mls_counts *made)
{
#define MLS_COUNT_EQUAL(name, sentence)                                                            \
	if (grown->name != made->name)                                                             \
		fail_msg("%s: %s: %llu alone, %llu made", what, #name,                             \
			 (unsigned long long)grown->name, (unsigned long long)made->name);
	MLS_COUNTS(MLS_COUNT_EQUAL)
#undef MLS_COUNT_EQUAL
}

static struct mls_counts committing(struct world *w, uint32_t actor,
				    const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	struct mls_counts before;

	w->commit.len = w->welcome.len = 0;
	mls_probe_counts(w->client[actor], &before);
	OK(mls_group_commit(w->group[actor], &output, request));
	return spent(w->client[actor], &before);
}

static struct mls_counts receiving(struct world *w, uint32_t member)
{
	struct mls_counts before;
	struct mls_event event;

	mls_probe_counts(w->client[member], &before);
	OK(mls_group_receive(w->group[member], &event, bytes_of(&w->commit)));
	return spent(w->client[member], &before);
}

static struct mls_counts joining(struct world *w, uint32_t joiner)
{
	struct mls_counts before;

	mls_probe_counts(w->client[joiner], &before);
	OK(mls_group_join(w->client[joiner], &w->group[joiner], bytes_of(&w->welcome), nothing));
	return spent(w->client[joiner], &before);
}

static void expect_same_lengths(const struct twins *t)
{
	assert_int_equal(t->grown->commit.len, t->made.commit.len);
	assert_int_equal(t->grown->welcome.len, t->made.welcome.len);
}

/* `actor` commits and everybody but who is gone then processes: both worlds in step. */
static void step(struct twins *t, const char *what, uint32_t actor, uint32_t gone,
		 const struct mls_commit_request *grown, const struct mls_commit_request *made)
{
	struct mls_counts a = committing(t->grown, actor, grown);
	struct mls_counts b = committing(&t->made, actor, made);

	expect_equal(what, &a, &b);
	expect_same_lengths(t);
	for (uint32_t i = 0; i < t->made.n; i++) {
		if (!t->made.group[i] || i == gone)
			continue;
		a = receiving(t->grown, i);
		b = receiving(&t->made, i);
		expect_equal(what, &a, &b);
	}
}

static struct mls_counts sending(struct world *w, uint32_t member)
{
	struct mls_counts before;

	w->commit.len = 0;
	mls_probe_counts(w->client[member], &before);
	OK(mls_group_protect(w->group[member], &w->commit,
			     (struct mls_slice){(const uint8_t *)"text", 4}, nothing));
	return spent(w->client[member], &before);
}

static void talk(struct twins *t, uint32_t from)
{
	struct mls_counts a = sending(t->grown, from), b = sending(&t->made, from);

	expect_equal("send", &a, &b);
	assert_int_equal(t->grown->commit.len, t->made.commit.len);
	for (uint32_t i = 0; i < t->made.n; i++) {
		if (i == from || !t->made.group[i])
			continue;
		a = receiving(t->grown, i);
		b = receiving(&t->made, i);
		expect_equal("receive", &a, &b);
	}
}

static void live(enum mls_probe_shape shape, uint32_t n)
{
	const uint32_t leaver = n / 2;
	const struct mls_commit_request plain = {0}, removing = {.remove = &leaver, .n_remove = 1};
	struct mls_slice add[2];
	struct mls_commit_request adding[2];
	struct mls_counts a, b;
	struct twins t;

	twins_begin(&t, shape, n);
	talk(&t, n - 1);
	step(&t, "rekey", 0, MLS_NO_LEAF, &plain, &plain);
	for (size_t i = 0; i < 2; i++) {
		add[i] = bytes_of(&t.package[i]);
		adding[i] = (struct mls_commit_request){
			.add = &add[i], .n_add = 1, .tree_in_welcome = true};
	}
	step(&t, "add", 1, MLS_NO_LEAF, &adding[0], &adding[1]);
	a = joining(t.grown, t.joiner);
	b = joining(&t.made, n);
	expect_equal("join", &a, &b);
	talk(&t, 0);
	step(&t, "rekey", n, MLS_NO_LEAF, &plain, &plain);
	talk(&t, n);
	step(&t, "remove", 0, leaver, &removing, &removing);
	twins_end(&t);
}

static void sharing_saves_no_work(void **state)
{
	static const uint32_t sizes[] = {2, 3, 8, 9, 17, 33, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i += test_stride(4)) {
		live(MLS_PROBE_COLD, sizes[i]);
		live(MLS_PROBE_FULL, sizes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sharing_saves_no_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
