/* For realpath. */
#define _XOPEN_SOURCE 700
#include "backends/plugin_so.h"
#include "backends/backends.h"
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shortest table that has every required function. */
#define LEAST_BYTES offsetof(struct gb_backend, checkpoint)

/* Plugins stay loaded until the program ends: their code may be running until then. */
static struct plugin {
	struct gb_backend table; /* zeros where the plugin's own is shorter */
	char file[PATH_MAX];
} plugins[GB_MAX_PLUGINS];

static size_t n_plugins;

const struct gb_backend *gb_plugin_at(size_t i)
{
	return i < n_plugins ? &plugins[i].table : NULL;
}

const char *gb_plugin_file(const struct gb_backend *b)
{
	for (size_t i = 0; i < n_plugins; i++)
		if (b == &plugins[i].table)
			return plugins[i].file;
	return NULL;
}

static enum gb_exit refuse(enum gb_exit status, char *why, size_t why_len, const char *path,
			   const char *what)
{
	snprintf(why, why_len, "%.300s: %.300s", path, what);
	return status;
}

/* The exported function. ISO C has no cast from an object pointer to one of a function. */
typedef const struct gb_backend *entry_function(void);

static entry_function *entry_of(void *handle)
{
	void *symbol = dlsym(handle, "groupbench_backend");
	entry_function *entry;

	_Static_assert(sizeof entry == sizeof symbol, "POSIX: pointers have one size");
	memcpy(&entry, &symbol, sizeof entry);
	return entry;
}

/* The part of the plugin's table that this program knows. */
static enum gb_exit copy_table(struct gb_backend *to, const struct gb_backend *from, char *what,
			       size_t what_len)
{
	size_t theirs = from->struct_size;

	if (theirs < LEAST_BYTES) {
		snprintf(what, what_len,
			 "found a struct gb_backend of %zu bytes, wanted at least %zu", theirs,
			 LEAST_BYTES);
		return GB_EXIT_INPUT;
	}
	*to = (struct gb_backend){0};
	memcpy(to, from, theirs < sizeof *to ? theirs : sizeof *to);
	to->struct_size = sizeof *to;
	return GB_EXIT_DONE;
}

static enum gb_exit take_table(struct plugin *p, entry_function *entry, char *what, size_t what_len)
{
	const struct gb_backend *table = entry != NULL ? entry() : NULL;
	char why[200];

	if (table == NULL) {
		snprintf(what, what_len, "found no %s, wanted a plugin that %s",
			 entry == NULL ? "function groupbench_backend" : "table of functions",
			 entry == NULL ? "exports it" : "returns one");
		return GB_EXIT_INPUT;
	}
	if (copy_table(&p->table, table, what, what_len) != GB_EXIT_DONE)
		return GB_EXIT_INPUT;
	if (gb_backend_check(&p->table, why, sizeof why) != 0) {
		snprintf(what, what_len, "the plugin %s", why);
		return GB_EXIT_INPUT;
	}
	if (gb_backend_find(p->table.name, strlen(p->table.name)) != NULL) {
		snprintf(what, what_len, "found the name \"%s\", which another backend has",
			 p->table.name);
		return GB_EXIT_INPUT;
	}
	return GB_EXIT_DONE;
}

static bool is_loaded(const char *file)
{
	for (size_t i = 0; i < n_plugins; i++)
		if (strcmp(plugins[i].file, file) == 0)
			return true;
	return false;
}

enum gb_exit gb_plugin_load(const char *path, char *why, size_t why_len)
{
	struct plugin *p = &plugins[n_plugins];
	char file[PATH_MAX], what[400];
	enum gb_exit status;
	void *handle;

	if (realpath(path, file) == NULL)
		return refuse(GB_EXIT_IO, why, why_len, path, strerror(errno));
	if (is_loaded(file))
		return GB_EXIT_DONE;
	if (n_plugins == GB_MAX_PLUGINS)
		return refuse(GB_EXIT_INPUT, why, why_len, path, "found more plugins than 8");
	handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return refuse(GB_EXIT_IO, why, why_len, path, dlerror());
	status = take_table(p, entry_of(handle), what, sizeof what);
	if (status != GB_EXIT_DONE) {
		dlclose(handle);
		return refuse(status, why, why_len, path, what);
	}
	strcpy(p->file, file);
	n_plugins++;
	return GB_EXIT_DONE;
}
