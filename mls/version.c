#include "mls.h"

/* MLS_VERSION comes from the Makefile. */
const char *mls_version(void)
{
	return MLS_VERSION;
}
