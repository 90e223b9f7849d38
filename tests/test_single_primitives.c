#include "run/single_call.h"
#include "stats/floor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* ---- a backend that says what the test wants ---- */

static enum gb_single prepared;
static uint32_t called;
static enum gb_status prepare_says, check_says;

static enum gb_status prepare(struct gb_world *w, enum gb_single which)
{
	(void)w;
	prepared = which;
	called = 0;
	return prepare_says;
}

static enum gb_status call(struct gb_world *w, uint32_t n)
{
	(void)w;
	called += n;
	return GB_OK;
}

static enum gb_status check(struct gb_world *w)
{
	(void)w;
	return check_says;
}

static const char *error(const struct gb_world *w)
{
	(void)w;
	return "reason";
}

static const struct gb_task task = {.k = 7};
struct gb_world {
	char nothing;
};

static const struct gb_job job;
static struct gb_world world;
static struct gb_testbed testbed;
static struct gb_trial trial;

static int step(const struct gb_backend *b, enum gb_step which)
{
	testbed = (struct gb_testbed){.job = &job, .backend = b, .world = &world};
	trial = (struct gb_trial){.testbed = &testbed, .task = &task};
	return gb_single_step(&trial, which);
}

/* k calls of the primitive that is named; one row, of the actor. */
static void the_step_calls_k_times(void **state)
{
	const struct gb_backend b = {
		.single_prepare = prepare, .single = call, .single_check = check, .error = error};

	(void)state;
	prepare_says = check_says = GB_OK;
	assert_int_equal(step(&b, GB_STEP_SINGLE_SIGN), 0);
	assert_int_equal(prepared, GB_SINGLE_SIGN);
	assert_int_equal(called, 7);
	assert_int_equal(trial.sample.n, 1);
	assert_int_equal(trial.sample.measures[0].role, GB_ROLE_ACTOR);
	assert_int_equal(step(&b, GB_STEP_SINGLE_CBC), 0);
	assert_int_equal(prepared, GB_SINGLE_CBC);
}

/* What does not do what it should ends the run; what a backend does not have ends the cell. */
static void results_must_hold(void **state)
{
	const struct gb_backend none = {.error = error};
	const struct gb_backend b = {
		.single_prepare = prepare, .single = call, .single_check = check, .error = error};

	(void)state;
	prepare_says = GB_OK;
	check_says = GB_REJECTED;
	assert_int_equal(step(&b, GB_STEP_SINGLE_HASH), -1);
	assert_int_equal(testbed.status, GB_EXIT_ORACLE);
	assert_string_equal(testbed.promise, "a primitive does what it should");
	prepare_says = GB_UNSUPPORTED;
	assert_int_equal(step(&b, GB_STEP_SINGLE_AEAD), -1);
	assert_int_equal(testbed.status, GB_EXIT_DONE);
	assert_true(testbed.unsupported);
	assert_int_equal(called, 0);
	assert_int_equal(step(&none, GB_STEP_SINGLE_AEAD), -1);
	assert_true(testbed.unsupported);
}

/* 5 calls of each: an HMAC under a new key is four blocks, 55 bytes are padded to 64 for CBC. */
static void the_floor_is_so_many_calls(void **state)
{
	static const struct {
		enum gb_primitive which;
		struct gb_tally want;
	} singles[] = {
		{GB_PRIMITIVE_keygen, {.keygen = 5}},
		{GB_PRIMITIVE_dh, {.dh = 5}},
		{GB_PRIMITIVE_sign, {.sign = 5, .sign_bytes = 320}},
		{GB_PRIMITIVE_verify, {.verify = 5, .verify_bytes = 320}},
		{GB_PRIMITIVE_hash, {.hash = 5, .hash_blocks = 5}},
		{GB_PRIMITIVE_hmac, {.hmac_keys = 5, .hmac = 5, .hash_blocks = 20}},
		{GB_PRIMITIVE_aead, {.aead = 5, .aead_bytes = 320}},
		{GB_PRIMITIVE_cbc, {.cbc = 5, .cbc_bytes = 320}},
	};
	struct gb_floor_case c = {.step = GB_FLOOR_SINGLE, .size = 2, .k = 5};
	struct gb_tally t;

	(void)state;
	for (size_t i = 0; i < N(singles); i++) {
		c.single = singles[i].which;
		assert_int_equal(gb_floor(&c, &t), GB_FLOOR_KNOWN);
		assert_memory_equal(&t, &singles[i].want, sizeof(t));
	}
	c.single = GB_PRIMITIVE_random_bytes;
	assert_int_equal(gb_floor(&c, &t), GB_FLOOR_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_step_calls_k_times),
		cmocka_unit_test(results_must_hold),
		cmocka_unit_test(the_floor_is_so_many_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
