/* The columns of the crypto floor in summary.csv, from samples.csv and calibration.json. */
#include "analyse/commands.h"
#include "analyse/csv.h"
#include "records.h"
#include "run_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static char run[] = "/tmp/groupbench-floor-XXXXXX";
static char samples_path[64], summary_path[64], calibration_path[64];

/*
 * OpenSSL's keygen costs 100 and 200 ns, at least and in the middle, libolm's 1000 and 2000,
 * libsodium's 50 and 70, ECDSA's verification 7; all else costs nothing.
 */
static const struct price_set prices[] = {
	{GB_LIBRARY_OPENSSL, GB_ALGORITHM_x25519, GB_PRIMITIVE_keygen, {100, 200}},
	{GB_LIBRARY_LIBOLM, GB_ALGORITHM_x25519, GB_PRIMITIVE_keygen, {1000, 2000}},
	{GB_LIBRARY_SODIUM, GB_ALGORITHM_x25519, GB_PRIMITIVE_keygen, {50, 70}},
	{GB_LIBRARY_OPENSSL, GB_ALGORITHM_ecdsa_p256, GB_PRIMITIVE_verify, {7, 7}},
};

static struct command_result summarise(void)
{
	return run_command(&gb_command_summarise, (const char *[]){run, NULL});
}

/* The floor's columns of the row with that role and phase, with blanks between, - for none. */
static void assert_floor(const char *role, const char *phase, const char *want)
{
	static const char *const columns[] = {"floor_ns", "floor_ns_median", "floor_ns_equal",
					      "time_over_floor", "time_over_floor_median"};
	struct gb_failure f = {0};
	struct gb_csv *csv;
	char is[200] = "";
	bool found = false;

	assert_int_equal(gb_csv_open(&csv, summary_path, GB_CSV_NO_COMMENTS, &f), 0);
	while (!found && gb_csv_next(csv, &f) == 1)
		found = strcmp(gb_csv_text(csv, (size_t)gb_csv_find(csv, "role", &f)), role) == 0 &&
			strcmp(gb_csv_text(csv, (size_t)gb_csv_find(csv, "phase", &f)), phase) == 0;
	assert_true(found);
	for (size_t i = 0; i < N(columns); i++) {
		long at = gb_csv_find(csv, columns[i], &f);
		const char *text;
		assert_true(at >= 0);
		text = gb_csv_text(csv, (size_t)at);
		snprintf(is + strlen(is), sizeof(is) - strlen(is), "%s%s", i ? " " : "",
			 text[0] ? text : "-");
	}
	gb_csv_close(csv);
	if (strcmp(is, want) != 0)
		fail_msg("%s %s: floor is \"%s\", want \"%s\"", role, phase, is, want);
}

#define MLS "backend=mls operation=rekey size=5 tree=full suite=1 process=1 sample=1 "

/* A full tree of five: the actor makes 7 key pairs, near 3, far 1. */
static const char *const rekey[] = {
	MLS "role=actor phase=produce device=0 cpu_ns=1000 wall_ns=1000",
	MLS "role=actor phase=settle device=0 cpu_ns=400 wall_ns=400",
	MLS "role=near phase=process device=1 cpu_ns=600 wall_ns=600",
	MLS "role=far phase=process device=4 cpu_ns=150 wall_ns=150",
	MLS "role=server phase=deliver up_bytes=1",
};

static void without_prices_there_is_no_floor(void **state)
{
	(void)state;
	unlink(calibration_path);
	write_samples(samples_path, rekey, N(rekey));
	assert_int_equal(summarise().status, 0);
	assert_floor("actor", "total", "- - - - -");
}

static void floor_stands_beside_the_whole_operation(void **state)
{
	(void)state;
	write_prices(run, prices, N(prices));
	write_samples(samples_path, rekey, N(rekey));
	assert_int_equal(summarise().status, 0);
	assert_floor("actor", "total", "700 1400 700 2 1");
	assert_floor("actor", "produce", "- - - - -");
	assert_floor("actor", "settle", "- - - - -");
	assert_floor("near", "process", "300 600 300 2 1");
	assert_floor("far", "process", "100 200 100 1.5 0.75");
	assert_floor("server", "deliver", "- - - - -");
}

/* Megolm on libolm, on OpenSSL; MLS with another suite, whose KEM costs nothing here; MLS on
 * libsodium. */
static void each_cell_has_its_library(void **state)
{
	static const char *const rows[][1] = {
		{"backend=megolm operation=rekey size=5 olm=ratchet olm_crypto=libolm process=1 "
		 "sample=1 role=actor phase=produce device=0 cpu_ns=8000 wall_ns=1"},
		{"backend=megolm operation=rekey size=5 olm=ratchet olm_crypto=openssl process=1 "
		 "sample=1 role=actor phase=produce device=0 cpu_ns=8000 wall_ns=1"},
		{"backend=mls operation=rekey size=5 tree=full suite=2 process=1 sample=1 "
		 "role=near phase=process device=1 cpu_ns=28 wall_ns=1"},
		{"backend=mls operation=rekey size=5 tree=full crypto=sodium process=1 sample=1 "
		 "role=near phase=process device=1 cpu_ns=315 wall_ns=1"},
	};

	(void)state;
	write_prices(run, prices, N(prices));
	write_samples(samples_path, rows[0], 1);
	assert_int_equal(summarise().status, 0);
	assert_floor("actor", "total", "4000 8000 400 2 1");
	write_samples(samples_path, rows[1], 1);
	assert_int_equal(summarise().status, 0);
	assert_floor("actor", "total", "400 800 400 20 10");
	write_samples(samples_path, rows[2], 1);
	assert_int_equal(summarise().status, 0);
	assert_floor("near", "process", "14 14 14 2 2");
	write_samples(samples_path, rows[3], 1);
	assert_int_equal(summarise().status, 0);
	assert_floor("near", "process", "150 210 300 2.1 1.5");
}

/* One verification at the reader, and at these prices nothing for the walk down the secret tree. */
static void the_receipt_of_a_first_message_has_a_floor(void **state)
{
	static const char *const rows[] = {"backend=mls operation=receive_first size=5 tree=full "
					   "suite=2 payload=1 process=1 sample=1 "
					   "role=near phase=process device=1 cpu_ns=14 wall_ns=1"};

	(void)state;
	write_prices(run, prices, N(prices));
	write_samples(samples_path, rows, 1);
	assert_int_equal(summarise().status, 0);
	assert_floor("near", "process", "7 7 7 2 2");
}

/* Three others get the new key, each by a ratchet step; who is told that it gets none does nothing.
 */
static void who_is_withheld_keys_has_a_floor_of_nothing(void **state)
{
	static const struct price_set dh[] = {
		{GB_LIBRARY_OPENSSL, GB_ALGORITHM_x25519, GB_PRIMITIVE_dh, {100, 200}},
		{GB_LIBRARY_LIBOLM, GB_ALGORITHM_x25519, GB_PRIMITIVE_dh, {1000, 2000}},
	};
	static const char *const rows[] = {
		"backend=megolm operation=withhold k=1 size=5 olm=ratchet olm_crypto=libolm "
		"process=1 sample=1 role=actor phase=produce device=0 cpu_ns=6000 wall_ns=1",
		"backend=megolm operation=withhold k=1 size=5 olm=ratchet olm_crypto=libolm "
		"process=1 sample=1 role=withheld phase=process device=2 cpu_ns=14 wall_ns=1",
	};

	(void)state;
	write_prices(run, dh, N(dh));
	write_samples(samples_path, rows, N(rows));
	assert_int_equal(summarise().status, 0);
	assert_floor("actor", "total", "3000 6000 300 2 1");
	assert_floor("withheld", "process", "0 0 0 - -");
}

/* What makes no difference has no value; a rekey without its state has no floor. */
static void floor_needs_no_state_that_makes_no_difference(void **state)
{
	static const char *const rows[][1] = {
		{"backend=mls operation=create size=5 suite=1 process=1 sample=1 role=joiner "
		 "phase=join device=4 cpu_ns=300 wall_ns=1"},
		{"backend=mls operation=rekey size=5 suite=1 process=1 sample=1 role=far "
		 "phase=process device=4 cpu_ns=300 wall_ns=1"},
		{"backend=megolm operation=primitive_keygen k=2 size=5 olm_crypto=libolm process=1 "
		 "sample=1 role=actor phase=produce device=0 cpu_ns=4000 wall_ns=1"},
		{"backend=megolm operation=rekey size=5 olm_crypto=libolm process=1 "
		 "sample=1 role=actor phase=produce device=0 cpu_ns=300 wall_ns=1"},
		{"backend=megolm operation=publish k=2 size=5 olm_crypto=libolm process=1 "
		 "sample=1 role=actor phase=produce device=5 cpu_ns=8000 wall_ns=1"},
		{"backend=mls operation=publish k=2 size=5 suite=1 process=1 "
		 "sample=1 role=actor phase=produce device=5 cpu_ns=800 wall_ns=1"},
	};
	static const char *const want[][3] = {
		{"joiner", "join", "100 200 100 3 1.5"}, {"far", "process", "- - - - -"},
		{"actor", "total", "2000 4000 200 2 1"}, {"actor", "total", "- - - - -"},
		{"actor", "total", "4000 8000 400 2 1"}, {"actor", "total", "400 800 400 2 1"},
	};

	(void)state;
	write_prices(run, prices, N(prices));
	for (size_t i = 0; i < N(rows); i++) {
		write_samples(samples_path, rows[i], 1);
		assert_int_equal(summarise().status, 0);
		assert_floor(want[i][0], want[i][1], want[i][2]);
	}
}

/* Two newcomers: the first, at leaf 4, shares one node of the path, the other, at leaf 1,
 * three. The least beside the least, the mean beside the median. */
static void several_devices_share_a_row(void **state)
{
	static const char *const rows[] = {
		"backend=mls operation=create size=5 tree=full process=1 sample=1 role=joiner "
		"phase=join device=4 cpu_ns=300 wall_ns=1",
		"backend=mls operation=create size=5 tree=full process=1 sample=1 role=joiner "
		"phase=join device=1 cpu_ns=900 wall_ns=1",
	};

	(void)state;
	write_prices(run, prices, N(prices));
	write_samples(samples_path, rows, N(rows));
	assert_int_equal(summarise().status, 0);
	assert_floor("joiner", "join", "100 400 100 3 1.5");
}

/* Whatever stands in samples.csv, the floor is bounded work or none. */
static void hostile_keys_have_no_floor(void **state)
{
	static const char *const keys[] = {
		"operation=rekey size=99999999999999999999 tree=full",
		"operation=rekey size=1000001 tree=full",
		"operation=rekey size=0 tree=full",
		"operation=rekey size=-5 tree=full",
		"operation=rekey size= tree=full",
		"operation=rekey size=5 tree=sideways",
		"operation=rekey size=5 tree=full olm=new",
		"operation=rekey size=5",
		"operation=rekey size=5 tree=full k=1",
		"operation=rekey size=5 tree=full suite=8",
		"operation=rekey size=5 tree=full senders=9",
		"operation=unheard size=5 tree=full",
		"operation=add size=5 tree=full",
		"operation=remove size=5 tree=full k=5",
		"operation=remove size=2 tree=full k=1000000",
		"operation=add_each size=1000000 tree=cold k=1000000",
	};

	(void)state;
	write_prices(run, prices, N(prices));
	for (size_t i = 0; i < N(keys); i++) {
		char row[300];
		snprintf(row, sizeof(row),
			 "backend=mls %s process=1 sample=1 role=far phase=process "
			 "device=1 cpu_ns=1 wall_ns=1",
			 keys[i]);
		write_samples(samples_path, (const char *[]){row}, 1);
		assert_int_equal(summarise().status, 0);
		assert_floor("far", "process", "- - - - -");
	}
}

static void damaged_prices_stop_the_stage(void **state)
{
	struct command_result result;
	FILE *out;

	(void)state;
	write_samples(samples_path, rekey, N(rekey));
	unlink(summary_path);
	out = fopen(calibration_path, "w");
	assert_non_null(out);
	assert_true(fputs("{\"schema\":1", out) >= 0);
	assert_int_equal(fclose(out), 0);
	result = summarise();
	assert_int_equal(result.status, GB_EXIT_INPUT);
	assert_non_null(strstr(result.err, "calibration.json:1:"));
	assert_int_not_equal(access(summary_path, F_OK), 0);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(run))
		return -1;
	snprintf(samples_path, sizeof(samples_path), "%s/samples.csv", run);
	snprintf(summary_path, sizeof(summary_path), "%s/summary.csv", run);
	snprintf(calibration_path, sizeof(calibration_path), "%s/calibration.json", run);
	return 0;
}

static int remove_folder(void **state)
{
	char group_cost_path[80];

	(void)state;
	snprintf(group_cost_path, sizeof(group_cost_path), "%s/group_cost.csv", run);
	unlink(group_cost_path);
	unlink(samples_path);
	unlink(summary_path);
	unlink(calibration_path);
	return rmdir(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_prices_there_is_no_floor),
		cmocka_unit_test(floor_stands_beside_the_whole_operation),
		cmocka_unit_test(each_cell_has_its_library),
		cmocka_unit_test(several_devices_share_a_row),
		cmocka_unit_test(floor_needs_no_state_that_makes_no_difference),
		cmocka_unit_test(the_receipt_of_a_first_message_has_a_floor),
		cmocka_unit_test(who_is_withheld_keys_has_a_floor_of_nothing),
		cmocka_unit_test(hostile_keys_have_no_floor),
		cmocka_unit_test(damaged_prices_stop_the_stage),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
