#include "memory.h"

#include <stdlib.h>

static _Thread_local uint64_t n_calls;

void *mls_malloc(size_t size)
{
	n_calls++;
	return malloc(size);
}

void *mls_calloc(size_t n, size_t size)
{
	n_calls++;
	return calloc(n, size);
}

void mls_allocations_add(uint64_t n)
{
	n_calls += n;
}

uint64_t mls_allocations(void)
{
	return n_calls;
}
