#include "backends/plugins.h"
#include "backends/backends.h"
#include "backends/plugin_process.h"
#include "backends/plugin_so.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Plugins stay loaded until the program ends: their code may be running until then. */
static struct plugin {
	struct gb_backend table; /* zeros where the plugin's own is shorter */
	bool is_command;
	char text[PATH_MAX], file[PATH_MAX];
} plugins[GB_MAX_PLUGINS];

static size_t n_plugins;

const struct gb_backend *gb_plugin_at(size_t i)
{
	return i < n_plugins ? &plugins[i].table : NULL;
}

static const struct plugin *plugin_of(const struct gb_backend *b)
{
	for (size_t i = 0; i < n_plugins; i++)
		if (b == &plugins[i].table)
			return &plugins[i];
	return NULL;
}

const char *gb_plugin_text(const struct gb_backend *b)
{
	const struct plugin *p = plugin_of(b);

	return p != NULL ? p->text : NULL;
}

const char *gb_plugin_command(const struct gb_backend *b)
{
	const struct plugin *p = plugin_of(b);

	return p != NULL && p->is_command ? p->text : NULL;
}

const char *gb_plugin_file(const struct gb_backend *b, size_t i)
{
	const struct plugin *p = plugin_of(b);

	if (p == NULL)
		return NULL;
	if (p->is_command)
		return gb_plugin_process_file((size_t)(p - plugins), i);
	return i == 0 ? p->file : NULL;
}

const char *gb_plugin_failure(const struct gb_backend *b)
{
	const struct plugin *p = plugin_of(b);

	return p != NULL && p->is_command ? gb_plugin_process_failure((size_t)(p - plugins)) : NULL;
}

uint64_t gb_plugin_peak_bytes(const struct gb_backend *b)
{
	const struct plugin *p = plugin_of(b);

	return p != NULL && p->is_command ? gb_plugin_process_peak_bytes((size_t)(p - plugins)) : 0;
}

static enum gb_exit refuse(enum gb_exit status, char *why, size_t why_len, const char *text,
			   const char *what)
{
	snprintf(why, why_len, "%.300s: %.300s", text, what);
	return status;
}

static bool is_shared_object(const char *text)
{
	size_t len = strlen(text);

	return len >= 3 && strcmp(text + len - 3, ".so") == 0;
}

static bool is_loaded(const char *file, bool is_command)
{
	for (size_t i = 0; i < n_plugins; i++)
		if (plugins[i].is_command == is_command && strcmp(plugins[i].file, file) == 0)
			return true;
	return false;
}

/* The table of what was loaded: whether it can be used at all, and beside the others. */
static enum gb_exit check(const struct gb_backend *table, char *what, size_t what_len)
{
	char why[200];

	if (gb_backend_check(table, why, sizeof why) != 0) {
		snprintf(what, what_len, "the plugin %s", why);
		return GB_EXIT_INPUT;
	}
	if (gb_backend_find(table->name, strlen(table->name)) != NULL) {
		snprintf(what, what_len, "found the name \"%s\", which another backend has",
			 table->name);
		return GB_EXIT_INPUT;
	}
	return GB_EXIT_DONE;
}

static enum gb_exit load_command(struct plugin *p, char *what, size_t what_len)
{
	size_t slot = (size_t)(p - plugins);
	enum gb_exit status = gb_plugin_process_load(slot, p->text, &p->table, what, what_len);

	if (status == GB_EXIT_DONE)
		status = check(&p->table, what, what_len);
	if (status != GB_EXIT_DONE)
		gb_plugin_process_end(slot);
	return status;
}

static enum gb_exit load_shared_object(struct plugin *p, char *what, size_t what_len)
{
	void *handle;
	enum gb_exit status = gb_plugin_so_load(p->file, &p->table, &handle, what, what_len);

	if (status == GB_EXIT_DONE)
		status = check(&p->table, what, what_len);
	if (status != GB_EXIT_DONE)
		gb_plugin_so_end(handle);
	return status;
}

enum gb_exit gb_plugin_load(const char *text, char *why, size_t why_len)
{
	bool is_command = !is_shared_object(text);
	char file[PATH_MAX], what[600];
	struct plugin *p = &plugins[n_plugins];
	enum gb_exit status;

	if (strlen(text) >= sizeof file)
		return refuse(GB_EXIT_INPUT, why, why_len, text, "found more than 4095 bytes");
	strcpy(file, text);
	if (!is_command && gb_plugin_so_find(text, file, what, sizeof what) != 0)
		return refuse(GB_EXIT_IO, why, why_len, text, what);
	if (is_loaded(file, is_command))
		return GB_EXIT_DONE;
	if (n_plugins == GB_MAX_PLUGINS)
		return refuse(GB_EXIT_INPUT, why, why_len, text, "found more plugins than 8");
	p->is_command = is_command;
	strcpy(p->text, text);
	strcpy(p->file, file);
	status = is_command ? load_command(p, what, sizeof what)
			    : load_shared_object(p, what, sizeof what);
	if (status != GB_EXIT_DONE)
		return refuse(status, why, why_len, text, what);
	n_plugins++;
	return GB_EXIT_DONE;
}
