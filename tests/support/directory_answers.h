#ifndef TESTS_SUPPORT_DIRECTORY_ANSWERS_H
#define TESTS_SUPPORT_DIRECTORY_ANSWERS_H
#include "delivery/directory.h"
#include <jansson.h>

/* What the key directory of Matrix answers, put together from what devices uploaded. */

/* Puts a member of the upload of a device under its user and its name. */
void answers_put(json_t *users, const struct gb_directory *directory, uint32_t device,
		 const char *member);

/* Bytes of an answer as canonical JSON, and in *raw, added, those of its keys and signatures;
 * drops the reference. */
size_t answers_len(json_t *json, size_t *raw);

#endif
