/*
 * The megolm backend by itself: what every operation costs and sends in every state of the Olm
 * sessions, by formula; axes; and what goes back when a state is rolled back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backend_room.h"
#include "delivery/delivery.h"

/*
 * scenarios.md 2.6, for n recipients: a new Megolm session is a key pair and a signature, a
 * share at a later index a signature; each room key one CBC encryption, under a new Olm session
 * (2 key pairs, 3 DH, 1 verification of the claimed key), after a ratchet step (1 and 1), or on
 * the chain. The device keys of whoever is new to the sender are verified once.
 */
static void assert_costs(const struct gb_counts *c, const char *olm, uint64_t n,
			 enum operation operation)
{
	bool is_new = strcmp(olm, "new") == 0, steps = strcmp(olm, "ratchet") == 0;
	bool meets = operation == CREATE || operation == ADD;
	uint64_t session = operation == ADD ? 0 : 1;

	assert_int_equal(c->keygen, session + (is_new ? 2 * n : steps ? n : 0));
	assert_int_equal(c->dh, is_new ? 3 * n : steps ? n : 0);
	assert_int_equal(c->verify, is_new ? n * (meets ? 2 : 1) : 0);
	assert_int_equal(c->sign, 1);
	assert_int_equal(c->cbc, n);
	assert_int_equal(c->hkdf, 2 * (is_new || steps ? 2 * n : n));
	assert_int_equal(c->aead, 0);
	assert_int_equal(c->random_bytes, 160 * session + (is_new ? 64 * n : steps ? 32 * n : 0));
}

static size_t count_kind(const struct room *w, enum gb_kind kind)
{
	return w->mailbox.sent.messages[kind];
}

static void operations_cost_what_their_state_says(void **state)
{
	static const char *const states[] = {"new", "chain", "ratchet"};
	static const uint32_t sizes[] = {2, 3, 10};

	(void)state;
	for (size_t s = 0; s < 3; s++)
		for (size_t i = 0; i < 3; i++)
			for (int o = CREATE; o <= REMOVE; o++) {
				enum operation operation = (enum operation)o;
				struct room w;
				struct gb_counts counts;
				uint32_t n = sizes[i] - 1;

				room_open(&w, sizes[i], states[s], operation == CREATE);
				room_must(&w, ROOM_BACKEND->checkpoint(w.world));
				counts = room_act(&w, operation);
				n = operation == ADD      ? ROOM_JOINERS
				    : operation == REMOVE ? n - 1
							  : n;
				if (n > 0)
					assert_costs(&counts, states[s], n, operation);
				assert_int_equal(count_kind(&w, GB_ROOM_KEY), n);
				assert_int_equal(count_kind(&w, GB_CLAIM),
						 s == 0 && n > 0 ? (operation <= ADD ? 2 : 1) : 0);
				room_close(&w);
			}
}

/* Once more after a rollback each costs the same, and so does the second one without. */
static void rollback_brings_the_state_back(void **state)
{
	static const char *const states[] = {"new", "chain", "ratchet"};

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		struct room w;
		uint64_t before, after;

		room_open(&w, 8, states[s], false);
		room_must(&w, ROOM_BACKEND->checkpoint(w.world));
		room_must(&w, ROOM_BACKEND->state_size(w.world, 0, &before));
		for (int i = 0; i < 3; i++) {
			struct gb_counts counts = room_act(&w, REKEY);

			assert_costs(&counts, states[s], 7, REKEY);
			room_must(&w, ROOM_BACKEND->rollback(w.world));
			counts = room_act(&w, ADD);
			assert_costs(&counts, states[s], ROOM_JOINERS, ADD);
			room_must(&w, ROOM_BACKEND->rollback(w.world));
			room_must(&w, ROOM_BACKEND->state_size(w.world, 0, &after));
			assert_int_equal(before, after);
		}
		(void)room_act(&w, REKEY);
		{
			/* Now the sessions exist and nothing came back. */
			struct gb_counts counts = room_act(&w, REKEY);
			assert_costs(&counts, "chain", 7, REKEY);
		}
		room_close(&w);
	}
}

/* heals: a Diffie-Hellman step was due on every pair. */
static void only_rekeys_with_steps_heal(void **state)
{
	static const struct {
		const char *olm;
		int heals;
	} rows[] = {{"new", 1}, {"ratchet", 1}, {"chain", 0}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct room w;
		int heals = -1;

		room_open(&w, 5, rows[i].olm, false);
		(void)room_act(&w, REKEY);
		room_must(&w, ROOM_BACKEND->heals(w.world, 0, &heals));
		assert_int_equal(heals, rows[i].heals);
		(void)room_act(&w, REMOVE);
		room_must(&w, ROOM_BACKEND->heals(w.world, 0, &heals));
		assert_int_equal(heals, 0);
		room_close(&w);
	}
}

/* Of several who rotate at once each pays for every pair what the axis says, and heals likewise. */
static void each_of_several_senders_pays_for_every_pair(void **state)
{
	static const char *const states[] = {"new", "chain", "ratchet"};

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		const struct gb_axis axis = {"olm", states[s]};
		struct room w;

		room_open_with_actors(&w, 9, &axis, 1, false, 4);
		for (uint32_t device = 0; device < 4; device++) {
			struct gb_counts counts = room_act_as(&w, device, REKEY);
			int heals = -1;

			assert_costs(&counts, states[s], 8, REKEY);
			room_must(&w, ROOM_BACKEND->heals(w.world, device, &heals));
			assert_int_equal(heals, strcmp(states[s], "chain") != 0);
		}
		room_close(&w);
	}
}

/* Key material is JSON that says who the device is, with an id as long as asked for. */
static void identities_have_the_length_of_their_axis(void **state)
{
	static const char *const lengths[] = {"16", "40", "255"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct gb_axis axis = {"identity", lengths[i]};
		struct gb_bytes body;
		struct room w;
		json_t *json, *keys;

		room_open_empty(&w, &axis, 1);
		room_must(&w, ROOM_BACKEND->publish_many(w.world, 0, ROOM_CAPACITY,
							 &w.directory.outbox));
		body = w.directory.published[ROOM_CAPACITY - 1].body;
		json = json_loadb((const char *)body.p, body.len, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(json);
		keys = json_object_get(json, "device_keys");
		assert_int_equal(json_string_length(json_object_get(keys, "user_id")),
				 strtoul(lengths[i], NULL, 10));
		assert_int_equal(json_string_length(json_object_get(keys, "device_id")), 10);
		assert_int_equal(json_object_size(json_object_get(json, "one_time_keys")), 1);
		json_decref(json);
		room_close(&w);
	}
}

/* One forged key among good ones: nobody is let in, and nothing of the others is kept. */
static void a_refused_add_leaves_nothing_behind(void **state)
{
	struct gb_published joining[ROOM_JOINERS];
	uint64_t before, after;
	struct gb_counts counts;
	struct room w;
	uint8_t *copy;

	(void)state;
	room_open(&w, 4, "new", false);
	room_must(&w, ROOM_BACKEND->state_size(w.world, 0, &before));
	memcpy(joining, w.directory.published + 4, sizeof(joining));
	copy = malloc(joining[2].body.len);
	assert_non_null(copy);
	memcpy(copy, joining[2].body.p, joining[2].body.len);
	copy[joining[2].body.len - 24] ^= 1;
	joining[2].body.p = copy;
	assert_int_equal(ROOM_BACKEND->add(w.world, 0, joining, ROOM_JOINERS, &w.mailbox.outbox),
			 GB_REJECTED);
	free(copy);
	assert_int_equal(w.mailbox.n_kept, 0);
	room_must(&w, ROOM_BACKEND->state_size(w.world, 0, &after));
	assert_int_equal(before, after);
	counts = room_act(&w, ADD);
	assert_costs(&counts, "new", ROOM_JOINERS, ADD);
	room_close(&w);
}

/* Bytes that are no text, and text that needs escapes, come back as they were. */
static void any_payload_arrives(void **state)
{
	static const size_t lengths[] = {0, 1, 2, 3, 4, 31, 256, 65536, 1 << 20};
	uint8_t *bytes = malloc(1 << 20);
	struct room w;

	(void)state;
	assert_non_null(bytes);
	room_open(&w, 3, "chain", false);
	for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t len = lengths[i / 2];
		struct gb_bytes got;

		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)(i % 2 == 0 ? 'a' + k % 26 : k * 7);
		gb_mailbox_empty(&w.mailbox);
		room_must(&w, ROOM_BACKEND->send(w.world, 0, (struct gb_bytes){bytes, len},
						 &w.mailbox.outbox));
		room_must(&w, ROOM_BACKEND->receive(w.world, 1, &w.mailbox.kept[0], &got));
		assert_int_equal(got.len, len);
		if (len > 0)
			assert_memory_equal(got.p, bytes, len);
	}
	free(bytes);
	room_close(&w);
}

/* Whoever never sent before shares its key with everybody first; who left does not get it. */
static void others_share_before_they_send(void **state)
{
	struct gb_bytes text = {(const uint8_t *)"hello", 5}, got;
	struct room w;
	size_t n;

	(void)state;
	room_open(&w, 6, "ratchet", false);
	(void)room_act(&w, REMOVE); /* device 5 */
	for (size_t i = 0; i < w.mailbox.n_kept; i++)
		if (w.mailbox.kept[i].to[0] == 3)
			room_must(&w, ROOM_BACKEND->process(w.world, 3, &w.mailbox.kept[i]));
	gb_mailbox_empty(&w.mailbox);
	w.mailbox.sender = 3;
	room_must(&w, ROOM_BACKEND->send(w.world, 3, text, &w.mailbox.outbox));
	n = w.mailbox.n_kept;
	assert_int_equal(count_kind(&w, GB_ROOM_KEY), 4);
	/* Of devices 1, 2 and 4 it asked for the keys and claimed one each. */
	assert_int_equal(count_kind(&w, GB_CLAIM), 2);
	assert_int_equal(w.mailbox.kept[n - 1].kind, GB_APPLICATION);
	for (size_t i = 0; i < n - 1; i++) {
		const struct gb_message *m = &w.mailbox.kept[i];

		if (m->kind != GB_ROOM_KEY)
			continue;
		assert_int_not_equal(m->to[0], 5);
		room_must(&w, ROOM_BACKEND->process(w.world, m->to[0], m));
		room_must(&w,
			  ROOM_BACKEND->receive(w.world, m->to[0], &w.mailbox.kept[n - 1], &got));
	}
	assert_int_equal(ROOM_BACKEND->receive(w.world, 5, &w.mailbox.kept[n - 1], &got),
			 GB_REJECTED);
	/* The next one needs no key. */
	gb_mailbox_empty(&w.mailbox);
	room_must(&w, ROOM_BACKEND->send(w.world, 3, text, &w.mailbox.outbox));
	assert_int_equal(w.mailbox.n_kept, 1);
	room_close(&w);
}

/* The message of device 0 that says `text`; its body lives until the test ends. */
static struct gb_message say(struct room *w, const char *text)
{
	struct gb_message m;
	uint8_t *body;

	gb_mailbox_empty(&w->mailbox);
	room_must(w, ROOM_BACKEND->send(w->world, 0,
					(struct gb_bytes){(const uint8_t *)text, strlen(text)},
					&w->mailbox.outbox));
	assert_int_equal(w->mailbox.n_kept, 1);
	m = w->mailbox.kept[0];
	body = malloc(m.body.len);
	assert_non_null(body);
	memcpy(body, m.body.p, m.body.len);
	m.body.p = body;
	return m;
}

/* Three messages, of which the newcomer came after the second: it reads the first two where
 * history is shared, and only there. The keys of the past are uploaded once for all newcomers. */
static void newcomers_read_from_the_index_of_their_axis(void **state)
{
	static const struct gb_axis axes[2][2] = {
		{{"history", "joined"}, {"verification", "cross_signed"}},
		{{"history", "shared"}, {"verification", "cross_signed"}}};

	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		struct gb_message m[3], all[8];
		struct gb_bytes text;
		struct room w;
		size_t n;

		room_open_with(&w, 3, axes[shared], 2, false);
		m[0] = say(&w, "one");
		m[1] = say(&w, "two");
		(void)room_act(&w, ADD);
		assert_int_equal(count_kind(&w, GB_BACKUP), shared);
		assert_int_equal(count_kind(&w, GB_ROOM_KEY),
				 shared ? 2 * ROOM_JOINERS : ROOM_JOINERS);
		n = gb_delivery_all(&w.mailbox, 4, false, all, 8);
		assert_int_equal(n, shared ? 3 : 1);
		room_must(&w, ROOM_BACKEND->join(w.world, 4, all, n));
		m[2] = say(&w, "three");
		for (int i = 0; i < 3; i++) {
			enum gb_status status = ROOM_BACKEND->receive(w.world, 4, &m[i], &text);
			assert_int_equal(status, i == 2 || shared ? GB_OK : GB_REJECTED);
			if (status == GB_OK)
				assert_int_equal(text.len, i == 2 ? 5 : 3);
			free((void *)(uintptr_t)m[i].body.p);
		}
		room_close(&w);
	}
}

/* The specification forbids it; nothing is sent. */
static void history_is_not_shared_with_unsigned_devices(void **state)
{
	static const struct gb_axis axis = {"history", "shared"};
	struct room w;

	(void)state;
	room_open_with(&w, 3, &axis, 1, false);
	w.mailbox.sender = 0;
	assert_int_equal(ROOM_BACKEND->add(w.world, 0, w.directory.published + w.size, ROOM_JOINERS,
					   &w.mailbox.outbox),
			 GB_UNSUPPORTED);
	assert_int_equal(gb_traffic_bytes(&w.mailbox.sent), 0);
	room_close(&w);
}

static void axes_are_answered(void **state)
{
	static const struct {
		const char *name, *value;
		enum gb_answer answer;
	} rows[] = {
		{"olm", "new", GB_HONOURED},
		{"olm", "chain", GB_HONOURED},
		{"olm", "ratchet", GB_HONOURED},
		{"sender_device_keys", "no", GB_HONOURED},
		{"history", "joined", GB_HONOURED},
		{"history", "shared", GB_HONOURED},
		{"history", "invited", GB_NOT_SUPPORTED},
		{"verification", "device", GB_HONOURED},
		{"verification", "cross_signed", GB_HONOURED},
		{"verification", "nobody", GB_NOT_SUPPORTED},
		{"olm", "old", GB_NOT_SUPPORTED},
		{"olm_crypto", "libolm", GB_HONOURED},
		{"olm_crypto", "openssl", GB_HONOURED},
		{"olm_crypto", "sodium", GB_NOT_SUPPORTED},
		{"identity", "16", GB_HONOURED},
		{"identity", "255", GB_HONOURED},
		{"identity", "15", GB_NOT_SUPPORTED},
		{"identity", "256", GB_NOT_SUPPORTED},
		{"devices_per_user", "5", GB_HONOURED},
		{"threads", "1", GB_NOT_APPLICABLE},
		{"threads", "2", GB_NOT_SUPPORTED},
		{"tree", "cold", GB_NOT_APPLICABLE},
		{"path", "yes", GB_NOT_APPLICABLE},
		{"suite", "1", GB_NOT_APPLICABLE},
		{"crypto", "openssl", GB_NOT_APPLICABLE},
		{"padding", "16", GB_NOT_APPLICABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *reason = NULL;

		assert_int_equal(ROOM_BACKEND->axis(rows[i].name, rows[i].value, &reason),
				 rows[i].answer);
		assert_int_equal(reason != NULL, rows[i].answer == GB_NOT_SUPPORTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_cost_what_their_state_says),
		cmocka_unit_test(rollback_brings_the_state_back),
		cmocka_unit_test(only_rekeys_with_steps_heal),
		cmocka_unit_test(each_of_several_senders_pays_for_every_pair),
		cmocka_unit_test(identities_have_the_length_of_their_axis),
		cmocka_unit_test(a_refused_add_leaves_nothing_behind),
		cmocka_unit_test(any_payload_arrives),
		cmocka_unit_test(others_share_before_they_send),
		cmocka_unit_test(newcomers_read_from_the_index_of_their_axis),
		cmocka_unit_test(history_is_not_shared_with_unsigned_devices),
		cmocka_unit_test(axes_are_answered),
	};

	return cmocka_run_group_tests_name("megolm backend", tests, NULL, NULL);
}
