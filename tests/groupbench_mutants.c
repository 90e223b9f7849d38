/* The backends of a groupbench in which mutants can be measured: tests/test_oracle.sh. */
#include "mutants.h"

#define ENTRY(base, mutation, promise) &mutants[MUTANT_##base##_##mutation].backend,

const struct gb_backend *const gb_backends[] = {
	&gb_backend_null,
	&gb_backend_mls,
	&gb_backend_megolm,
	MUTANTS(ENTRY) NULL,
};
