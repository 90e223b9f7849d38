/* Takes 5 ms of the processor for each rekey of a world of 20 devices or more. */
#define GB_PLUGIN_NAME "slows"
#include "tests/plugins/variant.h"
#include <time.h>

enum { SLOW_FROM = 20, BURN_NS = 5000000 };

static long long spent_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static enum gb_status rekey_slowly(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	long long until = spent_ns() + BURN_NS;

	while (w->capacity >= SLOW_FROM && spent_ns() < until) {
	}
	return gb_backend_null.rekey(w, device, out);
}

const struct gb_backend *groupbench_backend(void)
{
	struct gb_backend *table = variant();

	table->rekey = rekey_slowly;
	return table;
}
