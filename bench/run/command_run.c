#include "analyse/calibration.h"
#include "backends/backends.h"
#include "exit_status.h"
#include "prices/carry.h"
#include "run/commands.h"
#include "run/environment.h"
#include "run/overrides.h"
#include "run/parent.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct gb_option options[] = {
	{"out", 'o', "DIR", "folder of the run; default results/runs/NAME-UTC-REVISION", NULL},
	{"backend", 'b', "LIST", "measure these backends instead of the scenario's", "mls megolm"},
	{"size", 's', "RANGES", "group sizes instead of the scenario's: 2..10,20..100/10", ""},
	{"max-size", 0, "N", "no larger groups: greater sizes become N", ""},
	{"quick", 0, NULL, "only see that it runs: at most 30 members, one process, one sample",
	 NULL},
	{"processes", 'p', "N", "repetitions of each cell, each in a new process", ""},
	{"budget", 0, "TIME", "time for the samples of a cell in a process: 50ms, 3s", ""},
	{"seed", 0, "N", "all randomness derives from it", ""},
	{"deadline", 0, "TIME", "longest silence of a worker; default by group size", ""},
	{"calibration", 'c', "FILE", "prices of primitives; default measured first; none: without",
	 NULL},
	{"quiet", 'q', NULL, "no progress", NULL},
};

/* The command line, as given; it is applied once the scenario is known. */
struct request {
	const char *out, *calibration;
	struct gb_overrides overrides;
	uint64_t deadline_ns; /* 0: not given */
	bool is_quiet;
};

static int set(void *context, const struct gb_option *option, const char *value)
{
	struct request *r = context;
	struct gb_overrides *o = &r->overrides;
	char wanted[GB_WANTED_BYTES];
	int bad = 0;

	if (strcmp(option->name, "out") == 0)
		r->out = value;
	else if (strcmp(option->name, "backend") == 0)
		o->backends = value;
	else if (strcmp(option->name, "size") == 0)
		o->sizes = value;
	else if (strcmp(option->name, "max-size") == 0)
		bad = gb_parse_number(value, 2, 1000000, &o->max_size, wanted);
	else if (strcmp(option->name, "calibration") == 0)
		r->calibration = value;
	else if (strcmp(option->name, "processes") == 0)
		bad = gb_parse_number(value, 1, 1000, &o->processes, wanted);
	else if (strcmp(option->name, "budget") == 0)
		bad = gb_parse_duration(value, &o->budget_ns, wanted);
	else if (strcmp(option->name, "seed") == 0)
		bad = gb_parse_number(value, 1, INT64_MAX, &o->seed, wanted);
	else if (strcmp(option->name, "deadline") == 0)
		bad = gb_parse_duration(value, &r->deadline_ns, wanted);
	else if (strcmp(option->name, "quick") == 0)
		o->is_quick = true;
	else
		r->is_quiet = true;
	return bad ? gb_overrides_refuse(option->name, value, wanted) : 0;
}

static json_t *now(void)
{
	char text[32];
	time_t t = time(NULL);
	struct tm utc;

	gmtime_r(&t, &utc);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

static json_t *describe_backends(const struct gb_scenario *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_backends; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", s->backends[i]->name,
						      "version", s->backends[i]->version()));
	return list;
}

static json_t *describe_unsupported(const struct gb_jobs *jobs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < jobs->n_unsupported; i++) {
		const struct gb_unsupported *u = &jobs->unsupported[i];
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "backend", u->backend->name,
						"axis", gb_axes[u->axis].name, "value", u->value,
						"reason", u->reason));
	}
	return list;
}

static json_t *begin_manifest(const struct gb_scenario *s, const struct gb_jobs *jobs,
			      const char *path, int argc, char **argv)
{
	json_t *manifest = json_object(), *command = json_array();

	json_array_append_new(command, json_string("groupbench"));
	for (int i = 0; i < argc; i++)
		json_array_append_new(command, json_string(argv[i]));
	json_object_set_new(manifest, "schema", json_integer(1));
	json_object_set_new(manifest, "status", json_string("running"));
	json_object_set_new(manifest, "started", now());
	json_object_set_new(manifest, "command", command);
	json_object_set_new(manifest, "scenario",
			    json_pack("{s:s, s:s, s:s%}", "name", s->name, "path", path, "text",
				      s->text, s->text_len));
	json_object_set_new(manifest, "seed", json_integer((json_int_t)s->seed));
	json_object_set_new(manifest, "backends", describe_backends(s));
	json_object_set_new(manifest, "build", gb_environment_build());
	json_object_set_new(manifest, "machine", gb_environment_machine());
	json_object_set_new(manifest, "not_measured", describe_unsupported(jobs));
	return manifest;
}

static void end_manifest(json_t *manifest, const struct gb_run *run, enum gb_exit status)
{
	json_t *machine = gb_environment_machine();

	json_object_set_new(manifest, "status",
			    json_string(status == GB_EXIT_DONE          ? "complete"
					: status == GB_EXIT_INTERRUPTED ? "interrupted"
									: "failed"));
	json_object_set_new(manifest, "reason", json_string(run->why));
	json_object_set_new(manifest, "ended", now());
	json_object_set(manifest, "load_at_end", json_object_get(machine, "load"));
	json_decref(machine);
	json_object_set_new(manifest, "processes",
			    json_pack("{s:I, s:I}", "planned", (json_int_t)run->schedule->n, "done",
				      (json_int_t)run->n_turns_done));
	json_object_set_new(manifest, "samples",
			    json_integer((json_int_t)run->progress->n_samples));
	json_object_set_new(manifest, "clock_cost_ns",
			    json_pack("{s:I, s:I}", "cpu", (json_int_t)run->clock.cpu_ns, "wall",
				      (json_int_t)run->clock.wall_ns));
}

static void say_end(const struct gb_run *run, enum gb_exit status)
{
	const char *path = run->results->path;

	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench run: %s\n", run->why);
	printf("%zu of %zu processes, %llu samples, each verified\n%s/samples.csv\n"
	       "%s/manifest.json\n",
	       run->n_turns_done, run->schedule->n, (unsigned long long)run->progress->n_samples,
	       path, path);
}

/* Prices belong into the run: the times of primitives here and now. */
static enum gb_exit calibrate(struct gb_run *run, const struct request *r)
{
	struct gb_failure f = {0};
	char note[320];

	if (gb_carry_calibration(run->jobs, r->calibration, run->results->path, note, sizeof note,
				 &f) < 0) {
		snprintf(run->why, sizeof run->why, "%.600s", f.text);
		return f.status;
	}
	if (note[0] != '\0')
		fprintf(stderr, "groupbench run: %s\n", note);
	return GB_EXIT_DONE;
}

/* The turns, with a manifest before and after: the folder is valid in between. */
static enum gb_exit measure(struct gb_run *run, const struct request *r, json_t *manifest)
{
	struct gb_results *results = run->results;
	enum gb_exit status = gb_results_manifest(results, manifest), last;

	if (status != GB_EXIT_DONE) {
		fprintf(stderr, "groupbench run: %s\n", results->why);
		return status;
	}
	run->not_measured = json_object_get(manifest, "not_measured");
	status = calibrate(run, r);
	if (status == GB_EXIT_DONE)
		status = gb_run_turns(run);
	end_manifest(manifest, run, status);
	last = gb_results_manifest(results, manifest);
	if (status == GB_EXIT_DONE && last != GB_EXIT_DONE) {
		snprintf(run->why, sizeof run->why, "%s", results->why);
		status = last;
	}
	say_end(run, status);
	return status;
}

static void say_begin(const struct gb_scenario *s, const struct gb_run *run)
{
	fprintf(stderr, "groupbench %s", gb_environment_revision());
	for (size_t i = 0; i < s->n_backends; i++)
		fprintf(stderr, "; %s", s->backends[i]->version());
	fprintf(stderr, "\n%s: %zu processes, seed %llu, into %s\n", s->name, run->schedule->n,
		(unsigned long long)s->seed, run->results->path);
}

/* A file of prices that is none is refused before there is a folder. */
static enum gb_exit check_calibration(const struct request *r)
{
	struct gb_failure f = {0};
	struct gb_prices prices;

	if (r->calibration == NULL || strcmp(r->calibration, "none") == 0 ||
	    gb_calibration_read(&prices, r->calibration, &f) == 0)
		return GB_EXIT_DONE;
	return (enum gb_exit)gb_report_failure(&f, "run");
}

static enum gb_exit run_jobs(const struct request *r, const struct gb_scenario *s,
			     const struct gb_jobs *jobs, json_t *manifest)
{
	struct gb_schedule schedule;
	struct gb_progress progress;
	struct gb_results results;
	struct gb_run run = {.jobs = jobs,
			     .schedule = &schedule,
			     .results = &results,
			     .progress = &progress,
			     .seed = s->seed,
			     .deadline_ns = r->deadline_ns};
	enum gb_exit status;

	status = check_calibration(r);
	if (status != GB_EXIT_DONE)
		return status;
	if (gb_schedule_make(&schedule, jobs, s->seed) != 0)
		return GB_EXIT_INTERNAL;
	status = gb_results_open(&results, r->out, s->name);
	if (status == GB_EXIT_DONE) {
		if (!r->is_quiet)
			say_begin(s, &run);
		gb_progress_open(&progress, r->is_quiet ? NULL : stderr, jobs, &schedule);
		status = measure(&run, r, manifest);
		gb_results_close(&results);
	} else {
		fprintf(stderr, "groupbench run: %s\n", results.why);
	}
	gb_schedule_free(&schedule);
	return status;
}

static int check_backends(const struct gb_scenario *s)
{
	char why[200];

	for (size_t i = 0; i < s->n_backends; i++) {
		if (gb_backend_check(s->backends[i], why, sizeof why) == 0)
			continue;
		fprintf(stderr, "groupbench run: backend %s %s\n", s->backends[i]->name, why);
		return GB_EXIT_INTERNAL;
	}
	return GB_EXIT_DONE;
}

static void say_unsupported(const struct gb_jobs *jobs)
{
	for (size_t i = 0; i < jobs->n_unsupported; i++) {
		const struct gb_unsupported *u = &jobs->unsupported[i];
		fprintf(stderr, "groupbench run: %s: %s = %s is not measured: %s\n",
			u->backend->name, gb_axes[u->axis].name, u->value, u->reason);
	}
}

static int run_main(const struct gb_command *self, int argc, char **argv)
{
	struct request request = {0};
	struct gb_scenario scenario;
	struct gb_jobs jobs = {0};
	json_t *manifest;
	char why[640];
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, set, &request);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	status = (int)gb_scenario_read(&scenario, argv[1], why, sizeof why);
	if (status != 0) {
		fprintf(stderr, "groupbench run: %s\n", why);
		return status;
	}
	status = gb_overrides_apply(&request.overrides, &scenario);
	if (status == 0)
		status = check_backends(&scenario);
	if (status == 0) {
		status = (int)gb_jobs_build(&jobs, &scenario, why, sizeof why);
		if (status != 0)
			fprintf(stderr, "groupbench run: %s\n", why);
	}
	if (status == 0) {
		say_unsupported(&jobs);
		manifest = begin_manifest(&scenario, &jobs, argv[1], argc, argv);
		status = (int)run_jobs(&request, &scenario, &jobs, manifest);
		json_decref(manifest);
	}
	gb_jobs_free(&jobs);
	gb_scenario_free(&scenario);
	return status;
}

const struct gb_command gb_command_run = {
	.name = "run",
	.operands = "SCENARIO",
	.min_operands = 1,
	.max_operands = 1,
	.sentence = "Measures what a scenario asks for, into a new folder.",
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.main = run_main,
};
