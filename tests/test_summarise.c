#include "analyse/commands.h"
#include "analyse/csv.h"
#include "records.h"
#include "run/columns.h"
#include "run_command.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-summarise-XXXXXX";
static char samples_path[64], summary_path[64];

/* ---- writing samples.csv ---- */

static FILE *begin_samples(void)
{
	FILE *file = fopen(samples_path, "w");

	assert_non_null(file);
	put_samples_header(file);
	return file;
}

static void end_samples(FILE *file)
{
	assert_int_equal(fclose(file), 0);
}

static struct command_result summarise(void)
{
	return run_command(&gb_command_summarise, (const char *[]){run, NULL});
}

/* ---- reading summary.csv ---- */

static struct gb_csv *open_summary(void)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;

	assert_int_equal(gb_csv_open(&csv, summary_path, GB_CSV_NO_COMMENTS, &f), 0);
	return csv;
}

static const char *value(const struct gb_csv *csv, const char *name)
{
	struct gb_failure f = {0};
	long column = gb_csv_find(csv, name, &f);

	assert_true(column >= 0);
	return gb_csv_text(csv, (size_t)column);
}

static void next_is(struct gb_csv *csv, const char *operation, const char *size, const char *phase)
{
	struct gb_failure f = {0};

	assert_int_equal(gb_csv_next(csv, &f), 1);
	assert_string_equal(value(csv, "operation"), operation);
	assert_string_equal(value(csv, "size"), size);
	assert_string_equal(value(csv, "phase"), phase);
}

static void end_is_reached(struct gb_csv *csv)
{
	struct gb_failure f = {0};

	assert_int_equal(gb_csv_next(csv, &f), 0);
	gb_csv_close(csv);
}

static void assert_row(const struct gb_csv *csv, const char *const (*want)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *is = value(csv, want[i][0]);

		if (strcmp(is, want[i][1]) != 0)
			fail_msg("%s is \"%s\", want \"%s\"", want[i][0], is, want[i][1]);
	}
}

/* ---- tests ---- */

/*
 * Three processes with samples (10, 30, 20), (90) and (30, 60, 100): their medians are 20, 90
 * and 60. The median of those is 60; their deviations from it are 40, 30, 0, so the MAD is 30.
 * Three processes give no 95 % interval: the range of the medians is 20 to 90, which holds
 * the median with 1 - 2/8 = 0.75. All samples lie between 10 and 100.
 */
static void processes_are_the_unit(void **state)
{
	static const char *const want[][2] = {
		{"n_processes", "3"},     {"n_samples", "7"},       {"ci_coverage", "0.75"},
		{"cpu_ns_median", "60"},  {"cpu_ns_mad", "30"},     {"cpu_ns_ci_low", "20"},
		{"cpu_ns_ci_high", "90"}, {"cpu_ns_min", "10"},     {"cpu_ns_max", "100"},
		{"wall_ns_median", "61"}, {"wall_ns_mad", "30"},    {"wall_ns_min", "11"},
		{"wall_ns_max", "101"},   {"commit_messages", "1"}, {"commit_bytes", "0"},
		{"up_bytes", "502"},      {"down_bytes", ""},       {"bytes_exact", "yes"},
		{"count_sign", "2"},      {"counts_exact", "yes"},  {"restore", "rollback"},
		{"heals", "yes"},         {"backend", "mls"},       {"k", ""},
		{"tree", "cold"},         {"role", "near"},
	};
	static const struct {
		int process, sample, cpu;
	} rows[] = {{2, 1, 90}, {1, 1, 10}, {3, 1, 30}, {1, 2, 30},
		    {1, 3, 20}, {3, 2, 60}, {3, 3, 100}};
	FILE *file = begin_samples();
	struct gb_csv *csv;
	char text[256];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		snprintf(text, sizeof(text),
			 "backend=mls operation=rekey size=8 tree=cold role=near phase=process "
			 "process=%d sample=%d device=1 cpu_ns=%d wall_ns=%d commit_messages=1 "
			 "commit_bytes=0 up_bytes=502 count_sign=2 restore=rollback heals=yes",
			 rows[i].process, rows[i].sample, rows[i].cpu, rows[i].cpu + 1);
		put_sample(file, text);
	}
	end_samples(file);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "rekey", "8", "process");
	assert_row(csv, want, N(want));
	end_is_reached(csv);
}

/*
 * Twelve processes of one sample each, 1000 to 12000: by the binomial distribution the 95 %
 * interval goes from the third to the tenth, and holds the median with 0.96142578125.
 */
static void interval_leaves_out_what_it_may(void **state)
{
	static const char *const want[][2] = {
		{"n_processes", "12"},     {"ci_coverage", "0.961426"}, {"cpu_ns_median", "6500"},
		{"cpu_ns_ci_low", "3000"}, {"cpu_ns_ci_high", "10000"}, {"cpu_ns_mad", "3000"},
		{"wall_ns_median", ""},    {"wall_ns_ci_low", ""},      {"wall_ns_min", ""},
		{"counts_exact", ""},      {"bytes_exact", ""},
	};
	FILE *file = begin_samples();
	struct gb_csv *csv;
	char text[256];

	(void)state;
	for (int process = 12; process >= 1; process--) {
		snprintf(text, sizeof(text),
			 "backend=mls operation=rekey size=8 role=far phase=process process=%d "
			 "sample=1 device=7 cpu_ns=%d",
			 process, 1000 * process);
		put_sample(file, text);
	}
	end_samples(file);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "rekey", "8", "process");
	assert_row(csv, want, N(want));
	end_is_reached(csv);
}

/*
 * produce + settle of the same sample: 100 + 7 in sample 1, 300 + 5 in sample 3; sample 2
 * has no settle. The rows stand in no order, and the bytes differ: 50 + 1 and 60 + 2.
 */
static void total_is_produce_and_settle_of_the_same_sample(void **state)
{
	static const char *const total[][2] = {
		{"n_samples", "2"},       {"cpu_ns_min", "107"}, {"cpu_ns_max", "305"},
		{"cpu_ns_median", "206"}, {"up_bytes", "56.5"},  {"down_bytes", "49"},
		{"count_sign", "2"},      {"count_verify", "1"}, {"cpu_ns_ci_low", ""},
		{"restore", "reopen"},    {"ci_coverage", ""},   {"bytes_exact", "no"},
		{"commit_bytes", "49"},
	};
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
#define ACTOR "backend=mls operation=add k=1 size=10 role=actor process=1 device=0 restore=reopen "
	put_sample(file, ACTOR "phase=settle sample=3 cpu_ns=5 count_sign=0 count_verify=1 "
			       "down_bytes=49 up_bytes=2 commit_bytes=49");
	put_sample(file, ACTOR "phase=produce sample=2 cpu_ns=900 count_sign=2 count_verify=0 "
			       "up_bytes=1000");
	put_sample(file, ACTOR "phase=produce sample=3 cpu_ns=300 count_sign=2 count_verify=0 "
			       "up_bytes=60 commit_bytes=49");
	put_sample(file, ACTOR "phase=settle sample=1 cpu_ns=7 count_sign=0 count_verify=1 "
			       "down_bytes=49 up_bytes=1");
	put_sample(file, ACTOR "phase=produce sample=1 cpu_ns=100 count_sign=2 count_verify=0 "
			       "up_bytes=50 commit_bytes=49");
#undef ACTOR
	put_sample(file, "backend=megolm operation=send size=10 role=actor phase=produce "
			 "process=1 sample=1 device=0 cpu_ns=40 wall_ns=41");
	end_samples(file);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "send", "10", "produce");
	next_is(csv, "send", "10", "total");
	assert_string_equal(value(csv, "cpu_ns_median"), "40");
	assert_string_equal(value(csv, "wall_ns_median"), "41");
	next_is(csv, "add", "10", "produce");
	assert_string_equal(value(csv, "n_samples"), "3");
	next_is(csv, "add", "10", "settle");
	next_is(csv, "add", "10", "total");
	assert_row(csv, total, N(total));
	end_is_reached(csv);
}

static void columns_that_differ_give_their_median_and_say_so(void **state)
{
	static const char *const want[][2] = {
		{"up_bytes", "260.5"},  {"bytes_exact", "no"},        {"count_hmac", "7"},
		{"counts_exact", "no"}, {"count_random_bytes", "32"}, {"restore", "mixed"},
		{"heals", "mixed"},
	};
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
#define SERVER "backend=megolm operation=send size=4 role=server phase=deliver process=1 "
	put_sample(file, SERVER "sample=1 up_bytes=260 count_hmac=7 restore=reopen heals=yes "
				"count_random_bytes=32");
	put_sample(file, SERVER "sample=2 up_bytes=261 count_hmac=7 restore=rollback heals=no "
				"count_random_bytes=32");
	put_sample(file, SERVER "sample=3 up_bytes=270 count_hmac=9 restore=rollback heals=no "
				"count_random_bytes=32");
	put_sample(file, SERVER "sample=4 up_bytes=10 restore=rollback heals=no "
				"count_random_bytes=32");
#undef SERVER
	end_samples(file);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "send", "4", "deliver");
	assert_row(csv, want, N(want));
	end_is_reached(csv);
}

static void cells_are_in_order_of_their_columns(void **state)
{
	FILE *file = begin_samples();
	struct gb_csv *csv;

	(void)state;
	put_sample(file, "backend=b operation=add k=1 size=10 role=far phase=join process=1 "
			 "sample=1");
	put_sample(file, "backend=b operation=add k=1 size=9 role=far phase=join process=1 "
			 "sample=1");
	put_sample(file, "backend=a operation=add k=100 size=2 role=far phase=join process=1 "
			 "sample=1");
	put_sample(file, "backend=a operation=add k=20 size=2 role=far phase=join process=1 "
			 "sample=1");
	end_samples(file);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "add", "2", "join");
	assert_string_equal(value(csv, "k"), "20");
	next_is(csv, "add", "2", "join");
	assert_string_equal(value(csv, "k"), "100");
	next_is(csv, "add", "9", "join");
	next_is(csv, "add", "10", "join");
	end_is_reached(csv);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What a failed summarise must leave: the old summary.csv, and nothing beside it. */
static void assert_untouched(void)
{
	char text[16] = "", unfinished[80];
	FILE *file = fopen(summary_path, "r");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, "old\n");
	snprintf(unfinished, sizeof(unfinished), "%s.unfinished", summary_path);
	assert_int_equal(access(unfinished, F_OK), -1);
}

static void assert_refused(int status, const char *why)
{
	struct command_result is = summarise();
	char want[256];

	snprintf(want, sizeof(want), "groupbench summarise: %s\n", why);
	assert_string_equal(is.err, want);
	assert_string_equal(is.out, "");
	assert_int_equal(is.status, status);
	assert_untouched();
}

static void damaged_samples_end_with_one_message(void **state)
{
	char why[200];
	FILE *file;

	(void)state;
	write_text(summary_path, "old\n");

	file = begin_samples();
	end_samples(file);
	snprintf(why, sizeof(why), "%s:2:1: no samples", samples_path);
	assert_refused(65, why);

	write_text(samples_path, "backend,operation\nmls,add\n");
	snprintf(why, sizeof(why), "%s:1:1: no column %s", samples_path, gb_columns[0].name);
	if (strcmp(gb_columns[0].name, "backend") == 0)
		snprintf(why, sizeof(why), "%s:1:1: no column k", samples_path);
	assert_refused(65, why);

	file = begin_samples();
	put_sample(file, "role=server process=1 sample=1");
	put_sample(file, "role=server process=1 sample=2");
	put_sample(file, "role=server process=1 sample=1");
	end_samples(file);
	snprintf(why, sizeof(why), "%s:4:1: the sample of line 2 again", samples_path);
	assert_refused(65, why);

	file = begin_samples();
	put_sample(file, "role=actor phase=total process=1 sample=1 device=0");
	put_sample(file, "role=actor phase=produce process=1 sample=1 device=0");
	end_samples(file);
	assert_refused(65, "line 2 of the samples: phase is \"total\"");

	write_text(samples_path, "");
	snprintf(why, sizeof(why), "%s:1:1: want a header, found the end", samples_path);
	assert_refused(65, why);
}

static void a_value_that_is_no_number_is_named(void **state)
{
	static const char *const rows[][3] = {
		{"process=x sample=1", "process", "x"},
		{"process=1 sample=-1", "sample", "-1"},
		{"process=1 sample=1 cpu_ns=1.5", "cpu_ns", "1.5"},
		{"process=1 sample=1 up_bytes=18446744073709551616", "up_bytes",
		 "18446744073709551616"},
		{"process=1 sample=1 count_sign=0x1", "count_sign", "0x1"},
	};

	(void)state;
	write_text(summary_path, "old\n");
	for (size_t i = 0; i < N(rows); i++) {
		FILE *file = begin_samples();
		struct command_result is;
		char want[100];

		put_sample(file, rows[i][0]);
		end_samples(file);
		is = summarise();
		snprintf(want, sizeof(want), ": %s is \"%s\", want a whole number below 2^64\n",
			 rows[i][1], rows[i][2]);
		assert_non_null(strstr(is.err, want));
		assert_non_null(strstr(is.err, "/samples.csv:2:"));
		assert_int_equal(is.status, 65);
		assert_untouched();
	}
}

static void unreadable_and_unwritable_runs_are_io_errors(void **state)
{
	struct command_result is;
	char why[200];
	FILE *file;

	(void)state;
	write_text(summary_path, "old\n");
	assert_int_equal(unlink(samples_path), 0);
	snprintf(why, sizeof(why), "cannot read %s: No such file or directory", samples_path);
	assert_refused(74, why);

	file = begin_samples();
	put_sample(file, "role=server process=1 sample=1");
	end_samples(file);
	assert_int_equal(unlink(summary_path), 0);
	assert_int_equal(mkdir(summary_path, 0700), 0);
	is = summarise();
	assert_int_equal(rmdir(summary_path), 0);
	snprintf(why, sizeof(why), "groupbench summarise: cannot write %s: Is a directory\n",
		 summary_path);
	assert_string_equal(is.err, why);
	assert_int_equal(is.status, 74);

	is = run_command(&gb_command_summarise, (const char *[]){NULL});
	assert_int_equal(is.status, 64);
	is = run_command(&gb_command_summarise, (const char *[]){"--fast", run, NULL});
	assert_int_equal(is.status, 64);
}

/* A limit on the size of a file stands for a full disk: both fail in the middle of writing. */
static void full_disk_leaves_the_old_summary(void **state)
{
	struct rlimit before, small;
	char why[200];
	FILE *file = begin_samples();

	(void)state;
	put_sample(file, "role=server process=1 sample=1");
	end_samples(file);
	write_text(summary_path, "old\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 512;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	snprintf(why, sizeof(why), "cannot write %s: File too large", summary_path);
	assert_refused(74, why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* Columns we do not know are passed over, wherever they stand. */
static void unknown_columns_are_tolerated(void **state)
{
	FILE *file = fopen(samples_path, "w");
	struct gb_csv *csv;

	(void)state;
	assert_non_null(file);
	fputs("new_column,", file);
	for (size_t i = GB_COLUMNS; i-- > 0;)
		fprintf(file, "%s,", gb_columns[i].name);
	fputs("temperature\nx,", file);
	for (size_t i = GB_COLUMNS; i-- > 0;) {
		put_value_of(gb_columns[i].name,
			     "backend=mls operation=add size=2 phase=join process=1 sample=1 "
			     "cpu_ns=12",
			     file);
		putc(',', file);
	}
	fputs("hot\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(summarise().status, 0);
	csv = open_summary();
	next_is(csv, "add", "2", "join");
	assert_string_equal(value(csv, "cpu_ns_median"), "12");
	end_is_reached(csv);
}

/* A file from before there was an axis: its cells are in no state of it. */
static void a_file_may_lack_a_later_axis(void **state)
{
	static const char *const want[][2] = {{"verification", ""}, {"cpu_ns_median", "7"}};
	FILE *file = fopen(samples_path, "w");
	struct command_result r;
	struct gb_csv *csv;
	char told[300];

	(void)state;
	assert_non_null(file);
	for (int line = 0; line < 2; line++)
		for (size_t i = 0; i < GB_COLUMNS; i++) {
			const char *name = gb_columns[i].name;

			if (strcmp(name, "verification") == 0)
				continue;
			if (line == 0)
				fputs(name, file);
			else
				put_value_of(name,
					     "backend=mls operation=rekey size=8 role=near "
					     "phase=process process=1 sample=1 device=1 cpu_ns=7",
					     file);
			putc(i + 1 < GB_COLUMNS ? ',' : '\n', file);
		}
	end_samples(file);
	r = summarise();
	assert_int_equal(r.status, 0);
	snprintf(told, sizeof(told),
		 "%s, of an earlier version, has no verification: empty in what follows from it\n",
		 samples_path);
	assert_non_null(strstr(r.out, told));
	csv = open_summary();
	next_is(csv, "rekey", "8", "process");
	assert_row(csv, want, N(want));
	end_is_reached(csv);
}

/* create takes 1100 where its parts take 100 + 200 + 300 + 400, and as the least 990 of 1000. */
static void a_whole_is_set_beside_its_parts(void **state)
{
	static const char *const operations[] = {"create", "claim", "verify", "session", "encrypt"};
	static const int times[][2] = {{990, 1210}, {100, 100}, {200, 200}, {300, 300}, {400, 400}};
	static const char *const want[][2] = {{"operation", "create"},
					      {"size", "8"},
					      {"olm", "new"},
					      {"session_cpu_ns_median", "300"},
					      {"parts_cpu_ns_median", "1000"},
					      {"cpu_ns_median", "1100"},
					      {"whole_over_parts", "1.1000"},
					      {"whole_over_parts_least", "0.9900"}};
	FILE *file = begin_samples();
	struct command_result result;
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char text[256], path[64];

	(void)state;
	for (size_t o = 0; o < N(operations); o++)
		for (int i = 0; i < 2; i++) {
			snprintf(text, sizeof(text),
				 "backend=megolm operation=%s size=8 olm=new role=actor "
				 "phase=produce process=1 sample=%d device=0 cpu_ns=%d",
				 operations[o], i + 1, times[o][i]);
			put_sample(file, text);
		}
	/* In another state a part is missing. */
	put_sample(file,
		   "backend=megolm operation=create size=9 olm=chain role=actor phase=produce "
		   "process=1 sample=1 device=0 cpu_ns=5");
	end_samples(file);
	result = summarise();
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "create at 8 members takes 1.100 times what its parts "
					   "take one by one (0.990 by the least times)\n"));
	snprintf(path, sizeof(path), "%s/parts.csv", run);
	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	assert_int_equal(gb_csv_next(csv, &f), 1);
	assert_row(csv, want, N(want));
	end_is_reached(csv);
	assert_int_equal(unlink(path), 0);
}

static int make_run(void **state)
{
	(void)state;
	if (!mkdtemp(run))
		return -1;
	snprintf(samples_path, sizeof(samples_path), "%s/samples.csv", run);
	snprintf(summary_path, sizeof(summary_path), "%s/summary.csv", run);
	return 0;
}

static int drop_run(void **state)
{
	(void)state;
	unlink(samples_path);
	unlink(summary_path);
	return rmdir(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_the_unit),
		cmocka_unit_test(interval_leaves_out_what_it_may),
		cmocka_unit_test(total_is_produce_and_settle_of_the_same_sample),
		cmocka_unit_test(columns_that_differ_give_their_median_and_say_so),
		cmocka_unit_test(cells_are_in_order_of_their_columns),
		cmocka_unit_test(damaged_samples_end_with_one_message),
		cmocka_unit_test(a_value_that_is_no_number_is_named),
		cmocka_unit_test(unreadable_and_unwritable_runs_are_io_errors),
		cmocka_unit_test(full_disk_leaves_the_old_summary),
		cmocka_unit_test(unknown_columns_are_tolerated),
		cmocka_unit_test(a_file_may_lack_a_later_axis),
		cmocka_unit_test(a_whole_is_set_beside_its_parts),
	};

	return cmocka_run_group_tests_name("summarise", tests, make_run, drop_run);
}
