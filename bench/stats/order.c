#include "stats/order.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

void gb_sort(double *x, size_t n)
{
	if (n > 1)
		qsort(x, n, sizeof(*x), ascending);
}

void gb_insert(double *sorted, size_t n, double value)
{
	for (; n > 0 && sorted[n - 1] > value; n--)
		sorted[n] = sorted[n - 1];
	sorted[n] = value;
}

double gb_median(const double *sorted, size_t n)
{
	if (n % 2 == 1)
		return sorted[n / 2];
	return sorted[n / 2 - 1] + (sorted[n / 2] - sorted[n / 2 - 1]) / 2;
}

double gb_quantile(const double *sorted, size_t n, double p)
{
	double position = (double)(n - 1) * p;
	size_t below = (size_t)position;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/*
 * The deviations of a sorted sample are two ascending runs, to the left and to the right of
 * the median. They are merged up to their middle, so that no second array is needed.
 */
double gb_mad(const double *sorted, size_t n)
{
	double median = gb_median(sorted, n);
	double last = 0, before = 0;
	size_t right = n / 2, left = right;

	for (size_t taken = 0; taken <= n / 2; taken++) {
		before = last;
		if (left == 0 || (right < n && sorted[right] - median <= median - sorted[left - 1]))
			last = sorted[right++] - median;
		else
			last = median - sorted[--left];
	}
	return n % 2 == 1 ? last : before + (last - before) / 2;
}

/* P(Binomial(n, 1/2) = k). By logarithms: 2^-n alone underflows from n = 1075 on. */
static double half_binomial(size_t n, size_t k)
{
	double ways = lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);

	return exp(ways - (double)n * log(2));
}

struct gb_median_interval gb_median_interval(size_t n, double confidence)
{
	struct gb_median_interval whole = {.low = 0, .high = n - 1, .coverage = 0};
	double outside = half_binomial(n, 0); /* P(Binomial(n, 1/2) <= low) */

	if (n == 1)
		return whole;
	whole.coverage = 1 - 2 * outside;
	while (whole.low + 1 <= whole.high - 1) {
		double wider = outside + half_binomial(n, whole.low + 1);

		if (2 * wider > 1 - confidence)
			break;
		outside = wider;
		whole.low++;
		whole.high--;
		whole.coverage = 1 - 2 * outside;
	}
	return whole;
}
