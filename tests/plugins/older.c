/* Was compiled when the table ended behind `digest`; what follows must not be read. */
#define GB_PLUGIN_NAME "older"
#include "tests/plugins/variant.h"

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();
	unsigned char *end = (unsigned char *)table + offsetof(struct gb_backend, checkpoint);

	table->struct_size = offsetof(struct gb_backend, checkpoint);
	memset(end, 0xee, sizeof *table - table->struct_size);
	return table;
}
