#ifndef GB_ANALYSE_CSV_H
#define GB_ANALYSE_CSV_H
#include "analyse/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A reader for CSV files as RFC 4180 describes them: the first record names the columns,
 * each later one has as many fields, a field in double quotes may hold commas, line ends
 * and doubled quotes. Lines end with LF or CR LF; the last may lack its end.
 *
 * The file is hostile input: one record is held at a time, and GB_CSV_MAX_RECORD and
 * GB_CSV_MAX_COLUMNS bound it. Whatever RFC 4180 does not allow (a quote inside an unquoted
 * field, text behind a closing quote, a quote never closed, too few or too many fields, a NUL
 * byte, a column named twice) ends the reading with GB_EXIT_INPUT and a text that begins
 * with file:line:column, counted in bytes from 1.
 */
#define GB_CSV_MAX_RECORD  (1u << 20)
#define GB_CSV_MAX_COLUMNS 1024u

struct gb_csv;

enum gb_csv_comments {
	GB_CSV_NO_COMMENTS,
	GB_CSV_LEADING_COMMENTS, /* lines that begin with # before the header are skipped */
};

/* Opens `path`, or PATH.gz where that is there instead, and reads its header. 0, or -1 with *f set
 * and *out NULL. */
int gb_csv_open(struct gb_csv **out, const char *path, enum gb_csv_comments comments,
		struct gb_failure *f);

/* NULL is allowed. */
void gb_csv_close(struct gb_csv *csv);

size_t gb_csv_columns(const struct gb_csv *csv);
const char *gb_csv_name(const struct gb_csv *csv, size_t column);

/* Position of the column `name`, or -1 with *f set to GB_EXIT_INPUT when there is none. */
long gb_csv_find(const struct gb_csv *csv, const char *name, struct gb_failure *f);

/* Whether there is a column `name`. */
bool gb_csv_has(const struct gb_csv *csv, const char *name);

/* Reads the next record. 1: there is one, 0: end of file, -1: *f is set. */
int gb_csv_next(struct gb_csv *csv, struct gb_failure *f);

/* Who reads a whole file: what is found once, then what is done with each record. Both return 0,
 * or -1 with *f set; they reach their own data through `context`. */
struct gb_csv_reader {
	int (*find_columns)(void *context, struct gb_csv *csv, struct gb_failure *f);
	int (*take_record)(void *context, struct gb_failure *f);
	void *context;
	const char *wanted; /* "rows": what a file without records lacks */
	enum gb_csv_comments comments;
};

/* Opens, reads and closes `path`. 0; -1 with *f set, also when there is no record. */
int gb_csv_read(const char *path, const struct gb_csv_reader *reader, struct gb_failure *f);

/* A field of the present record, NUL-terminated; valid until the next call that reads. */
const char *gb_csv_text(const struct gb_csv *csv, size_t column);

/* Line of the file on which the present record began. */
unsigned long gb_csv_line(const struct gb_csv *csv);

/*
 * A field as a decimal number without sign that fits 64 bits. 1: *out is set; 0: the field is
 * empty; -1: it is something else, *f is set.
 */
int gb_csv_count(const struct gb_csv *csv, size_t column, uint64_t *out, struct gb_failure *f);

/* A field as a finite, non-negative decimal number ("12", "0.25", "1e6"); as gb_csv_count. */
int gb_csv_number(const struct gb_csv *csv, size_t column, double *out, struct gb_failure *f);

/* A complaint about a field of the present record, with its place. Returns -1. */
int gb_csv_complain(const struct gb_csv *csv, size_t column, const char *wanted,
		    struct gb_failure *f);

/* Writes one field, in quotes where RFC 4180 asks for them. Errors stay in ferror(out). */
void gb_csv_put(FILE *out, const char *text);

#endif
