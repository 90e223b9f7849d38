#include "analyse/verdict.h"

#include "stats/order.h"
#include "stats/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More processes than a scenario can ask for. */
#define MAX_PROCESSES 1000

const char *gb_ruling_word(enum gb_ruling ruling)
{
	static const char *const words[] = {"holds", "fails", "open", "not measured", "not judged"};

	return words[ruling];
}

bool gb_pattern_matches(const struct gb_curve_pattern *pattern, const struct gb_curve *curve)
{
	if (strcmp(pattern->backend, curve->key[GB_KEY_BACKEND]) != 0 ||
	    strcmp(pattern->operation, curve->key[GB_KEY_OPERATION]) != 0 ||
	    strcmp(pattern->k, curve->key[GB_KEY_K]) != 0 ||
	    strcmp(pattern->role, curve->key[GB_KEY_ROLE]) != 0)
		return false;
	for (size_t i = 0; i < GB_AXES; i++) {
		if (i != GB_AXIS_size && pattern->value[i] &&
		    strcmp(pattern->value[i], curve->key[GB_KEY_AXES + i]) != 0)
			return false;
	}
	return true;
}

bool gb_curves_pair(const struct gb_expectation *e, const struct gb_curve *first,
		    const struct gb_curve *second)
{
	for (size_t i = 0; i < GB_AXES; i++) {
		const char *a = first->key[GB_KEY_AXES + i], *b = second->key[GB_KEY_AXES + i];

		if (i == GB_AXIS_size || e->first.value[i] || e->second.value[i])
			continue;
		if (*a != '\0' && *b != '\0' && strcmp(a, b) != 0)
			return false;
	}
	return true;
}

/* Where a curve was measured at `size`; its n when it was not. */
static size_t place(const struct gb_curve *curve, double size)
{
	size_t i = 0;

	while (i < curve->n && fabs(curve->size[i] - size) > 0.5)
		i++;
	return i;
}

struct point {
	const struct gb_curve *curve;
	size_t at;
};

static double cost_of(const struct point *p)
{
	return p->curve->cost_ns[p->at];
}

static bool has_interval(const struct point *p)
{
	size_t n = p->curve->n_processes[p->at];

	return n > 1 && n <= MAX_PROCESSES;
}

static double drawn(const struct point *p, struct gb_draws *draws)
{
	double room[MAX_PROCESSES];

	return gb_resampled_median(draws, p->curve->medians[p->at], p->curve->n_processes[p->at],
				   room);
}

static void take_ratio(const struct point *a, const struct point *b, struct gb_verdict *v)
{
	double ratios[GB_REPLICATES];
	struct gb_draws draws;

	v->ratio = cost_of(a) / cost_of(b);
	v->ratio_low = v->ratio_high = NAN;
	if (!has_interval(a) || !has_interval(b))
		return;
	gb_draws_begin(&draws, 1);
	for (size_t i = 0; i < GB_REPLICATES; i++)
		ratios[i] = drawn(a, &draws) / drawn(b, &draws);
	gb_sort(ratios, GB_REPLICATES);
	v->ratio_low = gb_quantile(ratios, GB_REPLICATES, 0.025);
	v->ratio_high = gb_quantile(ratios, GB_REPLICATES, 0.975);
}

static enum gb_ruling rule(const struct gb_expectation *e, const struct gb_verdict *v)
{
	double low = isnan(v->ratio_low) ? v->ratio : v->ratio_low;
	double high = isnan(v->ratio_high) ? v->ratio : v->ratio_high;
	bool is_above = low > e->times, is_below = high <= e->times;

	if (!is_above && !is_below)
		return GB_RULING_OPEN;
	return is_below == (e->relation == GB_EXPECT_AT_MOST) ? GB_RULING_HOLDS : GB_RULING_FAILS;
}

/* One more size, in ascending order: the verdict is that of the largest. */
static void add_size(const struct gb_expectation *e, const struct point *a, const struct point *b,
		     struct gb_verdict *v)
{
	enum gb_ruling before = v->ruling;

	v->size = a->curve->size[a->at];
	take_ratio(a, b, v);
	v->ruling = rule(e, v);
	if (v->n_sizes > 0 && v->ruling != before)
		v->from = v->size;
	v->n_sizes++;
}

static bool is_meant(const struct gb_expectation *e, double size)
{
	return size > e->least_size - 0.5 &&
	       (!(e->largest_size > 0) || size < e->largest_size + 0.5);
}

void gb_judge_pair(const struct gb_expectation *e, const struct gb_curve *first,
		   const struct gb_curve *second, struct gb_verdict *out)
{
	const char *a_size = e->first.value[GB_AXIS_size];
	const char *b_size = e->second.value[GB_AXIS_size];
	struct point a = {first, 0}, b = {second, 0};

	*out = (struct gb_verdict){.ruling = GB_RULING_NOT_MEASURED};
	if (a_size) {
		a.at = place(first, strtod(a_size, NULL));
		b.at = place(second, strtod(b_size, NULL));
		if (a.at < first->n && b.at < second->n)
			add_size(e, &a, &b, out);
		return;
	}
	for (; a.at < first->n; a.at++) {
		b.at = place(second, first->size[a.at]);
		if (b.at < second->n && is_meant(e, first->size[a.at]))
			add_size(e, &a, &b, out);
	}
}

/* The fastest growing term of a set of terms. */
static unsigned leading(unsigned set)
{
	unsigned term = 0;

	for (unsigned i = 0; i < GB_GROWTH_TERMS; i++) {
		if (set & 1u << i)
			term = i;
	}
	return term;
}

static bool grows_so(const struct gb_expectation *e, unsigned set)
{
	return e->relation == GB_EXPECT_GROWS_AT_MOST ? leading(set) <= e->growth
						      : leading(set) >= e->growth;
}

static bool spans_enough(const struct gb_curve *curve)
{
	return curve->n >= GB_GROWTH_LEAST_SIZES &&
	       curve->size[curve->n - 1] >= GB_GROWTH_LEAST_SPAN * curve->size[0];
}

void gb_judge_growth(const struct gb_expectation *e, const struct gb_curve *curve,
		     struct gb_verdict *out)
{
	bool holds = grows_so(e, curve->growth.set);

	*out = (struct gb_verdict){.ruling = GB_RULING_NOT_JUDGED, .n_sizes = curve->n};
	if (curve->growth.set == 0 || !spans_enough(curve))
		return;
	out->ruling = holds ? GB_RULING_HOLDS : GB_RULING_FAILS;
	for (size_t i = 0; i < curve->n_others; i++) {
		if (grows_so(e, curve->others[i]) != holds)
			out->ruling = GB_RULING_OPEN;
	}
}
