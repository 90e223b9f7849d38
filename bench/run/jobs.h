#ifndef GB_RUN_JOBS_H
#define GB_RUN_JOBS_H
#include "run/scenario.h"

#define GB_MAX_JOBS 20000

/* A value of an axis that a backend cannot do: its cells are reported, not measured. */
struct gb_unsupported {
	const struct gb_backend *backend;
	enum gb_axis_id axis;
	const char *value;  /* of the scenario */
	const char *reason; /* static */
};

/*
 * Everything a scenario asks for: for each backend the product of the axes that mean
 * something to it (those that do not collapse to one point, their column empty). Each job
 * measures all operations at its point, but for those that were at another one: an operation is
 * measured at the first value only of an axis that makes no difference to it. Its process number
 * is 0.
 *
 * The sizes come in rounds, so that a picture over all of them exists early and fills in: powers
 * of ten, the smallest and the largest first; then 2 and 5 times powers of ten; then the rest.
 * Within a round the smallest groups come first.
 */
struct gb_jobs {
	struct gb_job *job;
	size_t n;
	struct gb_unsupported *unsupported;
	size_t n_unsupported;
};

/* GB_EXIT_DONE, or GB_EXIT_INPUT or GB_EXIT_INTERNAL with why[] set and nothing to free. */
enum gb_exit gb_jobs_build(struct gb_jobs *jobs, const struct gb_scenario *s, char *why,
			   size_t why_len);
void gb_jobs_free(struct gb_jobs *jobs);
#endif
