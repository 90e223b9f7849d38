#include "run/plugin_option.h"
#include "backends/plugins.h"

int gb_option_plugin(const char *command, const char *file)
{
	char why[900];
	enum gb_exit status = gb_plugin_load(file, why, sizeof why);

	if (status != GB_EXIT_DONE)
		fprintf(stderr, "groupbench%s%s: --plugin: %s\n", command[0] != '\0' ? " " : "",
			command, why);
	return (int)status;
}

int gb_set_plugin(void *context, const struct gb_option *option, const char *value)
{
	(void)context;
	(void)option;
	return gb_option_plugin("", value);
}
