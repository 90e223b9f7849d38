/* What the documents list is what the program has: no row is missing and none is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "axes.h"
#include "backends/frame.h"
#include "run/columns.h"
#include "run/operations.h"
#include "run/scenario.h"

static char *read_document(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

/* A row of a table, as it must stand in the document: "| `name` | ... |". */
static void must_have(const char *text, const char *path, const char *row)
{
	if (strstr(text, row) == NULL)
		fail_msg("%s lacks the row\n%s", path, row);
}

/* How many rows of tables begin with a name in backquotes, from `from` on. */
static size_t count_rows(const char *from, const char *end)
{
	size_t n = 0;

	for (const char *row = strstr(from, "\n| `"); row != NULL && row < end;
	     row = strstr(row + 1, "\n| `"))
		n++;
	return n;
}

static void results_have_every_column(void **state)
{
	static const char *const kinds[] = {
		[GB_COLUMN_TEXT] = "text", [GB_COLUMN_COUNT] = "exact", [GB_COLUMN_TIME] = "time"};
	char *text = read_document("docs/results.md"), row[300];
	const char *from = strstr(text, "## samples.csv"), *end = strstr(text, "## summary.csv");

	(void)state;
	assert_non_null(from);
	assert_non_null(end);
	for (size_t i = 0; i < GB_COLUMNS; i++) {
		snprintf(row, sizeof(row), "| `%s` | %s | %s |\n", gb_columns[i].name,
			 kinds[gb_columns[i].type], gb_columns[i].sentence);
		must_have(text, "docs/results.md", row);
	}
	assert_int_equal(count_rows(from, end), GB_COLUMNS);
	free(text);
}

/* In a table of Markdown a star is escaped. */
static void escape_stars(char *out, const char *words)
{
	for (; *words != '\0'; words++) {
		if (*words == '*')
			*out++ = '\\';
		*out++ = *words;
	}
	*out = '\0';
}

static void scenarios_have_every_axis(void **state)
{
	char *text = read_document("docs/scenarios.md"), row[600], operations[300];

	(void)state;
	for (size_t i = 0; i < GB_AXES; i++) {
		static const char *const types[] = {[GB_AXIS_NUMBER] = "number ",
						    [GB_AXIS_CHOICE] = "choice ",
						    [GB_AXIS_YESNO] = "yes or no",
						    [GB_AXIS_PORTION] =
							    "number, share, zipf or all "};
		const struct gb_axis_spec *axis = &gb_axes[i];

		escape_stars(operations, axis->operations);
		snprintf(row, sizeof(row), "| `%s` | %s%s | %s | %s | %s |\n", axis->name,
			 types[axis->type], axis->range,
			 axis->default_value[0] ? axis->default_value : "must be given",
			 axis->sentence, operations);
		must_have(text, "docs/scenarios.md", row);
	}
	free(text);
}

static void scenarios_have_every_operation(void **state)
{
	char *text = read_document("docs/scenarios.md"), row[300];

	(void)state;
	for (size_t i = 0; i < GB_OPERATIONS; i++) {
		snprintf(row, sizeof(row), "| `%s` | %s | %s |\n", gb_operations[i].name,
			 gb_operations[i].takes_k ? "yes" : "no", gb_operations[i].sentence);
		must_have(text, "docs/scenarios.md", row);
	}
	free(text);
}

/* Keys as `groupbench list` prints them: "  NAME   SENTENCE", samples.NAME within samples. */
static void scenarios_have_every_key(void **state)
{
	char *text = read_document("docs/scenarios.md"), line[300], name[60], sentence[200];
	FILE *keys = tmpfile();
	size_t n = 0;

	(void)state;
	assert_non_null(keys);
	gb_scenario_describe_keys(keys);
	rewind(keys);
	while (fgets(line, sizeof(line), keys) != NULL) {
		const char *row, *found;

		assert_int_equal(sscanf(line, " %59s %199[^\n]", name, sentence), 2);
		if (strchr(name, '.') != NULL)
			memmove(name, strchr(name, '.') + 1, strlen(strchr(name, '.')));
		snprintf(line, sizeof(line), "| `%s` |", name);
		row = strstr(text, line);
		/* Of an axis a cell follows it. */
		snprintf(line, sizeof(line), "%s |", sentence);
		found = row == NULL ? NULL : strstr(row, line);
		if (found == NULL || found > strchr(row, '\n'))
			fail_msg("docs/scenarios.md: want a row of %s that has: %s", name,
				 sentence);
		n++;
	}
	assert_true(n > GB_AXES);
	fclose(keys);
	free(text);
}

/* The scenario in the document can be read, and what it says of a wrong one is true. */
static void scenarios_example_is_one(void **state)
{
	char *text = read_document("docs/scenarios.md"), why[600], path[] = "/tmp/scenarioXXXXXX";
	char *example = strstr(text, "```yaml\n"), *end, *key, *complaint;
	struct gb_scenario scenario;
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(f);
	assert_non_null(example);
	example += strlen("```yaml\n");
	end = strstr(example, "```");
	assert_non_null(end);
	complaint = strstr(end, "scenarios/newcomer.yaml:");
	assert_non_null(complaint);
	complaint += strlen("scenarios/newcomer.yaml");
	*strchr(complaint, '\n') = '\0';
	*end = '\0';
	fputs(example, f);
	fflush(f);
	assert_int_equal(gb_scenario_read(&scenario, path, why, sizeof(why)), GB_EXIT_DONE);
	gb_scenario_free(&scenario);

	key = strstr(example, "processes");
	assert_non_null(key);
	rewind(f);
	fprintf(f, "%.*sproceses%s", (int)(key - example), example, key + strlen("processes"));
	fclose(f);
	assert_int_equal(gb_scenario_read(&scenario, path, why, sizeof(why)), GB_EXIT_INPUT);
	assert_string_equal(why + strlen(path), complaint);
	remove(path);
	free(text);
}

/* The calls of a process, by their numbers. */
static void protocol_has_every_call(void **state)
{
	static const char path[] = "docs/plugin-protocol.md";
	char *text = read_document(path), row[100];

	(void)state;
	for (unsigned i = 0; i < GB_PROCESS_CALLS_N; i++) {
		snprintf(row, sizeof(row), "\n| %u | `%s` | ", i,
			 gb_process_call_name((enum gb_process_call)i));
		must_have(text, path, row);
	}
	free(text);
}

/* Each "](path)" of a page that is no address leads to a file, seen from the page's folder. */
static void links_lead_somewhere(void **state)
{
	static const char *const pages[] = {"README.md",
					    "docs/mls.md",
					    "docs/scenarios.md",
					    "docs/results.md",
					    "docs/backends.md",
					    "docs/measuring.md",
					    "docs/performance.md",
					    "docs/style.md",
					    "docs/plugin-protocol.md",
					    "results/published/README.md"};
	char path[300];
	size_t n_links = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		char *text = read_document(pages[i]);
		const char *slash = strrchr(pages[i], '/');
		int folder = slash != NULL ? (int)(slash + 1 - pages[i]) : 0;

		for (const char *at = strstr(text, "]("); at != NULL; at = strstr(at + 2, "](")) {
			int len = (int)strcspn(at + 2, ")#");
			if (len == 0 || strncmp(at + 2, "http", 4) == 0)
				continue;
			snprintf(path, sizeof(path), "%.*s%.*s", folder, pages[i], len, at + 2);
			if (access(path, R_OK) != 0)
				fail_msg("%s links to %s, which does not exist", pages[i], path);
			n_links++;
		}
		free(text);
	}
	assert_true(n_links > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_have_every_column),
		cmocka_unit_test(scenarios_have_every_axis),
		cmocka_unit_test(scenarios_have_every_operation),
		cmocka_unit_test(scenarios_have_every_key),
		cmocka_unit_test(scenarios_example_is_one),
		cmocka_unit_test(protocol_has_every_call),
		cmocka_unit_test(links_lead_somewhere),
	};

	return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
