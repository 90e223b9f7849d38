/*
 * What the megolm backend makes of libolm's answers: an error of any call ends the run and never
 * becomes a sample; and what no client would compute is not computed while a clock runs. The
 * program's own definitions stand before libolm's.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "backends/backends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libolm_interposed.h"
#include "worker_report.h"

static struct {
	const char *failing; /* the function that fails in the second sample */
	unsigned n_created, n_failures, n_accounts, n_accounts_timed;
	bool is_armed, is_timed;
} now;

static bool fails(enum function which)
{
	now.n_accounts += which == FUNCTION_olm_create_account;
	now.n_accounts_timed += which == FUNCTION_olm_create_account && now.is_timed;
	if (!now.is_armed || now.failing == NULL || strcmp(now.failing, names[which]) != 0)
		return false;
	now.n_failures++;
	return true;
}

/* A utility still says what was wrong with a forged signature before. */
REASON(olm_utility_last_error_code, OlmUtility, now.n_failures > 0)

/* ---- the backend, watched ---- */

static enum gb_status watched_create(struct gb_world *w, uint32_t device,
				     const struct gb_published *others, size_t n,
				     struct gb_outbox *out)
{
	enum gb_status status;

	now.is_armed = now.n_created > 0;
	now.is_timed = true;
	status = gb_backend_megolm.create(w, device, others, n, out);
	now.is_timed = false;
	now.n_created += status == GB_OK;
	return status;
}

static enum gb_status watched_add(struct gb_world *w, uint32_t device,
				  const struct gb_published *joining, size_t n,
				  struct gb_outbox *out)
{
	enum gb_status status;

	now.is_timed = true;
	status = gb_backend_megolm.add(w, device, joining, n, out);
	now.is_timed = false;
	return status;
}

static enum gb_status watched_share(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	enum gb_status status;

	now.is_timed = true;
	status = gb_backend_megolm.share(w, device, out);
	now.is_timed = false;
	return status;
}

/* What a worker reports of two samples of one operation; the caller forgets it. */
static struct worker_report *measure(const char *olm, uint32_t senders, enum gb_operation operation)
{
	struct gb_backend watched = gb_backend_megolm;
	struct gb_job job;

	watched.create = watched_create;
	watched.add = watched_add;
	watched.share = watched_share;
	job = worker_job(&watched, 12);
	job.senders = senders;
	snprintf(job.axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "%u", senders);
	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "%s", olm);
	worker_add_task(&job, operation, gb_operations[operation].takes_k ? 5 : 0, 0);
	return worker_measure(&job);
}

static void an_error_of_libolm_is_no_sample(void **state)
{
	static const char *const functions[] = {
		"olm_encrypt",
		"olm_decrypt",
		"olm_create_outbound_session",
		"olm_create_inbound_session_from",
		"olm_remove_one_time_keys",
		"olm_ed25519_verify",
		"olm_init_outbound_group_session",
		"olm_outbound_group_session_key",
		"olm_init_inbound_group_session",
		"olm_group_encrypt",
		"olm_group_decrypt",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		struct worker_report *r;

		memset(&now, 0, sizeof(now));
		now.failing = functions[i];
		r = measure("new", 1, GB_OPERATION_create);
		if (now.n_failures == 0 || r->n_samples != 1 || r->failed == NULL || r->is_done ||
		    (r->status != GB_EXIT_INTERNAL && r->status != GB_EXIT_ORACLE) ||
		    strstr(r->failed, "libolm reports an error") == NULL)
			fail_msg("%s failed %u times: status %d, %zu samples, said: %s",
				 functions[i], now.n_failures, (int)r->status, r->n_samples,
				 r->failed != NULL ? r->failed : "nothing");
		worker_forget(r);
	}
}

/* The homeserver has keys at hand; making the account of another device is nobody's cost. */
static void no_account_is_made_under_the_clock(void **state)
{
	static const char *const states[] = {"new", "chain", "ratchet"};
	static const enum gb_operation operations[] = {GB_OPERATION_create, GB_OPERATION_add};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct worker_report *r;

		memset(&now, 0, sizeof(now));
		r = measure(states[i / 2], 4, operations[i % 2]);
		if (r->failed != NULL)
			fail_msg("%s", r->failed);
		assert_int_equal(r->n_samples, 2);
		assert_true(now.n_accounts > 0);
		assert_int_equal(now.n_accounts_timed, 0);
		worker_forget(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_of_libolm_is_no_sample),
		cmocka_unit_test(no_account_is_made_under_the_clock),
	};

	return cmocka_run_group_tests_name("libolm calls", tests, NULL, NULL);
}
