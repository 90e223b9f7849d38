/*
 * Members that get no keys of a sender any more, but the reason: what a worker measures of it with
 * the megolm backend, and that backends are caught which give the keys all the same, or no reason.
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
#include "worker_report.h"

static struct gb_job job_of(const struct gb_backend *backend, uint32_t size, const char *olm,
			    uint32_t k)
{
	return worker_job_of(backend, size, GB_OPERATION_withhold, k, GB_AXIS_olm, olm);
}

/* Bytes of the request that tells one device with a name of 16 and 10 characters in room
 * !room:gb.test that it is not verified. */
#define TOLD_BYTES                                                                                 \
	(sizeof "{\"messages\":{\"@0000004:gb.test\":{\"AAAAAAAAAE\":{"                            \
		"\"algorithm\":\"m.megolm.v1.aes-sha2\",\"code\":\"m.unverified\","                \
		"\"room_id\":\"!room:gb.test\",\"sender_key\":\"\",\"session_id\":\"\"}}}}" -      \
	 1 + 2 * 43)

/* Nine members, of whom two are told and six get the new key; the words in the clear are a kind of
 * their own, without raw bytes, in one request. */
static void who_is_told_has_a_row_and_the_others_get_new_keys(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, 9, "ratchet", 2);
	struct worker_report *r = worker_measure(&job);
	char **actor = worker_row(r, "withhold", "actor", "produce");
	char **told = worker_row(r, "withhold", "withheld", "process");
	char **server = worker_row(r, "withhold", "server", "deliver");

	(void)state;
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	assert_field(actor, GB_COLUMN_k, "2");
	assert_field(actor, GB_COLUMN_room_key_messages, "6");
	assert_field(actor, GB_COLUMN_withheld_messages, "2");
	assert_field(actor, GB_COLUMN_withheld_raw_bytes, "0");
	assert_field(actor, GB_COLUMN_count_dh, "6");
	assert_field(actor, GB_COLUMN_heals, "yes");
	/* {"messages":{ and }} around both stand there once, with a comma between them. */
	assert_int_equal(field_number(actor, GB_COLUMN_withheld_bytes),
			 2 * TOLD_BYTES - strlen("{\"messages\":{}}") + strlen(","));
	assert_int_equal(field_number(server, GB_COLUMN_withheld_down_bytes), 2 * TOLD_BYTES);
	assert_field(told, GB_COLUMN_device, "4");
	assert_int_equal(field_number(told, GB_COLUMN_withheld_bytes), TOLD_BYTES);
	assert_int_equal(field_number(told, GB_COLUMN_down_bytes), TOLD_BYTES);
	assert_field(told, GB_COLUMN_count_dh, "0");
	assert_field(told, GB_COLUMN_count_cbc, "0");
	assert_field(told, GB_COLUMN_verified, "bytes digest read distinct withheld forged");
	assert_field(worker_row(r, "withhold", "near", "process"), GB_COLUMN_room_key_messages,
		     "1");
	assert_field(worker_row(r, "withhold", "far", "process"), GB_COLUMN_withheld_messages, "0");
	worker_forget(r);
}

/* No key is claimed for who gets none. */
static void nothing_is_claimed_for_who_is_told(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, 5, "new", 1);
	struct worker_report *r = worker_measure(&job);
	char **actor = worker_row(r, "withhold", "actor", "produce");

	(void)state;
	assert_null(r->failed);
	assert_field(actor, GB_COLUMN_room_key_messages, "3");
	assert_field(actor, GB_COLUMN_count_verify, "3");
	assert_field(actor, GB_COLUMN_count_dh, "9");
	worker_forget(r);
}

/* Whom to trust is for each sender to say. */
static void every_sender_tells(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, 9, "ratchet", 1);
	struct worker_report *r;

	(void)state;
	job.senders = 3;
	snprintf(job.axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "3");
	r = worker_measure(&job);
	assert_null(r->failed);
	assert_field(worker_row(r, "withhold", "actor", "produce"), GB_COLUMN_withheld_messages,
		     "3");
	assert_field(worker_row(r, "withhold", "withheld", "process"), GB_COLUMN_withheld_messages,
		     "3");
	worker_forget(r);
}

/* The messages after it are of new sessions, and each of those is withheld too. */
static void later_keys_are_withheld_too(void **state)
{
	struct gb_job job = job_of(&gb_backend_megolm, 5, "ratchet", 1);
	struct worker_report *r;

	(void)state;
	snprintf(job.axis[GB_AXIS_rotation_messages], GB_AXIS_VALUE_BYTES, "1");
	r = worker_measure(&job);
	assert_null(r->failed);
	assert_int_equal(r->n_samples, 2);
	worker_forget(r);
}

static void who_cannot_withhold_says_so(void **state)
{
	struct gb_job job = job_of(&gb_backend_mls, 5, "", 1);
	struct worker_report *r = worker_measure(&job);

	(void)state;
	assert_int_equal(r->status, GB_EXIT_DONE);
	assert_string_equal(r->skipped, "0 this backend gives its keys to every member: it has no "
					"call that withholds them from some");
	worker_forget(r);
}

/* ---- backends that lie ---- */

static enum gb_status withhold_from_nobody(struct gb_world *w, uint32_t device,
					   enum gb_reason reason, const uint32_t *members, size_t n,
					   struct gb_outbox *out)
{
	(void)reason, (void)members, (void)n;
	return gb_backend_megolm.rekey(w, device, out);
}

static enum gb_status withhold_silently(struct gb_world *w, uint32_t device, enum gb_reason reason,
					const uint32_t *members, size_t n, struct gb_outbox *out)
{
	(void)reason;
	return gb_backend_megolm.remove(w, device, members, n, out);
}

static enum gb_status say_another_reason(struct gb_world *w, uint32_t device, enum gb_reason reason,
					 const uint32_t *members, size_t n, struct gb_outbox *out)
{
	(void)reason;
	return gb_backend_megolm.withhold(w, device, GB_REASON_BLACKLISTED, members, n, out);
}

/* As if there were more to say to who is told. */
static enum gb_status withhold_and_write(struct gb_world *w, uint32_t device, enum gb_reason reason,
					 const uint32_t *members, size_t n, struct gb_outbox *out)
{
	enum gb_status status = gb_backend_megolm.withhold(w, device, reason, members, n, out);
	struct gb_message m = {.kind = GB_DUMMY,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_CLIENT,
			       .from = device,
			       .n_to = 1,
			       .to = members};
	uint8_t *p = out->reserve(out, 32);

	assert_non_null(p);
	memset(p, 'x', 32);
	m.body = (struct gb_bytes){p, 32};
	out->commit(out, &m);
	return status;
}

static enum gb_status forget_what_is_told(struct gb_world *w, uint32_t device,
					  const struct gb_message *m)
{
	return m->kind == GB_WITHHELD ? GB_OK : gb_backend_megolm.process(w, device, m);
}

static void assert_caught(const struct gb_backend *lying, const char *why)
{
	struct gb_job job = job_of(lying, 5, "ratchet", 1);

	assert_worker_caught(&job, why);
}

static void who_gives_the_key_or_no_reason_is_caught(void **state)
{
	struct gb_backend lying = gb_backend_megolm;

	(void)state;
	lying.withhold = withhold_from_nobody;
	assert_caught(&lying, "device 2 got 1 messages with keys from device 0, want 0 "
			      "(promise: who is withheld a key is told why)");
	lying.withhold = withhold_silently;
	assert_caught(&lying, "device 2 got 0 reasons from device 0, want 1 "
			      "(promise: who is withheld a key is told why)");
	lying.withhold = withhold_and_write;
	assert_caught(&lying, "device 2 got something else than the reason");
	lying.withhold = say_another_reason;
	assert_caught(&lying, "device 2 does not know why device 0 gives it no key");
	lying = gb_backend_megolm;
	lying.process = forget_what_is_told;
	assert_caught(&lying, "device 2 does not know why device 0 gives it no key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_told_has_a_row_and_the_others_get_new_keys),
		cmocka_unit_test(nothing_is_claimed_for_who_is_told),
		cmocka_unit_test(every_sender_tells),
		cmocka_unit_test(later_keys_are_withheld_too),
		cmocka_unit_test(who_cannot_withhold_says_so),
		cmocka_unit_test(who_gives_the_key_or_no_reason_is_caught),
	};

	return cmocka_run_group_tests_name("withheld", tests, NULL, NULL);
}
