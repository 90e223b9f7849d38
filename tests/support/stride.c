#include "stride.h"

#include <stdlib.h>

size_t test_stride(size_t wide)
{
	return getenv("GB_MEMCHECK") != NULL ? wide : 1;
}
