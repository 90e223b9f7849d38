#include "run_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGUMENTS 16

static void child(const struct gb_command *command, const char *const *arguments, FILE *out,
		  FILE *err)
{
	char *argv[MAX_ARGUMENTS + 2] = {0};
	int argc = 0;

	argv[argc++] = strdup(command->name);
	for (; *arguments != NULL && argc <= MAX_ARGUMENTS; arguments++)
		argv[argc++] = strdup(*arguments);
	if (dup2(fileno(out), STDOUT_FILENO) < 0 || dup2(fileno(err), STDERR_FILENO) < 0)
		_exit(99);
	argc = command->main(command, argc, argv);
	fflush(stdout);
	fflush(stderr);
	_exit(argc);
}

static void read_back(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

struct command_result run_command(const struct gb_command *command, const char *const *arguments)
{
	struct command_result result = {.status = -1};
	FILE *out = tmpfile(), *err = tmpfile();
	int status;
	pid_t pid;

	if (!out || !err)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(command, arguments, out, err);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		result.status = WEXITSTATUS(status);
	read_back(out, result.out, sizeof(result.out));
	read_back(err, result.err, sizeof(result.err));
	return result;
}
