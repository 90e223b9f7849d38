#include "run/overrides.h"
#include "backends/backends.h"
#include "run/commands.h"
#include <stdlib.h>
#include <string.h>

int gb_overrides_refuse(const char *option, const char *found, const char *wanted)
{
	return gb_options_refuse(&gb_command_run, option, found, wanted);
}

static int replace_backends(struct gb_scenario *s, const char *list)
{
	s->n_backends = 0;
	for (const char *p = list;; p++) {
		size_t len = strcspn(p, ",");
		const struct gb_backend *b = gb_backend_find(p, len);
		if (b == NULL || s->n_backends == GB_MAX_BACKENDS)
			return gb_overrides_refuse("backend", list,
						   "names of backends with commas between");
		s->backends[s->n_backends++] = b;
		p += len;
		if (*p == '\0')
			return 0;
	}
}

static int replace_sizes(struct gb_scenario *s, const char *ranges)
{
	struct gb_values values = {0};
	char wanted[GB_WANTED_BYTES];
	int status = 0;

	if (gb_parse_ranges(ranges, 2, 1000000, &values, wanted) != 0)
		status = gb_overrides_refuse("size", ranges, wanted);
	else if (gb_scenario_set_axis(s, GB_AXIS_size, &values) != 0)
		status = GB_EXIT_INTERNAL;
	gb_values_free(&values);
	return status;
}

/* Sizes above `most` become `most`, once. */
static int limit_sizes(struct gb_scenario *s, uint32_t most)
{
	const struct gb_axis_values *sizes = &s->axes[GB_AXIS_size];
	struct gb_values values = {.v = calloc(sizes->n, sizeof(*values.v))};
	bool has_most = false;
	int status = GB_EXIT_INTERNAL;

	if (values.v == NULL)
		return GB_EXIT_INTERNAL;
	for (size_t i = 0; i < sizes->n; i++) {
		uint32_t size = (uint32_t)strtoul(sizes->v[i], NULL, 10);
		if (size >= most && has_most)
			continue;
		has_most |= size >= most;
		values.v[values.n++] = size < most ? size : most;
	}
	if (gb_scenario_set_axis(s, GB_AXIS_size, &values) == 0)
		status = GB_EXIT_DONE;
	gb_values_free(&values);
	return status;
}

int gb_overrides_apply(const struct gb_overrides *o, struct gb_scenario *s)
{
	uint32_t most = o->is_quick ? GB_QUICK_SIZE : UINT32_MAX;
	int status = GB_EXIT_DONE;

	if (o->is_quick)
		s->sampling.processes = s->sampling.min = s->sampling.max = 1;
	if (o->processes != 0) {
		s->sampling.processes = (uint32_t)o->processes;
		s->sampling.single_above = 0;
	}
	if (o->budget_ns != 0)
		s->sampling.budget_ns = o->budget_ns;
	if (o->seed != 0)
		s->seed = o->seed;
	if (o->max_size != 0)
		most = (uint32_t)o->max_size;
	if (o->backends != NULL)
		status = replace_backends(s, o->backends);
	if (status == GB_EXIT_DONE && o->sizes != NULL)
		status = replace_sizes(s, o->sizes);
	if (status == GB_EXIT_DONE && most < s->largest_size)
		status = limit_sizes(s, most);
	return status;
}
