#include "analyse/commands.h"

#include "analyse/csv.h"
#include "analyse/data_folder.h"
#include "analyse/growth_text.h"
#include "analyse/holds_when.h"
#include "analyse/new_file.h"
#include "analyse/parts.h"
#include "analyse/verdict.h"
#include "run/scenario.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct judge {
	struct gb_cells cells;
	struct gb_curves curves, over_k, of_bytes;
	json_t *manifest;
	const char *scenario_path; /* of --scenario, or NULL */
	struct gb_scenario scenario;
	FILE *out;
	/* Of the expectation under judgement: */
	const char *text;
	struct gb_judged *judged; /* what it means, room for more than there can be */
	size_t n_judged;
};

/* ---- one verdict ---- */

static void put_optional(FILE *out, double number)
{
	putc(',', out);
	if (!isnan(number) && number > 0)
		fprintf(out, "%.6g", number);
}

static void put_verdict(const struct judge *j, const char *first, const char *second,
			const struct gb_verdict *v, const char *growth)
{
	gb_csv_put(j->out, j->text);
	putc(',', j->out);
	gb_csv_put(j->out, first);
	putc(',', j->out);
	gb_csv_put(j->out, second);
	fprintf(j->out, ",%s", gb_ruling_word(v->ruling));
	put_optional(j->out, v->from);
	fprintf(j->out, ",%zu", v->n_sizes);
	put_optional(j->out, v->size);
	put_optional(j->out, v->ratio);
	put_optional(j->out, v->ratio_low);
	put_optional(j->out, v->ratio_high);
	putc(',', j->out);
	gb_csv_put(j->out, growth);
	put_optional(j->out, v->crossing);
	put_optional(j->out, v->crossing_low);
	put_optional(j->out, v->crossing_high);
	put_optional(j->out, (double)v->n_open);
	put_optional(j->out, v->open_at);
	putc('\n', j->out);
}

/* What the size of a verdict is. */
static const char *place_name(const struct gb_curve *curve)
{
	return curve->over == GB_KEY_K ? "k" : "N";
}

static void say_place(double place)
{
	printf(place < 100 ? "%.3g" : "%.0f", place);
}

static void say_crossing(const struct gb_verdict *v, const char *place)
{
	if (!(v->crossing > 0))
		return;
	printf(", crossing at %s = ", place);
	say_place(v->crossing);
	if (isnan(v->crossing_low))
		return;
	printf(" [");
	say_place(v->crossing_low);
	printf(" .. ");
	say_place(v->crossing_high);
	printf("]");
}

/* The sizes that are open where the verdict is that of the others. */
static void say_open(const struct gb_verdict *v, const char *place)
{
	if (v->n_open == 1)
		printf(", open at %s = %.0f", place, v->open_at);
	if (v->n_open > 1)
		printf(", open at %zu sizes up to %s = %.0f", v->n_open, place, v->open_at);
}

static void note(struct judge *j, const struct gb_curve *a, const struct gb_curve *b,
		 const struct gb_verdict *v)
{
	j->judged[j->n_judged++] = (struct gb_judged){a, b, v->ruling};
}

/* *v is what the claim says of a and b. */
static void say_pair(const struct judge *j, const struct gb_curve *a, const struct gb_curve *b,
		     const struct gb_verdict *v)
{
	char first[160], second[160];

	gb_curve_name(a, first, sizeof(first));
	gb_curve_name(b, second, sizeof(second));
	put_verdict(j, first, second, v, "");
	printf("  %s", gb_ruling_word(v->ruling));
	if (v->from > 0)
		printf(" from %s = %.0f", place_name(a), v->from);
	if (v->ruling != GB_RULING_NOT_MEASURED) {
		printf(": %.3g times", v->ratio);
		if (!isnan(v->ratio_low))
			printf(" [%.3g .. %.3g]", v->ratio_low, v->ratio_high);
		printf(" at %s = %.0f", place_name(a), v->size);
		say_open(v, place_name(a));
		say_crossing(v, place_name(a));
	}
	printf("; %s, %s\n", first, second);
}

static void say_span(const struct gb_curve *curve, const char *name)
{
	printf("  not judged: ");
	if (curve->n > 0)
		printf("%zu sizes, %.0f .. %.0f", curve->n, curve->size[0],
		       curve->size[curve->n - 1]);
	else
		printf("no sizes");
	printf("; wanted %d or more, the largest %d times the smallest; %s\n",
	       GB_GROWTH_LEAST_SIZES, GB_GROWTH_LEAST_SPAN, name);
}

static void judge_growth(struct judge *j, const struct gb_expectation *e,
			 const struct gb_curve *curve)
{
	struct gb_verdict v;
	char name[160], growth[160];

	gb_judge_growth(e, curve, &v);
	note(j, curve, NULL, &v);
	gb_curve_name(curve, name, sizeof(name));
	if (v.ruling == GB_RULING_NOT_JUDGED) {
		say_span(curve, name);
		put_verdict(j, name, "", &v, "");
		return;
	}
	if (curve->is_bytes)
		gb_format_growth_of_bytes(&curve->growth, growth, sizeof(growth));
	else
		gb_format_growth(&curve->growth, growth, sizeof(growth));
	put_verdict(j, name, "", &v, growth);
	printf("  %s: %s; %s, %zu sizes\n", gb_ruling_word(v.ruling), growth, name, v.n_sizes);
}

/* ---- all curves that are meant ---- */

/* The curve that differs from `whole` in the operation alone; NULL when there is none. */
static const struct gb_curve *part_of(const struct judge *j, const struct gb_curve *whole,
				      const char *operation)
{
	for (size_t i = 0; i < j->curves.n; i++) {
		const struct gb_curve *curve = &j->curves.curve[i];

		if (strcmp(curve->key[GB_KEY_OPERATION], operation) == 0 &&
		    gb_keys_agree(curve->key, whole->key,
				  GB_KEY_BIT(GB_KEY_OPERATION) | GB_KEY_BIT(GB_KEY_SIZE)))
			return curve;
	}
	return NULL;
}

/* -1 when memory ran out. */
static int judge_parts(struct judge *j, const struct gb_expectation *e,
		       const struct gb_curve *whole)
{
	struct gb_verdict v;
	const struct gb_curve *parts[GB_N_PARTS];
	struct gb_curve sum;
	int status;

	for (size_t i = 0; i < GB_N_PARTS; i++) {
		parts[i] = part_of(j, whole, gb_part_names[i]);
		if (!parts[i])
			return 0;
	}
	status = gb_curve_add_up(parts, GB_N_PARTS, "parts of create", &sum);
	if (status == 0) {
		gb_judge_pair(e, whole, &sum, &v);
		note(j, whole, NULL, &v);
		say_pair(j, whole, &sum, &v);
	}
	gb_curve_clear(&sum);
	return status;
}

/* Whether a claim compares a curve with itself, each size with that size. */
static bool is_of_itself(const struct gb_expectation *e, const struct gb_curve *first,
			 const struct gb_curve *second)
{
	return first == second && (e->over_k || e->first.value[GB_AXIS_size] == NULL);
}

static void say_one_curve(struct judge *j, const struct gb_curve *curve)
{
	struct gb_verdict v = {.ruling = GB_RULING_NOT_JUDGED, .n_sizes = curve->n};
	char name[160];

	note(j, curve, curve, &v);
	gb_curve_name(curve, name, sizeof(name));
	put_verdict(j, name, name, &v, "");
	printf("  not judged: both are one curve, %s\n", name);
}

static const struct gb_curves *curves_of(const struct judge *j, const struct gb_expectation *e)
{
	if (e->of_bytes)
		return &j->of_bytes;
	return e->over_k ? &j->over_k : &j->curves;
}

static void judge_first(struct judge *j, const struct gb_expectation *e,
			const struct gb_curve *first)
{
	const struct gb_curves *curves = curves_of(j, e);
	struct gb_verdict v;

	if (e->relation == GB_EXPECT_GROWS_AT_MOST || e->relation == GB_EXPECT_GROWS_AT_LEAST) {
		judge_growth(j, e, first);
		return;
	}
	for (size_t i = 0; i < curves->n; i++) {
		const struct gb_curve *second = &curves->curve[i];

		if (!gb_pattern_matches(&e->second, second) || !gb_curves_pair(e, first, second))
			continue;
		if (is_of_itself(e, first, second)) {
			say_one_curve(j, first);
			continue;
		}
		gb_judge_pair(e, first, second, &v);
		note(j, first, second, &v);
		say_pair(j, first, second, &v);
	}
}

static void say_when(const struct judge *j)
{
	char when[400];

	gb_holds_when(j->judged, j->n_judged, when, sizeof(when));
	if (when[0] != '\0')
		printf("  %s\n", when);
}

static int judge(struct judge *j, const struct gb_expectation *e)
{
	static const struct gb_verdict none = {.ruling = GB_RULING_NOT_MEASURED};
	const struct gb_curves *curves = curves_of(j, e);

	j->n_judged = 0;
	printf("%s\n", j->text);
	for (size_t i = 0; i < curves->n; i++) {
		const struct gb_curve *first = &curves->curve[i];

		if (!gb_pattern_matches(&e->first, first))
			continue;
		if (!e->its_parts)
			judge_first(j, e, first);
		else if (judge_parts(j, e, first) < 0)
			return -1;
	}
	say_when(j);
	if (j->n_judged > 0)
		return 0;
	printf("  %s\n", gb_ruling_word(none.ruling));
	put_verdict(j, "", "", &none, "");
	return 0;
}

static size_t n_claims(const struct judge *j)
{
	return j->scenario_path ? j->scenario.n_expect
				: json_array_size(json_object_get(j->manifest, "expect"));
}

/* NULL when the manifest has none there that is text. */
static const char *claim(const struct judge *j, size_t i)
{
	if (j->scenario_path)
		return j->scenario.expect[i];
	return json_string_value(json_array_get(json_object_get(j->manifest, "expect"), i));
}

static int judge_all(struct judge *j, struct gb_failure *f)
{
	size_t most = j->curves.n + j->over_k.n + j->of_bytes.n;

	j->judged = calloc(most * most + 1, sizeof(*j->judged));
	if (!j->judged)
		return gb_fail_memory(f);
	fputs("expectation,first,second,verdict,from_size,sizes,size,ratio,ratio_ci_low,"
	      "ratio_ci_high,growth,crossing,crossing_ci_low,crossing_ci_high,open_sizes,"
	      "largest_open\n",
	      j->out);
	for (size_t i = 0; i < n_claims(j); i++) {
		struct gb_expectation e;
		char why[400];
		size_t at;

		j->text = claim(j, i);
		if (!j->text)
			return gb_fail(f, GB_EXIT_INPUT, "manifest.json: expect: found no text");
		if (gb_expectation_parse(&e, j->text, &at, why, sizeof(why)) < 0)
			return gb_fail(f, GB_EXIT_INPUT, "manifest.json: expect: %s", why);
		if (judge(j, &e) < 0)
			return gb_fail_memory(f);
	}
	return 0;
}

/* ---- command ---- */

static int read_run(struct judge *j, const char *run, struct gb_failure *f)
{
	char *samples = gb_join_path(run, "samples.csv", f);
	char *manifest = samples ? gb_join_path(run, "manifest.json", f) : NULL;
	json_error_t error;
	int status = -1;

	if (manifest) {
		j->manifest = json_load_file(manifest, JSON_REJECT_DUPLICATES, &error);
		if (!j->manifest)
			status = gb_fail(f,
					 json_error_code(&error) == json_error_cannot_open_file
						 ? GB_EXIT_IO
						 : GB_EXIT_INPUT,
					 "%s: %s", manifest, error.text);
		else
			status = gb_cells_read(&j->cells, samples, f);
	}
	if (status == 0)
		gb_cells_tell_lacks(&j->cells, samples, "claims about them are not measured",
				    stdout);
	free(samples);
	free(manifest);
	if (status < 0 || gb_curves_make(&j->cells, &j->curves, f) < 0)
		return -1;
	if (gb_curves_make_of_bytes(&j->cells, &j->of_bytes, f) < 0)
		return -1;
	return gb_curves_make_over_k(&j->cells, &j->over_k, f);
}

static int read_scenario(struct judge *j, struct gb_failure *f)
{
	enum gb_exit status;
	char why[400];

	if (!j->scenario_path)
		return 0;
	status = gb_scenario_read(&j->scenario, j->scenario_path, why, sizeof(why));
	return status == GB_EXIT_DONE ? 0 : gb_fail(f, status, "%s", why);
}

static int expect_run(struct judge *j, const char *run, struct gb_failure *f)
{
	struct gb_new_file file;

	if (read_scenario(j, f) < 0 || read_run(j, run, f) < 0)
		return -1;
	if (n_claims(j) == 0) {
		printf("%s: the scenario expects nothing\n", run);
		return 0;
	}
	if (gb_new_file_begin(&file, run, "verdicts.csv", f) < 0)
		return -1;
	j->out = file.out;
	if (judge_all(j, f) < 0) {
		gb_new_file_drop(&file);
		return -1;
	}
	printf("%s/verdicts.csv\n", run);
	return gb_new_file_keep(&file, f);
}

static int set_option(void *context, const struct gb_option *option, const char *value)
{
	struct judge *j = context;

	(void)option;
	j->scenario_path = value;
	return 0;
}

static int expect_main(const struct gb_command *self, int argc, char **argv)
{
	struct gb_failure f = {0};
	struct judge j = {0};
	size_t n_operands;
	int status = gb_options_parse(self, argc, argv, &n_operands, set_option, &j);

	if (status != 0)
		return status < 0 ? GB_EXIT_DONE : status;
	status = expect_run(&j, argv[1], &f);
	gb_curves_free(&j.curves);
	gb_curves_free(&j.over_k);
	gb_curves_free(&j.of_bytes);
	gb_cells_free(&j.cells);
	json_decref(j.manifest);
	free(j.judged);
	gb_scenario_free(&j.scenario);
	return status < 0 ? gb_report_failure(&f, self->name) : GB_EXIT_DONE;
}

static const struct gb_option options[] = {
	{"scenario", 's', "SCENARIO", "judge by what this scenario expects, not the run's own",
	 NULL},
};

const struct gb_command gb_command_expect = {
	.name = "expect",
	.operands = "RUN",
	.min_operands = 1,
	.max_operands = 1,
	.sentence = "Judges what the scenario expects: holds, fails, from which size on.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.main = expect_main,
};
