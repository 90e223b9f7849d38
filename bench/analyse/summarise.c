#include "analyse/summarise.h"

#include "analyse/calibration.h"
#include "analyse/commands.h"
#include "analyse/csv.h"
#include "analyse/floor_of_cell.h"
#include "analyse/group_cost.h"
#include "analyse/new_file.h"
#include "analyse/parts.h"
#include "analyse/ratios.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIDENCE 0.95
#define N(array)   (sizeof(array) / sizeof((array)[0]))

static double time_of(const struct gb_observation *s, bool wall)
{
	return wall ? s->wall_ns : s->cpu_ns;
}

/* The measured times of the process whose samples begin at *at, which moves behind them. */
static size_t times_of_process(const struct gb_cell *cell, bool wall, size_t *at, double *values)
{
	uint64_t process = cell->samples[*at].process;
	size_t n = 0;

	for (; *at < cell->n_samples && cell->samples[*at].process == process; (*at)++) {
		double t = time_of(&cell->samples[*at], wall);

		if (!isnan(t))
			values[n++] = t;
	}
	return n;
}

static void summarise_processes(const struct gb_cell *cell, bool wall, double *values,
				double *medians, struct gb_time_summary *out)
{
	size_t at = 0;

	while (at < cell->n_samples) {
		size_t n = times_of_process(cell, wall, &at, values);

		if (n == 0)
			continue;
		gb_sort(values, n);
		if (out->n_processes == 0 || values[0] < out->least)
			out->least = values[0];
		if (out->n_processes == 0 || values[n - 1] > out->most)
			out->most = values[n - 1];
		medians[out->n_processes++] = gb_median(values, n);
	}
}

int gb_summarise_time(const struct gb_cell *cell, bool wall, double *medians,
		      struct gb_time_summary *out)
{
	double *values = malloc(cell->n_samples * sizeof(*values));
	struct gb_median_interval interval;

	*out = (struct gb_time_summary){0};
	if (!values)
		return -1;
	summarise_processes(cell, wall, values, medians, out);
	free(values);
	if (out->n_processes == 0)
		return 0;
	gb_sort(medians, out->n_processes);
	interval = gb_median_interval(out->n_processes, CONFIDENCE);
	out->median = gb_median(medians, out->n_processes);
	out->mad = gb_mad(medians, out->n_processes);
	out->low = medians[interval.low];
	out->high = medians[interval.high];
	out->coverage = interval.coverage;
	return 0;
}

/* At most two decimals, none that are 0: medians of whole numbers have halves and quarters. */
static void put_number(FILE *out, double number)
{
	char text[64];
	size_t len = (size_t)snprintf(text, sizeof(text), "%.2f", number);

	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
	fputs(text, out);
}

static void put_time(FILE *out, const struct gb_time_summary *t)
{
	const double values[] = {t->median, t->mad, t->low, t->high, t->least, t->most};

	for (size_t i = 0; i < N(values); i++) {
		bool interval = i == 2 || i == 3;

		putc(',', out);
		if (t->n_processes > 0 && !(interval && t->n_processes == 1))
			put_number(out, values[i]);
	}
}

/* The median of an exact column whose samples differ. */
static int put_exact_median(FILE *out, const struct gb_cell *cell, size_t exact)
{
	double *values = malloc(cell->n_samples * sizeof(*values));
	size_t n = 0;

	if (!values)
		return -1;
	for (size_t i = 0; i < cell->n_samples; i++) {
		uint64_t value = gb_cell_exact(cell, exact, i);

		if (value != GB_NOT_MEASURED)
			values[n++] = (double)value;
	}
	gb_sort(values, n);
	put_number(out, gb_median(values, n));
	free(values);
	return 0;
}

/* Whether all samples have one value in all columns from..to-1; "" when none was measured. */
static const char *are_exact(const struct gb_cell *cell, size_t from, size_t to)
{
	bool measured = false;

	for (size_t i = from; i < to; i++) {
		if (cell->exact[i].values)
			return "no";
		measured |= cell->exact[i].first != GB_NOT_MEASURED;
	}
	return measured ? "yes" : "";
}

static size_t count_processes(const struct gb_cell *cell)
{
	size_t n = 1;

	for (size_t i = 1; i < cell->n_samples; i++)
		n += cell->samples[i].process != cell->samples[i - 1].process;
	return n;
}

static void put_header(FILE *out)
{
	static const unsigned times[] = {GB_COLUMN_cpu_ns, GB_COLUMN_wall_ns};
	static const char *const statistics[] = {"median",  "mad", "ci_low",
						 "ci_high", "min", "max"};

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		fprintf(out, "%s,", gb_columns[gb_key_columns[i]].name);
	fputs("n_processes,n_samples,ci_coverage", out);
	for (size_t i = 0; i < N(times); i++) {
		for (size_t j = 0; j < N(statistics); j++)
			fprintf(out, ",%s_%s", gb_columns[times[i]].name, statistics[j]);
	}
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++)
		fprintf(out, ",%s", gb_columns[gb_exact_columns[i]].name);
	fputs(",bytes_exact,counts_exact,restore,heals,floor_ns,floor_ns_median,floor_ns_equal,"
	      "time_over_floor,time_over_floor_median\n",
	      out);
}

static void put_known(FILE *out, double number, const char *format)
{
	putc(',', out);
	if (isfinite(number))
		fprintf(out, format, number);
}

/* Like is divided by like: the least time by the floor at the least prices, the median by the
 * floor at median prices. */
static int put_floor(FILE *out, const struct gb_cell *cell, const struct gb_prices *prices,
		     const struct gb_time_summary *cpu)
{
	struct gb_cell_floor floor = {NAN, NAN, NAN};
	bool timed = cpu->n_processes > 0;

	if (prices && gb_floor_of_cell(cell, prices, &floor) < 0)
		return -1;
	put_known(out, floor.minimum, "%.0f");
	put_known(out, floor.median, "%.0f");
	put_known(out, floor.equal, "%.0f");
	/* Of no cryptography nothing is a multiple. */
	timed = timed && floor.minimum > 0;
	put_known(out, timed ? cpu->least / floor.minimum : NAN, "%.4g");
	put_known(out, timed ? cpu->median / floor.median : NAN, "%.4g");
	return 0;
}

static int summarise_times(const struct gb_cell *cell, struct gb_time_summary *cpu,
			   struct gb_time_summary *wall)
{
	double *medians = malloc(cell->n_samples * sizeof(*medians));
	int status = -1;

	if (medians && gb_summarise_time(cell, false, medians, cpu) == 0)
		status = gb_summarise_time(cell, true, medians, wall);
	free(medians);
	return status;
}

static int put_cell(FILE *out, const struct gb_cell *cell, const struct gb_prices *prices)
{
	struct gb_time_summary cpu, wall;

	if (summarise_times(cell, &cpu, &wall) < 0)
		return -1;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		gb_csv_put(out, cell->key[i]);
		putc(',', out);
	}
	fprintf(out, "%zu,%zu,", count_processes(cell), cell->n_samples);
	if (cpu.n_processes > 1)
		fprintf(out, "%.6g", cpu.coverage);
	put_time(out, &cpu);
	put_time(out, &wall);
	for (size_t i = 0; i < GB_EXACT_COLUMNS; i++) {
		const struct gb_exact *exact = &cell->exact[i];

		putc(',', out);
		if (exact->values && put_exact_median(out, cell, i) < 0)
			return -1;
		if (!exact->values && exact->first != GB_NOT_MEASURED)
			fprintf(out, "%" PRIu64, exact->first);
	}
	fprintf(out, ",%s,%s,", are_exact(cell, 0, GB_EXACT_BYTES),
		are_exact(cell, GB_EXACT_BYTES, GB_EXACT_COUNTED));
	gb_csv_put(out, cell->restore);
	putc(',', out);
	gb_csv_put(out, cell->heals);
	if (put_floor(out, cell, prices, &cpu) < 0)
		return -1;
	putc('\n', out);
	return 0;
}

int gb_write_summary(const struct gb_cells *cells, const struct gb_prices *prices, FILE *out)
{
	put_header(out);
	for (size_t i = 0; i < cells->n; i++) {
		if (cells->cell[i]->n_samples > 0 && put_cell(out, cells->cell[i], prices) < 0)
			return -1;
	}
	return 0;
}

/* RUN/calibration.json, if the run carries one. 1: *prices is set, 0: there is none. */
static int read_prices(struct gb_prices *prices, const char *run, struct gb_failure *f)
{
	char *path = gb_join_path(run, GB_CALIBRATION_FILE, f);
	int status = path ? access(path, F_OK) == 0 : -1;

	if (status == 1 && gb_calibration_read(prices, path, f) < 0)
		status = -1;
	free(path);
	return status;
}

static int write_file(const struct gb_cells *cells, const struct gb_prices *prices, const char *run,
		      struct gb_failure *f)
{
	struct gb_new_file file;

	if (gb_new_file_begin(&file, run, "summary.csv", f) < 0)
		return -1;
	if (gb_write_summary(cells, prices, file.out) < 0) {
		gb_new_file_drop(&file);
		return gb_fail_memory(f);
	}
	return gb_new_file_keep(&file, f);
}

/* Where a whole was measured beside its parts. */
static int write_parts(const struct gb_cells *cells, const char *run, struct gb_failure *f)
{
	size_t n = gb_count_parts(cells);
	struct gb_new_file file;

	if (n == 0)
		return 0;
	if (gb_new_file_begin(&file, run, "parts.csv", f) < 0)
		return -1;
	if (gb_write_parts(cells, file.out) < 0) {
		gb_new_file_drop(&file);
		return gb_fail_memory(f);
	}
	if (gb_new_file_keep(&file, f) < 0)
		return -1;
	printf("%s/parts.csv: %zu cells\n", run, n);
	return gb_tell_parts(cells, stdout) < 0 ? gb_fail_memory(f) : 0;
}

/* Tables that follow from summary.csv as it stands. One that would be empty is not written. */
static const struct derived {
	const char *file;
	const char *rows;
	size_t (*count)(const struct gb_summary *summary);
	size_t (*write)(const struct gb_summary *summary, FILE *out);
} derived[] = {
	{"ratios.csv", "pairs of cells", gb_count_ratios, gb_write_ratios},
	{"group_cost.csv", "changes of a group", gb_count_group_costs, gb_write_group_costs},
};

static int write_table(const struct derived *table, const struct gb_summary *summary,
		       const char *run, struct gb_failure *f)
{
	size_t n = table->count(summary);
	struct gb_new_file file;

	if (n == 0)
		return 0;
	if (gb_new_file_begin(&file, run, table->file, f) < 0)
		return -1;
	table->write(summary, file.out);
	if (gb_new_file_keep(&file, f) < 0)
		return -1;
	printf("%s/%s: %zu %s\n", run, table->file, n, table->rows);
	return 0;
}

static int write_derived(const char *run, struct gb_failure *f)
{
	struct gb_summary summary = {0};
	char *path = gb_join_path(run, "summary.csv", f);
	int status = path ? gb_summary_read(&summary, path, f) : -1;

	for (size_t i = 0; i < N(derived) && status == 0; i++)
		status = write_table(&derived[i], &summary, run, f);
	gb_summary_free(&summary);
	free(path);
	return status;
}

static int summarise_run(const char *run, struct gb_failure *f)
{
	struct gb_cells cells = {0};
	struct gb_prices prices;
	char *path = gb_join_path(run, "samples.csv", f);
	int status = path ? gb_cells_read(&cells, path, f) : -1;
	int priced = status == 0 ? read_prices(&prices, run, f) : -1;

	if (priced >= 0)
		status = write_file(&cells, priced ? &prices : NULL, run, f);
	else
		status = -1;
	if (status == 0)
		printf("%s/summary.csv: %zu cells\n", run, cells.n);
	if (status == 0)
		gb_cells_tell_lacks(&cells, path, "empty in what follows from it", stdout);
	if (status == 0)
		status = write_parts(&cells, run, f);
	if (status == 0)
		status = write_derived(run, f);
	gb_cells_free(&cells);
	free(path);
	return status;
}

static int summarise_main(const struct gb_command *self, int argc, char **argv)
{
	struct gb_failure f = {0};
	size_t n_runs;
	int status = gb_options_parse(self, argc, argv, &n_runs, NULL, NULL);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	for (size_t i = 1; i <= n_runs; i++) {
		if (summarise_run(argv[i], &f) < 0)
			return gb_report_failure(&f, self->name);
	}
	return GB_EXIT_DONE;
}

const struct gb_command gb_command_summarise = {
	.name = "summarise",
	.operands = "RUN...",
	.min_operands = 1,
	.max_operands = 1000,
	.sentence = "Computes medians, intervals and exact counts of runs.",
	.main = summarise_main,
};
