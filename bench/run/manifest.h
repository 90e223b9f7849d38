#ifndef GB_RUN_MANIFEST_H
#define GB_RUN_MANIFEST_H
#include "exit_status.h"
#include "run/parent.h"

/*
 * manifest.json: what a run is, what it ran on, and how far it came.
 * docs/results.md lists its keys.
 */

/* The command line as given, a new array: "groupbench" and argv[0] .. argv[argc - 1]. */
json_t *gb_manifest_command(int argc, char **argv);

/* Of a run that begins; takes over `command`. The scenario was read from `path`. */
json_t *gb_manifest_begin(const struct gb_scenario *s, const struct gb_jobs *jobs, const char *path,
			  json_t *command);

/* How quiet the machine was before the first sample: watches it for some time. */
void gb_manifest_note_noise(json_t *manifest);

/* How the run ended. */
void gb_manifest_end(json_t *manifest, const struct gb_run *run, enum gb_exit status);

/*
 * The manifest of an earlier run, from its folder. GB_EXIT_IO when it cannot be read,
 * GB_EXIT_INPUT when it is none, or that of a run that is complete; why[] has the reason, and
 * there is nothing to free then.
 */
enum gb_exit gb_manifest_read(json_t **manifest, const char *folder, char *why, size_t why_len);

/*
 * Notes in `earlier` that the run goes on, if what goes on is what began: the same scenario,
 * program, libraries, processor and seed as in `now`, made by gb_manifest_begin. GB_EXIT_INPUT with
 * why[] otherwise.
 */
enum gb_exit gb_manifest_resume(json_t *earlier, const json_t *now, size_t turns_done, char *why,
				size_t why_len);
#endif
