/* Olm sessions between two devices: their states, and sizes by the wire formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "matrix.h"

/* ---- wire formats: olm-megolm/olm.md, "The Olm Message Format" ---- */

static size_t varint_len(size_t n)
{
	return n < 0x80 ? 1 : n < 0x4000 ? 2 : 3;
}

/* A tag, a length and a string. */
static size_t field(size_t len)
{
	return 1 + varint_len(len) + len;
}

static size_t padded(size_t len)
{
	return (len / 16 + 1) * 16;
}

static size_t base64_len(size_t n)
{
	return (4 * n + 2) / 3;
}

static size_t normal_message_len(size_t index, size_t plaintext)
{
	return 1 + field(32) + 1 + varint_len(index) + field(padded(plaintext)) + 8;
}

static size_t pre_key_message_len(size_t index, size_t plaintext)
{
	return 1 + 3 * field(32) + field(normal_message_len(index, plaintext));
}

/* ---- messages taken apart ---- */

struct olm_message {
	size_t type, len;  /* of the base64 body */
	uint8_t raw[4096]; /* the message, without the pre-key part around it */
	uint8_t ratchet_key[32];
};

static json_t *parse(struct megolm_slice text)
{
	json_t *json = json_loadb((const char *)text.p, text.len, 0, NULL);

	assert_non_null(json);
	return json;
}

static size_t decode(uint8_t *out, const char *in)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	size_t n = 0, n_bits = 0;

	for (; *in != '\0'; in++) {
		bits = (bits << 6 | (uint32_t)(strchr(digits, *in) - digits)) & 0xffff;
		n_bits += 6;
		if (n_bits >= 8)
			out[n++] = (uint8_t)(bits >> (n_bits -= 8));
	}
	return n;
}

/* The Olm message in a /sendToDevice body for `to`; its ratchet key is the first field. */
static void take_apart(struct olm_message *m, struct megolm_slice body,
		       const struct matrix_device *to)
{
	json_t *json = parse(body);
	json_t *content = json_object_get(
		json_object_get(json_object_get(json, "messages"), to->user_id), to->device_id);
	json_t *olm = json_object_get(json_object_get(content, "ciphertext"),
				      megolm_device_curve25519(to->device));
	const char *text = json_string_value(json_object_get(olm, "body"));
	const uint8_t *at = m->raw;

	assert_non_null(text);
	m->type = (size_t)json_integer_value(json_object_get(olm, "type"));
	m->len = strlen(text);
	(void)decode(m->raw, text);
	assert_int_equal(*at, 3);
	if (m->type == 0) {
		/* Version, three keys, the tag of the message and its length of two bytes. */
		at += 1 + 3 * 34;
		assert_int_equal(at[0], 0x22);
		at += 3;
		assert_int_equal(*at, 3);
	}
	assert_int_equal(at[1], 0x0a);
	assert_int_equal(at[2], 32);
	memcpy(m->ratchet_key, at + 3, 32);
	json_decref(json);
}

/* The JSON that is encrypted, as E2EE prints it. */
static size_t dummy_len(const struct matrix_device *from, const struct matrix_device *to)
{
	char text[4096];
	struct megolm_slice keys = megolm_device_keys(from->device);

	return (size_t)snprintf(
		text, sizeof(text),
		"{\"content\":{},\"keys\":{\"ed25519\":\"%s\"},\"recipient\":\"%s\","
		"\"recipient_keys\":{\"ed25519\":\"%s\"},\"sender\":\"%s\","
		"\"sender_device_keys\":%.*s,\"type\":\"m.dummy\"}",
		megolm_device_ed25519(from->device), to->user_id, megolm_device_ed25519(to->device),
		from->user_id, (int)keys.len, (const char *)keys.p);
}

/* Olm, "Sending the first pre-key messages": type 0 until something came back, on one chain. */
static void a_new_session_sends_pre_key_messages(void **state)
{
	struct olm_message first, second;
	struct matrix_pair p;
	size_t len;

	(void)state;
	matrix_pair_open(&p);
	len = dummy_len(&p.alice, &p.bob);
	assert_false(megolm_peer_ratchet_due(p.bob_at_alice));
	take_apart(&first, matrix_greet(&p, &p.alice, p.bob_at_alice), &p.bob);
	take_apart(&second, matrix_greet(&p, &p.alice, p.bob_at_alice), &p.bob);
	assert_int_equal(first.type, 0);
	assert_int_equal(second.type, 0);
	assert_memory_equal(first.ratchet_key, second.ratchet_key, 32);
	assert_int_equal(first.len, base64_len(pre_key_message_len(0, len)));
	assert_int_equal(second.len, base64_len(pre_key_message_len(1, len)));
	matrix_pair_close(&p);
}

/* The chain index is a varint: the 128th message of a chain is a byte longer. */
static void a_chain_goes_on_and_its_messages_grow(void **state)
{
	struct olm_message first, m;
	struct matrix_pair p;
	size_t len;

	(void)state;
	matrix_pair_open(&p);
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_greet(&p, &p.alice, p.bob_at_alice)));
	len = dummy_len(&p.bob, &p.alice);
	assert_true(megolm_peer_ratchet_due(matrix_alice_at_bob(&p)));
	take_apart(&first, matrix_greet(&p, &p.bob, matrix_alice_at_bob(&p)), &p.alice);
	assert_int_equal(first.type, 1);
	assert_int_equal(first.len, base64_len(normal_message_len(0, len)));
	for (size_t index = 1; index < 130; index++) {
		p.out.n = 0;
		assert_false(megolm_peer_ratchet_due(matrix_alice_at_bob(&p)));
		take_apart(&m, matrix_greet(&p, &p.bob, matrix_alice_at_bob(&p)), &p.alice);
		assert_int_equal(m.type, 1);
		assert_memory_equal(m.ratchet_key, first.ratchet_key, 32);
		assert_int_equal(m.len, base64_len(normal_message_len(index, len)));
	}
	matrix_pair_close(&p);
}

/* A ratchet key is new exactly when something was received since the last was made. */
static void the_ratchet_key_changes_exactly_when_due(void **state)
{
	struct olm_message alices, bobs, m;
	struct matrix_pair p;

	(void)state;
	matrix_pair_open(&p);
	take_apart(&alices, matrix_greet(&p, &p.alice, p.bob_at_alice), &p.bob);
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_last(&p.out)));
	for (int turn = 0; turn < 4; turn++) {
		p.out.n = 0;
		assert_true(megolm_peer_ratchet_due(matrix_alice_at_bob(&p)));
		take_apart(&bobs, matrix_greet(&p, &p.bob, matrix_alice_at_bob(&p)), &p.alice);
		assert_false(megolm_peer_ratchet_due(matrix_alice_at_bob(&p)));
		assert_false(megolm_peer_ratchet_due(p.bob_at_alice));
		ASSERT_DONE(matrix_receive(&p.alice, &p.bob, matrix_last(&p.out)));
		assert_true(megolm_peer_ratchet_due(p.bob_at_alice));
		take_apart(&m, matrix_greet(&p, &p.alice, p.bob_at_alice), &p.bob);
		assert_int_equal(m.type, 1);
		assert_memory_not_equal(m.ratchet_key, alices.ratchet_key, 32);
		alices = m;
		assert_false(megolm_peer_ratchet_due(p.bob_at_alice));
		take_apart(&m, matrix_greet(&p, &p.alice, p.bob_at_alice), &p.bob);
		assert_memory_equal(m.ratchet_key, alices.ratchet_key, 32);
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_last(&p.out)));
	}
	matrix_pair_close(&p);
}

/* Each state that the probe makes is the one its name says, at both ends. */
static void states_made_in_bulk_are_what_they_say(void **state)
{
	static const struct {
		enum megolm_probe_pair pair;
		bool has_session, ratchet_due;
	} rows[] = {
		{MEGOLM_PROBE_KNOWN, false, false},
		{MEGOLM_PROBE_CHAIN, true, false},
		{MEGOLM_PROBE_RATCHET, true, true},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct matrix_device actor, other;
		struct matrix_outbox out;
		struct megolm_peer *peer, *back;
		struct olm_message first, second;
		uint8_t key[1024];
		size_t len;

		matrix_open(&actor, 2, &megolm_default_policy);
		matrix_open(&other, 3, &megolm_default_policy);
		matrix_outbox_open(&out);
		ASSERT_DONE(megolm_device_new_fallback_key(actor.device, key, sizeof(key), &len));
		ASSERT_DONE(megolm_probe_introduce(actor.device, &peer, other.device, rows[i].pair,
						   (struct megolm_slice){key, len}, 7, 8));
		assert_int_equal(megolm_peer_tag(peer), 7);
		back = megolm_device_find(other.device, actor.user_id, actor.device_id);
		assert_int_equal(megolm_peer_tag(back), 8);
		assert_int_equal(megolm_peer_has_session(peer), rows[i].has_session);
		assert_int_equal(megolm_peer_ratchet_due(peer), rows[i].ratchet_due);
		if (rows[i].has_session) {
			ASSERT_DONE(megolm_device_send_dummy(actor.device, peer, &out.sink));
			take_apart(&first, matrix_last(&out), &other);
			ASSERT_DONE(matrix_receive(&other, &actor, matrix_last(&out)));
			ASSERT_DONE(megolm_device_send_dummy(actor.device, peer, &out.sink));
			take_apart(&second, matrix_last(&out), &other);
			assert_int_equal(first.type, 1);
			assert_memory_equal(first.ratchet_key, second.ratchet_key, 32);
			/* The chain index stands behind the ratchet key: a chain that the probe
			 * began is at its second message. */
			assert_int_equal(first.raw[36], rows[i].ratchet_due ? 0 : 1);
		}
		matrix_outbox_close(&out);
		matrix_close(&actor);
		matrix_close(&other);
	}
}

/* What of the next two messages to `to`, the first of which gets there, says about the state: an
 * index of 0 begins a chain. */
static void assert_next(struct matrix_outbox *out, struct matrix_device *from,
			struct megolm_peer *peer, struct matrix_device *to, bool ratchet_due)
{
	struct olm_message m;

	assert_int_equal(megolm_peer_ratchet_due(peer), ratchet_due);
	ASSERT_DONE(megolm_device_send_dummy(from->device, peer, &out->sink));
	take_apart(&m, matrix_last(out), to);
	assert_int_equal(m.type, 1);
	assert_int_equal(m.raw[36], ratchet_due ? 0 : 1);
}

/* Both directions of a pair are in the state, and stay in it when all write at once and then
 * read. */
static void both_sides_of_a_pair_are_in_the_state(void **state)
{
	(void)state;
	for (int chain = 0; chain < 2; chain++) {
		struct matrix_device a, b;
		struct matrix_outbox out;
		struct megolm_peer *b_at_a, *a_at_b;
		uint8_t key[1024], text[4096];
		size_t len;

		matrix_open(&a, 2, &megolm_default_policy);
		matrix_open(&b, 3, &megolm_default_policy);
		matrix_outbox_open(&out);
		ASSERT_DONE(megolm_device_new_fallback_key(a.device, key, sizeof(key), &len));
		ASSERT_DONE(
			megolm_probe_introduce(a.device, &b_at_a, b.device,
					       chain ? MEGOLM_PROBE_CHAIN : MEGOLM_PROBE_RATCHET,
					       (struct megolm_slice){key, len}, 7, 8));
		ASSERT_DONE(megolm_device_new_fallback_key(b.device, key, sizeof(key), &len));
		ASSERT_DONE(
			megolm_probe_introduce(b.device, &a_at_b, a.device,
					       chain ? MEGOLM_PROBE_CHAIN : MEGOLM_PROBE_RATCHET,
					       (struct megolm_slice){key, len}, 8, 7));
		for (int round = 0; round < (chain ? 1 : 3); round++) {
			assert_next(&out, &a, b_at_a, &b, !chain);
			len = matrix_last(&out).len;
			assert_true(len <= sizeof(text));
			memcpy(text, matrix_last(&out).p, len);
			assert_next(&out, &b, a_at_b, &a, !chain);
			ASSERT_DONE(matrix_receive(&a, &b, matrix_last(&out)));
			ASSERT_DONE(matrix_receive(&b, &a, (struct megolm_slice){text, len}));
		}
		matrix_outbox_close(&out);
		matrix_close(&a);
		matrix_close(&b);
	}
}

/* The four pairings of libolm's and OpenSSL's primitives, messages both ways. */
static void primitives_of_both_kinds_understand_each_other(void **state)
{
	static const enum megolm_probe_primitives kinds[] = {MEGOLM_PROBE_LIBOLM,
							     MEGOLM_PROBE_OPENSSL};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		enum megolm_probe_primitives at_alice = kinds[i / 2], at_bob = kinds[i % 2];
		struct matrix_pair p;

		megolm_probe_use(at_bob);
		matrix_open(&p.bob, 1, &megolm_default_policy);
		matrix_new_key(&p.bob);
		megolm_probe_use(at_alice);
		matrix_open(&p.alice, 0, &megolm_default_policy);
		matrix_outbox_open(&p.out);
		p.bob_at_alice = matrix_learn(&p.alice, &p.bob);
		ASSERT_DONE(megolm_device_open_session(p.alice.device, p.bob_at_alice, p.bob.key));
		for (int turn = 0; turn < 3; turn++) {
			megolm_probe_use(at_alice);
			(void)matrix_greet(&p, &p.alice, p.bob_at_alice);
			megolm_probe_use(at_bob);
			ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_last(&p.out)));
			(void)matrix_greet(&p, &p.bob, matrix_alice_at_bob(&p));
			megolm_probe_use(at_alice);
			ASSERT_DONE(matrix_receive(&p.alice, &p.bob, matrix_last(&p.out)));
		}
		matrix_pair_close(&p);
	}
	megolm_probe_use(MEGOLM_PROBE_LIBOLM);
}

/* With equal randomness both kinds write equal bytes. */
static void primitives_of_both_kinds_write_the_same(void **state)
{
	uint8_t first[4096];
	size_t len = 0;

	(void)state;
	for (int openssl = 0; openssl < 2; openssl++) {
		struct matrix_pair p;
		struct megolm_slice sent;

		megolm_probe_use(openssl ? MEGOLM_PROBE_OPENSSL : MEGOLM_PROBE_LIBOLM);
		matrix_pair_open(&p);
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice,
					   matrix_greet(&p, &p.alice, p.bob_at_alice)));
		sent = matrix_greet(&p, &p.bob, matrix_alice_at_bob(&p));
		if (openssl) {
			assert_int_equal(sent.len, len);
			assert_memory_equal(sent.p, first, len);
		} else {
			len = sent.len;
			memcpy(first, sent.p, len);
		}
		matrix_pair_close(&p);
	}
	megolm_probe_use(MEGOLM_PROBE_LIBOLM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_session_sends_pre_key_messages),
		cmocka_unit_test(a_chain_goes_on_and_its_messages_grow),
		cmocka_unit_test(the_ratchet_key_changes_exactly_when_due),
		cmocka_unit_test(states_made_in_bulk_are_what_they_say),
		cmocka_unit_test(both_sides_of_a_pair_are_in_the_state),
		cmocka_unit_test(primitives_of_both_kinds_understand_each_other),
		cmocka_unit_test(primitives_of_both_kinds_write_the_same),
	};

	return cmocka_run_group_tests_name("megolm olm", tests, NULL, NULL);
}
