#include "run/worker.h"
#include "backends/peak_memory.h"
#include "backends/plugins.h"
#include "run/oracle.h"
#include "run/row.h"
#include "run/sampling.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct worker {
	const struct gb_job *job;
	FILE *out;
	struct gb_testbed testbed;
};

static void say_alive(struct worker *w)
{
	fprintf(w->out, "alive\n");
	fflush(w->out);
}

static size_t number_of(const struct worker *w, const struct gb_task *task)
{
	return (size_t)(task - w->job->tasks);
}

static void say_skipped(struct worker *w, const struct gb_task *task, const char *why)
{
	fprintf(w->out, "skipped %zu %s\n", number_of(w, task), why);
	fflush(w->out);
}

static void say_failed(struct worker *w, const char *during)
{
	const struct gb_testbed *t = &w->testbed;

	fprintf(w->out, "failed %d %s: %u members, %s: %s%s%s%s; run ended\n", t->status,
		w->job->backend->name, w->job->size, during, t->why,
		t->promise != NULL ? " (promise: " : "", t->promise != NULL ? t->promise : "",
		t->promise != NULL ? ")" : "");
	fflush(w->out);
}

static void write_rows(struct worker *w, const struct gb_trial *trial, const char *verified,
		       uint32_t sample)
{
	struct gb_row_context context = {sample, verified};

	gb_rows_write(w->out, "row ", trial, &context);
	fprintf(w->out, "sample %zu\n", number_of(w, trial->task));
	fflush(w->out);
}

/* What the policy asks for beyond the samples that are there already. */
static struct gb_sampling what_is_left(const struct gb_sampling *policy, uint32_t n_taken)
{
	struct gb_sampling left = *policy;

	left.min = policy->min > n_taken ? policy->min - n_taken : 1;
	left.max = policy->max > n_taken ? policy->max - n_taken : 1;
	return left;
}

/* The same state, the step outside the clock, the timed step, and whether it worked. */
static int take_sample(struct gb_trial *trial, struct gb_oracle *oracle)
{
	if (gb_testbed_restore(trial->testbed) != 0)
		return -1;
	gb_trial_reset(trial);
	if (gb_trial_prepare(trial) != 0)
		return -1;
	trial->sample = (struct gb_sample){0};
	if (gb_oracle_before(oracle) != 0 || gb_trial_run(trial) != 0)
		return -1;
	return gb_oracle_after(oracle);
}

/* CPU time at the actor: what until_ci is about. */
static double actor_ns(const struct gb_sample *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->measures[i].role == GB_ROLE_ACTOR)
			sum += (double)s->measures[i].cost.took.cpu_ns;
	return sum;
}

/*
 * The first pass is verified, forgery included, and dropped: lazy binding, cold caches and
 * first use of a library cost it some milliseconds. Where that is nothing against the
 * operation, because the pass took a good part of the budget, it is the first sample.
 */
static int take_samples(struct worker *w, struct gb_trial *trial, struct gb_oracle *oracle)
{
	uint32_t n = w->job->past[number_of(w, trial->task)].n_samples;
	struct gb_sampling policy = what_is_left(&w->job->sampling, n);
	struct gb_sampler sampler;
	int failed = -1;

	if (gb_sampler_open(&sampler, &policy) != 0)
		return gb_testbed_fail(&w->testbed, GB_EXIT_INTERNAL, "out of memory");
	trial->forge = true;
	while (take_sample(trial, oracle) == 0) {
		bool is_warm_up = trial->forge && gb_sampler_may_drop(&sampler);
		trial->forge = false;
		if (is_warm_up) {
			gb_sampler_restart(&sampler);
			say_alive(w);
			continue;
		}
		write_rows(w, trial, oracle->verified, ++n);
		gb_sampler_note(&sampler, actor_ns(&trial->sample));
		if (gb_sampler_is_done(&sampler)) {
			failed = 0;
			break;
		}
	}
	gb_sampler_close(&sampler);
	return failed;
}

static int measure_task(struct worker *w, const struct gb_task *task)
{
	struct gb_trial trial;
	struct gb_oracle oracle = {0};
	int failed = gb_trial_open(&trial, &w->testbed, task) != 0 ||
		     gb_oracle_open(&oracle, &trial) != 0 || take_samples(w, &trial, &oracle) != 0;

	gb_oracle_close(&oracle);
	gb_trial_close(&trial);
	if (failed && w->testbed.unsupported) {
		say_skipped(w, task, w->testbed.why);
		w->testbed.unsupported = false;
		return 0;
	}
	if (failed) {
		say_failed(w, gb_operations[task->operation].name);
		return -1;
	}
	fprintf(w->out, "task %zu\n", number_of(w, task));
	fflush(w->out);
	return 0;
}

/* The world of a task. What the backend cannot do, such as axes that do not go together, is
 * no failure: *skipped. */
static int open_testbed(struct worker *w, const struct gb_task *task, bool without_group,
			bool *skipped)
{
	*skipped = false;
	if (gb_testbed_open(&w->testbed, w->job, without_group) == 0)
		return 0;
	if (!w->testbed.unsupported) {
		say_failed(w, "preparation");
		return -1;
	}
	say_skipped(w, task, w->testbed.why);
	gb_testbed_close(&w->testbed);
	*skipped = true;
	return 0;
}

/* Every other process begins at the last task, so that what drifts while a process runs, and what
 * the first task of it pays for, takes no side between two tasks. */
static const struct gb_task *task_in_turn(const struct gb_job *job, size_t i)
{
	return &job->tasks[job->process % 2 == 1 ? i : job->n_tasks - 1 - i];
}

/* All tasks that start without a group, or all that start with one, in one world. */
static int measure_tasks(struct worker *w, bool without_group)
{
	const struct gb_job *job = w->job;
	bool is_open = false, skipped = false;

	for (size_t i = 0; i < job->n_tasks; i++) {
		const struct gb_task *task = task_in_turn(job, i);
		const struct gb_task_past *past = &job->past[number_of(w, task)];
		const char *obstacle = gb_task_obstacle(job, task);
		if (gb_task_creates(task) != without_group || past->is_done ||
		    past->n_samples >= job->sampling.max)
			continue;
		if (obstacle != NULL) {
			say_skipped(w, task, obstacle);
			continue;
		}
		if (!is_open && open_testbed(w, task, without_group, &skipped) != 0)
			return -1;
		if (skipped)
			continue;
		is_open = true;
		say_alive(w);
		if (measure_task(w, task) != 0)
			return -1;
	}
	return 0;
}

/* Two peaks that need not have been at the same moment: their sum is not exceeded. */
static uint64_t peak_memory_bytes(const struct gb_job *job)
{
	return gb_peak_memory_bytes(getpid()) + gb_plugin_peak_bytes(job->backend);
}

enum gb_exit gb_worker_measure(const struct gb_job *job, FILE *out)
{
	struct worker w = {.job = job, .out = out};
	struct gb_instant cost = gb_clock_cost();

	fprintf(out, "clock %llu %llu\n", (unsigned long long)cost.cpu_ns,
		(unsigned long long)cost.wall_ns);
	for (int without_group = 1; without_group >= 0; without_group--) {
		int failed = measure_tasks(&w, without_group != 0);
		gb_testbed_close(&w.testbed);
		if (failed) {
			fflush(out);
			return w.testbed.status;
		}
	}
	fprintf(out, "memory %llu\ndone\n", (unsigned long long)peak_memory_bytes(job));
	return fflush(out) == 0 ? GB_EXIT_DONE : GB_EXIT_IO;
}

/* What the parent reads. Plugins may print: what they say goes to standard error. */
static FILE *open_report(void)
{
	int fd = dup(STDOUT_FILENO);

	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return NULL;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fdopen(fd, "w");
}

static int say_no_job(FILE *report, const char *what, const char *why)
{
	fprintf(report, "failed %d the worker got %s%s\n", GB_EXIT_INTERNAL, what, why);
	fflush(report);
	return GB_EXIT_INTERNAL;
}

int gb_worker_main(void)
{
	FILE *report = open_report();
	struct gb_job job;
	char why[640];
	json_error_t error;
	json_t *json;
	int bad;

	if (report == NULL)
		return GB_EXIT_INTERNAL;
	/* A worker whose parent was killed would go on for hours. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	json = json_loadf(stdin, 0, &error);
	if (json == NULL)
		return say_no_job(report, "no job: ", error.text);
	bad = gb_job_from_json(&job, json, why, sizeof why);
	json_decref(json);
	if (bad)
		return say_no_job(report, "", why);
	return (int)gb_worker_measure(&job, report);
}
