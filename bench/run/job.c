#include "run/job.h"
#include "backends/backends.h"
#include "backends/plugins.h"
#include <stdio.h>
#include <string.h>

/* How a worker finds the backend: by its name, or as the plugin that it is. */
static json_t *plugin_to_json(const struct gb_job *job)
{
	const char *text = gb_plugin_text(job->backend);

	return text != NULL ? json_string(text) : json_null();
}

static json_t *tasks_to_json(const struct gb_job *job)
{
	json_t *list = json_array();

	for (size_t i = 0; i < job->n_tasks; i++) {
		const struct gb_task *t = &job->tasks[i];
		const struct gb_task_past *past = &job->past[i];
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:I, s:b}", "operation",
					gb_operations[t->operation].name, "k", (json_int_t)t->k,
					"payload", (json_int_t)t->payload, "n_samples",
					(json_int_t)past->n_samples, "is_done", past->is_done));
	}
	return list;
}

json_t *gb_job_to_json(const struct gb_job *job)
{
	json_t *axes = json_object();

	for (unsigned i = 0; i < GB_AXES; i++)
		json_object_set_new(axes, gb_axes[i].name, json_string(job->axis[i]));
	return json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I}",
			 "backend", job->backend->name, "plugin", plugin_to_json(job), "axes", axes,
			 "size", (json_int_t)job->size, "senders", (json_int_t)job->senders,
			 "tasks", tasks_to_json(job), "processes",
			 (json_int_t)job->sampling.processes, "most_pairs",
			 (json_int_t)job->sampling.most_pairs, "min", (json_int_t)job->sampling.min,
			 "max", (json_int_t)job->sampling.max, "until_ci", job->sampling.until_ci,
			 "budget_ns", (json_int_t)job->sampling.budget_ns, "seed",
			 (json_int_t)job->seed, "process", (json_int_t)job->process);
}

static int refuse(char *why, size_t why_len, const char *what)
{
	snprintf(why, why_len, "a job with %s", what);
	return -1;
}

static int read_tasks(struct gb_job *job, const json_t *list)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) > GB_MAX_TASKS)
		return -1;
	json_array_foreach(list, i, item)
	{
		struct gb_task *t = &job->tasks[i];
		const char *name;
		json_int_t k, payload, n_samples;
		int is_done;
		if (json_unpack((json_t *)(uintptr_t)item, "{s:s, s:I, s:I, s:I, s:b}", "operation",
				&name, "k", &k, "payload", &payload, "n_samples", &n_samples,
				"is_done", &is_done) != 0)
			return -1;
		t->operation = gb_operation_find(name, strlen(name));
		if (t->operation == GB_OPERATIONS || k < 0 || k > UINT32_MAX || payload < 0 ||
		    payload > UINT32_MAX || n_samples < 0 || n_samples > UINT32_MAX)
			return -1;
		t->k = (uint32_t)k;
		t->payload = (uint32_t)payload;
		job->past[i] = (struct gb_task_past){(uint32_t)n_samples, is_done};
	}
	job->n_tasks = json_array_size(list);
	return 0;
}

static int read_axes(struct gb_job *job, const json_t *axes)
{
	for (unsigned i = 0; i < GB_AXES; i++) {
		const char *value = json_string_value(json_object_get(axes, gb_axes[i].name));
		if (value == NULL || strlen(value) >= GB_AXIS_VALUE_BYTES)
			return -1;
		snprintf(job->axis[i], GB_AXIS_VALUE_BYTES, "%s", value);
	}
	return 0;
}

/* A member of the object that is a number from 0 to `most`. */
static int read_number(const json_t *json, const char *name, uint64_t most, uint64_t *out)
{
	const json_t *value = json_object_get(json, name);

	if (!json_is_integer(value) || (uint64_t)json_integer_value(value) > most)
		return -1;
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

static int read_numbers(struct gb_job *job, const json_t *json)
{
	static const char *const names[] = {"size", "senders", "processes", "most_pairs",
					    "min",  "max",     "process"};
	uint32_t *const to[] = {&job->size,
				&job->senders,
				&job->sampling.processes,
				&job->sampling.most_pairs,
				&job->sampling.min,
				&job->sampling.max,
				&job->process};
	uint64_t number;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (read_number(json, names[i], UINT32_MAX, &number) != 0)
			return -1;
		*to[i] = (uint32_t)number;
	}
	job->sampling.until_ci = json_real_value(json_object_get(json, "until_ci"));
	return read_number(json, "budget_ns", UINT64_MAX, &job->sampling.budget_ns) |
	       read_number(json, "seed", UINT64_MAX, &job->seed);
}

int gb_job_from_json(struct gb_job *job, const json_t *json, char *why, size_t why_len)
{
	const char *backend = json_string_value(json_object_get(json, "backend"));
	const char *plugin = json_string_value(json_object_get(json, "plugin"));

	*job = (struct gb_job){0};
	if (plugin != NULL && gb_plugin_load(plugin, why, why_len) != GB_EXIT_DONE)
		return -1;
	if (backend == NULL)
		return refuse(why, why_len, "no backend");
	job->backend = gb_backend_find(backend, strlen(backend));
	if (job->backend == NULL)
		return refuse(why, why_len, "an unknown backend");
	if (read_axes(job, json_object_get(json, "axes")) != 0)
		return refuse(why, why_len, "an axis that is not text");
	if (read_tasks(job, json_object_get(json, "tasks")) != 0)
		return refuse(why, why_len, "a task that is not one");
	if (read_numbers(job, json) != 0)
		return refuse(why, why_len, "a number missing or out of range");
	return 0;
}
