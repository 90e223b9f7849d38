#ifndef GB_BACKENDS_PLUGIN_SO_H
#define GB_BACKENDS_PLUGIN_SO_H
#include "exit_status.h"
#include "groupbench_backend.h"
#include <limits.h>

/*
 * Backends of shared objects. A plugin exports groupbench_backend(), whose table may be shorter
 * than this program's: what it does not have, it does not offer.
 */

/* The absolute path of a file, or -1 with the reason in what[]. */
int gb_plugin_so_find(const char *path, char file[PATH_MAX], char *what, size_t what_len);

/*
 * Loads the shared object and copies the part of its table that this program knows. GB_EXIT_IO
 * when it cannot be loaded; GB_EXIT_INPUT when it has no table, or too short a one; then what[]
 * has one sentence. gb_plugin_so_end unloads it; NULL is allowed.
 */
enum gb_exit gb_plugin_so_load(const char *file, struct gb_backend *table, void **handle,
			       char *what, size_t what_len);
void gb_plugin_so_end(void *handle);
#endif
