#include "run/journal.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FIRST_LINE "groupbench journal 1"

/* Longer than any line that is written; a longer one is not ours. */
#define LINE_BYTES 1024

static enum gb_exit complain(struct gb_journal *j, enum gb_exit status, const char *what)
{
	snprintf(j->why, sizeof j->why, "%.500s: %s", j->path, what);
	return status;
}

static enum gb_exit open_file(struct gb_journal *j, const char *folder, int flags)
{
	*j = (struct gb_journal){.fd = -1};
	snprintf(j->path, sizeof j->path, "%s/%s", folder, GB_JOURNAL_FILE);
	j->fd = open(j->path, flags | O_RDWR | O_APPEND | O_CLOEXEC, 0666);
	if (j->fd < 0)
		return complain(j, GB_EXIT_IO, strerror(errno));
	if (flock(j->fd, LOCK_EX | LOCK_NB) == 0)
		return GB_EXIT_DONE;
	complain(j, GB_EXIT_INPUT,
		 errno == EWOULDBLOCK ? "found a run that another process is writing, wanted one "
					"that has ended"
				      : strerror(errno));
	gb_journal_close(j, false);
	return GB_EXIT_INPUT;
}

enum gb_exit gb_journal_write(struct gb_journal *j, const char *format, ...)
{
	char line[LINE_BYTES];
	off_t before = lseek(j->fd, 0, SEEK_END);
	va_list arguments;
	ssize_t n;
	int len;

	va_start(arguments, format);
	len = vsnprintf(line, sizeof line - 1, format, arguments);
	va_end(arguments);
	if (len < 0)
		return complain(j, GB_EXIT_INTERNAL, "a line that cannot be written");
	if ((size_t)len > sizeof line - 2)
		len = (int)sizeof line - 2;
	line[len++] = '\n';
	do
		n = write(j->fd, line, (size_t)len);
	while (n < 0 && errno == EINTR);
	if (n == len)
		return GB_EXIT_DONE;
	complain(j, GB_EXIT_IO, n < 0 ? strerror(errno) : strerror(ENOSPC));
	if (n > 0 && ftruncate(j->fd, before) != 0)
		complain(j, GB_EXIT_IO, strerror(errno));
	return GB_EXIT_IO;
}

enum gb_exit gb_journal_create(struct gb_journal *j, const char *folder, uint64_t header_bytes)
{
	enum gb_exit status = open_file(j, folder, O_CREAT | O_EXCL);

	if (status == GB_EXIT_DONE)
		status = gb_journal_write(j, "%s", FIRST_LINE);
	if (status == GB_EXIT_DONE)
		status = gb_journal_write(j, "header %" PRIu64, header_bytes);
	if (status != GB_EXIT_DONE)
		gb_journal_close(j, false);
	return status;
}

void gb_journal_close(struct gb_journal *j, bool is_complete)
{
	if (j->fd < 0)
		return;
	if (is_complete)
		unlink(j->path);
	close(j->fd);
	j->fd = -1;
}

/* The reading of a journal, line by line. */
struct replay {
	struct gb_past *past;
	uint64_t samples_bytes; /* what samples.csv has */
	gb_journal_note *note;
	void *context;
	bool is_over; /* a sample whose rows never arrived: nothing behind it counts */
};

static void end_turn(struct gb_past *past)
{
	past->n_turns++;
	memset(past->tasks, 0, sizeof past->tasks);
}

static int replay_sample(struct replay *r, unsigned task, uint64_t bytes)
{
	struct gb_past *past = r->past;

	if (task >= GB_MAX_TASKS || bytes <= past->samples_bytes)
		return -1;
	r->is_over = bytes > r->samples_bytes;
	if (r->is_over)
		return 0;
	past->samples_bytes = bytes;
	past->n_samples++;
	past->tasks[task].n_samples++;
	return 0;
}

/* The first two lines say what the file is. */
static int replay_head(struct replay *r, const char *line, size_t number)
{
	struct gb_past *past = r->past;
	int end = -1;

	if (number == 1)
		return strcmp(line, FIRST_LINE) == 0 ? 0 : -1;
	if (sscanf(line, "header %" SCNu64 "%n", &past->samples_bytes, &end) != 1)
		return -1;
	return line[end] == '\0' && past->samples_bytes <= r->samples_bytes ? 0 : -1;
}

static int replay_done(struct replay *r, unsigned task)
{
	if (task >= GB_MAX_TASKS)
		return -1;
	r->past->tasks[task].is_done = true;
	return 0;
}

/* -1 for a line that no run writes there. */
static int replay_line(struct replay *r, const char *line)
{
	uint64_t bytes, wall_ns;
	unsigned task;
	int end = -1;

	if (sscanf(line, "sample %u %" SCNu64 "%n", &task, &bytes, &end) == 2 && line[end] == '\0')
		return replay_sample(r, task, bytes);
	if (sscanf(line, "task %u%n", &task, &end) == 1 && line[end] == '\0')
		return replay_done(r, task);
	if (sscanf(line, "skipped %u %n", &task, &end) == 1 && end > 0 && line[end] != '\0') {
		r->note(r->context, r->past->n_turns, line);
		return replay_done(r, task);
	}
	if (sscanf(line, "clock %" SCNu64 " %" SCNu64, &bytes, &wall_ns) == 2) {
		r->note(r->context, r->past->n_turns, line);
		return 0;
	}
	if (strcmp(line, "end") != 0)
		return -1;
	end_turn(r->past);
	return 0;
}

/* Reads the lines that count. */
static enum gb_exit replay(struct gb_journal *j, struct replay *r, FILE *in)
{
	char line[LINE_BYTES + 1], what[128];
	size_t number = 0;

	while (!r->is_over && fgets(line, sizeof line, in) != NULL) {
		size_t len = strlen(line);
		if (len == 0 || (line[len - 1] != '\n' && feof(in)))
			break;
		line[strcspn(line, "\n")] = '\0';
		number++;
		if ((number <= 2 ? replay_head(r, line, number) : replay_line(r, line)) != 0) {
			snprintf(what, sizeof what,
				 "line %zu: found \"%.40s\", wanted a line of this run", number,
				 line);
			return complain(j, GB_EXIT_INPUT, what);
		}
		if (!r->is_over)
			r->past->journal_bytes += len;
	}
	if (ferror(in))
		return complain(j, GB_EXIT_IO, strerror(errno));
	return number >= 2 ? GB_EXIT_DONE
			   : complain(j, GB_EXIT_INPUT, "found no journal, wanted one of a run");
}

enum gb_exit gb_journal_resume(struct gb_journal *j, struct gb_past *past, const char *folder,
			       uint64_t samples_bytes, gb_journal_note *note, void *context)
{
	struct replay r = {past, samples_bytes, note, context, false};
	enum gb_exit status = open_file(j, folder, 0);
	FILE *in;

	if (status != GB_EXIT_DONE)
		return status;
	*past = (struct gb_past){0};
	in = fopen(j->path, "r");
	status = in != NULL ? replay(j, &r, in) : complain(j, GB_EXIT_IO, strerror(errno));
	if (in != NULL)
		fclose(in);
	if (status != GB_EXIT_DONE)
		gb_journal_close(j, false);
	return status;
}

enum gb_exit gb_journal_cut(struct gb_journal *j, const struct gb_past *past)
{
	if (ftruncate(j->fd, (off_t)past->journal_bytes) != 0)
		return complain(j, GB_EXIT_IO, strerror(errno));
	return GB_EXIT_DONE;
}
