#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"
#include "shapes.h"
#include "stride.h"

/* What benchmarks build on: made groups behave like grown ones, forks do not touch each other. */

enum { MOST = 40 };

static const enum mls_probe_shape shapes[] = {MLS_PROBE_COLD, MLS_PROBE_COLD_NO_PATH,
					      MLS_PROBE_FULL};

/* A made group of `size` members, all of them live, as a world of members.h. */
static struct world made_world(struct shape_world *s, enum mls_probe_shape shape, uint32_t size)
{
	struct world w = {.suite = s->suite, .n = size};
	static uint32_t live[MOST];

	for (uint32_t i = 0; i < size; i++) {
		live[i] = i;
		w.client[i] = shape_client(s, i);
	}
	shape_groups(s, &(struct shape_story){.shape = shape, .size = size}, live, w.client,
		     w.group, size);
	return w;
}

static void end_world(struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		mls_group_free(w->group[i]);
		mls_client_free(w->client[i]);
	}
	mls_buf_free(&w->commit);
	mls_buf_free(&w->welcome);
	mls_buf_free(&w->tree);
	mls_buf_free(&w->message);
}

static void live(uint16_t suite, enum mls_probe_shape shape, uint32_t size)
{
	struct shape_world s;
	struct world w;
	uint32_t joiner;

	shape_world_begin(&s, suite, 7);
	w = made_world(&s, shape, size);
	world_check(&w);
	world_commit(&w, size - 1, &(struct mls_commit_request){0}, NULL, 0);
	world_check(&w);
	world_commit(&w, 0,
		     &(struct mls_commit_request){.remove = &(uint32_t){size / 2}, .n_remove = 1},
		     NULL, 0);
	joiner = w.n++;
	w.client[joiner] = shape_client(&s, joiner);
	world_commit(&w, 0, &(struct mls_commit_request){.tree_in_welcome = true}, &joiner, 1);
	world_check(&w);
	end_world(&w);
	shape_world_end(&s);
}

static void made_groups_live(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		for (uint32_t size = 2; size < 20; size += (uint32_t)test_stride(4))
			live(1, shapes[i], size);
	}
	for (uint16_t suite = 2; suite <= 7; suite++)
		live(suite, MLS_PROBE_FULL, 5);
}

static void forks_are_independent(void **state)
{
	struct shape_world s;
	struct world w;
	struct mls_group *copy;
	struct mls_event event;
	struct mls_buf first = {0};
	static const uint8_t text[] = "twice";

	(void)state;
	shape_world_begin(&s, 1, 8);
	w = made_world(&s, MLS_PROBE_FULL, 9);
	OK(mls_group_protect(w.group[0], &first, (struct mls_slice){text, 5},
			     (struct mls_slice){0}));
	OK(mls_probe_group_fork(w.client[1], &copy, w.group[1]));
	OK(mls_group_receive(w.group[1], &event, bytes_of(&first)));
	REFUSED(mls_group_receive(w.group[1], &event, bytes_of(&first)), MLS_ERR_GENERATION_USED);
	OK(mls_group_receive(copy, &event, bytes_of(&first)));
	assert_memory_equal(event.data.p, text, 5);
	world_commit(&w, 3, &(struct mls_commit_request){0}, NULL, 0);
	assert_int_equal(mls_group_epoch(copy) + 1, mls_group_epoch(w.group[1]));
	OK(mls_group_receive(copy, &event, bytes_of(&w.commit)));
	assert_memory_equal(mls_group_epoch_authenticator(copy).p,
			    mls_group_epoch_authenticator(w.group[1]).p, 32);
	mls_group_free(copy);
	world_check(&w);
	mls_buf_free(&first);
	end_world(&w);
	shape_world_end(&s);
}

static void a_fork_keeps_the_pending_commit(void **state)
{
	struct shape_world s;
	struct world w;
	struct mls_group *copy;
	struct mls_event event;

	(void)state;
	shape_world_begin(&s, 1, 9);
	w = made_world(&s, MLS_PROBE_COLD, 6);
	OK(mls_group_commit(w.group[2], &(struct mls_commit_output){.commit = &w.commit},
			    &(struct mls_commit_request){.remove = &(uint32_t){5}, .n_remove = 1}));
	OK(mls_probe_group_fork(w.client[2], &copy, w.group[2]));
	mls_group_discard(w.group[2]);
	assert_true(mls_group_is_pending(copy));
	OK(mls_group_receive(copy, &event, bytes_of(&w.commit)));
	assert_int_equal(event.type, MLS_EVENT_OWN_COMMIT);
	assert_int_equal(event.n_removed, 1);
	assert_int_equal(event.removed[0], 5);
	mls_group_free(copy);
	end_world(&w);
	shape_world_end(&s);
}

/* Allocations of a fork in an epoch in which eight members have been heard. */
static uint64_t fork_cost(uint32_t size)
{
	struct shape_world s;
	struct world w;
	struct mls_group *copy;
	struct mls_event event;
	uint64_t before;

	shape_world_begin(&s, 1, 12);
	w = made_world(&s, MLS_PROBE_FULL, size);
	for (uint32_t i = 1; i <= 8; i++) {
		w.message.len = 0;
		OK(mls_group_protect(w.group[i], &w.message,
				     (struct mls_slice){(const uint8_t *)"text", 4},
				     (struct mls_slice){0}));
		OK(mls_group_receive(w.group[0], &event, bytes_of(&w.message)));
	}
	before = mls_probe_allocations();
	OK(mls_probe_group_fork(w.client[0], &copy, w.group[0]));
	before = mls_probe_allocations() - before;
	mls_group_free(copy);
	end_world(&w);
	shape_world_end(&s);
	return before;
}

static void a_fork_costs_the_same_in_any_group(void **state)
{
	(void)state;
	assert_true(fork_cost(9) <= 2);
	assert_int_equal(fork_cost(MOST), fork_cost(9));
}

/* The whole life of a group from one seed: every message of two runs is the same. */
static void a_seed_repeats_every_byte(void **state)
{
	struct mls_buf runs[2] = {{0}, {0}};

	(void)state;
	for (size_t run = 0; run < 2; run++) {
		struct shape_world s;
		struct world w;
		static const uint8_t text[] = "again";

		shape_world_begin(&s, 1, 10);
		w = made_world(&s, MLS_PROBE_COLD, 7);
		world_commit(&w, 1, &(struct mls_commit_request){.tree_in_welcome = true}, NULL, 0);
		OK(mls_group_protect(w.group[4], &w.commit, (struct mls_slice){text, 5},
				     (struct mls_slice){0}));
		runs[run] = w.commit;
		w.commit = (struct mls_buf){0};
		end_world(&w);
		shape_world_end(&s);
	}
	assert_int_equal(runs[0].len, runs[1].len);
	assert_memory_equal(runs[0].p, runs[1].p, runs[0].len);
	mls_buf_free(&runs[0]);
	mls_buf_free(&runs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_groups_live),
		cmocka_unit_test(forks_are_independent),
		cmocka_unit_test(a_fork_keeps_the_pending_commit),
		cmocka_unit_test(a_fork_costs_the_same_in_any_group),
		cmocka_unit_test(a_seed_repeats_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
