/*
 * Where several devices send, one behind the first is looked at as a recipient: a worker catches
 * backends of which it reads another's keys too late, has other ones, or took none in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run/positions.h"
#include "worker_report.h"

#define SIZE 9

/* Of three actors; job_with() knows it. */
static uint32_t second;

static struct gb_job job_with(const struct gb_backend *backend, enum gb_operation operation,
			      const char *olm)
{
	struct gb_job job = worker_job(backend, SIZE);
	uint32_t actors[3];

	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "%s", olm);
	snprintf(job.axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "3");
	job.senders = 3;
	worker_add_task(&job, operation, gb_operations[operation].takes_k ? 2 : 0, 100);
	gb_positions_actors(&job, actors);
	second = actors[1];
	return job;
}

static void assert_measured(const struct gb_job *job)
{
	struct worker_report *r = worker_measure(job);

	if (r->failed != NULL || r->n_samples != 2)
		fail_msg("%s, olm %s, history %s: %s", gb_operations[job->tasks[0].operation].name,
			 job->axis[GB_AXIS_olm], job->axis[GB_AXIS_history],
			 r->failed != NULL ? r->failed : r->skipped);
	worker_forget(r);
}

static void every_operation_leaves_senders_that_read_each_other(void **state)
{
	static const char *const olms[] = {"new", "ratchet", "chain"};
	static const enum gb_operation operations[] = {
		GB_OPERATION_create,      GB_OPERATION_add,
		GB_OPERATION_add_each,    GB_OPERATION_rekey,
		GB_OPERATION_remove,      GB_OPERATION_remove_each,
		GB_OPERATION_send,        GB_OPERATION_rekey_after_add,
		GB_OPERATION_send_first,  GB_OPERATION_rekey_after_remove_each,
		GB_OPERATION_restore_all, GB_OPERATION_catch_up,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		for (size_t k = 0; k < sizeof(olms) / sizeof(olms[0]); k++) {
			struct gb_job job = job_with(&gb_backend_megolm, operations[i], olms[k]);
			assert_measured(&job);
		}
}

/* By the message that was sent before, the actor's keys have served their time: the first of two
 * adds brings new ones to all, the second hands them to its newcomer alone. A removal brings new
 * ones every time. */
static void keys_that_an_earlier_one_of_several_steps_brought_are_there(void **state)
{
	static const char *const histories[] = {"joined", "shared"};
	static const enum gb_operation operations[] = {
		GB_OPERATION_add,
		GB_OPERATION_add_each,
		GB_OPERATION_remove_each,
		GB_OPERATION_rekey_after_add_each,
		GB_OPERATION_rekey_after_remove_each,
		GB_OPERATION_send_rotated,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		for (size_t k = 0; k < sizeof(histories) / sizeof(histories[0]); k++) {
			struct gb_job job = job_with(&gb_backend_megolm, operations[i], "chain");
			snprintf(job.axis[GB_AXIS_rotation_messages], GB_AXIS_VALUE_BYTES, "1");
			snprintf(job.axis[GB_AXIS_rotation_age], GB_AXIS_VALUE_BYTES, "0");
			snprintf(job.axis[GB_AXIS_history], GB_AXIS_VALUE_BYTES, "%s",
				 histories[k]);
			snprintf(job.axis[GB_AXIS_verification], GB_AXIS_VALUE_BYTES,
				 "cross_signed");
			assert_measured(&job);
		}
}

static void assert_caught(const struct gb_backend *liar, const char *why)
{
	struct gb_job job = job_with(liar, GB_OPERATION_rekey, "chain");

	assert_worker_caught(&job, why);
}

static enum gb_status one_late(struct gb_world *w, uint32_t device, uint32_t sender,
			       uint32_t *index)
{
	enum gb_status status = gb_backend_megolm.first_index(w, device, sender, index);

	*index += status == GB_OK && device == second && sender != device;
	return status;
}

static enum gb_status another_key(struct gb_world *w, uint32_t device, uint32_t sender,
				  uint8_t digest[GB_DIGEST_BYTES])
{
	enum gb_status status = gb_backend_megolm.digest(w, device, sender, digest);

	digest[0] ^= device == second && sender != device;
	return status;
}

static enum gb_status take_nothing(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	return device == second ? GB_OK : gb_backend_megolm.process(w, device, m);
}

static void a_second_sender_that_lacks_keys_is_noticed(void **state)
{
	struct gb_backend liar = gb_backend_megolm;
	char why[64];

	(void)state;
	liar.first_index = one_late;
	assert_caught(&liar, " reads device 0 from message 1 on, wanted from message 0 on");
	liar = gb_backend_megolm;
	liar.digest = another_key;
	assert_caught(&liar, "do not agree on the group's keys");
	liar = gb_backend_megolm;
	liar.process = take_nothing;
	snprintf(why, sizeof(why), "device %u accepted a forged message", second);
	assert_caught(&liar, why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_leaves_senders_that_read_each_other),
		cmocka_unit_test(keys_that_an_earlier_one_of_several_steps_brought_are_there),
		cmocka_unit_test(a_second_sender_that_lacks_keys_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
