/* Measures what it should, and then does not let its process end. */
#define GB_PLUGIN_NAME "lingers"
#include "tests/plugins/variant.h"
#include <stdbool.h>
#include <unistd.h>

static bool has_measured;

static enum gb_status rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	has_measured = true;
	return gb_backend_null.rekey(w, device, out);
}

__attribute__((destructor)) static void linger(void)
{
	while (has_measured)
		pause();
}

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->rekey = rekey;
	return table;
}
