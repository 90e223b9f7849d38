#ifndef GB_RUN_JOB_H
#define GB_RUN_JOB_H
#include "axes.h"
#include "groupbench_backend.h"
#include "run/operations.h"
#include <jansson.h>
#include <stdbool.h>

#define GB_AXIS_VALUE_BYTES 24
#define GB_MAX_TASKS        256

/* When a worker has enough samples of a cell. */
struct gb_sampling {
	uint32_t processes;    /* repetitions of a job, each in its own process */
	uint32_t single_above; /* larger groups get one; 0: none is too large */
	uint32_t min, max;     /* samples in one process */
	double until_ci;       /* relative half-width of the median's interval; 0: not asked */
	uint64_t budget_ns;    /* for the samples of one cell in one process */
	uint32_t most_pairs;   /* of sender and member; cells with more are left out; 0: any */
};

/* What an earlier process of the same turn has done of a task, in a run that was resumed. */
struct gb_task_past {
	uint32_t n_samples;
	bool is_done;
};

/*
 * What one worker process measures: one backend at one point of the axes, all tasks of
 * that point, once.
 */
struct gb_job {
	const struct gb_backend *backend;
	char axis[GB_AXES][GB_AXIS_VALUE_BYTES]; /* "" where it does not apply to the backend */
	uint32_t size, senders;
	struct gb_task tasks[GB_MAX_TASKS];
	struct gb_task_past past[GB_MAX_TASKS];
	size_t n_tasks;
	struct gb_sampling sampling;
	uint64_t seed;
	uint32_t process; /* which repetition, from 1 */
	unsigned round;   /* of the sizes of a run, from 0: gb_jobs. Not for the worker */
};

/* A job as JSON and back, for the way to the worker. The first is NULL when memory ran
 * out. The second returns 0, or -1 with one sentence in why[]. */
json_t *gb_job_to_json(const struct gb_job *job);
int gb_job_from_json(struct gb_job *job, const json_t *json, char *why, size_t why_len);
#endif
