#ifndef GB_RUN_HEAP_H
#define GB_RUN_HEAP_H

/*
 * Sorts what the process has freed. The C library leaves freed blocks in a list that the next call
 * of malloc which is not served from a cache sorts into bins, ten thousand at a time: after a state
 * of 100,000 members was dropped, this would be 30 ms of an operation that takes one. Gives no
 * memory back to the system, which the next sample would have to ask for again.
 */
void gb_heap_settle(void);
#endif
