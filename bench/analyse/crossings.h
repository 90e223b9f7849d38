#ifndef GB_ANALYSE_CROSSINGS_H
#define GB_ANALYSE_CROSSINGS_H
#include "analyse/curves.h"

/*
 * Which of two curves is the cheaper one, over the sizes at which both were measured. It is the
 * fitted curves that are compared, so that a crossing can lie between two measured sizes.
 */
struct gb_crossing {
	bool first_wins; /* the first curve is cheaper at the largest common size */
	double from;     /* the size from which on that holds; 0: at all sizes */
	double low;      /* 95 % interval of `from` over the replicates; 0: there is none */
	double high;
	double agreement; /* share of the replicates with the same winner and, as here, with or
			     without a crossing; NAN without replicates */
	enum gb_resampled resampled; /* sizes, if those of one curve do */
};

/* False when one of them has no fit or there are no common sizes. */
bool gb_compare_curves(const struct gb_curve *first, const struct gb_curve *second,
		       struct gb_crossing *out);

/*
 * Whether two curves are of different backends and of the same operation at the same role, and
 * agree on every axis that means something to both.
 */
bool gb_curves_are_comparable(const struct gb_curve *a, const struct gb_curve *b);

#endif
