#ifndef GB_RUN_PROGRESS_H
#define GB_RUN_PROGRESS_H
#include "run/pace.h"
#include <stdio.h>

/*
 * How far a run is: one line that is rewritten on a terminal; plain lines, a new one
 * every few seconds, elsewhere or with NO_COLOR or CI in the environment. The time left
 * follows from what other processes took (run/pace.h).
 */
struct gb_turn_time {
	double began_s; /* from the first turn on */
	double took_s;
	double single_s;     /* until each of its tasks had a sample */
	double cpu_s;        /* of the processor, all in all */
	uint64_t peak_bytes; /* the most it had of the memory; 0: the system did not say */
	double left_s; /* that the rest was expected to take when it ended; negative: not asked */
};

struct gb_progress {
	FILE *out; /* NULL: silent */
	bool is_live;
	const struct gb_jobs *jobs;
	const struct gb_schedule *schedule;
	uint64_t shown_ns, began_ns;
	struct gb_paces paces;
	struct gb_turn_time *times; /* of each turn of the schedule */
	uint64_t first_ns;          /* when the first turn began; 0: none has */
	double asked_s;             /* when it was last asked what is left */
	uint64_t n_samples;
	uint32_t n_jobs; /* turns at a time; 0: one */
	/* Of the turn: its last sample, or when it began; the tasks that have one; how long it
	 * took until each of them had; and the most memory that it had, as far as it is known. */
	uint64_t last_ns;
	bool has_sample[GB_MAX_TASKS];
	double single_ns;
	uint64_t peak_bytes;
};

void gb_progress_open(struct gb_progress *p, FILE *out, const struct gb_jobs *jobs,
		      const struct gb_schedule *schedule);

/* A turn begins, a sample of a task of its job was made, it is complete; and when that was, by
 * gb_clock_now_ns(). At the end, what it took of the processor too. */
void gb_progress_begin(struct gb_progress *p, size_t turn, uint64_t at_ns);
void gb_progress_sample(struct gb_progress *p, size_t turn, size_t task, uint64_t at_ns);
void gb_progress_end(struct gb_progress *p, size_t turn, uint64_t at_ns, double cpu_s);

/* Nothing more will be shown. */
void gb_progress_close(struct gb_progress *p);

/* Seconds that the turns from `turn` on will take; negative when nothing is known yet. */
double gb_progress_left_s(struct gb_progress *p, size_t turn);
#endif
