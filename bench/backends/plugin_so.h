#ifndef GB_BACKENDS_PLUGIN_SO_H
#define GB_BACKENDS_PLUGIN_SO_H
#include "exit_status.h"
#include "groupbench_backend.h"

#define GB_MAX_PLUGINS 8

/*
 * Backends of shared objects. A plugin exports groupbench_backend(), whose table may be shorter
 * than this program's: what it does not have, it does not offer.
 */

/*
 * Loads the shared object at `path`, checks its table and makes it known to gb_backend_find and
 * gb_backend_at, for as long as the program runs. A file that is loaded already is fine.
 *
 * GB_EXIT_IO when it is no shared object that can be loaded; GB_EXIT_INPUT when it is no
 * plugin, speaks another interface, lacks a required function, or its name is taken; why[] then
 * has one sentence.
 */
enum gb_exit gb_plugin_load(const char *path, char *why, size_t why_len);

/* The file that a backend was loaded from, as an absolute path; NULL for built-in ones. */
const char *gb_plugin_file(const struct gb_backend *b);

/* Loaded backend number i; NULL behind the last. */
const struct gb_backend *gb_plugin_at(size_t i);
#endif
