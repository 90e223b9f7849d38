#include "analyse/factors.h"

#include "stats/order.h"
#include "stats/resample.h"
#include "stats/student.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1 /* any: the same one each time */

static const struct gb_curve *find_counterpart(const struct gb_curves *curves,
					       const struct gb_counterpart *c)
{
	for (size_t i = 0; i < curves->n; i++) {
		if (gb_counterpart_is(c, curves->curve[i].key))
			return &curves->curve[i];
	}
	return NULL;
}

const struct gb_curve *gb_curve_nearest(const struct gb_curves *curves,
					const struct gb_published_series *series)
{
	return find_counterpart(curves, &series->ours);
}

const struct gb_curve *gb_curve_of_relative(const struct gb_curves *curves,
					    const struct gb_published_series *series)
{
	struct gb_counterpart c = series->ours;
	bool is_mls = strcmp(c.backend, "mls") == 0;

	if (series->graph != GB_AREWEMLSYET_2023)
		return NULL;
	c.backend = is_mls ? "ts-mls" : "olm-wasm";
	/* ts-mls makes no path in a commit that only adds. */
	c.axes = is_mls ? "tree=full path=no" : c.axes;
	return find_counterpart(curves, &c);
}

/* Sizes that both have: the place on the curve, and the published time. */
struct common {
	size_t *at;
	double *published_ns;
	double *logs; /* room for one number a size */
	size_t n;
};

static void find_common(const struct gb_published_times *published, size_t series,
			const struct gb_curve *curve, struct common *c)
{
	for (size_t i = 0; i < curve->n; i++) {
		for (size_t j = 0; j < published->n; j++) {
			const struct gb_published_point *p = &published->points[j];

			if (p->series != series || p->size < curve->size[i] ||
			    p->size > curve->size[i])
				continue;
			c->at[c->n] = i;
			c->published_ns[c->n++] = p->time_ms * 1e6;
			break;
		}
	}
}

/* The mean of c->logs, and the root mean square of their deviations from it. */
static void mean_and_deviation(const struct common *c, double *mean, double *deviation)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < c->n; i++)
		sum += c->logs[i];
	*mean = sum / (double)c->n;
	for (size_t i = 0; i < c->n; i++)
		squares += pow(c->logs[i] - *mean, 2);
	*deviation = sqrt(squares / (double)c->n);
}

/*
 * Of the mean of n logarithms the classical interval of Student; of their deviation, whose square
 * is a mean of squares, that of its logarithm by the fourth moment.
 */
static void vary_sizes(const struct common *c, double mean, struct gb_factor *out)
{
	double n = (double)c->n, fourth = 0, of_mean, of_shape;

	if (c->n < 3)
		return;
	for (size_t i = 0; i < c->n; i++)
		fourth += pow(c->logs[i] - mean, 4) / n;
	of_mean = gb_student_95(c->n - 1) * out->shape / sqrt(n - 1);
	out->ratio_sizes_low = exp(mean - of_mean);
	out->ratio_sizes_high = exp(mean + of_mean);
	if (!(out->shape > 0))
		return;
	of_shape = gb_student_95(c->n - 1) * sqrt((fourth / pow(out->shape, 4) - 1) / n) / 2;
	out->shape_sizes_low = out->shape * exp(-of_shape);
	out->shape_sizes_high = out->shape * exp(of_shape);
}

static void compare(const struct gb_curve *curve, const struct common *c, struct gb_factor *out)
{
	double mean;
	size_t worst = 0;

	for (size_t i = 0; i < c->n; i++)
		c->logs[i] = log(c->published_ns[i] / curve->cost_ns[c->at[i]]);
	mean_and_deviation(c, &mean, &out->shape);
	out->ratio = exp(mean);
	for (size_t i = 1; i < c->n; i++)
		if (fabs(c->logs[i] - mean) > fabs(c->logs[worst] - mean))
			worst = i;
	out->worst_size = curve->size[c->at[worst]];
	out->worst = exp(c->logs[worst] - mean);
	vary_sizes(c, mean, out);
}

static int resample(const struct gb_curve *curve, const struct common *c, struct gb_factor *out)
{
	double means[GB_REPLICATES], deviations[GB_REPLICATES], *room;
	struct gb_draws draws;
	size_t most = 0;

	for (size_t i = 0; i < curve->n; i++)
		most = curve->n_processes[i] > most ? curve->n_processes[i] : most;
	room = malloc(most * sizeof(*room));
	if (!room)
		return -1;
	gb_draws_begin(&draws, SEED);
	for (size_t r = 0; r < GB_REPLICATES; r++) {
		for (size_t i = 0; i < c->n; i++) {
			size_t at = c->at[i];
			double cost = gb_resampled_median(&draws, curve->medians[at],
							  curve->n_processes[at], room);

			c->logs[i] = log(c->published_ns[i] / cost);
		}
		mean_and_deviation(c, &means[r], &deviations[r]);
	}
	free(room);
	gb_sort(means, GB_REPLICATES);
	gb_sort(deviations, GB_REPLICATES);
	out->ratio_low = exp(gb_quantile(means, GB_REPLICATES, 0.025));
	out->ratio_high = exp(gb_quantile(means, GB_REPLICATES, 0.975));
	out->shape_low = gb_quantile(deviations, GB_REPLICATES, 0.025);
	out->shape_high = gb_quantile(deviations, GB_REPLICATES, 0.975);
	return 0;
}

static int fit_published(const struct gb_published_times *published, size_t series,
			 struct gb_growth *out)
{
	struct gb_growth found[GB_GROWTH_SETS];
	double *size = malloc((published->n + 1) * sizeof(*size));
	double *cost = malloc((published->n + 1) * sizeof(*cost));
	size_t n = 0;
	int status = -1;

	if (size && cost) {
		for (size_t i = 0; i < published->n; i++) {
			if (published->points[i].series != series)
				continue;
			size[n] = published->points[i].size;
			cost[n++] = published->points[i].time_ms * 1e6;
		}
		if (gb_growth_select(size, cost, n, found) > 0)
			*out = found[0];
		status = 0;
	}
	free(size);
	free(cost);
	return status;
}

int gb_factor_of(const struct gb_published_times *published, size_t series,
		 const struct gb_curve *curve, struct gb_factor *out)
{
	struct common c = {
		.at = malloc((curve->n + 1) * sizeof(*c.at)),
		.published_ns = malloc((curve->n + 1) * sizeof(*c.published_ns)),
		.logs = malloc((curve->n + 1) * sizeof(*c.logs)),
	};
	int status = -1;

	*out = (struct gb_factor){
		.ratio_low = NAN,
		.ratio_high = NAN,
		.shape_low = NAN,
		.shape_high = NAN,
		.ratio_sizes_low = NAN,
		.ratio_sizes_high = NAN,
		.shape_sizes_low = NAN,
		.shape_sizes_high = NAN,
	};
	if (c.at && c.published_ns && c.logs) {
		find_common(published, series, curve, &c);
		out->n = c.n;
		status = fit_published(published, series, &out->published);
	}
	if (status == 0 && c.n >= 1) {
		compare(curve, &c, out);
		if (curve->least_processes > 1)
			status = resample(curve, &c, out);
	}
	free(c.at);
	free(c.published_ns);
	free(c.logs);
	return status;
}
