/* How much time is left, and that nothing but plain lines goes to a file. */
#include "backends/backends.h"
#include "run/progress.h"

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
	job[0] = (struct gb_job){.backend = &slow, .size = 80};
	job[1] = (struct gb_job){.backend = &fast, .size = 80};
	job[2] = (struct gb_job){.backend = &slow, .size = 980};
	job[3] = (struct gb_job){.backend = &fast, .size = 980};
	return 0;
}

static void time_left_goes_by_backend_and_size(void **state)
{
	struct gb_progress p;

	(void)state;
	gb_progress_open(&p, NULL, &jobs, &schedule);
	assert_true(gb_progress_left_s(&p, 0) < 0);
	gb_progress_begin(&p, 0);
	gb_progress_end(&p, 0);
	p.paces[0].ns = 2e9; /* 2 s for 80 members and the 20 that a process costs */
	/* Nothing is known of fast yet: it counts like the others. */
	assert_true(gb_progress_left_s(&p, 2) > 39.9 && gb_progress_left_s(&p, 2) < 40.1);
	gb_progress_begin(&p, 1);
	gb_progress_end(&p, 1);
	p.paces[1].ns = 1e9;
	assert_int_equal(p.n_paces, 2);
	assert_true(gb_progress_left_s(&p, 2) > 29.9 && gb_progress_left_s(&p, 2) < 30.1);
	assert_true(gb_progress_left_s(&p, 3) > 9.9 && gb_progress_left_s(&p, 3) < 10.1);
	assert_true(gb_progress_left_s(&p, 4) < 0.1);
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
	gb_progress_begin(&p, 0);
	for (int i = 0; i < 100; i++)
		gb_progress_sample(&p, 0);
	assert_int_equal(ftell(out), 0); /* not due yet */
	p.shown_ns = 0;
	gb_progress_sample(&p, 0);
	rewind(out);
	assert_non_null(fgets(line, sizeof line, out));
	assert_string_equal(line,
			    "0 of 4 processes, 101 samples; slow, 80 members; unknown left\n");
	gb_progress_close(&p);
	assert_null(fgets(line, sizeof line, out));
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_left_goes_by_backend_and_size),
		cmocka_unit_test(a_file_gets_plain_lines_and_few),
	};
	return cmocka_run_group_tests(tests, make_jobs, NULL);
}
