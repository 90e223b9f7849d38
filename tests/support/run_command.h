#ifndef TESTS_RUN_COMMAND_H
#define TESTS_RUN_COMMAND_H
#include "options.h"

/* What a subcommand wrote and how it ended. */
struct command_result {
	int status; /* exit status; -1 when a signal or a sanitizer ended it */
	char out[4096];
	char err[4096];
};

/*
 * Runs `command` in a child process with the NULL-terminated arguments and keeps the
 * beginning of what it wrote to standard output and standard error.
 */
struct command_result run_command(const struct gb_command *command, const char *const *arguments);

#endif
