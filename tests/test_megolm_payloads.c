/*
 * What megolm/ writes, seen by another JSON library: all of it is canonical, also what is
 * encrypted; uploads to the key directory hold what a client sends, at the length that the
 * formats give. The program's own definitions stand before libolm's.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <olm/olm.h>
#include <olm/pk.h>
#include <openssl/evp.h>

#include "matrix.h"
#include "megolm_keys.h"
#include "megolm_withheld.h"

#define LENGTH(text) (sizeof(text) - 1)

static void assert_canonical(struct megolm_slice text)
{
	json_error_t why;
	json_t *json = json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &why);
	char *sorted = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	if (sorted == NULL || strlen(sorted) != text.len || memcmp(sorted, text.p, text.len) != 0)
		fail_msg("%.*s\nis not canonical: %s", (int)text.len, (const char *)text.p,
			 sorted != NULL ? sorted : why.text);
	free(sorted);
	json_decref(json);
}

/* ---- plaintexts, on their way into libolm ---- */

static unsigned n_plaintexts;

static void see(const void *plaintext, size_t len)
{
	/* matrix_forge() encrypts what nobody would. */
	assert_canonical((struct megolm_slice){plaintext, len});
	n_plaintexts++;
}

static void *libolm(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	assert_non_null(symbol);
	return symbol;
}

/* A function of libolm that encrypts the n-th and n+1-st of its arguments. */
#define WATCH(name, plaintext, len, parameters, arguments)                                         \
	size_t name parameters                                                                     \
	{                                                                                          \
		union {                                                                            \
			void *symbol;                                                              \
			size_t(*call) parameters;                                                  \
		} real = {libolm(#name)};                                                          \
		see(plaintext, len);                                                               \
		return real.call arguments;                                                        \
	}

WATCH(olm_encrypt, p, p_len,
      (OlmSession * s, void const *p, size_t p_len, void *r, size_t r_len, void *m, size_t m_len),
      (s, p, p_len, r, r_len, m, m_len))
WATCH(olm_group_encrypt, p, p_len,
      (OlmOutboundGroupSession * s, uint8_t const *p, size_t p_len, uint8_t *m, size_t m_len),
      (s, p, p_len, m, m_len))
WATCH(olm_pk_encrypt, p, p_len,
      (OlmPkEncryption * s, void const *p, size_t p_len, void *c, size_t c_len, void *t,
       size_t t_len, void *e, size_t e_len, void const *r, size_t r_len),
      (s, p, p_len, c, c_len, t, t_len, e, e_len, r, r_len))

/* ---- everything ---- */

static uint8_t memory[1 << 18];

static struct megolm_slice written(size_t len)
{
	return (struct megolm_slice){memory, len};
}

static void what_a_device_uploads_is_canonical(void **state)
{
	struct matrix_device alice;
	size_t len = 0;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	assert_canonical(megolm_device_keys(alice.device));
	/* Ids of keys are numbers in base64, whose letters are not in the order of their bytes:
	 * among so many, some follow each other in another order than they were made in. */
	for (size_t n = 0; n <= 100; n += n < 4 ? 1 : 48) {
		ASSERT_DONE(megolm_device_upload(alice.device, memory, sizeof(memory), &len, n,
						 n % 2 == 0));
		assert_canonical(written(len));
	}
	ASSERT_DONE(megolm_device_new_one_time_key(alice.device, memory, sizeof(memory), &len));
	assert_canonical(written(len));
	ASSERT_DONE(megolm_device_new_fallback_key(alice.device, memory, sizeof(memory), &len));
	assert_canonical(written(len));
	matrix_close(&alice);
}

static void what_is_asked_of_the_directory_is_canonical(void **state)
{
	struct megolm_directory_request r;
	size_t len = 0;

	(void)state;
	megolm_query_begin(&r, memory, sizeof(memory));
	megolm_query_add(&r, "@alice:gb.test");
	megolm_query_add(&r, "@bob:gb.test");
	ASSERT_DONE(megolm_directory_request_end(&r, &len));
	assert_canonical(written(len));
	megolm_claim_begin(&r, memory, sizeof(memory));
	megolm_claim_add(&r, "@alice:gb.test", "A");
	megolm_claim_add(&r, "@alice:gb.test", "B");
	megolm_claim_add(&r, "@bob:gb.test", "A");
	ASSERT_DONE(megolm_directory_request_end(&r, &len));
	assert_canonical(written(len));
}

/* Bodies of /sendToDevice, what is in them, and room events. */
static void what_devices_send_is_canonical(void **state)
{
	struct matrix_device alice, bob, carol;
	struct matrix_outbox out;
	struct megolm_peer *at_alice[2];
	unsigned before = n_plaintexts;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_outbox_open(&out);
	at_alice[0] = matrix_invite(&alice, &bob);
	at_alice[1] = matrix_invite(&alice, &carol);
	ASSERT_DONE(megolm_room_withhold(alice.room, at_alice[1], MEGOLM_BLACKLISTED));
	for (int shared = 0; shared < 2; shared++) {
		megolm_room_set_shared_history(alice.room, shared == 1);
		ASSERT_DONE(megolm_room_share(alice.room, NULL, 0, &out.sink));
		assert_canonical(matrix_say(&alice, "to everybody"));
	}
	ASSERT_DONE(megolm_device_send_dummy(alice.device, at_alice[0], &out.sink));
	assert_int_equal(out.n, 5);
	for (size_t i = 0; i < out.n; i++)
		assert_canonical((struct megolm_slice){out.body[i], out.len[i]});
	/* Two room keys, a dummy and two events. */
	assert_int_equal(n_plaintexts - before, 5);
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
	matrix_close(&carol);
}

/* Bob's phone asks him for the key of Alice's message, which he has, and for another. */
static void requests_and_answers_are_canonical(void **state)
{
	const char *sessions[2] = {NULL, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	unsigned before = n_plaintexts;
	struct matrix_story s;
	struct matrix_device phone;
	struct matrix_outbox out;
	enum megolm_answer answer;
	const char *curve25519;
	uint8_t request[1024];
	size_t len = 0, request_len = 0;

	(void)state;
	matrix_story_open(&s);
	curve25519 = megolm_device_curve25519(s.alice.device);
	matrix_open_another(&phone, 3, 1);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_peer_set_verified(matrix_meet(&s.bob, &phone), true));
	sessions[0] = matrix_story_session(&s);
	before = n_plaintexts;
	for (size_t i = 0; i < 2; i++) {
		ASSERT_DONE(megolm_room_request_key(phone.room, request, sizeof(request),
						    &request_len, sessions[i],
						    i == 0 ? curve25519 : NULL));
		assert_canonical((struct megolm_slice){request, request_len});
		ASSERT_DONE(megolm_device_answer_request(
			s.bob.device, &answer, memory, sizeof(memory), &len, phone.user_id,
			(struct megolm_slice){request, request_len}, &out.sink));
		assert_int_equal(answer,
				 i == 0 ? MEGOLM_ANSWER_FORWARDED : MEGOLM_ANSWER_UNAVAILABLE);
		assert_canonical(i == 0 ? matrix_last(&out) : written(len));
		ASSERT_DONE(megolm_room_cancel_request(phone.room, request, sizeof(request),
						       &request_len, sessions[i]));
		assert_canonical((struct megolm_slice){request, request_len});
	}
	assert_int_equal(n_plaintexts - before, 1);
	matrix_outbox_close(&out);
	matrix_close(&phone);
	matrix_story_close(&s);
}

/* Sessions of Alice in rooms that were made in another order than their names have. */
static void make_sessions(struct matrix_device *alice)
{
	static const char *const rooms[] = {"!m:gb.test", "!a:gb.test", "!z:gb.test"};

	for (size_t i = 0; i < 3; i++) {
		struct megolm_room *room;
		ASSERT_DONE(megolm_device_room(alice->device, &room, rooms[i]));
		for (size_t n = 0; n < 4; n++) {
			struct matrix_outbox none;
			matrix_outbox_open(&none);
			megolm_room_rotate(room);
			ASSERT_DONE(megolm_room_share(room, NULL, 0, &none.sink));
			matrix_outbox_close(&none);
		}
	}
}

static void backups_are_canonical(void **state)
{
	static const uint8_t secret[32] = {1, 2, 3};
	struct matrix_device alice;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	make_sessions(&alice);
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		struct megolm_backup *backup;
		unsigned before = n_plaintexts;
		size_t len = 0, n = 0;

		ASSERT_DONE(
			megolm_backup_open(&backup, (enum megolm_backup_algorithm)a, secret, "1"));
		ASSERT_DONE(megolm_backup_info_write(backup, alice.device, memory, sizeof(memory),
						     &len));
		assert_canonical(written(len));
		for (size_t most = 0; most <= 12; most += 6) {
			ASSERT_DONE(megolm_backup_upload(backup, alice.device, memory,
							 sizeof(memory), &len, &n, most));
			assert_int_equal(n, most);
			assert_canonical(written(len));
		}
		assert_int_equal(n_plaintexts - before, a == MEGOLM_BACKUP_SYMMETRIC ? 0 : 18);
		megolm_backup_free(backup);
	}
	matrix_close(&alice);
}

/* Decrypts in place what was sealed by AES-256-CTR, by OpenSSL alone. */
static void open_ctr(uint8_t *p, size_t len, const uint8_t *key, const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, p, &n, p, (int)len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* The list in a file of exported keys: between two lines, base64 of a version, salt, IV, rounds,
 * ciphertext and MAC. */
static void what_is_in_a_key_file_is_canonical(void **state)
{
	static uint8_t raw[1 << 16];
	uint8_t keys[64];
	struct matrix_device alice;
	size_t len = 0, raw_len = 0;
	const char *line;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	make_sessions(&alice);
	ASSERT_DONE(megolm_key_file_write(alice.device, memory, sizeof(memory), &len,
					  matrix_text("pass"), 1));
	memory[len] = '\0';
	line = strchr((char *)memory, '\n') + 1;
	for (; line[0] != '-'; line = strchr(line, '\n') + 1) {
		size_t chars = (size_t)(strchr(line, '\n') - line);
		raw_len +=
			(size_t)EVP_DecodeBlock(raw + raw_len, (const uint8_t *)line, (int)chars);
		raw_len -= (size_t)(line[chars - 1] == '=') + (size_t)(line[chars - 2] == '=');
	}
	assert_int_equal(
		PKCS5_PBKDF2_HMAC("pass", 4, raw + 1, 16, 1, EVP_sha512(), sizeof(keys), keys), 1);
	assert_true(raw_len > 37 + 32);
	open_ctr(raw + 37, raw_len - 37 - 32, keys, raw + 17);
	assert_canonical((struct megolm_slice){raw + 37, raw_len - 37 - 32});
	matrix_close(&alice);
}

static void what_is_given_to_the_invited_is_canonical(void **state)
{
	struct megolm_attachment attachment;
	struct matrix_story s;
	struct matrix_outbox out;
	struct megolm_peer *peer;
	unsigned before;
	size_t len = 0;

	(void)state;
	matrix_story_open_strict(&s);
	matrix_outbox_open(&out);
	megolm_room_set_shared_history(s.bob.room, true);
	ASSERT_DONE(megolm_room_share(s.bob.room, NULL, 0, &out.sink));
	ASSERT_DONE(
		megolm_room_bundle_write(s.bob.room, &attachment, memory, sizeof(memory), &len));
	open_ctr(memory, len, attachment.key, attachment.iv);
	assert_canonical(written(len));
	peer = matrix_meet(&s.bob, &s.alice);
	before = n_plaintexts;
	ASSERT_DONE(megolm_room_bundle_send(s.bob.room, &attachment, "mxc://gb.test/b", peer,
					    &out.sink));
	assert_canonical(matrix_last(&out));
	assert_int_equal(n_plaintexts - before, 1);
	matrix_outbox_close(&out);
	matrix_story_close(&s);
}

static void a_dehydrated_device_is_canonical(void **state)
{
	static const uint8_t secret[32] = {1, 2, 3};
	struct megolm_seeded stream;
	struct megolm_random random;
	struct megolm_device *dry = NULL;
	size_t len = 0;

	(void)state;
	ASSERT_DONE(megolm_seeded_begin(&stream, 7, "dry", 0, 0));
	random = megolm_seeded_random(&stream);
	ASSERT_DONE(megolm_device_new_dehydrated(&dry, "@dry:gb.test", &random,
						 &megolm_default_policy));
	assert_canonical(megolm_device_keys(dry));
	ASSERT_DONE(megolm_device_dehydrate(dry, memory, sizeof(memory), &len, secret));
	assert_canonical(written(len));
	megolm_device_free(dry);
}

/* ---- the upload of a device ---- */

enum { KEY = 43, SIGNATURE = 86 };

static size_t device_keys_bytes(size_t user, size_t device)
{
	return LENGTH("{\"algorithms\":[\"m.olm.v1.curve25519-aes-sha2\",\"m.megolm.v1.aes-sha2\"],"
		      "\"device_id\":\"\",\"keys\":{\"curve25519:\":\"\",\"ed25519:\":\"\"},"
		      "\"signatures\":{\"\":{\"ed25519:\":\"\"}},\"user_id\":\"\"}") +
	       2 * user + 4 * device + 2 * KEY + SIGNATURE;
}

static size_t one_time_key_bytes(size_t user, size_t device)
{
	return LENGTH("\"signed_curve25519:AAAAAQ\":{\"key\":\"\",\"signatures\":{\"\":{"
		      "\"ed25519:\":\"\"}}}") +
	       KEY + user + device + SIGNATURE;
}

static size_t upload_bytes(size_t user, size_t device, size_t n_one_time, bool with_fallback)
{
	size_t key = one_time_key_bytes(user, device), bytes;

	bytes = LENGTH("{\"device_keys\":,\"one_time_keys\":{}}") +
		device_keys_bytes(user, device) + n_one_time * key;
	bytes += n_one_time > 1 ? n_one_time - 1 : 0;
	if (with_fallback)
		bytes += LENGTH(",\"fallback_keys\":{\"fallback\":true,}") + key;
	return bytes;
}

static void an_upload_has_its_length(void **state)
{
	static const size_t counts[] = {0, 1, 2, 10, MEGOLM_ONE_TIME_KEYS, 100};
	struct matrix_device alice;
	size_t len = 0, user, device;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	user = strlen(alice.user_id);
	device = strlen(alice.device_id);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (int with = 0; with < 2; with++) {
			ASSERT_DONE(megolm_device_upload(alice.device, memory, sizeof(memory), &len,
							 counts[i], with == 1));
			assert_int_equal(len, upload_bytes(user, device, counts[i], with == 1));
			assert_true(len <= megolm_device_upload_max(alice.device, counts[i]));
		}
	/* What a client with such names sends when it is new. */
	assert_int_equal(upload_bytes(16, 10, MEGOLM_ONE_TIME_KEYS, true), 12061);
	matrix_close(&alice);
}

/* An object with one key of an upload, to be claimed. */
static struct megolm_slice claim(char text[1024], const char *id, json_t *key)
{
	char *value = json_dumps(key, JSON_COMPACT);

	snprintf(text, 1024, "{\"%s\":%s}", id, value);
	free(value);
	return matrix_text(text);
}

/* Each is signed, is another than the rest, and begins a session that the device takes. */
static void every_key_of_an_upload_can_be_claimed(void **state)
{
	struct matrix_device alice, bob;
	struct matrix_outbox out;
	struct megolm_upload parts;
	struct megolm_peer *peer;
	json_t *keys[2], *seen = json_object(), *key;
	const char *id;
	char text[1024];
	size_t len = 0;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	matrix_outbox_open(&out);
	ASSERT_DONE(megolm_device_upload(alice.device, memory, sizeof(memory), &len,
					 MEGOLM_ONE_TIME_KEYS, true));
	ASSERT_DONE(megolm_upload_read(&parts, written(len)));
	ASSERT_DONE(megolm_device_learn(bob.device, &peer, parts.device_keys, alice.user_id,
					alice.device_id, 0));
	keys[0] = json_loadb((const char *)parts.one_time_keys.p, parts.one_time_keys.len, 0, NULL);
	keys[1] = json_loadb((const char *)parts.fallback_keys.p, parts.fallback_keys.len, 0, NULL);
	assert_int_equal(json_object_size(keys[0]), MEGOLM_ONE_TIME_KEYS);
	assert_int_equal(json_object_size(keys[1]), 1);
	for (size_t i = 0; i < 2; i++)
		json_object_foreach(keys[i], id, key)
		{
			assert_int_equal(json_is_true(json_object_get(key, "fallback")), i == 1);
			json_object_set(seen, json_string_value(json_object_get(key, "key")), key);
			ASSERT_DONE(
				megolm_device_open_session(bob.device, peer, claim(text, id, key)));
			out.n = 0;
			ASSERT_DONE(megolm_device_send_dummy(bob.device, peer, &out.sink));
			ASSERT_DONE(matrix_receive(&alice, &bob, matrix_last(&out)));
		}
	assert_int_equal(json_object_size(seen), MEGOLM_ONE_TIME_KEYS + 1);
	json_decref(keys[0]);
	json_decref(keys[1]);
	json_decref(seen);
	matrix_outbox_close(&out);
	matrix_close(&alice);
	matrix_close(&bob);
}

static void uploads_have_their_bounds(void **state)
{
	struct megolm_upload parts = {{NULL, 1}, {NULL, 2}, {NULL, 3}};
	struct matrix_device alice;
	size_t len = 7;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	ASSERT_ERR(megolm_device_upload(alice.device, memory, sizeof(memory), &len, 101, true),
		   MEGOLM_ERR_USAGE);
	ASSERT_ERR(megolm_device_upload(alice.device, memory,
					megolm_device_upload_max(alice.device, 5) - 1, &len, 5,
					true),
		   MEGOLM_ERR_OUTPUT);
	assert_int_equal(len, 7);
	ASSERT_ERR(megolm_upload_read(&parts, matrix_text("{\"device_keys\":{}}")),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_upload_read(&parts, matrix_text("{\"one_time_keys\":{}}")),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_upload_read(&parts, matrix_text("{\"one_time_keys\":{}")),
		   MEGOLM_ERR_JSON);
	assert_int_equal(parts.one_time_keys.len, 3);
	ASSERT_DONE(megolm_upload_read(
		&parts, matrix_text("{\"one_time_keys\":{},\"x\":1,\"device_keys\":[]}")));
	assert_int_equal(parts.fallback_keys.len, 0);
	assert_int_equal(parts.device_keys.len, 2);
	matrix_close(&alice);
}

/* ---- the uploads of a user ---- */

struct user {
	struct megolm_seeded stream;
	struct megolm_identity *identity;
	struct megolm_device *device;
};

#define BOB "@bob:gb.test"

static void open_user(struct user *u, const char *device_id)
{
	struct megolm_random random = megolm_seeded_random(&u->stream);

	memset(u, 0, sizeof(*u));
	ASSERT_DONE(megolm_seeded_begin(&u->stream, 7, "user", 0, 0));
	ASSERT_DONE(megolm_identity_new(&u->identity, BOB, &random));
	ASSERT_DONE(megolm_device_new(&u->device, BOB, device_id, &random, &megolm_default_policy));
}

static void close_user(struct user *u)
{
	megolm_identity_free(u->identity);
	megolm_device_free(u->device);
}

static size_t cross_signing_key_bytes(const char *usage, size_t user, bool is_signed)
{
	size_t bytes = LENGTH("{\"keys\":{\"ed25519:\":\"\"},\"usage\":[\"\"],\"user_id\":\"\"}") +
		       2 * KEY + strlen(usage) + user;

	return is_signed ? bytes + LENGTH("\"signatures\":{\"\":{\"ed25519:\":\"\"}},") + user +
				   KEY + SIGNATURE
			 : bytes;
}

static size_t identity_upload_bytes(size_t user)
{
	return LENGTH("{\"master_key\":,\"self_signing_key\":,\"user_signing_key\":}") +
	       cross_signing_key_bytes("master", user, false) +
	       cross_signing_key_bytes("self_signing", user, true) +
	       cross_signing_key_bytes("user_signing", user, true);
}

/* The device's signature on its keys gives way to one by a longer name, and signs the master key.
 */
static size_t signatures_upload_bytes(size_t user, size_t device)
{
	return LENGTH("{\"\":{\"\":,\"\":}}") + user + device + KEY +
	       device_keys_bytes(user, device) + KEY - device +
	       cross_signing_key_bytes("master", user, true) + device - KEY;
}

static void cross_signing_keys_are_uploaded_together(void **state)
{
	size_t len = 0, user = strlen(BOB);
	struct user u;

	(void)state;
	open_user(&u, "PHONE");
	ASSERT_DONE(megolm_identity_upload(u.identity, memory, sizeof(memory), &len));
	assert_canonical(written(len));
	assert_int_equal(len, identity_upload_bytes(user));
	/* With names of 16 and 10 bytes. */
	assert_int_equal(identity_upload_bytes(16), 899);
	assert_int_equal(signatures_upload_bytes(16, 10), 836);
	ASSERT_ERR(megolm_identity_upload(u.identity, memory, len - 1, &len), MEGOLM_ERR_OUTPUT);
	assert_true(len <= megolm_identity_upload_max(u.identity));
	close_user(&u);
}

static json_t *get(json_t *json, const char *const *path)
{
	for (; *path != NULL; path++)
		json = json_object_get(json, *path);
	assert_non_null(json);
	return json;
}

/* Whether the one signature in an object is the key's, by libolm itself. */
static void assert_signed(json_t *object, const char *key_id, const char *ed25519)
{
	char name[64], *text, *signature;
	const char *path[] = {"signatures", BOB, name, NULL};
	OlmUtility *utility = olm_utility(malloc(olm_utility_size()));

	snprintf(name, sizeof(name), "ed25519:%s", key_id);
	signature = strdup(json_string_value(get(object, path)));
	assert_int_equal(json_object_size(json_object_get(object, "signatures")), 1);
	assert_int_equal(
		json_object_size(json_object_get(json_object_get(object, "signatures"), BOB)), 1);
	json_object_del(object, "signatures");
	text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	assert_int_equal(olm_ed25519_verify(utility, ed25519, KEY, text, strlen(text), signature,
					    strlen(signature)),
			 0);
	free(text);
	free(signature);
	free(utility);
}

/* The public key in what a cross-signing key is published as. */
static void copy_public(char out[KEY + 1], struct megolm_slice key)
{
	static const char before[] = "{\"keys\":{\"ed25519:";

	assert_true(key.len > LENGTH(before) + KEY);
	assert_memory_equal(key.p, before, LENGTH(before));
	snprintf(out, KEY + 1, "%.*s", KEY, (const char *)key.p + LENGTH(before));
}

/* Each object with the one signature that is new, also where the device's name comes last. */
static void signatures_are_uploaded_with_what_they_are_on(void **state)
{
	static const char *const ids[] = {"+PHONE", "zzLAPTOP"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char master[KEY + 1], self_signing[KEY + 1];
		const char *device_path[] = {BOB, ids[i], NULL};
		const char *master_path[] = {BOB, master, NULL};
		size_t len = 0, user = strlen(BOB), device = strlen(ids[i]);
		json_t *json;
		struct user u;

		open_user(&u, ids[i]);
		copy_public(master, megolm_identity_master_key(u.identity));
		copy_public(self_signing, megolm_identity_self_signing_key(u.identity));
		ASSERT_ERR(megolm_signatures_upload(u.identity, u.device, memory, sizeof(memory),
						    &len),
			   MEGOLM_ERR_USAGE);
		ASSERT_DONE(megolm_device_cross_sign(u.device, u.identity));
		ASSERT_DONE(megolm_signatures_upload(u.identity, u.device, memory, sizeof(memory),
						     &len));
		assert_canonical(written(len));
		assert_int_equal(len, signatures_upload_bytes(user, device));
		assert_true(len <= megolm_signatures_upload_max(u.identity, u.device));
		json = json_loadb((const char *)memory, len, 0, NULL);
		assert_int_equal(json_object_size(json_object_get(json, BOB)), 2);
		assert_signed(get(json, device_path), self_signing, self_signing);
		assert_signed(get(json, master_path), ids[i], megolm_device_ed25519(u.device));
		json_decref(json);
		ASSERT_ERR(megolm_signatures_upload(u.identity, u.device, memory, len - 1, &len),
			   MEGOLM_ERR_OUTPUT);
		close_user(&u);
	}
}

static void others_are_not_vouched_for(void **state)
{
	struct matrix_device alice;
	struct user u;
	size_t len = 0;

	(void)state;
	open_user(&u, "PHONE");
	matrix_open(&alice, 0, &megolm_default_policy);
	ASSERT_ERR(megolm_signatures_upload(u.identity, alice.device, memory, sizeof(memory), &len),
		   MEGOLM_ERR_WRONG_USER);
	matrix_close(&alice);
	close_user(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_device_uploads_is_canonical),
		cmocka_unit_test(what_is_asked_of_the_directory_is_canonical),
		cmocka_unit_test(what_devices_send_is_canonical),
		cmocka_unit_test(requests_and_answers_are_canonical),
		cmocka_unit_test(backups_are_canonical),
		cmocka_unit_test(what_is_in_a_key_file_is_canonical),
		cmocka_unit_test(what_is_given_to_the_invited_is_canonical),
		cmocka_unit_test(a_dehydrated_device_is_canonical),
		cmocka_unit_test(an_upload_has_its_length),
		cmocka_unit_test(every_key_of_an_upload_can_be_claimed),
		cmocka_unit_test(uploads_have_their_bounds),
		cmocka_unit_test(cross_signing_keys_are_uploaded_together),
		cmocka_unit_test(signatures_are_uploaded_with_what_they_are_on),
		cmocka_unit_test(others_are_not_vouched_for),
	};

	return cmocka_run_group_tests_name("megolm payloads", tests, NULL, NULL);
}
