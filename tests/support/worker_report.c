#include "worker_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void split_row(struct worker_report *r, char *line)
{
	size_t column = 0;

	assert_true(r->n_rows < WORKER_ROWS);
	r->row[r->n_rows][column++] = line;
	for (; *line != '\0'; line++) {
		if (*line != ',')
			continue;
		*line = '\0';
		assert_true(column < GB_COLUMNS);
		r->row[r->n_rows][column++] = line + 1;
	}
	assert_int_equal(column, GB_COLUMNS);
	r->n_rows++;
}

static void take_line(struct worker_report *r, char *line)
{
	if (strncmp(line, "row ", 4) == 0)
		split_row(r, line + 4);
	else if (strncmp(line, "sample ", 7) == 0)
		r->n_samples++;
	else if (strncmp(line, "failed ", 7) == 0)
		r->failed = line + 7;
	else if (strncmp(line, "skipped ", 8) == 0) {
		r->skipped = line + 8;
		r->n_skipped++;
	} else if (strcmp(line, "done") == 0)
		r->is_done = true;
	else if (strncmp(line, "memory ", 7) == 0)
		r->peak_bytes = strtoull(line + 7, NULL, 10);
	else
		assert_true(strcmp(line, "alive") == 0 || strncmp(line, "task ", 5) == 0 ||
			    strncmp(line, "clock ", 6) == 0);
}

struct worker_report *worker_measure(const struct gb_job *job)
{
	struct worker_report *r = calloc(1, sizeof *r);
	size_t len = 0;
	FILE *out;
	char *rest;

	assert_non_null(r);
	out = open_memstream(&r->text, &len);
	assert_non_null(out);
	r->status = gb_worker_measure(job, out);
	fclose(out);
	for (char *line = strtok_r(r->text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		take_line(r, line);
	return r;
}

void worker_forget(struct worker_report *r)
{
	free(r->text);
	free(r);
}

struct gb_job worker_job(const struct gb_backend *b, uint32_t size)
{
	struct gb_job job = {.backend = b, .size = size, .senders = 1, .seed = 1, .process = 3};

	job.sampling = (struct gb_sampling){.processes = 5, .min = 2, .max = 2, .budget_ns = 1};
	snprintf(job.axis[GB_AXIS_size], GB_AXIS_VALUE_BYTES, "%u", size);
	return job;
}

void worker_add_task(struct gb_job *job, enum gb_operation operation, uint32_t k, uint32_t payload)
{
	job->tasks[job->n_tasks++] = (struct gb_task){operation, k, payload};
}

struct gb_job worker_job_of(const struct gb_backend *b, uint32_t size, enum gb_operation operation,
			    uint32_t k, enum gb_axis_id axis, const char *value)
{
	struct gb_job job = worker_job(b, size);

	snprintf(job.axis[axis], GB_AXIS_VALUE_BYTES, "%s", value);
	worker_add_task(&job, operation, k, 0);
	return job;
}

void assert_worker_caught(const struct gb_job *job, const char *why)
{
	struct worker_report *r = worker_measure(job);

	assert_int_equal(r->status, GB_EXIT_ORACLE);
	assert_int_equal(r->n_rows, 0);
	assert_non_null(r->failed);
	if (strstr(r->failed, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", r->failed, why);
	worker_forget(r);
}

char **worker_row(struct worker_report *r, const char *operation, const char *role,
		  const char *phase)
{
	for (size_t i = 0; i < r->n_rows; i++) {
		char **row = r->row[i];
		if (strcmp(row[GB_COLUMN_operation], operation) == 0 &&
		    strcmp(row[GB_COLUMN_role], role) == 0 &&
		    strcmp(row[GB_COLUMN_phase], phase) == 0)
			return row;
	}
	return NULL;
}

void assert_field(char **row, enum gb_column column, const char *want)
{
	assert_non_null(row);
	assert_string_equal(row[column], want);
}

uint64_t field_number(char **row, enum gb_column column)
{
	assert_non_null(row);
	return strtoull(row[column], NULL, 10);
}
