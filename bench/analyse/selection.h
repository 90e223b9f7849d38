#ifndef GB_ANALYSE_SELECTION_H
#define GB_ANALYSE_SELECTION_H
#include "analyse/summary.h"

#include <stdbool.h>

/*
 * Which rows of a summary a figure takes. An axis that a figure does not show is held at one
 * value for the whole run: its default, or the first value measured if the default was not.
 */
struct gb_held {
	const char *value[GB_AXES]; /* "" when no row has a value; static or in the summary */
	bool has_others[GB_AXES];   /* the run has more values than this one */
};

void gb_hold_axes(const struct gb_summary *summary, struct gb_held *held);

struct gb_query {
	const char *backend; /* NULL: any */
	const char *operation;
	const char *k; /* NULL: any */
	const char *role;
	const char *phase;
	unsigned long free_axes;    /* bit 1 << enum gb_axis_id: any value */
	const char *fixed[GB_AXES]; /* NULL: as held; a row without a value always matches */
};

bool gb_query_matches(const struct gb_query *query, const struct gb_held *held,
		      const struct gb_summary_row *row);

#define GB_FREE(axis) (1ul << (axis))

#endif
