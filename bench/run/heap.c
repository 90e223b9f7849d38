#include "run/heap.h"
#include <stdlib.h>

#include "run/clock.h"

/*
 * No cache has blocks of this size, and freeing it alone is nothing to tidy up for. A call that
 * sorts as many blocks as one call will takes some 100 us, one that finds nothing to sort less than
 * one.
 */
enum { BLOCK = 60000, NOTHING_SORTED_NS = 20000, MOST_CALLS = 10000 };

/* How long a call takes is all there is to go by: mallinfo2 walks over all that is free, which
 * then fills the processor's caches instead of what the next sample will read. */
void gb_heap_settle(void)
{
	for (int i = 0; i < MOST_CALLS; i++) {
		struct gb_instant start = gb_clock_start(GB_CPU_OF_THREAD);
		void *volatile block = malloc(BLOCK); /* volatile: not left out */

		free(block);
		if (gb_clock_stop(start, GB_CPU_OF_THREAD).cpu_ns < NOTHING_SORTED_NS)
			return;
	}
}
