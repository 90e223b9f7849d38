#include "analyse/commands.h"
#include "exit_status.h"
#include "options.h"
#include "prices/command_calibrate.h"
#include "run/commands.h"
#include "run/worker.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct gb_command gb_command_completion;

static const struct gb_command *const commands[] = {
	&gb_command_run,    &gb_command_summarise, &gb_command_plot,    &gb_command_fit,
	&gb_command_expect, &gb_command_calibrate, &gb_command_count,   &gb_command_check,
	&gb_command_list,   &gb_command_doctor,    &gb_command_vectors, &gb_command_completion,
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static int completion_main(const struct gb_command *self, int argc, char **argv)
{
	if (argc == 2 && gb_options_completion(commands, N_COMMANDS, argv[1], stdout) == 0)
		return GB_EXIT_DONE;
	gb_options_help(self, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
	return argc == 2 && strcmp(argv[1], "--help") == 0 ? GB_EXIT_DONE : GB_EXIT_USAGE;
}

static const struct gb_command gb_command_completion = {
	.name = "completion",
	.operands = "bash|zsh|fish",
	.sentence = "Prints a completion script for a shell.",
	.main = completion_main,
};

static void help(FILE *out)
{
	fprintf(out, "usage: groupbench COMMAND ...\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->sentence);
	fprintf(out, "\n  groupbench run scenarios/quick.yaml\n"
		     "  groupbench COMMAND --help\n");
}

static int run_command(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return GB_EXIT_DONE;
	}
	if (argc == 2 && strcmp(argv[1], "worker") == 0)
		return (int)gb_worker_main();
	for (size_t i = 0; argc >= 2 && i < N_COMMANDS; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return commands[i]->main(commands[i], argc - 1, argv + 1);
	help(stderr);
	return GB_EXIT_USAGE;
}

/* What was printed has arrived somewhere, or the status says that it has not. */
int main(int argc, char **argv)
{
	int status = run_command(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "groupbench: cannot write the standard output: %s\n", strerror(errno));
	return status == GB_EXIT_DONE ? GB_EXIT_IO : status;
}
