/* Says that it has done what it has not. */
#define GB_PLUGIN_NAME "lies"
#include "tests/plugins/variant.h"

static enum gb_status lie(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w;
	(void)device;
	(void)out;
	return GB_OK;
}

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->rekey = lie;
	return table;
}
