#ifndef GB_BACKENDS_H
#define GB_BACKENDS_H
#include "groupbench_backend.h"
#include <stddef.h>

extern const struct gb_backend gb_backend_megolm;
extern const struct gb_backend gb_backend_mls;
extern const struct gb_backend gb_backend_null;

/* Every built-in backend, by name; the list ends with NULL. */
extern const struct gb_backend *const gb_backends[];

/* Backend number i of those that are known: the built-in ones, then what was loaded; NULL behind
 * the last. */
const struct gb_backend *gb_backend_at(size_t i);

/* NULL when there is none of this name. */
const struct gb_backend *gb_backend_find(const char *name, size_t len);

/*
 * Whether `b` can be used at all: its interface version, its size, and every required
 * function, before anything else of it is called. 0; or -1 with one sentence in why[].
 */
int gb_backend_check(const struct gb_backend *b, char *why, size_t why_len);
#endif
