#include "run/jobs.h"
#include "backends/plugins.h"
#include "run/senders.h"
#include <stdlib.h>
#include <string.h>

/* What one backend makes of the axes of a scenario. */
struct product {
	const struct gb_scenario *scenario;
	const struct gb_backend *backend;
	const char **values[GB_AXES];
	size_t n[GB_AXES];
	size_t at[GB_AXES]; /* the point that is being made */
};

static enum gb_exit no_memory(char *why, size_t why_len)
{
	snprintf(why, why_len, "out of memory");
	return GB_EXIT_INTERNAL;
}

static int note_unsupported(struct gb_jobs *jobs, const struct gb_unsupported *u)
{
	void *grown =
		realloc(jobs->unsupported, (jobs->n_unsupported + 1) * sizeof *jobs->unsupported);

	if (grown == NULL)
		return -1;
	jobs->unsupported = grown;
	jobs->unsupported[jobs->n_unsupported++] = *u;
	return 0;
}

/* The harness's own axes. Payload is an axis of messages, not of groups: tasks carry it. */
static enum gb_answer ask_harness(const struct gb_backend *b, enum gb_axis_id axis)
{
	switch (axis) {
	case GB_AXIS_payload:
		return GB_NOT_APPLICABLE;
	case GB_AXIS_senders:
		return (b->features & GB_PER_SENDER) != 0 ? GB_HONOURED : GB_NOT_APPLICABLE;
	default:
		return GB_HONOURED;
	}
}

static enum gb_answer ask(const struct gb_backend *b, enum gb_axis_id axis, const char *value,
			  const char **reason)
{
	if (gb_axes[axis].owner == GB_AXIS_OF_HARNESS)
		return ask_harness(b, axis);
	return b->axis(gb_axes[axis].name, value, reason);
}

/* The values of an axis that this backend honours; one empty value where none applies. */
static int collect(struct product *p, struct gb_jobs *jobs, enum gb_axis_id axis)
{
	const struct gb_axis_values *given = &p->scenario->axes[axis];
	const char **values = calloc(given->n, sizeof *values);
	size_t n = 0;
	bool applies = true;

	if (values == NULL)
		return -1;
	p->values[axis] = values;
	for (size_t i = 0; i < given->n; i++) {
		struct gb_unsupported u = {p->backend, axis, given->v[i], "no reason given"};
		switch (ask(p->backend, axis, given->v[i], &u.reason)) {
		case GB_HONOURED:
			values[n++] = given->v[i];
			break;
		case GB_NOT_APPLICABLE:
			applies = false;
			break;
		case GB_NOT_SUPPORTED:
			if (note_unsupported(jobs, &u) != 0)
				return -1;
			break;
		}
	}
	if (n == 0 && !applies)
		values[n++] = "";
	p->n[axis] = n;
	return 0;
}

static int add_task(struct gb_job *job, const struct gb_task *task)
{
	if (job->n_tasks == GB_MAX_TASKS)
		return -1;
	job->tasks[job->n_tasks++] = *task;
	return 0;
}

/* Whether the operation is measured at this point: of the axes that make no difference to it only
 * the first value is. */
static bool is_measured_here(const struct product *p, enum gb_operation operation)
{
	for (unsigned i = 0; i < GB_AXES; i++)
		if (p->at[i] > 0 && !gb_operation_depends(operation, (enum gb_axis_id)i))
			return false;
	return true;
}

/* The operations of the scenario at this point, a send once for each payload. */
static int fill_tasks(struct gb_job *job, const struct product *p)
{
	const struct gb_scenario *s = p->scenario;
	const struct gb_axis_values *payloads = &s->axes[GB_AXIS_payload];

	for (size_t i = 0; i < s->n_measures; i++) {
		struct gb_task task = s->measures[i];
		bool is_send = gb_operation_depends(task.operation, GB_AXIS_payload);
		if (!is_measured_here(p, task.operation))
			continue;
		for (size_t j = 0; j < (is_send ? payloads->n : 1); j++) {
			task.payload = is_send ? (uint32_t)strtoul(payloads->v[j], NULL, 10) : 0;
			if (add_task(job, &task) != 0)
				return -1;
		}
	}
	return 0;
}

/* "3", "10%", "zipf" and "all" as so many devices, also in the rows. */
static void count_senders(struct gb_job *job)
{
	char *value = job->axis[GB_AXIS_senders];

	job->senders = 1;
	if (value[0] == '\0')
		return;
	job->senders = gb_count_senders(value, job->size);
	snprintf(value, GB_AXIS_VALUE_BYTES, "%u", job->senders);
}

static bool is_same_point(const struct gb_job *a, const struct gb_job *b)
{
	if (a->backend != b->backend)
		return false;
	for (unsigned i = 0; i < GB_AXES; i++)
		if (strcmp(a->axis[i], b->axis[i]) != 0)
			return false;
	return true;
}

/* Forgets the last job when there is nothing to measure in it, or when it is at the point of
 * another: two portions can be one number. */
static void drop_needless(struct gb_jobs *jobs, size_t first, bool is_repeated)
{
	if (jobs->job[jobs->n - 1].n_tasks == 0) {
		jobs->n--;
		return;
	}
	for (size_t i = first; is_repeated && i + 1 < jobs->n; i++)
		if (is_same_point(&jobs->job[i], &jobs->job[jobs->n - 1])) {
			jobs->n--;
			return;
		}
}

static int make_job(const struct product *p, struct gb_job *job)
{
	*job = (struct gb_job){.backend = p->backend,
			       .sampling = p->scenario->sampling,
			       .seed = p->scenario->seed};
	for (unsigned i = 0; i < GB_AXES; i++)
		snprintf(job->axis[i], GB_AXIS_VALUE_BYTES, "%s", p->values[i][p->at[i]]);
	job->size = (uint32_t)strtoul(job->axis[GB_AXIS_size], NULL, 10);
	if (job->sampling.single_above != 0 && job->size > job->sampling.single_above)
		job->sampling.processes = 1;
	count_senders(job);
	return fill_tasks(job, p);
}

/* The next point of the product; false after the last. */
static bool advance(struct product *p)
{
	for (unsigned i = GB_AXES; i-- > 0;) {
		if (++p->at[i] < p->n[i])
			return true;
		p->at[i] = 0;
	}
	return false;
}

static size_t count_points(const struct product *p)
{
	size_t n = 1;

	for (unsigned i = 0; i < GB_AXES; i++)
		if (p->n[i] == 0 || n > GB_MAX_JOBS)
			return p->n[i] == 0 ? 0 : n;
		else
			n *= p->n[i];
	return n;
}

static enum gb_exit multiply(struct product *p, struct gb_jobs *jobs, char *why, size_t why_len)
{
	size_t n = count_points(p), first = jobs->n;
	void *grown;

	if (n == 0)
		return GB_EXIT_DONE;
	if (n + jobs->n > GB_MAX_JOBS) {
		snprintf(why, why_len, "%s: found more than %d points of the axes, wanted fewer",
			 p->scenario->name, GB_MAX_JOBS);
		return GB_EXIT_INPUT;
	}
	grown = realloc(jobs->job, (jobs->n + n) * sizeof *jobs->job);
	if (grown == NULL)
		return no_memory(why, why_len);
	jobs->job = grown;
	do {
		if (make_job(p, &jobs->job[jobs->n++]) != 0) {
			snprintf(why, why_len,
				 "%s: found more than %d operations times payloads, wanted fewer",
				 p->scenario->name, GB_MAX_TASKS);
			return GB_EXIT_INPUT;
		}
		drop_needless(jobs, first, p->n[GB_AXIS_senders] > 1);
	} while (advance(p));
	return GB_EXIT_DONE;
}

static enum gb_exit add_backend(struct gb_jobs *jobs, const struct gb_scenario *s,
				const struct gb_backend *b, char *why, size_t why_len)
{
	struct product p = {.scenario = s, .backend = b};
	enum gb_exit status = GB_EXIT_DONE;

	if (s->largest_size > b->max_size) {
		snprintf(why, why_len,
			 "%s: found size %u, wanted at most %u, the limit of backend "
			 "%s",
			 s->size_at, s->largest_size, b->max_size, b->name);
		return GB_EXIT_INPUT;
	}
	for (unsigned i = 0; i < GB_AXES && status == GB_EXIT_DONE; i++)
		if (collect(&p, jobs, (enum gb_axis_id)i) != 0)
			status = no_memory(why, why_len);
	if (status == GB_EXIT_DONE && gb_plugin_failure(b) != NULL) {
		snprintf(why, why_len, "%s: %s", b->name, gb_plugin_failure(b));
		status = GB_EXIT_INTERNAL;
	}
	if (status == GB_EXIT_DONE)
		status = multiply(&p, jobs, why, why_len);
	for (unsigned i = 0; i < GB_AXES; i++)
		free(p.values[i]);
	return status;
}

/* The first digit of a size whose other digits are zero; 0 for any other. */
static unsigned only_digit(uint32_t size)
{
	while (size >= 10 && size % 10 == 0)
		size /= 10;
	return size < 10 ? size : 0;
}

/* In which round a size comes: see gb_jobs. */
static unsigned round_of(uint32_t size, uint32_t smallest, uint32_t largest)
{
	unsigned digit = only_digit(size);

	if (size == smallest || size == largest || digit == 1)
		return 0;
	return digit == 2 || digit == 5 ? 1 : 2;
}

static void put_in_rounds(struct gb_jobs *jobs)
{
	uint32_t smallest = UINT32_MAX, largest = 0;

	for (size_t i = 0; i < jobs->n; i++) {
		uint32_t size = jobs->job[i].size;
		smallest = size < smallest ? size : smallest;
		largest = size > largest ? size : largest;
	}
	for (size_t i = 0; i < jobs->n; i++)
		jobs->job[i].round = round_of(jobs->job[i].size, smallest, largest);
}

static int by_round_and_size(const void *a, const void *b)
{
	const struct gb_job *x = a, *y = b;

	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

enum gb_exit gb_jobs_build(struct gb_jobs *jobs, const struct gb_scenario *s, char *why,
			   size_t why_len)
{
	enum gb_exit status = GB_EXIT_DONE;

	*jobs = (struct gb_jobs){0};
	for (size_t i = 0; i < s->n_backends && status == GB_EXIT_DONE; i++)
		status = add_backend(jobs, s, s->backends[i], why, why_len);
	if (status != GB_EXIT_DONE) {
		gb_jobs_free(jobs);
	} else if (jobs->n > 0) {
		put_in_rounds(jobs);
		qsort(jobs->job, jobs->n, sizeof *jobs->job, by_round_and_size);
	}
	return status;
}

void gb_jobs_free(struct gb_jobs *jobs)
{
	free(jobs->job);
	free(jobs->unsupported);
	*jobs = (struct gb_jobs){0};
}
