/* For realpath. */
#define _XOPEN_SOURCE 700
#include "backends/plugin_process.h"
#include "backends/remote_world.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES    (GB_HELLO_FILES + 64)
#define MAX_REASONS  256
#define ALL_FEATURES (GB_FALLBACK * 2u - 1)

static struct process {
	struct gb_child *child;
	struct gb_hello hello;
	char *file[MAX_FILES];
	size_t n_files;
	char *reason[MAX_REASONS]; /* handed out for ever by axis */
	size_t n_reasons;
} processes[GB_MAX_PLUGINS];

/* ---- functions that belong to no world ---- */

/* A copy of the sentence that stays. */
static const char *keep_reason(struct process *p, const char *text)
{
	for (size_t i = 0; i < p->n_reasons; i++)
		if (strcmp(p->reason[i], text) == 0)
			return p->reason[i];
	if (p->n_reasons == MAX_REASONS || (p->reason[p->n_reasons] = strdup(text)) == NULL)
		return "for one reason too many to be remembered";
	return p->reason[p->n_reasons++];
}

/* Where the child fails, gb_plugin_failure says so; until it is asked, nothing is supported. */
static enum gb_answer ask_axis(size_t slot, const char *name, const char *value,
			       const char **reason)
{
	struct process *p = &processes[slot];
	struct gb_frame *f = gb_child_request(p->child, GB_PROCESS_axis, 0);
	struct gb_frame_answer a;
	unsigned answer;
	char text[GB_FRAME_TEXT];

	gb_frame_text(f, name);
	gb_frame_text(f, value);
	if (gb_child_ask(p->child, &a, GB_REMOTE_HELLO_NS) != 0) {
		*reason = gb_child_why(p->child);
		return GB_NOT_SUPPORTED;
	}
	answer = gb_reading_u8(&a.results);
	gb_reading_text(&a.results, text, sizeof text);
	if (a.status != GB_OK || a.results.is_bad || a.results.len > 0 ||
	    answer > GB_NOT_SUPPORTED) {
		gb_child_refuse(p->child, GB_PROCESS_axis, "malformed results");
		*reason = gb_child_why(p->child);
		return GB_NOT_SUPPORTED;
	}
	if (answer == GB_NOT_SUPPORTED)
		*reason = keep_reason(p, text[0] != '\0' ? text : "no reason given");
	return (enum gb_answer)answer;
}

/* The table's functions have no argument that says which backend they are. */
#define SLOTS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define OF_SLOT(i)                                                                                 \
	static enum gb_answer axis_##i(const char *name, const char *value, const char **reason)   \
	{                                                                                          \
		return ask_axis(i, name, value, reason);                                           \
	}                                                                                          \
	static enum gb_status open_##i(struct gb_world **out, const struct gb_config *config)      \
	{                                                                                          \
		return gb_remote_open(out, processes[i].child, config);                            \
	}                                                                                          \
	static const char *version_##i(void)                                                       \
	{                                                                                          \
		return processes[i].hello.version;                                                 \
	}
SLOTS(OF_SLOT)

static const struct {
	enum gb_answer (*axis)(const char *name, const char *value, const char **reason);
	enum gb_status (*open)(struct gb_world **out, const struct gb_config *config);
	const char *(*version)(void);
} of_slot[] = {
#define ROW(i) {axis_##i, open_##i, version_##i},
	SLOTS(ROW)
#undef ROW
};

_Static_assert(sizeof of_slot / sizeof of_slot[0] == GB_MAX_PLUGINS, "a row for each slot");

/* ---- which files it is ---- */

/* Adds the file if it is one; devices and pipes are not opened. */
static bool add_file(struct process *p, const char *path)
{
	char absolute[PATH_MAX];
	struct stat s;

	if (p->n_files == MAX_FILES || realpath(path, absolute) == NULL ||
	    stat(absolute, &s) != 0 || !S_ISREG(s.st_mode))
		return false;
	for (size_t i = 0; i < p->n_files; i++)
		if (strcmp(p->file[i], absolute) == 0)
			return true;
	p->file[p->n_files] = strdup(absolute);
	p->n_files += p->file[p->n_files] != NULL;
	return true;
}

/* The program as execvp finds it. */
static void add_program(struct process *p, const char *word)
{
	const char *dir = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(word, '/') != NULL) {
		add_file(p, word);
		return;
	}
	while (dir != NULL && *dir != '\0') {
		size_t len = strcspn(dir, ":");
		snprintf(path, sizeof path, "%.*s/%s", (int)len, len > 0 ? dir : ".", word);
		if (add_file(p, path))
			return;
		dir += len + (dir[len] == ':');
	}
}

static void add_files(struct process *p, const char *command)
{
	char text[PATH_MAX], *rest, *word;

	snprintf(text, sizeof text, "%s", command);
	word = strtok_r(text, " \t\n", &rest);
	if (word != NULL)
		add_program(p, word);
	while ((word = strtok_r(NULL, " \t\n", &rest)) != NULL)
		add_file(p, word);
	for (size_t i = 0; i < p->hello.n_files; i++)
		add_file(p, p->hello.files[i]);
}

const char *gb_plugin_process_file(size_t slot, size_t i)
{
	return i < processes[slot].n_files ? processes[slot].file[i] : NULL;
}

/* ---- life ---- */

const char *gb_plugin_process_failure(size_t slot)
{
	return processes[slot].child != NULL ? gb_child_why(processes[slot].child) : NULL;
}

uint64_t gb_plugin_process_peak_bytes(size_t slot)
{
	const struct gb_child *child = processes[slot].child;

	return child != NULL ? gb_child_peak_bytes(child) : 0;
}

void gb_plugin_process_end(size_t slot)
{
	struct process *p = &processes[slot];

	gb_child_free(p->child);
	for (size_t i = 0; i < p->n_files; i++)
		free(p->file[i]);
	for (size_t i = 0; i < p->n_reasons; i++)
		free(p->reason[i]);
	*p = (struct process){0};
}

static void end_all(void)
{
	for (size_t i = 0; i < GB_MAX_PLUGINS; i++)
		gb_plugin_process_end(i);
}

static enum gb_exit greet(struct process *p, char *what, size_t what_len)
{
	struct gb_frame *f = gb_child_request(p->child, GB_PROCESS_hello, 0);
	struct gb_frame_answer a;

	gb_frame_u32(f, GB_FRAME_PROTOCOL);
	gb_frame_u32(f, GB_ABI);
	gb_frame_u32(f, (uint32_t)GB_FRAME_MAX);
	gb_frame_u32(f, GB_REMOTE_MESSAGES);
	if (gb_child_ask(p->child, &a, GB_REMOTE_HELLO_NS) == 0 &&
	    (a.status != GB_OK || gb_hello_read(&p->hello, &a) != 0 ||
	     (p->hello.features & ~ALL_FEATURES) != 0))
		gb_child_refuse(p->child, GB_PROCESS_hello, "malformed results");
	if (gb_child_why(p->child) != NULL) {
		snprintf(what, what_len, "%s", gb_child_why(p->child));
		return GB_EXIT_INPUT;
	}
	if (p->hello.protocol == GB_FRAME_PROTOCOL)
		return GB_EXIT_DONE;
	snprintf(what, what_len, "the child speaks version %u of the protocol, this program %d",
		 p->hello.protocol, GB_FRAME_PROTOCOL);
	return GB_EXIT_INPUT;
}

enum gb_exit gb_plugin_process_load(size_t slot, const char *command, struct gb_backend *table,
				    char *what, size_t what_len)
{
	static bool ends_with_us;
	struct process *p = &processes[slot];
	const struct gb_hello *hello = &p->hello;
	enum gb_exit status;

	if (!ends_with_us && atexit(end_all) != 0) {
		snprintf(what, what_len, "out of memory");
		return GB_EXIT_INTERNAL;
	}
	ends_with_us = true;
	p->child = gb_child_start(command, what, what_len);
	if (p->child == NULL)
		return GB_EXIT_IO;
	status = greet(p, what, what_len);
	if (status != GB_EXIT_DONE)
		return status;
	add_files(p, command);
	*table = (struct gb_backend){.struct_size = sizeof *table,
				     .abi = hello->abi,
				     .features = hello->features | GB_OWN_CLOCK | GB_REMOTE,
				     .name = hello->name,
				     .axis = of_slot[slot].axis,
				     .max_size = hello->max_size,
				     .open = of_slot[slot].open,
				     .version = of_slot[slot].version};
	gb_remote_fill(table, &hello->calls, hello->counts);
	return GB_EXIT_DONE;
}
