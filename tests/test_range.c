/* Numbers, ranges, times and shares as scenarios and the command line write them. */
#include "run/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void assert_values(const char *text, const struct gb_values *values)
{
	char got[256] = "";

	for (size_t i = 0; i < values->n; i++) {
		size_t used = strlen(got);
		snprintf(got + used, sizeof got - used, "%s%u", i > 0 ? " " : "", values->v[i]);
	}
	assert_string_equal(got, text);
}

static void ranges_name_every_step(void **state)
{
	static const struct {
		const char *text, *values;
	} rows[] = {
		{"2", "2"},
		{"2..5", "2 3 4 5"},
		{"7..7", "7"},
		{"20..100/40", "20 60 100"},
		{"2..4,10,20..30/10", "2 3 4 10 20 30"},
		{"1000000", "1000000"},
	};
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_values values = {0};
		char wanted[GB_WANTED_BYTES] = "";
		assert_int_equal(gb_parse_ranges(rows[i].text, 2, 1000000, &values, wanted), 0);
		assert_values(rows[i].values, &values);
		gb_values_free(&values);
	}
}

static void bad_ranges_say_what_was_wanted(void **state)
{
	static const char form[] = "a number, FROM..TO or FROM..TO/STEP, all from 2 to 100";
	static const char bounds[] = "a number from 2 to 100";
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{"", form},
		{"x", form},
		{"-3", form},
		{" 3", form},
		{"3 ", form},
		{"2...5", form},
		{"2..", form},
		{"..5", form},
		{"2..5/", form},
		{"2..5/1/1", form},
		{"1e2", form},
		{"0x10", form},
		{"99999999999999999999999", form},
		{"1", bounds},
		{"101", bounds},
		{"2..101", bounds},
		{"0..5", bounds},
		{"18446744073709551615", bounds},
		{"5..2", "the smaller number first"},
		{"2..6/0", "a step of at least 1"},
		{"2..7/2", "a range that its step divides"},
		{"4,2..9", "4 only once"},
		{"4,,5", form},
	};
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_values values = {0};
		char wanted[GB_WANTED_BYTES] = "";
		assert_int_equal(gb_parse_ranges(rows[i].text, 2, 100, &values, wanted), -1);
		assert_string_equal(wanted, rows[i].wanted);
		gb_values_free(&values);
	}
}

static void huge_ranges_are_refused_before_they_are_made(void **state)
{
	struct gb_values values = {0};
	char wanted[GB_WANTED_BYTES];

	(void)state;
	assert_int_equal(gb_parse_range("0..4294967295", 0, UINT32_MAX, &values, wanted), -1);
	assert_string_equal(wanted, "at most 4096 values");
	assert_int_equal(values.n, 0);
	assert_int_equal(gb_parse_range("0..4095", 0, UINT32_MAX, &values, wanted), 0);
	assert_int_equal(gb_parse_range("5000", 0, UINT32_MAX, &values, wanted), -1);
	assert_string_equal(wanted, "at most 4096 values");
	gb_values_free(&values);
}

static void times_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} rows[] = {
		{"250ms", 250000000u},
		{"3s", 3000000000u},
		{"2m", 120000000000u},
		{"24h", 86400000000000u},
		{"25h", 0},
		{"3", 0},
		{"0s", 0},
		{"1.5s", 0},
		{"-1s", 0},
		{"s", 0},
		{"3 s", 0},
		{"18446744073709551615h", 0},
	};
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char wanted[GB_WANTED_BYTES] = "";
		uint64_t ns = 0;
		int status = gb_parse_duration(rows[i].text, &ns, wanted);
		assert_int_equal(status, rows[i].ns == 0 ? -1 : 0);
		assert_int_equal(ns, rows[i].ns);
		if (status != 0)
			assert_string_equal(wanted,
					    "a time like 250ms, 3s, 2m or 1h, at most a day");
	}
}

static void shares_are_percentages(void **state)
{
	static const struct {
		const char *text;
		double share; /* 0: refused */
	} rows[] = {
		{"2%", 0.02}, {"0.5%", 0.005}, {"100%", 1.0}, {"0%", 0},    {"0.0%", 0},
		{"2", 0},     {"101%", 0},     {"100.1%", 0}, {"2.55%", 0}, {"%", 0},
	};
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char wanted[GB_WANTED_BYTES] = "";
		double share = 0;
		int status = gb_parse_percent(rows[i].text, &share, wanted);
		assert_int_equal(status, rows[i].share > 0 ? 0 : -1);
		assert_true(share >= rows[i].share - 1e-12 && share <= rows[i].share + 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_name_every_step),
		cmocka_unit_test(bad_ranges_say_what_was_wanted),
		cmocka_unit_test(huge_ranges_are_refused_before_they_are_made),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(shares_are_percentages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
