/*
 * How good the time left is that a run announces after its first tenth: runs that were recorded
 * (processes.csv) are played to the progress line again, as on a machine that has nothing else to
 * do: a process lasts as long as it had the processor. With arguments, those files; the errors are
 * printed in any case.
 */
#include "analyse/csv.h"
#include "backends/backends.h"
#include "run/forecast.h"

#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST_TURNS    20000
#define MOST_BACKENDS 8

struct recording {
	struct gb_backend backend[MOST_BACKENDS];
	char name[MOST_BACKENDS][40];
	struct gb_job job[MOST_TURNS];
	struct gb_turn turn[MOST_TURNS];
	double lasts_s[MOST_TURNS], single_s[MOST_TURNS];
	struct gb_jobs jobs;
	struct gb_schedule schedule;
};

static int n_files;
static char **files;

static const struct gb_backend *backend_of(struct recording *r, const char *name)
{
	for (size_t i = 0; i < MOST_BACKENDS; i++) {
		if (r->name[i][0] == '\0') {
			snprintf(r->name[i], sizeof(r->name[i]), "%s", name);
			r->backend[i].name = r->name[i];
		}
		if (strcmp(r->name[i], name) == 0)
			return &r->backend[i];
	}
	fail_msg("more than %d backends", MOST_BACKENDS);
	return NULL;
}

/* The number of the job, which is a new one if there was none like it. */
static size_t job_of(struct recording *r, const struct gb_job *job)
{
	size_t i = 0;

	while (i < r->jobs.n && (r->job[i].backend != job->backend ||
				 memcmp(r->job[i].axis, job->axis, sizeof(job->axis)) != 0))
		i++;
	if (i == r->jobs.n)
		r->job[r->jobs.n++] = *job;
	return i;
}

static double number(struct gb_csv *csv, const char *column)
{
	struct gb_failure f = {0};
	double value = 0;

	if (gb_csv_number(csv, (size_t)gb_csv_find(csv, column, &f), &value, &f) != 1)
		fail_msg("%s: %s", column, f.text);
	return value;
}

/* What the scenario of a recording says of most_pairs. */
static uint32_t most_pairs_of(const char *path)
{
	if (strstr(path, "matrix-room") != NULL)
		return 10000;
	return strstr(path, "senders") != NULL ? 100000 : 0;
}

/* In the first tenth of matrix-room no process of one sender has run with more than ten members
 * (in the shorter run, with more than two), and most of what follows is such processes: a sender
 * costs them more than each of ten. */
static double may_be_off(const char *path)
{
	return strstr(path, "matrix-room") != NULL ? 0.25 : 0.2;
}

static void take_turn(struct recording *r, struct gb_csv *csv, uint32_t most_pairs)
{
	struct gb_failure f = {0};
	struct gb_job job = {.n_tasks = 1, .sampling.most_pairs = most_pairs};
	size_t turn = r->schedule.n++;

	assert_true(turn < MOST_TURNS);
	job.backend = backend_of(r, gb_csv_text(csv, (size_t)gb_csv_find(csv, "backend", &f)));
	for (size_t i = 0; i < GB_AXES; i++)
		if (gb_csv_has(csv, gb_axes[i].name))
			snprintf(job.axis[i], sizeof(job.axis[i]), "%s",
				 gb_csv_text(csv, (size_t)gb_csv_find(csv, gb_axes[i].name, &f)));
	job.size = (uint32_t)strtoul(job.axis[GB_AXIS_size], NULL, 10);
	job.senders = (uint32_t)strtoul(job.axis[GB_AXIS_senders], NULL, 10);
	r->turn[turn] = (struct gb_turn){job_of(r, &job), (uint32_t)number(csv, "process")};
	r->lasts_s[turn] = number(csv, "cpu_s");
	r->single_s[turn] = number(csv, "single_s") / number(csv, "took_s") * r->lasts_s[turn];
}

static struct recording *read_recording(const char *path)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct gb_failure f = {0};
	struct gb_csv *csv;
	int status;

	assert_non_null(r);
	r->jobs.job = r->job;
	r->schedule.turns = r->turn;
	if (gb_csv_open(&csv, path, GB_CSV_LEADING_COMMENTS, &f) < 0)
		fail_msg("%s", f.text);
	while ((status = gb_csv_next(csv, &f)) > 0)
		take_turn(r, csv, most_pairs_of(path));
	if (status < 0)
		fail_msg("%s", f.text);
	gb_csv_close(csv);
	return r;
}

static uint64_t at_ns(double s)
{
	return (uint64_t)((1 + s) * 1e9);
}

static struct gb_forecast play(const struct recording *r)
{
	struct gb_progress p;
	struct gb_forecast f;
	double now_s = 0;

	gb_progress_open(&p, NULL, &r->jobs, &r->schedule);
	for (size_t i = 0; i < r->schedule.n; i++) {
		gb_progress_begin(&p, i, at_ns(now_s));
		gb_progress_sample(&p, i, 0, at_ns(now_s + r->single_s[i]));
		now_s += r->lasts_s[i];
		gb_progress_end(&p, i, at_ns(now_s), r->lasts_s[i]);
	}
	assert_true(gb_forecast_after(&p, 0.1, &f));
	gb_progress_close(&p);
	return f;
}

static void after_the_first_tenth_it_is_within_a_fifth(void **state)
{
	int n_off = 0;

	(void)state;
	assert_true(n_files > 0);
	for (int i = 0; i < n_files; i++) {
		struct recording *r = read_recording(files[i]);
		struct gb_forecast f = play(r);
		double off = f.whole_s / f.took_s - 1;

		print_message("%s: after %.1f s said %.1f s, took %.1f s: %+.0f %%\n", files[i],
			      f.after_s, f.whole_s, f.took_s, 100 * off);
		n_off += fabs(off) > may_be_off(files[i]);
		free(r);
	}
	assert_int_equal(n_off, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_the_first_tenth_it_is_within_a_fifth),
	};
	glob_t found;
	int status;

	assert_int_equal(glob("tests/forecasts/*.csv", 0, NULL, &found), 0);
	n_files = argc > 1 ? argc - 1 : (int)found.gl_pathc;
	files = argc > 1 ? argv + 1 : found.gl_pathv;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	globfree(&found);
	return status;
}
