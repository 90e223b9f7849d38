#include "records.h"

#include "analyse/calibration.h"
#include "analyse/csv.h"
#include "prices/calibration_json.h"
#include "run/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void put_value_of(const char *name, const char *values, FILE *file)
{
	size_t len = strlen(name);

	while (*values != '\0') {
		size_t word = strcspn(values, " ");

		if (word > len && strncmp(values, name, len) == 0 && values[len] == '=')
			fwrite(values + len + 1, 1, word - len - 1, file);
		values += word;
		values += strspn(values, " ");
	}
}

void put_samples_header(FILE *file)
{
	for (size_t i = 0; i < GB_COLUMNS; i++)
		fprintf(file, "%s%s", i ? "," : "", gb_columns[i].name);
	putc('\n', file);
}

void put_sample(FILE *file, const char *values)
{
	for (size_t i = 0; i < GB_COLUMNS; i++) {
		if (i > 0)
			putc(',', file);
		put_value_of(gb_columns[i].name, values, file);
	}
	putc('\n', file);
}

void put_actor_sample(FILE *file, const char *what, int size, int process, double cpu_ns)
{
	char values[300];

	snprintf(values, sizeof(values),
		 "%s size=%d role=actor phase=produce process=%d sample=1 device=0 cpu_ns=%.0f "
		 "restore=reopen",
		 what, size, process, cpu_ns);
	put_sample(file, values);
}

void write_samples(const char *path, const char *const *rows, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	put_samples_header(file);
	for (size_t row = 0; row < n; row++)
		put_sample(file, rows[row]);
	assert_int_equal(fclose(file), 0);
}

void write_prices(const char *run, const struct price_set *prices, size_t n)
{
	static struct gb_calibration c;
	struct gb_failure f = {0};

	for (unsigned pass = 0; pass < 2; pass++) {
		struct gb_prices *p = &c.pass[pass];
		for (unsigned l = 0; l < GB_LIBRARIES; l++)
			for (unsigned a = 0; a < GB_ALGORITHMS; a++)
				for (unsigned i = 0; i < GB_PRICED_PRIMITIVES; i++)
					p->of[l][a][i] = (struct gb_price){0, 0};
		for (size_t i = 0; i < n; i++)
			p->of[prices[i].library][prices[i].algorithm][prices[i].primitive] =
				prices[i].price;
	}
	assert_int_equal(gb_calibration_write(&c, true, run, GB_CALIBRATION_FILE, &f), 0);
}

static void put_field(const struct gb_csv *csv, const char *name, char *line, size_t size)
{
	struct gb_failure f = {0};
	long at = gb_csv_find(csv, name, &f);
	size_t used = strlen(line);
	const char *value;

	assert_true(at >= 0);
	value = gb_csv_text(csv, (size_t)at);
	snprintf(line + used, size - used, "%s%s", used ? " " : "", *value ? value : "-");
}

void assert_rows(const char *path, const char *const *columns, size_t n, const char *want)
{
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char is[2000] = "";

	assert_int_equal(gb_csv_open(&csv, path, GB_CSV_NO_COMMENTS, &f), 0);
	while (gb_csv_next(csv, &f) == 1) {
		char line[400] = "";

		for (size_t i = 0; i < n; i++)
			put_field(csv, columns[i], line, sizeof(line));
		snprintf(is + strlen(is), sizeof(is) - strlen(is), "%s\n", line);
	}
	gb_csv_close(csv);
	assert_string_equal(is, want);
}
