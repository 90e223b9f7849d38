#include "stats/resample.h"

#include "stats/order.h"

void gb_draws_begin(struct gb_draws *draws, uint64_t seed)
{
	draws->state = seed;
}

/* SplitMix64 of Steele, Lea and Flood, "Fast splittable pseudorandom number generators". */
static uint64_t next(struct gb_draws *draws)
{
	uint64_t z = draws->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t gb_draw_below(struct gb_draws *draws, size_t n)
{
	/* Numbers below this are one too often among the remainders. */
	uint64_t uneven = (0 - (uint64_t)n) % n;
	uint64_t drawn = next(draws);

	while (drawn < uneven)
		drawn = next(draws);
	return (size_t)(drawn % n);
}

double gb_resampled_median(struct gb_draws *draws, const double *values, size_t n, double *room)
{
	for (size_t i = 0; i < n; i++)
		room[i] = values[gb_draw_below(draws, n)];
	gb_sort(room, n);
	return gb_median(room, n);
}
