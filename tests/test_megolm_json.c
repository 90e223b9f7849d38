/* The reader of megolm/ against the grammar of RFC 8259, jansson, and the canonical JSON and
 * signatures that the Matrix specification prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "json.h"
#include "matrix.h"
#include "state.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *const texts[] = {
	"{}",
	" { } ",
	"{\"a\":1}",
	"{\"a\":1,}",
	"{,}",
	"{\"a\" : [1, 2, {\"b\":null}], \"c\":true}",
	"{\"a\":[1,]}",
	"{\"a\":[,1]}",
	"{\"a\":[1 2]}",
	"{\"a\":01}",
	"{\"a\":-0}",
	"{\"a\":-}",
	"{\"a\":+1}",
	"{\"a\":1.}",
	"{\"a\":.5}",
	"{\"a\":1.5e+10}",
	"{\"a\":1e}",
	"{\"a\":1E5}",
	"{\"a\":tru}",
	"{\"a\":nulll}",
	"{\"a\":false}",
	"{\"a\":\"\\u00e9\\n\\\"\\\\\\/\"}",
	"{\"a\":\"\\ud83d\\ude00\"}",
	"{\"a\":\"\\ud83d\"}",
	"{\"a\":\"\\ud83d{ude00\"}",
	"{\"a\":\"\\ud83d\\u0041\"}",
	"{\"a\":\"\\ude00\\ud83d\"}",
	"{\"a\":\"\\uffff\\ud7ff\\ue000\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12g4\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":\"\n\"}",
	"{\"a\":\"\x7f\"}",
	"{\"a\":\"\xc3\xa9\"}",
	"{\"a\":\"\xc3\"}",
	"{\"a\":\"\xc0\x80\"}",
	"{\"a\":\"\xe0\x80\x80\"}",
	"{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xed\x9f\xbf\"}",
	"{\"a\":\"\xf0\x9f\x98\x80\"}",
	"{\"a\":\"\xf0\x80\x80\x80\"}",
	"{\"a\":\"\xf4\x8f\xbf\xbf\"}",
	"{\"a\":\"\xf4\x90\x80\x80\"}",
	"{\"a\":\"\xff\"}",
	"{\"a\":\"",
	"{\"a\":\"\\",
	"{\"a\"}",
	"{\"a\":}",
	"{a:1}",
	"{\"a\":1}x",
	"{\"a\":1}{}",
	"{\"a\":1",
	"",
	"   ",
	"{\"a\":'x'}",
	"{\"a\":[[[]]]}",
	"{\"a\":[[[]]}",
	"{\"a\":[}]}",
};

/* jansson as the judge of what is JSON; megolm/ wants an object on top. */
static void what_is_json_is_decided_as_jansson_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		json_t *json = json_loads(texts[i], JSON_ALLOW_NUL, NULL);
		bool want = json_is_object(json);
		bool is = megolm_json_check(matrix_text(texts[i])) == MEGOLM_OK;

		json_decref(json);
		if (is != want)
			fail_msg("%s is %s to jansson", texts[i], want ? "an object" : "refused");
	}
}

/* Every prefix of an object, and the object with any one byte changed, is judged alike. */
static void damaged_objects_are_judged_as_jansson_does(void **state)
{
	static const char whole[] =
		"{\"algorithms\":[\"m.olm.v1\",{\"b\":-12.5e3}],\"k\":{\"x\":\"\\u00e9\xc3\xa9\"}}";
	char text[sizeof(whole)];

	(void)state;
	for (size_t at = 0; at < sizeof(whole) - 1; at++)
		for (unsigned c = 1; c < 256; c++) {
			struct megolm_slice s = {(const uint8_t *)text, sizeof(whole) - 1};
			json_t *json;
			bool want;

			memcpy(text, whole, sizeof(whole));
			text[at] = (char)c;
			if (c == 1) {
				s.len = at;
				assert_int_not_equal(megolm_json_check(s), MEGOLM_OK);
				s.len = sizeof(whole) - 1;
			}
			json = json_loadb(text, s.len, JSON_ALLOW_NUL, NULL);
			want = json_is_object(json);
			json_decref(json);
			assert_int_equal(megolm_json_check(s) == MEGOLM_OK, want);
		}
}

static void nesting_is_bounded(void **state)
{
	char text[200] = "{\"a\":";
	size_t n = strlen(text);

	(void)state;
	memset(text + n, '[', 31);
	memset(text + n + 31, ']', 31);
	text[n + 62] = '}';
	assert_int_equal(megolm_json_check(matrix_text(text)), MEGOLM_OK);
	memset(text + n, '[', 32);
	memset(text + n + 32, ']', 32);
	text[n + 64] = '}';
	assert_int_equal(megolm_json_check(matrix_text(text)), MEGOLM_ERR_JSON);
}

static void members_are_found_once_or_not_at_all(void **state)
{
	static const char text[] =
		" {\"a\" : {\"b\":[\"}\",\"\\\"\"]} , \"c\":\"text\",\"d\":12, \"c2\":\"\\n\" }";
	struct megolm_slice value;

	(void)state;
	ASSERT_DONE(megolm_json_check(matrix_text(text)));
	ASSERT_DONE(megolm_json_member(matrix_text(text), matrix_text("a"), &value));
	assert_int_equal(value.len, strlen("{\"b\":[\"}\",\"\\\"\"]}"));
	ASSERT_DONE(megolm_json_string_member(matrix_text(text), "c", &value));
	assert_true(megolm_equals(value, "text"));
	ASSERT_ERR(megolm_json_string_member(matrix_text(text), "c2", &value),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_json_string_member(matrix_text(text), "d", &value),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_json_member(matrix_text(text), matrix_text("e"), &value),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_DONE(megolm_json_optional(matrix_text(text), matrix_text("e"), &value));
	assert_null(value.p);
	ASSERT_ERR(megolm_json_member(matrix_text("{\"a\":1,\"a\":2}"), matrix_text("a"), &value),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_json_member(matrix_text("{\"a\":1,\"\\u0061\":2}"), matrix_text("a"),
				      &value),
		   MEGOLM_ERR_JSON_MEMBER);
	ASSERT_ERR(megolm_json_member(matrix_text("[1]"), matrix_text("a"), &value),
		   MEGOLM_ERR_JSON_MEMBER);
}

/* The examples of the specification, appendices, "Canonical JSON", and what they leave out. */
static void canonical_json_is_that_of_the_specification(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: refused */
	} rows[] = {
		{"{}", "{}"},
		{"{\n \"one\": 1,\n \"two\": \"Two\"\n}", "{\"one\":1,\"two\":\"Two\"}"},
		{"{\"b\":\"2\", \"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}"},
		{"{\"auth\": {\"success\": true, \"mxid\": \"@john.doe:example.com\", \"profile\": "
		 "{\"display_name\": \"John Doe\", \"three_pids\": [{\"medium\": \"email\", "
		 "\"address\": \"john.doe@example.org\"}, {\"medium\": \"msisdn\", \"address\": "
		 "\"123456789\"}]}}}",
		 "{\"auth\":{\"mxid\":\"@john.doe:example.com\",\"profile\":{\"display_name\":"
		 "\"John Doe\",\"three_pids\":[{\"address\":\"john.doe@example.org\",\"medium\":"
		 "\"email\"},{\"address\":\"123456789\",\"medium\":\"msisdn\"}]},\"success\":"
		 "true}}"},
		{"{\"a\":\"日本語\"}", "{\"a\":\"日本語\"}"},
		{"{\"本\":2,\"日\":1}", "{\"日\":1,\"本\":2}"},
		{"{\"a\":\"\\u65E5\"}", "{\"a\":\"日\"}"},
		{"{\"a\":null}", "{\"a\":null}"},
		{"{\"a\":\"\\ud83d\\ude00\\/\\u001F\\n\\\"\\\\\\u0041\"}",
		 "{\"a\":\"😀/\\u001f\\n\\\"\\\\A\"}"},
		{"{\"a\":-12,\"b\":[ ],\"c\":[ 1 , {} ]}", "{\"a\":-12,\"b\":[],\"c\":[1,{}]}"},
		{"{\"signatures\":{\"x\":1},\"a\":{\"signatures\":2},\"unsigned\":3}",
		 "{\"a\":{\"signatures\":2}}"},
		{"{\"a\":1.5}", NULL},
		{"{\"a\":1e3}", NULL},
		{"{\"a\":-0}", NULL},
		{"{\"a\":[9007199254740991,-9007199254740991]}",
		 "{\"a\":[9007199254740991,-9007199254740991]}"},
		{"{\"a\":9007199254740992}", NULL},
		{"{\"a\":-9007199254740992}", NULL},
		{"{\"b\":[{\"a\":9100000000000000}]}", NULL},
		{"{\"a\":10000000000000000}", NULL},
		{"{\"a\":-10000000000000000}", NULL},
		{"{\"a\":1,\"a\":1}", NULL},
		{"{\"b\":{\"a\":1,\"c\":2,\"a\":1}}", NULL},
		{"{\"\\u0061\":1}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		uint8_t memory[512];
		struct megolm_text out = megolm_text(memory, sizeof(memory));
		enum megolm_err err;

		ASSERT_DONE(megolm_json_check(matrix_text(rows[i].text)));
		err = megolm_json_signed(&out, matrix_text(rows[i].text));
		if (rows[i].canonical == NULL) {
			ASSERT_ERR(err, MEGOLM_ERR_JSON);
			continue;
		}
		ASSERT_DONE(err);
		assert_int_equal(out.len, strlen(rows[i].canonical));
		assert_memory_equal(memory, rows[i].canonical, out.len);
	}
}

static void canonical_json_that_does_not_fit_is_refused(void **state)
{
	uint8_t memory[10];
	struct megolm_text out = megolm_text(memory, sizeof(memory));

	(void)state;
	ASSERT_ERR(megolm_json_signed(&out, matrix_text("{\"a\":\"0123456789\"}")),
		   MEGOLM_ERR_TOO_LARGE);
}

/* Matrix specification, "Cryptographic Test Vectors": JSON signed with a published key. */
static void signed_json_of_the_specification_verifies(void **state)
{
	static const char key[] = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
	static const char empty[] =
		"{\"signatures\":{\"domain\":{\"ed25519:1\":\"K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+"
		"UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ\"}}}";
	static const char data[] =
		"{\"one\": 1, \"signatures\": {\"domain\": {\"ed25519:1\": \"KqmLSbO39/Bzb0QIYE82zq"
		"LwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw\"}}, \"two\": "
		"\"Two\"}";
	static const char forged[] =
		"{\"one\": 2, \"signatures\": {\"domain\": {\"ed25519:1\": \"KqmLSbO39/Bzb0QIYE82zq"
		"LwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw\"}}, \"two\": "
		"\"Two\"}";
	struct matrix_device d;

	(void)state;
	matrix_open(&d, 0, &megolm_default_policy);
	for (int openssl = 0; openssl < 2; openssl++) {
		megolm_probe_use(openssl ? MEGOLM_PROBE_OPENSSL : MEGOLM_PROBE_LIBOLM);
#define VERIFY(text, id)                                                                           \
	megolm_verify_signed(d.device, matrix_text(text), matrix_text("domain"), matrix_text(id),  \
			     matrix_text(key))
		ASSERT_DONE(VERIFY(empty, "1"));
		ASSERT_DONE(VERIFY(data, "1"));
		ASSERT_ERR(VERIFY(forged, "1"), MEGOLM_ERR_SIGNATURE);
		ASSERT_ERR(VERIFY(data, "2"), MEGOLM_ERR_SIGNATURE);
		ASSERT_ERR(VERIFY("{\"one\":1}", "1"), MEGOLM_ERR_SIGNATURE);
		ASSERT_ERR(VERIFY("{\"one\":9007199254740991}", "1"), MEGOLM_ERR_SIGNATURE);
		ASSERT_ERR(VERIFY("{\"one\":9007199254740992}", "1"), MEGOLM_ERR_JSON);
#undef VERIFY
	}
	megolm_probe_use(MEGOLM_PROBE_LIBOLM);
	matrix_close(&d);
}

/* What a homeserver or an inviter sends may be as long as 64 MiB. Linear work takes 0.02 s here,
 * the square of it minutes. */
static void a_string_of_escapes_is_read_as_fast_as_another(void **state)
{
	static const char before[] = "{\"a\":\"", behind[] = "\",\"b\":\"c\"}";
	const size_t n = 1 << 20, len = sizeof(before) - 1 + 2 * n + sizeof(behind) - 1;
	char *text = malloc(len), *at = text + sizeof(before) - 1;
	struct megolm_slice value, json = {(const uint8_t *)text, len};
	clock_t begun = clock();

	(void)state;
	assert_non_null(text);
	memcpy(text, before, sizeof(before) - 1);
	for (size_t i = 0; i < n; i++, at += 2)
		memcpy(at, "\\n", 2);
	memcpy(at, behind, sizeof(behind) - 1);
	assert_int_equal(megolm_json_check(json), MEGOLM_OK);
	assert_int_equal(megolm_json_string_member(json, "b", &value), MEGOLM_OK);
	assert_true(value.len == 1 && *value.p == 'c');
	assert_true((clock() - begun) / CLOCKS_PER_SEC < 5);
	free(text);
}

/* Quotes and backslashes that are escaped, before the one that ends the string. */
static void a_string_ends_at_its_own_quote(void **state)
{
	static const char *const strings[] = {
		"", "\\\"", "\\\\", "\\\\\\\"", "\\\"\\\"", "\\n\\\"x\\\\", "x\\\"\\\\\\\"y",
	};

	(void)state;
	for (size_t i = 0; i < N(strings); i++) {
		struct megolm_slice value;
		char text[64];

		snprintf(text, sizeof(text), "{\"a\":\"%s\",\"b\":\"c\"}", strings[i]);
		assert_int_equal(megolm_json_check(matrix_text(text)), MEGOLM_OK);
		assert_int_equal(megolm_json_member(matrix_text(text), matrix_text("a"), &value),
				 MEGOLM_OK);
		assert_int_equal(value.len, strlen(strings[i]) + 2);
		assert_memory_equal(value.p + 1, strings[i], value.len - 2);
		assert_int_equal(megolm_json_string_member(matrix_text(text), "b", &value),
				 MEGOLM_OK);
		assert_true(value.len == 1 && *value.p == 'c');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_is_decided_as_jansson_does),
		cmocka_unit_test(damaged_objects_are_judged_as_jansson_does),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(members_are_found_once_or_not_at_all),
		cmocka_unit_test(canonical_json_is_that_of_the_specification),
		cmocka_unit_test(canonical_json_that_does_not_fit_is_refused),
		cmocka_unit_test(signed_json_of_the_specification_verifies),
		cmocka_unit_test(a_string_of_escapes_is_read_as_fast_as_another),
		cmocka_unit_test(a_string_ends_at_its_own_quote),
	};

	return cmocka_run_group_tests_name("megolm json", tests, NULL, NULL);
}
