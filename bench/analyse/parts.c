#include "analyse/parts.h"

#include "analyse/csv.h"
#include "analyse/summarise.h"

#include <stdlib.h>
#include <string.h>

const char *const gb_part_names[GB_N_PARTS] = {"claim", "verify", "session", "encrypt"};

/* A whole beside its parts; times in ns. */
struct sum {
	const struct gb_cell *whole;
	double part[GB_N_PARTS]; /* medians */
	double median, least;
	double parts_median, parts_least;
};

static const char *key_of(const struct gb_cell *cell, unsigned column)
{
	size_t i = 0;

	while (gb_key_columns[i] != column)
		i++;
	return cell->key[i];
}

static bool is_total_of(const struct gb_cell *cell, const char *operation)
{
	return strcmp(key_of(cell, GB_COLUMN_operation), operation) == 0 &&
	       strcmp(key_of(cell, GB_COLUMN_role), "actor") == 0 &&
	       strcmp(key_of(cell, GB_COLUMN_phase), "total") == 0 && cell->n_samples > 0;
}

/* The cell of another operation at the same point; NULL when there is none. */
static const struct gb_cell *part_of(const struct gb_cells *cells, const struct gb_cell *whole,
				     const char *operation)
{
	for (size_t i = 0; i < cells->n; i++) {
		const struct gb_cell *cell = cells->cell[i];

		if (is_total_of(cell, operation) &&
		    gb_keys_agree(cell->key, whole->key, GB_KEY_BIT(GB_KEY_OPERATION)))
			return cell;
	}
	return NULL;
}

static bool find_parts(const struct gb_cells *cells, const struct gb_cell *whole,
		       const struct gb_cell *parts[GB_N_PARTS])
{
	if (!is_total_of(whole, "create"))
		return false;
	for (size_t i = 0; i < GB_N_PARTS; i++) {
		parts[i] = part_of(cells, whole, gb_part_names[i]);
		if (!parts[i])
			return false;
	}
	return true;
}

size_t gb_count_parts(const struct gb_cells *cells)
{
	const struct gb_cell *parts[GB_N_PARTS];
	size_t n = 0;

	for (size_t i = 0; i < cells->n; i++)
		n += find_parts(cells, cells->cell[i], parts);
	return n;
}

static int time_of(const struct gb_cell *cell, struct gb_time_summary *time)
{
	double *medians = malloc(cell->n_samples * sizeof(*medians));
	int status = medians ? gb_summarise_time(cell, false, medians, time) : -1;

	free(medians);
	return status;
}

static int add_up(const struct gb_cell *whole, const struct gb_cell *const parts[GB_N_PARTS],
		  struct sum *sum)
{
	struct gb_time_summary time;

	if (time_of(whole, &time) < 0)
		return -1;
	*sum = (struct sum){.whole = whole, .median = time.median, .least = time.least};
	for (size_t i = 0; i < GB_N_PARTS; i++) {
		if (time_of(parts[i], &time) < 0)
			return -1;
		sum->part[i] = time.median;
		sum->parts_median += time.median;
		sum->parts_least += time.least;
	}
	return 0;
}

static void put_header(FILE *out)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		fprintf(out, "%s,", gb_columns[gb_key_columns[i]].name);
	for (size_t i = 0; i < GB_N_PARTS; i++)
		fprintf(out, "%s_cpu_ns_median,", gb_part_names[i]);
	fprintf(out, "parts_cpu_ns_median,cpu_ns_median,whole_over_parts,whole_over_parts_least,"
		     "heals\n");
}

static void put_row(FILE *out, const struct sum *sum)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		gb_csv_put(out, sum->whole->key[i]);
		putc(',', out);
	}
	for (size_t i = 0; i < GB_N_PARTS; i++)
		fprintf(out, "%.0f,", sum->part[i]);
	fprintf(out, "%.0f,%.0f,%.4f,%.4f,", sum->parts_median, sum->median,
		sum->median / sum->parts_median, sum->least / sum->parts_least);
	gb_csv_put(out, sum->whole->heals);
	putc('\n', out);
}

int gb_write_parts(const struct gb_cells *cells, FILE *out)
{
	const struct gb_cell *parts[GB_N_PARTS];
	struct sum sum;

	put_header(out);
	for (size_t i = 0; i < cells->n; i++) {
		if (!find_parts(cells, cells->cell[i], parts))
			continue;
		if (add_up(cells->cell[i], parts, &sum) < 0)
			return -1;
		put_row(out, &sum);
	}
	return 0;
}

/* The cell of the largest group, among equals the one that takes longest. */
int gb_tell_parts(const struct gb_cells *cells, FILE *out)
{
	const struct gb_cell *parts[GB_N_PARTS];
	struct sum sum, best = {0};
	double largest = 0;

	for (size_t i = 0; i < cells->n; i++) {
		double size;

		if (!find_parts(cells, cells->cell[i], parts))
			continue;
		if (add_up(cells->cell[i], parts, &sum) < 0)
			return -1;
		size = strtod(key_of(cells->cell[i], GB_COLUMN_size), NULL);
		if (best.whole && (size < largest || (size <= largest && sum.median < best.median)))
			continue;
		best = sum;
		largest = size;
	}
	if (best.whole)
		fprintf(out,
			"create at %.0f members takes %.3f times what its parts take one by one "
			"(%.3f by the least times)\n",
			largest, best.median / best.parts_median, best.least / best.parts_least);
	return 0;
}
