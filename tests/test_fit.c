#include "analyse/commands.h"
#include "analyse/csv.h"
#include "records.h"
#include "run_command.h"
#include "stats/student.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-fit-XXXXXX";

static const char *in_run(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", run, name);
	return path;
}

/* ---- samples ---- */

static FILE *begin_samples(void)
{
	FILE *file = fopen(in_run("samples.csv"), "w");

	assert_non_null(file);
	put_samples_header(file);
	return file;
}

static void end_samples(FILE *file)
{
	assert_int_equal(fclose(file), 0);
}

static struct command_result fit(void)
{
	return run_command(&gb_command_fit, (const char *[]){run, NULL});
}

/* ---- results ---- */

static struct gb_csv *open_result(const char *name)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;

	assert_int_equal(gb_csv_open(&csv, in_run(name), GB_CSV_NO_COMMENTS, &f), 0);
	return csv;
}

static const char *text_of(const struct gb_csv *csv, const char *name)
{
	struct gb_failure f = {0};
	long column = gb_csv_find(csv, name, &f);

	assert_true(column >= 0);
	return gb_csv_text(csv, (size_t)column);
}

static void assert_number(const struct gb_csv *csv, const char *name, double want)
{
	double is = strtod(text_of(csv, name), NULL);

	if (!(fabs(is - want) <= 1e-5 * fabs(want)))
		fail_msg("%s is %s, want %.6g", name, text_of(csv, name), want);
}

static void next(struct gb_csv *csv)
{
	struct gb_failure f = {0};

	assert_int_equal(gb_csv_next(csv, &f), 1);
}

static void end(struct gb_csv *csv)
{
	struct gb_failure f = {0};

	assert_int_equal(gb_csv_next(csv, &f), 0);
	gb_csv_close(csv);
}

#define MLS    "backend=mls operation=rekey tree=full"
#define MEGOLM "backend=megolm operation=rekey olm=ratchet"

static const int sizes[] = {2, 5, 10, 50, 100, 500, 1000};

/* ---- tests ---- */

/*
 * MLS takes 100 us at every size, Megolm 1 us a member: their curves cross at 100 members.
 * Both processes agree, so that the intervals are points.
 */
static void curves_cross_where_they_must(void **state)
{
	FILE *file = begin_samples();
	struct command_result result;
	struct gb_csv *csv;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		for (int process = 1; process <= 2; process++) {
			put_actor_sample(file, MLS, sizes[i], process, 100000);
			put_actor_sample(file, MEGOLM, sizes[i], process, 1000 * sizes[i]);
		}
	}
	end_samples(file);
	result = fit();
	assert_string_equal(result.err, "");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "mls rekey tree=full is cheaper than megolm rekey "
					   "olm=ratchet from N = 100 [100 .. 100]\n"));

	csv = open_result("fit.csv");
	next(csv);
	assert_string_equal(text_of(csv, "backend"), "megolm");
	assert_string_equal(text_of(csv, "terms"), "N");
	assert_string_equal(text_of(csv, "constant_ns"), "");
	assert_string_equal(text_of(csv, "sizes"), "7");
	assert_string_equal(text_of(csv, "n_processes"), "2");
	assert_number(csv, "n_ns", 1000);
	assert_number(csv, "n_ns_ci_low", 1000);
	assert_number(csv, "n_ns_ci_high", 1000);
	next(csv);
	assert_string_equal(text_of(csv, "backend"), "mls");
	assert_string_equal(text_of(csv, "terms"), "1");
	assert_number(csv, "constant_ns", 100000);
	end(csv);

	csv = open_result("crossings.csv");
	next(csv);
	assert_string_equal(text_of(csv, "cheaper"), "mls rekey tree=full");
	assert_string_equal(text_of(csv, "dearer"), "megolm rekey olm=ratchet");
	assert_number(csv, "from_size", 100);
	assert_number(csv, "from_size_ci_low", 100);
	assert_number(csv, "from_size_ci_high", 100);
	assert_number(csv, "agreement", 1);
	assert_string_equal(text_of(csv, "intervals_over"), "processes");
	end(csv);
}

/* One member removed from two leaves nobody to write to; what that costs is on no curve. */
static void who_is_left_alone_is_on_no_curve(void **state)
{
	FILE *file = begin_samples();
	struct command_result result;
	struct gb_csv *csv;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++)
		put_actor_sample(file, "backend=megolm operation=remove k=1 olm=chain", sizes[i], 1,
				 sizes[i] == 2 ? 7 : 1000 * sizes[i]);
	end_samples(file);
	result = fit();
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "because a removal left nobody but the actor: 1\n"));
	csv = open_result("fit.csv");
	next(csv);
	assert_string_equal(text_of(csv, "terms"), "N");
	assert_string_equal(text_of(csv, "sizes"), "6");
	assert_string_equal(text_of(csv, "size_min"), "5");
	assert_number(csv, "n_ns", 1000);
	end(csv);
}

/*
 * Three processes say 80, 100 and 130 us at each of seven sizes, and resampling them moves
 * the sizes independently: the interval lies around 100 us and inside the range.
 */
static void intervals_come_from_the_processes(void **state)
{
	static const double factor[] = {0.8, 1.0, 1.3};
	FILE *file = begin_samples();
	struct gb_csv *csv;
	double low, high;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		for (int process = 1; process <= 3; process++)
			put_actor_sample(file, MLS, sizes[i], process,
					 factor[process - 1] * 100000);
	}
	end_samples(file);
	assert_int_equal(fit().status, 0);
	csv = open_result("fit.csv");
	next(csv);
	assert_number(csv, "constant_ns", 100000);
	low = strtod(text_of(csv, "constant_ns_ci_low"), NULL);
	high = strtod(text_of(csv, "constant_ns_ci_high"), NULL);
	assert_true(low > 80000 && low < 98000);
	assert_true(high > 103000 && high < 130000);
	end(csv);
}

static void assert_interval(const struct gb_csv *csv, const char *name, double low, double high)
{
	double is = strtod(text_of(csv, name), NULL);

	if (!(is > low && is < high))
		fail_msg("%s is %s, want it between %g and %g", name, text_of(csv, name), low,
			 high);
}

/*
 * One size was measured by one process, so that the others say nothing of its error: each size
 * lies 10 % off 100 us, and where the curves cross can be told no better than that.
 */
static void with_one_process_intervals_come_from_the_sizes(void **state)
{
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		put_actor_sample(file, MEGOLM, sizes[i], 1, 1000 * sizes[i]);
		for (int process = 1; process <= (i == 3 ? 1 : 2); process++)
			put_actor_sample(file, MLS, sizes[i], process, i % 2 ? 90000 : 110000);
	}
	end_samples(file);
	assert_int_equal(fit().status, 0);
	csv = open_result("fit.csv");
	next(csv);
	assert_string_equal(text_of(csv, "intervals_over"), "sizes");
	next(csv);
	assert_string_equal(text_of(csv, "intervals_over"), "sizes");
	assert_interval(csv, "constant_ns_ci_low", 85000, 98000);
	assert_interval(csv, "constant_ns_ci_high", 102000, 112000);
	end(csv);
	csv = open_result("crossings.csv");
	next(csv);
	assert_interval(csv, "from_size_ci_low", 85, 98);
	assert_interval(csv, "from_size_ci_high", 102, 112);
	assert_string_equal(text_of(csv, "intervals_over"), "sizes");
	end(csv);
}

/* Ten times faster than published at each size: factor 10, no difference in shape. */
static void published_factor_and_shape(void **state)
{
	static const int common[] = {2, 10, 100, 1000};
	struct gb_failure f = {0};
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
	assert_int_equal(gb_csv_open(&csv, "results/published/arewemlsyet-2023.csv",
				     GB_CSV_LEADING_COMMENTS, &f),
			 0);
	while (gb_csv_next(csv, &f) == 1) {
		int size = atoi(text_of(csv, "group_size"));

		for (size_t i = 0; i < N(common); i++) {
			if (strcmp(text_of(csv, "series"), "MLS update") == 0 && size == common[i])
				put_actor_sample(file, MLS " path=yes suite=1", size, 1,
						 1e5 * strtod(text_of(csv, "time_ms"), NULL));
		}
	}
	gb_csv_close(csv);
	put_actor_sample(file, MLS " path=yes suite=1", 77, 1,
			 1e6); /* a size that was not published */
	end_samples(file);
	assert_int_equal(fit().status, 0);
	csv = open_result("published.csv");
	next(csv);
	assert_string_equal(text_of(csv, "graph"), "arewemlsyet-2023");
	assert_string_equal(text_of(csv, "series"), "MLS update");
	assert_string_equal(text_of(csv, "sizes"), "4");
	assert_number(csv, "published_over_measured", 10);
	assert_string_equal(text_of(csv, "ratio_ci_low"), "");
	assert_true(strtod(text_of(csv, "shape_error"), NULL) < 1e-6);
	assert_string_equal(text_of(csv, "published_terms"), "1 + log2 N + N + N^2");
	assert_number(csv, "worst_factor", 1);
	end(csv);
}

/*
 * Twice and eight times the published time at two sizes: the factor is 1/4, and ln 2 is what
 * each lies off. Curves of two sizes have no fit.
 */
static void shape_error_is_that_of_the_logarithms(void **state)
{
	FILE *file = begin_samples();
	struct command_result result;
	struct gb_csv *csv;

	(void)state;
	put_actor_sample(file, "backend=mls operation=create tree=full", 100000, 1, 2 * 7833430e6);
	put_actor_sample(file, "backend=mls operation=create tree=full", 2, 1, 8 * 40.25e6);
	end_samples(file);
	result = fit();
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "curves of fewer than 4 sizes, which have no fit: 1\n"));
	csv = open_result("fit.csv");
	end(csv);
	csv = open_result("published.csv");
	next(csv);
	assert_number(csv, "published_over_measured", 0.25);
	assert_number(csv, "shape_error", log(2));
	/* Both lie as far off, on different sides. */
	assert_number(csv, "worst_factor", atoi(text_of(csv, "worst_size")) == 2 ? 0.5 : 2);
	end(csv);
}

/* 2, 4 and 8 times the published time: with other sizes the factor were another one. */
static void factors_vary_with_the_sizes(void **state)
{
	double student = gb_student_95(2), of_shape = student * sqrt(0.5 / 3) / 2;
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
	put_actor_sample(file, "backend=mls operation=create tree=full", 2, 1, 2 * 40.25e6);
	put_actor_sample(file, "backend=mls operation=create tree=full", 1000, 1, 4 * 3214.0e6);
	put_actor_sample(file, "backend=mls operation=create tree=full", 100000, 1, 8 * 7833430e6);
	end_samples(file);
	assert_int_equal(fit().status, 0);
	csv = open_result("published.csv");
	next(csv);
	assert_number(csv, "published_over_measured", 0.25);
	assert_number(csv, "ratio_sizes_low", 0.25 * exp(-student * log(2) / sqrt(3)));
	assert_number(csv, "ratio_sizes_high", 0.25 * exp(student * log(2) / sqrt(3)));
	assert_number(csv, "shape_sizes_low", log(2) * sqrt(2.0 / 3) * exp(-of_shape));
	assert_number(csv, "shape_sizes_high", log(2) * sqrt(2.0 / 3) * exp(of_shape));
	assert_string_equal(text_of(csv, "ratio_ci_low"), "");
	end(csv);
}

/* Sizes are equal, or differ by what their reason says, or are wrong: then the status is 14. */
static void published_sizes_are_compared_to_the_byte(void **state)
{
#define SENT                                                                                       \
	"backend=mls operation=rekey suite=1 path=yes handshake=public role=actor phase=produce "  \
	"process=1 sample=1 device=0 cpu_ns=1000 "
	static const char *const rows[] = {
		SENT "size=100 tree=full identity=16 commit_bytes=1204",
		SENT "size=9 tree=cold identity=12 commit_bytes=1177",
		SENT "size=100 tree=cold identity=16 commit_bytes=8747",
	};
#undef SENT
	static const struct {
		const char *graph, *why;
		double more;
	} want[] = {
		{"rfc9420-sizes", "unexplained", 1},
		{"rfc9420-sizes", "", 0},
		{"mls-rs-large-group", "the leaf lists seven cipher suites of two bytes, ours one",
		 12},
	};
	struct gb_csv *csv;

	(void)state;
	write_samples(in_run("samples.csv"), rows, 2);
	assert_int_equal(fit().status, 0);
	write_samples(in_run("samples.csv"), rows, N(rows));
	assert_int_equal(fit().status, 14);
	csv = open_result("published_bytes.csv");
	for (size_t i = 0; i < N(want); i++) {
		next(csv);
		assert_string_equal(text_of(csv, "graph"), want[i].graph);
		assert_number(csv, "more", want[i].more);
		assert_string_equal(text_of(csv, "why"), want[i].why);
	}
	end(csv);
}

/*
 * What others measured is compared with the same setup, of the same member: their "base" is a
 * full tree, and processing is somebody else's. A single size has a factor and no shape.
 */
static void published_series_are_told_apart(void **state)
{
	static const char *const rows[] = {
		"backend=mls operation=rekey size=100 tree=full path=no suite=1 role=far "
		"phase=process process=1 sample=1 device=99 cpu_ns=1000000",
		"backend=mls operation=rekey size=100 tree=cold path=no suite=1 role=near "
		"phase=process process=1 sample=1 device=1 cpu_ns=1000000",
	};
	struct gb_csv *csv;

	(void)state;
	write_samples(in_run("samples.csv"), rows, N(rows));
	assert_int_equal(fit().status, 0);
	csv = open_result("published.csv");
	next(csv);
	assert_string_equal(text_of(csv, "graph"), "openmls-2021-blog");
	assert_string_equal(text_of(csv, "series"), "process_update");
	assert_string_equal(text_of(csv, "variant"), "base");
	assert_string_equal(text_of(csv, "sizes"), "1");
	assert_number(csv, "published_over_measured", 1.18143);
	assert_string_equal(text_of(csv, "shape_error"), "");
	assert_string_equal(text_of(csv, "measured_terms"), "");
	end(csv);
}

/* Cells that differ on an axis that means something to both are not compared. */
static void cells_that_differ_on_an_axis_are_not_compared(void **state)
{
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
	for (size_t i = 0; i < N(sizes); i++) {
		put_actor_sample(file, "backend=a operation=rekey identity=16 tree=full", sizes[i],
				 1, 10);
		put_actor_sample(file, "backend=b operation=rekey identity=32", sizes[i], 1, 20);
		put_actor_sample(file, "backend=c operation=rekey identity=16", sizes[i], 1, 30);
		put_actor_sample(file, "backend=c operation=create identity=16", sizes[i], 1, 5);
	}
	end_samples(file);
	assert_int_equal(fit().status, 0);
	csv = open_result("crossings.csv");
	next(csv);
	assert_string_equal(text_of(csv, "cheaper"), "a rekey tree=full");
	assert_string_equal(text_of(csv, "dearer"), "c rekey");
	assert_string_equal(text_of(csv, "from_size"), "");
	assert_string_equal(text_of(csv, "agreement"), "1.000");
	end(csv);
}

static void damaged_runs_end_with_one_message_and_no_files(void **state)
{
	struct command_result result;
	char want[200];
	FILE *file;

	(void)state;
	result = fit();
	snprintf(want, sizeof(want), "groupbench fit: cannot read %s: No such file or directory\n",
		 in_run("samples.csv"));
	assert_string_equal(result.err, want);
	assert_int_equal(result.status, 74);

	file = fopen(in_run("samples.csv"), "w");
	assert_non_null(file);
	fputs("backend,operation\n", file);
	end_samples(file);
	assert_int_equal(fit().status, 65);
	assert_int_equal(access(in_run("fit.csv"), F_OK), -1);
	assert_int_equal(run_command(&gb_command_fit, (const char *[]){NULL}).status, 64);
}

static int begin_test(void **state)
{
	static const char *const names[] = {"samples.csv", "fit.csv", "crossings.csv",
					    "published.csv", "published_bytes.csv"};

	(void)state;
	for (size_t i = 0; i < N(names); i++)
		unlink(in_run(names[i]));
	return 0;
}

static int make_run(void **state)
{
	(void)state;
	if (setenv("GROUPBENCH_DATA", ".", 1) != 0)
		return -1;
	return mkdtemp(run) ? 0 : -1;
}

static int drop_run(void **state)
{
	begin_test(state);
	return rmdir(run);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(curves_cross_where_they_must),
		TEST(who_is_left_alone_is_on_no_curve),
		TEST(intervals_come_from_the_processes),
		TEST(with_one_process_intervals_come_from_the_sizes),
		TEST(published_factor_and_shape),
		TEST(published_series_are_told_apart),
		TEST(published_sizes_are_compared_to_the_byte),
		TEST(shape_error_is_that_of_the_logarithms),
		TEST(factors_vary_with_the_sizes),
		TEST(cells_that_differ_on_an_axis_are_not_compared),
		TEST(damaged_runs_end_with_one_message_and_no_files),
	};

	return cmocka_run_group_tests_name("fit", tests, make_run, drop_run);
}
