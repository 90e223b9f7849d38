#include "run/pace.h"
#include "run/positions.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many pairs cost what a process takes whatever its size, as far as one size can tell. */
#define FIXED_PAIRS 20

/* A group of so few has not every role: growth from it is that of the roles too. */
#define FEW_PAIRS 2

static int by_point(const struct gb_job *a, const struct gb_job *b)
{
	int order = strcmp(a->backend->name, b->backend->name);

	for (unsigned i = 0; i < GB_AXES && order == 0; i++)
		if (i != GB_AXIS_size && i != GB_AXIS_senders)
			order = strcmp(a->axis[i], b->axis[i]);
	return order;
}

/* What the work grows with: pairs of a sender and a member. */
static double pairs(const struct gb_job *job)
{
	return (double)job->size * (job->senders > 1 ? job->senders : 1);
}

static int by_point_and_pairs(const void *x, const void *y)
{
	const struct gb_job *const *a = x, *const *b = y;
	int order = by_point(*a, *b);

	return order != 0 ? order : (pairs(*a) > pairs(*b)) - (pairs(*a) < pairs(*b));
}

int gb_paces_open(struct gb_paces *p, const struct gb_jobs *jobs)
{
	*p = (struct gb_paces){.jobs = jobs};
	p->of = calloc(jobs->n + 1, sizeof *p->of);
	p->order = calloc(jobs->n + 1, sizeof *p->order);
	if (p->of == NULL || p->order == NULL) {
		gb_paces_close(p);
		return -1;
	}
	for (size_t i = 0; i < jobs->n; i++)
		p->order[i] = &jobs->job[i];
	qsort(p->order, jobs->n, sizeof *p->order, by_point_and_pairs);
	return 0;
}

void gb_paces_close(struct gb_paces *p)
{
	free(p->of);
	free(p->order);
	*p = (struct gb_paces){0};
}

static double mean_ns(const struct gb_pace_of_job *pace)
{
	return pace->n > 0 ? pace->ns / pace->n : pace->ns;
}

static double mean_single_ns(const struct gb_pace_of_job *pace)
{
	return pace->n > 0 ? pace->single_ns / pace->n : 0;
}

static struct gb_pace_of_job *pace_of(const struct gb_paces *p, const struct gb_job *job)
{
	return &p->of[job - p->jobs->job];
}

/* What a process of `to` takes if one of `from` took `pace`. */
static double scale(const struct gb_paces *p, const struct gb_job *from,
		    const struct gb_pace_of_job *pace, const struct gb_job *to)
{
	double growth = (FIXED_PAIRS + pairs(to)) / (FIXED_PAIRS + pairs(from));
	double grown = p->start_ns + (mean_single_ns(pace) - p->start_ns) * growth;

	if (growth < 1)
		return mean_ns(pace) * growth > grown ? mean_ns(pace) * growth : grown;
	return mean_ns(pace) > grown ? mean_ns(pace) : grown;
}

/* Whether its processes say something of other jobs: one that took no sample does not. */
static bool is_measure(const struct gb_pace_of_job *pace)
{
	return pace->n > 0 && pace->single_ns > 0;
}

/* What a process takes before it does anything for a group: at most what does not grow in the
 * cheapest job that has run. */
static double start_ns(const struct gb_paces *p)
{
	double least = 0;

	for (size_t i = 0; i < p->jobs->n; i++) {
		double share = FIXED_PAIRS / (FIXED_PAIRS + pairs(&p->jobs->job[i]));
		double ns = mean_single_ns(&p->of[i]) * share;

		if (is_measure(&p->of[i]) && (!(least > 0) || ns < least))
			least = ns;
	}
	return least;
}

/* The job nearest in size at the same point that has run, from place `at` in one direction. */
static const struct gb_job *nearest(const struct gb_paces *p, size_t at, int step)
{
	for (size_t i = at + (size_t)step; i < p->jobs->n; i += (size_t)step) {
		if (by_point(p->order[at], p->order[i]) != 0)
			return NULL;
		if (is_measure(pace_of(p, p->order[i])))
			return p->order[i];
	}
	return NULL;
}

/* The mean of what jobs that have run say of this one; of its own backend, if any has. */
static double expect_of_any(const struct gb_paces *p, const struct gb_job *to)
{
	double sum[2] = {0, 0};
	size_t n[2] = {0, 0};
	bool none = true;

	for (size_t i = 0; i < p->jobs->n && none; i++)
		none = !is_measure(&p->of[i]);

	for (size_t i = 0; i < p->jobs->n; i++) {
		const struct gb_job *from = &p->jobs->job[i];
		bool is_own = from->backend == to->backend;
		if (p->of[i].n == 0 || (!none && !is_measure(&p->of[i])))
			continue;
		sum[is_own] += scale(p, from, &p->of[i], to);
		n[is_own]++;
	}
	return n[1] > 0 ? sum[1] / (double)n[1] : sum[0] / (double)n[0];
}

/*
 * What a process takes that has no sample to take: the mean of those that took none, of its own
 * backend, if any has run. Until one has, it is next to nothing.
 */
static double expect_without_samples(const struct gb_paces *p, const struct gb_job *to)
{
	double sum[2] = {0, 0};
	size_t n[2] = {0, 0};

	for (size_t i = 0; i < p->jobs->n; i++) {
		bool is_own = p->jobs->job[i].backend == to->backend;
		if (p->of[i].n == 0 || is_measure(&p->of[i]))
			continue;
		sum[is_own] += mean_ns(&p->of[i]);
		n[is_own]++;
	}
	if (n[0] + n[1] == 0)
		return 0;
	return n[1] > 0 ? sum[1] / (double)n[1] : sum[0] / (double)n[0];
}

/* Between two sizes that have run, time is taken to grow by one power of the size. */
static double interpolate(const struct gb_paces *p, const struct gb_job *below,
			  const struct gb_job *above, const struct gb_job *to)
{
	double from = log(mean_ns(pace_of(p, below))), until = log(mean_ns(pace_of(p, above)));
	double way = log(pairs(to) / pairs(below)) / log(pairs(above) / pairs(below));

	return exp(from + way * (until - from));
}

/*
 * Beyond two sizes that have run, the samples are taken to go on growing as they did between
 * them, so that what a process takes whatever its size does not grow.
 */
static double extrapolate(const struct gb_paces *p, const struct gb_job *least,
			  const struct gb_job *below, const struct gb_job *to)
{
	const struct gb_pace_of_job *pace = pace_of(p, below);
	double single = mean_single_ns(pace);
	double slope = (single - mean_single_ns(pace_of(p, least))) / (pairs(below) - pairs(least));
	double grown = single + (slope > 0 ? slope : 0) * (pairs(to) - pairs(below));

	if (pairs(least) <= FEW_PAIRS)
		grown = (grown + scale(p, below, pace, to)) / 2;
	return mean_ns(pace) > grown ? mean_ns(pace) : grown;
}

/* Another one below, of so few pairs that the difference says something. */
static const struct gb_job *least_of_two(const struct gb_paces *p, const struct gb_job *below,
					 size_t at)
{
	while (at > 0 && by_point(p->order[at - 1], below) == 0) {
		const struct gb_job *job = p->order[--at];
		if (is_measure(pace_of(p, job)) && 2 * pairs(job) <= pairs(below))
			return job;
	}
	return NULL;
}

/* What is expected beyond the largest size that has run at this point. */
static double expect_beyond(const struct gb_paces *p, size_t at, const struct gb_job *below)
{
	const struct gb_job *to = p->order[at], *least = least_of_two(p, below, at);

	return least != NULL ? extrapolate(p, least, below, to)
			     : scale(p, below, pace_of(p, below), to);
}

/*
 * How far off that was at other points that have run from the one size to the other: the
 * geometric mean, and one voice for its being right.
 */
static double surprise(const struct gb_paces *p, double from, double to)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < p->jobs->n; i++) {
		const struct gb_job *below, *job = p->order[i];
		double ns;

		if (pairs(job) != to || !is_measure(pace_of(p, job)))
			continue;
		below = nearest(p, i, -1);
		if (below == NULL || pairs(below) != from)
			continue;
		ns = expect_beyond(p, i, below);
		if (!(ns > 0))
			continue;
		sum += log(mean_ns(pace_of(p, job)) / ns);
		n++;
	}
	return exp(sum / (double)(n + 1));
}

static void expect(struct gb_paces *p, size_t at)
{
	const struct gb_job *to = p->order[at], *below = nearest(p, at, -1);
	const struct gb_job *above = nearest(p, at, 1);
	struct gb_pace_of_job *pace = pace_of(p, to);

	if (gb_job_is_left_out(to))
		pace->ns = expect_without_samples(p, to);
	else if (below != NULL && above != NULL && pairs(below) < pairs(above))
		pace->ns = interpolate(p, below, above, to);
	else if (below != NULL)
		pace->ns = expect_beyond(p, at, below) * surprise(p, pairs(below), pairs(to));
	else if (above != NULL)
		pace->ns = scale(p, above, pace_of(p, above), to);
	else
		pace->ns = expect_of_any(p, to);
}

void gb_paces_note(struct gb_paces *p, size_t job, double ns, double single_ns)
{
	struct gb_pace_of_job *pace = &p->of[job];

	pace->ns = pace->n > 0 ? pace->ns + ns : ns;
	pace->single_ns = pace->n > 0 ? pace->single_ns + single_ns : single_ns;
	pace->n++;
	p->is_known = p->is_old = true;
}

double gb_paces_expect(struct gb_paces *p, size_t job)
{
	if (p->is_old)
		p->start_ns = start_ns(p);
	for (size_t i = 0; p->is_old && i < p->jobs->n; i++)
		if (pace_of(p, p->order[i])->n == 0)
			expect(p, i);
	p->is_old = false;
	return p->is_known ? mean_ns(&p->of[job]) : 0;
}
