#ifndef GB_RUN_PLUGIN_OPTION_H
#define GB_RUN_PLUGIN_OPTION_H
#include "options.h"

/* The option --plugin, of every command that knows backends: a row for its table. */
#define GB_PLUGIN_OPTION                                                                           \
	{                                                                                          \
		"plugin", 0, "WHAT",                                                               \
			"a further backend, several times: FILE.so, or a command that answers",    \
			NULL                                                                       \
	}

/* Loads the plugin; an enum gb_exit, its reason said on standard error. */
int gb_option_plugin(const char *command, const char *file);

/* For gb_options_parse, of commands that have this option and no other; context is unused. */
int gb_set_plugin(void *context, const struct gb_option *option, const char *value);
#endif
