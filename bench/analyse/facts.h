#ifndef GB_ANALYSE_FACTS_H
#define GB_ANALYSE_FACTS_H
#include "analyse/selection.h"

/* What stands below the title of each figure, for gnuplot to read. */
struct gb_facts {
	char machine[240];  /* processor, date, number of processes */
	char versions[480]; /* program and libraries */
};

/*
 * From RUN/manifest.json at `path`, and from the summary. A fact that the manifest lacks is left
 * out. 0, or -1 with *f set: GB_EXIT_IO, or GB_EXIT_INPUT for what is not JSON.
 */
int gb_facts_read(struct gb_facts *facts, const char *path, const struct gb_summary *summary,
		  const struct gb_held *held, struct gb_failure *f);

#endif
