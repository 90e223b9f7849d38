#include "analyse/verdict.h"

#include "analyse/protocol.h"
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

/* Whether the pattern means a curve over k, or one of this k. */
static bool is_of_k(const struct gb_curve_pattern *pattern, const struct gb_curve *curve)
{
	if (curve->over == GB_KEY_K)
		return strcmp(pattern->k, "k") == 0;
	return strcmp(pattern->k, curve->key[GB_KEY_K]) == 0;
}

/* An axis whose value a curve has, not one that it goes over. */
static bool is_of_axis(const struct gb_curve *curve, size_t axis)
{
	return axis != GB_AXIS_size || curve->over != GB_KEY_SIZE;
}

/* A curve stands for every value of an axis that makes no difference to its operation. */
static bool has_value(const struct gb_curve *curve, size_t axis, const char *wanted)
{
	return gb_is_no_difference(curve->key, (enum gb_axis_id)axis) ||
	       strcmp(curve->key[GB_KEY_AXES + axis], wanted) == 0;
}

bool gb_pattern_matches(const struct gb_curve_pattern *pattern, const struct gb_curve *curve)
{
	if (strcmp(pattern->backend, curve->key[GB_KEY_BACKEND]) != 0 ||
	    strcmp(pattern->operation, curve->key[GB_KEY_OPERATION]) != 0 ||
	    !is_of_k(pattern, curve) || strcmp(pattern->role, curve->key[GB_KEY_ROLE]) != 0)
		return false;
	for (size_t i = 0; i < GB_AXES; i++) {
		if (is_of_axis(curve, i) && pattern->value[i] &&
		    !has_value(curve, i, pattern->value[i]))
			return false;
	}
	return true;
}

/* Whether the claim lets two curves differ on an axis: it names a value of it, and of the size,
 * where that is an axis, both. */
static bool may_differ(const struct gb_expectation *e, const struct gb_curve *first, size_t axis)
{
	if (!is_of_axis(first, axis))
		return true;
	if (axis == GB_AXIS_size)
		return e->first.value[axis] && e->second.value[axis];
	return e->first.value[axis] || e->second.value[axis];
}

bool gb_curves_pair(const struct gb_expectation *e, const struct gb_curve *first,
		    const struct gb_curve *second)
{
	for (size_t i = 0; i < GB_AXES; i++) {
		const char *a = first->key[GB_KEY_AXES + i], *b = second->key[GB_KEY_AXES + i];

		if (may_differ(e, first, i))
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

/* A ratio over ascending sizes, as a logarithm above or below that of the claim's factor. */
struct track {
	double above;    /* at the last size */
	double crossing; /* where its sign last changed; 0: nowhere yet */
};

/* Sizes of one ruling, as far as the sizes between them are open. */
struct reign {
	enum gb_ruling ruling;
	double from; /* the first; 0: that of all */
	size_t n;    /* 0: there is none */
	size_t n_open;
	double open_at; /* the last that is open */
};

struct comparison {
	const struct gb_expectation *e;
	struct gb_draws draws;
	struct track measured, replicates[GB_REPLICATES];
	double smallest, size; /* the first size and the last */
	bool had_interval;     /* at the last size */
	bool has_interval;     /* on both sides of the crossing of `measured` */
	struct reign decided;  /* of the last size that was decided */
	struct reign open;     /* of those behind it */
};

static void go_on(struct track *t, double from, double to, double above)
{
	bool crosses = from > 0 && (t->above > 0) != (above > 0);

	if (crosses)
		t->crossing = from * pow(to / from, t->above / (t->above - above));
	t->above = above;
}

static void add_ratio(struct comparison *c, const struct point *a, const struct point *b,
		      struct gb_verdict *v)
{
	double ratios[GB_REPLICATES], before = c->measured.crossing;
	bool both = has_interval(a) && has_interval(b);

	v->ratio = cost_of(a) / cost_of(b);
	v->ratio_low = v->ratio_high = NAN;
	go_on(&c->measured, c->size, v->size, log(v->ratio / c->e->times));
	for (size_t i = 0; i < GB_REPLICATES; i++) {
		ratios[i] = both ? drawn(a, &c->draws) / drawn(b, &c->draws) : v->ratio;
		go_on(&c->replicates[i], c->size, v->size, log(ratios[i] / c->e->times));
	}
	if (c->measured.crossing > before)
		c->has_interval = both && c->had_interval;
	c->had_interval = both;
	c->smallest = c->smallest > 0 ? c->smallest : v->size;
	c->size = v->size;
	if (!both)
		return;
	gb_sort(ratios, GB_REPLICATES);
	v->ratio_low = gb_quantile(ratios, GB_REPLICATES, 0.025);
	v->ratio_high = gb_quantile(ratios, GB_REPLICATES, 0.975);
}

/* Where a replicate says that the ratio passes to the side on which it was measured at last. */
static double crossing_of(const struct comparison *c, const struct track *t)
{
	if ((t->above > 0) != (c->measured.above > 0))
		return c->size;
	return t->crossing > 0 ? t->crossing : c->smallest;
}

static void take_crossing(const struct comparison *c, struct gb_verdict *v)
{
	double crossings[GB_REPLICATES];

	v->crossing = c->measured.crossing;
	v->crossing_low = v->crossing_high = NAN;
	if (!(v->crossing > 0) || !c->has_interval)
		return;
	for (size_t i = 0; i < GB_REPLICATES; i++)
		crossings[i] = crossing_of(c, &c->replicates[i]);
	gb_sort(crossings, GB_REPLICATES);
	v->crossing_low = gb_quantile(crossings, GB_REPLICATES, 0.025);
	v->crossing_high = gb_quantile(crossings, GB_REPLICATES, 0.975);
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

/* One more size was decided, `size`: those before it that are open stand between. */
static void decide(struct comparison *c, enum gb_ruling ruling, double size, bool is_first)
{
	struct reign *d = &c->decided;

	if (d->n == 0 || d->ruling != ruling)
		*d = (struct reign){.ruling = ruling, .from = is_first ? 0 : size};
	else if (c->open.n > 0)
		d->open_at = c->open.open_at;
	d->n_open += d->n > 0 ? c->open.n : 0;
	d->n++;
	c->open = (struct reign){.ruling = GB_RULING_OPEN};
}

static void leave_open(struct comparison *c, double size, bool is_first)
{
	if (c->open.n++ == 0)
		c->open.from = is_first ? 0 : size;
	c->open.open_at = size;
}

/* One more size, in ascending order: the verdict is that of the largest. */
static void add_size(struct comparison *c, const struct point *a, const struct point *b,
		     struct gb_verdict *v)
{
	const struct reign *last = &c->decided;

	v->size = a->curve->size[a->at];
	add_ratio(c, a, b, v);
	v->ruling = rule(c->e, v);
	if (v->ruling == GB_RULING_OPEN) {
		leave_open(c, v->size, v->n_sizes == 0);
		last = &c->open;
	} else {
		decide(c, v->ruling, v->size, v->n_sizes == 0);
	}
	v->from = last->from;
	v->n_open = last->n_open;
	v->open_at = last->n_open > 0 ? last->open_at : 0;
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
	const char *a_size = e->over_k ? NULL : e->first.value[GB_AXIS_size];
	const char *b_size = e->second.value[GB_AXIS_size];
	struct point a = {first, 0}, b = {second, 0};
	struct comparison c = {.e = e};

	gb_draws_begin(&c.draws, 1);
	*out = (struct gb_verdict){.ruling = GB_RULING_NOT_MEASURED};
	if (a_size) {
		a.at = place(first, strtod(a_size, NULL));
		b.at = place(second, strtod(b_size, NULL));
		if (a.at < first->n && b.at < second->n)
			add_size(&c, &a, &b, out);
		return;
	}
	for (; a.at < first->n; a.at++) {
		b.at = place(second, first->size[a.at]);
		if (b.at < second->n && is_meant(e, first->size[a.at]))
			add_size(&c, &a, &b, out);
	}
	take_crossing(&c, out);
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
