#ifndef TESTS_RECORDS_H
#define TESTS_RECORDS_H
#include "stats/prices.h"

#include <stdio.h>

/*
 * Writes the value of `name` in "name=value name=value ...", or nothing when it is not there, so
 * that a test names only the columns that matter to it.
 */
void put_value_of(const char *name, const char *values, FILE *file);

/*
 * The header of samples.csv; one record, of the values named; one of what the actor of `what`
 * spent in a process; a whole file of n records.
 */
void put_samples_header(FILE *file);
void put_sample(FILE *file, const char *values);
void put_actor_sample(FILE *file, const char *what, int size, int process, double cpu_ns);
void write_samples(const char *path, const char *const *rows, size_t n);

/*
 * The file at `path` has these rows in the n columns named, one a line, with blanks between the
 * fields, - for an empty one.
 */
void assert_rows(const char *path, const char *const *columns, size_t n, const char *want);

/* The calibration of a run, in which all costs nothing but the n primitives given. */
struct price_set {
	enum gb_library library;
	enum gb_algorithm algorithm;
	enum gb_primitive primitive;
	struct gb_price price;
};
void write_prices(const char *run, const struct price_set *prices, size_t n);

#endif
