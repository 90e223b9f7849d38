/*
 * The JSON reader of megolm/ against jansson: what is JSON to one is to the other, and the
 * canonical form of a signed object says the same as the object, in one way only.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_DEPTH 32

static bool is_deeper_than(const json_t *json, unsigned depth)
{
	const json_t *value;
	const char *name;
	size_t i;

	if (!json_is_object(json) && !json_is_array(json))
		return false;
	if (depth == 0)
		return true;
	json_array_foreach(json, i, value) if (is_deeper_than(value, depth - 1)) return true;
	json_object_foreach((json_t *)(uintptr_t)json, name,
			    value) if (is_deeper_than(value, depth - 1)) return true;
	return false;
}

/* jansson cannot hold a NUL in a name, nor numbers beyond its types. */
static bool is_beyond_jansson(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);

	return code == json_error_null_byte_in_key || code == json_error_numeric_overflow;
}

static struct megolm_slice canonical(uint8_t *out, size_t cap, struct megolm_slice text)
{
	struct megolm_text t = megolm_text(out, cap);

	return megolm_json_signed(&t, text) == MEGOLM_OK ? megolm_text_slice(&t)
							 : megolm_slice(NULL, 0);
}

static void check_canonical(struct megolm_slice text, json_t *json)
{
	uint8_t *first = malloc(text.len), *second = malloc(text.len);
	struct megolm_slice once, twice;
	json_t *again;

	if (first == NULL || second == NULL)
		abort();
	once = canonical(first, text.len, text);
	if (once.p != NULL) {
		json_object_del(json, "signatures");
		json_object_del(json, "unsigned");
		again = json_loadb((const char *)once.p, once.len,
				   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		if (again == NULL || !json_equal(json, again))
			abort();
		json_decref(again);
		twice = canonical(second, text.len, once);
		if (!megolm_equal(once, twice))
			abort();
	}
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct megolm_slice text = {data, size};
	bool accepted = megolm_json_check(text) == MEGOLM_OK;
	json_error_t error;
	json_t *json = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &error);

	if (accepted && json == NULL && !is_beyond_jansson(&error))
		abort();
	/* jansson reads over a NUL behind a number. */
	if (!accepted && json_is_object(json) && !is_deeper_than(json, MAX_DEPTH) &&
	    memchr(data, '\0', size) == NULL)
		abort();
	if (accepted && json != NULL)
		check_canonical(text, json);
	json_decref(json);
	return 0;
}
