#include "run/heap.h"
#include <malloc.h>
#include <stdlib.h>

/* No cache has blocks of this size, and freeing it alone is nothing to tidy up for. */
enum { BLOCK = 60000, SORTED_AT_ONCE = 10000 };

void gb_heap_settle(void)
{
	const struct mallinfo2 heap = mallinfo2();
	const size_t n_free = heap.ordblks + heap.smblks;

	for (size_t i = 0; i <= n_free / SORTED_AT_ONCE; i++) {
		void *volatile block = malloc(BLOCK); /* volatile: not left out */

		free(block);
	}
}
