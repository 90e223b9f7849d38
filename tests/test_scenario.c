/* Scenario files: what a good one means, and where a bad one is wrong, to the column. */
#include "backends/backends.h"
#include "run/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char path[] = "/tmp/groupbench-scenario-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static enum gb_exit read_bytes(struct gb_scenario *s, const char *text, size_t len, char *why,
			       size_t why_len)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	return gb_scenario_read(s, path, why, why_len);
}

/* `text` must be refused with "PATH:" and `complaint`. */
static void assert_refused(const char *text, size_t len, const char *complaint)
{
	struct gb_scenario s;
	char why[640] = "", want[640];

	assert_int_equal(read_bytes(&s, text, len, why, sizeof why), GB_EXIT_INPUT);
	snprintf(want, sizeof want, "%s:%s", path, complaint);
	assert_string_equal(why, want);
}

static void a_scenario_is_read(void **state)
{
	static const char text[] =
		"# What is it?\n# Really?\n"
		"name: a-1\n"
		"backends: [null]\n"
		"size: [2..4, 10]\n"
		"tree: [cold, full, churned:020]\n"
		"path: no\n"
		"payload: 32\n"
		"seed: 7\n"
		"samples: { processes: 3, min: 2, max: 9, until_ci: 2%, budget: 3s }\n"
		"measure: [create, { add: [1, 5..6] }, rekey, { remove: 2 }]\n";
	struct gb_scenario s;
	char why[640] = "", question[100];

	(void)state;
	assert_int_equal(read_bytes(&s, text, strlen(text), why, sizeof why), GB_EXIT_DONE);
	assert_string_equal(s.name, "a-1");
	assert_int_equal(s.n_backends, 1);
	assert_ptr_equal(s.backends[0], &gb_backend_null);
	assert_int_equal(s.axes[GB_AXIS_size].n, 4);
	assert_string_equal(s.axes[GB_AXIS_size].v[3], "10");
	assert_int_equal(s.largest_size, 10);
	assert_int_equal(s.axes[GB_AXIS_tree].n, 3);
	assert_string_equal(s.axes[GB_AXIS_tree].v[2], "churned:20");
	assert_string_equal(s.axes[GB_AXIS_tree].v[1], "full");
	assert_string_equal(s.axes[GB_AXIS_path].v[0], "no");
	assert_string_equal(s.axes[GB_AXIS_payload].v[0], "32");
	assert_string_equal(s.axes[GB_AXIS_handshake].v[0], "public"); /* the default */
	assert_int_equal(s.n_measures, 6);
	assert_int_equal(s.measures[2].operation, GB_OPERATION_add);
	assert_int_equal(s.measures[2].k, 5);
	assert_int_equal(s.measures[5].k, 2);
	assert_int_equal(s.sampling.processes, 3);
	assert_int_equal(s.sampling.min, 2);
	assert_int_equal(s.sampling.max, 9);
	assert_int_equal(s.sampling.budget_ns, 3000000000u);
	assert_int_equal(s.seed, 7);
	gb_scenario_question(s.text, question, sizeof question);
	assert_string_equal(question, "What is it? Really?");
	gb_scenario_free(&s);
}

#define HEAD "name: a\nbackends: [null]\nsize: 2\n"
#define GOOD HEAD "measure: [rekey]\n"

static const struct {
	const char *text, *complaint;
} wrong[] = {
	/* keys */
	{"name: a\nsampels: 3\n",
	 "2:1: found \"sampels\", wanted a known key; did you mean \"samples\"?"},
	{"name: a\nwhatever: 3\n", "2:1: found \"whatever\", wanted a known key"},
	{"name: a\nname: b\n", "2:1: found \"name\", wanted each key once"},
	{"[1]: 2\n", "1:1: found a list, wanted a key"},
	{"- name\n", "1:1: found a list, wanted a mapping of keys to values"},
	{"word\n", "1:1: found \"word\", wanted a mapping of keys to values"},
	{"backends: [null]\nsize: 2\nmeasure: [rekey]\n", "1:1: found no key \"name\", wanted one"},
	{"name: a\nbackends: [null]\nmeasure: [rekey]\n", "1:1: found no key \"size\", wanted one"},
	{HEAD, "1:1: found no key \"measure\", wanted one"},
	/* names */
	{"name: A b\n",
	 "1:7: found \"A b\", wanted a name of at most 63 letters a-z, digits and dashes"},
	{"name: ../../etc\n", "1:7: found \"../../etc\", wanted a name of at most 63 "
			      "letters a-z, digits and dashes"},
	{"name: [a]\n",
	 "1:7: found a list, wanted a name of at most 63 letters a-z, digits and dashes"},
	{"name:\n",
	 "1:6: found nothing, wanted a name of at most 63 letters a-z, digits and dashes"},
	/* backends */
	{"backends: [null, null]\n", "1:18: found \"null\", wanted each backend once"},
	{"backends: []\n", "1:11: found a list, wanted at least one element"},
	{"backends: [[null]]\n", "1:12: found a list, wanted the name of a backend"},
	/* sizes */
	{"size: 0\n", "1:7: found \"0\", wanted a number from 2 to 1000000"},
	{"size: [2, 9..5]\n", "1:11: found \"9..5\", wanted the smaller number first"},
	{"size: [2, 2..5]\n", "1:11: found \"2..5\", wanted 2 only once"},
	{"size: [2,\n  10000000]\n", "2:3: found \"10000000\", wanted a number from 2 to 1000000"},
	{"size: 1e400\n", "1:7: found \"1e400\", wanted a number, FROM..TO or "
			  "FROM..TO/STEP, all from 2 to 1000000"},
	{"size: -5\n", "1:7: found \"-5\", wanted a number, FROM..TO or FROM..TO/STEP, "
		       "all from 2 to 1000000"},
	{"size: { 2: 3 }\n", "1:7: found a mapping, wanted a number or a range"},
	{"size: 2..1000000\n", "1:7: found \"2..1000000\", wanted at most 4096 values"},
	/* portions */
	{"senders: [1, 10%, 10%]\n", "1:19: found \"10%\", wanted each value once"},
	{"senders: [all, 5, all]\n", "1:19: found \"all\", wanted each value once"},
	{"senders: [10%, 2, 2]\n", "1:19: found \"2\", wanted 2 only once"},
	{"senders: 0%\n", "1:10: found \"0%\", wanted a number, a range, a share of the members "
			  "like 10%, zipf or all"},
	{"senders: most\n", "1:10: found \"most\", wanted a number, a range, a share of the "
			    "members like 10%, zipf or all"},
	{"senders: [zipf, 4, zipf]\n", "1:20: found \"zipf\", wanted each value once"},
	{"senders: zipf:2\n", "1:10: found \"zipf:2\", wanted a number, a range, a share of the "
			      "members like 10%, zipf or all"},
	{"size: zipf\n", "1:7: found \"zipf\", wanted a number, FROM..TO or FROM..TO/STEP, all "
			 "from 2 to 1000000"},
	{"senders: 0\n", "1:10: found \"0\", wanted a number from 1 to 1000000"},
	{"size: 10%\n", "1:7: found \"10%\", wanted a number, FROM..TO or FROM..TO/STEP, all from "
			"2 to 1000000"},
	/* choices */
	{"tree: [cold, ful]\n", "1:14: found \"ful\", wanted one of: cold full grown "
				"halfblank churned:1..10000000; did you mean \"full\"?"},
	{"tree: churned\n",
	 "1:7: found \"churned\", wanted churned:K, K a number from 1 to 10000000"},
	{"tree: churned:0\n",
	 "1:7: found \"churned:0\", wanted churned:K, K a number from 1 to 10000000"},
	{"tree: churned:9x\n",
	 "1:7: found \"churned:9x\", wanted churned:K, K a number from 1 to 10000000"},
	{"tree: full:3\n", "1:7: found \"full:3\", wanted one of: cold full grown halfblank "
			   "churned:1..10000000; did you mean \"full\"?"},
	{"tree: [churned:10, churned:010]\n",
	 "1:20: found \"churned:010\", wanted each value once"},
	{"tree: [cold, cold]\n", "1:14: found \"cold\", wanted each value once"},
	{"path: maybe\n", "1:7: found \"maybe\", wanted one of: yes no"},
	{"olm: { new: 1 }\n", "1:6: found a mapping, wanted one of: new chain ratchet"},
	/* samples */
	{"samples: { proceses: 5 }\n",
	 "1:12: found \"proceses\", wanted a known key; did you mean \"processes\"?"},
	{"samples: { processes: 0 }\n", "1:23: found \"0\", wanted a number from 1 to 1000"},
	{"samples: { processes: five }\n", "1:23: found \"five\", wanted a number from 1 to 1000"},
	{"samples: { until_ci: 2 }\n",
	 "1:22: found \"2\", wanted a share like 2% or 0.5%, more than 0%"},
	{"samples: { budget: 3 }\n", "1:20: found \"3\", wanted a time like 250ms, 3s, "
				     "2m or 1h, at most a day"},
	{"samples: { min: 5, max: 4 }\n",
	 "1:10: found a mapping, wanted a min that is not above max (4)"},
	{"samples: 5\n", "1:10: found \"5\", wanted a mapping of keys to values"},
	{"seed: 0\n", "1:7: found \"0\", wanted a number from 1 to 9223372036854775807"},
	/* expectations */
	{"expect: [mls.rekey cheaper than megolm.rekey, null.rekey is cheap]\n",
	 "1:58: found \"is\", wanted cheaper than, at most, at least, grows at most as or grows at "
	 "least as"},
	{"expect:\n  - nul.rekey grows at most as N\n",
	 "2:5: found \"nul\", wanted the name of a backend before the dot"},
	{"expect: []\n", "1:9: found a list, wanted at least one element"},
	/* operations */
	{"measure: [reky]\n", "1:11: found \"reky\", wanted an operation (groupbench "
			      "list names them); did you mean \"rekey\"?"},
	{"measure: [add]\n", "1:11: found \"add\", wanted { add: K }, K members"},
	{"measure: [{ rekey: 3 }]\n",
	 "1:13: found \"rekey\", wanted it without a number, or an operation that takes "
	 "one"},
	{"measure: [{ add: 0 }]\n", "1:18: found \"0\", wanted a number from 1 to 100000"},
	{"measure: [{ add: 1, remove: 1 }]\n", "1:11: found a mapping, wanted one operation"},
	{"measure: [rekey, rekey]\n", "1:18: found \"rekey\", wanted each operation once"},
	{"measure: [{ add: [1, 1] }]\n", "1:22: found \"1\", wanted each operation once"},
	/* YAML itself */
	{"", "1:1: found an empty file, wanted a scenario"},
	{"# nothing\n", "1:1: found an empty file, wanted a scenario"},
	{"name: [a\n", "2:1: found no YAML (did not find expected ',' or ']'), wanted a "
		       "YAML document"},
	{"\tname: a\n", "1:1: found no YAML (found character that cannot start any "
			"token), wanted a YAML document"},
	{GOOD "---\nname: b\n", "5:1: found a second document, wanted only one"},
	{"name: &x a\nbackends: [*x]\n", "2:12: found the alias *x, wanted the value written out"},
	{"size: [[[[[[[[[2]]]]]]]]]\n", "1:14: found deep nesting, wanted at most 8 levels"},
};

static void a_wrong_scenario_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(wrong); i++)
		assert_refused(wrong[i].text, strlen(wrong[i].text), wrong[i].complaint);
}

static void an_unknown_backend_is_met_with_the_known_ones(void **state)
{
	static const char text[] = "backends: [nul]\n";
	struct gb_scenario s;
	char why[640] = "", names[200] = "";

	(void)state;
	for (size_t i = 0; gb_backends[i] != NULL; i++) {
		strcat(names, i > 0 ? ", " : " ");
		strcat(names, gb_backends[i]->name);
	}
	assert_int_equal(read_bytes(&s, text, strlen(text), why, sizeof why), GB_EXIT_INPUT);
	assert_non_null(strstr(why, ":1:12: found \"nul\", wanted a backend:"));
	assert_non_null(strstr(why, names));
	assert_non_null(strstr(why, "; did you mean \"null\"?"));
}

/* Nine levels of nine aliases each would be 387 million nodes. */
static void an_alias_bomb_is_refused(void **state)
{
	static const char text[] = "a: &a [x,x,x,x,x,x,x,x,x]\n"
				   "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
				   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n";
	(void)state;
	assert_refused(text, strlen(text), "2:8: found the alias *a, wanted the value written out");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char zero[] = "name: \"a\\0b\"\n", control[] = "name: a\001b\n",
			  latin[] = "name: a\nsize: \xe9t\xe9\n";
	(void)state;
	assert_refused(zero, strlen(zero),
		       "1:7: found a zero byte, wanted a name of at most 63 "
		       "letters a-z, digits and dashes");
	assert_refused(
		control, strlen(control),
		"1:8: found no YAML (control characters are not allowed), wanted a YAML document");
	assert_refused(latin, strlen(latin),
		       "2:8: found no YAML (invalid trailing UTF-8 octet), wanted a YAML document");
}

static void a_huge_file_is_refused(void **state)
{
	size_t len = GB_YAML_MAX_BYTES + 1;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, '#', len);
	assert_refused(text, len, "1:1: found a longer file, wanted at most 1048576 bytes");
	free(text);
}

static void a_missing_file_is_an_io_error(void **state)
{
	struct gb_scenario s;
	char why[640] = "";

	(void)state;
	assert_int_equal(gb_scenario_read(&s, "/nowhere/a.yaml", why, sizeof why), GB_EXIT_IO);
	assert_string_equal(why, "/nowhere/a.yaml: No such file or directory");
	assert_int_equal(gb_scenario_read(&s, "/", why, sizeof why), GB_EXIT_IO);
	assert_string_equal(why, "/: Is a directory");
}

/* Every beginning of a good file is good or refused, and leaks nothing. */
static void every_truncation_is_survived(void **state)
{
	static const char text[] = GOOD "samples: { processes: 3, until_ci: 2% }\nolm: [new]\n";
	(void)state;
	for (size_t len = 0; len <= strlen(text); len++) {
		struct gb_scenario s;
		char why[640] = "";
		enum gb_exit status = read_bytes(&s, text, len, why, sizeof why);
		if (status == GB_EXIT_DONE)
			gb_scenario_free(&s);
		else
			assert_true(status == GB_EXIT_INPUT && why[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scenario_is_read),
		cmocka_unit_test(a_wrong_scenario_is_refused_with_its_place),
		cmocka_unit_test(an_unknown_backend_is_met_with_the_known_ones),
		cmocka_unit_test(an_alias_bomb_is_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_huge_file_is_refused),
		cmocka_unit_test(a_missing_file_is_an_io_error),
		cmocka_unit_test(every_truncation_is_survived),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
