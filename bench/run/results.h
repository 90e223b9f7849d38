#ifndef GB_RUN_RESULTS_H
#define GB_RUN_RESULTS_H
#include "exit_status.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The folder of one run: samples.csv, to which whole samples are appended as they are
 * made, and manifest.json, which says what the run is and how far it came. It is valid,
 * and worth summarising, at every moment. A folder that holds a run is never written to.
 *
 * Functions return GB_EXIT_DONE, or GB_EXIT_IO with one sentence in why[], after which
 * samples.csv still ends with a whole sample.
 */
struct gb_results {
	char path[512];
	int samples_fd;
	uint64_t samples_bytes; /* of whole samples */
	char why[640];
};

/*
 * Makes the folder, which is `out`, or results/runs/NAME-UTC-REVISION when that is NULL,
 * and writes the header of samples.csv. Nothing is open after a failure.
 */
enum gb_exit gb_results_open(struct gb_results *r, const char *out, const char *name);
void gb_results_close(struct gb_results *r);

/* Appends the rows of one sample: all of them or none. */
enum gb_exit gb_results_append(struct gb_results *r, const char *rows, size_t len);

/* Replaces manifest.json as a whole. */
enum gb_exit gb_results_manifest(struct gb_results *r, const json_t *manifest);
#endif
