/* Was compiled for a table that has grown since. */
#define GB_PLUGIN_NAME "newer"
#include "tests/plugins/variant.h"

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->struct_size = sizeof *table + 64;
	return table;
}
