/* Calls itself what a built-in backend is called. */
#define GB_PLUGIN_NAME "null"
#include "tests/plugins/variant.h"

const struct gb_backend *groupbench_backend(void)
{
	return variant();
}
