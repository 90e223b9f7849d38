/*
 * Forged messages in a run: of those by which a device joins each kind is forged, however many
 * there are, and who takes one in is caught. A row says `forged` where each kind was tried.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "worker_report.h"

#define BASE       (&gb_backend_megolm)
#define MAX_INBOX  64
#define BODY_BYTES (1 << 16)

/* What came to the joins of a run. */
static struct {
	unsigned refused[GB_KINDS], taken[GB_KINDS]; /* the first of a call; all of one */
	unsigned n_refused, lie_at;
} seen;

static enum gb_status watching_join(struct gb_world *w, uint32_t device, const struct gb_message *m,
				    size_t n)
{
	enum gb_status status = BASE->join(w, device, m, n);

	if (status == GB_REJECTED)
		seen.refused[m->kind]++;
	for (size_t i = 0; i < n && status == GB_OK; i++)
		seen.taken[m[i].kind]++;
	return status;
}

/* Does not look at what protects the first message, in one of the calls that are refused. */
static enum gb_status careless_join(struct gb_world *w, uint32_t device, const struct gb_message *m,
				    size_t n)
{
	static uint8_t body[BODY_BYTES];
	struct gb_message repaired[MAX_INBOX];
	enum gb_status status = BASE->join(w, device, m, n);

	if (status != GB_REJECTED || seen.n_refused++ != seen.lie_at)
		return status;
	assert_true(n <= MAX_INBOX && m->body.len <= sizeof(body));
	memcpy(repaired, m, n * sizeof(*m));
	memcpy(body, m->body.p, m->body.len);
	body[m->body.len - 24] ^= 1;
	repaired[0].body.p = body;
	return BASE->join(w, device, repaired, n);
}

/* One sample of an add to a group whose history is shared. */
static struct gb_job job_of(const struct gb_backend *backend, uint32_t size, uint32_t senders)
{
	struct gb_job job =
		worker_job_of(backend, size, GB_OPERATION_add, 1, GB_AXIS_history, "shared");

	memset(&seen, 0, sizeof(seen));
	job.senders = senders;
	job.sampling.min = job.sampling.max = 1;
	snprintf(job.axis[GB_AXIS_verification], GB_AXIS_VALUE_BYTES, "cross_signed");
	snprintf(job.axis[GB_AXIS_olm], GB_AXIS_VALUE_BYTES, "new");
	snprintf(job.axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "%u", senders);
	return job;
}

static void measure(const struct gb_job *job, const char *verified)
{
	struct worker_report *r = worker_measure(job);

	if (r->failed != NULL)
		fail_msg("%s", r->failed);
	assert_field(worker_row(r, "add", "joiner", "join"), GB_COLUMN_verified, verified);
	worker_forget(r);
}

/* Newcomers take in so many room keys, of which so many are forged first, and an attachment. */
static void check_joins(uint32_t size, uint32_t senders, int room_keys, int refused)
{
	struct gb_backend watching = *BASE;
	struct gb_job job = job_of(&watching, size, senders);

	watching.join = watching_join;
	measure(&job, "bytes digest read distinct once reply history forged");
	assert_int_equal(seen.taken[GB_ROOM_KEY], room_keys);
	assert_int_equal(seen.refused[GB_ROOM_KEY], refused);
	assert_int_equal(seen.refused[GB_BACKUP], 1);
}

/* A room key of each of two senders; an attachment, and where it is, from the first. */
static void each_message_of_a_join_is_forged(void **state)
{
	(void)state;
	check_joins(5, 2, 3, 3);
	assert_int_equal(seen.taken[GB_BACKUP], 1);
}

/* Eight messages, of which one is the attachment. */
static void of_many_messages_the_first_are_forged(void **state)
{
	(void)state;
	check_joins(20, 12, 13, 7);
}

static void who_takes_a_forged_message_in_is_caught(void **state)
{
	struct gb_backend careless = *BASE;
	struct gb_job job;

	(void)state;
	careless.join = careless_join;
	for (unsigned lie_at = 0; lie_at < 4; lie_at++) {
		job = job_of(&careless, 5, 2);
		seen.lie_at = lie_at;
		assert_worker_caught(&job, " accepted a forged message");
	}
	job = job_of(&careless, 5, 2);
	seen.lie_at = 4;
	measure(&job, "bytes digest read distinct once reply history forged");
}

/* Of the first of two samples. */
static void assert_says_forged(enum gb_operation operation, const char *backup, bool is_forged)
{
	struct gb_job job = worker_job_of(BASE, 5, operation, 12, GB_AXIS_backup, backup);
	struct worker_report *r = worker_measure(&job);

	if (r->failed != NULL)
		fail_msg("%s", r->failed);
	assert_true(r->n_rows >= 2);
	for (size_t i = 0; i < r->n_rows; i++) {
		char **row = r->row[i];
		bool is_first = strcmp(row[GB_COLUMN_sample], "1") == 0;
		bool says = strstr(row[GB_COLUMN_verified], "forged") != NULL;
		assert_true(says == (is_forged && is_first));
	}
	worker_forget(r);
}

/* The messages of the group are forged in all of these, what comes from the backup only in one. */
static void a_row_says_forged_where_each_kind_was(void **state)
{
	(void)state;
	assert_says_forged(GB_OPERATION_restore_one, "pk_mac", true);
	assert_says_forged(GB_OPERATION_restore_one, "pk", false);
	assert_says_forged(GB_OPERATION_restore_all, "pk_mac", false);
	assert_says_forged(GB_OPERATION_backup, "pk", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_of_a_join_is_forged),
		cmocka_unit_test(of_many_messages_the_first_are_forged),
		cmocka_unit_test(who_takes_a_forged_message_in_is_caught),
		cmocka_unit_test(a_row_says_forged_where_each_kind_was),
	};

	return cmocka_run_group_tests_name("forging", tests, NULL, NULL);
}
