#include "backends/backends.h"

/* In a file of its own, so that tests can link the program with another list. */
const struct gb_backend *const gb_backends[] = {
	&gb_backend_mls,
	&gb_backend_null,
	&gb_backend_megolm,
	NULL,
};
