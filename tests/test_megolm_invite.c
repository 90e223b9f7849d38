/*
 * The first message in a room of the megolm backend, part by part: what each costs and sends, by
 * formula; what the key directory answers, byte for byte; users with several devices.
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
#include <jansson.h>

#include "backends/backends.h"
#include "backends/megolm_world.h"
#include "delivery/directory.h"
#include "delivery/outbox.h"
#include "directory_answers.h"

#define BACKEND  (&gb_backend_megolm)
#define CAPACITY 300

struct world {
	struct gb_world *world;
	struct gb_mailbox mailbox;
	struct gb_directory directory;
	uint32_t size, devices_per_user;
	struct gb_counts before;
};

static void assert_ok(const struct world *w, enum gb_status status)
{
	if (status != GB_OK)
		fail_msg("status %d: %s", status, BACKEND->error(w->world));
}

/* Devices 0 .. size - 1 with published keys and without a room; 0 is live. */
static void open_world(struct world *w, uint32_t size, const char *devices_per_user,
		       const char *verification)
{
	const struct gb_axis axes[] = {{"olm", "new"},
				       {"devices_per_user", devices_per_user},
				       {"verification", verification}};
	const struct gb_mailbox_size room = {.capacity = CAPACITY,
					     .expected_bytes = 1 << 20,
					     .max_kept = 1000,
					     .max_recipients = 1000};
	const struct gb_config config = {.struct_size = sizeof(config),
					 .seed = 5,
					 .capacity = CAPACITY,
					 .axes = axes,
					 .n_axes = 3};
	const uint32_t actor = 0;
	const struct gb_shape shape = {.struct_size = sizeof(shape),
				       .size = size,
				       .without_group = 1,
				       .live = &actor,
				       .n_live = 1,
				       .actors = &actor,
				       .n_actors = 1};

	memset(w, 0, sizeof(*w));
	w->size = size;
	w->devices_per_user = (uint32_t)strtoul(devices_per_user, NULL, 10);
	assert_int_equal(gb_mailbox_open(&w->mailbox, &room), 0);
	assert_ok(w, BACKEND->open(&w->world, &config));
	assert_ok(w, BACKEND->shape(w->world, &shape));
	assert_int_equal(gb_directory_open(&w->directory, 0, size), 0);
	assert_ok(w, BACKEND->publish_many(w->world, 0, size, &w->directory.outbox));
	assert_ok(w, BACKEND->checkpoint(w->world));
}

static void close_world(struct world *w)
{
	BACKEND->close(w->world);
	gb_mailbox_close(&w->mailbox);
	gb_directory_close(&w->directory);
}

static enum gb_status make_part(struct world *w, enum gb_part part)
{
	gb_mailbox_empty(&w->mailbox);
	assert_ok(w, BACKEND->counts(w->world, &w->before));
	return BACKEND->create_part(w->world, 0, part, w->directory.published + 1, w->size - 1,
				    &w->mailbox.outbox);
}

static enum gb_status create(struct world *w)
{
	gb_mailbox_empty(&w->mailbox);
	assert_ok(w, BACKEND->counts(w->world, &w->before));
	return BACKEND->create(w->world, 0, w->directory.published + 1, w->size - 1,
			       &w->mailbox.outbox);
}

/* Since the last part. */
static struct gb_counts counts(const struct world *w)
{
	struct gb_counts now;

	assert_ok(w, BACKEND->counts(w->world, &now));
#define SUBTRACT(name, sentence) now.name -= w->before.name;
	GB_PRIMITIVES(SUBTRACT)
#undef SUBTRACT
	return now;
}

static uint64_t fetched(const struct world *w)
{
	uint64_t bytes = 0;

	assert_ok(w, BACKEND->fetched(w->world, 0, &bytes));
	return bytes;
}

static uint64_t fetched_raw(const struct world *w)
{
	uint64_t bytes = 0;

	assert_ok(w, BACKEND->fetched_raw(w->world, 0, &bytes));
	return bytes;
}

static void assert_public_key_work(const struct world *w, uint64_t keygen, uint64_t dh,
				   uint64_t sign, uint64_t verify)
{
	const struct gb_counts c = counts(w);

	assert_int_equal(c.keygen, keygen);
	assert_int_equal(c.dh, dh);
	assert_int_equal(c.sign, sign);
	assert_int_equal(c.verify, verify);
}

static size_t batches(size_t n)
{
	return (n + 249) / 250;
}

/* scenarios.md 2.6; u users, n devices that are not the sender. */
static void assert_parts(uint32_t size, const char *devices_per_user, const char *verification)
{
	bool cross_signed = strcmp(verification, "cross_signed") == 0;
	uint64_t n = size - 1, users, verified;
	struct world w;

	open_world(&w, size, devices_per_user, verification);
	/* Those of the sender's own user are a user of the query too, unless it has but one. */
	users = (size - 1) / w.devices_per_user + (w.devices_per_user > 1);
	verified = 2 * n + (cross_signed ? n + users : 0);
	assert_ok(&w, make_part(&w, GB_PART_CLAIM));
	assert_public_key_work(&w, 0, 0, 0, 0);
	assert_int_equal(w.mailbox.sent.messages[GB_CLAIM], batches(users) + batches(n));
	assert_true(fetched(&w) > 0);
	assert_ok(&w, make_part(&w, GB_PART_VERIFY));
	assert_public_key_work(&w, 0, 0, 0, verified);
	assert_ok(&w, make_part(&w, GB_PART_SESSION));
	assert_public_key_work(&w, 2 * n, 3 * n, 0, 0);
	assert_ok(&w, make_part(&w, GB_PART_ENCRYPT));
	assert_public_key_work(&w, 1, 0, 1, 0);
	assert_int_equal(w.mailbox.sent.messages[GB_ROOM_KEY], n);
	close_world(&w);
}

static void each_part_does_its_own_work_only(void **state)
{
	(void)state;
	assert_parts(2, "1", "device");
	assert_parts(10, "1", "device");
	assert_parts(10, "1", "cross_signed");
	assert_parts(10, "3", "cross_signed");
	assert_parts(300, "1", "device");
	assert_parts(300, "3", "device");
}

static void add(struct gb_counts *sum, const struct gb_counts *more)
{
#define ADD(name, sentence) sum->name += more->name;
	GB_PRIMITIVES(ADD)
#undef ADD
}

/* The same seed, the same work, the same bytes. */
static void the_parts_are_the_whole(void **state)
{
	struct gb_counts sum = {0}, whole;
	struct gb_traffic sent = {{0}, {0}, {0}};
	uint64_t asked = 0;
	struct world w;

	(void)state;
	open_world(&w, 12, "2", "cross_signed");
	for (int part = 0; part < GB_PARTS; part++) {
		struct gb_counts c;

		assert_ok(&w, make_part(&w, (enum gb_part)part));
		c = counts(&w);
		add(&sum, &c);
		gb_traffic_add(&sent, &w.mailbox.sent);
		asked += part == GB_PART_CLAIM ? fetched(&w) : 0;
	}
	close_world(&w);
	open_world(&w, 12, "2", "cross_signed");
	assert_ok(&w, create(&w));
	whole = counts(&w);
	assert_memory_equal(&sum, &whole, sizeof(sum));
	assert_memory_equal(&sent, &w.mailbox.sent, sizeof(sent));
	assert_int_equal(asked, fetched(&w));
	close_world(&w);
}

/* ---- what the directory answers ---- */

/* The answers about everybody but device 0 as the client-server API has them, in one batch. */
static void answers_are_those_of_the_specification(void **state)
{
	struct world w;

	(void)state;
	for (int several = 0; several < 2; several++) {
		json_t *query, *claim, *keys = json_object(), *one_time = json_object();
		size_t raw = 0, len;

		open_world(&w, 20, several ? "4" : "1", "device");
		/* Of the sender's user all devices are told, its own too. */
		if (several)
			answers_put(keys, &w.directory, 0, "device_keys");
		for (uint32_t d = 1; d < w.size; d++) {
			answers_put(keys, &w.directory, d, "device_keys");
			answers_put(one_time, &w.directory, d, "one_time_keys");
		}
		assert_int_equal(json_object_size(keys), several ? 5 : 19);
		query = json_pack("{s:o, s:{}}", "device_keys", keys, "failures");
		claim = json_pack("{s:o, s:{}}", "one_time_keys", one_time, "failures");
		assert_ok(&w, make_part(&w, GB_PART_CLAIM));
		len = answers_len(query, &raw);
		assert_int_equal(fetched(&w), len + answers_len(claim, &raw));
		assert_int_equal(fetched_raw(&w), raw);
		assert_int_equal(raw, 19 * (2 * 32 + 64 + 32 + 64) + (several ? 2 * 32 + 64 : 0));
		close_world(&w);
	}
}

/* One master key and one self-signing key a user: 268 bytes of JSON and two ids, and a signature
 * of 86 with its names. */
static void vouching_costs_its_bytes_once_a_user(void **state)
{
	static const char master[] = "\"\":{\"keys\":{\"ed25519:\":\"\"},\"usage\":[\"master\"],"
				     "\"user_id\":\"\"}",
			  signing[] = "\"\":{\"keys\":{\"ed25519:\":\"\"},\"signatures\":{\"\":{"
				      "\"ed25519:\":\"\"}},\"usage\":[\"self_signing\"],"
				      "\"user_id\":\"\"}",
			  around[] = ",\"master_keys\":{},\"self_signing_keys\":{}",
			  second[] = ",\"ed25519:\":\"\"";
	const uint64_t id = 16, key = 43, signature = 86, devices = 12, users = 4;
	uint64_t plain, plain_raw, wanted;
	struct world w;

	(void)state;
	open_world(&w, 12, "3", "device");
	assert_ok(&w, make_part(&w, GB_PART_CLAIM));
	plain = fetched(&w);
	plain_raw = fetched_raw(&w);
	close_world(&w);
	open_world(&w, 12, "3", "cross_signed");
	assert_ok(&w, make_part(&w, GB_PART_CLAIM));
	wanted = plain + sizeof(around) - 1 + devices * (sizeof(second) - 1 + key + signature) +
		 users * (sizeof(master) - 1 + 2 * id + 2 * key) +
		 users * (sizeof(signing) - 1 + 3 * id + 3 * key + signature) + 2 * (users - 1);
	assert_int_equal(fetched(&w), wanted);
	assert_int_equal(fetched_raw(&w), plain_raw + devices * 64 + users * (2 * 32 + 64));
	close_world(&w);
}

/* ---- refusals ---- */

static void parts_come_in_order(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 5, "1", "device");
	assert_int_not_equal(make_part(&w, GB_PART_VERIFY), GB_OK);
	assert_int_not_equal(make_part(&w, GB_PART_ENCRYPT), GB_OK);
	assert_int_equal(gb_traffic_bytes(&w.mailbox.sent), 0);
	assert_ok(&w, BACKEND->rollback(w.world));
	assert_ok(&w, create(&w));
	close_world(&w);
}

/* Whether a byte of an upload is read by whoever creates a group: not the fallback key, nor the id
 * of the one-time key, which is not signed. */
static bool is_read(struct gb_bytes upload, size_t at)
{
	static const char fallback[] = "\"fallback_keys\"", one_time[] = "\"one_time_keys\"",
			  object[] = ":{\"key\"";
	const uint8_t *begin = memmem(upload.p, upload.len, fallback, sizeof(fallback) - 1), *end;

	assert_non_null(begin);
	end = memmem(begin, (size_t)(upload.p + upload.len - begin), one_time,
		     sizeof(one_time) - 1);
	assert_non_null(end);
	end = memmem(end, (size_t)(upload.p + upload.len - end), object, sizeof(object) - 1);
	assert_non_null(end);
	return upload.p + at < begin || upload.p + at >= end;
}

/* What was verified before the forged one is undone: it is verified again. */
static void a_refused_create_leaves_nothing_behind(void **state)
{
	struct gb_published *last;
	struct gb_bytes genuine;
	struct world w;
	uint8_t forged[4096];

	(void)state;
	open_world(&w, 9, "3", "cross_signed");
	last = &w.directory.published[8];
	genuine = last->body;
	assert_true(genuine.len <= sizeof(forged));
	for (size_t at = 60; at < genuine.len - 1; at += 61) {
		if (!is_read(genuine, at))
			continue;
		memcpy(forged, genuine.p, genuine.len);
		forged[at] ^= 1;
		last->body.p = forged;
		if (create(&w) != GB_REJECTED)
			fail_msg("byte %zu may be anything", at);
		assert_int_equal(gb_traffic_bytes(&w.mailbox.sent), 0);
	}
	last->body = genuine;
	assert_ok(&w, create(&w));
	assert_public_key_work(&w, 2 * 8 + 1, 3 * 8, 1, 3 * 8 + 3);
	close_world(&w);
}

/* The sender's user and device are verified for the message that is taken, not before. */
static void a_refused_room_key_leaves_nothing_behind(void **state)
{
	const struct gb_message *m;
	struct gb_message forged;
	uint8_t body[8192];
	struct world w;

	(void)state;
	open_world(&w, 3, "1", "cross_signed");
	memset(w.mailbox.listening, true, CAPACITY * sizeof(w.mailbox.listening[0]));
	assert_ok(&w, BACKEND->materialise(w.world, 1));
	assert_ok(&w, create(&w));
	m = w.mailbox.kept;
	while (m->kind != GB_ROOM_KEY)
		m++;
	assert_int_equal(m->to[0], 1);
	assert_true(m->body.len <= sizeof(body));
	memcpy(body, m->body.p, m->body.len);
	body[m->body.len / 2] ^= 1;
	forged = *m;
	forged.body.p = body;
	assert_int_equal(BACKEND->process(w.world, 1, &forged), GB_REJECTED);
	assert_ok(&w, BACKEND->counts(w.world, &w.before));
	assert_ok(&w, BACKEND->process(w.world, 1, m));
	/* The self-signing key, twice the device keys, the session key. */
	assert_public_key_work(&w, 0, 3, 0, 4);
	close_world(&w);
}

/* A to-device message in memory of its own. */
struct letter {
	struct megolm_sink sink; /* first */
	uint8_t text[4096];
	size_t len;
};

static uint8_t *reserve_letter(struct megolm_sink *self, size_t max)
{
	struct letter *l = (struct letter *)self;

	return max <= sizeof(l->text) ? l->text : NULL;
}

static void commit_letter(struct megolm_sink *self, const struct megolm_peer *to, size_t len)
{
	(void)to;
	((struct letter *)self)->len = len;
}

static void assert_dummy_arrives(struct world *w, struct megolm_peer *peer, uint32_t device)
{
	struct letter l = {.sink = {.reserve = reserve_letter, .commit = commit_letter}};
	struct gb_message m = {.kind = GB_DUMMY, .from = 0};

	assert_int_equal(megolm_device_send_dummy(w->world->live[0]->device, peer, &l.sink),
			 MEGOLM_OK);
	m.body = (struct gb_bytes){l.text, l.len};
	assert_ok(w, BACKEND->reached(w->world, device, &m));
}

/* A key that somebody claims, without the name that the directory gives it. */
static void claim(struct world *w, uint32_t device, char key[512])
{
	struct megolm_slice signed_key;

	assert_ok(w, gb_megolm_claim(w->world, w->world->live[0], device, &signed_key));
	assert_true(signed_key.len < 512);
	memcpy(key, signed_key.p, signed_key.len);
	key[signed_key.len] = '\0';
}

/* No one-time key is given twice. When all are gone it is the fallback key, again and again, of
 * which the device knows once it is live. */
static void who_has_no_one_time_keys_left_gives_its_fallback_key(void **state)
{
	static char keys[GB_MEGOLM_MAX_CLAIMS][512], fallback[512], again[512];
	struct megolm_slice key = {(const uint8_t *)fallback, 0};
	struct gb_megolm_ids ids;
	struct megolm_peer *peer;
	struct world w;

	(void)state;
	open_world(&w, 5, "1", "device");
	for (uint32_t d = 2; d < 4; d++) {
		if (d == 3)
			assert_ok(&w, BACKEND->materialise(w.world, 3));
		for (size_t i = 0; i < GB_MEGOLM_MAX_CLAIMS; i++) {
			claim(&w, d, keys[i]);
			assert_null(strstr(keys[i], "\"fallback\":true"));
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(keys[i], keys[k]);
		}
		claim(&w, d, fallback);
		assert_non_null(strstr(fallback, "\"fallback\":true"));
		claim(&w, d, again);
		assert_string_equal(fallback, again);
		assert_ok(&w, BACKEND->materialise(w.world, d));
		claim(&w, d, again);
		assert_string_equal(fallback, again);
		/* And it opens what was sealed by it. */
		ids = gb_megolm_ids(w.world, d);
		assert_int_equal(megolm_device_learn(w.world->live[0]->device, &peer,
						     megolm_device_keys(w.world->live[d]->device),
						     ids.user, ids.device, d),
				 MEGOLM_OK);
		key.len = strlen(fallback);
		assert_int_equal(megolm_device_open_session(w.world->live[0]->device, peer, key),
				 MEGOLM_OK);
		assert_dummy_arrives(&w, peer, d);
	}
	close_world(&w);
}

/* The peer that device d is to device 0, with an Olm session that this key begins. */
static struct megolm_peer *meet_by(struct world *w, uint32_t d, const char *key)
{
	struct gb_megolm_ids ids = gb_megolm_ids(w->world, d);
	struct megolm_device *at = w->world->live[0]->device;
	struct megolm_peer *peer = megolm_device_find(at, ids.user, ids.device);

	if (peer == NULL)
		assert_int_equal(megolm_device_learn(at, &peer,
						     megolm_device_keys(w->world->live[d]->device),
						     ids.user, ids.device, d),
				 MEGOLM_OK);
	assert_int_equal(
		megolm_device_open_session(
			at, peer, (struct megolm_slice){(const uint8_t *)key, strlen(key)}),
		MEGOLM_OK);
	return peer;
}

/* Once it has read a message that was sealed by its fallback key, later claims get another, which
 * serves as long; a message on its way by the first is still read. A rollback brings the first
 * back. */
static void a_fallback_key_that_was_used_is_replaced(void **state)
{
	char first[512], second[512], third[512], key[512];
	struct world w;

	(void)state;
	open_world(&w, 5, "1", "device");
	assert_ok(&w, BACKEND->materialise(w.world, 3));
	for (size_t i = 0; i < GB_MEGOLM_MAX_CLAIMS; i++)
		claim(&w, 3, key);
	for (unsigned round = 0; round < 2; round++) {
		assert_ok(&w, BACKEND->checkpoint(w.world));
		claim(&w, 3, first);
		assert_dummy_arrives(&w, meet_by(&w, 3, first), 3);
		claim(&w, 3, second);
		assert_non_null(strstr(second, "\"fallback\":true"));
		assert_string_not_equal(second, first);
		claim(&w, 3, third);
		assert_string_equal(third, second);
		assert_dummy_arrives(&w, meet_by(&w, 3, first), 3);
		claim(&w, 3, third);
		assert_string_equal(third, second);
		assert_dummy_arrives(&w, meet_by(&w, 3, second), 3);
		assert_ok(&w, BACKEND->rollback(w.world));
		claim(&w, 3, key);
		assert_string_equal(key, first);
		assert_dummy_arrives(&w, meet_by(&w, 3, first), 3);
		claim(&w, 3, key);
		assert_string_not_equal(key, first);
		/* The next round begins with this one. */
	}
	close_world(&w);
}

/* The room key in the mailbox for a device, which takes it in. */
static void read_room_key(struct world *w, uint32_t device)
{
	const struct gb_message *m = w->mailbox.kept;

	while (m->kind != GB_ROOM_KEY || m->to[0] != device)
		m++;
	assert_ok(w, BACKEND->counts(w->world, &w->before));
	assert_ok(w, BACKEND->process(w->world, device, m));
}

/* One key pair and one signature, when it reads; whoever claims next pays nothing for it. */
static void a_device_replaces_its_fallback_key_itself(void **state)
{
	char key[512];
	const struct gb_megolm_upload *newest;
	uint64_t before, after;
	struct world w;

	(void)state;
	open_world(&w, 3, "1", "device");
	memset(w.mailbox.listening, true, CAPACITY * sizeof(w.mailbox.listening[0]));
	for (uint32_t d = 1; d < 3; d++)
		assert_ok(&w, BACKEND->materialise(w.world, d));
	newest = &w.world->live[1]->new_fallback;
	assert_ok(&w, create(&w));
	read_room_key(&w, 2);
	read_room_key(&w, 1);
	/* Device keys of the sender, session key. */
	assert_public_key_work(&w, 0, 3, 0, 2);
	assert_null(newest->p);
	for (size_t i = 0; i < GB_MEGOLM_MAX_CLAIMS; i++)
		claim(&w, 1, key);
	gb_mailbox_empty(&w.mailbox);
	w.mailbox.sender = 2;
	assert_ok(&w, BACKEND->share(w.world, 2, &w.mailbox.outbox));
	read_room_key(&w, 1);
	assert_public_key_work(&w, 1, 3, 1, 2);
	assert_ok(&w, BACKEND->state_size(w.world, 1, &before));
	claim(&w, 1, key);
	assert_ok(&w, BACKEND->state_size(w.world, 1, &after));
	assert_int_equal(before, after);
	assert_int_equal(strlen(key), newest->len);
	assert_memory_equal(key, newest->p, newest->len);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_does_its_own_work_only),
		cmocka_unit_test(the_parts_are_the_whole),
		cmocka_unit_test(answers_are_those_of_the_specification),
		cmocka_unit_test(vouching_costs_its_bytes_once_a_user),
		cmocka_unit_test(parts_come_in_order),
		cmocka_unit_test(a_refused_create_leaves_nothing_behind),
		cmocka_unit_test(a_refused_room_key_leaves_nothing_behind),
		cmocka_unit_test(who_has_no_one_time_keys_left_gives_its_fallback_key),
		cmocka_unit_test(a_fallback_key_that_was_used_is_replaced),
		cmocka_unit_test(a_device_replaces_its_fallback_key_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
