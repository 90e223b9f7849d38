#ifndef GB_RUN_REPORT_H
#define GB_RUN_REPORT_H
#include "run/journal.h"
#include "run/progress.h"
#include "run/results.h"
#include <jansson.h>

#define GB_MOST_AT_A_TIME 8 /* workers of a run */

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

/* What one worker reports in its turn (the lines are listed in worker.h), and what became of it. */
struct gb_report {
	struct gb_run *run;
	const struct gb_job *job;
	size_t turn;
	uint64_t heard_ns; /* when it said what is being taken */
	char *line, *rows; /* of which the end, the sample, has not come yet */
	size_t line_len, line_cap, rows_len, rows_cap;
	bool is_done;
	enum gb_exit status;
};

/*
 * Takes what the worker has said: samples that are complete go to the results and the journal. The
 * first failure stays in r->status, with the reason in run->why; it is returned.
 */
enum gb_exit gb_report_take(struct gb_report *r, const char *p, size_t len);
void gb_report_free(struct gb_report *r);

/* Ends the report with a status and a sentence, unless it has ended before. */
enum gb_exit gb_report_end(struct gb_report *r, enum gb_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes what became of a line for the journal: its failure ends the report. */
enum gb_exit gb_report_remembered(struct gb_report *r, enum gb_exit written);

/* Makes room for `need` bytes and a zero behind them. */
int gb_report_room(char **p, size_t *cap, size_t need);

/* What a worker of this turn said that belongs into the manifest: a line `skipped TASK WHY` or
 * `clock CPU_NS WALL_NS`. false for any other. */
bool gb_run_note(struct gb_run *run, size_t turn, const char *line);

#endif
