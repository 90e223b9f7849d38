/*
 * Session keys that are taken in are looked at where it is timed: when the call ends, libolm has a
 * session of each, and the first message read by it costs no more than others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/megolm_world.h"
#include "room.h"
#include "worker_report.h"

#define K 12

/* Sessions of others that a device had when it had taken keys in; how often that was. */
static size_t n_open, n_calls;

/* Of its own sessions a device keeps the keys as they are until a message comes back to it. */
static void look(const struct gb_world *w, uint32_t device)
{
	const struct megolm_device *d = w->live[device]->device;

	n_open = 0;
	n_calls++;
	for (const struct megolm_room *room = d->room; room != NULL; room = room->next)
		for (size_t i = 0; i < room->n_inbound; i++) {
			const struct megolm_inbound *inbound = room->inbound[i];
			if (inbound->sender == NULL && inbound->origin == NULL)
				continue;
			if (inbound->olm == NULL)
				fail_msg("session %s of %s is not open", inbound->id, room->id);
			n_open++;
		}
}

static enum gb_status take(struct gb_world *w, uint32_t device, enum gb_way way,
			   const struct gb_message *m, size_t n, struct gb_outbox *out)
{
	enum gb_status status = gb_backend_megolm.take(w, device, way, m, n, out);

	if (status == GB_OK)
		look(w, device);
	return status;
}

static enum gb_status restore(struct gb_world *w, uint32_t device, enum gb_scope scope,
			      const struct gb_message *m, size_t n)
{
	enum gb_status status = gb_backend_megolm.restore(w, device, scope, m, n);

	if (status == GB_OK)
		look(w, device);
	return status;
}

static enum gb_status join(struct gb_world *w, uint32_t device, const struct gb_message *m,
			   size_t n)
{
	enum gb_status status = gb_backend_megolm.join(w, device, m, n);

	if (status == GB_OK)
		look(w, device);
	return status;
}

static enum gb_status process(struct gb_world *w, uint32_t device, const struct gb_message *m)
{
	enum gb_status status = gb_backend_megolm.process(w, device, m);

	if (status == GB_OK)
		look(w, device);
	return status;
}

static void keys_are_opened_where_they_are_taken_in(void **state)
{
	static const struct {
		enum gb_operation operation;
		size_t least;
	} rows[] = {
		{GB_OPERATION_forward, K},     {GB_OPERATION_recover, K},
		{GB_OPERATION_key_file, K},    {GB_OPERATION_dehydrated, K},
		{GB_OPERATION_restore_all, K}, {GB_OPERATION_restore_one, 1},
		{GB_OPERATION_add, 1},         {GB_OPERATION_rekey, 1},
	};
	struct gb_backend watched = gb_backend_megolm;

	(void)state;
	watched.take = take;
	watched.restore = restore;
	watched.join = join;
	watched.process = process;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gb_job job = worker_job(&watched, 5);
		struct worker_report *r;

		snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "chain");
		snprintf(job.axis[GB_AXIS_history], GB_AXIS_VALUE_BYTES, "shared");
		snprintf(job.axis[GB_AXIS_verification], GB_AXIS_VALUE_BYTES, "cross_signed");
		snprintf(job.axis[GB_AXIS_devices_per_user], GB_AXIS_VALUE_BYTES, "2");
		snprintf(job.axis[GB_AXIS_rounds], GB_AXIS_VALUE_BYTES, "1000");
		worker_add_task(&job, rows[i].operation,
				gb_operations[rows[i].operation].takes_k ? K : 0, 0);
		n_open = n_calls = 0;
		r = worker_measure(&job);
		assert_null(r->failed);
		assert_int_equal(r->n_samples, 2);
		assert_true(n_calls >= 2);
		assert_true(n_open >= rows[i].least);
		worker_forget(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_opened_where_they_are_taken_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
