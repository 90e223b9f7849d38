#ifndef GB_STATS_RESAMPLE_H
#define GB_STATS_RESAMPLE_H
#include <stddef.h>
#include <stdint.h>

/*
 * Resampling for bootstrap intervals. The same seed gives the same draws on every machine.
 * No function here does I/O or allocates.
 */
struct gb_draws {
	uint64_t state;
};

/* Any seed is good. */
void gb_draws_begin(struct gb_draws *draws, uint64_t seed);

/* A number below n, all of them equally likely; n >= 1. */
size_t gb_draw_below(struct gb_draws *draws, size_t n);

/* The median of n values drawn from values[0 .. n-1] with replacement; room[] takes n. */
double gb_resampled_median(struct gb_draws *draws, const double *values, size_t n, double *room);

#endif
