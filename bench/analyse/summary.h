#ifndef GB_ANALYSE_SUMMARY_H
#define GB_ANALYSE_SUMMARY_H
#include "analyse/cells.h"
#include "analyse/failure.h"

/* One record of summary.csv, as far as figures and comparisons need it. */
struct gb_summary_row {
	const char *key[GB_KEY_COLUMNS]; /* as gb_key_columns; "" does not apply */
	char *key_text;
	double cpu_ns_median; /* NAN where a number was not measured */
	double cpu_ns_ci_low;
	double cpu_ns_ci_high;
	double cpu_ns_min;
	double cpu_ns_max;
	double up_bytes;
	double n_processes;
	double time_over_floor; /* NAN, too, in a file from before there was a floor */
	double floor_ns;        /* likewise */
	double floor_ns_equal;
	double state_bytes; /* likewise, and the next three */
	double down_bytes;
	double up_raw_bytes; /* NAN, too, of envelopes of which it is not known what they hold */
	double down_raw_bytes;
	double count_keygen; /* NAN, too, of a backend that counts no primitives */
	double peak_bytes;   /* of the rows of analyse/process_peaks.h alone */
	const char *heals;   /* into key_text; "" where it was not asked */
};

struct gb_summary {
	struct gb_summary_row *rows;
	size_t n;
	size_t capacity;
};

/*
 * Reads summary.csv at `path` into *summary, which was zero. 0, or -1 with *f set:
 * GB_EXIT_IO, or GB_EXIT_INPUT for a missing column, a value that is no number or a file
 * without rows. On failure too, gb_summary_free.
 */
int gb_summary_read(struct gb_summary *summary, const char *path, struct gb_failure *f);
void gb_summary_free(struct gb_summary *summary);

/* Adds a row with copies of its texts. 0, or -1 with *f set when memory ran out. */
int gb_summary_add(struct gb_summary *summary, const struct gb_summary_row *row,
		   struct gb_failure *f);

/* The value of a key column (backend, operation, k, role, phase) or of an axis in a row. */
const char *gb_summary_key(const struct gb_summary_row *row, enum gb_column column);

#endif
