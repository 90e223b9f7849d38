#ifndef GB_BACKENDS_PLUGIN_PROCESS_H
#define GB_BACKENDS_PLUGIN_PROCESS_H
#include "backends/plugins.h"

/*
 * Backends that are child processes: docs/plugin-protocol.md. There is one child for each plugin
 * and process of this program, in a slot below GB_MAX_PLUGINS; it serves every world, and ends
 * with this program at the latest.
 */

/*
 * Starts the command and makes a table of what it says that it offers. GB_EXIT_IO when it cannot
 * be started; GB_EXIT_INPUT when it does not answer as a backend does; then what[] has one
 * sentence, and gb_plugin_process_end must be called.
 */
enum gb_exit gb_plugin_process_load(size_t slot, const char *command, struct gb_backend *table,
				    char *what, size_t what_len);
void gb_plugin_process_end(size_t slot);

/* Why the child was ended; NULL while it is fine. */
const char *gb_plugin_process_failure(size_t slot);

/* The most memory that the child has had; 0 without one. */
uint64_t gb_plugin_process_peak_bytes(size_t slot);

/* File number i of those that the command names and that the child says it consists of, as an
 * absolute path; NULL behind the last. */
const char *gb_plugin_process_file(size_t slot, size_t i);
#endif
