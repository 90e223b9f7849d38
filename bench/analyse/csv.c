#include "analyse/csv.h"

#include "analyse/kept_file.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where a byte stands in the file, both counted from 1. */
struct place {
	unsigned long line;
	unsigned long column;
};

struct field {
	size_t at; /* of its first byte in text[] */
	struct place place;
};

struct gb_csv {
	FILE *file;
	char *path;
	struct place next; /* of the byte that the next read gives */
	bool ended;

	char *names; /* header: text[] of the first record */
	size_t *name_at;
	size_t n_columns;

	char *text; /* the present record: its fields, each with a NUL behind it */
	size_t text_len;
	size_t text_capacity;
	struct field *fields;
	size_t n_fields;
};

enum state { FIELD_STARTS, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

static int complain(const struct gb_csv *csv, struct place p, const char *what,
		    struct gb_failure *f)
{
	return gb_fail(f, GB_EXIT_INPUT, "%s:%lu:%lu: %s", csv->path, p.line, p.column, what);
}

static int next_byte(struct gb_csv *csv)
{
	int byte = getc(csv->file);

	if (byte == '\n') {
		csv->next.line++;
		csv->next.column = 1;
	} else {
		csv->next.column++;
	}
	return byte;
}

static int append(struct gb_csv *csv, char byte, struct gb_failure *f)
{
	if (csv->text_len == csv->text_capacity) {
		size_t capacity = csv->text_capacity ? 2 * csv->text_capacity : 4096;
		char *text;

		if (capacity > GB_CSV_MAX_RECORD)
			return complain(csv, csv->next, "record longer than 1 MiB", f);
		text = realloc(csv->text, capacity);
		if (!text)
			return gb_fail_memory(f);
		csv->text = text;
		csv->text_capacity = capacity;
	}
	csv->text[csv->text_len++] = byte;
	return 0;
}

static int begin_field(struct gb_csv *csv, struct gb_failure *f)
{
	if (csv->n_fields == GB_CSV_MAX_COLUMNS)
		return complain(csv, csv->next, "more than 1024 columns", f);
	csv->fields[csv->n_fields++] = (struct field){csv->text_len, csv->next};
	return 0;
}

/* Takes `byte`, which stood at `p`, in state *s. 1: the record is complete, 0: not yet. */
static int take(struct gb_csv *csv, enum state *s, int byte, struct place p, struct gb_failure *f)
{
	if (byte == '\0')
		return complain(csv, p, "NUL byte", f);
	if (*s == IN_QUOTES) {
		if (byte != '"')
			return append(csv, (char)byte, f);
		*s = AFTER_QUOTE;
		return 0;
	}
	if (byte == ',' || byte == '\n') {
		*s = FIELD_STARTS;
		if (append(csv, '\0', f) < 0)
			return -1;
		return byte == '\n' ? 1 : begin_field(csv, f);
	}
	if (byte == '"' && *s == FIELD_STARTS) {
		*s = IN_QUOTES;
		return 0;
	}
	if (byte == '"' && *s == IN_PLAIN)
		return complain(csv, p, "quote inside a field that does not begin with one", f);
	if (byte != '"' && *s == AFTER_QUOTE)
		return complain(csv, p, "text behind a closing quote, want a comma or line end", f);
	*s = *s == AFTER_QUOTE ? IN_QUOTES : IN_PLAIN;
	return append(csv, (char)byte, f);
}

/* A CR belongs to the line end when a LF follows; elsewhere outside quotes it is an error. */
static int skip_carriage_return(struct gb_csv *csv, enum state s, int byte, struct place p,
				struct gb_failure *f)
{
	if (byte != '\r' || s == IN_QUOTES)
		return byte;
	byte = next_byte(csv);
	if (byte == '\n' || byte == EOF)
		return byte;
	complain(csv, p, "carriage return without a line feed behind it", f);
	return EOF;
}

/* The file has ended in state s. 1: it held a last record without a line end, 0: none. */
static int end_of_file(struct gb_csv *csv, enum state s, struct gb_failure *f)
{
	csv->ended = true;
	if (ferror(csv->file))
		return gb_fail_io(f, "cannot read", csv->path);
	if (f->status != GB_EXIT_DONE)
		return -1;
	if (s == IN_QUOTES)
		return complain(csv, csv->fields[csv->n_fields - 1].place,
				"quote that is never closed", f);
	if (s == FIELD_STARTS && csv->n_fields == 1)
		return 0;
	return append(csv, '\0', f) < 0 ? -1 : 1;
}

static int read_record(struct gb_csv *csv, struct gb_failure *f)
{
	enum state s = FIELD_STARTS;
	int done = 0;

	csv->text_len = 0;
	csv->n_fields = 0;
	if (csv->ended)
		return 0;
	if (begin_field(csv, f) < 0)
		return -1;
	while (done == 0) {
		struct place p = csv->next;
		int byte = skip_carriage_return(csv, s, next_byte(csv), p, f);

		done = byte == EOF ? end_of_file(csv, s, f) : take(csv, &s, byte, p, f);
		if (byte == EOF)
			return done;
	}
	return done;
}

static int skip_comments(struct gb_csv *csv)
{
	int byte = getc(csv->file);

	while (byte == '#') {
		while (byte != '\n' && byte != EOF)
			byte = getc(csv->file);
		csv->next.line++;
		byte = getc(csv->file);
	}
	return byte == EOF ? 0 : ungetc(byte, csv->file);
}

/* The header's text becomes names[]; no two columns may share a name. */
static int keep_header(struct gb_csv *csv, struct gb_failure *f)
{
	csv->names = malloc(csv->text_len);
	csv->name_at = malloc(csv->n_fields * sizeof(*csv->name_at));
	if (!csv->names || !csv->name_at)
		return gb_fail_memory(f);
	memcpy(csv->names, csv->text, csv->text_len);
	csv->n_columns = csv->n_fields;
	for (size_t i = 0; i < csv->n_columns; i++) {
		csv->name_at[i] = csv->fields[i].at;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(gb_csv_name(csv, i), gb_csv_name(csv, j)) == 0)
				return complain(csv, csv->fields[i].place,
						"column name that stood before", f);
		}
	}
	return 0;
}

static int open_and_read_header(struct gb_csv *csv, const char *path, enum gb_csv_comments comments,
				struct gb_failure *f)
{
	int found;

	csv->path = strdup(path);
	csv->fields = malloc(GB_CSV_MAX_COLUMNS * sizeof(*csv->fields));
	if (!csv->path || !csv->fields)
		return gb_fail_memory(f);
	csv->file = gb_kept_file_open(path);
	if (!csv->file)
		return gb_fail_io(f, "cannot read", path);
	csv->next = (struct place){1, 1};
	if (comments == GB_CSV_LEADING_COMMENTS)
		skip_comments(csv);
	found = read_record(csv, f);
	if (found == 0)
		return complain(csv, (struct place){csv->next.line, 1},
				"want a header, found the end", f);
	return found < 0 ? -1 : keep_header(csv, f);
}

int gb_csv_open(struct gb_csv **out, const char *path, enum gb_csv_comments comments,
		struct gb_failure *f)
{
	struct gb_csv *csv = calloc(1, sizeof(*csv));

	*out = NULL;
	if (!csv)
		return gb_fail_memory(f);
	if (open_and_read_header(csv, path, comments, f) < 0) {
		gb_csv_close(csv);
		return -1;
	}
	*out = csv;
	return 0;
}

void gb_csv_close(struct gb_csv *csv)
{
	if (!csv)
		return;
	if (csv->file)
		fclose(csv->file);
	free(csv->path);
	free(csv->names);
	free(csv->name_at);
	free(csv->text);
	free(csv->fields);
	free(csv);
}

size_t gb_csv_columns(const struct gb_csv *csv)
{
	return csv->n_columns;
}

const char *gb_csv_name(const struct gb_csv *csv, size_t column)
{
	return csv->names + csv->name_at[column];
}

bool gb_csv_has(const struct gb_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->n_columns; i++) {
		if (strcmp(gb_csv_name(csv, i), name) == 0)
			return true;
	}
	return false;
}

long gb_csv_find(const struct gb_csv *csv, const char *name, struct gb_failure *f)
{
	for (size_t i = 0; i < csv->n_columns; i++) {
		if (strcmp(gb_csv_name(csv, i), name) == 0)
			return (long)i;
	}
	return gb_fail(f, GB_EXIT_INPUT, "%s:1:1: no column %s", csv->path, name);
}

int gb_csv_next(struct gb_csv *csv, struct gb_failure *f)
{
	int found = read_record(csv, f);
	size_t n = csv->n_fields;

	if (found <= 0)
		return found;
	if (n != csv->n_columns)
		return gb_fail(f, GB_EXIT_INPUT, "%s:%lu:%lu: %zu fields, want %zu", csv->path,
			       csv->fields[n - 1].place.line, csv->fields[n - 1].place.column, n,
			       csv->n_columns);
	return 1;
}

int gb_csv_read(const char *path, const struct gb_csv_reader *reader, struct gb_failure *f)
{
	struct gb_csv *csv;
	bool any = false;
	int more;

	if (gb_csv_open(&csv, path, reader->comments, f) < 0)
		return -1;
	more = reader->find_columns(reader->context, csv, f) < 0 ? -1 : gb_csv_next(csv, f);
	for (; more == 1; any = true)
		more = reader->take_record(reader->context, f) < 0 ? -1 : gb_csv_next(csv, f);
	gb_csv_close(csv);
	if (more == 0 && !any)
		return gb_fail(f, GB_EXIT_INPUT, "%s:2:1: no %s", path, reader->wanted);
	return more;
}

const char *gb_csv_text(const struct gb_csv *csv, size_t column)
{
	return csv->text + csv->fields[column].at;
}

unsigned long gb_csv_line(const struct gb_csv *csv)
{
	return csv->fields[0].place.line;
}

int gb_csv_complain(const struct gb_csv *csv, size_t column, const char *wanted,
		    struct gb_failure *f)
{
	struct place p = csv->fields[column].place;

	return gb_fail(f, GB_EXIT_INPUT, "%s:%lu:%lu: %s is \"%.40s\", want %s", csv->path, p.line,
		       p.column, gb_csv_name(csv, column), gb_csv_text(csv, column), wanted);
}

int gb_csv_count(const struct gb_csv *csv, size_t column, uint64_t *out, struct gb_failure *f)
{
	const char *text = gb_csv_text(csv, column);
	uint64_t n = 0;

	if (*text == '\0')
		return 0;
	for (const char *c = text; *c != '\0'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (*c < '0' || *c > '9' || n > (UINT64_MAX - digit) / 10)
			return gb_csv_complain(csv, column, "a whole number below 2^64", f);
		n = 10 * n + digit;
	}
	*out = n;
	return 1;
}

int gb_csv_number(const struct gb_csv *csv, size_t column, double *out, struct gb_failure *f)
{
	const char *text = gb_csv_text(csv, column);
	char *end;
	double number;

	if (*text == '\0')
		return 0;
	number = strtod(text, &end);
	if (strspn(text, "0123456789.e+-") != strlen(text) || *end != '\0' || !isfinite(number) ||
	    number < 0)
		return gb_csv_complain(csv, column, "a number from 0 on", f);
	*out = number;
	return 1;
}

void gb_csv_put(FILE *out, const char *text)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}
