#include "analyse/commands.h"
#include "expectation.h"
#include "records.h"
#include "run_command.h"
#include "stats/growth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-expect-XXXXXX";

static FILE *begin(const char *name)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", run, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

/* ---- the grammar ---- */

static const struct {
	const char *text;
	size_t at;
	const char *complaint;
} wrong[] = {
	{"", 0,
	 "found the end of the expectation, wanted a curve like mls.rekey or "
	 "megolm.add:1/joiner"},
	{"rekey cheaper than mls.rekey", 0,
	 "found \"rekey\", wanted a curve like mls.rekey or megolm.add:1/joiner"},
	{"mls.reky cheaper than x.rekey", 0,
	 "found \"mls.reky\", wanted an operation behind the dot (groupbench list names them)"},
	{"mls.add cheaper than x.rekey", 0,
	 "found \"mls.add\", wanted a number of members, as in mls.add:1"},
	{"mls.rekey:2 cheaper than x.rekey", 0,
	 "found \"mls.rekey:2\", wanted an operation without a number"},
	{"mls.add:k cheaper than megolm.rekey", 35,
	 "found the end of the expectation, wanted k at both of two curves of time"},
	{"mls.add:3 cheaper than megolm.add:k", 35,
	 "found the end of the expectation, wanted k at both of two curves of time"},
	{"mls.add:k grows at most as N", 28,
	 "found the end of the expectation, wanted k at both of two curves of time"},
	{"mls.rekey/bytes cheaper than megolm.rekey", 41,
	 "found the end of the expectation, wanted bytes at both curves or at none"},
	{"mls.add:k/bytes cheaper than megolm.add:k/bytes", 47,
	 "found the end of the expectation, wanted k at both of two curves of time"},
	{"mls.rekey/server cheaper than x.rekey", 0,
	 "found \"mls.rekey/server\", wanted behind the / a role, actor, near, far, joiner or "
	 "withheld, or bytes"},
	{"mls.rekey tre=full cheaper than x.rekey", 10,
	 "found \"tre=full\", wanted AXIS=VALUE (groupbench list names the axes)"},
	{"mls.rekey tree=full tree=cold cheaper than x.rekey", 20,
	 "found \"tree=cold\", wanted each axis once"},
	{"mls.rekey", 9,
	 "found the end of the expectation, wanted cheaper than, at most, at "
	 "least, grows at most as or grows at least as"},
	{"mls.rekey chaeper than x.rekey", 10,
	 "found \"chaeper\", wanted cheaper than, at most, at least, grows at most as or grows "
	 "at least as"},
	{"mls.rekey at most -2 times x.rekey", 18, "found \"-2\", wanted a factor above 0"},
	{"mls.rekey at most 1e999 times x.rekey", 18, "found \"1e999\", wanted a factor above 0"},
	{"mls.rekey at most 2 x.rekey", 20, "found \"x.rekey\", wanted times"},
	{"mls.rekey cheaper than", 22,
	 "found the end of the expectation, wanted a curve like "
	 "mls.rekey or megolm.add:1/joiner"},
	{"mls.rekey cheaper than x.rekey from many", 36,
	 "found \"many\", wanted a number of members"},
	{"mls.rekey cheaper than x.rekey from 5 at 6", 38,
	 "found \"at\", wanted from N, at N or the end"},
	{"mls.rekey size=5 cheaper than x.rekey", 37,
	 "found the end of the expectation, wanted a size at both curves or at none"},
	{"megolm.rekey at most 1.05 times its parts", 32,
	 "found \"its\", wanted a curve: only create has parts, at the actor"},
	{"megolm.create size=9 at most 1.05 times its parts", 40,
	 "found \"its\", wanted a curve, or no size at the first: at N names it"},
	{"mls.rekey grows at most as N^3", 27,
	 "found \"N^3\", wanted constant, log N, N, N log N or N^2"},
};

static void what_is_wrong_is_refused_with_its_place(void **state)
{
	struct gb_expectation e;
	char why[300], longest[GB_EXPECTATION_BYTES + 1], many[2 * 41 + 1] = "";
	size_t at;

	(void)state;
	for (size_t i = 0; i < N(wrong); i++) {
		assert_int_equal(gb_expectation_parse(&e, wrong[i].text, &at, why, sizeof(why)),
				 -1);
		assert_string_equal(why, wrong[i].complaint);
		assert_int_equal(at, wrong[i].at);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(gb_expectation_parse(&e, longest, &at, why, sizeof(why)), -1);
	assert_string_equal(why, "found 256 bytes, wanted fewer than 256");
	for (size_t i = 0; i < 41; i++)
		strcat(many, "a ");
	assert_int_equal(gb_expectation_parse(&e, many, &at, why, sizeof(why)), -1);
	assert_string_equal(why, "found more than 40 words, wanted fewer");
}

static void what_is_right_is_understood(void **state)
{
	struct gb_expectation e;
	char why[300];
	size_t at;

	(void)state;
	assert_int_equal(gb_expectation_parse(&e,
					      "mls.add:10/joiner tree=cold path=no at least 1.5 "
					      "times megolm.rekey from 100",
					      &at, why, sizeof(why)),
			 0);
	assert_string_equal(e.first.backend, "mls");
	assert_string_equal(e.first.operation, "add");
	assert_string_equal(e.first.k, "10");
	assert_string_equal(e.first.role, "joiner");
	assert_string_equal(e.first.value[GB_AXIS_tree], "cold");
	assert_string_equal(e.first.value[GB_AXIS_path], "no");
	assert_null(e.first.value[GB_AXIS_size]);
	assert_string_equal(e.second.backend, "megolm");
	assert_string_equal(e.second.role, "actor");
	assert_int_equal(e.relation, GB_EXPECT_AT_LEAST);
	assert_true(e.times > 1.499 && e.times < 1.501);
	assert_int_equal((int)e.least_size, 100);
	assert_int_equal((int)e.largest_size, 0);
	assert_int_equal(gb_expectation_parse(&e, "mls.send grows at most as N log N", &at, why,
					      sizeof(why)),
			 0);
	assert_int_equal(e.relation, GB_EXPECT_GROWS_AT_MOST);
	assert_int_equal(e.growth, GB_GROWTH_LINEAR_LOG);
	/* Who reads a message is on a row of its own. */
	assert_int_equal(gb_expectation_parse(&e, "mls.send/far cheaper than mls.send_first/near",
					      &at, why, sizeof(why)),
			 0);
	assert_string_equal(e.first.operation, "receive");
	assert_string_equal(e.second.operation, "receive_first");
}

/* ---- verdicts ---- */

static const int sizes[] = {2, 5, 10, 50, 100, 500, 1000};

/*
 * MLS takes 100 us at every size, twice that in a cold tree; Megolm 1 us a member. `sleep_ns` is
 * added to MLS's full tree from 100 members on. The processes differ by one part in a hundred.
 */
static void write_story(int processes, double sleep_ns)
{
	FILE *file = begin("samples.csv");

	put_samples_header(file);
	for (size_t i = 0; i < N(sizes); i++) {
		for (int p = 1; p <= processes; p++) {
			double noise = 1 + 0.01 * p, slept = sizes[i] >= 100 ? sleep_ns : 0;

			put_actor_sample(file, "backend=mls operation=rekey tree=full", sizes[i], p,
					 noise * 100000 + slept);
			put_actor_sample(file, "backend=mls operation=rekey tree=cold", sizes[i], p,
					 noise * 200000);
			put_actor_sample(file, "backend=megolm operation=rekey olm=ratchet",
					 sizes[i], p, noise * 1000 * sizes[i]);
		}
	}
	assert_int_equal(fclose(file), 0);
}

static struct command_result expect_of(const char *expectation)
{
	FILE *file = begin("manifest.json");

	fprintf(file, "{\"schema\": 1, \"expect\": [\"%s\"]}", expectation);
	assert_int_equal(fclose(file), 0);
	return run_command(&gb_command_expect, (const char *[]){run, NULL});
}

static void assert_says(const char *expectation, const char *text)
{
	struct command_result r = expect_of(expectation);

	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	if (!strstr(r.out, text))
		fail_msg("%s: said %s; want %s", expectation, r.out, text);
}

/* A create takes 1 us a member, whatever the tree: there is one curve. */
static void a_claim_may_name_an_axis_that_makes_no_difference(void **state)
{
	FILE *file = begin("samples.csv");

	(void)state;
	put_samples_header(file);
	for (size_t i = 0; i < N(sizes); i++) {
		put_actor_sample(file, "backend=mls operation=create suite=1", sizes[i], 1,
				 1000 * sizes[i]);
		put_actor_sample(file, "backend=mls operation=rekey suite=1 tree=full", sizes[i], 1,
				 100000);
	}
	assert_int_equal(fclose(file), 0);
	assert_says("mls.create tree=full grows at most as N", "  holds: 1 us N; mls create, 7");
	assert_says("mls.create tree=cold at least 9 times mls.rekey at 1000",
		    "  holds: 10 times at N = 1000; mls create, mls rekey tree=full\n");
	assert_says("mls.rekey tree=cold cheaper than mls.create", "  not measured\n");
	assert_says("mls.create suite=2 grows at most as N", "  not measured\n");
	assert_says("mls.create tree=cold cheaper than mls.create tree=full",
		    "  not judged: both are one curve, mls create\n");
	assert_says("mls.create size=1000 at most 10 times mls.create size=100",
		    "  holds: 10 times");
}

static void claims_are_judged_by_what_was_measured(void **state)
{
	(void)state;
	write_story(5, 0);
	assert_says("mls.rekey tree=full cheaper than megolm.rekey from 500",
		    "  holds: 0.1 times [0.0971 .. 0.103] at N = 1000; mls rekey tree=full, megolm "
		    "rekey olm=ratchet\n");
	assert_says("mls.rekey tree=full cheaper than megolm.rekey",
		    "  holds from N = 500: 0.1 times");
	assert_says("megolm.rekey cheaper than mls.rekey tree=full",
		    "  fails from N = 500: 10 times");
	assert_says("mls.rekey tree=full cheaper than megolm.rekey at 100",
		    "  open: 1 times [0.971 .. 1.03] at N = 100");
	assert_says("mls.rekey tree=full at most 2.1 times mls.rekey tree=cold",
		    "  holds: 0.5 times");
	assert_says("mls.rekey tree=cold at least 2.5 times mls.rekey tree=full",
		    "  fails: 2 times");
	assert_says("megolm.rekey size=1000 at most 101 times megolm.rekey size=10",
		    "  open: 100 times");
	assert_says("megolm.rekey size=1000 at most 110 times megolm.rekey size=10",
		    "  holds: 100 times");
	assert_says("megolm.rekey size=1000 at most 110 times megolm.rekey size=20",
		    "  not measured;");
	assert_says("mls.rekey tree=full grows at most as log N", "  holds: 103 us; mls rekey");
	assert_says("megolm.rekey grows at most as log N", "  fails: 1.03 us N; megolm rekey");
	assert_says("megolm.rekey grows at least as N", "  holds: 1.03 us N; megolm rekey");
	assert_says("mls.send cheaper than megolm.send", "\n  not measured\n");
}

/* Five sizes from 2 to 50 do not span a factor of 30, from 2 to 60 they do; four never do. */
static void growth_is_judged_over_a_span_only(void **state)
{
	static const struct {
		int size[6];
		const char *verdict;
	} runs[] = {
		{{2, 5, 10, 30, 59},
		 "  not judged: 5 sizes, 2 .. 59; wanted 5 or more, the "
		 "largest 30 times the smallest; mls rekey tree=full\n"},
		{{2, 5, 10, 30, 60}, "  holds: 100 us; mls rekey tree=full, 5 sizes\n"},
		{{2, 5, 10, 1000}, "  not judged: 4 sizes, 2 .. 1000; wanted 5 or more"},
		{{2, 5}, "  not judged: 2 sizes, 2 .. 5; wanted"},
	};
	(void)state;
	for (size_t i = 0; i < N(runs); i++) {
		FILE *file = begin("samples.csv");

		put_samples_header(file);
		for (size_t at = 0; runs[i].size[at] != 0; at++)
			put_actor_sample(file, "backend=mls operation=rekey tree=full",
					 runs[i].size[at], 1, 100000);
		assert_int_equal(fclose(file), 0);
		assert_says("mls.rekey tree=full grows at most as log N", runs[i].verdict);
	}
}

/* Each state of a tree that the claim does not name is judged on its own. */
static void every_state_that_is_meant_is_judged(void **state)
{
	struct command_result r;

	(void)state;
	write_story(5, 0);
	r = expect_of("mls.rekey cheaper than megolm.rekey from 150");
	assert_non_null(strstr(r.out, "  holds: 0.2 times [0.194 .. 0.206] at N = 1000; mls rekey "
				      "tree=cold, megolm"));
	assert_non_null(strstr(r.out, "  holds: 0.1 times [0.0971 .. 0.103] at N = 1000; mls rekey "
				      "tree=full, megolm"));
}

static void what_it_depends_on_is_said(void **state)
{
	(void)state;
	write_story(5, 0);
	assert_says("mls.rekey cheaper than megolm.rekey from 150", "\n  it holds in 2 of 2\n");
	assert_says("mls.rekey at most 0.15 times megolm.rekey at 1000",
		    "\n  it holds in 1 of 2, always with tree=full\n");
	assert_says("mls.rekey at most 0.01 times megolm.rekey at 1000",
		    "\n  it holds in 0 of 2\n");
	assert_says("mls.rekey grows at least as N", "\n  it holds in 0 of 2\n");
	assert_null(strstr(expect_of("megolm.rekey grows at least as N").out, "it holds"));
	assert_null(strstr(expect_of("mls.rekey cheaper than megolm.rekey at 3").out, "it holds"));
}

static void a_claim_that_is_made_false_fails_from_where_it_does(void **state)
{
	(void)state;
	write_story(5, 0);
	assert_says("mls.rekey tree=full cheaper than mls.rekey tree=cold", "  holds: 0.5 times");
	write_story(5, 1e6);
	assert_says("mls.rekey tree=full cheaper than mls.rekey tree=cold",
		    "  fails from N = 100: 5.35 times");
}

/*
 * From 10 members on Megolm's rekey takes ten times as long as MLS's; but at the sizes of which
 * `noisy` has the bit, two of five processes of MLS took a hundred times as long, so that they are
 * open.
 */
static void write_noisy(unsigned noisy)
{
	FILE *file = begin("samples.csv");

	put_samples_header(file);
	for (size_t i = 0; i < N(sizes); i++) {
		for (int p = 1; p <= 5; p++) {
			put_actor_sample(file, "backend=mls operation=rekey tree=full", sizes[i], p,
					 p > 3 && (noisy & 1u << i) ? 1e7 : 1e5);
			put_actor_sample(file, "backend=megolm operation=rekey olm=new", sizes[i],
					 p, sizes[i] < 10 ? 1e4 : 1e6);
		}
	}
	assert_int_equal(fclose(file), 0);
}

static void an_open_size_among_others_does_not_turn_the_verdict(void **state)
{
	static const unsigned at_10 = 1 << 2, at_50 = 1 << 3, at_500 = 1 << 5, at_1000 = 1 << 6;

	(void)state;
	write_noisy(at_500);
	assert_says("mls.rekey cheaper than megolm.rekey from 10",
		    "  holds: 0.1 times [0.1 .. 0.1] at N = 1000, open at N = 500; mls");
	write_noisy(at_10 | at_50 | at_500);
	assert_says("megolm.rekey cheaper than mls.rekey from 10",
		    "  fails from N = 100: 10 times [10 .. 10] at N = 1000, open at N = 500; meg");
	write_noisy(at_50 | at_500);
	assert_says("mls.rekey cheaper than megolm.rekey",
		    "  holds from N = 10: 0.1 times [0.1 .. 0.1] at N = 1000, open at 2 sizes up "
		    "to N = 500, crossing");
	write_noisy(at_50 | at_500 | at_1000);
	assert_says("mls.rekey cheaper than megolm.rekey from 10",
		    "  open from N = 500: 0.1 times [0.1 .. 10] at N = 1000; mls");
}

/* One process has no interval: what was measured decides. */
static void one_process_decides_without_an_interval(void **state)
{
	(void)state;
	write_story(1, 0);
	assert_says("mls.rekey tree=full cheaper than megolm.rekey from 500",
		    "  holds: 0.1 times at N = 1000;");
}

/* At 100 members create takes 1.04 times what its parts take, at 1,000 members 1.3 times; at 10
 * one part is missing, in the other state all are. */
static void a_whole_is_judged_by_the_sum_of_its_parts(void **state)
{
	static const char *const parts[] = {"claim", "verify", "session", "encrypt"};
	FILE *file = begin("samples.csv");

	(void)state;
	put_samples_header(file);
	for (int process = 1; process <= 3; process++)
		for (int size = 10; size <= 1000; size *= 10) {
			put_actor_sample(file, "backend=megolm operation=create olm=new", size,
					 process, size == 100 ? 10400 : 13000);
			put_actor_sample(file, "backend=megolm operation=create olm=ratchet", size,
					 process, 10000);
			for (size_t i = size == 10; i < N(parts); i++) {
				char what[80];
				snprintf(what, sizeof(what), "backend=megolm operation=%s olm=new",
					 parts[i]);
				put_actor_sample(file, what, size, process,
						 1000.0 * (double)(i + 1));
			}
		}
	fclose(file);
	assert_says("megolm.create olm=new at most 1.05 times its parts at 100",
		    "  holds: 1.04 times [1.04 .. 1.04] at N = 100; megolm create olm=new, megolm "
		    "parts of create olm=new\n");
	assert_says("megolm.create at most 1.05 times its parts",
		    "  fails from N = 1000: 1.3 times");
	assert_says("megolm.create at least 1.05 times its parts at 100", "  fails: 1.04 times");
	assert_says("megolm.create at most 1.05 times its parts at 10", "  not measured");
	assert_says("megolm.create olm=ratchet at most 1.05 times its parts", "  not measured\n");
}

/*
 * To let in k members takes MLS 100 us and 1 us for each, Megolm 10 us for each; in the larger
 * group MLS takes ten times as long. The processes differ by one part in a hundred.
 */
static void write_story_of_k(int processes)
{
	static const int ks[] = {1, 3, 10, 30, 100};
	FILE *file = begin("samples.csv");

	put_samples_header(file);
	for (size_t i = 0; i < N(ks); i++) {
		for (int p = 1; p <= processes; p++) {
			double noise = 1 + 0.01 * p, mls = noise * (100000 + 1000 * ks[i]);
			char what[2][80];

			snprintf(what[0], sizeof(what[0]),
				 "backend=mls operation=add k=%d tree=full", ks[i]);
			snprintf(what[1], sizeof(what[1]),
				 "backend=megolm operation=add k=%d olm=chain", ks[i]);
			put_actor_sample(file, what[0], 100, p, mls);
			put_actor_sample(file, what[0], 1000, p, 10 * mls);
			put_actor_sample(file, what[1], 100, p, noise * 10000 * ks[i]);
			put_actor_sample(file, what[1], 1000, p, noise * 10000 * ks[i]);
		}
	}
	assert_int_equal(fclose(file), 0);
}

/* Of 110 us and 100 us at k = 10, 130 us and 300 us at 30: on lines of logarithms they meet
 * at 11.2. */
static void a_claim_over_k_says_where_the_curves_cross(void **state)
{
	(void)state;
	write_story_of_k(5);
	assert_says("mls.add:k cheaper than megolm.add:k",
		    "  holds from k = 30: 0.2 times [0.194 .. 0.206] at k = 100, crossing at k = "
		    "11.2 [10.9 .. 11.5]; mls add k size=100 tree=full, megolm add k size=100 "
		    "olm=chain\n");
	assert_says("mls.add:k cheaper than megolm.add:k",
		    "  fails: 2 times [1.94 .. 2.06] at k = 100; mls add k size=1000 tree=full");
	assert_says("mls.add:k size=100 cheaper than megolm.add:k from 30",
		    "cheaper than megolm.add:k from 30\n  holds: 0.2 times [0.194 .. 0.206] at k = "
		    "100; mls add k size=100 tree=full, megolm add k size=100 olm=chain\n/");
	assert_says("mls.add:k size=100 at most 2 times megolm.add:k at 30",
		    "  holds: 0.433 times");
	assert_says("mls.add:100 size=100 at most 2 times mls.add:100 size=1000", "  holds: 0.1");
	write_story_of_k(1);
	assert_says("mls.add:k size=100 cheaper than megolm.add:k",
		    "  holds from k = 30: 0.2 times at k = 100, crossing at k = 11.2; mls add k");
}

/* The ends of an interval lie no further than the sizes that were measured. */
static void a_crossing_beyond_the_sizes_ends_its_interval_there(void **state)
{
	static const double mls[2][3] = {{100, 101, 103}, {97, 99.5, 104}};
	FILE *file = begin("samples.csv");

	(void)state;
	put_samples_header(file);
	for (int at = 0; at < 2; at++)
		for (int p = 0; p < 3; p++) {
			put_actor_sample(file, "backend=mls operation=rekey tree=full",
					 at == 0 ? 10 : 1000, p + 1, 1000 * mls[at][p]);
			put_actor_sample(file, "backend=megolm operation=rekey olm=chain",
					 at == 0 ? 10 : 1000, p + 1, 100000);
		}
	assert_int_equal(fclose(file), 0);
	assert_says("mls.rekey cheaper than megolm.rekey",
		    "  open: 0.995 times [0.97 .. 1.04] at N = 1000, crossing at N = 214 [10 .. "
		    "1000]; mls");
}

/* What is sent has one length a size and no interval: 500 and 100 for each doubling, or for each.
 */
static void bytes_can_be_claimed(void **state)
{
	static const int members[] = {2, 8, 32, 128, 512};
	FILE *file = begin("samples.csv");

	(void)state;
	put_samples_header(file);
	for (size_t i = 0; i < N(members); i++) {
		char row[200];
		const char *format = "backend=mls operation=rekey tree=%s size=%d role=server "
				     "phase=deliver process=1 sample=1 up_bytes=%d restore=reopen";

		snprintf(row, sizeof(row), format, "full", members[i], 600 + 200 * (int)i);
		put_sample(file, row);
		snprintf(row, sizeof(row), format, "cold", members[i], 500 + 100 * members[i]);
		put_sample(file, row);
	}
	assert_int_equal(fclose(file), 0);
	assert_says("mls.rekey/bytes tree=full grows at most as log N",
		    "  holds: 500 bytes + 100 bytes log2 N; mls rekey bytes tree=full, 5 sizes\n");
	assert_says("mls.rekey/bytes tree=cold grows at least as N",
		    "  holds: 500 bytes + 100 bytes N; mls rekey bytes tree=cold, 5 sizes\n");
	assert_says("mls.rekey/bytes tree=full at most 0.5 times mls.rekey/bytes tree=cold",
		    "  holds from N = 32: 0.0271 times at N = 512, crossing at N = 11.4; mls");
	assert_says("mls.rekey grows at least as N", "\n  not measured\n");
}

static void verdicts_are_kept_in_a_file(void **state)
{
	char line[400];
	FILE *file;

	(void)state;
	write_story(5, 0);
	assert_says("mls.rekey tree=full cheaper than megolm.rekey at 1000", "/verdicts.csv\n");
	snprintf(line, sizeof(line), "%s/verdicts.csv", run);
	file = fopen(line, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "expectation,first,second,verdict,from_size,sizes,size,ratio,"
				  "ratio_ci_low,ratio_ci_high,growth,crossing,"
				  "crossing_ci_low,crossing_ci_high,open_sizes,"
				  "largest_open\n");
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "mls.rekey tree=full cheaper than megolm.rekey at 1000,mls rekey "
				  "tree=full,megolm rekey olm=ratchet,holds,,1,1000,0.1,0.0971429,"
				  "0.10297,,,,,,\n");
	fclose(file);
}

/* A run can be asked what another scenario expects, of what its own says nothing about. */
static void a_run_is_judged_by_another_scenario(void **state)
{
	char path[100];
	struct command_result r;
	FILE *file;

	(void)state;
	write_story(5, 0);
	expect_of("mls.rekey tree=full cheaper than megolm.rekey at 1000");
	file = begin("other.yaml");
	fputs("# Other?\nname: other\nbackends: [mls]\nsize: 5\nmeasure: [rekey]\nexpect:\n"
	      "  - megolm.rekey grows at least as N\n",
	      file);
	assert_int_equal(fclose(file), 0);
	snprintf(path, sizeof(path), "%s/other.yaml", run);
	r = run_command(&gb_command_expect, (const char *[]){run, "--scenario", path, NULL});
	assert_int_equal(r.status, 0);
	assert_ptr_equal(strstr(r.out, "megolm.rekey grows at least as N\n  holds: 1.03 us N;"),
			 r.out);
	assert_null(strstr(r.out, "cheaper"));
	unlink(path);
	r = run_command(&gb_command_expect, (const char *[]){run, "--scenario", path, NULL});
	assert_int_equal(r.status, 74);
	assert_non_null(strstr(r.err, "other.yaml: No such file or directory"));
}

static void what_is_no_run_is_refused(void **state)
{
	struct command_result r;

	(void)state;
	write_story(1, 0);
	r = expect_of("mls.rekey chaeper");
	assert_int_equal(r.status, 65);
	assert_non_null(strstr(r.err, "manifest.json: expect: found \"chaeper\", wanted"));
	r = run_command(&gb_command_expect, (const char *[]){"/nowhere", NULL});
	assert_int_equal(r.status, 74);
	fclose(begin("manifest.json"));
	r = run_command(&gb_command_expect, (const char *[]){run, NULL});
	assert_int_equal(r.status, 65);
}

static int make_run(void **state)
{
	(void)state;
	return mkdtemp(run) ? 0 : -1;
}

static int remove_run(void **state)
{
	static const char *const names[] = {"samples.csv", "manifest.json", "verdicts.csv"};
	char path[100];

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", run, names[i]);
		unlink(path);
	}
	return rmdir(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
		cmocka_unit_test(what_is_right_is_understood),
		cmocka_unit_test(claims_are_judged_by_what_was_measured),
		cmocka_unit_test(a_claim_may_name_an_axis_that_makes_no_difference),
		cmocka_unit_test(growth_is_judged_over_a_span_only),
		cmocka_unit_test(every_state_that_is_meant_is_judged),
		cmocka_unit_test(what_it_depends_on_is_said),
		cmocka_unit_test(a_claim_that_is_made_false_fails_from_where_it_does),
		cmocka_unit_test(an_open_size_among_others_does_not_turn_the_verdict),
		cmocka_unit_test(one_process_decides_without_an_interval),
		cmocka_unit_test(a_whole_is_judged_by_the_sum_of_its_parts),
		cmocka_unit_test(a_claim_over_k_says_where_the_curves_cross),
		cmocka_unit_test(a_crossing_beyond_the_sizes_ends_its_interval_there),
		cmocka_unit_test(bytes_can_be_claimed),
		cmocka_unit_test(verdicts_are_kept_in_a_file),
		cmocka_unit_test(a_run_is_judged_by_another_scenario),
		cmocka_unit_test(what_is_no_run_is_refused),
	};

	return cmocka_run_group_tests(tests, make_run, remove_run);
}
