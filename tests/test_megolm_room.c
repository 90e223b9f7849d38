/*
 * A room: who gets which key, from which index on; rotation; sizes by the wire formats; and
 * what a reader refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inbound.h"
#include "matrix.h"
#include "matrix_state.h"
#include "pairwise.h"
#include "state.h"

/* ---- wire formats: olm-megolm/megolm.md ---- */

static size_t varint_len(size_t n)
{
	return n < 0x80 ? 1 : n < 0x4000 ? 2 : 3;
}

static size_t base64_len(size_t n)
{
	return (4 * n + 2) / 3;
}

/* "Message format": version, index, ciphertext, MAC of 8 bytes, signature of 64. */
static size_t megolm_message_len(size_t index, size_t plaintext)
{
	size_t ciphertext = (plaintext / 16 + 1) * 16;

	return 1 + 1 + varint_len(index) + 1 + varint_len(ciphertext) + ciphertext + 8 + 64;
}

/* Everything of an m.room.encrypted content but the ciphertext. */
static size_t event_overhead(const struct matrix_device *from)
{
	char text[1024];

	return (size_t)snprintf(text, sizeof(text),
				"{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"\","
				"\"device_id\":\"%s\",\"sender_key\":\"%s\",\"session_id\":\"%s\"}",
				from->device_id, megolm_device_curve25519(from->device),
				megolm_room_session_id(from->room, from->user_id, from->device_id));
}

/* The JSON that matrix_say(body) encrypts. */
static size_t plaintext_len(const char *body)
{
	char text[1024];

	return (size_t)snprintf(text, sizeof(text),
				"{\"content\":{\"body\":\"%s\",\"msgtype\":\"m.text\"},"
				"\"room_id\":\"" MATRIX_ROOM "\",\"type\":\"m.room.message\"}",
				body);
}

/* ---- alice sends; bob, carol and dave may be in the room ---- */

struct room {
	struct matrix_device alice, bob, carol, dave;
	struct matrix_device *all[4];
};

static void open_room(struct room *r, const struct megolm_policy *policy)
{
	r->all[0] = &r->alice;
	r->all[1] = &r->bob;
	r->all[2] = &r->carol;
	r->all[3] = &r->dave;
	for (unsigned i = 0; i < 4; i++)
		matrix_open(r->all[i], i, policy);
	(void)matrix_invite(&r->alice, &r->bob);
	(void)matrix_invite(&r->alice, &r->carol);
}

static void close_room(struct room *r)
{
	for (unsigned i = 0; i < 4; i++)
		matrix_close(r->all[i]);
}

static void share(struct room *r)
{
	matrix_share(&r->alice, r->all, 4);
}

static const char *id_at(const struct matrix_device *d, const struct matrix_device *sender)
{
	return megolm_room_session_id(d->room, sender->user_id, sender->device_id);
}

static void members_read_and_agree(void **state)
{
	struct megolm_slice event;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	assert_null(id_at(&r.alice, &r.alice));
	share(&r);
	assert_string_equal(id_at(&r.bob, &r.alice), id_at(&r.alice, &r.alice));
	assert_string_equal(id_at(&r.carol, &r.alice), id_at(&r.alice, &r.alice));
	assert_null(id_at(&r.dave, &r.alice));
	event = matrix_say(&r.alice, "hello");
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, "$1", "hello"));
	ASSERT_DONE(matrix_read(&r.carol, &r.alice, event, "$1", "hello"));
	ASSERT_REFUSED(&r.dave, matrix_read(&r.dave, &r.alice, event, "$1", "hello"),
		       MEGOLM_ERR_UNKNOWN_SESSION);
	close_room(&r);
}

/* The sender gets its events back from the homeserver, also those of former sessions. */
static void the_sender_reads_its_own_messages(void **state)
{
	uint8_t kept[4096];
	struct megolm_slice event;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	share(&r);
	event = matrix_say(&r.alice, "first");
	memcpy(kept, event.p, event.len);
	event.p = kept;
	megolm_room_rotate(r.alice.room);
	share(&r);
	ASSERT_DONE(matrix_read(&r.alice, &r.alice, event, "$1", "first"));
	ASSERT_DONE(
		matrix_read(&r.alice, &r.alice, matrix_say(&r.alice, "second"), "$2", "second"));
	close_room(&r);
}

/* Sizes at every length of the index varint, and at both sides of a block. */
static void events_have_the_sizes_of_the_wire_format(void **state)
{
	static const char *const bodies[] = {"", "0123456789", "01234567890", "0123456789abcdef"};
	static const size_t indexes[] = {0, 1, 127, 128, 255, 256, 16383, 16384, 16385};
	struct megolm_policy policy = megolm_default_policy;
	size_t index = 0;
	struct room r;

	(void)state;
	policy.rotation_period_msgs = 0;
	open_room(&r, &policy);
	share(&r);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		const char *body = bodies[i % 4];
		struct megolm_slice event = {0};

		for (; index <= indexes[i]; index++)
			event = matrix_say(&r.alice, body);
		assert_int_equal(event.len, event_overhead(&r.alice) +
						    base64_len(megolm_message_len(
							    index - 1, plaintext_len(body))));
		ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, NULL, body));
	}
	assert_int_equal(megolm_room_index(r.alice.room), 16386);
	close_room(&r);
}

/* m.room_key: its JSON, member by member, around a session key of 229 bytes. */
static void room_keys_have_the_shape_of_the_specification(void **state)
{
	char want[8192];
	struct megolm_slice keys, content;
	struct megolm_decrypted olm;
	struct matrix_outbox out;
	struct room r;
	size_t ciphertext, message;
	const char *body, *session_key, *end;

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_room_share(r.alice.room, NULL, 0, &out.sink));
	assert_int_equal(out.n, 2);
	out.body[0][out.len[0] - 1] = '\0';
	body = strstr((const char *)out.body[0], "\"body\":\"") + 8;
	end = strchr(body, '"');
	content = (struct megolm_slice){(const uint8_t *)body, (size_t)(end - body)};
	ASSERT_DONE(megolm_pairwise_decrypt(r.bob.device, &olm, NULL,
					    matrix_text(megolm_device_curve25519(r.alice.device)),
					    0, content));
	session_key = strstr((const char *)olm.plaintext.p, "\"session_key\":\"");
	assert_non_null(session_key);
	session_key += 15;
	assert_int_equal(strchr(session_key, '"') - session_key, base64_len(229));
	keys = megolm_device_keys(r.alice.device);
	snprintf(want, sizeof(want),
		 "{\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"room_id\":\"" MATRIX_ROOM
		 "\",\"session_id\":\"%s\",\"session_key\":\"%.306s\"},\"keys\":{\"ed25519\":\"%"
		 "s\"},"
		 "\"recipient\":\"%s\",\"recipient_keys\":{\"ed25519\":\"%s\"},\"sender\":\"%s\","
		 "\"sender_device_keys\":%.*s,\"type\":\"m.room_key\"}",
		 id_at(&r.alice, &r.alice), session_key, megolm_device_ed25519(r.alice.device),
		 r.bob.user_id, megolm_device_ed25519(r.bob.device), r.alice.user_id, (int)keys.len,
		 (const char *)keys.p);
	assert_int_equal(olm.plaintext.len, strlen(want));
	assert_memory_equal(olm.plaintext.p, want, strlen(want));
	/* The pre-key message around it (olm.md): version, three keys, and a message of version,
	 * ratchet key, index, ciphertext and MAC, with lengths of two bytes. */
	ciphertext = (strlen(want) / 16 + 1) * 16;
	message = 1 + 34 + 2 + 3 + ciphertext + 8;
	assert_int_equal(content.len, base64_len(1 + 3 * 34 + 3 + message));
	megolm_pairwise_release(r.bob.device, olm.session);
	matrix_outbox_close(&out);
	close_room(&r);
}

/* ---- who joins, who leaves ---- */

static enum megolm_err first_index(const struct matrix_device *d, const struct matrix_device *of,
				   uint32_t *index)
{
	return megolm_room_first_index(d->room, index, of->user_id, of->device_id);
}

static void a_newcomer_reads_from_the_current_index_on(void **state)
{
	uint8_t early[4096];
	struct megolm_slice before, after;
	struct megolm_shared shared;
	struct matrix_outbox out;
	struct room r;
	uint32_t index;
	char id[64];

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
	share(&r);
	strcpy(id, id_at(&r.alice, &r.alice));
	for (int i = 0; i < 3; i++)
		before = matrix_say(&r.alice, "before");
	memcpy(early, before.p, before.len);
	before.p = early;
	(void)matrix_invite(&r.alice, &r.dave);
	assert_true(megolm_room_share_due(r.alice.room, 0));
	ASSERT_DONE(megolm_room_share(r.alice.room, &shared, 0, &out.sink));
	assert_int_equal(shared.n, 1);
	assert_false(shared.new_session);
	assert_false(shared.healed);
	assert_string_equal(id_at(&r.alice, &r.alice), id);
	ASSERT_ERR(first_index(&r.dave, &r.alice, &index), MEGOLM_ERR_UNKNOWN_SESSION);
	ASSERT_DONE(matrix_receive(&r.dave, &r.alice, matrix_last(&out)));
	after = matrix_say(&r.alice, "after");
	ASSERT_DONE(first_index(&r.dave, &r.alice, &index));
	assert_int_equal(index, 3);
	ASSERT_DONE(first_index(&r.bob, &r.alice, &index));
	assert_int_equal(index, 0);
	ASSERT_DONE(first_index(&r.alice, &r.alice, &index));
	assert_int_equal(index, 0);
	ASSERT_DONE(matrix_read(&r.dave, &r.alice, after, "$4", "after"));
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, after, "$4", "after"));
	ASSERT_REFUSED(&r.dave, matrix_read(&r.dave, &r.alice, before, "$3", "before"),
		       MEGOLM_ERR_UNKNOWN_INDEX);
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, before, "$3", "before"));
	matrix_outbox_close(&out);
	close_room(&r);
}

static void who_left_reads_nothing_after(void **state)
{
	struct megolm_peer *carol;
	struct megolm_slice event;
	struct room r;
	uint8_t buffer[4096];
	size_t len;

	(void)state;
	open_room(&r, &megolm_default_policy);
	share(&r);
	carol = megolm_device_find(r.alice.device, r.carol.user_id, r.carol.device_id);
	megolm_room_remove(r.alice.room, carol);
	ASSERT_ERR(megolm_room_encrypt(r.alice.room, buffer, sizeof(buffer), &len, 0, "m.x",
				       matrix_text("{}")),
		   MEGOLM_ERR_SHARE_DUE);
	share(&r);
	event = matrix_say(&r.alice, "gone");
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, "$1", "gone"));
	ASSERT_REFUSED(&r.carol, matrix_read(&r.carol, &r.alice, event, "$1", "gone"),
		       MEGOLM_ERR_UNKNOWN_SESSION);
	/* It comes back, and gets the present key. */
	ASSERT_DONE(megolm_room_add(r.alice.room, carol));
	ASSERT_ERR(megolm_room_add(r.alice.room, carol), MEGOLM_ERR_ALREADY_MEMBER);
	share(&r);
	event = matrix_say(&r.alice, "back");
	ASSERT_DONE(matrix_read(&r.carol, &r.alice, event, "$2", "back"));
	close_room(&r);
}

/* m.room.encryption: rotation_period_msgs and rotation_period_ms, before the next message. */
static void sessions_are_replaced_by_count_and_by_age(void **state)
{
	struct megolm_policy policy = {
		.max_content = 65536, .rotation_period_msgs = 3, .rotation_period_ms = 1000};
	struct matrix_outbox out;
	struct room r;
	char id[64];

	(void)state;
	open_room(&r, &policy);
	matrix_outbox_open(&out);
	share(&r);
	strcpy(id, id_at(&r.alice, &r.alice));
	for (int i = 0; i < 3; i++) {
		assert_false(megolm_room_share_due(r.alice.room, 0));
		(void)matrix_say(&r.alice, "x");
	}
	assert_true(megolm_room_share_due(r.alice.room, 0));
	ASSERT_DONE(megolm_room_share(r.alice.room, NULL, 5000, &out.sink));
	assert_int_equal(out.n, 2);
	assert_string_not_equal(id_at(&r.alice, &r.alice), id);
	strcpy(id, id_at(&r.alice, &r.alice));
	assert_false(megolm_room_share_due(r.alice.room, 5999));
	assert_true(megolm_room_share_due(r.alice.room, 6000));
	ASSERT_DONE(megolm_room_share(r.alice.room, NULL, 6000, &out.sink));
	assert_string_not_equal(id_at(&r.alice, &r.alice), id);
	matrix_outbox_close(&out);
	close_room(&r);
}

static void nothing_is_shared_unless_everybody_can_get_it(void **state)
{
	struct matrix_outbox out;
	struct megolm_peer *dave;
	struct room r;
	size_t at = 0;
	char id[64];

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
	share(&r);
	strcpy(id, id_at(&r.alice, &r.alice));
	dave = matrix_learn(&r.alice, &r.dave);
	ASSERT_DONE(megolm_room_add(r.alice.room, dave));
	assert_ptr_equal(megolm_room_next_without_session(r.alice.room, &at, 0), dave);
	assert_null(megolm_room_next_without_session(r.alice.room, &at, 0));
	ASSERT_ERR(megolm_room_share(r.alice.room, NULL, 0, &out.sink), MEGOLM_ERR_NO_OLM_SESSION);
	assert_int_equal(out.n, 0);
	assert_string_equal(id_at(&r.alice, &r.alice), id);
	matrix_outbox_close(&out);
	close_room(&r);
}

/* A full sink: who was served has the key, the others get it the next time. */
static void a_full_sink_loses_nobody(void **state)
{
	struct matrix_outbox out;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
	out.limit = 1;
	ASSERT_ERR(megolm_room_share(r.alice.room, NULL, 0, &out.sink), MEGOLM_ERR_OUTPUT);
	assert_int_equal(out.n, 1);
	assert_true(megolm_room_share_due(r.alice.room, 0));
	out.limit = MATRIX_MESSAGES;
	ASSERT_DONE(megolm_room_share(r.alice.room, NULL, 0, &out.sink));
	assert_int_equal(out.n, 2);
	assert_ptr_not_equal(out.to[0], out.to[1]);
	matrix_outbox_close(&out);
	close_room(&r);
}

/* A rotation heals when every pair made a Diffie-Hellman step for it. */
static void a_rotation_heals_when_every_pair_steps(void **state)
{
	struct megolm_peer *alice_at_bob, *alice_at_carol;
	struct megolm_shared shared;
	struct matrix_outbox out;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
#define ROTATE(heals)                                                                              \
	do {                                                                                       \
		megolm_room_rotate(r.alice.room);                                                  \
		out.n = 0;                                                                         \
		ASSERT_DONE(megolm_room_share(r.alice.room, &shared, 0, &out.sink));               \
		assert_int_equal(shared.n, 2);                                                     \
		assert_true(shared.new_session);                                                   \
		assert_int_equal(shared.healed, heals);                                            \
		for (size_t i = 0; i < 2; i++)                                                     \
			ASSERT_DONE(                                                               \
				matrix_receive(r.all[1 + i], &r.alice,                             \
					       (struct megolm_slice){out.body[i], out.len[i]}));   \
	} while (0)
	ROTATE(true); /* new sessions */
	ROTATE(false);
	alice_at_bob = megolm_device_find(r.bob.device, r.alice.user_id, r.alice.device_id);
	alice_at_carol = megolm_device_find(r.carol.device, r.alice.user_id, r.alice.device_id);
	ASSERT_DONE(megolm_device_send_dummy(r.bob.device, alice_at_bob, &out.sink));
	ASSERT_DONE(matrix_receive(&r.alice, &r.bob, matrix_last(&out)));
	ROTATE(false); /* carol owes a step */
	ASSERT_DONE(megolm_device_send_dummy(r.bob.device, alice_at_bob, &out.sink));
	ASSERT_DONE(matrix_receive(&r.alice, &r.bob, matrix_last(&out)));
	ASSERT_DONE(megolm_device_send_dummy(r.carol.device, alice_at_carol, &out.sink));
	ASSERT_DONE(matrix_receive(&r.alice, &r.carol, matrix_last(&out)));
	ROTATE(true);
#undef ROTATE
	matrix_outbox_close(&out);
	close_room(&r);
}

/* Where no key is sent there is nothing that a thief could not read. */
static void a_rotation_for_nobody_does_not_heal(void **state)
{
	struct megolm_shared shared;
	struct matrix_outbox out;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_room_share(r.dave.room, &shared, 0, &out.sink));
	assert_true(shared.new_session);
	assert_int_equal(shared.n, 0);
	assert_int_equal(shared.n_keys, 0);
	assert_false(shared.healed);
	ASSERT_DONE(megolm_room_share(r.alice.room, &shared, 0, &out.sink));
	assert_int_equal(shared.n, 2);
	assert_int_equal(shared.n_keys, 2);
	assert_true(shared.healed);
	matrix_outbox_close(&out);
	close_room(&r);
}

/* ---- what a reader refuses ---- */

static struct megolm_slice changed(char *out, struct megolm_slice text, const char *from,
				   const char *to)
{
	char *at;

	memcpy(out, text.p, text.len);
	out[text.len] = '\0';
	at = strstr(out, from);
	assert_non_null(at);
	memcpy(at, to, strlen(to));
	return matrix_text(out);
}

/* Megolm, "Message replays". */
static void an_index_belongs_to_one_event(void **state)
{
	struct megolm_slice event;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	share(&r);
	event = matrix_say(&r.alice, "once");
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, "$1", "once"));
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, "$1", "once"));
	ASSERT_REFUSED(&r.bob, matrix_read(&r.bob, &r.alice, event, "$2", "once"),
		       MEGOLM_ERR_REPLAY);
	ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, "$1", "once"));
	/* Without event ids the message stands for itself. */
	ASSERT_DONE(matrix_read(&r.carol, &r.alice, event, NULL, "once"));
	ASSERT_DONE(matrix_read(&r.carol, &r.alice, event, NULL, "once"));
	for (int i = 0; i < 90; i++) {
		char id[16];

		snprintf(id, sizeof(id), "$m%d", i);
		event = matrix_say(&r.alice, "many");
		ASSERT_DONE(matrix_read(&r.bob, &r.alice, event, id, "many"));
		ASSERT_REFUSED(&r.bob, matrix_read(&r.bob, &r.alice, event, "$other", "many"),
			       MEGOLM_ERR_REPLAY);
	}
	close_room(&r);
}

static void damaged_events_are_refused(void **state)
{
	struct megolm_slice event;
	struct room r;
	char text[4096], *at;

	(void)state;
	open_room(&r, &megolm_default_policy);
	share(&r);
	event = matrix_say(&r.alice, "whole");
#define READ(content) matrix_read(&r.bob, &r.alice, content, "$1", "whole")
	ASSERT_REFUSED(&r.bob, READ(((struct megolm_slice){event.p, event.len - 1})),
		       MEGOLM_ERR_JSON);
	ASSERT_REFUSED(&r.bob, READ(changed(text, event, "megolm.v1", "megolm.v2")),
		       MEGOLM_ERR_ALGORITHM);
	ASSERT_REFUSED(&r.bob, READ(changed(text, event, "session_id", "zession_id")),
		       MEGOLM_ERR_JSON_MEMBER);
	ASSERT_REFUSED(&r.bob,
		       READ(changed(text, event, "ciphertext\":\"AwgA", "ciphertext\":\"BwgA")),
		       MEGOLM_ERR_MESSAGE_VERSION);
	ASSERT_REFUSED(&r.bob,
		       READ(changed(text, event, "ciphertext\":\"Awg", "ciphertext\":\"AwA")),
		       MEGOLM_ERR_MESSAGE_FORMAT);
	(void)changed(text, event, "session_id\":\"", "session_id\":\"");
	at = strstr(text, "session_id\":\"") + 20;
	*at = *at == 'A' ? 'B' : 'A';
	ASSERT_REFUSED(&r.bob, READ(matrix_text(text)), MEGOLM_ERR_UNKNOWN_SESSION);
	(void)changed(text, event, "ciphertext", "ciphertext");
	at = strstr(text, "ciphertext\":\"") + 50;
	*at = *at == 'A' ? 'B' : 'A';
	ASSERT_REFUSED(&r.bob, READ(matrix_text(text)), MEGOLM_ERR_SIGNATURE);
	ASSERT_REFUSED(&r.bob, matrix_read(&r.bob, &r.carol, event, "$1", "whole"),
		       MEGOLM_ERR_WRONG_SENDER);
	for (size_t cut = 1; cut <= 3; cut++) {
		enum megolm_err err;

		(void)changed(text, event, "ciphertext", "ciphertext");
		at = strstr(text, "\",\"device_id");
		memmove(at - cut, at, strlen(at) + 1);
		err = READ(matrix_text(text));
		assert_true(err == MEGOLM_ERR_BASE64 || err == MEGOLM_ERR_SIGNATURE ||
			    err == MEGOLM_ERR_MESSAGE_FORMAT);
	}
	/* None of that has used the index up. */
	ASSERT_DONE(READ(event));
#undef READ
	close_room(&r);
}

/* Any plaintext, encrypted with the session of alice. */
static struct megolm_slice forge(struct room *r, const char *plaintext)
{
	static char event[4096];
	uint8_t message[2048];
	OlmOutboundGroupSession *olm = r->alice.room->outbound.olm;
	size_t len = olm_group_encrypt_message_length(olm, strlen(plaintext));

	len = olm_group_encrypt(olm, (const uint8_t *)plaintext, strlen(plaintext), message, len);
	ASSERT_DONE(megolm_olm_outbound(olm, len));
	snprintf(event, sizeof(event),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"%.*s\",\"session_id\":"
		 "\"%s\"}",
		 (int)len, (const char *)message, r->alice.room->outbound.id);
	return matrix_text(event);
}

/* libolm remembers how far it has advanced the ratchet; what can be read stays. */
static void plaintexts_that_are_no_events_of_the_room_are_refused(void **state)
{
	static const struct {
		const char *plaintext;
		enum megolm_err want;
	} rows[] = {
		{"{\"content\":{},\"room_id\":\"!other:gb.test\",\"type\":\"m.x\"}",
		 MEGOLM_ERR_WRONG_ROOM},
		{"{\"content\":{},\"type\":\"m.x\"}", MEGOLM_ERR_JSON_MEMBER},
		{"{\"content\":{},\"room_id\":\"" MATRIX_ROOM "\"}", MEGOLM_ERR_JSON_MEMBER},
		{"{\"room_id\":\"" MATRIX_ROOM "\",\"type\":\"m.x\"}", MEGOLM_ERR_JSON_MEMBER},
		{"hello", MEGOLM_ERR_JSON},
		{"", MEGOLM_ERR_JSON},
		{"{\"content\":{},\"room_id\":\"" MATRIX_ROOM "\",\"type\":\"m.x\"}", MEGOLM_OK},
	};
	struct megolm_inbound *inbound;
	uint8_t key[MEGOLM_EXPORT_CHARS];
	uint32_t index;
	struct room r;

	(void)state;
	open_room(&r, &megolm_default_policy);
	share(&r);
	(void)matrix_say(&r.alice, "nobody reads this");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct megolm_event event;

		if (rows[i].want == MEGOLM_OK)
			ASSERT_DONE(megolm_room_decrypt(r.bob.room, &event, r.alice.user_id, NULL,
							forge(&r, rows[i].plaintext)));
		else
			ASSERT_MOVED_ON(&r.bob, "inbound", id_at(&r.alice, &r.alice),
					megolm_room_decrypt(r.bob.room, &event, r.alice.user_id,
							    NULL, forge(&r, rows[i].plaintext)),
					rows[i].want);
	}
	inbound = megolm_inbound_find(r.bob.room, matrix_text(id_at(&r.alice, &r.alice)));
	ASSERT_DONE(megolm_inbound_export(inbound, key, &index));
	assert_int_equal(index, 0);
	close_room(&r);
}

static void events_beyond_the_limit_are_refused(void **state)
{
	struct megolm_policy small = {.max_content = 1000, .rotation_period_msgs = 100};
	static char content[2048];
	static uint8_t out[8192];
	struct megolm_event event;
	struct room r;
	size_t len;

	(void)state;
	open_room(&r, &small);
	/* Room keys are larger than 1,000 bytes: the key is handed over without one. */
	ASSERT_DONE(megolm_probe_share_silently(r.alice.room, 0));
	(void)matrix_learn(&r.bob, &r.alice);
	ASSERT_DONE(megolm_probe_import(r.bob.room, r.alice.room));
	snprintf(content, sizeof(content), "{\"body\":\"%0600d\"}", 0);
	ASSERT_ERR(megolm_room_encrypt(r.alice.room, out, sizeof(out), &len, 0, "m.x",
				       matrix_text(content)),
		   MEGOLM_ERR_TOO_LARGE);
	assert_int_equal(megolm_room_index(r.alice.room), 0);
	snprintf(content, sizeof(content), "{\"body\":\"%0300d\"}", 0);
	ASSERT_ERR(
		megolm_room_encrypt(r.alice.room, out, 100, &len, 0, "m.x", matrix_text(content)),
		MEGOLM_ERR_OUTPUT);
	ASSERT_DONE(megolm_room_encrypt(r.alice.room, out, sizeof(out), &len, 0, "m.x",
					matrix_text(content)));
	ASSERT_DONE(megolm_room_decrypt(r.bob.room, &event, r.alice.user_id, NULL,
					(struct megolm_slice){out, len}));
	memset(out + len, ' ', sizeof(out) - len);
	ASSERT_ERR(megolm_room_decrypt(r.bob.room, &event, r.alice.user_id, NULL,
				       (struct megolm_slice){out, sizeof(out)}),
		   MEGOLM_ERR_TOO_LARGE);
	close_room(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_read_and_agree),
		cmocka_unit_test(the_sender_reads_its_own_messages),
		cmocka_unit_test(events_have_the_sizes_of_the_wire_format),
		cmocka_unit_test(room_keys_have_the_shape_of_the_specification),
		cmocka_unit_test(a_newcomer_reads_from_the_current_index_on),
		cmocka_unit_test(who_left_reads_nothing_after),
		cmocka_unit_test(sessions_are_replaced_by_count_and_by_age),
		cmocka_unit_test(nothing_is_shared_unless_everybody_can_get_it),
		cmocka_unit_test(a_full_sink_loses_nobody),
		cmocka_unit_test(a_rotation_heals_when_every_pair_steps),
		cmocka_unit_test(a_rotation_for_nobody_does_not_heal),
		cmocka_unit_test(an_index_belongs_to_one_event),
		cmocka_unit_test(damaged_events_are_refused),
		cmocka_unit_test(plaintexts_that_are_no_events_of_the_room_are_refused),
		cmocka_unit_test(events_beyond_the_limit_are_refused),
	};

	return cmocka_run_group_tests_name("megolm room", tests, NULL, NULL);
}
