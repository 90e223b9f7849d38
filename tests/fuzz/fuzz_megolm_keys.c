/*
 * What others keep of our keys and give back: files of exported keys, backups, forwarded keys,
 * bundles, dehydrated devices. The first byte chooses the entry, from outside or, for what is
 * sealed, from inside the seal; with its high bit the rest is edits to a genuine text, three
 * bytes each: where (16 bits) and what to turn there. A refusal is never the caller's fault, and
 * leaves the device able to read what is genuine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "crypto_base64.h"
#include "crypto_seal.h"
#include "edits.h"
#include "forward.h"
#include "json.h"
#include "matrix.h"
#include "megolm/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum entry {
	KEY_FILE,
	BACKUP,     /* an answer of the homeserver, opened by libolm */
	BACKUP_MAC, /* the same with the MAC of MSC4048 */
	SYMMETRIC,
	BACKUP_INFO,
	SESSION, /* the JSON of one session, behind every seal */
	REQUEST,
	FORWARDED, /* the content, behind Olm */
	BUNDLE,    /* the JSON, behind the hash */
	ANNOUNCED, /* the content of m.room_key_bundle, behind Olm */
	DEHYDRATED,
	RECOVERY_KEY,
	DRY_KEYS, /* the private keys of a dehydrated device, behind its seal */
	N_ENTRIES
};

static const uint8_t secret[32] = {1, 2, 3};
static const struct megolm_import_limits limits = {1 << 20, 100, 3};

static struct matrix_story story;
static struct matrix_device carol, phone;
static struct matrix_outbox out;
static struct megolm_backup *backups[MEGOLM_BACKUP_ALGORITHMS];
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

static void keep_sealed(void)
{
	struct megolm_attachment attachment;
	struct megolm_random random = megolm_seeded_random(&phone.stream);
	struct megolm_device *dry;
	size_t n;

	must(megolm_key_file_write(story.bob.device, genuine[KEY_FILE].bytes,
				   sizeof(genuine[0].bytes), &genuine[KEY_FILE].len,
				   matrix_text("pass"), 3));
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		must(megolm_backup_open(&backups[a], (enum megolm_backup_algorithm)a, secret, "1"));
		must(megolm_backup_upload(backups[a], story.bob.device, genuine[BACKUP + a].bytes,
					  sizeof(genuine[0].bytes), &genuine[BACKUP + a].len, &n,
					  9));
	}
	must(megolm_backup_info_write(backups[0], story.bob.device, genuine[BACKUP_INFO].bytes,
				      sizeof(genuine[0].bytes), &genuine[BACKUP_INFO].len));
	must(megolm_room_bundle_write(story.bob.room, &attachment, genuine[BUNDLE].bytes,
				      sizeof(genuine[0].bytes), &genuine[BUNDLE].len));
	must(megolm_ctr(genuine[BUNDLE].bytes,
			(struct megolm_slice){genuine[BUNDLE].bytes, genuine[BUNDLE].len},
			attachment.key, attachment.iv));
	must(megolm_device_new_dehydrated(&dry, phone.user_id, &random, &megolm_default_policy));
	must(megolm_device_dehydrate(dry, genuine[DEHYDRATED].bytes, sizeof(genuine[0].bytes),
				     &genuine[DEHYDRATED].len, secret));
	megolm_device_free(dry);
	must(megolm_room_request_key(phone.room, genuine[REQUEST].bytes, sizeof(genuine[0].bytes),
				     &genuine[REQUEST].len, matrix_story_session(&story),
				     megolm_device_curve25519(story.alice.device)));
}

/* What a session looks like, in the words of an export and of a forward. */
static void keep_sessions(void)
{
	char text[2048], key[MEGOLM_EXPORT_CHARS + 1] = "";
	const char *curve = megolm_device_curve25519(story.alice.device),
		   *ed = megolm_device_ed25519(story.alice.device),
		   *id = matrix_story_session(&story);
	uint32_t index;

	must(megolm_inbound_export(story.bob.room->inbound[0], (uint8_t *)key, &index));
	snprintf(text, sizeof(text),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"forwarding_curve25519_key_chain\":[],"
		 "\"room_id\":\"" MATRIX_ROOM "\",\"sender_claimed_keys\":{\"ed25519\":\"%s\"},"
		 "\"sender_key\":\"%s\",\"session_id\":\"%s\",\"session_key\":\"%s\"}",
		 ed, curve, id, key);
	keep(SESSION, matrix_text(text));
	snprintf(text, sizeof(text),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"forwarding_curve25519_key_chain\":["
		 "\"%s\"],\"room_id\":\"" MATRIX_ROOM "\",\"sender_claimed_ed25519_key\":\"%s\","
		 "\"sender_key\":\"%s\",\"session_id\":\"%s\",\"session_key\":\"%s\"}",
		 curve, ed, curve, id, key);
	keep(FORWARDED, matrix_text(text));
	keep(ANNOUNCED,
	     matrix_text("{\"file\":{\"hashes\":{\"sha256\":"
			 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"iv\":"
			 "\"AAAAAAAAAAAAAAAAAAAAAA\",\"key\":{\"alg\":\"A256CTR\",\"ext\":true,"
			 "\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"key_ops\":["
			 "\"encrypt\",\"decrypt\"],\"kty\":\"oct\"},\"url\":\"mxc://gb.test/b\","
			 "\"v\":\"v2\"},\"room_id\":\"" MATRIX_ROOM "\"}"));
	/* Version, Curve25519, Ed25519, one one-time key, a fallback key. */
	keep(DRY_KEYS,
	     (struct megolm_slice){
		     (const uint8_t[4 + 64 + 4 + 32 + 1 + 32]){
			     0x80, [4] = 1, [36] = 2, [71] = 1, [72] = 3, [104] = 1, [105] = 4},
		     4 + 64 + 4 + 32 + 1 + 32});
	keep(RECOVERY_KEY,
	     matrix_text("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"));
}

/* Carol has no key; Bob has one and is asked by his phone. */
static void set_up(void)
{
	struct megolm_peer *peer;

	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	matrix_story_open(&story);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_open_another(&phone, 3, 1);
	matrix_outbox_open(&out);
	peer = matrix_meet(&story.bob, &phone);
	must(megolm_peer_set_verified(peer, true));
	peer = matrix_learn(&phone, &story.bob);
	must(megolm_peer_set_verified(peer, true));
	keep_sealed();
	keep_sessions();
	must(megolm_probe_checkpoint(carol.device));
	must(megolm_probe_checkpoint(story.bob.device));
}

static enum megolm_err take_session(struct megolm_slice text)
{
	struct megolm_session_data data = {0};
	bool is_new;
	enum megolm_err err = megolm_json_check(text);

	if (err == MEGOLM_OK)
		err = megolm_session_data_read(&data, text, MEGOLM_FORM_EXPORT);
	return err != MEGOLM_OK ? err
				: megolm_session_data_accept(carol.device, &is_new, &data,
							     MEGOLM_SOURCE_FILE);
}

static enum megolm_err take_bundle(struct megolm_slice text)
{
	static uint8_t sealed[1 << 17];
	struct megolm_attachment attachment = {0};
	struct megolm_imported n;

	if (text.len > sizeof(sealed))
		return MEGOLM_OK;
	must(megolm_ctr(sealed, text, attachment.key, attachment.iv));
	must(megolm_sha256(attachment.sha256, (struct megolm_slice){sealed, text.len}));
	return megolm_room_bundle_read(carol.room, &n, NULL, &attachment, story.bob.user_id,
				       (struct megolm_slice){sealed, text.len}, &limits);
}

static enum megolm_err take_forwarded(struct megolm_slice text)
{
	uint8_t links[MEGOLM_CHAIN_BYTES];
	struct megolm_text chain = {links, 0, sizeof(links), false};
	struct megolm_session_data data;
	bool is_new;
	enum megolm_err err = megolm_json_check(text);

	if (err == MEGOLM_OK)
		err = megolm_forwarded_read(
			&data, &chain, phone.device,
			megolm_device_find(phone.device, story.bob.user_id, story.bob.device_id),
			text);
	return err != MEGOLM_OK ? err
				: megolm_session_data_accept(carol.device, &is_new, &data,
							     MEGOLM_SOURCE_FORWARDED);
}

static enum megolm_err take_dehydrated(struct megolm_slice text)
{
	struct megolm_device *again = NULL;
	enum megolm_err err = megolm_device_rehydrate(
		&again, phone.user_id, text, secret, &megolm_system_random, &megolm_default_policy);

	megolm_device_free(again);
	return err;
}

static enum megolm_err take_dry_keys(struct megolm_slice keys)
{
	static const uint8_t nonce[MEGOLM_NONCE_BYTES];
	uint8_t sealed[4096 + MEGOLM_TAG_BYTES], json[8192];
	struct megolm_text text = megolm_text(json, sizeof(json));

	if (keys.len > 4096)
		return MEGOLM_OK;
	must(megolm_chacha_seal(sealed, keys, secret, nonce));
	megolm_puts(&text, "{\"algorithm\":\"m.dehydration.v2\",\"device_pickle\":\"");
	megolm_put_base64(&text, (struct megolm_slice){sealed, keys.len + MEGOLM_TAG_BYTES});
	megolm_puts(&text, "\",\"nonce\":\"AAAAAAAAAAAAAAAA\"}");
	return take_dehydrated(megolm_text_slice(&text));
}

static enum megolm_err take(enum entry entry, struct megolm_slice text)
{
	struct megolm_imported n;
	struct megolm_bundle bundle;
	enum megolm_answer answer;
	uint8_t room[1024];
	size_t len;
	bool is_signed;
	enum megolm_err err;

	switch (entry) {
	case KEY_FILE:
		return megolm_key_file_read(carol.device, &n, NULL, text, matrix_text("pass"),
					    &limits);
	case BACKUP:
	case BACKUP_MAC:
	case SYMMETRIC:
		return megolm_backup_restore(backups[entry - BACKUP], carol.device, &n, text, NULL,
					     NULL, &limits);
	case BACKUP_INFO:
		return megolm_backup_info_check(backups[0], story.bob.device, &is_signed, text);
	case SESSION:
		return take_session(text);
	case REQUEST:
		out.n = 0;
		return megolm_device_answer_request(story.bob.device, &answer, room, sizeof(room),
						    &len, phone.user_id, text, &out.sink);
	case FORWARDED:
		return take_forwarded(text);
	case BUNDLE:
		return take_bundle(text);
	case ANNOUNCED:
		err = megolm_json_check(text);
		return err != MEGOLM_OK ? err : megolm_bundle_read(&bundle, "@a:gb.test", text);
	case DEHYDRATED:
		return take_dehydrated(text);
	case DRY_KEYS:
		return take_dry_keys(text);
	case RECOVERY_KEY:
		return megolm_recovery_key_read(room, text);
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
	enum megolm_source source;
	enum megolm_err_class class;
	enum entry entry;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	entry = (enum entry)choose_text(&text.p, &text.len, &edited, genuine, N_ENTRIES, data,
					size);
	class = megolm_err_class(take(entry, text));
	/* A pickle is what the homeserver kept: that it cannot be read is its doing. */
	if (class == MEGOLM_CLASS_USAGE ||
	    (class == MEGOLM_CLASS_RESOURCE && entry != DEHYDRATED && entry != DRY_KEYS))
		abort();
	must(matrix_story_read(&story, &story.bob, &source));
	must(megolm_probe_rollback(carol.device));
	must(megolm_probe_rollback(story.bob.device));
	return 0;
}
