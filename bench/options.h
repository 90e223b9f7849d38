#ifndef GB_OPTIONS_H
#define GB_OPTIONS_H
#include <stddef.h>
#include <stdio.h>

/*
 * The command line. Each subcommand is one struct gb_command with the table of its
 * options; parsing, --help and shell completion come from these tables alone.
 */
struct gb_option {
	const char *name;     /* long name without dashes */
	char letter;          /* short name, 0 for none */
	const char *argument; /* what it is called in --help; NULL: the option takes none */
	const char *sentence;
	/* Words that completion offers for the argument, between blanks; NULL: file names. */
	const char *words;
};

struct gb_command {
	const char *name;
	const char *operands; /* "SCENARIO...", "" for none */
	size_t min_operands, max_operands;
	const char *sentence;
	const struct gb_option *options;
	size_t n_options;
	/* argv[0] is the subcommand's name. Returns an enum gb_exit. */
	int (*main)(const struct gb_command *self, int argc, char **argv);
};

/*
 * Goes through argv[1] .. argv[argc - 1]; --name=value, --name value, -xvalue, -x value and
 * -- are understood. `set` is called once for each option, in order, with its row of the
 * table and its argument (NULL without one); it returns 0, or an enum gb_exit after having
 * said on standard error what is wrong. Operands are moved to the front of argv[1] ..;
 * their number goes to *n_operands.
 *
 * Returns 0, or an enum gb_exit, its reason said on standard error. --help prints the
 * help of the command and returns -1, for which the caller returns GB_EXIT_DONE.
 */
int gb_options_parse(const struct gb_command *command, int argc, char **argv, size_t *n_operands,
		     int (*set)(void *context, const struct gb_option *option, const char *value),
		     void *context);

/* Refuses the value of an option in one line on standard error; GB_EXIT_USAGE. */
int gb_options_refuse(const struct gb_command *command, const char *option, const char *found,
		      const char *wanted);

void gb_options_help(const struct gb_command *command, FILE *out);

/* A completion script for bash, zsh or fish; -1 when `shell` is none of them. */
int gb_options_completion(const struct gb_command *const *commands, size_t n, const char *shell,
			  FILE *out);
#endif
