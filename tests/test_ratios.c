/* ratios.csv: one backend's cost by another's, and its factors. */
#include "analyse/commands.h"
#include "records.h"
#include "run_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-ratios-XXXXXX";
static char samples_path[64], ratios_path[64], calibration_path[64];

/* A key pair costs 100 ns from OpenSSL and 1000 from libolm; all else costs nothing. */
static const struct price_set prices[] = {
	{GB_LIBRARY_OPENSSL, GB_ALGORITHM_x25519, GB_PRIMITIVE_keygen, {100, 100}},
	{GB_LIBRARY_LIBOLM, GB_ALGORITHM_x25519, GB_PRIMITIVE_keygen, {1000, 1000}},
};

static void summarise(void)
{
	struct command_result result =
		run_command(&gb_command_summarise, (const char *[]){run, NULL});

	if (result.status != 0)
		fail_msg("%s", result.err);
}

static void assert_ratios(const char *want)
{
	static const char *const columns[] = {
		"backend",  "over_backend", "operation", "role",      "phase",      "size",
		"tree",     "olm",          "ratio",     "ratio_low", "ratio_high", "ratio_least",
		"protocol", "library",      "rest",      "rest_least"};

	assert_rows(ratios_path, columns, N(columns), want);
}

#define ACTOR    "operation=rekey sample=1 role=actor device=0 "
#define MLS      "backend=mls size=5 tree=full suite=1 count_keygen=1 " ACTOR
#define MEGOLM   "backend=megolm olm=ratchet count_keygen=1 " ACTOR
#define OLM_WASM "backend=olm-wasm olm=ratchet size=5 identity=16 phase=produce " ACTOR

/*
 * A full tree of five: 7 key pairs, 700 ns; four sessions of Olm with a step due: 4 key pairs,
 * 400 ns at OpenSSL's prices and 4000 at libolm's. MLS takes 1400 and 1600 ns in two processes,
 * Megolm 12000 and 18000. So the ratio of the medians is 15000 / 1500, at least 12000 / 1600 and
 * at most 18000 / 1400; that of the least times 12000 / 1400. The factors are 400 / 700 and
 * (4000 / 400) / (700 / 700); the rest is (15000 / 4000) / (1500 / 700) = 1.75 and, by the least
 * times, 3 / 2. What has no counterpart is in no row: another size, another identity.
 */
static const char *const both[] = {
	MLS "identity=16 phase=produce process=1 cpu_ns=1000",
	MLS "identity=16 phase=settle process=1 cpu_ns=400",
	MLS "identity=16 phase=produce process=2 cpu_ns=1100",
	MLS "identity=16 phase=settle process=2 cpu_ns=500",
	MEGOLM "size=5 identity=16 phase=produce process=1 cpu_ns=12000",
	MEGOLM "size=5 identity=16 phase=produce process=2 cpu_ns=18000",
	MEGOLM "size=9 identity=16 phase=produce process=1 cpu_ns=7",
	MEGOLM "size=5 identity=64 phase=produce process=1 cpu_ns=7",
};

static void a_ratio_is_the_product_of_its_factors(void **state)
{
	(void)state;
	write_prices(run, prices, N(prices));
	write_samples(samples_path, both, N(both));
	summarise();
	assert_ratios("megolm mls rekey actor total 5 full ratchet 10 7.5 12.857 8.5714 0.57143 10 "
		      "1.75 1.5\n");
}

/* Nobody knows what its primitives cost; what the protocols demand is known: 700 / 400. */
static void primitives_that_are_not_counted_have_no_price(void **state)
{
	const char *const rows[] = {both[0],
				    both[1],
				    both[2],
				    both[3],
				    OLM_WASM "process=1 cpu_ns=12000",
				    OLM_WASM "process=2 cpu_ns=18000"};

	(void)state;
	write_samples(samples_path, rows, N(rows));
	summarise();
	assert_ratios("mls olm-wasm rekey actor total 5 full ratchet 0.1 0.077778 0.13333 0.11667 "
		      "1.75 - - -\n");
}

static void without_prices_a_ratio_has_no_factors(void **state)
{
	(void)state;
	unlink(calibration_path);
	write_samples(samples_path, both, N(both));
	summarise();
	assert_ratios("megolm mls rekey actor total 5 full ratchet 10 7.5 12.857 8.5714 - - - -\n");
}

static void one_process_gives_no_interval(void **state)
{
	const char *const rows[] = {both[0], both[1], both[4]};

	(void)state;
	write_samples(samples_path, rows, N(rows));
	summarise();
	assert_ratios("megolm mls rekey actor total 5 full ratchet 8.5714 - - 8.5714 - - - -\n");
}

static void one_backend_has_no_ratios(void **state)
{
	(void)state;
	unlink(ratios_path);
	write_samples(samples_path, both, 4);
	summarise();
	assert_int_equal(access(ratios_path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ratio_is_the_product_of_its_factors),
		cmocka_unit_test(primitives_that_are_not_counted_have_no_price),
		cmocka_unit_test(without_prices_a_ratio_has_no_factors),
		cmocka_unit_test(one_process_gives_no_interval),
		cmocka_unit_test(one_backend_has_no_ratios),
	};
	int failed;

	if (!mkdtemp(run))
		return 1;
	snprintf(samples_path, sizeof(samples_path), "%s/samples.csv", run);
	snprintf(ratios_path, sizeof(ratios_path), "%s/ratios.csv", run);
	snprintf(calibration_path, sizeof(calibration_path), "%s/calibration.json", run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(samples_path);
	unlink(ratios_path);
	unlink(calibration_path);
	snprintf(samples_path, sizeof(samples_path), "%s/summary.csv", run);
	unlink(samples_path);
	snprintf(samples_path, sizeof(samples_path), "%s/group_cost.csv", run);
	unlink(samples_path);
	return failed || rmdir(run);
}
