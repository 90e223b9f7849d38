/*
 * What a new device uploads, with both backends: what a worker measures of it, and that backends
 * are caught which upload less than they say, or reach a device by what they do not look at.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "worker_report.h"

#define SIZE 3

static struct gb_job job_of(const struct gb_backend *backend, const char *verification, uint32_t k)
{
	return worker_job_of(backend, SIZE, GB_OPERATION_publish, k, GB_AXIS_verification,
			     verification);
}

/* Two keys of the account, 50 one-time keys and the fallback key; each but the first two signed,
 * and the device keys. A one-time key and its signature take 96 bytes, 227 as JSON. */
static void a_matrix_device_uploads_its_keys(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "device", 50);
	struct worker_report *r = worker_measure(&job);
	char **actor = worker_row(r, "publish", "actor", "produce");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	assert_field(actor, GB_COLUMN_device, "3");
	assert_field(actor, GB_COLUMN_k, "50");
	assert_field(actor, GB_COLUMN_count_keygen, "53");
	assert_field(actor, GB_COLUMN_count_sign, "52");
	assert_field(actor, GB_COLUMN_count_dh, "0");
	assert_field(actor, GB_COLUMN_key_material_messages, "1");
	assert_field(actor, GB_COLUMN_key_material_bytes, "12061");
	assert_field(actor, GB_COLUMN_key_material_raw_bytes, "5024");
	assert_field(actor, GB_COLUMN_verified, "bytes digest read distinct reached forged");
	assert_field(worker_row(r, "publish", "server", "deliver"), GB_COLUMN_up_bytes, "12061");
	worker_forget(r);
}

/* Three keys of the user, two of them signed by the first, and two signatures between user and
 * device: 899 and 836 bytes more. */
static void a_user_uploads_what_vouches_for_it(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "cross_signed", 50);
	struct worker_report *r = worker_measure(&job);
	char **actor = worker_row(r, "publish", "actor", "produce");

	(void)state;
	assert_null(r->failed);
	assert_field(actor, GB_COLUMN_count_keygen, "56");
	assert_field(actor, GB_COLUMN_count_sign, "56");
	assert_field(actor, GB_COLUMN_key_material_messages, "3");
	assert_int_equal(field_number(actor, GB_COLUMN_key_material_bytes), 12061 + 899 + 836);
	worker_forget(r);
}

/* A key of the signature; two key pairs and two signatures for each KeyPackage. */
static void a_client_of_mls_uploads_key_packages(void **state)
{
	struct gb_job job = job_of(&gb_backend_mls, "", 7);
	struct worker_report *r = worker_measure(&job);
	char **actor = worker_row(r, "publish", "actor", "produce");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	assert_field(actor, GB_COLUMN_count_keygen, "15");
	assert_field(actor, GB_COLUMN_count_sign, "14");
	assert_field(actor, GB_COLUMN_key_material_messages, "7");
	assert_int_equal(field_number(actor, GB_COLUMN_key_material_bytes) % 7, 0);
	assert_field(actor, GB_COLUMN_verified, "bytes digest read distinct reply reached forged");
	worker_forget(r);
}

static void what_cannot_be_had_is_said(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "device", 101);
	struct worker_report *r = worker_measure(&job);

	(void)state;
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 an account of libolm holds at most 100 one-time keys");
	worker_forget(r);
	job = job_of(&gb_backend_null, "", 1);
	r = worker_measure(&job);
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 this backend has no call by which a new device uploads "
					"its keys and others reach it");
	worker_forget(r);
}

/* Its user has no other device, whatever numbers the others have. */
static void a_new_device_is_the_first_of_its_user(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, "cross_signed", 1);
	struct worker_report *r;

	(void)state;
	snprintf(job.axis[GB_AXIS_devices_per_user], GB_AXIS_VALUE_BYTES, "5");
	worker_add_task(&job, GB_OPERATION_add, 3, 0);
	r = worker_measure(&job);
	assert_null(r->failed);
	assert_field(worker_row(r, "publish", "actor", "produce"), GB_COLUMN_device, "10");
	worker_forget(r);
}

/* ---- backends that lie ---- */

static const struct gb_backend *honest;

static enum gb_status enrol_with_one_less(struct gb_world *w, uint32_t device, uint32_t n,
					  struct gb_outbox *out)
{
	return honest->enrol(w, device, n - 1, out);
}

static enum gb_status enrol_with_one_more(struct gb_world *w, uint32_t device, uint32_t n,
					  struct gb_outbox *out)
{
	return honest->enrol(w, device, n + 1, out);
}

/* By the first key twice. */
static enum gb_status reach_by_the_first(struct gb_world *w, uint32_t device, uint32_t other,
					 uint32_t i, const struct gb_message *m, size_t n,
					 struct gb_outbox *out)
{
	return honest->reach(w, device, other, i == 1 ? 0 : i, m, n, out);
}

static enum gb_status reach_without_looking(struct gb_world *w, uint32_t device, uint32_t other,
					    uint32_t i, const struct gb_message *m, size_t n,
					    struct gb_outbox *out)
{
	(void)w, (void)device, (void)other, (void)i, (void)m, (void)n, (void)out;
	return GB_OK;
}

static enum gb_status read_without_looking(struct gb_world *w, uint32_t device,
					   const struct gb_message *m)
{
	(void)w, (void)device, (void)m;
	return GB_OK;
}

static enum gb_status refuse_the_last_resort(struct gb_world *w, uint32_t device, uint32_t other,
					     uint32_t i, const struct gb_message *m, size_t n,
					     struct gb_outbox *out)
{
	return i == GB_LAST_RESORT ? GB_REJECTED : honest->reach(w, device, other, i, m, n, out);
}

/* An outbox in front of another, which changes the fallback key on its way. */
struct tap {
	struct gb_outbox outbox; /* first, so that the backend's pointer leads back here */
	struct gb_outbox *behind;
	uint8_t *reserved;
	void (*change)(uint8_t *fallback_keys);
};

static uint8_t *tap_reserve(struct gb_outbox *self, size_t capacity)
{
	struct tap *tap = (struct tap *)self;

	tap->reserved = tap->behind->reserve(tap->behind, capacity);
	return tap->reserved;
}

static void tap_commit(struct gb_outbox *self, const struct gb_message *m)
{
	static const char name[] = "\"fallback_keys\":";
	struct tap *tap = (struct tap *)self;
	uint8_t *found = memmem(tap->reserved, m->body.len, name, strlen(name));

	if (found != NULL)
		tap->change(found);
	tap->behind->commit(tap->behind, m);
}

static enum gb_status enrol_through(void (*change)(uint8_t *), struct gb_world *w, uint32_t device,
				    uint32_t n, struct gb_outbox *out)
{
	struct tap tap = {.outbox = {tap_reserve, tap_commit}, .behind = out, .change = change};

	return honest->enrol(w, device, n, &tap.outbox);
}

/* A homeserver does not know this name. */
static void rename_them(uint8_t *fallback_keys)
{
	memcpy(fallback_keys, "\"unknown__keys\"", strlen("\"fallback_keys\""));
}

/* Another digit of the key: its signature is not of this one. */
static void change_the_key(uint8_t *fallback_keys)
{
	static const char name[] = "\"key\":\"";
	uint8_t *key = (uint8_t *)strstr((char *)fallback_keys, name) + strlen(name);

	*key = *key == 'A' ? 'B' : 'A';
}

static enum gb_status enrol_without_fallback(struct gb_world *w, uint32_t device, uint32_t n,
					     struct gb_outbox *out)
{
	return enrol_through(rename_them, w, device, n, out);
}

static enum gb_status enrol_with_a_bad_fallback(struct gb_world *w, uint32_t device, uint32_t n,
						struct gb_outbox *out)
{
	return enrol_through(change_the_key, w, device, n, out);
}

static void assert_caught(const struct gb_backend *lying, const char *why)
{
	struct gb_job job = job_of(lying, honest == &gb_backend_megolm ? "device" : "", 3);

	assert_worker_caught(&job, why);
}

static void who_uploads_something_else_is_caught(void **state)
{
	const struct gb_backend *const backends[] = {&gb_backend_mls, &gb_backend_megolm};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct gb_backend lying = *backends[i];
		honest = backends[i];
		lying.enrol = enrol_with_one_less;
		assert_caught(&lying, "its key 2 is none");
		lying.enrol = enrol_with_one_more;
		/* Who tampers with the last key of Megolm, changes one that nobody asked for. */
		assert_caught(&lying, honest == &gb_backend_mls
					      ? "it uploaded more than 3 keys"
					      : "accepted key material that was tampered with");
		lying = *honest;
		lying.reach = reach_by_the_first;
		/* Each KeyPackage is tampered with apart. */
		assert_caught(&lying, honest == &gb_backend_mls
					      ? "accepted key material that was tampered with"
					      : "it cannot read what came by its key 1");
		lying.reach = reach_without_looking;
		assert_caught(&lying, "device 0 accepted key material that was tampered with");
		lying = *honest;
		lying.reached = read_without_looking;
		assert_caught(&lying, "the new device accepted a forged message");
	}
}

static void who_has_no_key_of_last_resort_is_caught(void **state)
{
	struct gb_backend lying = gb_backend_megolm;

	(void)state;
	honest = &gb_backend_megolm;
	lying.reach = refuse_the_last_resort;
	assert_caught(&lying, "its key of last resort is none");
	lying = *honest;
	lying.enrol = enrol_without_fallback;
	assert_caught(&lying, "its key of last resort is none");
	lying.enrol = enrol_with_a_bad_fallback;
	assert_caught(&lying, "its key of last resort is none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_matrix_device_uploads_its_keys),
		cmocka_unit_test(a_user_uploads_what_vouches_for_it),
		cmocka_unit_test(a_client_of_mls_uploads_key_packages),
		cmocka_unit_test(what_cannot_be_had_is_said),
		cmocka_unit_test(a_new_device_is_the_first_of_its_user),
		cmocka_unit_test(who_uploads_something_else_is_caught),
		cmocka_unit_test(who_has_no_key_of_last_resort_is_caught),
	};

	return cmocka_run_group_tests_name("enrolment", tests, NULL, NULL);
}
