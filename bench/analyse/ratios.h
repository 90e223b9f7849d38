#ifndef GB_ANALYSE_RATIOS_H
#define GB_ANALYSE_RATIOS_H
#include "analyse/summary.h"

#include <stdio.h>

/*
 * How many times one backend's cost another's is, and why: the product of what the protocols demand
 * at equal prices, of what their primitives cost beyond these prices, and of all else (encoding and
 * bookkeeping). NAN where a number was not measured, or where the run has no prices; those of a
 * backend that counts no primitives are not known, so that library and rest are NAN.
 */
struct gb_ratio {
	double median;    /* of cpu_ns_median */
	double low, high; /* what the two intervals leave possible; NAN unless both have one */
	double least;     /* of cpu_ns_min */
	double protocol, library;
	double rest;       /* protocol * library * rest = median */
	double rest_least; /* protocol * library * rest_least = least */
};

/* Whether two rows can be set beside each other: of two backends, the same operation, k, role and
 * phase, and no axis that means something to both has another value. */
bool gb_ratio_pairs(const struct gb_summary_row *a, const struct gb_summary_row *b);

void gb_ratio_of(const struct gb_summary_row *a, const struct gb_summary_row *b,
		 struct gb_ratio *out);

/*
 * ratios.csv: one record for each pair of rows, the one that comes first in the summary over the
 * other. Produce and settle are left out, whose sum is in total. Both answer how many pairs there
 * are; errors of the stream stay in ferror(out).
 */
size_t gb_count_ratios(const struct gb_summary *summary);
size_t gb_write_ratios(const struct gb_summary *summary, FILE *out);
#endif
