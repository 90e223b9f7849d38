#include "run/manifest.h"
#include "backends/plugins.h"
#include "run/environment.h"
#include "run/forecast.h"
#include "run/memory_of_run.h"
#include "run/noise.h"
#include <math.h>
#include <string.h>
#include <time.h>

static json_t *utc_now(void)
{
	char text[32];
	time_t t = time(NULL);
	struct tm utc;

	gmtime_r(&t, &utc);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

/* The file of a shared object; the command and all files of another process. */
static json_t *describe_plugin(const struct gb_backend *b)
{
	json_t *files = json_array();
	const char *file;

	if (gb_plugin_command(b) == NULL) {
		json_decref(files);
		return gb_environment_file(gb_plugin_file(b, 0));
	}
	for (size_t i = 0; (file = gb_plugin_file(b, i)) != NULL; i++)
		json_array_append_new(files, gb_environment_file(file));
	return json_pack("{s:s, s:o}", "command", gb_plugin_command(b), "files", files);
}

static json_t *describe_backends(const struct gb_scenario *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_backends; i++) {
		const struct gb_backend *b = s->backends[i];
		json_t *item = json_pack("{s:s, s:s}", "name", b->name, "version", b->version());
		if (gb_plugin_text(b) != NULL)
			json_object_set_new(item, "plugin", describe_plugin(b));
		json_array_append_new(list, item);
	}
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

static json_t *describe_expectations(const struct gb_scenario *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_expect; i++)
		json_array_append_new(list, json_string(s->expect[i]));
	return list;
}

json_t *gb_manifest_command(int argc, char **argv)
{
	json_t *command = json_array();

	json_array_append_new(command, json_string("groupbench"));
	for (int i = 0; i < argc; i++)
		json_array_append_new(command, json_string(argv[i]));
	return command;
}

json_t *gb_manifest_begin(const struct gb_scenario *s, const struct gb_jobs *jobs, const char *path,
			  json_t *command)
{
	json_t *manifest = json_object();

	json_object_set_new(manifest, "schema", json_integer(1));
	json_object_set_new(manifest, "status", json_string("running"));
	json_object_set_new(manifest, "started", utc_now());
	json_object_set_new(manifest, "command", command);
	json_object_set_new(manifest, "scenario",
			    json_pack("{s:s, s:s, s:s%}", "name", s->name, "path", path, "text",
				      s->text, s->text_len));
	if (s->n_expect > 0)
		json_object_set_new(manifest, "expect", describe_expectations(s));
	json_object_set_new(manifest, "seed", json_integer((json_int_t)s->seed));
	json_object_set_new(manifest, "backends", describe_backends(s));
	json_object_set_new(manifest, "build", gb_environment_build());
	json_object_set_new(manifest, "machine", gb_environment_machine());
	json_object_set_new(manifest, "not_measured", describe_unsupported(jobs));
	return manifest;
}

void gb_manifest_note_noise(json_t *manifest)
{
	struct gb_noise noise = gb_noise_measure(UINT64_C(500000000));

	json_object_set_new(manifest, "noise",
			    json_pack("{s:s, s:f, s:f, s:f, s:o}", "verdict",
				      gb_quiet_word(noise.verdict), "deviation", noise.deviation,
				      "spread", noise.spread, "cpu_over_wall", noise.cpu_over_wall,
				      "steal",
				      isnan(noise.steal) ? json_null() : json_real(noise.steal)));
}

/* How good the time left was that a complete run, not resumed, had announced after its first tenth.
 */
static void note_forecast(json_t *manifest, const struct gb_run *run)
{
	struct gb_forecast f;

	if (run->past == NULL && gb_forecast_after(run->progress, 0.1, &f))
		json_object_set_new(manifest, "forecast",
				    json_pack("{s:f, s:f, s:f}", "after_s", f.after_s, "whole_s",
					      f.whole_s, "took_s", f.took_s));
}

/* Of a run that went on only what this process saw is known. */
static void note_memory(json_t *manifest, const struct gb_run *run)
{
	struct gb_memory m = gb_memory_of_run(run->progress);

	if (run->past == NULL && m.process_bytes > 0)
		json_object_set_new(manifest, "memory",
				    json_pack("{s:I, s:I, s:I, s:I, s:I}", "process_bytes",
					      (json_int_t)m.process_bytes, "together_bytes",
					      (json_int_t)m.together_bytes, "stock_bytes",
					      (json_int_t)m.stock_bytes, "parent_bytes",
					      (json_int_t)m.parent_bytes, "bound_bytes",
					      (json_int_t)gb_memory_bound(&m)));
}

void gb_manifest_end(json_t *manifest, const struct gb_run *run, enum gb_exit status)
{
	json_t *machine = gb_environment_machine();

	json_object_set_new(manifest, "status",
			    json_string(status == GB_EXIT_DONE          ? "complete"
					: status == GB_EXIT_INTERRUPTED ? "interrupted"
									: "failed"));
	json_object_set_new(manifest, "reason", json_string(run->why));
	json_object_set_new(manifest, "ended", utc_now());
	json_object_set(manifest, "load_at_end", json_object_get(machine, "load"));
	json_decref(machine);
	json_object_set_new(manifest, "processes",
			    json_pack("{s:I, s:I}", "planned", (json_int_t)run->schedule->n, "done",
				      (json_int_t)run->n_turns_done));
	json_object_set_new(manifest, "samples",
			    json_integer((json_int_t)run->progress->n_samples));
	if (status == GB_EXIT_DONE)
		note_forecast(manifest, run);
	note_memory(manifest, run);
	json_object_set_new(manifest, "clock_cost_ns",
			    json_pack("{s:I, s:I}", "cpu", (json_int_t)run->clock.cpu_ns, "wall",
				      (json_int_t)run->clock.wall_ns));
}

static enum gb_exit refuse(enum gb_exit status, char *why, size_t why_len, const char *folder,
			   const char *what)
{
	snprintf(why, why_len, "%.400s/manifest.json: %.200s", folder, what);
	return status;
}

enum gb_exit gb_manifest_read(json_t **manifest, const char *folder, char *why, size_t why_len)
{
	char path[600];
	json_error_t error;
	const char *status;

	snprintf(path, sizeof path, "%.500s/manifest.json", folder);
	*manifest = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (*manifest == NULL)
		return refuse(json_error_code(&error) == json_error_cannot_open_file
				      ? GB_EXIT_IO
				      : GB_EXIT_INPUT,
			      why, why_len, folder, error.text);
	status = json_string_value(json_object_get(*manifest, "status"));
	if (json_integer_value(json_object_get(*manifest, "schema")) == 1 && status != NULL &&
	    strcmp(status, "complete") != 0)
		return GB_EXIT_DONE;
	json_decref(*manifest);
	*manifest = NULL;
	return refuse(GB_EXIT_INPUT, why, why_len, folder,
		      status != NULL ? "found a run that is complete, wanted one that is not"
				     : "found no manifest of schema 1, wanted that of a run");
}

/* What must be the same before and after; of an object only the named member. */
static const struct {
	const char *key, *member, *is;
} same[] = {
	{"scenario", "text", "scenario"}, {"seed", NULL, "seed"},
	{"build", NULL, "program"},       {"backends", NULL, "version or file of a backend"},
	{"machine", "cpu", "processor"},
};

enum gb_exit gb_manifest_resume(json_t *earlier, const json_t *now, size_t turns_done, char *why,
				size_t why_len)
{
	json_t *resumed = json_object_get(earlier, "resumed");

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		const json_t *was = json_object_get(earlier, same[i].key),
			     *is = json_object_get(now, same[i].key);
		if (same[i].member != NULL) {
			was = json_object_get(was, same[i].member);
			is = json_object_get(is, same[i].member);
		}
		if (json_equal(was, is))
			continue;
		snprintf(why, why_len,
			 "found another %s than the run began with, wanted the same; see %s in its "
			 "manifest.json",
			 same[i].is, same[i].key);
		return GB_EXIT_INPUT;
	}
	if (!json_is_array(resumed)) {
		resumed = json_array();
		json_object_set_new(earlier, "resumed", resumed);
	}
	json_array_append_new(resumed, json_pack("{s:o, s:I}", "at", utc_now(), "processes_done",
						 (json_int_t)turns_done));
	json_object_set_new(earlier, "status", json_string("running"));
	return GB_EXIT_DONE;
}
