#ifndef GB_ANALYSE_VERDICT_H
#define GB_ANALYSE_VERDICT_H
#include "analyse/curves.h"
#include "expectation.h"

/*
 * What a run says of an expectation. A size is decided when the whole 95 % interval of the
 * ratio of medians, over resampled processes, lies on one side; with one process at a size
 * there is no interval, and the ratio itself decides.
 */
enum gb_ruling {
	GB_RULING_HOLDS,
	GB_RULING_FAILS,
	GB_RULING_OPEN,         /* the interval lies on both sides, or fits cannot be told apart */
	GB_RULING_NOT_MEASURED, /* no common size */
	GB_RULING_NOT_JUDGED,   /* too few or too near sizes to tell how something grows */
};

/*
 * What the sizes of a curve must span before it is judged how it grows. In smaller groups a
 * constant outweighs what grows, and over a lesser span log N, N and a constant can fit alike.
 */
#define GB_GROWTH_LEAST_SIZES 5
#define GB_GROWTH_LEAST_SPAN  30 /* times the smallest size */

struct gb_verdict {
	enum gb_ruling ruling; /* at the largest size */
	/*
	 * The size from which on it is the same; 0: at all sizes. An open size among decided ones
	 * contradicts nothing: how many there are from there on, and the largest.
	 */
	double from;
	size_t n_open;
	double open_at;
	size_t n_sizes;
	double size, ratio;           /* first / second there; not of GROWS */
	double ratio_low, ratio_high; /* NAN without interval */
	/*
	 * Where the ratio passes the claim's factor for the last time: between two measured sizes
	 * on a straight line of logarithms; 0 where it does not. Its 95 % interval over the same
	 * replicates; NAN without. A replicate in which nothing is passed counts as the smallest
	 * size, or as the largest, wherever the passing must lie beyond.
	 */
	double crossing, crossing_low, crossing_high;
};

/* "holds", "fails", "open", "not measured", "not judged". */
const char *gb_ruling_word(enum gb_ruling ruling);

/* Whether the curve is one that the pattern means. */
bool gb_pattern_matches(const struct gb_curve_pattern *pattern, const struct gb_curve *curve);

/* Whether two curves, each meant by its pattern, agree on every axis that neither names. */
bool gb_curves_pair(const struct gb_expectation *e, const struct gb_curve *first,
		    const struct gb_curve *second);

/* Judges a comparison of two curves, and how one grows. */
void gb_judge_pair(const struct gb_expectation *e, const struct gb_curve *first,
		   const struct gb_curve *second, struct gb_verdict *out);
void gb_judge_growth(const struct gb_expectation *e, const struct gb_curve *curve,
		     struct gb_verdict *out);
#endif
