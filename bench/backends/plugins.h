#ifndef GB_BACKENDS_PLUGINS_H
#define GB_BACKENDS_PLUGINS_H
#include "exit_status.h"
#include "groupbench_backend.h"

#define GB_MAX_PLUGINS 8

/* Backends that are no part of this program: shared objects, and commands. */

/*
 * Makes known to gb_backend_find and gb_backend_at, for as long as the program runs, what `text`
 * names: a shared object if it ends in ".so" (plugin_so.h), else a command (plugin_process.h).
 * Its table is checked before anything else of it is used. What is known already is fine.
 *
 * GB_EXIT_IO when there is no such file, or it cannot be loaded or started; GB_EXIT_INPUT when it
 * is no plugin, speaks another interface, lacks a required function, or its name is taken; why[]
 * then has one sentence.
 */
enum gb_exit gb_plugin_load(const char *text, char *why, size_t why_len);

/* Plugin number i; NULL behind the last. */
const struct gb_backend *gb_plugin_at(size_t i);

/* What gb_plugin_load was given for this backend; NULL for built-in ones. */
const char *gb_plugin_text(const struct gb_backend *b);

/* The command, NULL for shared objects and built-in backends. */
const char *gb_plugin_command(const struct gb_backend *b);

/* File number i of those that the plugin consists of, as an absolute path; NULL behind the last,
 * and for built-in backends. */
const char *gb_plugin_file(const struct gb_backend *b, size_t i);

/* Why a plugin cannot be asked any more: its process has ended. NULL while it is fine. */
const char *gb_plugin_failure(const struct gb_backend *b);

/* The most memory that the process of a command has had, in bytes; 0 for all others, which have
 * none of their own. */
uint64_t gb_plugin_peak_bytes(const struct gb_backend *b);
#endif
