/* For realpath. */
#define _XOPEN_SOURCE 700
#include "backends/plugin_so.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shortest table that has every required function. */
#define LEAST_BYTES offsetof(struct gb_backend, checkpoint)

int gb_plugin_so_find(const char *path, char file[PATH_MAX], char *what, size_t what_len)
{
	if (realpath(path, file) != NULL)
		return 0;
	snprintf(what, what_len, "%s", strerror(errno));
	return -1;
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

enum gb_exit gb_plugin_so_load(const char *file, struct gb_backend *table, void **handle,
			       char *what, size_t what_len)
{
	const struct gb_backend *theirs;
	entry_function *entry;

	*handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (*handle == NULL) {
		snprintf(what, what_len, "%s", dlerror());
		return GB_EXIT_IO;
	}
	entry = entry_of(*handle);
	theirs = entry != NULL ? entry() : NULL;
	if (theirs == NULL) {
		snprintf(what, what_len, "found no %s, wanted a plugin that %s",
			 entry == NULL ? "function groupbench_backend" : "table of functions",
			 entry == NULL ? "exports it" : "returns one");
		return GB_EXIT_INPUT;
	}
	return copy_table(table, theirs, what, what_len);
}

void gb_plugin_so_end(void *handle)
{
	if (handle != NULL)
		dlclose(handle);
}
