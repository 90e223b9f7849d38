/* Never comes back. */
#define GB_PLUGIN_NAME "hangs"
#include "tests/plugins/variant.h"
#include <unistd.h>

static enum gb_status hang(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w;
	(void)device;
	(void)out;
	while (pause() != 0)
		continue;
	return GB_OK;
}

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->rekey = hang;
	return table;
}
