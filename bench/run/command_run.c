#include "analyse/calibration.h"
#include "backends/backends.h"
#include "exit_status.h"
#include "prices/carry.h"
#include "run/commands.h"
#include "run/environment.h"
#include "run/forecast.h"
#include "run/manifest.h"
#include "run/memory_of_run.h"
#include "run/overrides.h"
#include "run/plugin_option.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct gb_option options[] = {
	{"resume", 0, "DIR", "go on with the run in this folder, which was interrupted", NULL},
	{"out", 'o', "DIR", "folder of the run; default results/runs/NAME-UTC-REVISION", NULL},
	{"backend", 'b', "LIST", "measure these backends instead of the scenario's", "mls megolm"},
	GB_PLUGIN_OPTION,
	{"size", 's', "RANGES", "group sizes instead of the scenario's: 2..10,20..100/10", ""},
	{"max-size", 0, "N", "no larger groups: greater sizes become N", ""},
	{"quick", 0, NULL, "only see that it runs: at most 30 members, one process, one sample",
	 NULL},
	{"processes", 'p', "N", "repetitions of each cell, each in a new process", ""},
	{"jobs", 'j', "N", "processes at a time, at most 8; default 1", ""},
	{"budget", 0, "TIME", "time for the samples of a cell in a process: 50ms, 3s", ""},
	{"seed", 0, "N", "all randomness derives from it", ""},
	{"deadline", 0, "TIME", "longest silence of a worker; default by size and senders", ""},
	{"calibration", 'c', "FILE", "prices of primitives; default measured first; none: without",
	 NULL},
	{"quiet", 'q', NULL, "no progress", NULL},
};

/* The command line, as given; it is applied once the scenario is known. */
struct request {
	const char *scenario, *resume, *out, *calibration;
	struct gb_overrides overrides;
	uint64_t deadline_ns, n_jobs; /* 0: not given */
	bool is_quiet;
	json_t *command; /* for the manifest */
	json_t *earlier; /* the manifest of the run that goes on; NULL: a new run */
};

static int set(void *context, const struct gb_option *option, const char *value)
{
	struct request *r = context;
	struct gb_overrides *o = &r->overrides;
	char wanted[GB_WANTED_BYTES];
	int bad = 0;

	if (strcmp(option->name, "resume") == 0)
		r->resume = value;
	else if (strcmp(option->name, "plugin") == 0)
		return gb_option_plugin("run", value);
	else if (strcmp(option->name, "out") == 0)
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
	else if (strcmp(option->name, "jobs") == 0)
		bad = gb_parse_number(value, 1, GB_MOST_AT_A_TIME, &r->n_jobs, wanted);
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

/* Of a run that went on the processes before are not known. */
static void format_memory(char *out, size_t len, const struct gb_run *run)
{
	uint64_t bytes = gb_memory_of_run(run->progress).process_bytes;

	if (run->past != NULL || bytes == 0)
		snprintf(out, len, "%s", "");
	else if (bytes < 1000000000)
		snprintf(out, len, "; at most %.0f MB in one process", (double)bytes / 1e6);
	else
		snprintf(out, len, "; at most %.1f GB in one process", (double)bytes / 1e9);
}

/* Files that are no longer there are not named. */
static void say_end(const struct gb_run *run, enum gb_exit status, const char *memory)
{
	const char *path = run->results->path;
	bool is_there = gb_results_check(run->results) == GB_EXIT_DONE;

	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench run: %s\n", run->why);
	if (!is_there && strcmp(run->why, run->results->why) != 0)
		fprintf(stderr, "groupbench run: %s\n", run->results->why);
	printf("%zu of %zu processes, %llu samples, each verified%s\n", run->n_turns_done,
	       run->schedule->n, (unsigned long long)run->progress->n_samples, memory);
	if (is_there)
		printf("%s/samples.csv\n%s/manifest.json\n", path, path);
}

static bool has_calibration(const struct gb_run *run)
{
	char path[640];

	snprintf(path, sizeof path, "%s/%s", run->results->path, GB_CALIBRATION_FILE);
	return access(path, F_OK) == 0;
}

/* Prices belong into the run: the times of primitives here and now. */
static enum gb_exit calibrate(struct gb_run *run, const struct request *r, json_t *manifest)
{
	struct gb_failure f = {0};
	char note[800];

	if (r->earlier != NULL && has_calibration(run))
		return GB_EXIT_DONE;
	if (gb_carry_calibration(run->jobs, r->calibration, run->results->path, note, sizeof note,
				 &f) < 0) {
		snprintf(run->why, sizeof run->why, "%.600s", f.text);
		return f.status;
	}
	if (note[0] != '\0')
		fprintf(stderr, "groupbench run: %s\n", note);
	if (r->calibration == NULL && (note[0] != '\0' || has_calibration(run)))
		gb_manifest_note_noise(manifest);
	if (gb_results_manifest(run->results, manifest) == GB_EXIT_DONE)
		return GB_EXIT_DONE;
	snprintf(run->why, sizeof run->why, "%s", run->results->why);
	return GB_EXIT_IO;
}

/* Of a run that went on there is not all to tell. */
static enum gb_exit write_processes(struct gb_run *run)
{
	struct gb_failure f = {0};

	if (run->past != NULL || gb_forecast_write(run->progress, run->results->path, &f) == 0)
		return GB_EXIT_DONE;
	snprintf(run->why, sizeof run->why, "%.600s", f.text);
	return f.status;
}

/* The turns, with a manifest before and after: the folder is valid in between. */
static enum gb_exit measure(struct gb_run *run, const struct request *r, json_t *manifest)
{
	struct gb_results *results = run->results;
	enum gb_exit status = gb_results_manifest(results, manifest), last;
	char memory[64];

	if (status != GB_EXIT_DONE) {
		gb_progress_close(run->progress);
		fprintf(stderr, "groupbench run: %s\n", results->why);
		return status;
	}
	run->not_measured = json_object_get(manifest, "not_measured");
	status = calibrate(run, r, manifest);
	if (status == GB_EXIT_DONE)
		status = gb_run_turns(run);
	if (status == GB_EXIT_DONE)
		status = write_processes(run);
	gb_manifest_end(manifest, run, status);
	format_memory(memory, sizeof memory, run);
	gb_progress_close(run->progress);
	last = gb_results_manifest(results, manifest);
	if (status == GB_EXIT_DONE && last != GB_EXIT_DONE) {
		snprintf(run->why, sizeof run->why, "%s", results->why);
		status = last;
	}
	say_end(run, status, memory);
	return status;
}

static void say_begin(const struct gb_scenario *s, const struct gb_run *run)
{
	size_t n_done = run->past != NULL ? run->past->n_turns : 0;

	fprintf(stderr, "groupbench %s", gb_environment_revision());
	for (size_t i = 0; i < s->n_backends; i++)
		fprintf(stderr, "; %s", s->backends[i]->version());
	fprintf(stderr, "\n%s: %zu processes, seed %llu, into %s\n", s->name,
		run->schedule->n - n_done, (unsigned long long)s->seed, run->results->path);
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

static enum gb_exit begin(struct gb_run *run, const struct request *r, const char *name)
{
	enum gb_exit status = gb_results_open(run->results, r->out, name);

	if (status != GB_EXIT_DONE) {
		fprintf(stderr, "groupbench run: %s\n", run->results->why);
		return status;
	}
	status = gb_journal_create(run->journal, run->results->path, run->results->samples_bytes);
	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench run: %s\n", run->journal->why);
	return status;
}

static void note(void *context, size_t turn, const char *line)
{
	gb_run_note(context, turn, line);
}

/* What an earlier process has done goes to *past, which the run then leaves out. */
static enum gb_exit go_on(struct gb_run *run, struct gb_past *past, json_t *earlier,
			  const json_t *now, const char *folder)
{
	enum gb_exit status = gb_results_reopen(run->results, folder);
	const char *why = run->results->why;

	run->not_measured = json_object_get(now, "not_measured");
	if (status == GB_EXIT_DONE) {
		status = gb_journal_resume(run->journal, past, folder, run->results->samples_bytes,
					   note, run);
		why = run->journal->why;
	}
	if (status == GB_EXIT_DONE) {
		status = gb_manifest_resume(earlier, now, past->n_turns, run->why, sizeof run->why);
		why = run->why;
	}
	if (status == GB_EXIT_DONE && past->n_turns > run->schedule->n) {
		status = GB_EXIT_INPUT;
		why = "found a journal of more processes than the scenario has";
	}
	if (status == GB_EXIT_DONE) {
		status = gb_journal_cut(run->journal, past);
		why = run->journal->why;
	}
	if (status == GB_EXIT_DONE) {
		status = gb_results_cut(run->results, past->samples_bytes);
		why = run->results->why;
	}
	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench run: %s\n", why);
	json_object_set(earlier, "not_measured", run->not_measured);
	run->past = past;
	return status;
}

static enum gb_exit run_schedule(struct gb_run *run, const struct request *r,
				 const struct gb_scenario *s, json_t *manifest)
{
	struct gb_past past = {0};
	enum gb_exit status;

	if (r->earlier == NULL)
		status = begin(run, r, s->name);
	else
		status = go_on(run, &past, r->earlier, manifest, r->out);
	if (status != GB_EXIT_DONE)
		return status;
	if (!r->is_quiet)
		say_begin(s, run);
	gb_progress_open(run->progress, r->is_quiet ? NULL : stderr, run->jobs, run->schedule);
	run->progress->n_samples = past.n_samples;
	run->progress->n_jobs = run->n_jobs;
	return measure(run, r, r->earlier != NULL ? r->earlier : manifest);
}

static enum gb_exit run_jobs(const struct request *r, const struct gb_scenario *s,
			     const struct gb_jobs *jobs, json_t *manifest)
{
	struct gb_schedule schedule;
	struct gb_progress progress;
	struct gb_results results = {.samples_fd = -1};
	struct gb_journal journal = {.fd = -1};
	struct gb_run run = {.jobs = jobs,
			     .schedule = &schedule,
			     .results = &results,
			     .journal = &journal,
			     .progress = &progress,
			     .seed = s->seed,
			     .n_jobs = (uint32_t)r->n_jobs,
			     .deadline_ns = r->deadline_ns};
	enum gb_exit status;

	status = check_calibration(r);
	if (status != GB_EXIT_DONE)
		return status;
	if (gb_schedule_make(&schedule, jobs, s->seed) != 0)
		return GB_EXIT_INTERNAL;
	status = run_schedule(&run, r, s, manifest);
	gb_journal_close(&journal, status == GB_EXIT_DONE);
	gb_results_close(&results);
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

/* The options of the run that goes on, which its manifest has. */
static int parse_again(const struct gb_command *self, struct request *r, const json_t *command)
{
	size_t n = json_array_size(command), n_operands = 0;
	char **argv = calloc(n + 1, sizeof *argv);
	int status = argv != NULL && n >= 2 ? 0 : -1;

	for (size_t i = 1; status == 0 && i < n; i++) {
		const char *word = json_string_value(json_array_get(command, i));
		argv[i - 1] = (char *)(uintptr_t)word;
		status = word != NULL ? 0 : -1;
	}
	if (status == 0)
		status = gb_options_parse(self, (int)n - 1, argv, &n_operands, set, r);
	if (status == 0 && n_operands == 1)
		r->scenario = argv[1];
	free(argv);
	if (status == 0 && r->scenario != NULL && r->resume == NULL)
		return 0;
	fprintf(stderr, "groupbench run: %s/manifest.json: found no command line of a run\n",
		r->out);
	return GB_EXIT_INPUT;
}

static int parse_resume(const struct gb_command *self, struct request *r, size_t n_operands)
{
	const struct gb_overrides *o = &r->overrides;
	struct request again = {.out = r->resume, .command = r->command};
	char why[640];
	int status;

	if (n_operands != 0 || r->out != NULL || r->calibration != NULL || o->backends != NULL ||
	    o->sizes != NULL || o->is_quick ||
	    (o->max_size | o->processes | o->budget_ns | o->seed | r->n_jobs) != 0)
		return gb_overrides_refuse(
			"resume", r->resume,
			"it without scenario and options: those of the run hold");
	status = (int)gb_manifest_read(&again.earlier, r->resume, why, sizeof why);
	if (status != 0) {
		fprintf(stderr, "groupbench run: %s\n", why);
		return status;
	}
	status = parse_again(self, &again, json_object_get(again.earlier, "command"));
	again.out = r->resume;
	again.is_quiet = r->is_quiet;
	if (r->deadline_ns != 0)
		again.deadline_ns = r->deadline_ns;
	*r = again;
	return status;
}

static int parse(const struct gb_command *self, struct request *r, int argc, char **argv)
{
	size_t n_operands;
	int status = gb_options_parse(self, argc, argv, &n_operands, set, r);

	if (status != 0)
		return status;
	if (r->resume != NULL)
		return parse_resume(self, r, n_operands);
	if (n_operands == 1) {
		r->scenario = argv[1];
		return 0;
	}
	fprintf(stderr, "groupbench run: found 0 operands, wanted SCENARIO; see groupbench run "
			"--help\n");
	return GB_EXIT_USAGE;
}

/* From the scenario's text to the last sample. */
static int run_scenario(const struct request *r, struct gb_scenario *s)
{
	struct gb_jobs jobs = {0};
	json_t *manifest;
	char why[640];
	int status = gb_overrides_apply(&r->overrides, s);

	if (status == 0)
		status = check_backends(s);
	if (status != 0)
		return status;
	status = (int)gb_jobs_build(&jobs, s, why, sizeof why);
	if (status != 0) {
		fprintf(stderr, "groupbench run: %s\n", why);
		return status;
	}
	say_unsupported(&jobs);
	manifest = gb_manifest_begin(s, &jobs, r->scenario, json_incref(r->command));
	status = (int)run_jobs(r, s, &jobs, manifest);
	json_decref(manifest);
	gb_jobs_free(&jobs);
	return status;
}

static int run_main(const struct gb_command *self, int argc, char **argv)
{
	/* Parsing moves operands about: what was typed is kept before. */
	struct request request = {.command = gb_manifest_command(argc, argv)};
	struct gb_scenario scenario;
	char why[640];
	int status = parse(self, &request, argc, argv);

	if (status == 0) {
		status = (int)gb_scenario_read(&scenario, request.scenario, why, sizeof why);
		if (status != 0)
			fprintf(stderr, "groupbench run: %s\n", why);
		if (status == 0) {
			status = run_scenario(&request, &scenario);
			gb_scenario_free(&scenario);
		}
	}
	json_decref(request.command);
	json_decref(request.earlier);
	return status < 0 ? GB_EXIT_DONE : status;
}

const struct gb_command gb_command_run = {
	.name = "run",
	.operands = "SCENARIO",
	.min_operands = 0, /* with --resume */
	.max_operands = 1,
	.sentence = "Measures what a scenario asks for, into a new folder.",
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.main = run_main,
};
