#include "vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Everything that was taken out of its object or decoded since the last vectors_free(). */
static json_t *taken;

struct bytes {
	struct bytes *next;
	uint8_t p[];
};
static struct bytes *decoded;

void vectors_free(void)
{
	struct bytes *next;

	json_decref(taken);
	taken = NULL;
	for (; decoded; decoded = next) {
		next = decoded->next;
		free(decoded);
	}
}

static void keep(json_t *value)
{
	if (!taken)
		taken = json_array();
	assert_int_equal(json_array_append(taken, value), 0);
}

json_t *vectors_read(FILE *in, const char *name)
{
	json_error_t error;
	json_t *root = json_loadf(in, 0, &error);

	if (!root)
		fail_msg("%s:%d:%d: %s", name, error.line, error.column, error.text);
	keep(root);
	json_decref(root);
	if (!json_is_array(root) || json_array_size(root) == 0)
		fail_msg("%s: found no cases, want an array of them", name);
	return root;
}

static json_t *load(const char *path)
{
	FILE *in = fopen(path, "r");
	json_t *root;

	if (!in)
		fail_msg("%s: %s", path, strerror(errno));
	root = vectors_read(in, path);
	fclose(in);
	return root;
}

json_t *vectors_load(const char *name)
{
	const char *directory = getenv("MLS_TEST_VECTORS");
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory ? directory : "../shared/test-vectors",
		 name);
	if (access(path, R_OK) == 0)
		return load(path);
	if (getenv("MLS_TEST_VECTORS_REQUIRED"))
		fail_msg("%s: not found, and MLS_TEST_VECTORS_REQUIRED is set", path);
	print_message("%s: not found, skipped; MLS_TEST_VECTORS names the directory\n", path);
	skip();
	return NULL;
}

json_t *vectors_load_carried(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "tests/vectors/%s", name);
	return load(path);
}

static json_t *take(json_t *object, const char *key, const char *wanted, bool is_wanted(json_t *))
{
	json_t *value = json_object_get(object, key);

	if (!value)
		fail_msg("key \"%s\": not there, want %s", key, wanted);
	if (!is_wanted(value))
		fail_msg("key \"%s\": found another type, want %s", key, wanted);
	keep(value);
	json_object_del(object, key);
	return value;
}

static bool is_string(json_t *value)
{
	return json_is_string(value);
}

static bool is_number(json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool is_object(json_t *value)
{
	return json_is_object(value);
}

static bool is_array(json_t *value)
{
	return json_is_array(value);
}

const char *vector_string(json_t *object, const char *key)
{
	return json_string_value(take(object, key, "a string", is_string));
}

struct mls_slice vector_hex(json_t *object, const char *key)
{
	return hex(vector_string(object, key));
}

struct mls_slice vector_private_key(json_t *object, const char *key, size_t len)
{
	const char *digits = vector_string(object, key);
	char padded[2 * 66 + 1];
	const size_t have = strlen(digits);

	if (have > 2 * len || 2 * len >= sizeof(padded))
		fail_msg("key \"%s\": %zu digits, want at most %zu", key, have, 2 * len);
	memset(padded, '0', 2 * len - have);
	memcpy(padded + 2 * len - have, digits, have + 1);
	return hex(padded);
}

uint64_t vector_number(json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(take(object, key, "a number", is_number));
}

json_t *vector_object(json_t *object, const char *key)
{
	return take(object, key, "an object", is_object);
}

json_t *vector_array(json_t *object, const char *key)
{
	return take(object, key, "an array", is_array);
}

bool vector_has(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (json_is_null(value)) {
		json_object_del(object, key);
		return false;
	}
	return value != NULL;
}

struct mls_slice vector_hex_at(const json_t *array, size_t i)
{
	const char *digits = json_string_value(json_array_get(array, i));

	if (!digits)
		fail_msg("element %zu: want a string of hex digits", i);
	return hex(digits);
}

static bool on_sodium;

int vectors_on_sodium(void **state)
{
	(void)state;
	on_sodium = true;
	return 0;
}

enum mls_crypto_library vectors_library(const struct mls_suite *suite)
{
	if (on_sodium && (suite->id == 1 || suite->id == 3))
		return MLS_CRYPTO_SODIUM;
	return MLS_CRYPTO_OPENSSL;
}

struct mls_crypto *vector_crypto(json_t *object)
{
	uint64_t id = vector_number(object, "cipher_suite");
	const struct mls_suite *suite = mls_suite_find((uint16_t)id);
	struct mls_crypto *c = NULL;

	if (!suite)
		fail_msg("cipher suite %ju: not known", (uintmax_t)id);
	assert_int_equal(mls_crypto_new(&c, vectors_library(suite), suite, NULL), MLS_OK);
	return c;
}

struct mls_secret vector_secret(json_t *object, const char *key)
{
	struct mls_slice s = vector_hex(object, key);
	struct mls_secret secret = {.len = (uint8_t)s.len};

	if (s.len > MLS_MAX_HASH)
		fail_msg("key \"%s\": %zu bytes, want at most %d", key, s.len, MLS_MAX_HASH);
	memcpy(secret.bytes, s.p, s.len);
	return secret;
}

void vector_expect(json_t *object, const char *key, struct mls_slice got)
{
	struct mls_slice want = vector_hex(object, key);

	if (got.len != want.len)
		fail_msg("key \"%s\": %zu bytes, want %zu", key, got.len, want.len);
	if (got.len > 0 && memcmp(got.p, want.p, got.len) != 0)
		fail_msg("key \"%s\": the %zu bytes differ", key, got.len);
}

void vector_done(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) fail_msg("key \"%s\" was not read", key);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) % 16 : -1;
}

struct mls_slice hex(const char *digits)
{
	size_t len = strlen(digits) / 2;
	struct bytes *bytes = malloc(sizeof(*bytes) + len + 1);

	assert_non_null(bytes);
	bytes->next = decoded;
	decoded = bytes;
	if (strlen(digits) % 2 != 0)
		fail_msg("\"%.20s\": odd number of hex digits", digits);
	for (size_t i = 0; i < len; i++) {
		int high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			fail_msg("\"%.20s\": want hex digits", digits);
		bytes->p[i] = (uint8_t)(high << 4 | low);
	}
	return (struct mls_slice){bytes->p, len};
}
