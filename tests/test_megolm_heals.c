/*
 * What a thief reads who has copied a sender's state before it rotates its Megolm session: the next
 * room key, and with it what the sender says, exactly where the row of the rotation says that it
 * does not heal.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <olm/olm.h>
#include <openssl/evp.h>

#include "backend_room.h"
#include "crypto_base64.h"

/* ---- what a state encrypts with ---- */

struct cbc_key {
	uint8_t key[32], iv[16];
};

static struct cbc_key last_key;
static unsigned n_encryptions;

/* Stands before OpenSSL's. libolm lets no session open what it has sent itself, though the key is
 * the same; here it can be taken from a copy that sends. */
int EVP_EncryptInit_ex2(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, const uint8_t *key,
			const uint8_t *iv, const OSSL_PARAM *parameters)
{
	int (*original)(EVP_CIPHER_CTX *, const EVP_CIPHER *, const uint8_t *, const uint8_t *,
			const OSSL_PARAM *);
	void *symbol = dlsym(RTLD_NEXT, "EVP_EncryptInit_ex2");

	assert_non_null(symbol);
	memcpy(&original, &symbol, sizeof(original));
	if (cipher != NULL && key != NULL && iv != NULL &&
	    EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CBC_MODE) {
		memcpy(last_key.key, key, sizeof(last_key.key));
		memcpy(last_key.iv, iv, sizeof(last_key.iv));
		n_encryptions++;
	}
	return original(context, cipher, key, iv, parameters);
}

/* ---- what is on the wire ---- */

struct letter {
	size_t type; /* 0: begins an Olm session */
	uint8_t raw[4096];
	size_t len;
};

static json_t *parse(const uint8_t *p, size_t len)
{
	return json_loadb((const char *)p, len, 0, NULL);
}

static json_t *first_of(json_t *object)
{
	return json_object_iter_value(json_object_iter(object));
}

/* The Olm message for a device, of the room keys in the mailbox. */
static void take_letter(struct letter *l, const struct room *w, uint32_t to)
{
	const struct gb_message *m = w->mailbox.kept;
	const char *body;
	json_t *json, *content, *olm;

	while (m->kind != GB_ROOM_KEY || m->to[0] != to)
		m++;
	json = parse(m->body.p, m->body.len);
	content = first_of(first_of(json_object_get(json, "messages")));
	olm = first_of(json_object_get(content, "ciphertext"));
	body = json_string_value(json_object_get(olm, "body"));
	assert_non_null(body);
	l->type = (size_t)json_integer_value(json_object_get(olm, "type"));
	assert_int_equal(megolm_base64_read(l->raw, sizeof(l->raw), &l->len, megolm_slice_of(body)),
			 MEGOLM_OK);
	json_decref(json);
}

/* The last field of a message (Olm, "The Olm Message Format"): of a pre-key message the message in
 * it, of that its ciphertext. */
static struct megolm_slice last_field(struct megolm_slice message)
{
	const uint8_t *p = message.p + 1; /* behind the version */

	for (;;) {
		uint8_t tag = *p++;
		size_t n = 0;
		for (unsigned shift = 0;; shift += 7) {
			n |= (size_t)(*p & 0x7f) << shift;
			if (*p++ < 0x80)
				break;
		}
		if (tag == 0x22)
			return megolm_slice(p, n);
		p += tag == 0x10 ? 0 : n;
		assert_true(p < message.p + message.len);
	}
}

/* Device 0 rotates its session; the letter that brings the new key to device 1, and the key that it
 * is encrypted with. */
static struct cbc_key rotate(struct room *w, struct letter *l)
{
	n_encryptions = 0;
	(void)room_act(w, REKEY);
	assert_int_equal(n_encryptions, 1);
	take_letter(l, w, 1);
	return last_key;
}

/* What it says next: an event on the heap. */
static struct gb_message say_hello(struct room *w)
{
	const struct gb_bytes hello = {(const uint8_t *)"hello", 5};
	struct gb_message event;

	gb_mailbox_empty(&w->mailbox);
	room_must(w, ROOM_BACKEND->send(w->world, 0, hello, &w->mailbox.outbox));
	assert_int_equal(w->mailbox.n_kept, 1);
	assert_int_equal(gb_message_copy(&event, &w->mailbox.kept[0]), 0);
	return event;
}

/* ---- the thief ---- */

/* The plaintext of the letter; NULL under a wrong key. */
static json_t *open_letter(const struct letter *l, const struct cbc_key *by)
{
	struct megolm_slice sealed = last_field(megolm_slice(l->raw, l->len));
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t plain[sizeof(l->raw)];
	int n = 0, end = 0;
	bool opens;

	if (l->type == 0)
		sealed = last_field(sealed);
	opens = EVP_DecryptInit_ex(context, EVP_aes_256_cbc(), NULL, by->key, by->iv) == 1 &&
		EVP_DecryptUpdate(context, plain, &n, sealed.p, (int)sealed.len) == 1 &&
		EVP_DecryptFinal_ex(context, plain + n, &end) == 1;
	EVP_CIPHER_CTX_free(context);
	return opens ? parse(plain, (size_t)(n + end)) : NULL;
}

/* Decrypts an event by the key of its session, and looks for the words. */
static void assert_says_hello(const char *session_key, const struct gb_message *event)
{
	OlmInboundGroupSession *olm =
		olm_inbound_group_session(malloc(olm_inbound_group_session_size()));
	json_t *json = parse(event->body.p, event->body.len);
	char *message = strdup(json_string_value(json_object_get(json, "ciphertext")));
	uint8_t said[1024] = "";
	uint32_t index;
	size_t n;

	assert_int_equal(olm_init_inbound_group_session(olm, (const uint8_t *)session_key,
							strlen(session_key)),
			 0);
	n = olm_group_decrypt(olm, (uint8_t *)message, strlen(message), said, sizeof(said) - 1,
			      &index);
	assert_true(n < sizeof(said));
	assert_non_null(strstr((const char *)said, "hello"));
	olm_clear_inbound_group_session(olm);
	free(olm);
	free(message);
	json_decref(json);
}

/* Whether the key opens the letter, and then what is in it the event. */
static bool reads(const struct cbc_key *by, const struct letter *l, const struct gb_message *event)
{
	json_t *plain = open_letter(l, by), *content = json_object_get(plain, "content");

	if (plain == NULL)
		return false;
	assert_says_hello(json_string_value(json_object_get(content, "session_key")), event);
	json_decref(plain);
	return true;
}

/* The copy does what the sender did, and has all that the sender had but what that has drawn since:
 * where nothing of this is in the key of the letter, it comes to the same one. */
static void a_copy_reads_on_unless_the_rotation_heals(void **state)
{
	static const struct {
		const char *olm;
		int heals;
	} rows[] = {{"new", 1}, {"ratchet", 1}, {"chain", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gb_axis axes[] = {{"olm", rows[i].olm}, {"olm_crypto", "openssl"}};
		struct letter letter, another;
		struct cbc_key of_sender, of_copy;
		struct gb_message event;
		struct room w;
		int heals = -1;

		room_open_with(&w, 2, axes, 2, false);
		room_must(&w, ROOM_BACKEND->checkpoint(w.world));
		of_sender = rotate(&w, &letter);
		room_must(&w, ROOM_BACKEND->heals(w.world, 0, &heals));
		assert_int_equal(heals, rows[i].heals);
		event = say_hello(&w);
		assert_true(reads(&of_sender, &letter, &event));
		room_must(&w, ROOM_BACKEND->rollback(w.world));
		of_copy = rotate(&w, &another);
		assert_int_equal(reads(&of_copy, &letter, &event), !heals);
		gb_messages_drop(&event, 1);
		room_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_reads_on_unless_the_rotation_heals),
	};

	return cmocka_run_group_tests_name("healing", tests, NULL, NULL);
}
