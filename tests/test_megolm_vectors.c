/*
 * Values that others published: the cryptographic test vectors of the Matrix specification
 * (appendices), and those in the tests of libolm, which are read from a copy of its sources that
 * OLM_TEST_VECTORS names. Each with libolm's own primitives and with OpenSSL's under it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <olm/olm.h>
#include <olm/pk.h>
#include <openssl/evp.h>

#include "backup.h"
#include "crypto.h"
#include "crypto_base64.h"
#include "inbound.h"
#include "json.h"
#include "matrix.h"
#include "state.h"

#define FOR_EACH_PRIMITIVES(which)                                                                 \
	for (int which = MEGOLM_PROBE_LIBOLM;                                                      \
	     which <= MEGOLM_PROBE_OPENSSL &&                                                      \
	     (megolm_probe_use((enum megolm_probe_primitives)which), true);                        \
	     which++)

static void assert_slice(struct megolm_slice s, const char *want)
{
	if (s.len != strlen(want) || memcmp(s.p, want, s.len) != 0)
		fail_msg("%.*s is not %s", (int)s.len, (const char *)s.p, want);
}

/* ---- the specification, appendices, "Cryptographic Test Vectors" ---- */

static const char seed_text[] = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=";

/* As printed there, "JSON Signing" and "Event Signing"; the last event is redacted, as it is
 * signed. */
static const struct {
	const char *object, *signature;
} signed_json[] = {
	{"{}",
	 "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"},
	{"{\n    \"one\": 1,\n    \"two\": \"Two\"\n}",
	 "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"},
	{"{\n    \"room_id\": \"!x:domain\",\n    \"sender\": \"@a:domain\",\n    \"origin\": "
	 "\"domain\",\n    \"origin_server_ts\": 1000000,\n    \"signatures\": {},\n    "
	 "\"hashes\": {\n        \"sha256\": \"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos\"\n    "
	 "},\n    \"type\": \"X\",\n    \"content\": {},\n    \"prev_events\": [],\n    "
	 "\"auth_events\": [],\n    \"depth\": 3,\n    \"unsigned\": {\n        \"age_ts\": "
	 "1000000\n    }\n}",
	 "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"},
	{"{\n    \"content\": {},\n    \"event_id\": \"$0:domain\",\n    \"hashes\": {\n        "
	 "\"sha256\": \"onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g\"\n    },\n    \"origin\": "
	 "\"domain\",\n    \"origin_server_ts\": 1000000,\n    \"type\": \"m.room.message\",\n    "
	 "\"room_id\": \"!r:domain\",\n    \"sender\": \"@u:domain\"\n}",
	 "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA"},
};

static OlmPkSigning *signing_key(char public_key[44])
{
	/* Its last digit has bits that no byte takes, which megolm_base64_read refuses. */
	uint8_t seed[33];
	OlmPkSigning *key = olm_pk_signing(malloc(olm_pk_signing_size()));

	assert_int_equal(EVP_DecodeBlock(seed, (const uint8_t *)seed_text, 44), sizeof(seed));
	assert_int_equal(olm_pk_signing_key_from_seed(key, public_key, 43, seed, 32), 0);
	public_key[43] = '\0';
	return key;
}

/* The object with one more member. */
static struct megolm_slice with_signature(char text[2048], const char *object,
					  const char *signature)
{
	const char *rest = object + 1;

	snprintf(text, 2048, "{\"signatures\":{\"domain\":{\"ed25519:1\":\"%s\"}}%s%s", signature,
		 strcmp(rest, "}") == 0 ? "" : ",", rest);
	return matrix_text(text);
}

static void json_is_signed_as_the_specification_prints_it(void **state)
{
	struct matrix_device verifier;
	char public_key[44];
	OlmPkSigning *key = signing_key(public_key);

	(void)state;
	matrix_open(&verifier, 0, &megolm_default_policy);
	for (size_t i = 0; i < sizeof(signed_json) / sizeof(signed_json[0]); i++) {
		uint8_t canonical[1024], signature[86];
		struct megolm_text text = megolm_text(canonical, sizeof(canonical));
		const char *at = strstr(signed_json[i].object, "\"signatures\": {},");
		char object[1024], whole[2048];

		ASSERT_DONE(megolm_json_signed(&text, matrix_text(signed_json[i].object)));
		assert_int_equal(olm_pk_sign(key, text.p, text.len, signature, sizeof(signature)),
				 sizeof(signature));
		assert_slice((struct megolm_slice){signature, sizeof(signature)},
			     signed_json[i].signature);
		/* There must not be two members of that name. */
		snprintf(object, sizeof(object), "%.*s%s",
			 at != NULL ? (int)(at - signed_json[i].object) : 0, signed_json[i].object,
			 at != NULL ? at + strlen("\"signatures\": {},") : signed_json[i].object);
		FOR_EACH_PRIMITIVES(which)
		{
			ASSERT_DONE(megolm_verify_signed(
				verifier.device,
				with_signature(whole, object, signed_json[i].signature),
				matrix_text("domain"), matrix_text("1"), matrix_text(public_key)));
			ASSERT_ERR(megolm_verify_signed(
					   verifier.device,
					   with_signature(whole, object,
							  signed_json[(i + 1) % 4].signature),
					   matrix_text("domain"), matrix_text("1"),
					   matrix_text(public_key)),
				   MEGOLM_ERR_SIGNATURE);
		}
	}
	olm_clear_pk_signing(key);
	free(key);
	matrix_close(&verifier);
}

/* ---- libolm ---- */

/* A file of libolm's tests; NULL without a copy, and then the test is skipped. */
static char *read_source(const char *name)
{
	static char text[1 << 16];
	const char *directory = getenv("OLM_TEST_VECTORS");
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/%s", directory != NULL ? directory : "", name);
	f = directory != NULL ? fopen(path, "rb") : NULL;
	if (f == NULL) {
		print_message("%s: not found, skipped; OLM_TEST_VECTORS names a copy of libolm\n",
			      path);
		skip();
	}
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* What stands behind the first of these words that follows the other. */
static const char *behind(const char *text, const char *first, const char *then)
{
	const char *at = strstr(text, first);

	at = at != NULL ? strstr(at + strlen(first), then) : NULL;
	if (at == NULL)
		fail_msg("there is no %s behind %s", then, first);
	return at + strlen(then);
}

/* The string that literals up to a semicolon are; its length. */
static size_t string_at(char *out, size_t cap, const char *at)
{
	size_t n = 0;

	for (bool is_inside = false; *at != '\0' && (is_inside || *at != ';'); at++) {
		if (*at == '"')
			is_inside = !is_inside;
		else if (is_inside && n + 1 < cap)
			out[n++] = *at;
	}
	out[n] = '\0';
	return n;
}

/* Bytes written as 0x.., up to a closing brace; how many. */
static size_t bytes_at(uint8_t *out, size_t cap, const char *at)
{
	size_t n = 0;

	for (at = strchr(at, '{'); *at != '}' && n < cap; at++)
		if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
			out[n++] = (uint8_t)strtoul(at, NULL, 16);
	return n;
}

/* In base64: version 1, index 0, the ratchet, a public key of zeros. */
static void write_export(uint8_t out[MEGOLM_EXPORT_CHARS], const char ratchet[128])
{
	uint8_t raw[1 + 4 + 128 + 32] = {1};
	struct megolm_text text = megolm_text(out, MEGOLM_EXPORT_CHARS);

	memcpy(raw + 5, ratchet, 128);
	megolm_put_base64(&text, (struct megolm_slice){raw, sizeof(raw)});
	assert_int_equal(text.len, MEGOLM_EXPORT_CHARS);
}

static void the_ratchet_advances_as_libolms_tests_say(void **state)
{
	static const struct {
		const char *name;
		uint32_t index;
	} rows[] = {{"expected1[] = ", 1},
		    {"expected2[] = ", 0x1000000},
		    {"expected3[] = ", 0x1041506}};
	const char *text = read_source("test_megolm.cpp");
	char ratchet[256];

	(void)state;
	assert_int_equal(string_at(ratchet, sizeof(ratchet), behind(text, "random_bytes[]", "=")),
			 128);
	FOR_EACH_PRIMITIVES(which)
	{
		uint8_t exported[MEGOLM_EXPORT_CHARS];
		OlmInboundGroupSession *session =
			olm_inbound_group_session(malloc(olm_inbound_group_session_size()));

		write_export(exported, ratchet);
		assert_int_equal(
			olm_import_inbound_group_session(session, exported, sizeof(exported)), 0);
		for (size_t i = 0; i < 3; i++) {
			uint8_t want[128], raw[256];
			size_t len = 0;

			assert_int_equal(bytes_at(want, sizeof(want),
						  behind(text, "Megolm::advance", rows[i].name)),
					 128);
			assert_int_equal(olm_export_inbound_group_session(session, exported,
									  sizeof(exported),
									  rows[i].index),
					 sizeof(exported));
			ASSERT_DONE(megolm_base64_read(
				raw, sizeof(raw), &len,
				(struct megolm_slice){exported, sizeof(exported)}));
			assert_int_equal(len, 165);
			assert_memory_equal(raw + 5, want, sizeof(want));
		}
		olm_clear_inbound_group_session(session);
		free(session);
	}
}

static void assert_reads(struct megolm_inbound *inbound, const char *message)
{
	uint8_t copy[512], plaintext[512];
	uint32_t index = 1;
	size_t n;

	memcpy(copy, message, strlen(message));
	n = olm_group_decrypt(inbound->olm, copy, strlen(message), plaintext, sizeof(plaintext),
			      &index);
	assert_int_equal(n, strlen("Message"));
	assert_memory_equal(plaintext, "Message", n);
	assert_int_equal(index, 0);
}

/* The id of a session is its public key, behind version, index and ratchet. */
static void session_id(char id[44], const char *session_key)
{
	uint8_t raw[512];
	size_t len = 0;
	struct megolm_text text = megolm_text((uint8_t *)id, 43);

	ASSERT_DONE(megolm_base64_read(raw, sizeof(raw), &len, matrix_text(session_key)));
	assert_int_equal(len, 1 + 4 + 128 + 32 + 64);
	megolm_put_base64(&text, (struct megolm_slice){raw + 1 + 4 + 128, 32});
	id[43] = '\0';
}

static void a_session_key_of_libolms_tests_opens_their_message(void **state)
{
	const char *text = read_source("test_group_session.cpp");
	static const char test[] = "\"Inbound group session export/import\"";
	char key[512], message[512], id[44];

	(void)state;
	(void)string_at(key, sizeof(key), behind(text, test, "session_key[] ="));
	(void)string_at(message, sizeof(message), behind(text, test, "message[] ="));
	session_id(id, key);
	FOR_EACH_PRIMITIVES(which)
	{
		struct megolm_origin *origin = calloc(1, sizeof(*origin));
		struct megolm_inbound *inbound = NULL, *imported = NULL;
		uint8_t exported[MEGOLM_EXPORT_CHARS];
		uint32_t index = 1;

		ASSERT_DONE(megolm_inbound_new(&inbound, NULL, matrix_text(id), matrix_text(key)));
		assert_reads(inbound, message);
		ASSERT_DONE(megolm_inbound_export(inbound, exported, &index));
		assert_int_equal(index, 0);
		ASSERT_DONE(
			megolm_inbound_import(&imported, origin, matrix_text(id),
					      (struct megolm_slice){exported, sizeof(exported)}));
		assert_reads(imported, message);
		megolm_inbound_free(imported);
		megolm_inbound_free(inbound);
		key[100] ^= 1;
		ASSERT_ERR(megolm_inbound_new(&inbound, NULL, matrix_text(id), matrix_text(key)),
			   MEGOLM_ERR_SIGNATURE);
		key[100] ^= 1;
	}
}

static enum megolm_err draw_fixed(void *state, uint8_t *out, size_t len)
{
	memcpy(out, state, len);
	return len == 32 ? MEGOLM_OK : MEGOLM_ERR_RANDOM;
}

/* What a backup seals with a known key and ephemeral key, byte for byte, and opens again. */
static void a_backup_seals_as_libolms_tests_say(void **state)
{
	const char *text = read_source("test_pk.cpp");
	static const char test[] = "\"Public Key Decryption pickling\"";
	char public_key[64], ephemeral[64], ciphertext[64], mac[64], want[256];
	uint8_t own[32], theirs[32];

	(void)state;
	assert_int_equal(bytes_at(own, sizeof(own), behind(text, "TEST_CASE", "alice_private")),
			 32);
	assert_int_equal(bytes_at(theirs, sizeof(theirs), behind(text, "TEST_CASE", "bob_private")),
			 32);
	(void)string_at(public_key, sizeof(public_key), behind(text, "TEST_CASE", "alice_public"));
	(void)string_at(ciphertext, sizeof(ciphertext), behind(text, test, "*ciphertext"));
	(void)string_at(mac, sizeof(mac), behind(text, test, "*mac"));
	(void)string_at(ephemeral, sizeof(ephemeral), behind(text, test, "*ephemeral_key"));
	snprintf(want, sizeof(want), "{\"ciphertext\":\"%s\",\"ephemeral\":\"%s\",\"mac\":\"%s\"}",
		 ciphertext, ephemeral, mac);
	FOR_EACH_PRIMITIVES(which)
	{
		struct matrix_device alice;
		struct megolm_backup *backup;
		struct megolm_slice plain;
		uint8_t sealed[256];
		struct megolm_text out = megolm_text(sealed, sizeof(sealed));

		matrix_open(&alice, 0, &megolm_default_policy);
		alice.device->random = (struct megolm_random){draw_fixed, theirs};
		ASSERT_DONE(megolm_backup_open(&backup, MEGOLM_BACKUP_CURVE25519, own, "1"));
		assert_string_equal(backup->public_key, public_key);
		ASSERT_DONE(megolm_backup_seal(backup, alice.device, &out, "",
					       matrix_text("This is a test")));
		assert_slice(megolm_text_slice(&out), want);
		ASSERT_DONE(megolm_backup_unseal(backup, alice.device, &plain, matrix_text(""),
						 megolm_text_slice(&out)));
		assert_slice(plain, "This is a test");
		megolm_backup_free(backup);
		matrix_close(&alice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_signed_as_the_specification_prints_it),
		cmocka_unit_test(the_ratchet_advances_as_libolms_tests_say),
		cmocka_unit_test(a_session_key_of_libolms_tests_opens_their_message),
		cmocka_unit_test(a_backup_seals_as_libolms_tests_say),
	};

	return cmocka_run_group_tests_name("megolm vectors", tests, NULL, NULL);
}
