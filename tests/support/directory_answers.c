#include "directory_answers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void answers_put(json_t *users, const struct gb_directory *directory, uint32_t device,
		 const char *member)
{
	const struct gb_bytes body = directory->published[device].body;
	json_t *upload = json_loadb((const char *)body.p, body.len, 0, NULL);
	json_t *keys = json_object_get(upload, "device_keys"), *devices;
	const char *user = json_string_value(json_object_get(keys, "user_id"));

	assert_non_null(user);
	devices = json_object_get(users, user);
	if (devices == NULL) {
		devices = json_object();
		json_object_set_new(users, user, devices);
	}
	json_object_set(devices, json_string_value(json_object_get(keys, "device_id")),
			json_object_get(upload, member));
	json_decref(upload);
}

/* Strings of 43 and 86 digits of base64. */
static size_t raw_len(const char *text)
{
	size_t raw = 0;

	for (const char *p = text; (p = strchr(p, '"')) != NULL; p++) {
		size_t n = strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789+/");

		if (p[1 + n] == '"' && (n == 43 || n == 86))
			raw += n == 43 ? 32 : 64;
	}
	return raw;
}

size_t answers_len(json_t *json, size_t *raw)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	size_t len;

	assert_non_null(text);
	len = strlen(text);
	*raw += raw_len(text);
	free(text);
	json_decref(json);
	return len;
}
