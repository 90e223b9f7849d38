/* The figures that lay implementations of one protocol beside each other. */
#include "drawn_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define OURS   "backend=mls operation=rekey crypto=openssl suite=1 n_processes=5 "
#define SODIUM "backend=mls operation=rekey crypto=sodium suite=1 n_processes=5 "
#define THEIRS "backend=theirs operation=rekey suite=1 n_processes=1 "
#define ACTOR  "role=actor phase=total "
#define NEAR   "role=near phase=process "

/* A column for each role and a row for each tree; one process has no interval, but samples. Megolm
 * has one implementation here; of those that have no axes it is not known what they speak. */
static void roles_and_trees_have_panels_of_their_own(void **state)
{
	static const char *const rows[] = {
		OURS ACTOR "size=2 tree=full cpu_ns_median=2000000 cpu_ns_ci_low=1500000 "
			   "cpu_ns_ci_high=2500000 cpu_ns_min=1000000 cpu_ns_max=9000000",
		OURS ACTOR "size=2 tree=cold cpu_ns_median=3000000",
		OURS ACTOR "size=4 tree=full cpu_ns_median=4000000",
		OURS NEAR "size=4 tree=full cpu_ns_median=500000",
		SODIUM ACTOR "size=4 tree=full cpu_ns_median=1000000",
		THEIRS ACTOR "size=2 tree=full cpu_ns_median=5000000 cpu_ns_min=4500000 "
			     "cpu_ns_max=6000000",
		THEIRS NEAR "size=2 tree=cold cpu_ns_median=7000000",
		MEGOLM "operation=rekey size=2 olm=new cpu_ns_median=600000",
		"backend=other operation=rekey size=2 n_processes=1 " ACTOR "cpu_ns_median=600000",
		"backend=another operation=rekey size=2 n_processes=1 " ACTOR "cpu_ns_median=60000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/implementations-rekey.csv",
		    HEADER "1,Actor · tree full,1,MLS,both,1,1,1,1,2,2,1.5,2.5\n"
			   "1,Actor · tree full,1,MLS,both,1,1,1,1,4,4,4,4\n"
			   "2,Near member · tree full,1,MLS,both,1,1,1,1,4,0.5,0.5,0.5\n"
			   "3,Actor · tree cold,1,MLS,both,1,1,1,1,2,3,3,3\n"
			   "1,Actor · tree full,2,MLS on libsodium,both,6,2,2,1,4,1,1,1\n"
			   "1,Actor · tree full,3,theirs,both,4,3,3,1,2,5,4.5,6\n"
			   "4,Near member · tree cold,3,theirs,both,4,3,3,1,2,7,7,7\n");
	assert_int_equal(access(in_run("plots/implementations-add.csv"), F_OK), -1);
	assert_has("plots/implementations-rekey.svg", "Near member");
}

/* The messages that follow have readers of another operation, and no tree. */
static void readers_stand_beside_the_sender(void **state)
{
	static const char *const rows[] = {
		"backend=mls suite=1 operation=send size=2 " ACTOR "cpu_ns_median=1000000",
		"backend=mls suite=1 operation=receive size=2 role=far phase=process "
		"cpu_ns_median=2000000",
		"backend=theirs suite=1 operation=send size=3 " ACTOR "cpu_ns_median=3000000",
	};

	(void)state;
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	assert_text("plots/implementations-send.csv",
		    HEADER "1,Actor,1,MLS,both,1,1,1,1,2,1,1,1\n"
			   "2,Far member,1,MLS,both,1,1,1,1,2,2,2,2\n"
			   "1,Actor,2,theirs,both,8,2,2,1,3,3,3,3\n");
}

static void one_implementation_is_not_drawn(void **state)
{
	static const char *const rows[] = {
		OURS ACTOR "size=2 tree=full cpu_ns_median=2000000",
		SODIUM ACTOR "size=4 tree=full cpu_ns_median=4000000",
		MEGOLM "operation=rekey size=2 olm=new cpu_ns_median=600000",
		THEIRS NEAR "size=4 tree=full cpu_ns_median=7000000",
	};
	struct command_result result;
	const char *said;

	(void)state;
	write_summary(rows, N(rows));
	result = plot("svg");
	assert_int_equal(result.status, 0);
	said = strstr(result.out, "implementations-create: not drawn, it was not timed in two ");
	assert_non_null(said);
	/* One line for all of them. */
	assert_null(strstr(said + 1, "implementations-"));
	assert_int_equal(access(in_run("plots/implementations-rekey.csv"), F_OK), -1);
}

static void no_two_implementations_look_alike(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
	static char text[2 * N(names) + 2][160];
	const char *rows[N(text)];
	char *line, *rest, *file;
	bool is_seen[9] = {false};
	unsigned series = 0;

	(void)state;
	for (size_t i = 0; i < N(text); i++) {
		snprintf(text[i], sizeof(text[i]),
			 "backend=%s suite=1 crypto=%s operation=create size=%zu " ACTOR
			 "cpu_ns_median=1000000",
			 i / 2 < N(names) ? names[i / 2] : "mls", i / 2 < N(names) ? "" : "sodium",
			 2 + i % 2);
		rows[i] = text[i];
	}
	write_summary(rows, N(rows));
	assert_int_equal(plot("svg").status, 0);
	file = read_text("plots/implementations-create.csv");
	strtok_r(file, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		unsigned number, colour;

		assert_int_equal(sscanf(line, "1,Actor,%u,%*[^,],both,%u", &number, &colour), 2);
		assert_in_range(colour, 1, 8);
		assert_true(number == series || !is_seen[colour]);
		is_seen[colour] = true;
		series = number;
	}
	assert_int_equal(series, N(names) + 1);
	free(file);
}

#define TEST(name) cmocka_unit_test_setup(name, begin_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(roles_and_trees_have_panels_of_their_own),
		TEST(readers_stand_beside_the_sender),
		TEST(one_implementation_is_not_drawn),
		TEST(no_two_implementations_look_alike),
	};

	return cmocka_run_group_tests_name("figure_implementations", tests, make_run, drop_run);
}
