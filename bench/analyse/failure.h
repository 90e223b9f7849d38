#ifndef GB_ANALYSE_FAILURE_H
#define GB_ANALYSE_FAILURE_H
#include "exit_status.h"

/*
 * Why a stage that reads files stopped: the exit status of the program and one line for
 * its user, without a line feed. Zero-initialised it stands for no failure.
 */
struct gb_failure {
	enum gb_exit status;
	char text[1024];
};

/*
 * Sets *f and returns -1, so that a caller can say `return gb_fail(f, ...)`. The first
 * failure wins: a later call changes nothing. Bytes that are not printable ASCII are replaced
 * by '?', so that a hostile file cannot send escape sequences to a terminal.
 */
int gb_fail(struct gb_failure *f, enum gb_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Out of memory, which is status GB_EXIT_INTERNAL. Returns -1. */
int gb_fail_memory(struct gb_failure *f);

/* `what` ("cannot read") failed on `path` with errno; status GB_EXIT_IO. Returns -1. */
int gb_fail_io(struct gb_failure *f, const char *what, const char *path);

/* Prints "groupbench COMMAND: text" on stderr and returns the status. */
int gb_report_failure(const struct gb_failure *f, const char *command);

#endif
