#ifndef GB_RUN_OVERRIDES_H
#define GB_RUN_OVERRIDES_H
#include "run/scenario.h"

/*
 * What the command line of `groupbench run` changes about a scenario. A null pointer or 0
 * stands for what was not given.
 */
struct gb_overrides {
	const char *backends, *sizes;
	uint64_t max_size, processes, budget_ns, seed;
	bool is_quick; /* groups of at most GB_QUICK_SIZE, one process and one sample a cell */
};

#define GB_QUICK_SIZE 30u

/* GB_EXIT_DONE; GB_EXIT_USAGE after a line on stderr; GB_EXIT_INTERNAL without memory. */
int gb_overrides_apply(const struct gb_overrides *o, struct gb_scenario *s);

/* Refuses the value of an option in one line on stderr. */
int gb_overrides_refuse(const char *option, const char *found, const char *wanted);
#endif
