#ifndef GB_RUN_RESULTS_H
#define GB_RUN_RESULTS_H
#include "exit_status.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The folder of one run: samples.csv, to which whole samples are appended as they are
 * made, and manifest.json, which says what the run is and how far it came. It is valid,
 * and worth summarising, at every moment. A folder that holds a run is written to only to go
 * on with it.
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

/*
 * Opens the folder of a run that is not complete; samples_bytes is what samples.csv has. To
 * go on, gb_results_cut leaves only the first `bytes` of it, which end with a whole sample.
 */
enum gb_exit gb_results_reopen(struct gb_results *r, const char *folder);
enum gb_exit gb_results_cut(struct gb_results *r, uint64_t bytes);

void gb_results_close(struct gb_results *r);

/* Appends the rows of one sample: all of them or none. */
enum gb_exit gb_results_append(struct gb_results *r, const char *rows, size_t len);

/*
 * GB_EXIT_IO when the folder's samples.csv is no longer the open file: deleted, moved or replaced,
 * it or the folder. What is written from then on is lost, or goes to a folder of somebody else.
 */
enum gb_exit gb_results_check(struct gb_results *r);

/* Replaces manifest.json as a whole, after gb_results_check. */
enum gb_exit gb_results_manifest(struct gb_results *r, const json_t *manifest);
#endif
