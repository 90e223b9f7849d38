/*
 * Values that others published: the cryptographic test vectors of the Matrix specification
 * (appendices), and those in the tests of libolm. Each with libolm's own primitives and with
 * OpenSSL's under it.
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
#include <openssl/crypto.h>
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

/* ---- libolm, tests/ of gitlab.matrix.org/matrix-org/olm: the values ---- */

static void read_hex(uint8_t *out, size_t len, const char *hex)
{
	size_t n = 0;

	assert_int_equal(OPENSSL_hexstr2buf_ex(out, len, &n, hex, '\0'), 1);
	assert_int_equal(n, len);
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

#define LETTERS "0123456789ABCDEF0123456789ABCDEF" /* a part of the ratchet at index 0 */
#define IN_HEX  "3031323334353637383941424344454630313233343536373839414243444546"

/* test_megolm.cpp, "Megolm::advance": the four parts of the ratchet. */
static const struct {
	uint32_t index;
	const char *ratchet;
} ratchets[] = {
	{1,
	 IN_HEX IN_HEX IN_HEX "ba9cd955741d1c162323ec825e7c5ce889bbb423a18f23828fb2090d6e2af86a"},
	{0x1000000, "54022d7dc0298e1637e21c97153092f933c056ff74fe1b922d971f2482c2859c"
		    "7004c01ee49bd6efe0073525af9b1632c5be726d12349cc5bd472bdc2df6540f"
		    "3112591194fda617e568c683101eaecd7eddd6de1fbc0767ae34da1a09a54eab"
		    "ba9cd955741d1c162323ec825e7c5ce889bbb423a18f23828fb2090d6e2af86a"},
	{0x1041506, "54022d7dc0298e1637e21c97153092f933c056ff74fe1b922d971f2482c2859c"
		    "55588df5b7a48878428927868164589f3663447b51edc3595b036ca604c46dcd"
		    "5c54850bfa98a1fd79a9df1cbe8fc5681937d30c85c8c31f7bb828816cf9ff3b"
		    "956cbf807e65126a49558d45c84a2e4cd56f03e24416b98e1cfd97c206aa907a"},
};

static void the_ratchet_advances_as_libolms_tests_say(void **state)
{
	(void)state;
	FOR_EACH_PRIMITIVES(which)
	{
		uint8_t exported[MEGOLM_EXPORT_CHARS];
		OlmInboundGroupSession *session =
			olm_inbound_group_session(malloc(olm_inbound_group_session_size()));

		write_export(exported, LETTERS LETTERS LETTERS LETTERS);
		assert_int_equal(
			olm_import_inbound_group_session(session, exported, sizeof(exported)), 0);
		for (size_t i = 0; i < sizeof(ratchets) / sizeof(ratchets[0]); i++) {
			uint8_t want[128], raw[256];
			size_t len = 0;

			read_hex(want, sizeof(want), ratchets[i].ratchet);
			assert_int_equal(olm_export_inbound_group_session(session, exported,
									  sizeof(exported),
									  ratchets[i].index),
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

/* test_group_session.cpp, "Inbound group session export/import". */
static const char libolms_key[] = "AgAAAAAwMTIzNDU2Nzg5QUJERUYwMTIzNDU2Nzg5QUJDREVGMDEyMzQ1Njc4OUFC"
				  "REVGMDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkRFRjAxMjM0NTY3ODlBQkNE"
				  "RUYwMTIzNDU2Nzg5QUJERUYwMTIzNDU2Nzg5QUJDREVGMDEyMw0bdg1BDq4Px/sl"
				  "Bow06q8n/B9WBfwWYyNOB8DlUmXGGwrFmaSb9bR/eY8xgERrxmP07hFmD9uqA2p8"
				  "PMHdnV5ysmgufE6oLZ5+8/mWQOW3VVTnDIlnwd8oHUYRuk8TCQ";
static const char libolms_message[] =
	"AwgAEhAcbh6UpbByoyZxufQ+h2B+8XHMjhR69G8F4+qjMaFlnIXusJZX3r8LnRORG9T3DXFdbVuvIWrLyRfm4i8Q"
	"Rbe8VPwGRFG57B1CtmxanuP8bHtnnYqlwPsD";

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
	char key[sizeof(libolms_key)], id[44];

	(void)state;
	memcpy(key, libolms_key, sizeof(key));
	session_id(id, key);
	FOR_EACH_PRIMITIVES(which)
	{
		struct megolm_origin *origin = calloc(1, sizeof(*origin));
		struct megolm_inbound *inbound = NULL, *imported = NULL;
		uint8_t exported[MEGOLM_EXPORT_CHARS];
		uint32_t index = 1;

		ASSERT_DONE(megolm_inbound_new(&inbound, NULL, matrix_text(id), matrix_text(key)));
		assert_reads(inbound, libolms_message);
		ASSERT_DONE(megolm_inbound_export(inbound, exported, &index));
		assert_int_equal(index, 0);
		ASSERT_DONE(
			megolm_inbound_import(&imported, origin, matrix_text(id),
					      (struct megolm_slice){exported, sizeof(exported)}));
		assert_reads(imported, libolms_message);
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

/* test_pk.cpp, "Public Key Decryption pickling", its message with the private keys of the test
 * before it, which are those of RFC 7748, 6.1: what a backup seals with a known key and ephemeral
 * key, byte for byte, and opens again. */
static void a_backup_seals_as_libolms_tests_say(void **state)
{
	static const char want[] =
		"{\"ciphertext\":\"ntk49j/KozVFtSqJXhCejg\",\"ephemeral\":"
		"\"3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08\",\"mac\":\"zpzU6BkZcNI\"}";
	uint8_t own[32], theirs[32];

	(void)state;
	read_hex(own, sizeof(own),
		 "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
	read_hex(theirs, sizeof(theirs),
		 "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
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
		assert_string_equal(backup->public_key,
				    "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo");
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
