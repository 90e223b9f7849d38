#include "analyse/crossings.h"

#include "stats/order.h"

#include <math.h>
#include <string.h>

#define STEPS 256 /* in which a range of sizes is searched, evenly on a logarithmic scale */

bool gb_curves_are_comparable(const struct gb_curve *a, const struct gb_curve *b)
{
	if (strcmp(a->key[GB_KEY_BACKEND], b->key[GB_KEY_BACKEND]) == 0)
		return false;
	for (size_t i = 1; i < GB_KEY_COLUMNS; i++) {
		bool is_axis = i >= GB_KEY_AXES && i < GB_KEY_AXES + GB_AXES;

		if (i == GB_KEY_SIZE)
			continue;
		if (is_axis && (*a->key[i] == '\0' || *b->key[i] == '\0'))
			continue;
		if (strcmp(a->key[i], b->key[i]) != 0)
			return false;
	}
	return true;
}

static bool is_cheaper(const struct gb_growth *a, const struct gb_growth *b, double size)
{
	return gb_growth_at(a, size) < gb_growth_at(b, size);
}

/* The last size in low..high at which the winner changes; 0 when it never does. */
static double last_change(const struct gb_growth *a, const struct gb_growth *b, double low,
			  double high)
{
	bool at_end = is_cheaper(a, b, high);
	double step = pow(high / low, 1.0 / STEPS), above = high, below = high;

	for (size_t i = 0; i < STEPS; i++) {
		above = below;
		below = i + 1 == STEPS ? low : below / step;
		if (is_cheaper(a, b, below) != at_end)
			break;
	}
	if (is_cheaper(a, b, below) == at_end)
		return 0;
	for (size_t i = 0; i < 50; i++) {
		double middle = sqrt(below * above);

		if (is_cheaper(a, b, middle) == at_end)
			above = middle;
		else
			below = middle;
	}
	return above;
}

/* What the replicates say of `out`. */
static void judge(const struct gb_curve *first, const struct gb_curve *second, double low,
		  double high, struct gb_crossing *out)
{
	double changes[GB_REPLICATES];
	size_t n = 0;

	out->agreement = NAN;
	if (!first->replicates || !second->replicates)
		return;
	out->resampled =
		first->resampled == GB_RESAMPLED_SIZES ? GB_RESAMPLED_SIZES : second->resampled;
	for (size_t i = 0; i < GB_REPLICATES; i++) {
		const struct gb_growth *a = &first->replicates[i], *b = &second->replicates[i];
		double change = last_change(a, b, low, high);

		if (is_cheaper(a, b, high) == out->first_wins && (change > 0) == (out->from > 0))
			changes[n++] = change;
	}
	out->agreement = (double)n / GB_REPLICATES;
	if (n == 0 || !(out->from > 0))
		return;
	gb_sort(changes, n);
	out->low = gb_quantile(changes, n, 0.025);
	out->high = gb_quantile(changes, n, 0.975);
}

bool gb_compare_curves(const struct gb_curve *first, const struct gb_curve *second,
		       struct gb_crossing *out)
{
	double low, high;

	if (first->growth.set == 0 || second->growth.set == 0)
		return false;
	low = fmax(first->size[0], second->size[0]);
	high = fmin(first->size[first->n - 1], second->size[second->n - 1]);
	if (!(low < high))
		return false;
	*out = (struct gb_crossing){
		.first_wins = is_cheaper(&first->growth, &second->growth, high),
		.from = last_change(&first->growth, &second->growth, low, high),
	};
	judge(first, second, low, high, out);
	return true;
}
