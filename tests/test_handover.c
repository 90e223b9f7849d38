/*
 * Keys of the past that one device of a user gives another: what a worker measures of it with the
 * megolm backend, and that backends are caught which only seem to give, or take in what is forged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run/handover.h"
#include "worker_report.h"

#define SIZE 5
#define K    12

static struct gb_job job_of(const struct gb_backend *backend, const char *devices_per_user,
			    enum gb_operation operation)
{
	struct gb_job job = worker_job_of(backend, SIZE, operation, K, GB_AXIS_devices_per_user,
					  devices_per_user);

	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "ratchet");
	return job;
}

/* Each way has rows of who asks, gives and takes in; all bytes have a kind. */
static void who_asks_gives_and_takes_has_a_row_each(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "3", GB_OPERATION_forward);
	struct worker_report *r = worker_measure(&job);
	char **asks = worker_row(r, "forward", "near", "produce");
	char **gives = worker_row(r, "forward", "actor", "produce");
	char **takes = worker_row(r, "forward", "near", "process");
	char **server = worker_row(r, "forward", "server", "deliver");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	assert_field(asks, GB_COLUMN_key_request_messages, "12");
	assert_field(asks, GB_COLUMN_count_dh, "0");
	assert_field(gives, GB_COLUMN_room_key_messages, "12");
	assert_field(gives, GB_COLUMN_count_dh, "1");
	assert_int_equal(field_number(gives, GB_COLUMN_down_bytes),
			 field_number(asks, GB_COLUMN_up_bytes));
	assert_field(takes, GB_COLUMN_room_key_messages, "12");
	/* Each request is cancelled; that is shorter. */
	assert_field(takes, GB_COLUMN_key_request_messages, "12");
	assert_in_range(field_number(takes, GB_COLUMN_key_request_bytes), 12 * 100,
			field_number(asks, GB_COLUMN_key_request_bytes) - 12 * 100);
	assert_int_equal(field_number(takes, GB_COLUMN_up_bytes),
			 field_number(takes, GB_COLUMN_key_request_bytes));
	assert_field(takes, GB_COLUMN_verified, "bytes digest read distinct handed forged");
	/* The user's third device gets both too; the server multiplies them. */
	assert_int_equal(field_number(server, GB_COLUMN_down_bytes),
			 2 * field_number(asks, GB_COLUMN_up_bytes) +
				 2 * field_number(takes, GB_COLUMN_up_bytes) +
				 field_number(takes, GB_COLUMN_down_bytes));
	assert_int_equal(field_number(server, GB_COLUMN_up_bytes),
			 field_number(asks, GB_COLUMN_up_bytes) +
				 field_number(gives, GB_COLUMN_up_bytes) +
				 field_number(takes, GB_COLUMN_up_bytes));
	worker_forget(r);
}

/* A file needs no request and no second device of the user; its rounds are in the rows. */
static void a_file_is_written_and_read(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "1", GB_OPERATION_key_file);
	struct worker_report *r;
	char **writes, **reads;

	(void)state;
	snprintf(job.axis[GB_AXIS_rounds], GB_AXIS_VALUE_BYTES, "1000");
	r = worker_measure(&job);
	assert_null(r->failed);
	assert_null(worker_row(r, "key_file", "near", "produce"));
	writes = worker_row(r, "key_file", "actor", "produce");
	reads = worker_row(r, "key_file", "near", "process");
	assert_field(writes, GB_COLUMN_backup_messages, "1");
	assert_field(writes, GB_COLUMN_rounds, "1000");
	assert_int_equal(field_number(writes, GB_COLUMN_backup_bytes),
			 field_number(reads, GB_COLUMN_down_bytes));
	/* Three quarters, but for the two lines around them and the ends of lines. */
	assert_in_range(field_number(writes, GB_COLUMN_backup_raw_bytes),
			(field_number(writes, GB_COLUMN_backup_bytes) - 300) * 3 / 4,
			field_number(writes, GB_COLUMN_backup_bytes) * 3 / 4);
	assert_field(reads, GB_COLUMN_verified, "bytes digest read distinct handed forged");
	worker_forget(r);
}

/* Who dehydrates makes its keys once, who reads it makes them again. */
static void a_dehydrated_device_is_made_written_to_and_read(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "2", GB_OPERATION_dehydrated);
	struct worker_report *r = worker_measure(&job);
	char **makes = worker_row(r, "dehydrated", "near", "produce");
	char **writes = worker_row(r, "dehydrated", "actor", "produce");
	char **reads = worker_row(r, "dehydrated", "near", "process");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	/* Two of the account, 50 one-time keys, one fallback key; each but the first two signed,
	 * and the device keys. */
	assert_field(makes, GB_COLUMN_count_keygen, "53");
	assert_field(makes, GB_COLUMN_count_sign, "52");
	assert_field(makes, GB_COLUMN_key_material_messages, "1");
	assert_field(makes, GB_COLUMN_backup_messages, "1");
	assert_field(writes, GB_COLUMN_room_key_messages, "12");
	assert_field(writes, GB_COLUMN_application_messages, "12");
	assert_field(writes, GB_COLUMN_count_dh, "3");
	assert_field(reads, GB_COLUMN_count_keygen, "53");
	assert_field(reads, GB_COLUMN_room_key_messages, "12");
	assert_int_equal(field_number(reads, GB_COLUMN_backup_down_bytes),
			 field_number(makes, GB_COLUMN_backup_bytes));
	assert_field(reads, GB_COLUMN_verified, "bytes digest read distinct once handed forged");
	worker_forget(r);
	snprintf(job.axis[GB_AXIS_sender_device_keys], GB_AXIS_VALUE_BYTES, "no");
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 a dehydrated device reads messages that say who sent "
					"them: sender_device_keys is yes");
	worker_forget(r);
}

/* Who lost its Olm session begins another, and is answered by that one: its messages are those of a
 * new session at the actor, and then of a ratchet step at near. */
static void a_lost_session_is_replaced(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "2", GB_OPERATION_recover);
	struct worker_report *r = worker_measure(&job);
	char **asks = worker_row(r, "recover", "near", "produce");
	char **gives = worker_row(r, "recover", "actor", "produce");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	assert_field(asks, GB_COLUMN_claim_messages, "1");
	assert_field(asks, GB_COLUMN_dummy_messages, "1");
	assert_field(asks, GB_COLUMN_room_key_messages, "0");
	assert_field(asks, GB_COLUMN_key_request_messages, "12");
	assert_field(asks, GB_COLUMN_count_keygen, "2");
	assert_field(asks, GB_COLUMN_count_dh, "3");
	assert_field(asks, GB_COLUMN_count_verify, "1");
	assert_field(gives, GB_COLUMN_room_key_messages, "12");
	assert_int_equal(field_number(gives, GB_COLUMN_dummy_down_bytes),
			 field_number(asks, GB_COLUMN_dummy_bytes));
	assert_field(gives, GB_COLUMN_count_keygen, "1");
	assert_field(gives, GB_COLUMN_count_dh, "4");
	assert_field(worker_row(r, "recover", "near", "process"), GB_COLUMN_room_key_messages,
		     "12");
	worker_forget(r);
	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "new");
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped,
			    "0 there is no Olm session to lose: olm is chain or ratchet");
	worker_forget(r);
}

static void what_cannot_be_had_is_said(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "1", GB_OPERATION_forward);
	struct worker_report *r;

	(void)state;
	assert_string_equal(gb_task_obstacle(&job, &job.tasks[0]),
			    "keys are given to another device of the user: devices_per_user is 2 "
			    "or more");
	job = job_of(&gb_backend_megolm, "2", GB_OPERATION_forward);
	assert_null(gb_task_obstacle(&job, &job.tasks[0]));
	job.tasks[0].k = 1001;
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 a device has at most 1000 requests at once");
	worker_forget(r);
	job = job_of(&gb_backend_mls, "", GB_OPERATION_forward);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 RFC 9420, 9.2, deletes the keys of the past: there is "
					"nothing to back up");
	worker_forget(r);
}

/* ---- backends that lie ---- */

static enum gb_status take_nothing(struct gb_world *w, uint32_t device, enum gb_way way,
				   const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	(void)w, (void)device, (void)way, (void)m, (void)n, (void)out;
	return GB_OK;
}

static enum gb_status take_all_but_the_last(struct gb_world *w, uint32_t device, enum gb_way way,
					    const struct gb_message *m, size_t n,
					    struct gb_outbox *out)
{
	return gb_backend_megolm.take(w, device, way, m, n > 2 ? n - 1 : n, out);
}

/* What came to a dehydrated device is believed. */
static enum gb_status take_any_mail(struct gb_world *w, uint32_t device, enum gb_way way,
				    const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	enum gb_status status = gb_backend_megolm.take(w, device, way, m, n, out);

	return status == GB_REJECTED && way == GB_WAY_DEHYDRATED && n > 1 ? GB_OK : status;
}

static enum gb_status give_to_anybody(struct gb_world *w, uint32_t device, enum gb_way way,
				      uint32_t reader, const struct gb_message *m, size_t n,
				      struct gb_outbox *out)
{
	enum gb_status status = gb_backend_megolm.give(w, device, way, reader, m, n, out);

	return status == GB_REJECTED ? GB_OK : status;
}

static enum gb_status give_nothing(struct gb_world *w, uint32_t device, enum gb_way way,
				   uint32_t reader, const struct gb_message *m, size_t n,
				   struct gb_outbox *out)
{
	(void)n;
	return gb_backend_megolm.give(w, device, way, reader, m, 0, out);
}

static struct gb_bytes read_before;

static enum gb_status read_without_keys(struct gb_world *w, uint32_t device,
					const struct gb_message *m, struct gb_bytes *plaintext)
{
	(void)w, (void)device, (void)m;
	*plaintext = read_before;
	return GB_OK;
}

static enum gb_status read_another(struct gb_world *w, uint32_t device, const struct gb_message *m,
				   struct gb_bytes *plaintext)
{
	enum gb_status status = gb_backend_megolm.read_old(w, device, m, plaintext);

	plaintext->len -= status == GB_OK;
	return status;
}

static void assert_caught(struct gb_backend *lying, enum gb_operation operation, const char *why)
{
	struct gb_job job = job_of(lying, "2", operation);

	assert_worker_caught(&job, why);
}

static void who_only_seems_to_give_keys_is_caught(void **state)
{
	struct gb_backend lying = gb_backend_megolm;

	(void)state;
	lying.take = take_nothing;
	assert_caught(&lying, GB_OPERATION_forward,
		      "device 1 accepted keys that were tampered with");
	lying.take = take_all_but_the_last;
	assert_caught(&lying, GB_OPERATION_forward, "device 1 cannot read old message 11");
	assert_caught(&lying, GB_OPERATION_dehydrated, "device 1 cannot read old message 11");
	lying.take = take_any_mail;
	assert_caught(&lying, GB_OPERATION_dehydrated,
		      "device 1 accepted keys that were tampered with");
	lying = gb_backend_megolm;
	lying.give = give_to_anybody;
	assert_caught(&lying, GB_OPERATION_recover,
		      "device 0 accepted keys that were tampered with");
	lying.give = give_nothing;
	assert_caught(&lying, GB_OPERATION_forward, "device 1 cannot read old message 0");
	lying = gb_backend_megolm;
	read_before = (struct gb_bytes){(const uint8_t *)"what was said", 13};
	lying.read_old = read_without_keys;
	assert_caught(&lying, GB_OPERATION_forward, "device 1 reads old message 0 without its key");
	lying = gb_backend_megolm;
	lying.read_old = read_another;
	assert_caught(&lying, GB_OPERATION_forward, "device 1 reads other words in old message 0");
	assert_caught(&lying, GB_OPERATION_dehydrated,
		      "device 1 reads other words in old message 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_gives_and_takes_has_a_row_each),
		cmocka_unit_test(a_file_is_written_and_read),
		cmocka_unit_test(a_dehydrated_device_is_made_written_to_and_read),
		cmocka_unit_test(a_lost_session_is_replaced),
		cmocka_unit_test(what_cannot_be_had_is_said),
		cmocka_unit_test(who_only_seems_to_give_keys_is_caught),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
