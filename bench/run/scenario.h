#ifndef GB_RUN_SCENARIO_H
#define GB_RUN_SCENARIO_H
#include "expectation.h"
#include "run/job.h"
#include "run/range.h"
#include "run/yaml_file.h"
#include <stdio.h>

#define GB_MAX_BACKENDS 16
#define GB_MAX_MEASURES 128

/* The values of one axis, in the order of the file. */
struct gb_axis_values {
	char (*v)[GB_AXIS_VALUE_BYTES];
	size_t n;
};

/* What one scenario file asks for; nothing here depends on what backends can do. */
struct gb_scenario {
	char *text; /* the file */
	size_t text_len;
	char name[64];
	const struct gb_backend *backends[GB_MAX_BACKENDS];
	size_t n_backends;
	struct gb_axis_values axes[GB_AXES];      /* default values where the file is silent */
	struct gb_task measures[GB_MAX_MEASURES]; /* payload is 0 */
	size_t n_measures;
	char (*expect)[GB_EXPECTATION_BYTES]; /* well-formed expectations */
	size_t n_expect;
	struct gb_sampling sampling;
	uint64_t seed;
	char size_at[320]; /* FILE:LINE:COLUMN of the largest size */
	uint32_t largest_size;
};

/*
 * Reads a scenario. GB_EXIT_DONE; GB_EXIT_IO when the file cannot be read; GB_EXIT_INPUT
 * when its content is wrong, with `FILE:LINE:COLUMN: found X, wanted Y` in why[]. Unless it
 * is GB_EXIT_DONE there is nothing to free.
 */
enum gb_exit gb_scenario_read(struct gb_scenario *s, const char *path, char *why, size_t why_len);
void gb_scenario_free(struct gb_scenario *s);

/* Replaces the values of a NUMBER axis; takes over what `values` owns. -1: out of memory. */
int gb_scenario_set_axis(struct gb_scenario *s, enum gb_axis_id axis, struct gb_values *values);

/* The comment at the top of a scenario's text, without "# ", one line; "" when there is
 * none. */
void gb_scenario_question(const char *text, char *out, size_t out_len);

/* A sentence for each key of a scenario, for `groupbench list`. */
void gb_scenario_describe_keys(FILE *out);
#endif
