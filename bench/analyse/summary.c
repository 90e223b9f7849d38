#include "analyse/summary.h"

#include "analyse/csv.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of a row: name of the column, and place in struct gb_summary_row. */
static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
#define NUMBER(name)                                                                               \
	{                                                                                          \
#name, offsetof(struct gb_summary_row, name)                                       \
	}
	NUMBER(cpu_ns_median),   NUMBER(cpu_ns_ci_low), NUMBER(cpu_ns_ci_high),
	NUMBER(cpu_ns_min),      NUMBER(cpu_ns_max),    NUMBER(up_bytes),
	NUMBER(n_processes), /* and from OPTIONAL on those that a file may lack */
	NUMBER(time_over_floor), NUMBER(floor_ns),      NUMBER(floor_ns_equal),
	NUMBER(state_bytes),     NUMBER(down_bytes),    NUMBER(up_raw_bytes),
	NUMBER(down_raw_bytes),  NUMBER(count_keygen),
#undef NUMBER
};

#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))
#define OPTIONAL  (N_NUMBERS - 8)
#define MISSING   SIZE_MAX

struct source {
	struct gb_summary *summary;
	struct gb_csv *csv;
	size_t key[GB_KEY_COLUMNS];
	size_t number[N_NUMBERS];
	size_t heals;
};

void gb_summary_free(struct gb_summary *summary)
{
	for (size_t i = 0; i < summary->n; i++)
		free(summary->rows[i].key_text);
	free(summary->rows);
	*summary = (struct gb_summary){0};
}

static const char *put_text(char **end, const char *text)
{
	char *begin = *end;

	*end = stpcpy(begin, text) + 1;
	return begin;
}

/* Replaces the texts by copies in memory of the row's own. */
static int copy_texts(struct gb_summary_row *row, struct gb_failure *f)
{
	size_t size = strlen(row->heals) + 1;
	char *end;

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		size += strlen(row->key[i]) + 1;
	end = row->key_text = malloc(size);
	if (!end)
		return gb_fail_memory(f);
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		row->key[i] = put_text(&end, row->key[i]);
	row->heals = put_text(&end, row->heals);
	return 0;
}

int gb_summary_add(struct gb_summary *summary, const struct gb_summary_row *row,
		   struct gb_failure *f)
{
	struct gb_summary_row copy = *row;

	if (summary->n == summary->capacity) {
		size_t capacity = summary->capacity ? 2 * summary->capacity : 64;
		struct gb_summary_row *rows = realloc(summary->rows, capacity * sizeof(*rows));

		if (!rows)
			return gb_fail_memory(f);
		summary->rows = rows;
		summary->capacity = capacity;
	}
	if (copy_texts(&copy, f) < 0)
		return -1;
	summary->rows[summary->n++] = copy;
	return 0;
}

const char *gb_summary_key(const struct gb_summary_row *row, enum gb_column column)
{
	size_t i = 0;

	while (gb_key_columns[i] != column)
		i++;
	return row->key[i];
}

static int find_column(const struct gb_csv *csv, const char *name, size_t *column,
		       struct gb_failure *f)
{
	long found = gb_csv_find(csv, name, f);

	*column = (size_t)found;
	return found < 0 ? -1 : 0;
}

static int find_columns(void *context, struct gb_csv *csv, struct gb_failure *f)
{
	struct source *s = context;

	s->csv = csv;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		s->key[i] = MISSING;
		if (gb_is_later_axis(gb_key_columns[i]) &&
		    !gb_csv_has(s->csv, gb_columns[gb_key_columns[i]].name))
			continue;
		if (find_column(s->csv, gb_columns[gb_key_columns[i]].name, &s->key[i], f) < 0)
			return -1;
	}
	s->heals = MISSING;
	if (gb_csv_has(s->csv, "heals") && find_column(s->csv, "heals", &s->heals, f) < 0)
		return -1;
	for (size_t i = 0; i < N_NUMBERS; i++) {
		s->number[i] = MISSING;
		if (i >= OPTIONAL && !gb_csv_has(s->csv, numbers[i].name))
			continue;
		if (find_column(s->csv, numbers[i].name, &s->number[i], f) < 0)
			return -1;
	}
	return 0;
}

static int read_numbers(const struct source *s, struct gb_summary_row *row, struct gb_failure *f)
{
	for (size_t i = 0; i < N_NUMBERS; i++) {
		double number = NAN;

		if (s->number[i] != MISSING && gb_csv_number(s->csv, s->number[i], &number, f) < 0)
			return -1;
		memcpy((char *)row + numbers[i].offset, &number, sizeof(number));
	}
	return 0;
}

static const char *key_text(const struct source *s, size_t i)
{
	return s->key[i] != MISSING ? gb_csv_text(s->csv, s->key[i]) : "";
}

static const char *heals_text(const struct source *s)
{
	return s->heals != MISSING ? gb_csv_text(s->csv, s->heals) : "";
}

static int take_row(void *context, struct gb_failure *f)
{
	const struct source *s = context;
	struct gb_summary_row row = {.heals = heals_text(s)};

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		row.key[i] = key_text(s, i);
	return read_numbers(s, &row, f) < 0 ? -1 : gb_summary_add(s->summary, &row, f);
}

int gb_summary_read(struct gb_summary *summary, const char *path, struct gb_failure *f)
{
	struct source s = {.summary = summary};
	const struct gb_csv_reader reader = {find_columns, take_row, &s, "rows",
					     GB_CSV_NO_COMMENTS};

	return gb_csv_read(path, &reader, f);
}
