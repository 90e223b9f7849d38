#ifndef WORKER_REPORT_H
#define WORKER_REPORT_H
#include "run/columns.h"
#include "run/worker.h"

/* A worker from job to rows, in the process of the test. */
#define WORKER_ROWS 400

/* What a worker said. */
struct worker_report {
	char *text;
	enum gb_exit status;
	size_t n_rows, n_samples, n_skipped;
	char *row[WORKER_ROWS][GB_COLUMNS];
	char *failed, *skipped;
	uint64_t peak_bytes;
	bool is_done;
};

/* Measures the job; worker_forget() frees the report. */
struct worker_report *worker_measure(const struct gb_job *job);
void worker_forget(struct worker_report *r);

/* Two samples of each task, none dropped, whatever the machine does meanwhile. */
struct gb_job worker_job(const struct gb_backend *b, uint32_t size);
void worker_add_task(struct gb_job *job, enum gb_operation operation, uint32_t k, uint32_t payload);

/* The same with one task, and with one axis set. */
struct gb_job worker_job_of(const struct gb_backend *b, uint32_t size, enum gb_operation operation,
			    uint32_t k, enum gb_axis_id axis, const char *value);

/* The oracle finds out the backend of the job, of which no row is written, and says why. */
void assert_worker_caught(const struct gb_job *job, const char *why);

/* The first row of this role and phase; NULL when there is none. */
char **worker_row(struct worker_report *r, const char *operation, const char *role,
		  const char *phase);
void assert_field(char **row, enum gb_column column, const char *want);
uint64_t field_number(char **row, enum gb_column column);
#endif
