#ifndef GB_RUN_MEMORY_OF_RUN_H
#define GB_RUN_MEMORY_OF_RUN_H
#include "run/progress.h"

/*
 * What the processes of a run had of the memory: docs/results.md. All are 0 when the system did not
 * say.
 */
struct gb_memory {
	uint64_t process_bytes;  /* the largest one */
	uint64_t together_bytes; /* the largest sum of those that were at work at the same time,
				  * each counted with its peak for as long as it ran */
	uint64_t stock_bytes;    /* what they prepared once for all of them (backends/stock.h) */
	uint64_t parent_bytes;   /* this process */
};

/* Of the turns that have ended. */
struct gb_memory gb_memory_of_run(const struct gb_progress *p);

/* What the run cannot have exceeded: the sum of all but the first. A page of the stock counts once
 * for the stock, and once for each process that has looked at it. */
uint64_t gb_memory_bound(const struct gb_memory *m);
#endif
