#include "analyse/new_file.h"
#include "axes.h"
#include "backends/mls_vectors.h"
#include "exit_status.h"
#include "options.h"
#include "run/commands.h"
#include "run/range.h"
#include "stats/tree_history.h"

#include <string.h>

static const struct gb_option options[] = {
	{"size", 's', "N", "members that the joining client finds; default 100", ""},
	{"tree", 't', "SHAPE", "how they came there, as the axis tree says; default full",
	 "cold full grown halfblank churned:100"},
	{"suite", 0, "S", "cipher suite; default 1", "1 2 3 4 5 6 7"},
	{"path", 0, "yes|no", "commits that only add carry a path; default yes", "yes no"},
	{"tree-delivery", 0, "HOW", "the ratchet tree is in the Welcome or beside it: fetched",
	 "welcome fetched"},
	{"handshake", 0, "HOW", "proposals and commits as PublicMessage or PrivateMessage",
	 "public private"},
	{"epochs", 'e', "N", "commits that follow; default 8", ""},
	{"seed", 0, "N", "all randomness derives from it; default 1", ""},
	{"out", 'o', "FILE", "where to write; default the standard output", NULL},
};

struct request {
	uint64_t size, epochs, seed;
	struct gb_axis axes[sizeof(options) / sizeof(options[0])];
	size_t n_axes;
	const char *out;
};

/* One of the words of a list with blanks between. */
static bool is_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; *list != '\0'; list += strcspn(list, " "), list += *list == ' ')
		if (len > 0 && strcspn(list, " ") == len && strncmp(list, word, len) == 0)
			return true;
	return false;
}

/* An option that is an axis; the last one given counts. */
static int set_axis(struct request *r, const char *name, const char *option, const char *value,
		    const char *wanted)
{
	struct gb_tree_history history;
	bool is_tree = strcmp(name, "tree") == 0;
	size_t i = 0;

	if (is_tree ? !gb_tree_history_read(&history, value) : !is_word(wanted, value))
		return gb_options_refuse(&gb_command_vectors, option, value, wanted);
	while (i < r->n_axes && strcmp(r->axes[i].name, name) != 0)
		i++;
	r->axes[i] = (struct gb_axis){name, value};
	r->n_axes += i == r->n_axes;
	return 0;
}

static int set(void *context, const struct gb_option *option, const char *value)
{
	struct request *r = context;
	const char *name = option->name;
	char wanted[GB_WANTED_BYTES];
	int bad = 0;

	if (strcmp(name, "size") == 0)
		bad = gb_parse_number(value, 2, 1000000, &r->size, wanted);
	else if (strcmp(name, "epochs") == 0)
		bad = gb_parse_number(value, 0, 10000, &r->epochs, wanted);
	else if (strcmp(name, "seed") == 0)
		bad = gb_parse_number(value, 1, INT64_MAX, &r->seed, wanted);
	else if (strcmp(name, "out") == 0)
		r->out = value;
	else if (strcmp(name, "tree") == 0)
		return set_axis(r, name, name, value, gb_axes[GB_AXIS_tree].range);
	else if (strcmp(name, "tree-delivery") == 0)
		return set_axis(r, "tree_delivery", name, value, option->words);
	else
		return set_axis(r, name, name, value, option->words);
	return bad ? gb_options_refuse(&gb_command_vectors, name, value, wanted) : 0;
}

static int write_vectors(FILE *out, const struct request *r, struct gb_failure *f)
{
	const struct gb_mls_vectors_request wanted = {
		.size = (uint32_t)r->size,
		.epochs = (uint32_t)r->epochs,
		.seed = r->seed,
		.axes = r->axes,
		.n_axes = r->n_axes,
	};
	char why[256];

	if (gb_mls_write_vectors(out, why, sizeof why, &wanted) == GB_OK)
		return 0;
	return gb_fail(f, GB_EXIT_INTERNAL, "%s", why);
}

static int write_file(const struct request *r, struct gb_failure *f)
{
	struct gb_new_file file;

	if (gb_new_file_begin_at(&file, r->out, f) < 0)
		return -1;
	if (write_vectors(file.out, r, f) == 0)
		return gb_new_file_keep(&file, f);
	gb_new_file_drop(&file);
	return -1;
}

static int vectors_main(const struct gb_command *self, int argc, char **argv)
{
	struct request r = {.size = 100, .epochs = 8, .seed = 1};
	struct gb_failure f = {0};
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, set, &r);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	status = r.out != NULL ? write_file(&r, &f) : write_vectors(stdout, &r, &f);
	return status == 0 ? GB_EXIT_DONE : gb_report_failure(&f, self->name);
}

const struct gb_command gb_command_vectors = {
	.name = "vectors",
	.operands = "",
	.sentence = "Writes an MLS group of any shape for others to join: passive-client JSON.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.main = vectors_main,
};
