#include "analyse/commands.h"

#include "analyse/crossings.h"
#include "analyse/csv.h"
#include "analyse/data_folder.h"
#include "analyse/factors.h"
#include "analyse/growth_text.h"
#include "analyse/new_file.h"
#include "analyse/published_bytes.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A fitted curve says little beyond this many times the largest size measured. */
#define REACH 4

static const char *const term_columns[GB_GROWTH_TERMS] = {
	"constant_ns", "log2_n_ns", "n_ns", "n_log2_n_ns", "n2_ns",
};

struct fit {
	char *data; /* the folder that has results/published/ */
	struct gb_cells cells;
	struct gb_curves curves;
	struct gb_published_times published;
	size_t n_wrong; /* sizes of messages that differ from the published without a reason */
};

static void close_fit(struct fit *fit)
{
	gb_curves_free(&fit->curves);
	gb_cells_free(&fit->cells);
	gb_published_free(&fit->published);
	free(fit->data);
}

/* ---- curves ---- */

static bool is_actors(const struct gb_curve *c)
{
	return strcmp(c->key[GB_KEY_PHASE], "total") == 0;
}

static void say_curve(const struct gb_curve *c)
{
	double leads = gb_growth_leads_from(&c->growth);
	char name[160], growth[160], other[60];

	gb_curve_name(c, name, sizeof(name));
	gb_format_growth(&c->growth, growth, sizeof(growth));
	printf("%-44s %s  (error %.1f %%, N = %.0f..%.0f)\n", name, growth, 100 * c->growth.error,
	       c->size[0], c->size[c->n - 1]);
	if (leads > c->size[0] && leads <= REACH * c->size[c->n - 1])
		printf("%-44s its fastest growing term leads from N = %.0f\n", "", leads);
	for (size_t i = 0; i < c->n_others; i++) {
		gb_format_growth_set(c->others[i], other, sizeof(other));
		printf("%-44s cannot be told apart from %s\n", "", other);
	}
}

/* The 95 % interval of a coefficient over the replicates. */
static void put_interval(FILE *out, const struct gb_curve *c, unsigned term)
{
	double values[GB_REPLICATES];

	if (!c->replicates || !(c->growth.set & 1u << term)) {
		fputs(",,", out);
		return;
	}
	for (size_t i = 0; i < GB_REPLICATES; i++)
		values[i] = c->replicates[i].coefficient[term];
	gb_sort(values, GB_REPLICATES);
	fprintf(out, ",%.6g,%.6g", gb_quantile(values, GB_REPLICATES, 0.025),
		gb_quantile(values, GB_REPLICATES, 0.975));
}

static void put_curve(FILE *out, const struct gb_curve *c)
{
	char set[60];

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		if (i != GB_KEY_SIZE) {
			gb_csv_put(out, c->key[i]);
			putc(',', out);
		}
	}
	gb_format_growth_set(c->growth.set, set, sizeof(set));
	fprintf(out, "%zu,%.0f,%.0f,%zu,%s,", c->n, c->size[0], c->size[c->n - 1],
		c->least_processes, set);
	for (size_t i = 0; i < c->n_others; i++) {
		gb_format_growth_set(c->others[i], set, sizeof(set));
		fprintf(out, "%s%s", i > 0 ? " | " : "", set);
	}
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		putc(',', out);
		if (c->growth.set & 1u << j)
			fprintf(out, "%.6g", c->growth.coefficient[j]);
		put_interval(out, c, j);
	}
	fprintf(out, ",%.6g,%s\n", c->growth.error, gb_resampled_name(c->resampled));
}

static int write_curves(const struct gb_curves *curves, const char *run, struct gb_failure *f)
{
	struct gb_new_file file;
	size_t without = 0;

	if (gb_new_file_begin(&file, run, "fit.csv", f) < 0)
		return -1;
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		if (i != GB_KEY_SIZE)
			fprintf(file.out, "%s,", gb_columns[gb_key_columns[i]].name);
	}
	fputs("sizes,size_min,size_max,n_processes,terms,other_terms", file.out);
	for (size_t j = 0; j < GB_GROWTH_TERMS; j++)
		fprintf(file.out, ",%s,%s_ci_low,%s_ci_high", term_columns[j], term_columns[j],
			term_columns[j]);
	fputs(",error,intervals_over\n", file.out);
	for (size_t i = 0; i < curves->n; i++) {
		if (curves->curve[i].growth.set == 0) {
			without++;
			continue;
		}
		if (is_actors(&curves->curve[i]))
			say_curve(&curves->curve[i]);
		put_curve(file.out, &curves->curve[i]);
	}
	if (without > 0)
		printf("curves of fewer than 4 sizes, which have no fit: %zu\n", without);
	if (curves->n_left_alone > 0)
		printf("cells on no curve, because a removal left nobody but the actor: %zu\n",
		       curves->n_left_alone);
	printf("%s/fit.csv has the curves of all roles\n", run);
	return gb_new_file_keep(&file, f);
}

/* ---- crossings ---- */

static void put_crossing(FILE *out, const struct gb_curve *a, const struct gb_curve *b,
			 const struct gb_crossing *x)
{
	char first[160], second[160];

	gb_curve_name(x->first_wins ? a : b, first, sizeof(first));
	gb_curve_name(x->first_wins ? b : a, second, sizeof(second));
	printf("%s is cheaper than %s ", first, second);
	gb_csv_put(out, first);
	putc(',', out);
	gb_csv_put(out, second);
	if (x->from > 0) {
		printf("from N = %.0f", x->from);
		fprintf(out, ",%.6g,", x->from);
	} else {
		printf("at all sizes");
		fprintf(out, ",,");
	}
	if (x->low > 0) {
		printf(" [%.0f .. %.0f]", x->low, x->high);
		fprintf(out, "%.6g,%.6g,", x->low, x->high);
	} else {
		fprintf(out, ",,");
	}
	if (!isnan(x->agreement))
		fprintf(out, "%.3f", x->agreement);
	fprintf(out, ",%s", gb_resampled_name(x->resampled));
	if (x->agreement < 0.95)
		printf(", in %.0f %% of the replicates", 100 * x->agreement);
	printf("\n");
	putc('\n', out);
}

static int write_crossings(const struct gb_curves *curves, const char *run, struct gb_failure *f)
{
	struct gb_new_file file;
	struct gb_crossing crossing;

	if (gb_new_file_begin(&file, run, "crossings.csv", f) < 0)
		return -1;
	fputs("cheaper,dearer,from_size,from_size_ci_low,from_size_ci_high,agreement,"
	      "intervals_over\n",
	      file.out);
	for (size_t i = 0; i < curves->n; i++) {
		for (size_t j = i + 1; j < curves->n; j++) {
			const struct gb_curve *a = &curves->curve[i], *b = &curves->curve[j];

			if (is_actors(a) && gb_curves_are_comparable(a, b) &&
			    gb_compare_curves(a, b, &crossing))
				put_crossing(file.out, a, b, &crossing);
		}
	}
	return gb_new_file_keep(&file, f);
}

/* ---- published graphs ---- */

static void put_optional(FILE *out, double number)
{
	putc(',', out);
	if (!isnan(number))
		fprintf(out, "%.6g", number);
}

static void say_factor(const struct gb_published_series *s, const struct gb_curve *curve,
		       const struct gb_factor *x)
{
	char growth[160], measured[160];

	gb_curve_name(curve, measured, sizeof(measured));
	printf("%s: %s%s%s: %.3g times %s", gb_published_graph_name(s->graph), s->name,
	       s->variant[0] ? " " : "", s->variant, x->ratio, measured);
	if (!isnan(x->ratio_low))
		printf(" [%.3g .. %.3g]", x->ratio_low, x->ratio_high);
	if (!isnan(x->ratio_sizes_low))
		printf(" (with other sizes %.3g .. %.3g)", x->ratio_sizes_low, x->ratio_sizes_high);
	if (x->n > 1)
		printf(" over %zu sizes, shapes differ by %.0f %%, most at N = %.0f", x->n,
		       100 * (exp(x->shape) - 1), x->worst_size);
	printf("\n");
	if (x->published.set == 0)
		return;
	gb_format_growth(&x->published, growth, sizeof(growth));
	printf("  it grows as %s  (error %.1f %%)\n", growth, 100 * x->published.error);
}

static void put_growth(FILE *out, const struct gb_growth *growth)
{
	char set[60] = "";

	if (growth->set != 0)
		gb_format_growth_set(growth->set, set, sizeof(set));
	fprintf(out, ",%s", set);
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++)
		put_optional(out, growth->set & 1u << j ? growth->coefficient[j] : NAN);
	put_optional(out, growth->set != 0 ? growth->error : NAN);
}

/* One row: the published series, what of ours is nearest to it, and how they compare. */
static void put_factor(FILE *out, const struct gb_published_series *s, const struct gb_curve *curve,
		       const struct gb_factor *x)
{
	char measured[160];

	gb_curve_name(curve, measured, sizeof(measured));
	fprintf(out, "%s,%s,%s,", gb_published_graph_name(s->graph), s->name, s->variant);
	gb_csv_put(out, measured);
	fprintf(out, ",%zu,%.6g", x->n, x->ratio);
	put_optional(out, x->ratio_low);
	put_optional(out, x->ratio_high);
	put_optional(out, x->n > 1 ? x->shape : NAN);
	put_optional(out, x->shape_low);
	put_optional(out, x->shape_high);
	put_optional(out, x->n > 1 ? x->worst_size : NAN);
	put_optional(out, x->n > 1 ? x->worst : NAN);
	put_growth(out, &x->published);
	put_growth(out, &curve->growth);
	put_optional(out, x->ratio_sizes_low);
	put_optional(out, x->ratio_sizes_high);
	put_optional(out, x->shape_sizes_low);
	put_optional(out, x->shape_sizes_high);
	putc('\n', out);
}

/* `curve` may be NULL: the run has none. */
static int compare_curve(const struct fit *fit, size_t series, const struct gb_curve *curve,
			 FILE *out, struct gb_failure *f)
{
	struct gb_factor factor;

	if (!curve)
		return 0;
	if (gb_factor_of(&fit->published, series, curve, &factor) < 0)
		return gb_fail_memory(f);
	if (factor.n == 0)
		return 0;
	say_factor(&gb_published_series[series], curve, &factor);
	put_factor(out, &gb_published_series[series], curve, &factor);
	return 0;
}

static int put_factors(const struct fit *fit, FILE *out, struct gb_failure *f)
{
	for (size_t i = 0; i < gb_n_published_series; i++) {
		const struct gb_published_series *s = &gb_published_series[i];

		if (compare_curve(fit, i, gb_curve_nearest(&fit->curves, s), out, f) < 0 ||
		    compare_curve(fit, i, gb_curve_of_relative(&fit->curves, s), out, f) < 0)
			return -1;
	}
	return 0;
}

static void put_growth_header(FILE *out, const char *whose)
{
	fprintf(out, ",%s_terms", whose);
	for (size_t j = 0; j < GB_GROWTH_TERMS; j++)
		fprintf(out, ",%s_%s", whose, term_columns[j]);
	fprintf(out, ",%s_error", whose);
}

static int write_factors(const struct fit *fit, const char *run, struct gb_failure *f)
{
	struct gb_new_file file;

	if (gb_new_file_begin(&file, run, "published.csv", f) < 0)
		return -1;
	fputs("graph,series,variant,measured,sizes,published_over_measured,ratio_ci_low,"
	      "ratio_ci_high,shape_error,shape_ci_low,shape_ci_high,worst_size,worst_factor",
	      file.out);
	put_growth_header(file.out, "published");
	put_growth_header(file.out, "measured");
	fputs(",ratio_sizes_low,ratio_sizes_high,shape_sizes_low,shape_sizes_high\n", file.out);
	if (put_factors(fit, file.out, f) < 0) {
		gb_new_file_drop(&file);
		return -1;
	}
	return gb_new_file_keep(&file, f);
}

/* ---- command ---- */

static int read_published(struct fit *fit, struct gb_failure *f)
{
	int status = 0;

	for (int graph = 0; graph < GB_PUBLISHED_GRAPHS && status == 0; graph++)
		status = gb_published_read(&fit->published, (enum gb_published_graph)graph,
					   fit->data, f);
	return status;
}

static int write_bytes(struct fit *fit, const char *run, struct gb_failure *f)
{
	struct gb_new_file file;

	if (gb_new_file_begin(&file, run, "published_bytes.csv", f) < 0)
		return -1;
	if (gb_published_bytes(&fit->cells, fit->data, file.out, &fit->n_wrong, f) < 0) {
		gb_new_file_drop(&file);
		return -1;
	}
	return gb_new_file_keep(&file, f);
}

static int fit_run(const char *run, struct fit *fit, struct gb_failure *f)
{
	char *path = gb_join_path(run, "samples.csv", f);
	int status = path ? gb_cells_read(&fit->cells, path, f) : -1;

	if (status == 0)
		gb_cells_tell_lacks(&fit->cells, path, "what they say is not fitted", stdout);
	free(path);
	if (status < 0 || !(fit->data = gb_find_data_folder(f)) || read_published(fit, f) < 0 ||
	    gb_curves_make(&fit->cells, &fit->curves, f) < 0)
		return -1;
	if (write_curves(&fit->curves, run, f) < 0 || write_crossings(&fit->curves, run, f) < 0)
		return -1;
	return write_factors(fit, run, f) < 0 ? -1 : write_bytes(fit, run, f);
}

static int fit_main(const struct gb_command *self, int argc, char **argv)
{
	struct gb_failure f = {0};
	struct fit fit = {0};
	size_t n_operands;
	int status = gb_options_parse(self, argc, argv, &n_operands, NULL, NULL);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	status = fit_run(argv[1], &fit, &f);
	close_fit(&fit);
	if (status < 0)
		return gb_report_failure(&f, self->name);
	return fit.n_wrong > 0 ? GB_EXIT_EXACT : GB_EXIT_DONE;
}

const struct gb_command gb_command_fit = {
	.name = "fit",
	.operands = "RUN",
	.min_operands = 1,
	.max_operands = 1,
	.sentence = "Says how costs grow, where curves cross, how published ones compare.",
	.main = fit_main,
};
