/* The figures that set what was published beside what was measured. */
#include "analyse/published.h"
#include "drawn_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const updates[] = {
	MLS "operation=rekey size=2 tree=full cpu_ns_median=1000000 cpu_ns_min=1000000 "
	    "cpu_ns_max=1000000",
	MLS "operation=rekey size=5 tree=full cpu_ns_median=1000000 cpu_ns_min=1000000 "
	    "cpu_ns_max=1000000",
};

/* An edge that the file leaves empty lies on the line; a series without any has no band. */
static void published_curves_lie_in_their_bands(void **state)
{
	(void)state;
	write_summary(updates, N(updates));
	assert_int_equal(plot("svg").status, 0);
	assert_has("plots/published-overlay.csv",
		   ",MLS update 2023,published_band,8,2,2,2,400,129.7,115.4,288.3\n");
	assert_has("plots/published-overlay.csv",
		   ",MLS update 2023,published_band,8,2,2,2,100,106.9,106.9,109.7\n");
	assert_has("plots/published-overlay.csv",
		   ",MLS update 2023,published_band,8,2,2,2,60,97.55,85.03,97.55\n");
	assert_has("plots/published-overlay.csv", ",MLS create 2023,published,8,3,3,2,");
	assert_has("plots/published-overlay.svg", "presumably minimum to maximum");
}

/* The status and the complaint about a file of 2023 with one row. */
static void assert_row_refused(const char *row, const char *why)
{
	char command[600], text[200];
	struct command_result result;

	snprintf(command, sizeof(command),
		 "rm -rf '%s/data' && mkdir -p '%s/data/results/published' && "
		 "cp -r plots '%s/data/'",
		 drawn_run, drawn_run, drawn_run);
	assert_int_equal(system(command), 0);
	snprintf(text, sizeof(text), "series,group_size,time_ms,band_low_ms,band_high_ms\n%s\n",
		 row);
	write_text("data/results/published/arewemlsyet-2023.csv", text);
	assert_int_equal(setenv("GROUPBENCH_DATA", in_run("data"), 1), 0);
	result = plot("svg");
	assert_int_equal(setenv("GROUPBENCH_DATA", ".", 1), 0);
	assert_int_equal(result.status, 65);
	if (!strstr(result.err, why))
		fail_msg("found \"%s\", wanted \"%s\"", result.err, why);
	assert_int_equal(access(in_run("plots/published-overlay.csv"), F_OK), -1);
}

static void bands_beside_their_line_are_refused(void **state)
{
	(void)state;
	write_summary(updates, N(updates));
	assert_row_refused("MLS update,2,5,6,7", "a time above 0 and not above time_ms");
	assert_row_refused("MLS update,2,5,0,7", "a time above 0 and not above time_ms");
	assert_row_refused("MLS update,2,5,4,4.5", "a time from time_ms on");
	assert_row_refused("MLS update,2,5,x,7", "2:16");
}

#define TIMES(median) "cpu_ns_median=" median " cpu_ns_min=" median " cpu_ns_max=" median
#define TS_MLS        "backend=ts-mls role=actor phase=total n_processes=3 suite=1 path=no "
#define OLM_WASM      "backend=olm-wasm role=actor phase=total n_processes=3 olm_crypto=libolm "

/* The others have panels of their own, with the published curves; a path that nobody made is not
 * asked for, and the facts say so. */
static void each_implementation_is_set_beside_2023(void **state)
{
	static const char *const rows[] = {
		MLS "path=no operation=rekey size=2 tree=full " TIMES("1000000"),
		MLS "path=no operation=rekey size=4 tree=full " TIMES("2000000"),
		MEGOLM "operation=rekey size=4 olm=ratchet " TIMES("3000000"),
		TS_MLS "operation=rekey size=4 tree=full " TIMES("4000000"),
		TS_MLS "operation=rekey size=4 tree=cold " TIMES("77"),
		OLM_WASM "operation=rekey size=4 olm=ratchet " TIMES("5000000"),
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/published-form.csv",
		    HEADER "1,mls and megolm,2,MLS update,both,1,2,2,1,2,1,1,1\n"
			   "1,mls and megolm,2,MLS update,both,1,2,2,1,4,2,2,2\n"
			   "2,ts-mls and olm-wasm,2,MLS update,both,1,2,2,1,4,4,4,4\n"
			   "1,mls and megolm,4,new megolm session,both,2,4,4,1,4,3,3,3\n"
			   "2,ts-mls and olm-wasm,4,new megolm session,both,2,4,4,1,4,5,5,5\n");
	assert_has("plots/published-overlay.csv",
		   "1,mls and megolm,6,MLS update 2023,published_band,8,2,2,2,2,77.2,73,99.05\n");
	assert_has(
		"plots/published-overlay.csv",
		"2,ts-mls and olm-wasm,6,MLS update 2023,published_band,8,2,2,2,2,77.2,73,99.05\n");
	assert_has("plots/published-overlay.svg", "ts-mls and olm-wasm");
	assert_has("plots/facts.csv", " · path no");
}

/* A heading names those that were measured. */
static void implementations_without_rows_have_no_panel(void **state)
{
	static const char *const rows[] = {
		OLM_WASM "operation=rekey size=2 olm=ratchet " TIMES("5000000"),
		MLS "path=no operation=rekey size=4 tree=full " TIMES("2000000"),
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/published-form.csv",
		    HEADER "1,mls and olm-wasm,2,MLS update,both,1,2,2,1,4,2,2,2\n"
			   "1,mls and olm-wasm,4,new megolm session,both,2,4,4,1,2,5,5,5\n");
}

/* Where there are both kinds of commit it is the default that is set beside 2023. */
static void a_path_is_asked_for_where_there_is_one(void **state)
{
	static const char *const rows[] = {
		MLS "path=no operation=rekey size=2 tree=full " TIMES("77"),
		MLS "path=yes operation=rekey size=2 tree=full " TIMES("1000000"),
		MLS "path=yes operation=rekey size=4 tree=full " TIMES("2000000"),
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/published-form.csv",
		    HEADER "1,MLS: tree full. Megolm: Olm ratchet.,2,MLS update,both,1,2,2,1,2,1,"
			   "1,1\n"
			   "1,MLS: tree full. Megolm: Olm ratchet.,2,MLS update,both,1,2,2,1,4,2,"
			   "2,2\n");
	assert_has("plots/facts.csv", "\ndrawn in published-form,path yes\n");
}

static size_t count_lines(const char *name, const char *part)
{
	char *text = read_text(name);
	size_t n = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		n++;
	free(text);
	return n;
}

/* Each published time stands in the figure. */
static void every_operation_of_openmls_has_a_panel(void **state)
{
	static const char *const rows[] = {
		MLS "path=no operation=rekey size=2 tree=cold " TIMES("1000000"),
		MLS "path=no operation=rekey size=4 tree=cold " TIMES("1000000"),
		"backend=mls crypto=openssl suite=1 path=no role=far phase=process operation=add "
		"k=1 size=4 tree=full " TIMES("2000000"),
		"backend=mls crypto=openssl suite=1 path=no role=far phase=process "
		"operation=receive size=4 tree=cold " TIMES("3000000"),
	};
	struct gb_published_times published = {0};
	struct gb_failure f = {0};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_int_equal(gb_published_read(&published, GB_OPENMLS_2021, ".", &f), 0);
	assert_int_equal(count_lines("plots/openmls-2021.csv", ",published,"), published.n);
	gb_published_free(&published);
	assert_has("plots/openmls-2021.csv", ",Process an addition,3,base: everybody has (here: "
					     "tree full),both,1,1,2,1,4,2,2,2\n");
	assert_has("plots/openmls-2021.csv",
		   ",Receive the second message,1,bare: nobody has committed (here: tree "
		   "cold),both,2,2,1,1,4,3,3,3\n");
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(published_curves_lie_in_their_bands),
		TEST(bands_beside_their_line_are_refused),
		TEST(each_implementation_is_set_beside_2023),
		TEST(implementations_without_rows_have_no_panel),
		TEST(a_path_is_asked_for_where_there_is_one),
		TEST(every_operation_of_openmls_has_a_panel),
	};

	return cmocka_run_group_tests(tests, make_run, drop_run);
}
