#include "stats/growth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Costs with 2 % of noise. What is expected of them was computed by scipy 1.17.1
 * (optimize.nnls) and numpy 2.4.6 (linalg.lstsq over all sets of terms, AICc by its formula),
 * with each equation divided by its cost.
 */
static const double commit_size[] = {2, 5, 10, 20, 50, 100, 200, 500, 1000};
static const double commit_cost[] = {325.7,  494.9, 615.3,  733.9, 914.6,
				     1044.4, 1227,  1535.8, 1778.1};
static const double create_size[] = {2, 3, 5, 10, 30, 100, 300, 1000, 3000, 10000};
static const double create_cost[] = {869.2,   1181.6,  1762.9,   3208.7,    8850.3,
				     29482.3, 90338.5, 301952.9, 1040637.2, 4714088.6};
static const double sort_size[] = {4, 8, 16, 64, 256, 1024, 4096};
static const double sort_cost[] = {34.2, 82.3, 201.3, 1103.6, 6087.5, 30699.3, 147805.2};

static const struct {
	const double *size, *cost;
	size_t n;
	double all[GB_GROWTH_TERMS]; /* the non-negative fit of all terms */
	double all_error;
	unsigned best_set;
	double best[GB_GROWTH_TERMS];
	double best_error, best_aicc;
} curves[] = {
	{commit_size,
	 commit_cost,
	 N(commit_size),
	 {202.36084680919615, 123.1379517172498, 0.37520489466139995, 0, 0},
	 0.012481815829089518,
	 1 << GB_GROWTH_CONSTANT | 1 << GB_GROWTH_LOG | 1 << GB_GROWTH_LINEAR,
	 {202.36084680919754, 123.13795171724963, 0.3752048946614058, 0, 0},
	 0.0124818158290895,
	 -60.90268369498318},
	{create_size,
	 create_cost,
	 N(create_size),
	 {282.43266690356285, 31.398755033465342, 278.46431992469525, 1.1373461559175473,
	  0.017769642706434986},
	 0.010897485142501063,
	 1 << GB_GROWTH_CONSTANT | 1 << GB_GROWTH_LINEAR | 1 << GB_GROWTH_QUADRATIC,
	 {300.53902380983925, 0, 289.3844363656465, 0, 0.018239311939452548},
	 0.011760848920773437,
	 -72.85958303952847},
	{sort_size,
	 sort_cost,
	 N(sort_size),
	 {8.498433090188218, 1.2067345303119905, 0, 2.915553344665131, 0.00031246391974068625},
	 0.014107107318179865,
	 1 << GB_GROWTH_CONSTANT | 1 << GB_GROWTH_LINEAR_LOG,
	 {10.628153961134029, 0, 0, 2.95969776682761, 0},
	 0.017208288106348654,
	 -42.873098024050044},
};

static void assert_close(double is, double want)
{
	if (!(fabs(is - want) <= 1e-7 * fabs(want)))
		fail_msg("%.17g, want %.17g", is, want);
}

static void the_fit_is_that_of_an_independent_solver(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(curves); i++) {
		struct gb_growth g;

		assert_true(gb_growth_fit(curves[i].size, curves[i].cost, curves[i].n,
					  GB_GROWTH_SETS - 1, &g));
		for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
			assert_close(g.coefficient[j], curves[i].all[j]);
			assert_int_equal((g.set >> j) & 1, curves[i].all[j] > 0);
		}
		assert_close(g.error, curves[i].all_error);
	}
}

static void the_terms_are_those_that_the_points_support(void **state)
{
	struct gb_growth found[GB_GROWTH_SETS];

	(void)state;
	for (size_t i = 0; i < N(curves); i++) {
		assert_int_equal(
			gb_growth_select(curves[i].size, curves[i].cost, curves[i].n, found), 1);
		assert_int_equal(found[0].set, curves[i].best_set);
		for (unsigned j = 0; j < GB_GROWTH_TERMS; j++)
			assert_close(found[0].coefficient[j], curves[i].best[j]);
		assert_close(found[0].error, curves[i].best_error);
		assert_close(found[0].aicc, curves[i].best_aicc);
	}
}

/* Between 60 and 65 members hardly anything tells a line from other curves. */
static void curves_that_cannot_be_told_apart_are_all_given(void **state)
{
	static const double size[] = {60, 61, 62, 63, 64, 65};
	static const double cost[] = {600, 600, 640, 610, 660, 630};
	struct gb_growth found[GB_GROWTH_SETS];
	size_t n = gb_growth_select(size, cost, N(size), found);

	(void)state;
	assert_true(n > 1);
	for (size_t i = 1; i < n; i++) {
		assert_true(found[i].aicc >= found[i - 1].aicc);
		assert_true(found[i].aicc < found[0].aicc + 2);
		assert_int_not_equal(found[i].set, found[0].set);
	}
}

/* Exact data: more terms never win against the true ones. */
static void exact_curves_are_found_again(void **state)
{
	static const double coefficient[GB_GROWTH_TERMS] = {700, 0, 330, 0, 0.5};
	static const double size[] = {2, 5, 10, 50, 100, 500, 1000, 5000};
	double cost[N(size)];
	struct gb_growth found[GB_GROWTH_SETS];

	(void)state;
	for (size_t i = 0; i < N(size); i++)
		cost[i] = 700 + 330 * size[i] + 0.5 * size[i] * size[i];
	assert_true(gb_growth_select(size, cost, N(size), found) >= 1);
	assert_int_equal(found[0].set, 1 << GB_GROWTH_CONSTANT | 1 << GB_GROWTH_LINEAR |
					       1 << GB_GROWTH_QUADRATIC);
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++)
		assert_true(fabs(found[0].coefficient[j] - coefficient[j]) < 1e-6);
	assert_close(gb_growth_at(&found[0], 10000), 700 + 3.3e6 + 5e7);
	assert_close(gb_growth_leads_from(&found[0]), 660);
}

static void too_few_points_support_nothing(void **state)
{
	struct gb_growth found[GB_GROWTH_SETS], g;

	(void)state;
	assert_int_equal(gb_growth_select(commit_size, commit_cost, 3, found), 0);
	assert_int_equal(gb_growth_select(commit_size, commit_cost, 0, found), 0);
	assert_true(gb_growth_select(commit_size, commit_cost, 4, found) >= 1);
	assert_false(gb_growth_fit(commit_size, commit_cost, 0, GB_GROWTH_SETS - 1, &g));
	assert_true(gb_growth_fit(commit_size, commit_cost, 1, 1 << GB_GROWTH_LINEAR, &g));
	assert_close(g.coefficient[GB_GROWTH_LINEAR], 325.7 / 2);
	assert_false(gb_growth_fit(commit_size, commit_cost, 3, 0, &g));
}

static void the_lead_changes_where_terms_are_equal(void **state)
{
	const struct gb_growth both = {
		.coefficient = {1000, 0, 10, 0, 0},
		.set = 1 << GB_GROWTH_CONSTANT | 1 << GB_GROWTH_LINEAR,
	};
	const struct gb_growth one = {.coefficient = {5, 0, 0, 0, 0}, .set = 1};

	(void)state;
	assert_close(gb_growth_leads_from(&both), 100);
	assert_close(gb_growth_leads_from(&one), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fit_is_that_of_an_independent_solver),
		cmocka_unit_test(the_terms_are_those_that_the_points_support),
		cmocka_unit_test(curves_that_cannot_be_told_apart_are_all_given),
		cmocka_unit_test(exact_curves_are_found_again),
		cmocka_unit_test(too_few_points_support_nothing),
		cmocka_unit_test(the_lead_changes_where_terms_are_equal),
	};

	return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
