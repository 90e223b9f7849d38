/* group_cost.csv: what a change costs all members together. */
#include "analyse/commands.h"
#include "records.h"
#include "run_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-group-cost-XXXXXX";
static char samples_path[64], costs_path[64], manifest_path[64];

static void summarise(const char *const *rows, size_t n)
{
	struct command_result result;

	write_samples(samples_path, rows, n);
	result = run_command(&gb_command_summarise, (const char *[]){run, NULL});
	if (result.status != 0)
		fail_msg("%s", result.err);
}

static void assert_costs(const char *want)
{
	static const char *const columns[] = {"operation",
					      "k",
					      "size",
					      "tree",
					      "n_members",
					      "n_joiners",
					      "actor_ns",
					      "members_ns",
					      "joiners_ns",
					      "total_ns",
					      "total_ns_low",
					      "total_ns_high",
					      "n_senders",
					      "all_send_ns",
					      "all_send_ns_low",
					      "all_send_ns_high"};

	assert_rows(costs_path, columns, N(columns), want);
}

#define ROLE(role, phase) " sample=1 device=1 role=" role " phase=" phase " process=1 cpu_ns="
#define ACTOR             ROLE("actor", "produce")
#define NEAR              ROLE("near", "process")
#define FAR               ROLE("far", "process")
#define JOINER            ROLE("joiner", "join")

#define REKEY_6  "backend=mls operation=rekey size=6 tree=full"
#define REMOVE_6 "backend=mls operation=remove k=1 size=6 tree=full"
#define REMOVE_8 "backend=mls operation=remove k=2 size=8 tree=full"
#define REMOVE_3 "backend=mls operation=remove k=1 size=3 tree=full"

/*
 * The path of leaf 0 is met by leaf 1 at the lowest level, by 2 and 3 one above, by 4 to 7 two
 * above. Where near, leaf 1, spends 1000 ns and far, the last, 400, those between spend 700. So
 * among six it is 1000 + 2 * 700 + 2 * 400; when 3 has left, 700 less. Two of eight leave, evenly
 * spread over 2 to 6, whose mean is (2 * 700 + 3 * 400) / 5 = 520: 1000 + 2 * 700 + 4 * 400 less
 * twice that. Of three, when 1 has left, there is one member besides the actor, which is far.
 */
static void members_of_a_tree_lie_between_near_and_far(void **state)
{
	static const char *const rows[] = {
		REKEY_6 ACTOR "150",  REKEY_6 NEAR "1000",  REKEY_6 FAR "400",
		REMOVE_6 ACTOR "100", REMOVE_6 NEAR "1000", REMOVE_6 FAR "400",
		REMOVE_8 ACTOR "40",  REMOVE_8 NEAR "1000", REMOVE_8 FAR "400",
		REMOVE_3 ACTOR "5",   REMOVE_3 FAR "6",
	};

	(void)state;
	summarise(rows, N(rows));
	assert_costs("rekey - 6 full 5 0 150 3200 0 3350 - - - - - -\n"
		     "remove 1 3 full 1 0 5 6 0 11 - - - - - -\n"
		     "remove 1 6 full 4 0 100 2500 0 2600 - - - - - -\n"
		     "remove 2 8 full 5 0 40 2960 0 3000 - - - - - -\n");
}

#define CREATE_4           "backend=mls operation=create size=4 tree=cold"
#define ADD_3              "backend=mls operation=add k=3 size=2 tree=cold"
#define AGAIN(role, phase) " sample=1 device=1 role=" role " phase=" phase " process=2 cpu_ns="

/* All but the creator join: three times 20 or 30 ns, beside 100 or 120. */
static void every_newcomer_counts(void **state)
{
	static const char *const rows[] = {
		CREATE_4 ACTOR "100", CREATE_4 AGAIN("actor", "produce") "120",
		CREATE_4 JOINER "20", CREATE_4 AGAIN("joiner", "join") "30",
		ADD_3 ACTOR "150",    ADD_3 NEAR "1000",
		ADD_3 JOINER "200",
	};

	(void)state;
	summarise(rows, N(rows));
	assert_costs("add 3 2 cold 1 3 150 1000 600 1750 - - - - - -\n"
		     "create - 4 cold 0 3 110 0 75 185 160 210 - - - -\n");
}

/* A create has no state of a tree and is MLS all the same; so is an addition whose tree nobody
 * wrote down: without the members it has no sum. */
static void a_create_needs_no_tree(void **state)
{
	static const char *const rows[] = {
		"backend=mls operation=create size=4 suite=1" ACTOR "100",
		"backend=mls operation=create size=4 suite=1" JOINER "20",
		"backend=mls operation=add k=2 size=4 suite=1" ACTOR "100",
		"backend=mls operation=add k=2 size=4 suite=1" JOINER "20",
	};

	(void)state;
	summarise(rows, N(rows));
	assert_costs("create - 4 - 0 3 100 0 60 160 - - - - - -\n");
}

#define OLM(operation, senders) "backend=megolm size=4 olm=chain senders=" senders " " operation

/* Three members read 20 ns each in the mean; when all four send, that is four times. Nobody but
 * the newcomers hears of an addition. Who was removed makes no keys. */
static void keys_of_a_sender_cost_as_often_as_there_are_senders(void **state)
{
	static const char *const rows[] = {
		OLM("operation=add k=2", "1") ACTOR "7",
		OLM("operation=add k=2", "1") JOINER "5",
		OLM("operation=remove k=1", "1") ACTOR "200",
		OLM("operation=remove k=1", "1") NEAR "10",
		OLM("operation=remove k=1", "1") FAR "30",
		OLM("operation=rekey", "1") ACTOR "300",
		OLM("operation=rekey", "1") NEAR "10",
		OLM("operation=rekey", "1") FAR "30",
		OLM("operation=rekey", "2") ACTOR "600",
		OLM("operation=rekey", "2") NEAR "20",
		OLM("operation=rekey", "2") FAR "60",
	};

	(void)state;
	summarise(rows, N(rows));
	assert_costs("add 2 4 - 0 2 7 0 10 17 - - 4 68 - -\n"
		     "rekey - 4 - 3 0 300 60 0 360 - - 4 1440 - -\n"
		     "rekey - 4 - 3 0 600 120 0 720 - - - - - -\n"
		     "remove 1 4 - 2 0 200 40 0 240 - - 3 720 - -\n");
}

/* Costs that buy healing stand apart from those that do not. */
static void costs_say_whether_they_heal(void **state)
{
	static const char *const columns[] = {"operation", "size", "total_ns", "heals"};
	static const char *const rows[] = {
		OLM("operation=rekey heals=no", "1") ACTOR "300",
		OLM("operation=rekey heals=no", "1") NEAR "10",
		OLM("operation=rekey heals=no", "1") FAR "30",
		REKEY_6 " heals=yes" ACTOR "150",
		REKEY_6 NEAR "1000",
		REKEY_6 FAR "400",
	};

	(void)state;
	summarise(rows, N(rows));
	assert_rows(costs_path, columns, N(columns), "rekey 4 360 no\nrekey 6 3350 yes\n");
}

/* Without far, without a newcomer, without those who follow a commit that adds; and what is no
 * change of the group. */
static void a_role_that_is_missing_leaves_no_row(void **state)
{
	static const char *const rows[] = {
		REKEY_6 ACTOR "150",
		REKEY_6 NEAR "1000",
		CREATE_4 ACTOR "100",
		ADD_3 ACTOR "150",
		ADD_3 JOINER "200",
		"backend=mls operation=send size=2 tree=full" ACTOR "1",
		"backend=mls operation=send size=2 tree=full" NEAR "1",
	};

	(void)state;
	unlink(costs_path);
	summarise(rows, N(rows));
	assert_int_equal(access(costs_path, F_OK), -1);
}

#define CREATE(size, olm) "backend=megolm senders=1 operation=create size=" size " olm=" olm

static void write_manifest(void)
{
	FILE *file = fopen(manifest_path, "w");

	assert_non_null(file);
	assert_true(
		fputs("{\"status\": \"complete\", \"started\": \"2026-11-23T10:00:00Z\", "
		      "\"machine\": {\"cpu\": \"A CPU\", \"cpus\": 2}, \"build\": {\"revision\": "
		      "\"1a2b3c\"}, \"backends\": [{\"name\": \"megolm\", \"version\": "
		      "\"libolm 3\"}]}",
		      file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Draws the run. */
static void plot(void)
{
	struct command_result result;

	write_manifest();
	result = run_command(&gb_command_plot, (const char *[]){run, "--format", "svg", NULL});
	if (result.status != 0)
		fail_msg("%s", result.err);
}

static const char *in_plots(const char *figure, const char *format)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/plots/%s.%s", run, figure, format);
	return path;
}

static void assert_drawn(const char *figure, const char *rows)
{
	static const char header[] = "panel,heading,series,name,kind,colour,look,legend_column,"
				     "legend_row,members,cpu_ms,cpu_ms_low,cpu_ms_high\n";
	char is[2000] = "";
	FILE *file = fopen(in_plots(figure, "csv"), "r");

	assert_non_null(file);
	is[fread(is, 1, sizeof(is) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	assert_memory_equal(is, header, strlen(header));
	assert_string_equal(is + strlen(header), rows);
	assert_int_equal(access(in_plots(figure, "svg"), R_OK), 0);
}

/* Actor 1 ms, joiners 2 ms each: 3 ms in a group of two, 7 in one of four; all send: 6 and 28. In
 * two states, of which one is ten times as much. */
static void the_figure_has_the_sums_in_every_state(void **state)
{
	static const char *const rows[] = {
		CREATE("2", "chain") ACTOR "1000000", CREATE("2", "chain") JOINER "2000000",
		CREATE("4", "chain") ACTOR "1000000", CREATE("4", "chain") JOINER "2000000",
		CREATE("4", "new") ACTOR "10000000",  CREATE("4", "new") JOINER "20000000",
		CREATE("9", "new") ACTOR "10000000",
	};

	(void)state;
	summarise(rows, N(rows));
	plot();
#define ROW "1,Create a group of all members,"
	assert_drawn("group_cost", ROW "1,Megolm: best to worst,band,2,1,1,1,2,,3,3\n" ROW
				       "1,Megolm: best to worst,band,2,1,1,1,4,,7,70\n" ROW
				       "2,Megolm: all send (derived),band,5,1,1,2,2,,6,6\n" ROW
				       "2,Megolm: all send (derived),band,5,1,1,2,4,,28,280\n" ROW
				       "3,Megolm: Olm chain,line,2,1,1,3,2,3,3,3\n" ROW
				       "3,Megolm: Olm chain,line,2,1,1,3,4,7,7,7\n" ROW
				       "4,Megolm: Olm new,line,2,3,1,4,4,70,70,70\n");
#undef ROW
	assert_int_equal(access(in_plots("senders", "svg"), F_OK), -1);
}

/* A create has no state, and says so beside what has one. */
static void a_row_for_every_state_is_named_so(void **state)
{
	static const char *const rows[] = {
		"backend=mls operation=create size=2 suite=1" ACTOR "1000000",
		"backend=mls operation=create size=2 suite=1" JOINER "2000000",
		"backend=mls operation=create size=4 suite=1" ACTOR "1000000",
		"backend=mls operation=create size=4 suite=1" JOINER "2000000",
		"backend=mls operation=rekey size=2 suite=1 tree=cold" ACTOR "1000000",
		"backend=mls operation=rekey size=2 suite=1 tree=cold" FAR "4000000",
	};

	(void)state;
	summarise(rows, N(rows));
	plot();
	assert_drawn("group_cost",
		     "2,New keys for the group,1,MLS: tree cold,line,1,2,1,1,2,5,5,5\n"
		     "1,Create a group of all members,2,MLS: tree any,line,1,6,1,2,2,3,3,3\n"
		     "1,Create a group of all members,2,MLS: tree any,line,1,6,1,2,4,7,7,7\n");
}

#define SENDERS(size, senders)                                                                     \
	"backend=megolm operation=rekey olm=chain size=" size " senders=" senders

/*
 * A tenth of 20 is 2 and of 25, rounded up, 3; two of 25 are in no panel. By Zipf's law 17 of 20
 * send (all who play no other role) and 21 of 25; 20 of 25 are in no panel. The whole group: 19 or
 * 24 readers besides.
 */
static void senders_are_panels_by_number_and_share(void **state)
{
	static const char *const rows[] = {
		SENDERS("20", "1") ACTOR "1000000",   SENDERS("20", "1") NEAR "2000000",
		SENDERS("20", "1") FAR "2000000",     SENDERS("25", "1") ACTOR "3000000",
		SENDERS("25", "1") NEAR "2000000",    SENDERS("25", "1") FAR "2000000",
		SENDERS("20", "10") ACTOR "10000000", SENDERS("20", "10") NEAR "20000000",
		SENDERS("20", "10") FAR "20000000",   SENDERS("20", "2") ACTOR "2000000",
		SENDERS("20", "2") NEAR "4000000",    SENDERS("20", "2") FAR "4000000",
		SENDERS("25", "3") ACTOR "4000000",   SENDERS("25", "3") NEAR "5000000",
		SENDERS("25", "3") FAR "5000000",     SENDERS("25", "2") ACTOR "9000000",
		SENDERS("25", "2") NEAR "9000000",    SENDERS("25", "2") FAR "9000000",
		SENDERS("20", "17") ACTOR "17000000", SENDERS("20", "17") NEAR "30000000",
		SENDERS("20", "17") FAR "30000000",   SENDERS("25", "21") ACTOR "21000000",
		SENDERS("25", "21") NEAR "40000000",  SENDERS("25", "21") FAR "40000000",
		SENDERS("25", "20") ACTOR "20000000", SENDERS("25", "20") NEAR "40000000",
		SENDERS("25", "20") FAR "40000000",
	};

	(void)state;
	summarise(rows, N(rows));
	plot();
#define LINE "1,Megolm: Olm chain,line,2,1,1,1,"
	assert_drawn("senders",
		     "1,One sends · New keys for the group," LINE "20,1,1,1\n"
		     "1,One sends · New keys for the group," LINE "25,3,3,3\n"
		     "2,Ten send · New keys for the group," LINE "20,10,10,10\n"
		     "3,Senders by Zipf's law · New keys for the group," LINE "20,17,17,17\n"
		     "3,Senders by Zipf's law · New keys for the group," LINE "25,21,21,21\n"
		     "4,One in ten sends · New keys for the group," LINE "20,2,2,2\n"
		     "4,One in ten sends · New keys for the group," LINE "25,4,4,4\n"
		     "5,One sends · New keys for the group: whole group," LINE "20,39,39,39\n"
		     "5,One sends · New keys for the group: whole group," LINE "25,51,51,51\n"
		     "6,Ten send · New keys for the group: whole group," LINE "20,390,390,390\n"
		     "7,Senders by Zipf's law · New keys for the group: whole group," LINE
		     "20,587,587,587\n"
		     "7,Senders by Zipf's law · New keys for the group: whole group," LINE
		     "25,981,981,981\n"
		     "8,One in ten sends · New keys for the group: whole group," LINE
		     "20,78,78,78\n"
		     "8,One in ten sends · New keys for the group: whole group," LINE
		     "25,124,124,124\n");
#undef LINE
}

#define CREATE_BY(size, senders)                                                                   \
	"backend=megolm operation=create olm=new size=" size " senders=" senders

/* All of 100 are 97 senders, and of 200 they are 197: near, far and who leaves only listen. The
 * newcomers are all but the creator. A remove by one sender is not in the figure. */
static void all_senders_of_a_create_are_drawn_beside_one(void **state)
{
	static const char *const rows[] = {
		CREATE_BY("100", "1") ACTOR "1000000",
		CREATE_BY("100", "1") JOINER "2000000",
		CREATE_BY("100", "97") ACTOR "97000000",
		CREATE_BY("100", "97") JOINER "194000000",
		CREATE_BY("200", "1") ACTOR "2000000",
		CREATE_BY("200", "1") JOINER "2000000",
		CREATE_BY("200", "197") ACTOR "394000000",
		CREATE_BY("200", "197") JOINER "394000000",
		"backend=megolm operation=remove k=1 olm=new size=200 senders=1" ACTOR "1",
		"backend=megolm operation=remove k=1 olm=new size=200 senders=1" NEAR "1",
		"backend=megolm operation=remove k=1 olm=new size=200 senders=1" FAR "1",
	};

	(void)state;
	summarise(rows, N(rows));
	plot();
#define LINE "1,Megolm: Olm new,line,2,3,1,1,"
	assert_drawn(
		"senders",
		"1,One sends · Create a group of all members," LINE "100,1,1,1\n"
		"1,One sends · Create a group of all members," LINE "200,2,2,2\n"
		"2,All send · Create a group of all members," LINE "100,97,97,97\n"
		"2,All send · Create a group of all members," LINE "200,394,394,394\n"
		"3,One sends · Create a group of all members: whole group," LINE "100,199,199,199\n"
		"3,One sends · Create a group of all members: whole group," LINE "200,400,400,400\n"
		"4,All send · Create a group of all members: whole group," LINE
		"100,19303,19303,19303\n"
		"4,All send · Create a group of all members: whole group," LINE
		"200,78800,78800,78800\n");
#undef LINE
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_a_tree_lie_between_near_and_far),
		cmocka_unit_test(every_newcomer_counts),
		cmocka_unit_test(a_create_needs_no_tree),
		cmocka_unit_test(keys_of_a_sender_cost_as_often_as_there_are_senders),
		cmocka_unit_test(costs_say_whether_they_heal),
		cmocka_unit_test(a_role_that_is_missing_leaves_no_row),
		cmocka_unit_test(the_figure_has_the_sums_in_every_state),
		cmocka_unit_test(a_row_for_every_state_is_named_so),
		cmocka_unit_test(senders_are_panels_by_number_and_share),
		cmocka_unit_test(all_senders_of_a_create_are_drawn_beside_one),
	};
	char command[100];
	int failed;

	if (!mkdtemp(run))
		return 1;
	snprintf(samples_path, sizeof(samples_path), "%s/samples.csv", run);
	snprintf(costs_path, sizeof(costs_path), "%s/group_cost.csv", run);
	snprintf(manifest_path, sizeof(manifest_path), "%s/manifest.json", run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	return system(command) != 0 ? 1 : failed;
}
