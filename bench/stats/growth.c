#include "stats/growth.h"

#include <math.h>
#include <stdlib.h>

/* Relative residuals below this are those of rounding; their logarithm must stay finite. */
#define SMALLEST_ERROR 1e-9

const char *gb_growth_term_name(enum gb_growth_term term)
{
	static const char *const names[GB_GROWTH_TERMS] = {"", "log2 N", "N", "N log2 N", "N^2"};

	return names[term];
}

static double term_at(enum gb_growth_term term, double size)
{
	switch (term) {
	case GB_GROWTH_CONSTANT:
		return 1;
	case GB_GROWTH_LOG:
		return log2(size);
	case GB_GROWTH_LINEAR:
		return size;
	case GB_GROWTH_LINEAR_LOG:
		return size * log2(size);
	default:
		return size * size;
	}
}

double gb_growth_at(const struct gb_growth *g, double size)
{
	double sum = 0;

	for (unsigned term = 0; term < GB_GROWTH_TERMS; term++)
		sum += g->coefficient[term] * term_at(term, size);
	return sum;
}

/* The normal equations of the weighted problem: each point divided by its cost. */
struct equations {
	double scale[GB_GROWTH_TERMS]; /* of each term, so that its square sum is 1 */
	double square[GB_GROWTH_TERMS][GB_GROWTH_TERMS];
	double right[GB_GROWTH_TERMS];
};

static void set_up(const double *size, const double *cost, size_t n, struct equations *e)
{
	*e = (struct equations){0};
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += pow(term_at(j, size[i]) / cost[i], 2);
		e->scale[j] = sum > 0 ? sqrt(sum) : 1;
	}
	for (size_t i = 0; i < n; i++) {
		double row[GB_GROWTH_TERMS];

		for (unsigned j = 0; j < GB_GROWTH_TERMS; j++)
			row[j] = term_at(j, size[i]) / cost[i] / e->scale[j];
		for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
			for (unsigned k = 0; k < GB_GROWTH_TERMS; k++)
				e->square[j][k] += row[j] * row[k];
			e->right[j] += row[j];
		}
	}
}

/* Solves the equations of the terms in `set` by Cholesky; false when they are dependent. */
static bool solve(const struct equations *e, unsigned set, double coefficient[GB_GROWTH_TERMS])
{
	double l[GB_GROWTH_TERMS][GB_GROWTH_TERMS], y[GB_GROWTH_TERMS];
	unsigned term[GB_GROWTH_TERMS], m = 0;

	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		coefficient[j] = 0;
		if (set & 1u << j)
			term[m++] = j;
	}
	for (unsigned i = 0; i < m; i++) {
		for (unsigned j = 0; j <= i; j++) {
			double sum = e->square[term[i]][term[j]];

			for (unsigned k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k];
			if (i == j && sum < 1e-13)
				return false;
			l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
		}
		y[i] = e->right[term[i]];
		for (unsigned k = 0; k < i; k++)
			y[i] -= l[i][k] * y[k];
		y[i] /= l[i][i];
	}
	for (unsigned i = m; i-- > 0;) {
		for (unsigned k = i + 1; k < m; k++)
			y[i] -= l[k][i] * y[k];
		y[i] /= l[i][i];
		coefficient[term[i]] = y[i] / e->scale[term[i]];
	}
	return true;
}

static unsigned count_terms(unsigned set)
{
	unsigned n = 0;

	for (; set != 0; set &= set - 1)
		n++;
	return n;
}

size_t gb_growth_terms(const struct gb_growth *g)
{
	return count_terms(g->set);
}

static bool all_positive(const double coefficient[GB_GROWTH_TERMS], unsigned set)
{
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		if ((set & 1u << j) && !(coefficient[j] > 0))
			return false;
	}
	return true;
}

static void judge(const double *size, const double *cost, size_t n, struct gb_growth *g)
{
	double p = count_terms(g->set) + 1; /* the variance is estimated too */
	double points = (double)n, sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += pow(gb_growth_at(g, size[i]) / cost[i] - 1, 2);
	g->error = sqrt(sum / points);
	g->aicc = 2 * points * log(fmax(g->error, SMALLEST_ERROR)) + 2 * p +
		  2 * p * (p + 1) / fmax(points - p - 1, 1);
}

/* The fit that has every term of `set` and no other; false when a coefficient is not positive. */
static bool fit_exactly(const struct equations *e, const double *size, const double *cost, size_t n,
			unsigned set, struct gb_growth *g)
{
	struct gb_growth fit = {.set = set};

	if (count_terms(set) > n || !solve(e, set, fit.coefficient) ||
	    !all_positive(fit.coefficient, set))
		return false;
	judge(size, cost, n, &fit);
	*g = fit;
	return true;
}

/*
 * With five terms the non-negative optimum is found by trying: it is the unconstrained
 * optimum of the terms that are positive in it, so it is the best among the subsets whose
 * unconstrained optimum is positive throughout.
 */
bool gb_growth_fit(const double *size, const double *cost, size_t n, unsigned set,
		   struct gb_growth *g)
{
	struct equations e;
	struct gb_growth fit;
	bool found = false;

	set_up(size, cost, n, &e);
	for (unsigned subset = 1; subset < GB_GROWTH_SETS; subset++) {
		if ((subset & ~set) != 0 || !fit_exactly(&e, size, cost, n, subset, &fit))
			continue;
		if (!found || fit.error < g->error)
			*g = fit;
		found = true;
	}
	return found;
}

static int by_aicc(const void *a, const void *b)
{
	const struct gb_growth *x = a;
	const struct gb_growth *y = b;

	if (x->aicc < y->aicc || x->aicc > y->aicc)
		return x->aicc < y->aicc ? -1 : 1;
	return (x->set > y->set) - (x->set < y->set);
}

size_t gb_growth_select(const double *size, const double *cost, size_t n,
			struct gb_growth found[GB_GROWTH_SETS])
{
	struct equations e;
	size_t n_found = 0, n_close = 0;

	set_up(size, cost, n, &e);
	for (unsigned set = 1; set < GB_GROWTH_SETS; set++) {
		if (n >= count_terms(set) + 3 &&
		    fit_exactly(&e, size, cost, n, set, &found[n_found]))
			n_found++;
	}
	if (n_found == 0)
		return 0;
	qsort(found, n_found, sizeof(found[0]), by_aicc);
	while (n_close < n_found && found[n_close].aicc < found[0].aicc + 2)
		n_close++;
	return n_close;
}

/* Whether the fastest growing term of g is the largest at this size. */
static bool fastest_leads(const struct gb_growth *g, unsigned fastest, double size)
{
	for (unsigned j = 0; j < fastest; j++) {
		if (g->coefficient[j] * term_at(j, size) >
		    g->coefficient[fastest] * term_at(fastest, size))
			return false;
	}
	return true;
}

/* Once in the lead a faster growing term stays there, so that the size can be bisected. */
double gb_growth_leads_from(const struct gb_growth *g)
{
	unsigned fastest = 0;
	double low = 2, high = 2;

	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		if (g->set & 1u << j)
			fastest = j;
	}
	if (fastest_leads(g, fastest, low))
		return 1;
	while (!fastest_leads(g, fastest, high) && high < 1e18)
		high *= 2;
	for (unsigned step = 0; step < 60; step++) {
		double middle = sqrt(low * high);

		if (fastest_leads(g, fastest, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}
