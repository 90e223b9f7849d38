#include "run/report.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum gb_exit gb_report_end(struct gb_report *r, enum gb_exit status, const char *format, ...)
{
	va_list arguments;

	if (r->status != GB_EXIT_DONE)
		return r->status;
	r->status = status;
	va_start(arguments, format);
	vsnprintf(r->run->why, sizeof r->run->why, format, arguments);
	va_end(arguments);
	return status;
}

int gb_report_room(char **p, size_t *cap, size_t need)
{
	char *grown;

	if (need < *cap)
		return 0;
	grown = realloc(*p, need * 2 + 1);
	if (grown == NULL)
		return -1;
	*p = grown;
	*cap = need * 2 + 1;
	return 0;
}

static enum gb_exit keep_row(struct gb_report *r, const char *row)
{
	size_t len = strlen(row);

	if (gb_report_room(&r->rows, &r->rows_cap, r->rows_len + len + 1) != 0)
		return gb_report_end(r, GB_EXIT_INTERNAL, "out of memory");
	memcpy(r->rows + r->rows_len, row, len);
	r->rows[r->rows_len + len] = '\n';
	r->rows_len += len + 1;
	return GB_EXIT_DONE;
}

enum gb_exit gb_report_remembered(struct gb_report *r, enum gb_exit written)
{
	return written == GB_EXIT_DONE ? written
				       : gb_report_end(r, written, "%s", r->run->journal->why);
}

/* The number of a task of the child's job, or GB_MAX_TASKS. */
static size_t task_number(const struct gb_report *r, const char *text)
{
	char *rest;
	unsigned long task = strtoul(text, &rest, 10);

	return rest != text && *rest == '\0' && task < r->job->n_tasks ? task : GB_MAX_TASKS;
}

static enum gb_exit flush_sample(struct gb_report *r, const char *text)
{
	struct gb_results *results = r->run->results;
	size_t task = task_number(r, text);

	if (task == GB_MAX_TASKS)
		return gb_report_end(r, GB_EXIT_INTERNAL, "the worker said \"sample %.40s\"", text);
	if (gb_report_remembered(r, gb_journal_write(r->run->journal, "sample %zu %" PRIu64, task,
						     results->samples_bytes + r->rows_len)) !=
	    GB_EXIT_DONE)
		return r->status;
	if (gb_results_append(results, r->rows, r->rows_len) != GB_EXIT_DONE)
		return gb_report_end(r, GB_EXIT_IO, "%s", results->why);
	r->rows_len = 0;
	gb_progress_sample(r->run->progress, r->turn, task, r->heard_ns);
	return GB_EXIT_DONE;
}

static enum gb_exit end_task(struct gb_report *r, const char *text)
{
	size_t task = task_number(r, text);

	if (task == GB_MAX_TASKS)
		return gb_report_end(r, GB_EXIT_INTERNAL, "the worker said \"task %.40s\"", text);
	return gb_report_remembered(r, gb_journal_write(r->run->journal, "task %zu", task));
}

/* Every process skips the same tasks: the first one's word is enough. */
static bool note_skipped(struct gb_run *run, size_t turn, const char *text)
{
	const struct gb_turn *t = &run->schedule->turns[turn];
	const struct gb_job *job = &run->jobs->job[t->job];
	const struct gb_task *task;
	unsigned number;
	int at = 0;

	if (sscanf(text, "%u %n", &number, &at) != 1 || at == 0 || number >= job->n_tasks)
		return false;
	if (t->process != 1)
		return true;
	task = &job->tasks[number];
	json_array_append_new(run->not_measured,
			      json_pack("{s:s, s:I, s:s, s:I, s:s}", "backend", job->backend->name,
					"size", (json_int_t)job->size, "operation",
					gb_operations[task->operation].name, "k",
					(json_int_t)task->k, "reason", text + at));
	return true;
}

static bool note_clock(struct gb_run *run, const char *text)
{
	struct gb_run_clock *clock = &run->clock;
	uint64_t cpu_ns, wall_ns;

	if (sscanf(text, "%" SCNu64 " %" SCNu64, &cpu_ns, &wall_ns) != 2)
		return false;
	clock->cpu_ns = cpu_ns > clock->cpu_ns ? cpu_ns : clock->cpu_ns;
	clock->wall_ns = wall_ns > clock->wall_ns ? wall_ns : clock->wall_ns;
	return true;
}

static enum gb_exit note_failed(struct gb_report *r, const char *text)
{
	char *why;
	long status = strtol(text, &why, 10);

	if (*why != ' ' || status <= 0 || status > 255)
		return gb_report_end(r, GB_EXIT_INTERNAL, "the worker said \"failed %s\"", text);
	return gb_report_end(r, (enum gb_exit)status, "%s", why + 1);
}

/* The text behind `word` and a blank, or NULL when the line begins otherwise. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\0'))
		return NULL;
	return line[len] == ' ' ? line + len + 1 : line + len;
}

bool gb_run_note(struct gb_run *run, size_t turn, const char *line)
{
	const char *rest;

	if (turn >= run->schedule->n)
		return false;
	if ((rest = behind(line, "skipped")) != NULL)
		return note_skipped(run, turn, rest);
	if ((rest = behind(line, "clock")) != NULL)
		return note_clock(run, rest);
	return false;
}

static enum gb_exit note_memory(struct gb_report *r, const char *text)
{
	uint64_t bytes;
	int end = -1;

	if (sscanf(text, "%" SCNu64 "%n", &bytes, &end) != 1 || text[end] != '\0')
		return gb_report_end(r, GB_EXIT_INTERNAL, "the worker said \"memory %.40s\"", text);
	r->run->progress->peak_bytes = bytes;
	return GB_EXIT_DONE;
}

static enum gb_exit take_line(struct gb_report *r, const char *line)
{
	const char *rest;

	if ((rest = behind(line, "row")) != NULL)
		return keep_row(r, rest);
	if ((rest = behind(line, "sample")) != NULL)
		return flush_sample(r, rest);
	if ((rest = behind(line, "task")) != NULL)
		return end_task(r, rest);
	if (behind(line, "alive") != NULL)
		return GB_EXIT_DONE;
	if (gb_run_note(r->run, r->turn, line))
		return gb_report_remembered(r, gb_journal_write(r->run->journal, "%s", line));
	if ((rest = behind(line, "failed")) != NULL)
		return note_failed(r, rest);
	if ((rest = behind(line, "memory")) != NULL)
		return note_memory(r, rest);
	if (behind(line, "done") != NULL) {
		r->is_done = true;
		return GB_EXIT_DONE;
	}
	return gb_report_end(r, GB_EXIT_INTERNAL, "the worker said \"%.60s\"", line);
}

enum gb_exit gb_report_take(struct gb_report *r, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\n') {
			if (gb_report_room(&r->line, &r->line_cap, r->line_len + 1) != 0)
				return gb_report_end(r, GB_EXIT_INTERNAL, "out of memory");
			r->line[r->line_len++] = p[i];
			continue;
		}
		if (gb_report_room(&r->line, &r->line_cap, r->line_len) != 0)
			return gb_report_end(r, GB_EXIT_INTERNAL, "out of memory");
		r->line[r->line_len] = '\0';
		r->line_len = 0;
		if (take_line(r, r->line) != GB_EXIT_DONE)
			return r->status;
	}
	return GB_EXIT_DONE;
}

void gb_report_free(struct gb_report *r)
{
	free(r->line);
	free(r->rows);
}
