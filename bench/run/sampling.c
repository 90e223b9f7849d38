#include "run/sampling.h"
#include "run/clock.h"
#include "stats/order.h"
#include <stdlib.h>
#include <string.h>

int gb_sampler_open(struct gb_sampler *s, const struct gb_sampling *policy)
{
	*s = (struct gb_sampler){.policy = *policy, .started_ns = gb_clock_now_ns()};
	s->values = calloc(policy->max, sizeof *s->values);
	s->sorted = calloc(policy->max, sizeof *s->sorted);
	if (s->values != NULL && s->sorted != NULL)
		return 0;
	gb_sampler_close(s);
	return -1;
}

void gb_sampler_close(struct gb_sampler *s)
{
	free(s->values);
	free(s->sorted);
	s->values = s->sorted = NULL;
}

static uint64_t elapsed_ns(const struct gb_sampler *s)
{
	return gb_clock_now_ns() - s->started_ns;
}

bool gb_sampler_may_drop(const struct gb_sampler *s)
{
	return elapsed_ns(s) < s->policy.budget_ns / 20;
}

void gb_sampler_restart(struct gb_sampler *s)
{
	s->started_ns = gb_clock_now_ns();
}

void gb_sampler_note(struct gb_sampler *s, double value)
{
	s->values[s->n++] = value;
}

static bool is_precise(const struct gb_sampler *s)
{
	struct gb_median_interval interval = gb_median_interval(s->n, 0.95);

	if (s->policy.until_ci <= 0 || interval.coverage < 0.95)
		return false;
	memcpy(s->sorted, s->values, s->n * sizeof *s->sorted);
	gb_sort(s->sorted, s->n);
	return s->sorted[interval.high] - s->sorted[interval.low] <=
	       2 * s->policy.until_ci * gb_median(s->sorted, s->n);
}

bool gb_sampler_is_done(const struct gb_sampler *s)
{
	if (s->n >= s->policy.max)
		return true;
	if (s->n < s->policy.min)
		return false;
	return elapsed_ns(s) >= s->policy.budget_ns || is_precise(s);
}
