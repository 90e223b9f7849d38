/*
 * Each device gets what a call owes it, dormant ones too, which cannot complain: a worker catches
 * backends that send a message less, another one, or one to somebody else, each time as many.
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

/* Live are devices 0, 1, 6 and 11, and of the newcomers the first and the last. Of two that leave,
 * or get no key, one is 6, the other 8; of three senders one is 0, the second 4. */
#define SIZE   12
#define K      4
#define LEAVER 8
#define SECOND 4
#define NOBODY UINT32_MAX

/* The first message of this kind to this device, in a call of `from`, becomes another one. */
struct lie {
	enum gb_kind kind;
	uint32_t to;
	enum gb_kind other_kind;
	uint32_t other;
	uint32_t from;
};

#define N_LIES 2

/* What is told by the backend that is tried, and what of it was told in the present call. */
static const struct gb_backend *honest;
static struct lie lies[N_LIES];
static bool is_told[N_LIES];

/* An outbox in front of another, in which the lies are told. */
struct tap {
	struct gb_outbox outbox; /* first, so that the backend's pointer leads back here */
	struct gb_outbox *behind;
};

static uint8_t *tap_reserve(struct gb_outbox *self, size_t capacity)
{
	struct gb_outbox *behind = ((struct tap *)self)->behind;

	return behind->reserve(behind, capacity);
}

/* The place of a device in the list, or n. */
static size_t place_of(uint32_t device, const uint32_t *list, size_t n)
{
	size_t i = 0;

	while (i < n && list[i] != device)
		i++;
	return i;
}

static void tap_commit(struct gb_outbox *self, const struct gb_message *m)
{
	struct gb_outbox *behind = ((struct tap *)self)->behind;
	struct gb_message changed = *m;
	uint32_t to[SIZE + K];

	if (m->n_to == 0) {
		behind->commit(behind, m);
		return;
	}
	memcpy(to, m->to, m->n_to * sizeof *to);
	changed.to = to;
	for (size_t i = 0; i < N_LIES; i++) {
		size_t place = place_of(lies[i].to, m->to, m->n_to);
		if (is_told[i] || m->kind != lies[i].kind || m->from != lies[i].from ||
		    place == m->n_to)
			continue;
		is_told[i] = true;
		changed.kind = lies[i].other_kind;
		to[place] = lies[i].other == NOBODY ? to[--changed.n_to] : lies[i].other;
	}
	if (changed.n_to > 0)
		behind->commit(behind, &changed);
}

static struct tap tap_before(struct gb_outbox *out)
{
	memset(is_told, 0, sizeof(is_told));
	return (struct tap){.outbox = {tap_reserve, tap_commit}, .behind = out};
}

static enum gb_status lying_create(struct gb_world *w, uint32_t device,
				   const struct gb_published *others, size_t n,
				   struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->create(w, device, others, n, &tap.outbox);
}

static enum gb_status lying_part(struct gb_world *w, uint32_t device, enum gb_part part,
				 const struct gb_published *others, size_t n, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->create_part(w, device, part, others, n, &tap.outbox);
}

static enum gb_status lying_add(struct gb_world *w, uint32_t device,
				const struct gb_published *joining, size_t n, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->add(w, device, joining, n, &tap.outbox);
}

static enum gb_status lying_remove(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				   size_t n, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->remove(w, device, leaving, n, &tap.outbox);
}

static enum gb_status lying_rekey(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->rekey(w, device, &tap.outbox);
}

static enum gb_status lying_share(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->share(w, device, &tap.outbox);
}

static enum gb_status lying_withhold(struct gb_world *w, uint32_t device, enum gb_reason reason,
				     const uint32_t *members, size_t n, struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->withhold(w, device, reason, members, n, &tap.outbox);
}

static enum gb_status lying_send(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
				 struct gb_outbox *out)
{
	struct tap tap = tap_before(out);

	return honest->send(w, device, plaintext, &tap.outbox);
}

static struct gb_backend liar(void)
{
	struct gb_backend b = *honest;

	b.create = lying_create;
	b.create_part = b.create_part != NULL ? lying_part : NULL;
	b.add = lying_add;
	b.remove = lying_remove;
	b.rekey = lying_rekey;
	b.share = b.share != NULL ? lying_share : NULL;
	b.withhold = b.withhold != NULL ? lying_withhold : NULL;
	b.send = lying_send;
	return b;
}

/* What is measured: k is 2 of those that leave, K of newcomers. */
struct setting {
	const struct gb_backend *backend;
	enum gb_operation operation;
	uint32_t k, senders;
	const char *history, *rotation_messages;
};

static struct gb_job job_in(const struct setting *s, const struct gb_backend *b)
{
	struct gb_job job = worker_job_of(b, SIZE, s->operation, s->k, GB_AXIS_history, s->history);

	job.senders = s->senders;
	if (strcmp(s->history, "shared") == 0)
		snprintf(job.axis[GB_AXIS_verification], GB_AXIS_VALUE_BYTES, "cross_signed");
	snprintf(job.axis[GB_AXIS_senders], GB_AXIS_VALUE_BYTES, "%u", s->senders);
	snprintf(job.axis[GB_AXIS_rotation_messages], GB_AXIS_VALUE_BYTES, "%s",
		 s->rotation_messages);
	if (s->rotation_messages[0] != '\0')
		snprintf(job.axis[GB_AXIS_rotation_age], GB_AXIS_VALUE_BYTES, "0");
	return job;
}

#define MLS(operation, k)                                                                          \
	{                                                                                          \
		&gb_backend_mls, GB_OPERATION_##operation, k, 1, "", ""                            \
	}
#define MEGOLM(operation, k, senders, history, rotation)                                           \
	{                                                                                          \
		&gb_backend_megolm, GB_OPERATION_##operation, k, senders, history, rotation        \
	}

static void the_devices_are_those_of_the_comment(void **state)
{
	const struct setting three = MEGOLM(withhold, 2, 3, "", ""),
			     one = MEGOLM(withhold, 2, 1, "", "");
	struct gb_job job = job_in(&three, &gb_backend_megolm);
	uint32_t actors[3], leavers[2];

	(void)state;
	gb_positions_actors(&job, actors);
	assert_int_equal(actors[1], SECOND);
	job = job_in(&one, &gb_backend_megolm);
	gb_positions_leavers(&job, &job.tasks[0], actors, leavers);
	assert_int_equal(leavers[0], SIZE / 2);
	assert_int_equal(leavers[1], LEAVER);
}

static void honest_backends_pass(void **state)
{
	static const struct setting rows[] = {
		MLS(create, 0),
		MLS(add, K),
		MLS(remove_each, 2),
		MLS(rekey_after_add, K),
		MEGOLM(create, 0, 3, "", ""),
		MEGOLM(encrypt, 0, 1, "", ""),
		MEGOLM(add, K, 3, "joined", ""),
		MEGOLM(add, K, 1, "shared", ""),
		MEGOLM(add_each, K, 3, "shared", ""),
		/* The keys have served their time: all get new ones. */
		MEGOLM(add, K, 1, "joined", "1"),
		MEGOLM(add, K, 3, "shared", "1"),
		MEGOLM(remove, 2, 3, "", ""),
		MEGOLM(remove_each, 2, 3, "", ""),
		MEGOLM(rekey_after_remove, 2, 1, "", ""),
		MEGOLM(rekey_after_add_each, K, 3, "", ""),
		MEGOLM(withhold, 2, 3, "", ""),
		MEGOLM(withhold, 2, 1, "", "1"),
		MEGOLM(send_rotated, 0, 3, "", "100"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gb_job job = job_in(&rows[i], rows[i].backend);
		struct worker_report *r = worker_measure(&job);

		if (r->failed != NULL || r->n_samples != 2)
			fail_msg("row %zu, %s: %s", i, gb_operations[rows[i].operation].name,
				 r->failed != NULL ? r->failed : r->skipped);
		worker_forget(r);
	}
}

#define LACKS(device, of) "device " #device " got 0 messages with keys from device " #of ", want 1"
#define SERVED            " (promise: every recipient is served)"
#define ONLY              " (promise: keys are for recipients only)"
#define TOLD              " (promise: who is withheld a key is told why)"
#define ROTATED           " (promise: keys are replaced when they have served)"

#define DROP(kind, to, from)            GB_##kind, to, GB_##kind, NOBODY, from
#define REDIRECT(kind, to, other, from) GB_##kind, to, GB_##kind, other, from
#define AS(kind, to, other_kind)        GB_##kind, to, GB_##other_kind, to, 0

static const struct {
	struct setting setting;
	struct lie lies[N_LIES];
	const char *why;
} liars[] = {
	/* The dormant newcomers get the bundle, and no room key. */
	{MEGOLM(add, K, 1, "shared", ""),
	 {{DROP(ROOM_KEY, 13, 0)}, {DROP(ROOM_KEY, 14, 0)}},
	 LACKS(13, 0) SERVED},
	/* They are told of the bundle twice, of the key not at all; the other way round. */
	{MEGOLM(add, K, 1, "shared", ""),
	 {{AS(ROOM_KEY, 13, ROOM_KEY_BUNDLE)}},
	 LACKS(13, 0) SERVED},
	{MEGOLM(add, K, 1, "shared", ""),
	 {{AS(ROOM_KEY_BUNDLE, 13, ROOM_KEY)}},
	 "device 13 got 2 messages with keys from device 0, want 1" ONLY},
	{MEGOLM(add, K, 1, "shared", ""),
	 {{DROP(ROOM_KEY_BUNDLE, 14, 0)}},
	 "device 14 got 0 messages that tell of a bundle from device 0, want 1" SERVED},
	{MEGOLM(add, K, 1, "shared", ""),
	 {{DROP(BACKUP, 14, 0)}},
	 "device 14 got 0 bundles from device 0, want 1" SERVED},
	{MEGOLM(add, K, 1, "joined", ""), {{REDIRECT(ROOM_KEY, 13, 3, 0)}}, LACKS(13, 0) SERVED},
	{MEGOLM(add, K, 1, "joined", ""), {{REDIRECT(ROOM_KEY, 13, 14, 0)}}, LACKS(13, 0) SERVED},
	{MEGOLM(add, K, 1, "joined", "1"), {{DROP(ROOM_KEY, 3, 0)}}, LACKS(3, 0) SERVED},
	{MEGOLM(add, K, 3, "joined", ""), {{DROP(ROOM_KEY, 13, SECOND)}}, LACKS(13, 4) SERVED},
	{MEGOLM(add_each, K, 3, "shared", ""), {{DROP(ROOM_KEY, 14, SECOND)}}, LACKS(14, 4) SERVED},
	{MEGOLM(create, 0, 3, "", ""), {{DROP(ROOM_KEY, 0, SECOND)}}, LACKS(0, 4) SERVED},
	{MEGOLM(encrypt, 0, 1, "", ""), {{DROP(ROOM_KEY, 5, 0)}}, LACKS(5, 0) SERVED},
	{MEGOLM(rekey, 0, 1, "", ""), {{DROP(ROOM_KEY, 5, 0)}}, LACKS(5, 0) SERVED},
	{MEGOLM(rekey, 0, 1, "", ""),
	 {{REDIRECT(ROOM_KEY, 5, 4, 0)}},
	 "device 4 got 2 messages with keys from device 0, want 1" ONLY},
	{MEGOLM(rekey, 0, 3, "", ""), {{REDIRECT(ROOM_KEY, 3, 5, SECOND)}}, LACKS(3, 4) SERVED},
	{MEGOLM(rekey_after_remove, 2, 1, "", ""),
	 {{REDIRECT(ROOM_KEY, 9, LEAVER, 0)}},
	 "device 8 got 1 messages with keys from device 0, want 0" ONLY},
	{MEGOLM(remove, 2, 1, "", ""),
	 {{REDIRECT(ROOM_KEY, 9, LEAVER, 0)}},
	 "device 8 got 1 messages with keys from device 0, want 0" ONLY},
	/* Who is told, and who gets the key: as many as there should be, or not. */
	{MEGOLM(withhold, 2, 1, "", ""), {{AS(ROOM_KEY, 3, WITHHELD)}}, LACKS(3, 0) SERVED},
	{MEGOLM(withhold, 2, 1, "", ""),
	 {{AS(WITHHELD, LEAVER, ROOM_KEY)}},
	 "device 8 got 1 messages with keys from device 0, want 0" TOLD},
	{MEGOLM(withhold, 2, 1, "", ""),
	 {{AS(WITHHELD, LEAVER, ROOM_KEY)}, {AS(ROOM_KEY, 9, WITHHELD)}},
	 "device 8 got 1 messages with keys from device 0, want 0" TOLD},
	{MEGOLM(withhold, 2, 1, "", ""),
	 {{REDIRECT(WITHHELD, LEAVER, 9, 0)}},
	 "device 8 got 0 reasons from device 0, want 1" TOLD},
	{MEGOLM(send_rotated, 0, 1, "", "100"),
	 {{REDIRECT(ROOM_KEY, 4, 5, 0)}},
	 LACKS(4, 0) ROTATED},
	{MLS(create, 0), {{DROP(WELCOME, 5, 0)}}, LACKS(5, 0) SERVED},
	{MLS(create, 0),
	 {{REDIRECT(WELCOME, 5, 3, 0)}},
	 "device 3 got 2 messages with keys from device 0, want 1" ONLY},
	{MLS(add, K), {{REDIRECT(WELCOME, 14, 3, 0)}}, LACKS(14, 0) SERVED},
};

static void who_serves_some_other_device_is_caught(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		struct gb_backend lying;
		struct gb_job job;

		honest = liars[i].setting.backend;
		memcpy(lies, liars[i].lies, sizeof(lies));
		lying = liar();
		job = job_in(&liars[i].setting, &lying);
		assert_worker_caught(&job, liars[i].why);
	}
}

static void post(struct gb_outbox *out, enum gb_kind kind, const uint32_t *to, size_t n)
{
	struct gb_message m = {.kind = kind,
			       .address = GB_TO_DEVICES,
			       .fanout = GB_FANOUT_SERVER,
			       .n_to = n,
			       .to = to};
	uint8_t *p = out->reserve(out, 32);

	assert_non_null(p);
	memset(p, 'x', 32);
	m.body = (struct gb_bytes){p, 32};
	out->commit(out, &m);
}

static enum gb_status commit_to_some(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	static const uint32_t some[] = {1, 2, 3, 5, 6, 7, 8, 9, 10, 11};

	(void)w, (void)device;
	post(out, GB_COMMIT, some, sizeof(some) / sizeof(some[0]));
	return GB_OK;
}

static enum gb_status let_one_in(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	static const uint32_t one[] = {4};

	post(out, GB_WELCOME, one, 1);
	return gb_backend_mls.rekey(w, device, out);
}

/* A commit that comes to everybody serves all, and nobody needs more. */
static void a_commit_to_the_group_is_enough_and_one_to_some_is_not(void **state)
{
	const struct setting rekey = MLS(rekey, 0);
	struct gb_backend lying = gb_backend_mls;
	struct gb_job job;

	(void)state;
	lying.rekey = commit_to_some;
	job = job_in(&rekey, &lying);
	assert_worker_caught(&job, LACKS(4, 0) SERVED);
	lying.rekey = let_one_in;
	assert_worker_caught(&job, "device 4 got 1 messages with keys from device 0, want 0" ONLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_devices_are_those_of_the_comment),
		cmocka_unit_test(honest_backends_pass),
		cmocka_unit_test(who_serves_some_other_device_is_caught),
		cmocka_unit_test(a_commit_to_the_group_is_enough_and_one_to_some_is_not),
	};

	return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
