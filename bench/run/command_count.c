#include "analyse/exact.h"
#include "analyse/new_file.h"
#include "exit_status.h"
#include "run/commands.h"
#include "run/jobs.h"
#include "run/row.h"
#include "run/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Each cell once, in this process, without times: what is left is exact. The rows are those of
 * samples.csv with the two times empty, so that whatever reads samples reads them.
 */
static const struct gb_option options[] = {
	{"against", 'a', "FILE", "compare with what was counted before, or with a samples.csv",
	 NULL},
	{"out", 'o', "FILE", "where to write; default the standard output, nothing with --against",
	 NULL},
};

struct request {
	const char *against, *out;
};

static int set(void *context, const struct gb_option *option, const char *value)
{
	struct request *r = context;

	if (strcmp(option->name, "against") == 0)
		r->against = value;
	else
		r->out = value;
	return 0;
}

/* The rows, in the order in which they were made, and the same gathered into cells. */
struct count {
	FILE *rows; /* open on `text` */
	char *text;
	size_t len;
	char **line; /* into text, once complete; line 1 is the header, at [0] */
	size_t n_lines;
	struct gb_cells cells;
	struct gb_failure failure;
};

static void close_count(struct count *c)
{
	if (c->rows != NULL)
		fclose(c->rows);
	free(c->text);
	free(c->line);
	gb_cells_free(&c->cells);
}

/* A row without its times. No field of samples.csv has quotes. */
static void put_timeless(FILE *out, const char *row)
{
	for (unsigned column = 0; column < GB_COLUMNS; column++) {
		size_t len = strcspn(row, ",");

		if (column > 0)
			putc(',', out);
		if (gb_columns[column].type != GB_COLUMN_TIME && column != GB_COLUMN_clock)
			fwrite(row, 1, len, out);
		row += len + (row[len] == ',');
	}
	putc('\n', out);
}

/* One line that the worker said. */
static int take_line(struct count *c, const char *line)
{
	if (strncmp(line, "row ", 4) == 0) {
		put_timeless(c->rows, line + 4);
	} else if (strncmp(line, "failed ", 7) == 0) {
		char *why;
		long status = strtol(line + 7, &why, 10);

		return gb_fail(&c->failure, (enum gb_exit)status, "%s", why + (*why == ' '));
	}
	return 0;
}

/* With a budget of a day no first pass is ever too long to be dropped: see worker.c. */
static int count_job(struct count *c, const struct gb_job *planned)
{
	struct gb_job job = *planned;
	char *said = NULL, *end;
	size_t len;
	FILE *worker = open_memstream(&said, &len);
	int status = 0;

	if (worker == NULL)
		return gb_fail_memory(&c->failure);
	job.process = 1;
	job.sampling = (struct gb_sampling){
		.processes = 1, .min = 1, .max = 1, .budget_ns = UINT64_C(86400000000000)};
	gb_worker_measure(&job, worker);
	fclose(worker);
	if (said == NULL)
		return gb_fail_memory(&c->failure);
	for (char *line = said; status == 0 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		status = take_line(c, line);
	}
	free(said);
	return status;
}

static int count_scenario(struct count *c, const char *path)
{
	struct gb_scenario scenario;
	struct gb_jobs jobs = {0};
	char why[640];
	enum gb_exit status = gb_scenario_read(&scenario, path, why, sizeof why);
	int failed = 0;

	if (status != GB_EXIT_DONE)
		return gb_fail(&c->failure, status, "%s", why);
	status = gb_jobs_build(&jobs, &scenario, why, sizeof why);
	if (status != GB_EXIT_DONE)
		failed = gb_fail(&c->failure, status, "%s", why);
	for (size_t i = 0; failed == 0 && i < jobs.n; i++)
		failed = count_job(c, &jobs.job[i]);
	gb_jobs_free(&jobs);
	gb_scenario_free(&scenario);
	return failed;
}

static int find_lines(struct count *c)
{
	char *at = c->text;

	for (size_t i = 0; i < c->len; i++)
		c->n_lines += c->text[i] == '\n';
	c->line = calloc(c->n_lines + 1, sizeof *c->line);
	if (c->line == NULL)
		return gb_fail_memory(&c->failure);
	for (size_t i = 0; i < c->n_lines; i++) {
		c->line[i] = at;
		at = strchr(at, '\n');
		*at++ = '\0';
	}
	return 0;
}

/* The reader of samples takes a file. */
static int read_cells(struct count *c)
{
	char path[] = "/tmp/groupbench-count-XXXXXX";
	int fd = mkstemp(path), status;
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (out == NULL)
		return gb_fail_io(&c->failure, "cannot make", path);
	fwrite(c->text, 1, c->len, out);
	status = ferror(out) ? gb_fail_io(&c->failure, "cannot write", path) : 0;
	if (fclose(out) != 0)
		status = gb_fail_io(&c->failure, "cannot write", path);
	if (status == 0)
		status = gb_cells_read(&c->cells, path, &c->failure);
	unlink(path);
	return status;
}

static int count_all(struct count *c, char *const *scenario, size_t n)
{
	int status = 0;

	c->rows = open_memstream(&c->text, &c->len);
	if (c->rows == NULL)
		return gb_fail_memory(&c->failure);
	gb_rows_header(c->rows);
	for (size_t i = 0; status == 0 && i < n; i++)
		status = count_scenario(c, scenario[i]);
	if (fclose(c->rows) != 0 && status == 0)
		status = gb_fail_memory(&c->failure);
	c->rows = NULL;
	if (status == 0)
		status = read_cells(c);
	return status == 0 ? find_lines(c) : status;
}

/* In the order of cells, so that a change is a difference of as many lines as it has cells. */
static void write_sorted(const struct count *c, FILE *out)
{
	fprintf(out, "%s\n", c->line[0]);
	for (size_t i = 0; i < c->cells.n; i++) {
		const struct gb_cell *cell = c->cells.cell[i];

		if (strcmp(cell->key[GB_KEY_PHASE], "total") == 0)
			continue;
		for (size_t j = 0; j < cell->n_samples; j++)
			fprintf(out, "%s\n", c->line[cell->samples[j].line - 1]);
	}
}

static int write_file(struct count *c, const char *path)
{
	struct gb_new_file file;

	if (gb_new_file_begin_at(&file, path, &c->failure) < 0)
		return -1;
	write_sorted(c, file.out);
	if (gb_new_file_keep(&file, &c->failure) < 0)
		return -1;
	printf("%s: %zu rows\n", path, c->n_lines - 1);
	return 0;
}

/* The command that makes what is now the new baseline. */
static void say_how_to_accept(const char *against, char *const *scenario, size_t n)
{
	printf("to accept what is counted now: groupbench count");
	for (size_t i = 0; i < n; i++)
		printf(" %s", scenario[i]);
	printf(" --out %s\n", against);
}

/* A baseline of an earlier version says nothing of what it lacks. */
static enum gb_exit judge(const struct gb_exact_changes *x, bool is_whole)
{
	if (x->n_changed > 0)
		return GB_EXIT_EXACT;
	return x->n_added > 0 || x->n_gone > 0 || !is_whole ? GB_EXIT_BASELINE : GB_EXIT_DONE;
}

static enum gb_exit compare(struct count *c, const char *against)
{
	struct gb_cells before = {0};
	struct gb_exact_changes x;
	bool is_whole = true;

	if (access(against, R_OK) != 0) {
		gb_fail_io(&c->failure, "no baseline", against);
		return c->failure.status = GB_EXIT_BASELINE;
	}
	if (gb_cells_read(&before, against, &c->failure) < 0) {
		gb_cells_free(&before);
		return c->failure.status;
	}
	for (unsigned i = 0; i < GB_COLUMNS; i++)
		is_whole = is_whole && !before.lacks[i];
	gb_cells_tell_lacks(&before, against, "not compared", stdout);
	x = gb_exact_compare(&before, &c->cells, stdout);
	gb_cells_free(&before);
	printf("%zu cells, %zu exact values: %zu changed", x.n_cells, x.n_values, x.n_changed);
	if (x.n_added > 0 || x.n_gone > 0)
		printf("; %zu cells are new, %zu are gone", x.n_added, x.n_gone);
	printf("\n");
	return judge(&x, is_whole);
}

static int count_main(const struct gb_command *self, int argc, char **argv)
{
	struct request r = {0};
	struct count c = {0};
	size_t n;
	int status = gb_options_parse(self, argc, argv, &n, set, &r);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	if (count_all(&c, argv + 1, n) == 0 && r.out != NULL)
		write_file(&c, r.out);
	else if (c.failure.status == GB_EXIT_DONE && r.against == NULL)
		write_sorted(&c, stdout);
	status = (int)c.failure.status;
	if (status == GB_EXIT_DONE && r.against != NULL) {
		status = (int)compare(&c, r.against);
		if (status != GB_EXIT_DONE)
			say_how_to_accept(r.against, argv + 1, n);
	}
	if (c.failure.status != GB_EXIT_DONE)
		gb_report_failure(&c.failure, self->name);
	close_count(&c);
	return status;
}

const struct gb_command gb_command_count = {
	.name = "count",
	.operands = "SCENARIO...",
	.min_operands = 1,
	.max_operands = 100,
	.sentence = "Counts messages, bytes, primitives and allocations, without clocks.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.main = count_main,
};
