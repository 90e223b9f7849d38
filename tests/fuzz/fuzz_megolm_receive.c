/*
 * What strangers and members can send to a device. The first byte chooses the entry: a to-device
 * request, a room event, key material, a plaintext inside a genuine Olm message, or one inside a
 * genuine Megolm message; with its high bit the rest is edits to a genuine text, three bytes each:
 * where (16 bits) and what to turn there. A refusal is never the caller's fault; one of a to-device
 * message leaves the device as it was, the others able to read what is genuine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edits.h"
#include "matrix.h"
#include "matrix_state.h"
#include "pairwise.h"
#include "room.h"
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum entry { TO_DEVICE, EVENT, UPLOAD, OLM_PLAINTEXT, MEGOLM_PLAINTEXT, N_ENTRIES };

static struct matrix_pair pair;
static struct matrix_device carol;
static struct genuine_text genuine[N_ENTRIES];

static void must(enum megolm_err err)
{
	if (err != MEGOLM_OK)
		abort();
}

static void keep(enum entry entry, struct megolm_slice text)
{
	if (text.len > sizeof(genuine[entry].bytes))
		abort();
	memcpy(genuine[entry].bytes, text.p, text.len);
	genuine[entry].len = text.len;
}

/* The m.room_key of her new session. */
static void keep_room_key(void)
{
	char content[1024], key[512];
	size_t len = 0;

	must(megolm_room_session_key(pair.alice.room, (uint8_t *)key, sizeof(key), &len));
	snprintf(content, sizeof(content),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"room_id\":\"" MATRIX_ROOM
		 "\",\"session_id\":\"%s\",\"session_key\":\"%.*s\"}",
		 pair.alice.room->outbound.id, (int)len, key);
	keep(OLM_PLAINTEXT,
	     matrix_text(matrix_event(
		     &pair, (struct matrix_claims){.type = "m.room_key", .content = content})));
}

/* Bob has read a message of Alice and been sent a room key; every run starts from there. */
static void set_up(void)
{
	static const char event[] =
		"{\"content\":{},\"room_id\":\"" MATRIX_ROOM "\",\"type\":\"m.room.message\"}";
	struct matrix_device *all[] = {&pair.bob};
	size_t len;

	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	matrix_pair_open(&pair);
	matrix_open(&carol, 2, &megolm_default_policy);
	must(megolm_room_add(pair.alice.room, pair.bob_at_alice));
	matrix_share(&pair.alice, all, 1);
	keep(EVENT, matrix_say(&pair.alice, "genuine"));
	keep(MEGOLM_PLAINTEXT, matrix_text(event));
	megolm_room_rotate(pair.alice.room);
	pair.out.n = 0;
	must(megolm_room_share(pair.alice.room, NULL, 0, &pair.out.sink));
	keep(TO_DEVICE, matrix_last(&pair.out));
	keep_room_key();
	must(megolm_device_upload(carol.device, genuine[UPLOAD].bytes,
				  sizeof(genuine[UPLOAD].bytes), &len, 1, true));
	genuine[UPLOAD].len = len;
	must(megolm_probe_checkpoint(pair.bob.device));
	must(megolm_probe_checkpoint(pair.alice.device));
}

/* What is refused leaves Bob as he was, but for the Olm session by which it could be read. */
static enum megolm_err take_message(struct megolm_slice body)
{
	char *before = matrix_state(&pair.bob), *after;
	enum megolm_err err = matrix_receive(&pair.bob, &pair.alice, body);
	bool is_same;

	if (err == MEGOLM_OK) {
		free(before);
		return err;
	}
	after = matrix_state(&pair.bob);
	is_same = strcmp(before, after) == 0;
	free(after);
	if (is_same)
		free(before);
	else
		matrix_assert_moved_on(&pair.bob, before, "olm", pair.alice.device_id);
	return err;
}

static enum megolm_err take_event(struct megolm_slice content)
{
	struct megolm_event event;

	return megolm_room_decrypt(pair.bob.room, &event, pair.alice.user_id, NULL, content);
}

static enum megolm_err take_upload(struct megolm_slice upload)
{
	struct megolm_upload parts;
	struct megolm_peer *peer;
	enum megolm_err err = megolm_upload_read(&parts, upload);

	if (err == MEGOLM_OK)
		err = megolm_device_learn(pair.bob.device, &peer, parts.device_keys, carol.user_id,
					  carol.device_id, 0);
	if (err == MEGOLM_OK)
		err = megolm_device_open_session(pair.bob.device, peer, parts.one_time_keys);
	if (err == MEGOLM_OK && parts.fallback_keys.len > 0)
		err = megolm_device_open_session(pair.bob.device, peer, parts.fallback_keys);
	return err;
}

/* A member may put anything at all inside a message that verifies. */
static enum megolm_err take_inside(struct megolm_slice plaintext)
{
	static uint8_t message[1 << 17];
	static char content[(1 << 17) + 1024];
	OlmOutboundGroupSession *olm = pair.alice.room->outbound.olm;
	size_t len = olm_group_encrypt_message_length(olm, plaintext.len);

	if (len > sizeof(message) ||
	    megolm_room_session_id(pair.bob.room, pair.alice.user_id, pair.alice.device_id) == NULL)
		return MEGOLM_OK;
	len = olm_group_encrypt(olm, plaintext.p, plaintext.len, message, len);
	must(megolm_olm_outbound(olm, len));
	snprintf(content, sizeof(content),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"ciphertext\":\"%.*s\",\"session_id\":"
		 "\"%s\"}",
		 (int)len, (const char *)message, pair.alice.room->outbound.id);
	return take_event(matrix_text(content));
}

static enum megolm_err take(enum entry entry, struct megolm_slice text)
{
	char plaintext[4096];

	switch (entry) {
	case TO_DEVICE:
		return take_message(text);
	case EVENT:
		return take_event(text);
	case UPLOAD:
		return take_upload(text);
	case OLM_PLAINTEXT:
		if (text.len >= sizeof(plaintext))
			return MEGOLM_OK;
		memcpy(plaintext, text.p, text.len);
		plaintext[text.len] = '\0';
		return take_message(matrix_forge(&pair, plaintext));
	case MEGOLM_PLAINTEXT:
		must(matrix_receive(
			&pair.bob, &pair.alice,
			(struct megolm_slice){genuine[TO_DEVICE].bytes, genuine[TO_DEVICE].len}));
		return take_inside(text);
	case N_ENTRIES:
		break;
	}
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct genuine_text edited;
	struct megolm_slice text;
	enum megolm_err err;
	enum megolm_err_class class;
	enum entry entry;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	entry = (enum entry)choose_text(&text.p, &text.len, &edited, genuine, N_ENTRIES, data,
					size);
	err = take(entry, text);
	class = megolm_err_class(err);
	if (class == MEGOLM_CLASS_USAGE || class == MEGOLM_CLASS_RESOURCE)
		abort();
	must(take_event((struct megolm_slice){genuine[EVENT].bytes, genuine[EVENT].len}));
	must(megolm_probe_rollback(pair.bob.device));
	must(megolm_probe_rollback(pair.alice.device));
	return 0;
}
