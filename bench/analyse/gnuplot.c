#include "analyse/gnuplot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_ENTER = 126, CANNOT_EXECUTE = 127 };

static void child(const char *folder, const char *settings, const char *script, FILE *complaints)
{
	if (chdir(folder) != 0 || dup2(fileno(complaints), STDERR_FILENO) < 0)
		_exit(CANNOT_ENTER);
	/* -d: nobody's own settings change a figure. */
	execlp("gnuplot", "gnuplot", "-d", "-e", settings, script, (char *)NULL);
	_exit(CANNOT_EXECUTE);
}

/* The first line that is more than blanks, carets or a repeated command; or "". */
static void first_complaint(FILE *complaints, char *line, int size)
{
	rewind(complaints);
	while (fgets(line, size, complaints)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "line ") || strstr(line, "annot"))
			return;
	}
	line[0] = '\0';
}

static int wait_for(pid_t pid, const char *script, FILE *complaints, struct gb_failure *f)
{
	char line[400];
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return gb_fail_io(f, "cannot wait for", "gnuplot");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_EXECUTE)
		return gb_fail(f, GB_EXIT_IO,
			       "cannot run gnuplot: is the package gnuplot installed?");
	first_complaint(complaints, line, sizeof(line));
	return gb_fail(f, GB_EXIT_IO, "gnuplot failed on %s: %s", script, line);
}

int gb_gnuplot(const char *folder, const char *name, const char *format, const char *target,
	       struct gb_failure *f)
{
	char settings[200], script[80];
	FILE *complaints = tmpfile();
	int status = -1;
	pid_t pid;

	if (!complaints)
		return gb_fail_io(f, "cannot make", "a temporary file");
	snprintf(script, sizeof(script), "%s.gp", name);
	snprintf(settings, sizeof(settings), "format='%s'; target='%s'", format, target);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(folder, settings, script, complaints);
	if (pid < 0)
		gb_fail_io(f, "cannot start", "gnuplot");
	else
		status = wait_for(pid, script, complaints, f);
	fclose(complaints);
	return status;
}
