#include "backends/backends.h"
#include "exit_status.h"
#include "run/commands.h"
#include "run/plugin_option.h"
#include "run/scenario.h"
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const struct gb_option options[] = {GB_PLUGIN_OPTION};

static void list_backends(void)
{
	const struct gb_backend *b;

	printf("backends\n");
	for (size_t i = 0; (b = gb_backend_at(i)) != NULL; i++)
		printf("  %-24s %s; up to %u members\n", b->name, b->version(), b->max_size);
}

static void list_operations(void)
{
	printf("operations\n");
	for (unsigned i = 0; i < GB_OPERATIONS; i++) {
		char name[64];
		snprintf(name, sizeof name, gb_operations[i].takes_k ? "{ %s: K }" : "%s",
			 gb_operations[i].name);
		printf("  %-32s %s\n", name, gb_operations[i].sentence);
	}
}

static void list_axes(void)
{
	printf("axes\n");
	for (unsigned i = 0; i < GB_AXES; i++) {
		const struct gb_axis_spec *a = &gb_axes[i];
		const char *range = a->type == GB_AXIS_YESNO ? "yes no" : a->range;
		printf("  %-18s %-34s %s", a->name, range, a->sentence);
		if (a->default_value[0] != '\0')
			printf("; default %s%s%s", a->default_value, a->unit[0] ? " " : "",
			       a->unit);
		if (strcmp(a->operations, "all") != 0)
			printf("; %s", a->operations);
		printf("\n");
	}
}

/* The scenarios of the current folder, each with the question it answers. */
static void list_scenarios(void)
{
	glob_t found;

	printf("scenarios\n");
	if (glob("scenarios/*.yaml", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char question[200], why[640];
		struct gb_scenario s;
		if (gb_scenario_read(&s, found.gl_pathv[i], why, sizeof why) != GB_EXIT_DONE) {
			printf("  %s\n", why);
			continue;
		}
		gb_scenario_question(s.text, question, sizeof question);
		printf("  %-32s %s\n", found.gl_pathv[i], question);
		gb_scenario_free(&s);
	}
	globfree(&found);
}

static int list_main(const struct gb_command *self, int argc, char **argv)
{
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, gb_set_plugin, NULL);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	list_backends();
	list_operations();
	list_axes();
	printf("keys of a scenario\n");
	gb_scenario_describe_keys(stdout);
	list_scenarios();
	return GB_EXIT_DONE;
}

const struct gb_command gb_command_list = {
	.name = "list",
	.operands = "",
	.sentence = "Prints backends, operations, axes, keys and scenarios.",
	.options = options,
	.n_options = sizeof options / sizeof options[0],
	.main = list_main,
};
