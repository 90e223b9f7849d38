#include "analyse/figures.h"
#include "analyse/protocol.h"
#include "analyse/ratios.h"
#include "analyse/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Why another backend costs more or less than MLS: the ratio of two least times is the product of
 * three, that of the floors at equal prices (what the protocols demand), that of what their
 * primitives cost beyond these prices, and that of what each adds to its floor. A bar stands for
 * a pair of states; its parts are laid end to end on a logarithmic axis from 1 on, those above 1
 * to the right and those below to the left. Of a backend that counts no primitives the last two are
 * one part.
 */
#define MAX_BARS 24

enum part { PROTOCOL, LIBRARY, REST, UNPRICED, PARTS, MEASURED = PARTS };

static const struct {
	const char *name;
	enum gb_colour colour;
} parts[PARTS + 1] = {
	[PROTOCOL] = {"protocol: primitives at equal prices", GB_BLUE},
	[LIBRARY] = {"primitive library: its prices", GB_ORANGE},
	[REST] = {"encoding and bookkeeping: all else", GB_GREEN},
	[UNPRICED] = {"not priced: its primitives and all else", GB_GREY},
	[MEASURED] = {"measured: the product", GB_BLACK},
};

static const struct {
	const char *operation, *k, *heading;
} panels[] = {
	{"create", NULL, "Create a group of all members"},
	{"add", "1", "Add one member"},
	{"remove", "1", "Remove one member"},
	{"rekey", NULL, "New keys for the group"},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The bars of a panel. */
struct bars {
	char label[MAX_BARS][sizeof(((struct gb_point *)0)->label)];
	size_t n;
};

static bool is_priced(const struct gb_summary_row *row)
{
	return row->floor_ns > 0 && row->floor_ns_equal > 0 && row->cpu_ns_min > 0;
}

/* The pairs of states are bars; so are the two libolms. */
#define BAR_AXES (GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm) | GB_FREE(GB_AXIS_olm_crypto))

static bool is_bar_at(const struct gb_figure_source *source, size_t panel, const char *size,
		      unsigned long free_axes, const struct gb_summary_row *row)
{
	const struct gb_query query = {
		.operation = panels[panel].operation,
		.k = panels[panel].k,
		.role = "actor",
		.phase = "total",
		.free_axes = free_axes,
		.fixed = {[GB_AXIS_size] = size},
	};

	return is_priced(row) && gb_query_matches(&query, &source->held, row);
}

static bool matches(const struct gb_figure_source *source, size_t panel, const char *size,
		    const struct gb_summary_row *row)
{
	return is_bar_at(source, panel, size, BAR_AXES, row);
}

static bool is_mls(const struct gb_summary_row *row)
{
	return strcmp(gb_summary_key(row, GB_COLUMN_backend), "mls") == 0;
}

/* The state of its tree in a name; no value where none makes a difference. */
static const char *tree_of(const struct gb_summary_row *row)
{
	if (gb_is_of_any_value(row->key, GB_AXIS_tree))
		return "any";
	return gb_summary_key(row, GB_COLUMN_tree);
}

/* "Olm new / tree full", "Olm new on OpenSSL / tree full"; of another backend its name:
 * "olm-wasm new / tree full" */
static void name_pair(const struct gb_summary_row *other, const struct gb_summary_row *mls,
		      char *label, size_t size)
{
	const char *olm = gb_summary_key(other, GB_COLUMN_olm);
	bool on_openssl = strcmp(gb_summary_key(other, GB_COLUMN_olm_crypto), "openssl") == 0;
	const char *tree = tree_of(mls), *backend = gb_summary_key(other, GB_COLUMN_backend);

	if (*olm != '\0')
		snprintf(label, size, "%.18s %.12s%s / tree %.12s",
			 strcmp(backend, "megolm") == 0 ? "Olm" : backend, olm,
			 on_openssl ? " on OpenSSL" : "", tree);
	else
		snprintf(label, size, "%.18s tree %.12s / tree %.12s", backend, tree_of(other),
			 tree);
	gb_gnuplot_text(label);
}

/* The place of a label, from 1, in the order of their first use; 0 when there is no more room. */
static size_t place_of(struct bars *bars, const char *label)
{
	for (size_t i = 0; i < bars->n; i++) {
		if (strcmp(bars->label[i], label) == 0)
			return i + 1;
	}
	if (bars->n == MAX_BARS)
		return 0;
	snprintf(bars->label[bars->n], sizeof(bars->label[0]), "%s", label);
	return ++bars->n;
}

/* A part that there is not is NAN. */
static void split(const struct gb_summary_row *other, const struct gb_summary_row *mls,
		  double factor[PARTS])
{
	struct gb_ratio ratio;

	gb_ratio_of(other, mls, &ratio);
	factor[PROTOCOL] = ratio.protocol;
	factor[LIBRARY] = ratio.library;
	factor[REST] = ratio.rest_least;
	factor[UNPRICED] = isnan(ratio.library) ? ratio.least / ratio.protocol : NAN;
}

static int add_bar(struct gb_drawing *d, size_t panel, size_t place, const char *label,
		   const double factor[PARTS], struct gb_failure *f)
{
	struct gb_point p = {.panel = (unsigned)panel + 1, .x = (double)place};
	double right = 1, left = 1;

	snprintf(p.label, sizeof(p.label), "%s", label);
	for (unsigned i = 0; i < PARTS; i++) {
		bool is_right = factor[i] >= 1;

		if (isnan(factor[i]))
			continue;
		p.series = i + 1;
		p.y = factor[i];
		p.low = is_right ? right : left * factor[i];
		p.high = is_right ? right * factor[i] : left;
		right = is_right ? p.high : right;
		left = is_right ? left : p.low;
		if (gb_drawing_point(d, &p, f) < 0)
			return -1;
	}
	p.series = MEASURED + 1;
	p.y = p.low = p.high = right * left;
	return gb_drawing_point(d, &p, f);
}

static int add_panel(const struct gb_figure_source *source, size_t panel, const char *size,
		     struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_summary *s = source->summary;
	struct bars bars = {.n = 0};

	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = 0; j < s->n; j++) {
			const struct gb_summary_row *other = &s->rows[i], *mls = &s->rows[j];
			char label[sizeof(bars.label[0])];
			double factor[PARTS];
			size_t place;

			if (is_mls(other) || !is_mls(mls) || !matches(source, panel, size, other) ||
			    !matches(source, panel, size, mls) || !gb_ratio_pairs(other, mls))
				continue;
			name_pair(other, mls, label, sizeof(label));
			place = place_of(&bars, label);
			split(other, mls, factor);
			if (place > 0 && add_bar(d, panel, place, label, factor, f) < 0)
				return -1;
		}
	}
	return 0;
}

/* Parts that no bar has are not in the legend, which has two columns. */
static void lay_legend(struct gb_drawing *d)
{
	bool is_drawn[MEASURED + 1] = {false};

	for (size_t i = 0; i < d->n_points; i++)
		is_drawn[d->points[i].series - 1] = true;
	for (unsigned i = MEASURED + 1; i-- > 0;)
		if (!is_drawn[i])
			gb_drawing_drop_series(d, i + 1);
	for (unsigned i = 0; i < d->n_series; i++) {
		d->series[i].legend_column = 1 + i % 2;
		d->series[i].legend_row = 1 + i / 2;
	}
}

/* The largest size at which MLS and another backend have a floor; NULL if there is none. */
static const char *largest_size(const struct gb_figure_source *source)
{
	const struct gb_summary *s = source->summary;
	const char *largest = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const char *size = gb_summary_key(&s->rows[i], GB_COLUMN_size);
		bool has_both[2] = {false, false};

		if (largest && strtod(size, NULL) <= strtod(largest, NULL))
			continue;
		for (size_t j = 0; j < s->n; j++)
			for (size_t panel = 0; panel < N(panels); panel++)
				if (matches(source, panel, size, &s->rows[j]))
					has_both[is_mls(&s->rows[j])] = true;
		if (has_both[0] && has_both[1])
			largest = size;
	}
	return largest;
}

/* What was varied besides is held at one value, which the caption names. */
static int hold_one_setting(const struct gb_figure_source *source, struct gb_figure_source *one,
			    struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_summary *s = source->summary;
	struct gb_candidate *candidates = malloc((N(panels) * s->n + 1) * sizeof(*candidates));
	size_t n = 0;

	if (!candidates)
		return gb_fail_memory(f);
	for (size_t panel = 0; panel < N(panels); panel++) {
		for (size_t i = 0; i < s->n; i++) {
			if (is_bar_at(source, panel, NULL, ~0ul, &s->rows[i]))
				candidates[n++] =
					(struct gb_candidate){&s->rows[i], s->rows[i].cpu_ns_min};
		}
	}
	gb_settings_hold_one(candidates, n, BAR_AXES, source, one, d);
	free(candidates);
	return 0;
}

int gb_figure_split(const struct gb_figure_source *whole, struct gb_drawing *d,
		    struct gb_failure *f)
{
	struct gb_figure_source one;
	const struct gb_figure_source *source = &one;
	const char *size;

	if (hold_one_setting(whole, &one, d, f) < 0)
		return -1;
	size = largest_size(source);
	if (!size)
		return 0;
	d->x_name = "bar";
	d->y_name = "factor";
	for (unsigned i = 0; i <= PARTS; i++) {
		struct gb_series series = {.kind = i < PARTS ? GB_SERIES_BAND : GB_SERIES_LINE,
					   .colour = parts[i].colour,
					   .look = 1};

		snprintf(series.name, sizeof(series.name), "%s", parts[i].name);
		gb_drawing_series(d, &series);
	}
	for (size_t i = 0; i < N(panels); i++) {
		gb_drawing_heading(d, panels[i].heading, size, "");
		if (add_panel(source, i, size, d, f) < 0)
			return -1;
	}
	if (d->n_points == 0)
		return 0;
	lay_legend(d);
	gb_drawing_compact(d);
	return 1;
}
