#ifndef GB_STATS_GROWTH_H
#define GB_STATS_GROWTH_H
#include <stdbool.h>
#include <stddef.h>

/*
 * How a cost grows with the size N of a group: a sum of the terms below, none of them
 * negative. Residuals are relative to the cost, because the costs of one curve span decades.
 * No function here does I/O or allocates.
 */
enum gb_growth_term {
	GB_GROWTH_CONSTANT,
	GB_GROWTH_LOG, /* log2 N */
	GB_GROWTH_LINEAR,
	GB_GROWTH_LINEAR_LOG, /* N log2 N */
	GB_GROWTH_QUADRATIC,
	GB_GROWTH_TERMS,
};

#define GB_GROWTH_SETS (1u << GB_GROWTH_TERMS) /* sets of terms: bit 1 << term */

struct gb_growth {
	double coefficient[GB_GROWTH_TERMS]; /* positive for each term of the set, else 0 */
	unsigned set;
	double error; /* root mean square of the relative residuals */
	double aicc;  /* Akaike's criterion, corrected for few points; lower is better */
};

/* "log2 N", "" for the constant. */
const char *gb_growth_term_name(enum gb_growth_term term);

/* How many terms it has. */
size_t gb_growth_terms(const struct gb_growth *g);

/* The curve at N >= 1. */
double gb_growth_at(const struct gb_growth *g, double size);

/*
 * The least squares fit of non-negative coefficients to n points (size[i], cost[i]), both
 * positive, using terms of `set` only; terms that would be negative are left out of g->set.
 * False when nothing fits, for which g is unchanged: fewer points than terms of every subset.
 */
bool gb_growth_fit(const double *size, const double *cost, size_t n, unsigned set,
		   struct gb_growth *g);

/*
 * Which terms the points support: of all sets of terms the fits with every coefficient
 * positive, the best by AICc first, then those within 2 of it, which the points cannot tell
 * apart from the best. Sets with too many terms for n points (n < terms + 3) are not tried.
 * Returns how many were found; at most GB_GROWTH_SETS - 1, 0 when n < 4.
 */
size_t gb_growth_select(const double *size, const double *cost, size_t n,
			struct gb_growth found[GB_GROWTH_SETS]);

/*
 * The size from which on the fastest growing term of g is larger than any other, 1 when it
 * always is (one term, or a constant only).
 */
double gb_growth_leads_from(const struct gb_growth *g);

#endif
