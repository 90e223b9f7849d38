#include "analyse/cells.h"

#include "analyse/csv.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

const unsigned gb_key_columns[GB_KEY_COLUMNS] = {
	GB_COLUMN_backend, GB_COLUMN_operation, GB_COLUMN_k,
#define X(name, ...) GB_COLUMN_##name,
#include "axes.def"
#undef X
	GB_COLUMN_role,    GB_COLUMN_phase,
};

const unsigned gb_exact_columns[GB_EXACT_COLUMNS] = {
#define KIND(name, sentence) GB_COLUMN_##name##_messages, GB_COLUMN_##name##_bytes,
	GB_KIND_NAMES(KIND)
#undef KIND
		GB_COLUMN_up_bytes,
	GB_COLUMN_down_bytes,
	GB_COLUMN_up_raw_bytes,
	GB_COLUMN_down_raw_bytes,
#define APART(name, sentence)                                                                      \
	GB_COLUMN_##name##_down_bytes, GB_COLUMN_##name##_raw_bytes,                               \
		GB_COLUMN_##name##_down_raw_bytes,
	GB_KIND_NAMES(APART)
#undef APART
#define PRIMITIVE(name, sentence) GB_COLUMN_count_##name,
		GB_PRIMITIVES(PRIMITIVE)
#undef PRIMITIVE
			GB_COLUMN_allocations,
	GB_COLUMN_state_bytes,
};

#define MISSING SIZE_MAX

/* So many columns that a file lacks are named. */
#define NAMED 4

bool gb_keys_agree(const char *const a[GB_KEY_COLUMNS], const char *const b[GB_KEY_COLUMNS],
		   uint64_t but)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		if ((but & GB_KEY_BIT(i)) == 0 && strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

bool gb_is_later_axis(unsigned column)
{
	return column == GB_COLUMN_verification || column == GB_COLUMN_sender_device_keys ||
	       column == GB_COLUMN_history || column == GB_COLUMN_backup ||
	       column == GB_COLUMN_rotation_messages || column == GB_COLUMN_rotation_age ||
	       column == GB_COLUMN_rounds;
}

/* One row of samples.csv, still as the file has it. */
struct source {
	struct gb_cells *cells;
	struct gb_csv *csv;
	size_t column[GB_COLUMNS]; /* of the file, for each enum gb_column */
};

uint64_t gb_cell_exact(const struct gb_cell *cell, size_t exact, size_t sample)
{
	const struct gb_exact *e = &cell->exact[exact];

	return e->values ? e->values[cell->samples[sample].row] : e->first;
}

static int by_key(const void *a, const void *b)
{
	const struct gb_cell *x = a;
	const struct gb_cell *y = b;

	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	return memcmp(x->key_text, y->key_text, x->key_len);
}

static void free_cell(struct gb_cell *cell)
{
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++)
		free(cell->exact[i].values);
	free(cell->key_text);
	free(cell->samples);
	free(cell->restore);
	free(cell->heals);
	free(cell);
}

void gb_cells_free(struct gb_cells *cells)
{
	for (size_t i = 0; i < cells->n; i++) {
		tdelete(cells->cell[i], &cells->by_key, by_key);
		free_cell(cells->cell[i]);
	}
	free(cells->cell);
	*cells = (struct gb_cells){0};
}

/* A cell without samples whose key is the GB_KEY_COLUMNS texts given; NULL: no memory. */
static struct gb_cell *new_cell(const char *const key[GB_KEY_COLUMNS])
{
	struct gb_cell *cell = calloc(1, sizeof(*cell));
	char *end;

	if (!cell)
		return NULL;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		cell->key_len += strlen(key[i]) + 1;
	cell->key_text = malloc(cell->key_len);
	if (!cell->key_text) {
		free(cell);
		return NULL;
	}
	end = cell->key_text;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		size_t len = strlen(key[i]) + 1;

		memcpy(end, key[i], len);
		cell->key[i] = end;
		end += len;
	}
	return cell;
}

static int grow_cells(struct gb_cells *cells)
{
	size_t capacity = cells->capacity ? 2 * cells->capacity : 64;
	struct gb_cell **cell;

	if (cells->n < cells->capacity)
		return 0;
	cell = realloc(cells->cell, capacity * sizeof(struct gb_cell *));
	if (!cell)
		return -1;
	cells->cell = cell;
	cells->capacity = capacity;
	return 0;
}

static struct gb_cell *find_cell(const struct gb_cells *cells,
				 const char *const key[GB_KEY_COLUMNS], struct gb_failure *f)
{
	struct gb_cell *wanted = new_cell(key);
	struct gb_cell *const *found;

	if (!wanted) {
		gb_fail_memory(f);
		return NULL;
	}
	found = tfind(wanted, &cells->by_key, by_key);
	free_cell(wanted);
	return found ? *found : NULL;
}

/* The cell of that key, made if there is none; NULL with *f set. */
static struct gb_cell *obtain_cell(struct gb_cells *cells, const char *const key[GB_KEY_COLUMNS],
				   struct gb_failure *f)
{
	struct gb_cell *cell = new_cell(key);
	struct gb_cell **slot = NULL;

	if (cell && grow_cells(cells) == 0)
		slot = tsearch(cell, &cells->by_key, by_key);
	if (!slot) {
		if (cell)
			free_cell(cell);
		gb_fail_memory(f);
		return NULL;
	}
	if (*slot == cell)
		cells->cell[cells->n++] = cell;
	else
		free_cell(cell);
	return *slot;
}

static int set_exact(struct gb_cell *cell, size_t exact, uint64_t value)
{
	struct gb_exact *e = &cell->exact[exact];
	size_t row = cell->n_samples;

	if (row == 0)
		e->first = value;
	if (!e->values && value == e->first)
		return 0;
	if (!e->values) {
		e->values = malloc(cell->capacity * sizeof(*e->values));
		if (!e->values)
			return -1;
		for (size_t i = 0; i < row; i++)
			e->values[i] = e->first;
	}
	e->values[row] = value;
	return 0;
}

static int grow_samples(struct gb_cell *cell)
{
	size_t capacity = cell->capacity ? 2 * cell->capacity : 8;
	struct gb_observation *samples;

	if (cell->n_samples < cell->capacity)
		return 0;
	samples = realloc(cell->samples, capacity * sizeof(*samples));
	if (!samples)
		return -1;
	cell->samples = samples;
	cell->capacity = capacity;
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++) {
		uint64_t *values = cell->exact[i].values;

		if (!values)
			continue;
		values = realloc(values, capacity * sizeof(*values));
		if (!values)
			return -1;
		cell->exact[i].values = values;
	}
	return 0;
}

static int add_sample(struct gb_cell *cell, const struct gb_observation *sample,
		      const uint64_t exact[GB_EXACT_COLUMNS], struct gb_failure *f)
{
	if (grow_samples(cell) < 0)
		return gb_fail_memory(f);
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++) {
		if (set_exact(cell, i, exact[i]) < 0)
			return gb_fail_memory(f);
	}
	cell->samples[cell->n_samples] = *sample;
	cell->samples[cell->n_samples].row = cell->n_samples;
	cell->n_samples++;
	return 0;
}

/* Keeps a text that is the same for all samples of a cell, or the word "mixed". */
static int merge_text(char **kept, const char *text, struct gb_failure *f)
{
	const char *merged = *kept && strcmp(*kept, text) != 0 ? "mixed" : text;
	char *copy;

	if (*kept && strcmp(*kept, merged) == 0)
		return 0;
	copy = strdup(merged);
	if (!copy)
		return gb_fail_memory(f);
	free(*kept);
	*kept = copy;
	return 0;
}

/* ---- samples.csv ---- */

/* Files of earlier versions lack these, and later axes. */
static bool is_later_count(unsigned column)
{
	return column == GB_COLUMN_count_pbkdf2_rounds || column == GB_COLUMN_allocations ||
	       column == GB_COLUMN_state_bytes ||
	       (column >= GB_COLUMN_key_request_messages && column < GB_COLUMN_up_bytes) ||
	       (column >= GB_COLUMN_up_raw_bytes && column < GB_COLUMN_count_keygen);
}

static int find_columns(void *context, struct gb_csv *csv, struct gb_failure *f)
{
	struct source *s = context;

	s->csv = csv;
	for (unsigned i = 0; i < GB_COLUMNS; i++) {
		long column;

		s->column[i] = MISSING;
		if ((is_later_count(i) || gb_is_later_axis(i)) &&
		    !gb_csv_has(s->csv, gb_columns[i].name)) {
			s->cells->lacks[i] = true;
			continue;
		}
		column = gb_csv_find(s->csv, gb_columns[i].name, f);
		if (column < 0)
			return -1;
		s->column[i] = (size_t)column;
	}
	return 0;
}

void gb_cells_tell_lacks(const struct gb_cells *cells, const char *path, const char *becomes,
			 FILE *out)
{
	size_t n = 0;

	for (unsigned i = 0; i < GB_COLUMNS; i++) {
		if (!cells->lacks[i] || ++n > NAMED)
			continue;
		if (n == 1)
			fprintf(out, "%s, of an earlier version, has no ", path);
		fprintf(out, "%s%s", n > 1 ? ", " : "", gb_columns[i].name);
	}
	if (n > NAMED)
		fprintf(out, " and %zu more columns", n - NAMED);
	if (n > 0)
		fprintf(out, ": %s\n", becomes);
}

static int read_number(const struct source *s, enum gb_column column, uint64_t *out,
		       struct gb_failure *f)
{
	int found = gb_csv_count(s->csv, s->column[column], out, f);

	if (found == 0)
		return gb_csv_complain(s->csv, s->column[column], "a number", f);
	return found;
}

static int read_time(const struct source *s, enum gb_column column, double *out,
		     struct gb_failure *f)
{
	uint64_t ns;
	int found = gb_csv_count(s->csv, s->column[column], &ns, f);

	*out = found == 1 ? (double)ns : NAN;
	return found;
}

static int read_sample(const struct source *s, struct gb_observation *sample, struct gb_failure *f)
{
	int device = gb_csv_count(s->csv, s->column[GB_COLUMN_device], &sample->device, f);

	if (device < 0 || read_number(s, GB_COLUMN_process, &sample->process, f) < 0 ||
	    read_number(s, GB_COLUMN_sample, &sample->number, f) < 0 ||
	    read_time(s, GB_COLUMN_cpu_ns, &sample->cpu_ns, f) < 0 ||
	    read_time(s, GB_COLUMN_wall_ns, &sample->wall_ns, f) < 0)
		return -1;
	if (device == 0)
		sample->device = UINT64_MAX;
	sample->line = gb_csv_line(s->csv);
	return 0;
}

static int read_exact(const struct source *s, uint64_t exact[GB_EXACT_COLUMNS],
		      struct gb_failure *f)
{
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++) {
		size_t column = s->column[gb_exact_columns[i]];
		int found = column == MISSING ? 0 : gb_csv_count(s->csv, column, &exact[i], f);

		if (found < 0)
			return -1;
		if (found == 1 && exact[i] == GB_NOT_MEASURED)
			return gb_csv_complain(s->csv, column, "a number below 2^64 - 1", f);
		if (found == 0)
			exact[i] = GB_NOT_MEASURED;
	}
	return 0;
}

static int take_row(void *context, struct gb_failure *f)
{
	const struct source *s = context;
	const char *key[GB_KEY_COLUMNS];
	uint64_t exact[GB_EXACT_COLUMNS];
	struct gb_observation sample = {0};
	struct gb_cell *cell;

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		size_t column = s->column[gb_key_columns[i]];

		key[i] = column != MISSING ? gb_csv_text(s->csv, column) : "";
	}
	if (read_sample(s, &sample, f) < 0 || read_exact(s, exact, f) < 0)
		return -1;
	cell = obtain_cell(s->cells, key, f);
	if (!cell || add_sample(cell, &sample, exact, f) < 0)
		return -1;
	if (merge_text(&cell->restore, gb_csv_text(s->csv, s->column[GB_COLUMN_restore]), f) < 0)
		return -1;
	return merge_text(&cell->heals, gb_csv_text(s->csv, s->column[GB_COLUMN_heals]), f);
}

static int read_rows(struct gb_cells *cells, const char *path, struct gb_failure *f)
{
	struct source s = {.cells = cells};
	const struct gb_csv_reader reader = {find_columns, take_row, &s, "samples",
					     GB_CSV_NO_COMMENTS};

	return gb_csv_read(path, &reader, f);
}

/* ---- order ---- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_sample(const void *a, const void *b)
{
	const struct gb_observation *x = a;
	const struct gb_observation *y = b;
	int order = compare_u64(x->process, y->process);

	if (order == 0)
		order = compare_u64(x->number, y->number);
	return order != 0 ? order : compare_u64(x->device, y->device);
}

static bool is_number(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* Numbers by value, before all other texts; those byte by byte. */
static int by_text_or_number(const char *a, const char *b)
{
	bool number = is_number(a);

	if (number != is_number(b))
		return number ? -1 : 1;
	if (number && strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcmp(a, b);
}

int gb_cell_order(const struct gb_cell *a, const struct gb_cell *b)
{
	int order = 0;

	for (size_t i = 0; i < GB_KEY_COLUMNS && order == 0; i++)
		order = by_text_or_number(a->key[i], b->key[i]);
	return order;
}

static int by_columns(const void *a, const void *b)
{
	const struct gb_cell *const *x = a;
	const struct gb_cell *const *y = b;

	return gb_cell_order(*x, *y);
}

static int sort_samples(struct gb_cell *cell, const char *path, struct gb_failure *f)
{
	qsort(cell->samples, cell->n_samples, sizeof(*cell->samples), by_sample);
	for (size_t i = 1; i < cell->n_samples; i++) {
		const struct gb_observation *s = &cell->samples[i];

		if (by_sample(s - 1, s) == 0)
			return gb_fail(f, GB_EXIT_INPUT, "%s:%lu:1: the sample of line %lu again",
				       path, s[0].line > s[-1].line ? s[0].line : s[-1].line,
				       s[0].line > s[-1].line ? s[-1].line : s[0].line);
	}
	return 0;
}

/* ---- totals ---- */

static uint64_t sum_exact(uint64_t a, uint64_t b)
{
	if (a == GB_NOT_MEASURED)
		return b;
	if (b == GB_NOT_MEASURED)
		return a;
	return a + b;
}

/* Whether it is KIND_raw_bytes, which says of KIND_bytes what of them is raw. */
static bool is_raw_of_sent(size_t exact)
{
	size_t first = GB_EXACT_SENT + 4;

	return exact >= first && exact < GB_EXACT_BYTES && (exact - first) % 3 == 1;
}

/*
 * Adds sample i of `produce` to `total`, with sample j of `settle` where that is not NULL. The
 * columns by kind stay those of produce: in settle they say what was taken in, and a sum
 * of what was sent and what came back would mean nothing.
 */
static int add_total(struct gb_cell *total, const struct gb_cell *produce, size_t i,
		     const struct gb_cell *settle, size_t j, struct gb_failure *f)
{
	uint64_t exact[GB_EXACT_COLUMNS];
	struct gb_observation sample = produce->samples[i];

	for (size_t e = 0; e < GB_EXACT_COLUMNS; e++)
		exact[e] = gb_cell_exact(produce, e, i);
	if (settle) {
		for (size_t e = GB_EXACT_SENT; e < GB_EXACT_COLUMNS; e++)
			if (!is_raw_of_sent(e))
				exact[e] = sum_exact(exact[e], gb_cell_exact(settle, e, j));
		sample.cpu_ns += settle->samples[j].cpu_ns;
		sample.wall_ns += settle->samples[j].wall_ns;
	}
	return add_sample(total, &sample, exact, f);
}

static int add_totals(struct gb_cell *total, const struct gb_cell *produce,
		      const struct gb_cell *settle, struct gb_failure *f)
{
	size_t j = 0;

	for (size_t i = 0; i < produce->n_samples; i++) {
		while (settle && j < settle->n_samples &&
		       by_sample(&settle->samples[j], &produce->samples[i]) < 0)
			j++;
		if (settle && (j == settle->n_samples ||
			       by_sample(&settle->samples[j], &produce->samples[i]) != 0))
			continue;
		if (add_total(total, produce, i, settle, j, f) < 0)
			return -1;
	}
	if (merge_text(&total->restore, produce->restore, f) < 0)
		return -1;
	return merge_text(&total->heals, produce->heals, f);
}

static int make_total(struct gb_cells *cells, const struct gb_cell *produce, struct gb_failure *f)
{
	const char *key[GB_KEY_COLUMNS];
	const struct gb_cell *settle;
	struct gb_cell *total;

	memcpy(key, produce->key, sizeof(key));
	key[GB_KEY_PHASE] = "settle";
	settle = find_cell(cells, key, f);
	key[GB_KEY_PHASE] = "total";
	total = f->status == GB_EXIT_DONE ? obtain_cell(cells, key, f) : NULL;
	if (!total)
		return -1;
	if (total->n_samples > 0)
		return gb_fail(f, GB_EXIT_INPUT, "line %lu of the samples: phase is \"total\"",
			       total->samples[0].line);
	return add_totals(total, produce, settle, f);
}

static bool is_actors_produce(const struct gb_cell *cell)
{
	return strcmp(cell->key[GB_KEY_ROLE], "actor") == 0 &&
	       strcmp(cell->key[GB_KEY_PHASE], "produce") == 0;
}

int gb_cells_read(struct gb_cells *cells, const char *path, struct gb_failure *f)
{
	size_t n_read;

	if (read_rows(cells, path, f) < 0)
		return -1;
	n_read = cells->n;
	for (size_t i = 0; i < n_read; i++) {
		if (sort_samples(cells->cell[i], path, f) < 0)
			return -1;
	}
	for (size_t i = 0; i < n_read; i++) {
		if (is_actors_produce(cells->cell[i]) && make_total(cells, cells->cell[i], f) < 0)
			return -1;
	}
	qsort(cells->cell, cells->n, sizeof(struct gb_cell *), by_columns);
	return 0;
}
