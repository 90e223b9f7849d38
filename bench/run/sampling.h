#ifndef GB_RUN_SAMPLING_H
#define GB_RUN_SAMPLING_H
#include "run/job.h"

/*
 * When one process has enough samples of a cell: never before `min`; then as soon as the
 * budget is spent, or `max` is reached, or the 95 % interval of the median is no wider
 * than until_ci asks. That interval says how precise this process is, not how far
 * processes differ: the interval that is published is over processes.
 */
struct gb_sampler {
	struct gb_sampling policy;
	uint64_t started_ns;
	double *values, *sorted;
	size_t n;
};

/* -1 when memory ran out. */
int gb_sampler_open(struct gb_sampler *s, const struct gb_sampling *policy);
void gb_sampler_close(struct gb_sampler *s);

/* Whether what has been done since the start took less than a twentieth of the budget. */
bool gb_sampler_may_drop(const struct gb_sampler *s);
/* The budget begins now. */
void gb_sampler_restart(struct gb_sampler *s);

void gb_sampler_note(struct gb_sampler *s, double value);
bool gb_sampler_is_done(const struct gb_sampler *s);
#endif
