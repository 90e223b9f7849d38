#ifndef GB_RUN_ROW_H
#define GB_RUN_ROW_H
#include "run/columns.h"
#include "run/trial.h"
#include <stdio.h>

/* What all rows of one sample have in common. */
struct gb_row_context {
	uint32_t sample;      /* from 1 */
	const char *verified; /* words of the oracle */
};

/* Writes the header line of samples.csv, and one row for each measure of the trial's
 * sample, with `prefix` before each. Errors are those of the stream, for the caller to look at. */
void gb_rows_header(FILE *out);
void gb_rows_write(FILE *out, const char *prefix, const struct gb_trial *trial,
		   const struct gb_row_context *context);
#endif
