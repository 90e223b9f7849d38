#include "analyse/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int gb_fail(struct gb_failure *f, enum gb_exit status, const char *format, ...)
{
	va_list arguments;

	if (f->status != GB_EXIT_DONE)
		return -1;
	f->status = status;
	va_start(arguments, format);
	vsnprintf(f->text, sizeof(f->text), format, arguments);
	va_end(arguments);
	for (char *c = f->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return -1;
}

int gb_fail_memory(struct gb_failure *f)
{
	return gb_fail(f, GB_EXIT_INTERNAL, "out of memory");
}

int gb_fail_io(struct gb_failure *f, const char *what, const char *path)
{
	return gb_fail(f, GB_EXIT_IO, "%s %s: %s", what, path, strerror(errno));
}

int gb_report_failure(const struct gb_failure *f, const char *command)
{
	fprintf(stderr, "groupbench %s: %s\n", command, f->text);
	return (int)f->status;
}
