#include "analyse/facts.h"

#include "analyse/drawing.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Appends "separator text" to a line, as far as there is room. */
static void append(char *line, size_t size, const char *text)
{
	size_t len = strlen(line);

	snprintf(line + len, size - len, "%s%s", len > 0 ? " · " : "", text);
}

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void add_processor(const json_t *machine, char *line, size_t size)
{
	const char *cpu = text_at(machine, "cpu");
	json_int_t n = json_integer_value(json_object_get(machine, "cpus"));
	char text[40];

	if (*cpu != '\0')
		append(line, size, cpu);
	snprintf(text, sizeof(text), "%lld CPU%s", (long long)n, n > 1 ? "s" : "");
	if (n > 0)
		append(line, size, text);
}

static void add_date(const json_t *manifest, char *line, size_t size)
{
	char date[11];

	snprintf(date, sizeof(date), "%s", text_at(manifest, "started"));
	if (*date != '\0')
		append(line, size, date);
	if (strcmp(text_at(manifest, "status"), "complete") != 0)
		append(line, size, "incomplete run");
}

static void add_processes(const struct gb_summary *summary, char *line, size_t size)
{
	double least = INFINITY, most = 0;
	char text[80];

	for (size_t i = 0; i < summary->n; i++) {
		double n = summary->rows[i].n_processes;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	if (most <= 0 || least > most)
		return;
	if (least < most)
		snprintf(text, sizeof(text), "median of %.0f to %.0f processes", least, most);
	else
		snprintf(text, sizeof(text), "median of %.0f process%s", most,
			 most > 1 ? "es" : "");
	append(line, size, text);
}

/* An axis that has one value in the whole run, and not its default, is part of what was measured.
 * Of an axis with several each figure says for itself which are drawn. */
static void add_held(const struct gb_held *held, char *line, size_t size)
{
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		char text[80];

		if (axis == GB_AXIS_size || axis == GB_AXIS_tree || axis == GB_AXIS_olm ||
		    *held->value[axis] == '\0' || held->has_others[axis] ||
		    strcmp(held->value[axis], gb_axes[axis].default_value) == 0)
			continue;
		snprintf(text, sizeof(text), "%s %.40s", gb_axes[axis].name, held->value[axis]);
		append(line, size, text);
	}
}

static void add_versions(const json_t *manifest, char *line, size_t size)
{
	const json_t *backends = json_object_get(manifest, "backends");
	const char *revision = text_at(json_object_get(manifest, "build"), "revision");
	char text[80];

	if (*revision != '\0') {
		snprintf(text, sizeof(text), "groupbench %.40s", revision);
		append(line, size, text);
	}
	for (size_t i = 0; i < json_array_size(backends); i++) {
		append(line, size, text_at(json_array_get(backends, i), "version"));
	}
}

int gb_facts_read(struct gb_facts *facts, const char *path, const struct gb_summary *summary,
		  const struct gb_held *held, struct gb_failure *f)
{
	FILE *file = fopen(path, "r");
	json_error_t error;
	json_t *manifest;

	*facts = (struct gb_facts){0};
	if (!file)
		return gb_fail_io(f, "cannot read", path);
	manifest = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (!manifest)
		return gb_fail(f, GB_EXIT_INPUT, "%s:%d:%d: %s", path, error.line, error.column,
			       error.text);
	add_processor(json_object_get(manifest, "machine"), facts->machine, sizeof(facts->machine));
	add_date(manifest, facts->machine, sizeof(facts->machine));
	add_processes(summary, facts->machine, sizeof(facts->machine));
	add_held(held, facts->machine, sizeof(facts->machine));
	add_versions(manifest, facts->versions, sizeof(facts->versions));
	json_decref(manifest);
	gb_gnuplot_text(facts->machine);
	gb_gnuplot_text(facts->versions);
	return 0;
}
