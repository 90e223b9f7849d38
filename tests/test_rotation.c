/*
 * Keys that a sender replaces because they have served their time: what a worker measures of it
 * with the megolm backend, and that backends are caught which replace them too early or never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run/rotation.h"
#include "worker_report.h"

#define SIZE 5

static struct gb_job job_with(const struct gb_backend *backend, const char *messages,
			      const char *age)
{
	struct gb_job job = worker_job(backend, SIZE);

	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "chain");
	snprintf(job.axis[GB_AXIS_rotation_messages], GB_AXIS_VALUE_BYTES, "%s", messages);
	snprintf(job.axis[GB_AXIS_rotation_age], GB_AXIS_VALUE_BYTES, "%s", age);
	worker_add_task(&job, GB_OPERATION_send_rotated, 0, 100);
	return job;
}

/* One limit, the other, both; also a limit of one message, or of one millisecond. A rollback turns
 * the clock back: else the second sample would begin beyond the limit, and be caught. */
static void a_message_beyond_the_limit_brings_new_keys(void **state)
{
	static const char *const limits[][2] = {
		{"100", "0"}, {"1", "0"}, {"0", "604800000"}, {"0", "1"}, {"100", "604800000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct gb_job job = job_with(&gb_backend_megolm, limits[i][0], limits[i][1]);
		struct worker_report *r = worker_measure(&job);
		char **actor = worker_row(r, "send_rotated", "actor", "produce");

		assert_null(r->failed);
		assert_int_equal(r->n_samples, 2);
		assert_field(actor, GB_COLUMN_room_key_messages, "4");
		assert_field(actor, GB_COLUMN_application_messages, "1");
		assert_field(actor, GB_COLUMN_heals, "no");
		assert_field(actor, GB_COLUMN_verified,
			     "bytes digest read distinct rotated forged");
		assert_field(worker_row(r, "receive_rotated", "near", "process"),
			     GB_COLUMN_room_key_messages, "1");
		assert_field(worker_row(r, "receive_rotated", "far", "process"),
			     GB_COLUMN_application_messages, "1");
		worker_forget(r);
	}
}

static void a_message_before_the_limit_brings_none(void **state)
{
	struct gb_job job = job_with(&gb_backend_megolm, "100", "604800000");
	struct worker_report *r;

	(void)state;
	job.tasks[0].operation = GB_OPERATION_send;
	r = worker_measure(&job);
	assert_null(r->failed);
	assert_field(worker_row(r, "send", "actor", "produce"), GB_COLUMN_room_key_messages, "0");
	worker_forget(r);
}

static enum gb_status stand_still(struct gb_world *w, uint64_t ms)
{
	(void)ms;
	return gb_backend_megolm.advance(w, 0);
}

static enum gb_status run_ahead(struct gb_world *w, uint64_t ms)
{
	return gb_backend_megolm.advance(w, ms + 1);
}

static enum gb_status skip_one_less(struct gb_world *w, uint32_t device, uint32_t n)
{
	return (gb_backend_megolm.skip)(w, device, n - 1);
}

static enum gb_status skip_one_more(struct gb_world *w, uint32_t device, uint32_t n)
{
	return (gb_backend_megolm.skip)(w, device, n + 1);
}

static void assert_caught(struct gb_backend *lying, const char *messages, const char *age,
			  const char *why)
{
	struct gb_job job = job_with(lying, messages, age);

	assert_worker_caught(&job, why);
}

static void who_replaces_keys_too_early_or_never_is_caught(void **state)
{
	static const char never[] = "device 1 got 0 messages with keys from device 0, want 1 "
				    "(promise: keys are replaced when they have served)";
	static const char early[] = "the actor replaced its keys before their time";
	struct gb_backend lying = gb_backend_megolm;

	(void)state;
	lying.advance = stand_still;
	assert_caught(&lying, "0", "604800000", never);
	lying.advance = run_ahead;
	assert_caught(&lying, "0", "604800000", early);
	lying = gb_backend_megolm;
	lying.skip = skip_one_less;
	assert_caught(&lying, "100", "0", never);
	lying.skip = skip_one_more;
	assert_caught(&lying, "100", "0", early);
}

static void what_cannot_be_had_is_said(void **state)
{
	static const struct {
		const struct gb_backend *backend;
		const char *messages, *age;
		enum gb_operation operation;
		uint32_t k;
		const char *why;
	} rows[] = {
		{&gb_backend_megolm, "0", "0", GB_OPERATION_send_rotated, 0,
		 "neither rotation_messages nor rotation_age says when keys are replaced"},
		{&gb_backend_mls, "", "", GB_OPERATION_send_rotated, 0,
		 "this backend replaces no keys for the number of their messages or their age"},
		{&gb_backend_null, "", "", GB_OPERATION_send_rotated, 0,
		 "this backend replaces no keys for the number of their messages or their age"},
		{&gb_backend_megolm, "100", "0", GB_OPERATION_catch_up, 100,
		 "the sender's keys are replaced before it is so many steps ahead"},
		{&gb_backend_megolm, "100", "0", GB_OPERATION_catch_up, 99, NULL},
		{&gb_backend_megolm, "0", "0", GB_OPERATION_catch_up, 1000, NULL},
		{&gb_backend_megolm, "1", "0", GB_OPERATION_send, 0,
		 "every message brings new keys: that is send_rotated"},
		{&gb_backend_megolm, "2", "0", GB_OPERATION_send, 0, NULL},
		{&gb_backend_megolm, "1", "0", GB_OPERATION_send_rotated, 0, NULL},
		{&gb_backend_megolm, "0", "1", GB_OPERATION_send_rotated, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gb_job job = job_with(rows[i].backend, rows[i].messages, rows[i].age);
		struct gb_task task = {.operation = rows[i].operation, .k = rows[i].k};
		const char *why = gb_task_obstacle(&job, &task);

		assert_int_equal(why != NULL, rows[i].why != NULL);
		if (why != NULL)
			assert_string_equal(why, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_beyond_the_limit_brings_new_keys),
		cmocka_unit_test(a_message_before_the_limit_brings_none),
		cmocka_unit_test(who_replaces_keys_too_early_or_never_is_caught),
		cmocka_unit_test(what_cannot_be_had_is_said),
	};

	return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
