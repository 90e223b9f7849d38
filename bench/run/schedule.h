#ifndef GB_RUN_SCHEDULE_H
#define GB_RUN_SCHEDULE_H
#include "run/jobs.h"

/* One process to start: a job and which repetition it is, from 1. */
struct gb_turn {
	size_t job;
	uint32_t process;
};

/*
 * The order of all processes of a run. Sizes come in the order of the jobs. Within a size, each
 * repetition runs every job once, and two repetitions in a row are a random order and its reverse
 * (ABBA): whatever drifts, drifts for all backends.
 */
struct gb_schedule {
	struct gb_turn *turns;
	size_t n;
};

/* -1 when memory ran out. */
int gb_schedule_make(struct gb_schedule *s, const struct gb_jobs *jobs, uint64_t seed);
void gb_schedule_free(struct gb_schedule *s);
#endif
