#include "exit_status.h"
#include "run/commands.h"
#include "run/jobs.h"
#include "run/plugin_option.h"
#include "run/positions.h"
#include <stdio.h>

static const struct gb_option options[] = {GB_PLUGIN_OPTION};

static void print_task(const struct gb_job *job, const struct gb_task *task)
{
	const struct gb_operation_spec *spec = &gb_operations[task->operation];
	const char *obstacle = gb_task_obstacle(job, task);

	printf(" %s", spec->name);
	if (spec->takes_k)
		printf(":%u", task->k);
	if (spec->timed == GB_STEP_SEND)
		printf(":%uB", task->payload);
	if (obstacle != NULL)
		printf(" (not measured: %s)", obstacle);
}

/* A line for each point of the axes: what collapsed is not in it. */
static void print_job(const struct gb_job *job)
{
	printf("  %s", job->backend->name);
	for (unsigned i = 0; i < GB_AXES; i++)
		if (job->axis[i][0] != '\0')
			printf(" %s=%s", gb_axes[i].name, job->axis[i]);
	printf(":");
	for (size_t i = 0; i < job->n_tasks; i++)
		print_task(job, &job->tasks[i]);
	printf("\n");
}

static void print_cells(const struct gb_scenario *s, const struct gb_jobs *jobs, const char *path)
{
	char question[200];
	size_t n_cells = 0, n_processes = 0;

	gb_scenario_question(s->text, question, sizeof question);
	printf("%s: %s\n%s\n", path, s->name, question);
	for (size_t i = 0; i < jobs->n; i++) {
		print_job(&jobs->job[i]);
		n_cells += jobs->job[i].n_tasks;
	}
	for (size_t i = 0; i < jobs->n_unsupported; i++) {
		const struct gb_unsupported *u = &jobs->unsupported[i];
		printf("  %s %s=%s: not measured: %s\n", u->backend->name, gb_axes[u->axis].name,
		       u->value, u->reason);
	}
	for (size_t i = 0; i < jobs->n; i++)
		n_processes += jobs->job[i].sampling.processes;
	printf("%zu cells at %zu points, %zu processes in all\n", n_cells, jobs->n, n_processes);
}

static int check(const char *path)
{
	struct gb_scenario scenario;
	struct gb_jobs jobs;
	char why[640];
	enum gb_exit status = gb_scenario_read(&scenario, path, why, sizeof why);

	if (status == GB_EXIT_DONE) {
		status = gb_jobs_build(&jobs, &scenario, why, sizeof why);
		if (status == GB_EXIT_DONE) {
			print_cells(&scenario, &jobs, path);
			gb_jobs_free(&jobs);
		}
		gb_scenario_free(&scenario);
	}
	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench check: %s\n", why);
	return (int)status;
}

static int check_main(const struct gb_command *self, int argc, char **argv)
{
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, gb_set_plugin, NULL);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	for (size_t i = 1; i <= n; i++) {
		int failed = check(argv[i]);
		status = failed != 0 ? failed : status;
	}
	return status;
}

const struct gb_command gb_command_check = {
	.name = "check",
	.operands = "SCENARIO...",
	.min_operands = 1,
	.max_operands = 1000,
	.sentence = "Reads scenarios and prints what they would measure.",
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.main = check_main,
};
