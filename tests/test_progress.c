/* How much time is left, and that nothing but plain lines goes to a file. */
#include "backends/backends.h"
#include "run/forecast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <string.h>

#include <cmocka.h>

static struct gb_backend slow, fast;
static struct gb_job job[4];
static struct gb_jobs jobs = {.job = job, .n = 4};
static struct gb_turn turns[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}};
static struct gb_schedule schedule = {turns, 4};

/* Two small groups, then two large ones, of a slow and a fast backend. */
static int make_jobs(void **state)
{
	(void)state;
	slow.name = "slow";
	fast.name = "fast";
	job[0] = (struct gb_job){.backend = &slow, .size = 30, .n_tasks = 2};
	job[1] = (struct gb_job){.backend = &fast, .size = 30, .n_tasks = 2};
	job[2] = (struct gb_job){.backend = &slow, .size = 480, .n_tasks = 2};
	job[3] = (struct gb_job){.backend = &fast, .size = 480, .n_tasks = 2};
	return 0;
}

static void assert_left(struct gb_progress *p, size_t turn, double want_s)
{
	double left = gb_progress_left_s(p, turn);

	if (left < want_s - 0.01 || left > want_s + 0.01)
		fail_msg("%.3f s left, want %.3f s", left, want_s);
}

/*
 * One sample of each of its two cells: what is left goes by the members. Of groups of 30 and 20
 * pairs more one of 480 is ten times as many, but for what the cheapest process takes for 20 pairs.
 */
static void time_left_goes_by_backend_and_size(void **state)
{
	struct gb_progress p;

	(void)state;
	gb_progress_open(&p, NULL, &jobs, &schedule);
	assert_true(gb_progress_left_s(&p, 0) < 0);
	gb_paces_note(&p.paces, 0, 2e9, 2e9);
	/* Nothing is known of fast yet: it counts like the others. */
	assert_left(&p, 1, 2 + 12.8 + 12.8);
	gb_paces_note(&p.paces, 1, 1e9, 1e9);
	assert_left(&p, 2, 16.4 + 6.4);
	gb_paces_note(&p.paces, 2, 30e9, 30e9);
	/* Slow took 30 s where 16.4 were expected: fast may too, with one voice against it. */
	assert_left(&p, 3, 6.4 * sqrt(30 / 16.4));
	assert_left(&p, 4, 0);
	gb_progress_close(&p);
}

/* A small group that used up its budget says little of a large one: its samples do. */
static void budgets_are_no_growth(void **state)
{
	struct gb_progress p;

	(void)state;
	gb_progress_open(&p, NULL, &jobs, &schedule);
	gb_paces_note(&p.paces, 0, 2e9, 20e6);
	gb_paces_note(&p.paces, 1, 2e9, 1e9);
	assert_left(&p, 2, 2 + 9.928);
	gb_progress_close(&p);
}

/* Two seconds at 80, 32 at 1280, four times the size each: what lies between is eight. */
static void what_lies_between_two_sizes_is_interpolated(void **state)
{
	static struct gb_job sizes[3];
	static struct gb_turn order[] = {{0, 1}, {2, 1}, {1, 1}};
	static struct gb_jobs three = {.job = sizes, .n = 3};
	static struct gb_schedule far_first = {order, 3};
	struct gb_progress p;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		sizes[i] = (struct gb_job){.backend = &slow, .size = 80u << (2 * i), .n_tasks = 1};
	gb_progress_open(&p, NULL, &three, &far_first);
	gb_paces_note(&p.paces, 0, 2e9, 2e9);
	gb_paces_note(&p.paces, 2, 32e9, 32e9);
	assert_left(&p, 2, 8);
	gb_progress_close(&p);
}

/*
 * Ten senders in a group of 3 are 30 pairs, 48 of them in one of 10 are 480. A process whose cells
 * all were left out says nothing of others.
 */
static void senders_count_like_members(void **state)
{
	static struct gb_job rooms[3];
	static struct gb_turn order[] = {{0, 1}, {1, 1}, {2, 1}};
	static struct gb_jobs three = {.job = rooms, .n = 3};
	static struct gb_schedule in_order = {order, 3};
	struct gb_progress p;

	(void)state;
	rooms[0] = (struct gb_job){.backend = &slow, .size = 3, .senders = 10, .n_tasks = 1};
	rooms[1] = (struct gb_job){.backend = &slow, .size = 4, .senders = 10, .n_tasks = 1};
	rooms[2] = (struct gb_job){.backend = &slow, .size = 10, .senders = 48, .n_tasks = 1};
	for (size_t i = 0; i < 3; i++)
		snprintf(rooms[i].axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "%u",
			 rooms[i].senders);
	gb_progress_open(&p, NULL, &three, &in_order);
	gb_paces_note(&p.paces, 0, 2e9, 2e9);
	gb_paces_note(&p.paces, 1, 1e6, 0);
	assert_left(&p, 2, 12.8);
	gb_progress_close(&p);
}

/* One sample takes 1 s with 50 members and 1.5 s with 100: 10 ms for each, and what no size
 * changes. */
static void beyond_two_sizes_growth_goes_on(void **state)
{
	static struct gb_job sizes[3];
	static struct gb_turn order[] = {{0, 1}, {1, 1}, {1, 2}, {2, 1}};
	static struct gb_jobs three = {.job = sizes, .n = 3};
	static struct gb_schedule in_order = {order, 4};
	struct gb_progress p;

	(void)state;
	sizes[0] = (struct gb_job){.backend = &slow, .size = 50, .n_tasks = 1};
	sizes[1] = (struct gb_job){.backend = &slow, .size = 100, .n_tasks = 1};
	sizes[2] = (struct gb_job){.backend = &slow, .size = 950, .n_tasks = 1};
	gb_progress_open(&p, NULL, &three, &in_order);
	gb_paces_note(&p.paces, 0, 3e9, 1e9);
	gb_paces_note(&p.paces, 1, 3e9, 1.4e9);
	gb_paces_note(&p.paces, 1, 3e9, 1.6e9);
	assert_left(&p, 3, 10);
	gb_progress_close(&p);
}

/* By the 100 ms of each member beyond two it would be 11 s, by groups of 12 alone 5.07 s. */
static void growth_from_two_members_counts_half(void **state)
{
	static struct gb_job sizes[3];
	static struct gb_turn order[] = {{0, 1}, {1, 1}, {2, 1}};
	static struct gb_jobs three = {.job = sizes, .n = 3};
	static struct gb_schedule in_order = {order, 3};
	struct gb_progress p;

	(void)state;
	sizes[0] = (struct gb_job){.backend = &slow, .size = 2, .n_tasks = 1};
	sizes[1] = (struct gb_job){.backend = &slow, .size = 12, .n_tasks = 1};
	sizes[2] = (struct gb_job){.backend = &slow, .size = 102, .n_tasks = 1};
	gb_progress_open(&p, NULL, &three, &in_order);
	gb_paces_note(&p.paces, 0, 1e9, 1e9);
	gb_paces_note(&p.paces, 1, 2e9, 2e9);
	assert_left(&p, 2, 8.034);
	gb_progress_close(&p);
}

/* What has been measured at a point itself is the best guess for its other processes. */
static void a_job_that_has_run_is_its_own_measure(void **state)
{
	static struct gb_turn again[] = {{0, 1}, {2, 1}, {0, 2}, {2, 2}};
	static struct gb_schedule twice = {again, 4};
	struct gb_progress p;

	(void)state;
	gb_progress_open(&p, NULL, &jobs, &twice);
	gb_paces_note(&p.paces, 0, 2e9, 2e9);
	gb_paces_note(&p.paces, 2, 5e9, 5e9);
	assert_left(&p, 2, 2 + 5);
	gb_paces_note(&p.paces, 0, 4e9, 4e9);
	assert_left(&p, 2, 3 + 5);
	gb_progress_close(&p);
}

/* Forty seconds, of which the first four are a tenth: at 5 s the other turns were expected to take
 * as long as the first; it turned out otherwise. */
static void what_was_forecast_after_a_share_is_kept(void **state)
{
	struct gb_progress p;
	struct gb_forecast f;

	(void)state;
	gb_progress_open(&p, NULL, &jobs, &schedule);
	for (size_t turn = 0; turn < 4; turn++) {
		static const uint64_t ends_s[] = {2, 5, 35, 40};
		uint64_t began_s = turn > 0 ? ends_s[turn - 1] : 0;

		gb_progress_begin(&p, turn, (100 + began_s) * 1000000000);
		gb_progress_sample(&p, turn, 0, (101 + began_s) * 1000000000);
		gb_progress_end(&p, turn, (100 + ends_s[turn]) * 1000000000, 1);
	}
	assert_true(gb_forecast_after(&p, 0.1, &f));
	/* 1 s of single samples in groups of 30 are 6.4 s in those of 480. */
	assert_float_equal(f.after_s, 5, 0.01);
	assert_float_equal(f.whole_s, 17.8f, 0.01);
	assert_float_equal(f.took_s, 40, 0.01);
	assert_true(gb_forecast_after(&p, 0.2, &f));
	assert_float_equal(f.after_s, 35, 0.01);
	gb_progress_close(&p);
	assert_false(gb_forecast_after(&p, 0.1, &f));
}

static void a_file_gets_plain_lines_and_few(void **state)
{
	struct gb_progress p;
	FILE *out = tmpfile();
	char line[200] = "";

	(void)state;
	assert_non_null(out);
	gb_progress_open(&p, out, &jobs, &schedule);
	assert_false(p.is_live);
	gb_progress_begin(&p, 0, 0);
	for (int i = 0; i < 100; i++)
		gb_progress_sample(&p, 0, 0, 0);
	assert_int_equal(ftell(out), 0); /* not due yet */
	p.shown_ns = 0;
	gb_progress_sample(&p, 0, 0, 0);
	rewind(out);
	assert_non_null(fgets(line, sizeof line, out));
	assert_string_equal(line,
			    "0 of 4 processes, 101 samples; slow, 30 members; unknown left\n");
	gb_progress_close(&p);
	assert_null(fgets(line, sizeof line, out));
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_left_goes_by_backend_and_size),
		cmocka_unit_test(budgets_are_no_growth),
		cmocka_unit_test(what_lies_between_two_sizes_is_interpolated),
		cmocka_unit_test(senders_count_like_members),
		cmocka_unit_test(beyond_two_sizes_growth_goes_on),
		cmocka_unit_test(growth_from_two_members_counts_half),
		cmocka_unit_test(a_job_that_has_run_is_its_own_measure),
		cmocka_unit_test(what_was_forecast_after_a_share_is_kept),
		cmocka_unit_test(a_file_gets_plain_lines_and_few),
	};
	return cmocka_run_group_tests(tests, make_jobs, NULL);
}
