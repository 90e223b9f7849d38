#ifndef GB_RUN_RANGE_H
#define GB_RUN_RANGE_H
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers as scenarios and the command line write them.
 *
 *   12           one number
 *   2..10        all from 2 to 10
 *   20..100/10   from 20 to 100 in steps of 10; the step must meet the end
 *
 * Every function returns 0, or -1 with what was wanted in wanted[]: "a number from 2 to
 * 100". What was found is the text itself.
 */
#define GB_WANTED_BYTES 128
#define GB_MAX_VALUES   4096

struct gb_values {
	uint32_t *v; /* owned; gb_values_free */
	size_t n;
};

void gb_values_free(struct gb_values *values);

/* One number, decimal digits only. */
int gb_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out, char *wanted);

/* Appends what one range names; at most GB_MAX_VALUES altogether, none twice. */
int gb_parse_range(const char *text, uint32_t least, uint32_t most, struct gb_values *values,
		   char *wanted);

/* Ranges with commas between them, as on the command line. */
int gb_parse_ranges(const char *text, uint32_t least, uint32_t most, struct gb_values *values,
		    char *wanted);

/* "250ms", "3s", "2m", "1h" as nanoseconds; at most a day. */
int gb_parse_duration(const char *text, uint64_t *ns, char *wanted);

/* "2%" as 0.02; more than 0 and at most 100 %. */
int gb_parse_percent(const char *text, double *share, char *wanted);
#endif
