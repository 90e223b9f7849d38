#include "drawn_run.h"

#include "analyse/cells.h"
#include "analyse/commands.h"
#include "records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

char drawn_run[] = "/tmp/groupbench-plot-XXXXXX";

const char *const summary_numbers[14] = {
	"n_processes", "cpu_ns_median", "cpu_ns_ci_low",  "cpu_ns_ci_high", "cpu_ns_min",
	"cpu_ns_max",  "up_bytes",      "floor_ns",       "floor_ns_equal", "time_over_floor",
	"down_bytes",  "up_raw_bytes",  "down_raw_bytes", "count_keygen"};

const char *in_run(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", drawn_run, name);
	return path;
}

void write_text(const char *name, const char *text)
{
	FILE *file = fopen(in_run(name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_row(FILE *file, const char *values)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		put_value_of(gb_columns[gb_key_columns[i]].name, values, file);
		putc(',', file);
	}
	for (size_t i = 0; i < N(summary_numbers); i++) {
		put_value_of(summary_numbers[i], values, file);
		putc(i + 1 < N(summary_numbers) ? ',' : '\n', file);
	}
}

void write_summary(const char *const *rows, size_t n)
{
	FILE *file = fopen(in_run("summary.csv"), "w");

	assert_non_null(file);
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		fprintf(file, "%s,", gb_columns[gb_key_columns[i]].name);
	for (size_t i = 0; i < N(summary_numbers); i++)
		fprintf(file, "%s%c", summary_numbers[i], i + 1 < N(summary_numbers) ? ',' : '\n');
	for (size_t i = 0; i < n; i++)
		put_row(file, rows[i]);
	assert_int_equal(fclose(file), 0);
}

static const char manifest[] =
	"{\"status\": \"complete\", \"started\": \"2026-11-23T10:00:00Z\","
	" \"machine\": {\"cpu\": \"A \\\"fast\\\", new CPU\", \"cpus\": 2}, \"build\": "
	"{\"revision\": "
	"\"1a2b3c\"},"
	" \"backends\": [{\"name\": \"mls\", \"version\": \"mls 1 on OpenSSL\"},"
	" {\"name\": \"megolm\", \"version\": \"libolm 3\"}]}";

struct command_result plot(const char *format)
{
	return run_command(&gb_command_plot, (const char *[]){drawn_run, "--format", format, NULL});
}

char *read_text(const char *name)
{
	FILE *file = fopen(in_run(name), "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (!file)
		fail_msg("%s is not there", name);
	text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
	fclose(file);
	return text;
}

void assert_text(const char *name, const char *want)
{
	char *is = read_text(name);

	assert_string_equal(is, want);
	free(is);
}

void assert_has(const char *name, const char *part)
{
	char *is = read_text(name);

	if (!strstr(is, part))
		fail_msg("%s does not have \"%s\"", name, part);
	free(is);
}

void assert_lacks(const char *name, const char *part)
{
	char *is = read_text(name);

	if (strstr(is, part))
		fail_msg("%s has \"%s\"", name, part);
	free(is);
}

void remove_plots(void)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -rf '%s'", in_run("plots"));
	assert_int_equal(system(command), 0);
}

int make_run(void **state)
{
	(void)state;
	if (setenv("GROUPBENCH_DATA", ".", 1) != 0)
		return -1;
	return mkdtemp(drawn_run) ? 0 : -1;
}

int begin_test(void **state)
{
	(void)state;
	remove_plots();
	write_text("manifest.json", manifest);
	write_text("summary.csv", "");
	return 0;
}

int drop_run(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", drawn_run);
	return system(command);
}
