#include "analyse/process_peaks.h"

#include "analyse/csv.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MISSING SIZE_MAX

struct source {
	struct gb_summary *peaks;
	struct gb_csv *csv;
	size_t column[GB_KEY_COLUMNS]; /* MISSING: the file has none */
	size_t peak;
};

static bool is_of_key(size_t i)
{
	return i == GB_KEY_BACKEND || (i >= GB_KEY_AXES && i < GB_KEY_AXES + GB_AXES);
}

static int find_columns(void *context, struct gb_csv *csv, struct gb_failure *f)
{
	struct source *s = context;

	s->csv = csv;
	s->peak = MISSING;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		const char *name = gb_columns[gb_key_columns[i]].name;
		long column;

		s->column[i] = MISSING;
		if (!is_of_key(i) ||
		    (gb_is_later_axis(gb_key_columns[i]) && !gb_csv_has(csv, name)))
			continue;
		column = gb_csv_find(csv, name, f);
		if (column < 0)
			return -1;
		s->column[i] = (size_t)column;
	}
	if (gb_csv_has(csv, "peak_memory_bytes"))
		s->peak = (size_t)gb_csv_find(csv, "peak_memory_bytes", f);
	return 0;
}

static const char *text_of(const struct source *s, size_t i)
{
	if (i == GB_KEY_OPERATION || i == GB_KEY_ROLE || i == GB_KEY_PHASE)
		return GB_PROCESS_ROW;
	return s->column[i] != MISSING ? gb_csv_text(s->csv, s->column[i]) : "";
}

static struct gb_summary_row *find_row(const struct source *s)
{
	struct gb_summary *peaks = s->peaks;

	for (size_t row = 0; row < peaks->n; row++) {
		size_t i = 0;

		while (i < GB_KEY_COLUMNS && strcmp(peaks->rows[row].key[i], text_of(s, i)) == 0)
			i++;
		if (i == GB_KEY_COLUMNS)
			return &peaks->rows[row];
	}
	return NULL;
}

static int add_row(const struct source *s, double peak_bytes, struct gb_failure *f)
{
	struct gb_summary_row row = {.peak_bytes = peak_bytes, .heals = ""};

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		row.key[i] = text_of(s, i);
	return gb_summary_add(s->peaks, &row, f);
}

static int take_record(void *context, struct gb_failure *f)
{
	const struct source *s = context;
	struct gb_summary_row *row;
	double peak_bytes = 0;
	int status = s->peak != MISSING ? gb_csv_number(s->csv, s->peak, &peak_bytes, f) : 0;

	if (status <= 0)
		return status;
	row = find_row(s);
	if (!row)
		return add_row(s, peak_bytes, f);
	row->peak_bytes = fmax(row->peak_bytes, peak_bytes);
	return 0;
}

int gb_process_peaks_read(struct gb_summary *peaks, const char *path, struct gb_failure *f)
{
	struct source s = {.peaks = peaks};
	const struct gb_csv_reader reader = {find_columns, take_record, &s, "processes",
					     GB_CSV_NO_COMMENTS};

	return access(path, F_OK) == 0 ? gb_csv_read(path, &reader, f) : 0;
}
