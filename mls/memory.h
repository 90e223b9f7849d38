#ifndef MLS_MEMORY_H
#define MLS_MEMORY_H
#include <stddef.h>
#include <stdint.h>

/*
 * Every allocation of the library that is not its cryptographic library's, counted for each
 * thread: work that the primitives do not show. free() releases what these return.
 */
void *mls_malloc(size_t size);
void *mls_calloc(size_t n, size_t size);

/* Calls of the two in this thread since it began, and in those that worked for it. */
uint64_t mls_allocations(void);
void mls_allocations_add(uint64_t n);
#endif
