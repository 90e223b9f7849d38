/* groupbench plot: scripts, and what goes wrong. The data of the figures: test_figures.c */
#include "analyse/commands.h"
#include "drawn_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const two_sizes[] = {
	MLS "operation=rekey size=2 tree=full cpu_ns_median=1000000",
	MLS "operation=rekey size=5 tree=full cpu_ns_median=1000000",
};

/* ---- scripts ---- */

static void figures_can_be_redrawn_where_they_lie(void **state)
{
	char command[300];

	(void)state;
	write_summary(two_sizes, N(two_sizes));
	assert_int_equal(plot("png").status, 0);
	assert_int_equal(access(in_run("plots/honest.svg"), F_OK), -1);
	snprintf(command, sizeof(command), "cd '%s' && gnuplot -d honest.gp", in_run("plots"));
	assert_int_equal(system(command), 0);
	assert_has("plots/honest.svg", "MLS: tree full");
}

/* The files have no commas in their fields; what is drawn has them. */
static void thousands_of_members_are_drawn_with_commas(void **state)
{
	static const char *const rows[] = {
		MLS "operation=add k=1 size=1234567 tree=full cpu_ns_median=1000000",
		MLS "operation=add k=4 size=1234567 tree=full cpu_ns_median=2000000",
		MLS "operation=remove k=1 size=1234567 tree=full cpu_ns_median=1000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/bulk.csv", "Add k members (1234567 members)");
	assert_has("plots/bulk.svg", "Add k members (1,234,567 members)");
}

/* Names from outside reach gnuplot as data: they are shown, not obeyed. */
static void hostile_names_are_only_text(void **state)
{
	char bait[100], small[400], large[402];
	const char *rows[] = {small, large};
	struct command_result result;

	(void)state;
	snprintf(bait, sizeof(bait), "%s/bait", drawn_run);
	snprintf(small, sizeof(small),
		 "backend=`touch>%s` role=actor phase=total operation=rekey cpu_ns_median=1000000 "
		 "tree='.system('touch>%s').' size=2",
		 bait, bait);
	snprintf(large, sizeof(large), "%s0", small);
	write_summary(rows, N(rows));
	result = plot("svg");
	assert_string_equal(result.err, "");
	assert_int_equal(result.status, 0);
	assert_int_equal(access(bait, F_OK), -1);
}

/* ---- what goes wrong ---- */

static void assert_refused(struct command_result result, int status, const char *why)
{
	char want[400];

	snprintf(want, sizeof(want), "groupbench plot: %s\n", why);
	assert_string_equal(result.err, want);
	assert_int_equal(result.status, status);
	assert_int_equal(access(in_run("plots"), F_OK), -1);
}

static void damaged_runs_end_with_one_message_and_no_plots(void **state)
{
	static const char *const bad[] = {MLS "operation=rekey size=2 cpu_ns_median=fast"};
	struct command_result result;
	char why[300];

	(void)state;
	assert_int_equal(unlink(in_run("summary.csv")), 0);
	snprintf(why, sizeof(why), "cannot read %s: No such file or directory",
		 in_run("summary.csv"));
	assert_refused(plot("svg"), 74, why);

	write_text("summary.csv", "backend\nmls\n");
	snprintf(why, sizeof(why), "%s:1:1: no column operation", in_run("summary.csv"));
	assert_refused(plot("svg"), 65, why);

	write_summary(bad, 1);
	result = plot("svg");
	assert_non_null(strstr(result.err, "cpu_ns_median is \"fast\", want a number from 0 on"));
	assert_int_equal(result.status, 65);

	write_summary(two_sizes, 0);
	snprintf(why, sizeof(why), "%s:2:1: no rows", in_run("summary.csv"));
	assert_refused(plot("svg"), 65, why);

	write_summary(two_sizes, N(two_sizes));
	write_text("manifest.json", "{\n  \"status\": }\n");
	result = plot("svg");
	snprintf(why, sizeof(why), "groupbench plot: %s:2:13: ", in_run("manifest.json"));
	assert_int_equal(strncmp(result.err, why, strlen(why)), 0);
	assert_int_equal(result.status, 65);

	assert_int_equal(unlink(in_run("manifest.json")), 0);
	snprintf(why, sizeof(why), "cannot read %s: No such file or directory",
		 in_run("manifest.json"));
	assert_refused(plot("svg"), 74, why);
}

static void wrong_use_is_refused(void **state)
{
	struct command_result result = plot("svg,pdf");

	(void)state;
	assert_string_equal(result.err, "groupbench plot: --format svg,pdf: found \"pdf\", wanted "
					"svg or png\n");
	assert_int_equal(result.status, 64);
	assert_int_equal(run_command(&gb_command_plot, (const char *[]){NULL}).status, 64);
	assert_int_equal(plot("").status, 64);
}

static void missing_gnuplot_and_missing_scripts_are_said(void **state)
{
	struct command_result result;
	char *path = strdup(getenv("PATH"));

	(void)state;
	write_summary(two_sizes, N(two_sizes));
	assert_int_equal(setenv("GROUPBENCH_DATA", drawn_run, 1), 0);
	result = plot("svg");
	assert_non_null(strstr(result.err, "no plots/style.gp there"));
	assert_int_equal(result.status, 74);
	assert_int_equal(setenv("GROUPBENCH_DATA", ".", 1), 0);

	assert_int_equal(setenv("PATH", drawn_run, 1), 0);
	result = plot("svg");
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
	assert_string_equal(result.err, "groupbench plot: cannot run gnuplot: is the package "
					"gnuplot installed?\n");
	assert_int_equal(result.status, 74);
}

/* Without GROUPBENCH_DATA the scripts are found above the program. */
static void scripts_are_found_above_the_program(void **state)
{

	(void)state;
	write_summary(two_sizes, N(two_sizes));
	assert_int_equal(unsetenv("GROUPBENCH_DATA"), 0);
	assert_string_equal(plot("svg").err, "");
	assert_int_equal(setenv("GROUPBENCH_DATA", ".", 1), 0);
}

/* A script that fails leaves the picture that was there before. */
static void failing_gnuplot_leaves_the_old_picture(void **state)
{
	char command[600];
	struct command_result result;

	(void)state;
	write_summary(two_sizes, N(two_sizes));
	assert_int_equal(plot("svg").status, 0);
	write_text("plots/honest.svg", "old");
	snprintf(command, sizeof(command),
		 "cp -r plots '%s' && mkdir -p '%s/results' && cp -r results/published "
		 "'%s/results/' && echo 'set nonsense' >> '%s/honest.gp'",
		 in_run("data-plots"), drawn_run, drawn_run, in_run("data-plots"));
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command),
		 "cd '%s' && mkdir data && mv data-plots data/plots && mv results data/",
		 drawn_run);
	assert_int_equal(system(command), 0);
	assert_int_equal(setenv("GROUPBENCH_DATA", in_run("data"), 1), 0);
	result = plot("svg");
	assert_int_equal(setenv("GROUPBENCH_DATA", ".", 1), 0);
	assert_non_null(strstr(result.err, "groupbench plot: gnuplot failed on honest.gp: "));
	assert_int_equal(result.status, 74);
	assert_text("plots/honest.svg", "old");
	assert_int_equal(access(in_run("plots/honest.svg.unfinished"), F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(figures_can_be_redrawn_where_they_lie),
		TEST(thousands_of_members_are_drawn_with_commas),
		TEST(hostile_names_are_only_text),
		TEST(damaged_runs_end_with_one_message_and_no_plots),
		TEST(wrong_use_is_refused),
		TEST(missing_gnuplot_and_missing_scripts_are_said),
		TEST(scripts_are_found_above_the_program),
		TEST(failing_gnuplot_leaves_the_old_picture),
	};

	return cmocka_run_group_tests_name("plot", tests, make_run, drop_run);
}
