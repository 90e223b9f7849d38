#ifndef GB_ANALYSE_GROUP_COST_H
#define GB_ANALYSE_GROUP_COST_H
#include "analyse/summary.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * What a change of the group costs all its members together: the CPU time of each measured role
 * times the number of those who play it. Create, add, remove and rekey.
 */
struct gb_shares {
	double actor;
	double members; /* those who were there before and stay */
	double joiners;
	double total;
};

struct gb_group_cost {
	double n_members; /* without the actor */
	double n_joiners;
	double n_senders;        /* who would act if all did; 0 where keys belong to no sender, or
				  * where the actor's time is already that of several */
	struct gb_shares median; /* ns */
	struct gb_shares low;    /* of the ends of the intervals; NAN without them */
	struct gb_shares high;
};

/*
 * The cost of the operation whose actor's total is `row` of the summary. False when it is no such
 * row, or when a role was not measured whose cost is needed.
 */
bool gb_group_cost_of(const struct gb_summary *s, const struct gb_summary_row *row,
		      struct gb_group_cost *out);

/* group_cost.csv: one record for each such row. Both answer how many there are; errors of the
 * stream stay in ferror(out). */
size_t gb_count_group_costs(const struct gb_summary *s);
size_t gb_write_group_costs(const struct gb_summary *s, FILE *out);
#endif
