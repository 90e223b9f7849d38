#ifndef TESTS_PLUGINS_VARIANT_H
#define TESTS_PLUGINS_VARIANT_H
/* The null backend under the name GB_PLUGIN_NAME, to be broken in one point. */
#include "bench/backends/null.c"

static struct gb_backend *variant(void)
{
	static struct gb_backend table;

	table = gb_backend_null;
	table.name = GB_PLUGIN_NAME;
	return &table;
}
#endif
