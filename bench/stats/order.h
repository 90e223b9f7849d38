#ifndef GB_STATS_ORDER_H
#define GB_STATS_ORDER_H
#include <stddef.h>

/*
 * Statistics of a sample by its order. No function here does I/O or allocates. Values are
 * finite; n is at least 1 unless said otherwise. `sorted` means ascending, as gb_sort leaves
 * an array.
 */

/* Sorts x[0 .. n-1] ascending, in place. n may be 0. */
void gb_sort(double *x, size_t n);

/* Puts a value into x[0 .. n-1], ascending, which has room for one more. */
void gb_insert(double *sorted, size_t n, double value);

/* The middle value; for an even n the mean of the two in the middle. */
double gb_median(const double *sorted, size_t n);

/*
 * The quantile at `p`, 0 <= p <= 1, linear between the order statistics around position
 * (n - 1) p (Hyndman and Fan's definition 7, the default of R and numpy).
 */
double gb_quantile(const double *sorted, size_t n, double p);

/* The median absolute deviation from the median, as it is: not scaled to a normal sigma. */
double gb_mad(const double *sorted, size_t n);

/* The interval [sorted[low], sorted[high]] of a median and the chance that it holds it. */
struct gb_median_interval {
	size_t low;
	size_t high;
	double coverage; /* exact, for any continuous distribution */
};

/*
 * The narrowest symmetric pair of order statistics of n independent values whose chance of
 * holding the median of their distribution is at least `confidence` (0 < confidence < 1). It
 * is exact: it follows from Binomial(n, 1/2) alone and assumes no shape. Where n is too
 * small for that confidence (below 6 at 95 %), the answer is the whole range, and coverage
 * says what that is worth: 0.9375 at n = 5, 0 at n = 1.
 */
struct gb_median_interval gb_median_interval(size_t n, double confidence);

#endif
