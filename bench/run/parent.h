#ifndef GB_RUN_PARENT_H
#define GB_RUN_PARENT_H
#include "run/journal.h"
#include "run/progress.h"
#include "run/results.h"
#include <jansson.h>

/* What the processes of a run have in common. */
struct gb_run {
	const struct gb_jobs *jobs;
	const struct gb_schedule *schedule;
	struct gb_results *results;
	struct gb_journal *journal;
	const struct gb_past *past; /* what an earlier process has done; NULL: nothing */
	struct gb_progress *progress;
	uint64_t seed;
	uint32_t n_jobs;      /* workers at a time; 0: one */
	uint64_t deadline_ns; /* of silence of a worker; 0: from the size of the group */
	json_t *not_measured; /* an array, to which what was skipped is appended */
	struct gb_run_clock {
		uint64_t cpu_ns, wall_ns; /* the most that an empty interval took anywhere */
	} clock;
	size_t n_turns_done;
	char why[640];
};

/* What a worker of this turn said that belongs into the manifest: a line `skipped TASK WHY` or
 * `clock CPU_NS WALL_NS`. false for any other. */
bool gb_run_note(struct gb_run *run, size_t turn, const char *line);

/*
 * Runs the turns of the schedule that `past` does not have, each in a new process of this program,
 * and appends what they measure. With n_jobs above 1 so many are at work, the next ones ahead of
 * their turn: what they say is kept in memory until it comes, so that rows and journal are in the
 * order of turns, and is lost if the run ends before. Ends early when a worker fails, dies or is
 * silent for too long, when results cannot be written, or on SIGINT and SIGTERM; then why[] says
 * why in one sentence.
 */
enum gb_exit gb_run_turns(struct gb_run *run);
#endif
