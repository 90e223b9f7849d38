#include "matrix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pairwise.h"

struct megolm_slice matrix_text(const char *s)
{
	return (struct megolm_slice){(const uint8_t *)s, strlen(s)};
}

static void open_of(struct matrix_device *d, unsigned n, unsigned owner,
		    const struct megolm_policy *policy)
{
	static char user_id[32][24], device_id[32][12];
	struct megolm_random random = megolm_seeded_random(&d->stream);

	assert_true(n < 32);
	snprintf(user_id[n], sizeof(user_id[n]), "@%07u:gb.test", owner);
	snprintf(device_id[n], sizeof(device_id[n]), "DEVICE%04u", n);
	memset(d, 0, sizeof(*d));
	d->user_id = user_id[n];
	d->device_id = device_id[n];
	ASSERT_DONE(megolm_seeded_begin(&d->stream, 7, "device", n, 0));
	ASSERT_DONE(megolm_device_new(&d->device, d->user_id, d->device_id, &random, policy));
	ASSERT_DONE(megolm_device_room(d->device, &d->room, MATRIX_ROOM));
}

void matrix_open(struct matrix_device *d, unsigned n, const struct megolm_policy *policy)
{
	open_of(d, n, n, policy);
}

void matrix_open_another(struct matrix_device *d, unsigned n, unsigned owner)
{
	open_of(d, n, owner, &megolm_default_policy);
}

void matrix_close(struct matrix_device *d)
{
	megolm_identity_free(d->identity);
	megolm_device_free(d->device);
	d->identity = NULL;
	d->device = NULL;
}

const struct megolm_policy matrix_strict = {.max_content = 65536,
					    .rotation_period_msgs = 100,
					    .rotation_period_ms = 604800000,
					    .cross_signed = true};

void matrix_cross_sign(struct matrix_device *d)
{
	struct megolm_random random = megolm_seeded_random(&d->stream);

	ASSERT_DONE(megolm_identity_new(&d->identity, d->user_id, &random));
	ASSERT_DONE(megolm_device_cross_sign(d->device, d->identity));
}

void matrix_new_key(struct matrix_device *d)
{
	size_t len = 0;

	ASSERT_DONE(
		megolm_device_new_one_time_key(d->device, d->key_text, sizeof(d->key_text), &len));
	d->key = (struct megolm_slice){d->key_text, len};
}

struct megolm_peer *matrix_learn(struct matrix_device *d, struct matrix_device *other)
{
	struct megolm_peer *peer = NULL;

	if (other->identity != NULL)
		ASSERT_DONE(megolm_device_learn_user(
			d->device, megolm_identity_master_key(other->identity),
			megolm_identity_self_signing_key(other->identity), other->user_id));
	ASSERT_DONE(megolm_device_learn(d->device, &peer, megolm_device_keys(other->device),
					other->user_id, other->device_id, 0));
	assert_non_null(peer);
	return peer;
}

struct megolm_peer *matrix_meet(struct matrix_device *d, struct matrix_device *other)
{
	struct megolm_peer *peer = matrix_learn(d, other);

	matrix_new_key(other);
	ASSERT_DONE(megolm_device_open_session(d->device, peer, other->key));
	return peer;
}

struct megolm_peer *matrix_invite(struct matrix_device *d, struct matrix_device *other)
{
	struct megolm_peer *peer = matrix_meet(d, other);

	ASSERT_DONE(megolm_room_add(d->room, peer));
	return peer;
}

static uint8_t *reserve(struct megolm_sink *self, size_t max)
{
	struct matrix_outbox *out = (struct matrix_outbox *)self;

	if (out->n == out->limit)
		return NULL;
	free(out->body[out->n]);
	out->body[out->n] = malloc(max);
	return out->body[out->n];
}

static void commit(struct megolm_sink *self, const struct megolm_peer *to, size_t len)
{
	struct matrix_outbox *out = (struct matrix_outbox *)self;

	out->to[out->n] = to;
	out->len[out->n++] = len;
}

void matrix_outbox_open(struct matrix_outbox *out)
{
	memset(out, 0, sizeof(*out));
	out->sink = (struct megolm_sink){.reserve = reserve, .commit = commit};
	out->limit = MATRIX_MESSAGES;
}

void matrix_outbox_close(struct matrix_outbox *out)
{
	for (size_t i = 0; i < MATRIX_MESSAGES; i++)
		free(out->body[i]);
}

struct megolm_slice matrix_last(const struct matrix_outbox *out)
{
	assert_true(out->n > 0);
	return (struct megolm_slice){out->body[out->n - 1], out->len[out->n - 1]};
}

enum megolm_err matrix_receive(struct matrix_device *d, const struct matrix_device *from,
			       struct megolm_slice body)
{
	struct megolm_slice content;
	enum megolm_to_device what;
	enum megolm_err err = megolm_device_find_content(d->device, &content, body);

	return err != MEGOLM_OK ? err
				: megolm_device_receive(d->device, &what, from->user_id, content);
}

void matrix_share(struct matrix_device *from, struct matrix_device **all, size_t n)
{
	struct matrix_outbox out;

	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_room_share(from->room, NULL, 0, &out.sink));
	for (size_t i = 0; i < out.n; i++)
		for (size_t k = 0; k < n; k++)
			if (strcmp(megolm_peer_device_id(out.to[i]), all[k]->device_id) == 0)
				ASSERT_DONE(matrix_receive(
					all[k], from,
					(struct megolm_slice){out.body[i], out.len[i]}));
	matrix_outbox_close(&out);
}

static struct megolm_slice content_of(char text[512], const char *body)
{
	snprintf(text, 512, "{\"body\":\"%s\",\"msgtype\":\"m.text\"}", body);
	return matrix_text(text);
}

struct megolm_slice matrix_say(struct matrix_device *d, const char *body)
{
	static uint8_t event[4096];
	char text[512];
	size_t len = 0;

	ASSERT_DONE(megolm_room_encrypt(d->room, event, sizeof(event), &len, 0, "m.room.message",
					content_of(text, body)));
	return (struct megolm_slice){event, len};
}

enum megolm_err matrix_read(struct matrix_device *d, const struct matrix_device *from,
			    struct megolm_slice content, const char *event_id, const char *body)
{
	struct megolm_event event;
	struct megolm_slice want;
	char text[512];
	enum megolm_err err =
		megolm_room_decrypt(d->room, &event, from->user_id, event_id, content);

	if (err != MEGOLM_OK)
		return err;
	want = content_of(text, body);
	assert_int_equal(event.content.len, want.len);
	assert_memory_equal(event.content.p, want.p, want.len);
	assert_int_equal(event.type.len, strlen("m.room.message"));
	return MEGOLM_OK;
}

void matrix_pair_open(struct matrix_pair *p)
{
	matrix_open(&p->alice, 0, &megolm_default_policy);
	matrix_open(&p->bob, 1, &megolm_default_policy);
	matrix_outbox_open(&p->out);
	p->bob_at_alice = matrix_meet(&p->alice, &p->bob);
}

void matrix_pair_close(struct matrix_pair *p)
{
	matrix_outbox_close(&p->out);
	matrix_close(&p->alice);
	matrix_close(&p->bob);
}

struct megolm_peer *matrix_alice_at_bob(struct matrix_pair *p)
{
	struct megolm_peer *peer =
		megolm_device_find(p->bob.device, p->alice.user_id, p->alice.device_id);

	assert_non_null(peer);
	return peer;
}

struct megolm_slice matrix_greet(struct matrix_pair *p, struct matrix_device *from,
				 struct megolm_peer *to)
{
	ASSERT_DONE(megolm_device_send_dummy(from->device, to, &p->out.sink));
	return matrix_last(&p->out);
}

struct megolm_slice matrix_forge(struct matrix_pair *p, const char *plaintext)
{
	static char body[8192];
	uint8_t olm[6000];
	size_t len, type;

	ASSERT_DONE(megolm_pairwise_encrypt(p->alice.device, p->bob_at_alice, olm, sizeof(olm),
					    &len, &type, matrix_text(plaintext)));
	snprintf(body, sizeof(body),
		 "{\"messages\":{\"%s\":{\"%s\":{\"algorithm\":\"m.olm.v1.curve25519-aes-sha2\","
		 "\"ciphertext\":{\"%s\":{\"body\":\"%.*s\",\"type\":%zu}},\"sender_key\":\"%s\"}}}"
		 "}",
		 p->bob.user_id, p->bob.device_id, megolm_device_curve25519(p->bob.device),
		 (int)len, (const char *)olm, type, megolm_device_curve25519(p->alice.device));
	return matrix_text(body);
}

static const char *either(const char *claim, const char *right)
{
	return claim != NULL ? claim : right;
}

const char *matrix_event(const struct matrix_pair *p, struct matrix_claims c)
{
	static char text[8192];
	struct megolm_slice keys = megolm_device_keys(p->alice.device);
	char device_keys[2100] = "", alices[2048];

	snprintf(alices, sizeof(alices), "%.*s", (int)keys.len, (const char *)keys.p);
	if (!c.without_keys)
		snprintf(device_keys, sizeof(device_keys), "\"sender_device_keys\":%s,",
			 either(c.device_keys, alices));
	snprintf(text, sizeof(text),
		 "{\"content\":%s,\"keys\":{\"ed25519\":\"%s\"},\"recipient\":\"%s\","
		 "\"recipient_keys\":{\"ed25519\":\"%s\"},\"sender\":\"%s\",%s\"type\":\"%s\"}",
		 either(c.content, "{}"), either(c.key, megolm_device_ed25519(p->alice.device)),
		 either(c.recipient, p->bob.user_id),
		 either(c.recipient_key, megolm_device_ed25519(p->bob.device)),
		 either(c.sender, p->alice.user_id), device_keys, either(c.type, "m.dummy"));
	return text;
}

struct megolm_slice matrix_forge_event(struct matrix_pair *p, struct matrix_claims c)
{
	return matrix_forge(p, matrix_event(p, c));
}

static void tell(struct matrix_story *s)
{
	struct matrix_device *all[] = {&s->bob};
	struct megolm_slice event;

	(void)matrix_invite(&s->alice, &s->bob);
	matrix_share(&s->alice, all, 1);
	event = matrix_say(&s->alice, MATRIX_WORDS);
	assert_true(event.len <= sizeof(s->event));
	memcpy(s->event, event.p, event.len);
	s->event_len = event.len;
}

void matrix_story_open(struct matrix_story *s)
{
	matrix_open(&s->alice, 0, &megolm_default_policy);
	matrix_open(&s->bob, 1, &megolm_default_policy);
	tell(s);
}

void matrix_story_open_strict(struct matrix_story *s)
{
	matrix_open(&s->alice, 0, &matrix_strict);
	matrix_open(&s->bob, 1, &matrix_strict);
	matrix_cross_sign(&s->alice);
	matrix_cross_sign(&s->bob);
	(void)matrix_learn(&s->bob, &s->alice);
	tell(s);
}

void matrix_story_close(struct matrix_story *s)
{
	matrix_close(&s->alice);
	matrix_close(&s->bob);
}

enum megolm_err matrix_story_read(const struct matrix_story *s, struct matrix_device *reader,
				  enum megolm_source *source)
{
	struct megolm_slice event = {s->event, s->event_len}, want;
	struct megolm_event found;
	char text[512];
	enum megolm_err err =
		megolm_room_decrypt(reader->room, &found, s->alice.user_id, "$story", event);

	if (err != MEGOLM_OK)
		return err;
	want = content_of(text, MATRIX_WORDS);
	assert_int_equal(found.content.len, want.len);
	assert_memory_equal(found.content.p, want.p, want.len);
	*source = found.source;
	return MEGOLM_OK;
}

const char *matrix_story_session(const struct matrix_story *s)
{
	return megolm_room_session_id(s->alice.room, s->alice.user_id, s->alice.device_id);
}
