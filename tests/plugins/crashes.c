/* Dies while it is timed. */
#define GB_PLUGIN_NAME "crashes"
#include "tests/plugins/variant.h"

static enum gb_status crash(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w;
	(void)device;
	(void)out;
	abort();
}

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->rekey = crash;
	return table;
}
