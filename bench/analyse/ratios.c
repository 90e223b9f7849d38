#include "analyse/ratios.h"

#include "analyse/csv.h"

#include <math.h>
#include <string.h>

static bool is_axis(unsigned column)
{
	return column != GB_COLUMN_backend && column != GB_COLUMN_operation &&
	       column != GB_COLUMN_k && column != GB_COLUMN_role && column != GB_COLUMN_phase;
}

static bool agree(const struct gb_summary_row *a, const struct gb_summary_row *b, size_t i)
{
	if (is_axis(gb_key_columns[i]) && (*a->key[i] == '\0' || *b->key[i] == '\0'))
		return true;
	return (strcmp(a->key[i], b->key[i]) == 0) == (gb_key_columns[i] != GB_COLUMN_backend);
}

bool gb_ratio_pairs(const struct gb_summary_row *a, const struct gb_summary_row *b)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		if (!agree(a, b, i))
			return false;
	return true;
}

/* Of two times; NAN where one is not known, or is too short for the clock. */
static double ratio(double a, double b)
{
	return a > 0 && b > 0 ? a / b : NAN;
}

/* Whose primitives nobody has counted may have them from anywhere: what they cost is not known. */
static double floor_ratio(const struct gb_summary_row *a, const struct gb_summary_row *b)
{
	if (isnan(a->count_keygen) || isnan(b->count_keygen))
		return NAN;
	return ratio(a->floor_ns, b->floor_ns);
}

void gb_ratio_of(const struct gb_summary_row *a, const struct gb_summary_row *b,
		 struct gb_ratio *out)
{
	double floors = floor_ratio(a, b);

	out->median = ratio(a->cpu_ns_median, b->cpu_ns_median);
	out->low = ratio(a->cpu_ns_ci_low, b->cpu_ns_ci_high);
	out->high = ratio(a->cpu_ns_ci_high, b->cpu_ns_ci_low);
	out->least = ratio(a->cpu_ns_min, b->cpu_ns_min);
	out->protocol = ratio(a->floor_ns_equal, b->floor_ns_equal);
	out->library = floors / out->protocol;
	out->rest = out->median / floors;
	out->rest_least = out->least / floors;
}

static bool is_whole(const struct gb_summary_row *row)
{
	const char *phase = gb_summary_key(row, GB_COLUMN_phase);

	return strcmp(phase, "produce") != 0 && strcmp(phase, "settle") != 0 &&
	       row->cpu_ns_median > 0;
}

static void put_header(FILE *out)
{
	fputs("backend,over_backend", out);
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		if (gb_key_columns[i] != GB_COLUMN_backend)
			fprintf(out, ",%s", gb_columns[gb_key_columns[i]].name);
	fputs(",ratio,ratio_low,ratio_high,ratio_least,protocol,library,rest,rest_least\n", out);
}

static void put_numbers(FILE *out, const struct gb_ratio *r)
{
	const double numbers[] = {r->median,   r->low,     r->high, r->least,
				  r->protocol, r->library, r->rest, r->rest_least};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		putc(',', out);
		if (isfinite(numbers[i]))
			fprintf(out, "%.5g", numbers[i]);
	}
	putc('\n', out);
}

/* An axis that means nothing to one of them has the other's value. */
static void put_pair(FILE *out, const struct gb_summary_row *a, const struct gb_summary_row *b)
{
	struct gb_ratio r;

	gb_csv_put(out, gb_summary_key(a, GB_COLUMN_backend));
	putc(',', out);
	gb_csv_put(out, gb_summary_key(b, GB_COLUMN_backend));
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		if (gb_key_columns[i] == GB_COLUMN_backend)
			continue;
		putc(',', out);
		gb_csv_put(out, *a->key[i] != '\0' ? a->key[i] : b->key[i]);
	}
	gb_ratio_of(a, b, &r);
	put_numbers(out, &r);
}

/* Written where `out` is not NULL. */
static size_t each_pair(const struct gb_summary *s, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_whole(&s->rows[i]))
			continue;
		for (size_t j = i + 1; j < s->n; j++) {
			if (!is_whole(&s->rows[j]) || !gb_ratio_pairs(&s->rows[i], &s->rows[j]))
				continue;
			n++;
			if (out != NULL)
				put_pair(out, &s->rows[i], &s->rows[j]);
		}
	}
	return n;
}

size_t gb_count_ratios(const struct gb_summary *summary)
{
	return each_pair(summary, NULL);
}

size_t gb_write_ratios(const struct gb_summary *summary, FILE *out)
{
	put_header(out);
	return each_pair(summary, out);
}
