#include "stats/order.h"
#include "stats/resample.h"
#include "stats/student.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * Every expected number below comes from numpy 2.4.6 (median, quantile) and scipy 1.17.1
 * (stats.median_abs_deviation with scale 1, stats.binom.cdf).
 */

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void assert_close(double is, double want)
{
	assert_true(fabs(is - want) <= 1e-12 * (1 + fabs(want)));
}

static const struct {
	double x[8];
	size_t n;
	double median, mad;
	double quantile[7]; /* at 0, 0.1, 0.25, 0.5, 0.9, 0.99, 1 */
} sets[] = {
	{{3.5}, 1, 3.5, 0, {3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5}},
	{{20, 10}, 2, 15, 5, {10, 11, 12.5, 15, 19, 19.9, 20}},
	{{5, 1, 4, 2, 3}, 5, 3, 1, {1, 1.4, 2, 3, 4.6, 4.96, 5}},
	{{9, 1, 2, 2, 4, 6, 1}, 7, 2, 1, {1, 1, 1.5, 2, 7.2, 8.82, 9}},
	{{100.5, 3, 77, 12, 12, 900, 45, 45.25},
	 8,
	 45.125,
	 33.125,
	 {3, 9.3, 12, 45.125, 340.35, 844.035, 900}},
	{{16, 1, 2, 4, 8}, 5, 4, 3, {1, 1.4, 2, 4, 12.8, 15.68, 16}},
	{{1, 2, 4, 8, 16, 32}, 6, 6, 4.5, {1, 1.5, 2.5, 6, 24, 31.2, 32}},
	{{7, 7, 8, 7, 7, 8}, 6, 7, 0, {7, 7, 7, 7, 8, 8, 8}},
};

static void median_mad_and_quantiles_agree_with_numpy(void **state)
{
	static const double p[7] = {0, 0.1, 0.25, 0.5, 0.9, 0.99, 1};

	(void)state;
	for (size_t i = 0; i < N(sets); i++) {
		double x[8];

		memcpy(x, sets[i].x, sizeof(x));
		gb_sort(x, sets[i].n);
		assert_close(gb_median(x, sets[i].n), sets[i].median);
		assert_close(gb_mad(x, sets[i].n), sets[i].mad);
		for (size_t j = 0; j < N(p); j++)
			assert_close(gb_quantile(x, sets[i].n, p[j]), sets[i].quantile[j]);
	}
}

static void sorting_keeps_every_value(void **state)
{
	double x[1000], sum = 0;

	(void)state;
	for (size_t i = 0; i < N(x); i++)
		x[i] = (double)(i * 7919 % 1000) - 500;
	gb_sort(x, N(x));
	for (size_t i = 0; i < N(x); i++) {
		assert_close(x[i], (double)i - 500);
		sum += x[i];
	}
	assert_close(sum, -500);
	gb_sort(x, 0);
}

static void median_interval_is_the_exact_one(void **state)
{
	static const struct {
		size_t n;
		double confidence;
		size_t low, high;
		double coverage;
	} rows[] = {
		{1, 0.95, 0, 0, 0},
		{2, 0.95, 0, 1, 0.5},
		{5, 0.95, 0, 4, 0.9375},
		{6, 0.95, 0, 5, 0.96875},
		{7, 0.99, 0, 6, 0.984375},
		{12, 0.95, 2, 9, 0.96142578125},
		{12, 0.99, 1, 10, 0.99365234375},
		{24, 0.95, 6, 17, 0.9773441553115845},
		{40, 0.95, 13, 26, 0.9615226917157997},
		{60, 0.95, 21, 38, 0.972659866131922},
		{120, 0.99, 45, 74, 0.9921534068775603},
		{1000, 0.95, 468, 531, 0.9537088026395019},
		{5000, 0.95, 2430, 2569, 0.9506841418958285},
		{5000, 0.99, 2408, 2591, 0.9903536934752578},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_median_interval is = gb_median_interval(rows[i].n, rows[i].confidence);

		assert_int_equal(is.low, rows[i].low);
		assert_int_equal(is.high, rows[i].high);
		assert_true(fabs(is.coverage - rows[i].coverage) < 1e-9);
	}
}

/*
 * The draws are SplitMix64's, whose first outputs for the seed 1234567 are widely published:
 * 6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431.
 */
static void draws_are_those_of_the_published_generator(void **state)
{
	static const size_t want[] = {317, 973, 423, 431};
	struct gb_draws draws;

	(void)state;
	gb_draws_begin(&draws, 1234567);
	for (size_t i = 0; i < N(want); i++)
		assert_int_equal(gb_draw_below(&draws, 1000), want[i]);
}

static void resampled_medians_come_from_the_values(void **state)
{
	static const double values[] = {1, 2, 4, 8, 16};
	size_t seen[17] = {0};
	double room[5];
	struct gb_draws draws;

	(void)state;
	gb_draws_begin(&draws, 1);
	for (size_t i = 0; i < 20000; i++) {
		double median = gb_resampled_median(&draws, values, 5, room);

		assert_true(median >= 1 && median <= 16);
		seen[(size_t)median]++;
	}
	/* P(median <= value i) = P(Binomial(5, i/5) >= 3): 0.05792, 0.31744, 0.68256, 0.94208. */
	assert_true(labs((long)seen[1] - 1158) < 150);
	assert_true(labs((long)seen[2] - 5190) < 300);
	assert_true(labs((long)seen[4] - 7302) < 300);
	assert_true(labs((long)seen[16] - 1158) < 150);
}

/* The table of any textbook. */
static void quantiles_of_student_are_those_of_tables(void **state)
{
	static const struct {
		size_t degrees;
		double want, error;
	} table[] = {{2, 4.303, 0.01},    {3, 3.182, 0.002},   {5, 2.571, 0.001},
		     {12, 2.179, 0.0005}, {44, 2.015, 0.0005}, {1000, 1.962, 0.0005}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double is = gb_student_95(table[i].degrees);

		if (!(fabs(is / table[i].want - 1) <= table[i].error))
			fail_msg("%zu degrees: %g, want %g", table[i].degrees, is, table[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_mad_and_quantiles_agree_with_numpy),
		cmocka_unit_test(sorting_keeps_every_value),
		cmocka_unit_test(median_interval_is_the_exact_one),
		cmocka_unit_test(draws_are_those_of_the_published_generator),
		cmocka_unit_test(resampled_medians_come_from_the_values),
		cmocka_unit_test(quantiles_of_student_are_those_of_tables),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
