#include "analyse/calibration.h"
#include "prices/calibrate.h"
#include "prices/calibration_json.h"
#include "prices/command_calibrate.h"
#include "prices/price_cases.h"
#include "stats/order.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array)  (sizeof(array) / sizeof((array)[0]))
#define FILE_NAME "calibration.json"

static char folder[] = "/tmp/groupbench-calibrate-XXXXXX";

/* Everything, as shortly as it can be: what is measured is true, though not precise. */
static struct gb_calibrate_request shortest(void)
{
	struct gb_calibrate_request request = gb_calibrate_all();

	request.batch_ns = 1;
	request.min_rounds = 1;
	request.max_rounds = 3;
	request.tolerance = 1e9;
	return request;
}

static void every_primitive_gets_its_price(void **state)
{
	struct gb_calibrate_request request = shortest();
	static struct gb_calibration c;
	char why[256] = "";

	(void)state;
	if (gb_calibrate(&request, &c, why, sizeof(why)) != GB_EXIT_DONE)
		fail_msg("%s", why);
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned a = 0; a < GB_ALGORITHMS; a++) {
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++) {
				struct gb_price price = c.pass[pass].of[GB_LIBRARY_OPENSSL][a][p];
				if (gb_algorithm_has((enum gb_algorithm)a, (enum gb_primitive)p))
					assert_true(price.minimum <= price.median);
				else
					assert_true(isnan(price.minimum));
			}
		}
	}
	assert_true(c.pass[0].of[GB_LIBRARY_LIBOLM][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh].minimum >
		    0);
	assert_true(
		isnan(c.pass[0].of[GB_LIBRARY_LIBOLM][GB_ALGORITHM_p256][GB_PRIMITIVE_dh].minimum));
	assert_true(
		c.pass[0].of[GB_LIBRARY_SODIUM][GB_ALGORITHM_ed25519][GB_PRIMITIVE_verify].minimum >
		0);
	assert_true(isnan(
		c.pass[0].of[GB_LIBRARY_SODIUM][GB_ALGORITHM_sha256][GB_PRIMITIVE_hash].minimum));
	assert_int_equal(c.rounds, 1);
}

/* The curves of libsodium, and all else from OpenSSL. */
static void libsodium_has_curves_only(void **state)
{
	struct gb_prices prices;
	double of[GB_PRICED_PRIMITIVES];

	(void)state;
	gb_prices_clear(&prices);
	for (unsigned a = 0; a < GB_ALGORITHMS; a++)
		for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++) {
			prices.of[GB_LIBRARY_OPENSSL][a][p] = (struct gb_price){1, 1};
			prices.of[GB_LIBRARY_SODIUM][a][p] = (struct gb_price){2, 2};
		}
	gb_prices_select(&prices, GB_LIBRARY_SODIUM, gb_algorithms_of_suite(3), GB_PRICE_MINIMUM,
			 of);
	assert_true(of[GB_PRIMITIVE_keygen] == 2 && of[GB_PRIMITIVE_dh] == 2);
	assert_true(of[GB_PRIMITIVE_sign] == 2 && of[GB_PRIMITIVE_verify_bytes] == 2);
	assert_true(of[GB_PRIMITIVE_hash] == 1 && of[GB_PRIMITIVE_aead] == 1);
	assert_true(of[GB_PRIMITIVE_random_bytes] == 1);
}

/* A run measures what its cells need. */
static void a_quick_calibration_is_no_longer_than_needed(void **state)
{
	const uint32_t curves = gb_algorithms_of_sodium();

	(void)state;
	assert_int_equal(gb_calibrate_quick(1u << 1).algorithms[GB_LIBRARY_SODIUM], 0);
	assert_int_equal(gb_calibrate_quick(1u << 1 | GB_WITH_SODIUM).algorithms[GB_LIBRARY_SODIUM],
			 curves);
}

/* The floor of any suite, and of Megolm on either library, can be priced. */
static void every_suite_can_be_priced(void **state)
{
	struct gb_prices prices;
	double of[GB_PRICED_PRIMITIVES];

	(void)state;
	gb_prices_clear(&prices);
	for (unsigned l = 0; l < GB_LIBRARIES; l++)
		for (unsigned a = 0; a < GB_ALGORITHMS; a++)
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
				prices.of[l][a][p] = (struct gb_price){1 + a, 2 + a};
	for (unsigned suite = 1; suite <= 7; suite++) {
		gb_prices_select(&prices, GB_LIBRARY_OPENSSL, gb_algorithms_of_suite(suite),
				 GB_PRICE_MINIMUM, of);
		for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
			assert_int_equal(isnan(of[p]), p == GB_PRIMITIVE_cbc ||
							       p == GB_PRIMITIVE_cbc_bytes ||
							       p == GB_PRIMITIVE_pbkdf2_rounds);
	}
	assert_int_equal(gb_algorithms_of_suite(0), 0);
	assert_int_equal(gb_algorithms_of_suite(8), 0);
	/* What libolm does not do is OpenSSL's. */
	for (unsigned a = 0; a < GB_ALGORITHMS; a++)
		if (a == GB_ALGORITHM_random || (gb_algorithms_of_olm() >> a & 1) == 0)
			for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
				prices.of[GB_LIBRARY_LIBOLM][a][p] = (struct gb_price){NAN, NAN};
	gb_prices_select(&prices, GB_LIBRARY_LIBOLM, gb_algorithms_of_olm(), GB_PRICE_MEDIAN, of);
	for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
		assert_int_equal(isnan(of[p]), p == GB_PRIMITIVE_aead ||
						       p == GB_PRIMITIVE_aead_bytes ||
						       p == GB_PRIMITIVE_pbkdf2_rounds);
	assert_true(of[GB_PRIMITIVE_dh] == 2 + GB_ALGORITHM_x25519);
	for (unsigned dehydrates = 0; dehydrates < 2; dehydrates++) {
		gb_prices_select(&prices, GB_LIBRARY_LIBOLM, gb_algorithms_of_matrix(dehydrates),
				 GB_PRICE_MEDIAN, of);
		for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
			assert_int_equal(isnan(of[p]), 0);
		assert_true(of[GB_PRIMITIVE_aead] == (dehydrates == 1
							      ? 2 + GB_ALGORITHM_chacha20poly1305
							      : 2 + GB_ALGORITHM_aes256gcm));
	}
}

/* In a set of two, passes that differ at all differ by too much. */
static void passes_that_differ_are_refused(void **state)
{
	struct gb_calibrate_request request = shortest();
	struct gb_calibration c;
	char why[256] = "";

	(void)state;
	request.tolerance = -1;
	request.algorithms[GB_LIBRARY_OPENSSL] = 1u << GB_ALGORITHM_sha256;
	request.algorithms[GB_LIBRARY_LIBOLM] = request.algorithms[GB_LIBRARY_SODIUM] = 0;
	assert_int_equal(gb_calibrate(&request, &c, why, sizeof(why)), GB_EXIT_INCONCLUSIVE);
	assert_non_null(strstr(why, "openssl sha256 "));
	assert_non_null(strstr(why, "two passes of 3 batches differ by "));
	assert_non_null(strstr(why, "wanted -100.0 %"));
}

/* What users get: passes that differ by more than 3 % make no calibration. */
static void users_get_passes_within_three_per_cent(void **state)
{
	(void)state;
	assert_true(gb_calibrate_all().tolerance == 0.03);
	assert_true(gb_calibrate_quick(1u << 1).tolerance == 0.03);
}

/* ---- the second try ---- */

static unsigned tries, noisy_tries;
static enum gb_exit ends_with;

static enum gb_exit noisy(const struct gb_calibrate_request *request, struct gb_calibration *out,
			  char *why, size_t why_len)
{
	(void)request;
	*out = (struct gb_calibration){.rounds = ++tries};
	snprintf(why, why_len, "try %u", tries);
	return tries <= noisy_tries ? GB_EXIT_INCONCLUSIVE : ends_with;
}

/* How it ends after so many noisy tries, and how many it took. */
static void expect_tries(unsigned n_noisy, enum gb_exit then, enum gb_exit want, unsigned n)
{
	struct gb_calibrate_request request = shortest();
	struct gb_calibration c;
	char why[256] = "", wanted[16];

	tries = 0;
	noisy_tries = n_noisy;
	ends_with = then;
	assert_int_equal(gb_calibrate_patiently(noisy, &request, &c, why, sizeof(why)), want);
	assert_int_equal(tries, n);
	assert_int_equal(c.rounds, n);
	snprintf(wanted, sizeof(wanted), "try %u", n);
	assert_string_equal(why, wanted);
}

static void noise_is_tried_once_more(void **state)
{
	(void)state;
	expect_tries(0, GB_EXIT_DONE, GB_EXIT_DONE, 1);
	expect_tries(1, GB_EXIT_DONE, GB_EXIT_DONE, 2);
	expect_tries(2, GB_EXIT_DONE, GB_EXIT_INCONCLUSIVE, 2);
	expect_tries(0, GB_EXIT_INTERNAL, GB_EXIT_INTERNAL, 1);
	expect_tries(1, GB_EXIT_INTERNAL, GB_EXIT_INTERNAL, 2);
}

/* 39 batches of 50 ns and more: one of 11 ns changes nothing once there are 40. */
static void a_batch_that_is_too_fast_sets_no_price(void **state)
{
	double ns[41];
	size_t n = 0;

	(void)state;
	for (; n < 39; n++)
		gb_insert(ns, n, 50 + (double)(n * 7 % 39));
	assert_true(gb_low_time(ns, n) == 50);
	gb_insert(ns, n++, 11);
	assert_true(ns[0] == 11);
	assert_true(gb_low_time(ns, n) == 50);
	for (size_t i = 1; i < n; i++)
		assert_true(ns[i - 1] <= ns[i]);
	assert_true(gb_low_time(ns, 1) == 11);
}

static void unknown_algorithms_fail(void **state)
{
	struct gb_calibrate_request request = shortest();
	struct gb_calibration c;
	char why[256] = "";

	(void)state;
	request.algorithms[GB_LIBRARY_LIBOLM] = 1u << GB_ALGORITHM_p256;
	assert_int_equal(gb_calibrate(&request, &c, why, sizeof(why)), GB_EXIT_INTERNAL);
	assert_non_null(strstr(why, "libolm p256"));
}

/* The lesser minimum, the mean of the medians. */
static void two_passes_make_one_price(void **state)
{
	static struct gb_prices a, b, both;

	(void)state;
	gb_prices_clear(&a);
	gb_prices_clear(&b);
	a.of[0][0][0] = (struct gb_price){10, 14};
	b.of[0][0][0] = (struct gb_price){11, 12};
	a.of[0][0][1] = (struct gb_price){10, 14};
	gb_prices_merge(&both, &a, &b);
	assert_true(both.of[0][0][0].minimum == 10);
	assert_true(both.of[0][0][0].median == 13);
	assert_true(isnan(both.of[0][0][1].minimum));
}

static void what_is_written_is_read(void **state)
{
	static struct gb_calibration c;
	static struct gb_prices prices;
	struct gb_failure f = {0};

	(void)state;
	gb_prices_clear(&c.pass[0]);
	gb_prices_clear(&c.pass[1]);
	c.pass[0].of[GB_LIBRARY_OPENSSL][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh] =
		(struct gb_price){31000.5, 33000};
	c.pass[1].of[GB_LIBRARY_OPENSSL][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh] =
		(struct gb_price){30999.5, 34000};
	assert_int_equal(gb_calibration_write(&c, true, ".", FILE_NAME, &f), 0);
	assert_int_equal(gb_calibration_read(&prices, FILE_NAME, &f), 0);
	assert_true(prices.of[GB_LIBRARY_OPENSSL][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh].minimum ==
		    30999.5);
	assert_true(prices.of[GB_LIBRARY_OPENSSL][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh].median ==
		    33500);
	assert_true(
		isnan(prices.of[GB_LIBRARY_LIBOLM][GB_ALGORITHM_x25519][GB_PRIMITIVE_dh].minimum));
	assert_int_equal(gb_calibration_write(&c, true, "no/such/folder", FILE_NAME, &f), -1);
	assert_int_equal(f.status, GB_EXIT_IO);
	unlink(FILE_NAME);
}

static void expect_refused(const char *text, size_t len, const char *wanted)
{
	static struct gb_prices prices;
	struct gb_failure f = {0};
	FILE *out = fopen(FILE_NAME, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(gb_calibration_read(&prices, FILE_NAME, &f), -1);
	assert_int_equal(f.status, GB_EXIT_INPUT);
	if (strstr(f.text, wanted) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", f.text, wanted);
	unlink(FILE_NAME);
}

#define PRICE(text) "{\"schema\":1,\"prices\":{\"libolm\":{\"sha256\":{\"hash\":" text "}}}}"

static void damaged_files_are_refused(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{"", FILE_NAME ":1:"},
		{"{\"schema\":1,", FILE_NAME ":1:"},
		{"{\"schema\":1}\n\n{}", FILE_NAME ":3:"},
		{"{\"schema\":1,\"schema\":1}", "duplicate"},
		{"[]", "schema: found none, wanted 1"},
		{"{\"schema\":2,\"prices\":{}}", "schema: found another, wanted 1"},
		{"{\"schema\":\"1\",\"prices\":{}}", "schema: found none"},
		{"{\"schema\":1}", "prices: wanted an object"},
		{"{\"schema\":1,\"prices\":[]}", "prices: wanted an object"},
		{PRICE("7"), "prices.libolm.sha256.hash.minimum: wanted a list of two"},
		{PRICE("{\"minimum\":[1],\"median\":[1,2]}"), "hash.minimum: wanted a list"},
		{PRICE("{\"minimum\":[1,2]}"), "hash.median: wanted a list of two"},
		{PRICE("{\"minimum\":[1,\"2\"],\"median\":[1,2]}"), "wanted numbers from 0"},
		{PRICE("{\"minimum\":[1,-2],\"median\":[1,2]}"), "wanted numbers from 0"},
		{PRICE("{\"minimum\":[1,2],\"median\":[1,2e12]}"), "hash.median: wanted numbers"},
	};
	size_t long_len = GB_MAX_CALIBRATION_BYTES + 1;
	char *long_text = malloc(long_len);
	struct gb_failure f = {0};
	struct gb_prices prices;

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		expect_refused(rows[i].text, strlen(rows[i].text), rows[i].wanted);
	assert_non_null(long_text);
	memset(long_text, ' ', long_len);
	expect_refused(long_text, long_len, "more than 1048576 bytes");
	memset(long_text, '[', long_len);
	expect_refused(long_text, long_len - 1, "parsing depth");
	free(long_text);
	assert_int_equal(gb_calibration_read(&prices, "no/such/file", &f), -1);
	assert_int_equal(f.status, GB_EXIT_IO);
}

static void unknown_members_are_passed_over(void **state)
{
	static const char text[] =
		"{\"schema\":1,\"later\":[1],\"prices\":{\"other\":{},\"openssl\":{\"x\":3,"
		"\"random\":{\"random_bytes\":{\"minimum\":[1,2],\"median\":[3,3],\"x\":0}}}}}";
	static struct gb_prices prices;
	struct gb_failure f = {0};
	FILE *out = fopen(FILE_NAME, "wb");

	(void)state;
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(gb_calibration_read(&prices, FILE_NAME, &f), 0);
	assert_true(prices.of[GB_LIBRARY_OPENSSL][GB_ALGORITHM_random][GB_PRIMITIVE_random_bytes]
			    .minimum == 1);
	unlink(FILE_NAME);
}

int main(void)
{
	int failed;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_primitive_gets_its_price),
		cmocka_unit_test(every_suite_can_be_priced),
		cmocka_unit_test(libsodium_has_curves_only),
		cmocka_unit_test(a_quick_calibration_is_no_longer_than_needed),
		cmocka_unit_test(passes_that_differ_are_refused),
		cmocka_unit_test(users_get_passes_within_three_per_cent),
		cmocka_unit_test(noise_is_tried_once_more),
		cmocka_unit_test(a_batch_that_is_too_fast_sets_no_price),
		cmocka_unit_test(unknown_algorithms_fail),
		cmocka_unit_test(two_passes_make_one_price),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(unknown_members_are_passed_over),
	};

	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
