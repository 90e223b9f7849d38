/* A worker from job to rows, in this process, with the null backend and changed copies. */
#include "backends/backends.h"
#include "run/columns.h"
#include "run/sampling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker_report.h"

static void an_add_has_a_row_for_every_role(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 10);
	struct worker_report *r;

	(void)state;
	worker_add_task(&job, GB_OPERATION_add, 3, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_true(r->is_done);
	assert_int_equal(r->n_samples, 2);
	assert_int_equal(r->n_rows, 2 * 7);
	for (size_t i = 0; i < r->n_rows; i++) {
		assert_field(r->row[i], GB_COLUMN_backend, "null");
		assert_field(r->row[i], GB_COLUMN_k, "3");
		assert_field(r->row[i], GB_COLUMN_size, "10");
		assert_field(r->row[i], GB_COLUMN_payload, "");
		assert_field(r->row[i], GB_COLUMN_process, "3");
		assert_field(r->row[i], GB_COLUMN_sample, i < 7 ? "1" : "2");
		assert_field(r->row[i], GB_COLUMN_restore, "rollback");
		assert_field(r->row[i], GB_COLUMN_verified, "bytes digest read distinct reply");
		assert_field(r->row[i], GB_COLUMN_count_dh, "");
	}
	assert_field(worker_row(r, "add", "actor", "produce"), GB_COLUMN_device, "0");
	assert_field(worker_row(r, "add", "actor", "settle"), GB_COLUMN_device, "0");
	assert_field(worker_row(r, "add", "near", "process"), GB_COLUMN_device, "1");
	assert_field(worker_row(r, "add", "far", "process"), GB_COLUMN_device, "9");
	assert_field(worker_row(r, "add", "joiner", "join"), GB_COLUMN_device, "10");
	assert_field(r->row[6], GB_COLUMN_device, "12");
	assert_field(worker_row(r, "add", "server", "deliver"), GB_COLUMN_cpu_ns, "");
	worker_forget(r);
}

/* Null sends 32 bytes to the group and 32 to the newcomers, for whom it got 32 each. */
static void every_other_process_goes_through_the_tasks_backwards(void **state)
{
	(void)state;
	for (uint32_t process = 3; process <= 4; process++) {
		struct gb_job job = worker_job(&gb_backend_null, 10);
		job.process = process;
		worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
		worker_add_task(&job, GB_OPERATION_add, 1, 0);
		struct worker_report *r = worker_measure(&job);
		assert_field(r->row[0], GB_COLUMN_operation, process == 3 ? "rekey" : "add");
		worker_forget(r);
	}
}

static void bytes_are_those_of_the_role(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 10);
	struct worker_report *r;
	char **row;

	(void)state;
	worker_add_task(&job, GB_OPERATION_add, 3, 0);
	r = worker_measure(&job);
	row = worker_row(r, "add", "actor", "produce");
	assert_field(row, GB_COLUMN_commit_bytes, "32");
	assert_field(row, GB_COLUMN_welcome_messages, "1");
	assert_field(row, GB_COLUMN_up_bytes, "64");
	assert_field(row, GB_COLUMN_down_bytes, "96");
	row = worker_row(r, "add", "near", "process");
	assert_field(row, GB_COLUMN_commit_messages, "1");
	assert_field(row, GB_COLUMN_welcome_messages, "0");
	assert_field(row, GB_COLUMN_up_bytes, "0");
	assert_field(row, GB_COLUMN_down_bytes, "32");
	row = worker_row(r, "add", "server", "deliver");
	assert_field(row, GB_COLUMN_up_bytes, "64");
	assert_field(row, GB_COLUMN_down_bytes, "512"); /* 10 commits, 3 Welcomes, 3 key packages */
	worker_forget(r);
}

static void steps_of_one_member_are_one_sample(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 10);
	struct worker_report *r;
	char **row;

	(void)state;
	worker_add_task(&job, GB_OPERATION_add_each, 3, 0);
	worker_add_task(&job, GB_OPERATION_remove_each, 2, 0);
	r = worker_measure(&job);
	assert_int_equal(r->n_samples, 4);
	row = worker_row(r, "add_each", "actor", "produce");
	assert_field(row, GB_COLUMN_commit_messages, "3");
	assert_field(row, GB_COLUMN_up_bytes, "192");
	assert_field(worker_row(r, "add_each", "far", "process"), GB_COLUMN_commit_messages, "3");
	assert_field(worker_row(r, "add_each", "joiner", "join"), GB_COLUMN_welcome_messages, "1");
	assert_field(worker_row(r, "remove_each", "actor", "settle"), GB_COLUMN_commit_messages,
		     "2");
	worker_forget(r);
}

static void a_rekey_after_is_measured_alone(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 10);
	struct worker_report *r;

	(void)state;
	worker_add_task(&job, GB_OPERATION_rekey_after_add, 2, 0);
	worker_add_task(&job, GB_OPERATION_rekey_after_remove_each, 2, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_null(worker_row(r, "rekey_after_add", "joiner", "join"));
	assert_field(worker_row(r, "rekey_after_add", "actor", "produce"), GB_COLUMN_up_bytes,
		     "32");
	assert_field(worker_row(r, "rekey_after_add", "server", "deliver"), GB_COLUMN_down_bytes,
		     "384");
	assert_field(worker_row(r, "rekey_after_remove_each", "server", "deliver"),
		     GB_COLUMN_down_bytes, "256");
	worker_forget(r);
}

static void a_message_is_sent_and_received(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 3);
	struct worker_report *r;

	(void)state;
	worker_add_task(&job, GB_OPERATION_send, 0, 0);
	worker_add_task(&job, GB_OPERATION_send, 0, 1000);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_int_equal(r->n_rows, 2 * 2 * 4);
	assert_field(worker_row(r, "send", "actor", "produce"), GB_COLUMN_payload, "0");
	assert_field(worker_row(r, "send", "actor", "produce"), GB_COLUMN_application_bytes, "32");
	assert_field(worker_row(r, "receive", "near", "process"), GB_COLUMN_down_bytes, "32");
	assert_field(worker_row(r, "send", "server", "deliver"), GB_COLUMN_down_bytes, "96");
	assert_field(r->row[r->n_rows - 1], GB_COLUMN_payload, "1000");
	assert_field(r->row[r->n_rows - 1], GB_COLUMN_down_bytes, "1032");
	worker_forget(r);
}

static bool is_first; /* nothing was sent since the last rekey */

static enum gb_status note_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	is_first = true;
	return gb_backend_null.rekey(w, device, out);
}

static enum gb_status note_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				struct gb_outbox *out)
{
	if (is_first)
		assert_int_equal(plaintext.len, 1000);
	is_first = false;
	return gb_backend_null.send(w, device, plaintext, out);
}

/* What is timed is the first of its keys, nothing of the oracle's. */
static void a_first_message_is_an_operation_of_its_own(void **state)
{
	struct gb_backend noting = gb_backend_null;
	struct gb_job job = worker_job(&noting, 3);
	struct worker_report *r;

	(void)state;
	noting.rekey = note_rekey;
	noting.send = note_send;
	worker_add_task(&job, GB_OPERATION_send_first, 0, 1000);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_field(worker_row(r, "send_first", "actor", "produce"), GB_COLUMN_payload, "1000");
	assert_field(worker_row(r, "receive_first", "near", "process"), GB_COLUMN_down_bytes,
		     "1032");
	assert_null(worker_row(r, "send_first", "near", "process"));
	assert_null(worker_row(r, "send_first", "actor", "settle"));
	worker_forget(r);
}

/* All operations in groups of every small size: whatever does not fit says so. */
static void every_operation_works_from_two_members_on(void **state)
{
	(void)state;
	for (uint32_t size = 2; size <= 9; size++) {
		struct gb_job job = worker_job(&gb_backend_null, size);
		struct worker_report *r;
		job.sampling.min = job.sampling.max = 1;
		for (unsigned i = 0; i < GB_OPERATIONS; i++)
			worker_add_task(&job, (enum gb_operation)i,
					gb_operations[i].takes_k ? 2 : 0, 5);
		r = worker_measure(&job);
		if (r->failed != NULL)
			fail_msg("%s", r->failed);
		assert_true(r->is_done);
		assert_int_equal(r->n_samples + r->n_skipped, GB_OPERATIONS);
		/* The null backend makes no group in parts, has nothing to back up or to give,
		 * nothing to store or upload, no primitives, and keys that serve for ever and for
		 * all. */
		assert_int_equal(r->n_skipped,
				 (size < 5 ? 4 : 0) + 4 + 5 + GB_SINGLES + 1 + 1 + 1 + GB_WAYS);
		worker_forget(r);
	}
}

static void worlds_without_rollback_are_reopened(void **state)
{
	struct gb_backend forgetful = gb_backend_null;
	struct gb_job job = worker_job(&forgetful, 4);
	struct worker_report *r;

	(void)state;
	forgetful.checkpoint = NULL;
	forgetful.rollback = NULL;
	worker_add_task(&job, GB_OPERATION_create, 0, 0);
	worker_add_task(&job, GB_OPERATION_remove, 1, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_int_equal(r->n_samples, 4);
	assert_field(worker_row(r, "remove", "far", "process"), GB_COLUMN_restore, "reopen");
	worker_forget(r);
}

static enum gb_status cannot_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w;
	(void)device;
	(void)out;
	return GB_UNSUPPORTED;
}

static const char *no_such_thing(const struct gb_world *w)
{
	(void)w;
	return "no such thing";
}

static void what_is_unsupported_is_skipped_and_the_rest_measured(void **state)
{
	struct gb_backend poor = gb_backend_null;
	struct gb_job job = worker_job(&poor, 4);
	struct worker_report *r;

	(void)state;
	poor.rekey = cannot_rekey;
	poor.error = no_such_thing;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	worker_add_task(&job, GB_OPERATION_add, 1, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 no such thing");
	assert_int_equal(r->n_samples, 2);
	assert_null(worker_row(r, "rekey", "actor", "produce"));
	worker_forget(r);
}

static void a_resumed_job_measures_what_is_left(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 4);
	struct worker_report *r;

	(void)state;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	worker_add_task(&job, GB_OPERATION_add, 1, 0);
	worker_add_task(&job, GB_OPERATION_remove, 1, 0);
	job.past[0] = (struct gb_task_past){2, true};
	job.past[1].n_samples = 1;
	job.past[2].n_samples = job.sampling.max;
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_int_equal(r->n_samples, 1);
	assert_null(worker_row(r, "rekey", "actor", "produce"));
	assert_string_equal(worker_row(r, "add", "actor", "produce")[GB_COLUMN_sample], "2");
	assert_null(worker_row(r, "remove", "actor", "produce"));
	worker_forget(r);
}

static enum gb_status cannot_open(struct gb_world **out, const struct gb_config *config)
{
	enum gb_status status = gb_backend_null.open(out, config);

	return status == GB_OK ? GB_UNSUPPORTED : status;
}

static void axes_that_do_not_go_together_are_skipped(void **state)
{
	struct gb_backend poor = gb_backend_null;
	struct gb_job job = worker_job(&poor, 4);
	struct worker_report *r;

	(void)state;
	poor.open = cannot_open;
	poor.error = no_such_thing;
	worker_add_task(&job, GB_OPERATION_create, 0, 0);
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	worker_add_task(&job, GB_OPERATION_add, 1, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_int_equal(r->n_skipped, 3);
	assert_string_equal(r->skipped, "2 no such thing");
	assert_int_equal(r->n_samples, 0);
	worker_forget(r);
}

/* The answer is asked for where new keys went to somebody, and with a backend that seals at all. */
static void a_rotation_for_nobody_is_not_said_to_heal(void **state)
{
	static const struct {
		const struct gb_backend *backend;
		uint32_t size;
		enum gb_operation operation;
		const char *olm, *heals;
	} rows[] = {
		{&gb_backend_megolm, 2, GB_OPERATION_remove, "chain", ""},
		{&gb_backend_megolm, 2, GB_OPERATION_remove, "ratchet", ""},
		{&gb_backend_megolm, 2, GB_OPERATION_rekey, "chain", "no"},
		{&gb_backend_megolm, 2, GB_OPERATION_rekey, "ratchet", "yes"},
		{&gb_backend_megolm, 3, GB_OPERATION_remove, "chain", "no"},
		{&gb_backend_megolm, 3, GB_OPERATION_remove, "new", "yes"},
		/* New keys for a newcomer are those that there were. */
		{&gb_backend_megolm, 3, GB_OPERATION_add, "ratchet", ""},
		/* A commit brings them to the group. */
		{&gb_backend_mls, 3, GB_OPERATION_rekey, "", "yes"},
		{&gb_backend_null, 3, GB_OPERATION_rekey, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gb_job job = worker_job_of(rows[i].backend, rows[i].size, rows[i].operation,
						  rows[i].operation != GB_OPERATION_rekey,
						  GB_AXIS_olm, rows[i].olm);
		struct worker_report *r = worker_measure(&job);
		assert_int_equal(r->status, GB_EXIT_DONE);
		assert_int_equal(r->n_samples, 2);
		assert_field(
			worker_row(r, gb_operations[rows[i].operation].name, "actor", "produce"),
			GB_COLUMN_heals, rows[i].heals);
		worker_forget(r);
	}
}

static enum gb_status fails_to_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	(void)w;
	(void)device;
	(void)out;
	return GB_FAILED;
}

static void a_failure_ends_the_run_without_a_row(void **state)
{
	struct gb_backend broken = gb_backend_null;
	struct gb_job job = worker_job(&broken, 4);
	struct worker_report *r;

	(void)state;
	broken.rekey = fails_to_rekey;
	broken.error = no_such_thing;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_INTERNAL);
	assert_false(r->is_done);
	assert_int_equal(r->n_rows, 0);
	assert_string_equal(r->failed, "70 null: 4 members, rekey: rekey: device 0 failed: no such "
				       "thing; run ended");
	worker_forget(r);
}

static enum gb_status sends_and_fails(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	enum gb_status status = gb_backend_null.rekey(w, device, out);

	return status == GB_OK ? GB_REJECTED : status;
}

static void a_failed_call_that_sent_breaks_a_promise(void **state)
{
	struct gb_backend loud = gb_backend_null;
	struct gb_job job = worker_job(&loud, 4);
	struct worker_report *r;

	(void)state;
	loud.rekey = sends_and_fails;
	loud.error = no_such_thing;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_ORACLE);
	assert_string_equal(
		r->failed,
		"12 null: 4 members, rekey: device 0 sent a message in a call that did "
		"not succeed: no such thing (promise: a call that fails sends nothing); run ended");
	worker_forget(r);
}

/* The same text always becomes the same bytes. */
static enum gb_status sends_plainly(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				    struct gb_outbox *out)
{
	size_t len = 32 + plaintext.len;
	uint8_t *p = out->reserve(out, len);
	struct gb_message m = {.kind = GB_APPLICATION,
			       .address = GB_TO_GROUP,
			       .fanout = GB_FANOUT_SERVER,
			       .from = device,
			       .body = {p, len}};

	(void)w;
	memset(p, 0, 32);
	memcpy(p + 32, plaintext.p, plaintext.len);
	out->commit(out, &m);
	return GB_OK;
}

static void equal_messages_on_the_wire_break_a_promise(void **state)
{
	struct gb_backend plain = gb_backend_null;
	struct gb_job job = worker_job(&plain, 4);
	struct worker_report *r;

	(void)state;
	plain.send = sends_plainly;
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_ORACLE);
	assert_non_null(strstr(r->failed, "two messages of the same text are equal on the wire "
					  "(promise: no key is used twice)"));
	worker_forget(r);
}

static enum gb_status own_clock(struct gb_world *w, struct gb_clocks *last)
{
	(void)w;
	*last = (struct gb_clocks){.wall_ns = 2000, .cpu_ns = 1000};
	return GB_OK;
}

static enum gb_status growing_counts(struct gb_world *w, struct gb_counts *counts)
{
	static uint64_t n;

	(void)w;
	*counts = (struct gb_counts){.dh = n += 7};
	return GB_OK;
}

static void clocks_and_counts_are_the_backends_where_it_has_them(void **state)
{
	struct gb_backend remote = gb_backend_null;
	struct gb_job job = worker_job(&remote, 4);
	struct worker_report *r;
	char **row;

	(void)state;
	remote.features |= GB_OWN_CLOCK;
	remote.clocks = own_clock;
	remote.counts = growing_counts;
	worker_add_task(&job, GB_OPERATION_add_each, 3, 0);
	r = worker_measure(&job);
	row = worker_row(r, "add_each", "actor", "produce");
	assert_field(row, GB_COLUMN_clock, "backend");
	assert_field(row, GB_COLUMN_cpu_ns, "3000");
	assert_field(row, GB_COLUMN_wall_ns, "6000");
	assert_field(row, GB_COLUMN_count_dh, "21");
	assert_field(row, GB_COLUMN_count_sign, "0");
	worker_forget(r);
}

/* Until the first pass took a twentieth of the budget it is not counted. */
static void samples_stop_at_max(void **state)
{
	struct gb_job job = worker_job(&gb_backend_null, 4);
	struct worker_report *r;

	(void)state;
	job.sampling = (struct gb_sampling){
		.processes = 1, .min = 1, .max = 7, .budget_ns = UINT64_C(3600000000000)};
	worker_add_task(&job, GB_OPERATION_rekey, 0, 0);
	r = worker_measure(&job);
	assert_int_equal(r->n_samples, 7);
	assert_field(r->row[0], GB_COLUMN_sample, "1");
	worker_forget(r);
}

/* Below six samples no interval has 95 %; from there on its half-width decides. */
static void samples_stop_when_the_median_is_precise(void **state)
{
	struct gb_sampling policy = {
		.min = 1, .max = 100, .until_ci = 0.02, .budget_ns = UINT64_C(3600000000000)};
	struct gb_sampler steady, wild;

	(void)state;
	assert_int_equal(gb_sampler_open(&steady, &policy), 0);
	assert_int_equal(gb_sampler_open(&wild, &policy), 0);
	for (int i = 1; i <= 6; i++) {
		gb_sampler_note(&steady, i % 2 == 0 ? 1000 : 1039);
		gb_sampler_note(&wild, i % 2 == 0 ? 1000 : 1050);
		assert_int_equal(gb_sampler_is_done(&steady), i == 6);
		assert_false(gb_sampler_is_done(&wild));
	}
	steady.policy.min = 7;
	assert_false(gb_sampler_is_done(&steady));
	wild.policy.budget_ns = 0;
	assert_true(gb_sampler_is_done(&wild));
	gb_sampler_close(&steady);
	gb_sampler_close(&wild);
}

static void backends_are_checked_before_use(void **state)
{
	struct gb_backend b = gb_backend_null;
	char why[200] = "";

	(void)state;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), 0);
	b.abi = GB_ABI + 1;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	assert_string_equal(why, "speaks interface version 4, this program 3");
	b = gb_backend_null;
	b.join = NULL;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	assert_string_equal(why, "lacks the required function join");
	b = gb_backend_null;
	b.rollback = NULL;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	assert_string_equal(why, "lacks the required function rollback, which checkpoint needs");
	b = gb_backend_null;
	b.features |= GB_OWN_CLOCK;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	assert_string_equal(why, "lacks the required function clocks, which GB_OWN_CLOCK needs");
	b = gb_backend_null;
	b.struct_size--;
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	b = gb_backend_null;
	b.name = "No Name";
	assert_int_equal(gb_backend_check(&b, why, sizeof why), -1);
	assert_string_equal(why, "its name must be made of a-z, 0-9, _ and -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_add_has_a_row_for_every_role),
		cmocka_unit_test(bytes_are_those_of_the_role),
		cmocka_unit_test(every_other_process_goes_through_the_tasks_backwards),
		cmocka_unit_test(steps_of_one_member_are_one_sample),
		cmocka_unit_test(a_rekey_after_is_measured_alone),
		cmocka_unit_test(a_message_is_sent_and_received),
		cmocka_unit_test(a_first_message_is_an_operation_of_its_own),
		cmocka_unit_test(every_operation_works_from_two_members_on),
		cmocka_unit_test(worlds_without_rollback_are_reopened),
		cmocka_unit_test(what_is_unsupported_is_skipped_and_the_rest_measured),
		cmocka_unit_test(a_resumed_job_measures_what_is_left),
		cmocka_unit_test(axes_that_do_not_go_together_are_skipped),
		cmocka_unit_test(a_rotation_for_nobody_is_not_said_to_heal),
		cmocka_unit_test(a_failure_ends_the_run_without_a_row),
		cmocka_unit_test(a_failed_call_that_sent_breaks_a_promise),
		cmocka_unit_test(clocks_and_counts_are_the_backends_where_it_has_them),
		cmocka_unit_test(samples_stop_at_max),
		cmocka_unit_test(equal_messages_on_the_wire_break_a_promise),
		cmocka_unit_test(samples_stop_when_the_median_is_precise),
		cmocka_unit_test(backends_are_checked_before_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
