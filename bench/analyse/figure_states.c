#include "analyse/figure_states.h"
#include "analyse/settings.h"
#include "analyse/trait.h"
#include "run/senders.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct states {
	struct gb_trait trait[GB_MAX_SERIES];
	unsigned group[GB_MAX_SERIES];  /* from 1; equal for states of one group */
	unsigned series[GB_MAX_SERIES]; /* in the drawing */
	unsigned band[GB_MAX_SERIES];   /* series of the group's band; 0: it has none */
	unsigned all[GB_MAX_SERIES];    /* series of the band of all its senders; 0: none */
	size_t n;
};

/* ---- what a row is and says ---- */

static double y_of(const struct gb_layout *layout, const struct gb_summary_row *row)
{
	bool is_server = strcmp(gb_summary_key(row, GB_COLUMN_role), "server") == 0;

	switch (layout->y) {
	case GB_SENT_BYTES:
		return is_server ? row->down_bytes : row->up_bytes;
	case GB_SENT_RAW_BYTES:
		return is_server ? row->down_raw_bytes : row->up_raw_bytes;
	case GB_STATE_BYTES:
		return row->state_bytes;
	case GB_PEAK_BYTES:
		return row->peak_bytes;
	case GB_TIME_OVER_FLOOR:
		return row->time_over_floor;
	case GB_TIME_IN_MS:
		break;
	}
	return row->cpu_ns_median / 1e6;
}

/* The band around a point, if the layout has one: see gb_layout.intervals. */
static void set_interval(const struct gb_layout *layout, const struct gb_summary_row *row,
			 struct gb_point *p)
{
	bool has_interval = row->cpu_ns_ci_low > 0 && row->cpu_ns_ci_high > 0;
	double low = has_interval ? row->cpu_ns_ci_low : row->cpu_ns_min,
	       high = has_interval ? row->cpu_ns_ci_high : row->cpu_ns_max;

	p->low = p->high = p->y;
	if (!layout->intervals)
		return;
	if (low > 0)
		p->low = low / 1e6;
	if (high > 0)
		p->high = high / 1e6;
}

static double x_of(const struct gb_layout *layout, const struct gb_summary_row *row)
{
	return strtod(gb_summary_key(row, layout->x), NULL);
}

/* Whether so many act as `wanted` says, a value of the axis; NULL: whatever the query says. */
static bool has_senders(const struct gb_summary_row *row, const char *wanted)
{
	const char *is = gb_summary_key(row, GB_COLUMN_senders);
	unsigned long size = strtoul(gb_summary_key(row, GB_COLUMN_size), NULL, 10);

	if (!wanted || *is == '\0')
		return true;
	return size <= GB_MOST_MEMBERS &&
	       strtoul(is, NULL, 10) == gb_count_senders(wanted, (uint32_t)size);
}

bool gb_subject_has(const struct gb_subject *s, const struct gb_summary_row *row)
{
	const struct gb_query query = {.operation = s->operation,
				       .k = s->k,
				       .role = s->role,
				       .phase = s->phase,
				       .free_axes = ~0ul};

	return gb_query_matches(&query, &(struct gb_held){{NULL}, {false}}, row);
}

/* Whether the row has a point for the subject that can stand on logarithmic axes. */
static bool is_drawn(const struct gb_figure_source *source, const struct gb_layout *layout,
		     const struct gb_subject *s, const char *size, const struct gb_summary_row *row)
{
	const char *senders = layout->senders[s->panel - 1];
	const struct gb_query query = {
		.operation = s->operation,
		.k = s->k,
		.role = s->role,
		.phase = s->phase,
		.free_axes = layout->free_axes | (size ? 0 : GB_FREE(GB_AXIS_size)) |
			     (senders ? GB_FREE(GB_AXIS_senders) : 0),
		.fixed = {[GB_AXIS_size] = size},
	};

	return gb_query_matches(&query, &source->held, row) && has_senders(row, senders) &&
	       x_of(layout, row) > 0 && y_of(layout, row) > 0;
}

/* ---- series ---- */

/* Of one setting. */
static size_t count_panels(const struct gb_layout *layout)
{
	size_t n = 0;

	while (n < GB_MAX_PANELS && layout->headings[n])
		n++;
	return n;
}

static int find_state(const struct states *states, const struct gb_trait *t)
{
	for (size_t i = 0; i < states->n; i++) {
		if (gb_trait_order(&states->trait[i], t) == 0)
			return (int)i;
	}
	return -1;
}

static int collect_states(const struct gb_figure_source *source, const struct gb_layout *layout,
			  const char *size, struct states *states, struct gb_failure *f)
{
	for (size_t i = 0; i < layout->n_subjects; i++) {
		for (size_t j = 0; j < source->summary->n; j++) {
			const struct gb_summary_row *row = &source->summary->rows[j];
			struct gb_trait t = gb_trait_of(row, layout, layout->subjects[i].form);

			if (!is_drawn(source, layout, &layout->subjects[i], size, row) ||
			    find_state(states, &t) >= 0)
				continue;
			if (states->n == GB_MAX_SERIES / 2)
				return gb_fail(f, GB_EXIT_INPUT,
					       "more than %d states to draw in one figure",
					       GB_MAX_SERIES / 2);
			states->trait[states->n++] = t;
		}
	}
	return 0;
}

/* Makes the series of the states of one group, first .. end - 1, and its band. */
static void make_group(const struct gb_layout *layout, struct states *states, size_t first,
		       size_t end, unsigned group, struct gb_drawing *d)
{
	const struct gb_trait *t = &states->trait[first];
	struct gb_series s = {
		.colour = gb_trait_colour(t, group),
		.look = 1,
		.legend_column = group,
		.legend_row = 1,
	};
	char name[80], state[40];
	unsigned band = 0, all = 0;

	gb_trait_name_group(t, layout, name, sizeof(name));
	if (layout->bands && end - first > 1) {
		s.kind = GB_SERIES_BAND;
		snprintf(s.name, sizeof(s.name), "%.50s: best to worst", name);
		band = gb_drawing_series(d, &s);
		s.legend_row++;
	}
	if (layout->all_senders && t->by_sender) {
		enum gb_colour own = s.colour;

		s.kind = GB_SERIES_BAND;
		s.colour = gb_trait_colour_of_all(t);
		snprintf(s.name, sizeof(s.name), "%.50s: all send (derived)", name);
		all = gb_drawing_series(d, &s);
		s.colour = own;
		s.legend_row++;
	}
	s.kind = layout->intervals ? GB_SERIES_BOTH : GB_SERIES_LINE;
	for (size_t i = first; i < end; i++) {
		gb_trait_name_state(&states->trait[i], state, sizeof(state));
		snprintf(s.name, sizeof(s.name), "%.50s%.29s", name, state);
		s.look = gb_trait_look(&states->trait[i]);
		states->group[i] = group;
		states->band[i] = band;
		states->all[i] = all;
		states->series[i] = gb_drawing_series(d, &s);
		s.legend_row++;
	}
}

static void make_series(const struct gb_layout *layout, struct states *states, struct gb_drawing *d)
{
	unsigned group = 0;

	qsort(states->trait, states->n, sizeof(states->trait[0]), gb_trait_order);
	for (size_t first = 0, end; first < states->n; first = end) {
		end = first + 1;
		while (end < states->n &&
		       gb_trait_order_of_group(&states->trait[first], &states->trait[end]) == 0)
			end++;
		make_group(layout, states, first, end, ++group, d);
	}
}

/* ---- points ---- */

/* In the panels behind the first `n_before`. */
static int add_lines(const struct gb_figure_source *source, const struct gb_layout *layout,
		     const char *size, const struct states *states, size_t n_before,
		     struct gb_drawing *d, struct gb_failure *f)
{
	for (size_t i = 0; i < layout->n_subjects; i++) {
		for (size_t j = 0; j < source->summary->n; j++) {
			const struct gb_summary_row *row = &source->summary->rows[j];
			struct gb_trait t = gb_trait_of(row, layout, layout->subjects[i].form);
			struct gb_point p = {.panel = (unsigned)n_before +
						      layout->subjects[i].panel};

			if (!is_drawn(source, layout, &layout->subjects[i], size, row))
				continue;
			p.series = states->series[find_state(states, &t)];
			p.x = x_of(layout, row);
			p.y = y_of(layout, row);
			set_interval(layout, row, &p);
			if (gb_drawing_point(d, &p, f) < 0)
				return -1;
		}
	}
	return 0;
}

static size_t state_of(const struct states *states, unsigned series)
{
	size_t i = 0;

	while (states->series[i] != series)
		i++;
	return i;
}

/* How many members make new keys, or hand theirs to newcomers, when all of them send: who was
 * removed does not. */
static double n_senders(const struct gb_layout *layout, const struct gb_point *p)
{
	size_t panel = (p->panel - 1) % count_panels(layout) + 1;

	for (size_t i = 0; i < layout->n_subjects; i++) {
		if (layout->subjects[i].panel == panel)
			return p->x - (strcmp(layout->subjects[i].operation, "remove") == 0);
	}
	return p->x;
}

/* What every point of a line widens: the band of its group at its x, and that of all senders. */
static size_t widened(const struct gb_layout *layout, const struct states *states,
		      const struct gb_point *line, struct gb_point out[2])
{
	size_t state = state_of(states, line->series), n = 0;

	if (states->band[state] != 0) {
		out[n] = *line;
		out[n].series = states->band[state];
		out[n++].y = NAN;
	}
	if (states->all[state] != 0) {
		out[n] = *line;
		out[n].series = states->all[state];
		out[n].low *= n_senders(layout, line);
		out[n].high = out[n].low;
		out[n++].y = NAN;
	}
	return n;
}

static int add_bands(const struct gb_layout *layout, const struct states *states,
		     struct gb_drawing *d, struct gb_failure *f)
{
	size_t n = 0, n_lines = d->n_points;
	struct gb_point *points = malloc((2 * n_lines + 1) * sizeof(*points));
	int status = 0;

	if (!points)
		return gb_fail_memory(f);
	for (size_t i = 0; i < n_lines; i++)
		n += widened(layout, states, &d->points[i], points + n);
	qsort(points, n, sizeof(*points), gb_point_order);
	for (size_t i = 0, next; i < n && status == 0; i = next) {
		struct gb_point band = points[i];

		for (next = i; next < n && gb_point_order(&points[i], &points[next]) == 0; next++) {
			band.low = fmin(band.low, points[next].low);
			band.high = fmax(band.high, points[next].high);
		}
		status = gb_drawing_point(d, &band, f);
	}
	free(points);
	return status;
}

/* Whether it is somewhere wider than the lines at both of its edges, which take about a fiftieth of
 * an axis. */
static bool can_be_seen(const struct gb_drawing *d, unsigned band)
{
	double lowest = INFINITY, highest = 0, widest = 1;

	for (size_t i = 0; i < d->n_points; i++) {
		const struct gb_point *p = &d->points[i];

		lowest = fmin(lowest, p->low);
		highest = fmax(highest, p->high);
		if (p->series == band)
			widest = fmax(widest, p->high / p->low);
	}
	return 50 * log(widest) > log(highest / lowest);
}

/* From the last on, so that the numbers of those before stay. */
static void drop_bands_of_equal_states(const struct states *states, struct gb_drawing *d)
{
	for (size_t i = states->n; i-- > 0;) {
		unsigned band = states->band[i];
		bool is_first = i == 0 || states->band[i - 1] != band;

		if (band != 0 && is_first && !can_be_seen(d, band))
			gb_drawing_drop_series(d, band);
	}
}

/* ---- protocols ---- */

struct protocols {
	char name[GB_MAX_SERIES][80];
	size_t n;
	unsigned of_state[GB_MAX_SERIES];
};

/* A protocol on one library, in whatever form. */
static void find_protocols(const struct gb_layout *layout, const struct states *states,
			   struct protocols *out)
{
	struct gb_layout formless = *layout;

	formless.forms[0] = formless.forms[1] = "";
	out->n = 0;
	for (size_t i = 0; i < states->n; i++) {
		size_t found = 0;

		gb_trait_name_group(&states->trait[i], &formless, out->name[out->n],
				    sizeof(out->name[0]));
		while (strcmp(out->name[found], out->name[out->n]) != 0)
			found++;
		out->of_state[i] = (unsigned)found;
		out->n += found == out->n;
	}
}

/* Makes each panel a row of them, one for each protocol where there are several. */
static void part_protocols(const struct states *states, const struct protocols *protocols,
			   struct gb_drawing *d)
{
	size_t n = protocols->n;

	if (n < 2 || n * d->n_panels > GB_MAX_PANELS)
		return;
	for (size_t panel = d->n_panels; panel-- > 0;) {
		char heading[sizeof(d->headings[0])];

		memcpy(heading, d->headings[panel], sizeof(heading));
		for (size_t i = 0; i < n; i++)
			snprintf(d->headings[n * panel + i], sizeof(heading), "%.60s · %.110s",
				 protocols->name[i], heading);
	}
	for (size_t i = 0; i < d->n_points; i++) {
		size_t state = state_of(states, d->points[i].series);

		d->points[i].panel =
			(unsigned)n * (d->points[i].panel - 1) + protocols->of_state[state] + 1;
	}
	d->n_panels *= n;
	d->columns = n;
}

/* ---- settings ---- */

#define MOST_PANELS 24 /* of a figure that is read at one glance */

/* The layout at any value of the axes that are not held. */
static struct gb_layout at_any_value(const struct gb_layout *layout, unsigned long held)
{
	struct gb_layout any = *layout;

	any.free_axes |= ~(held | GB_FREE(GB_AXIS_size));
	return any;
}

/* Figures that have panels for senders show them; to others they are one more size. */
static struct gb_axis_uses uses_of(const struct gb_layout *layout)
{
	unsigned long senders = GB_FREE(GB_AXIS_senders);

	return (struct gb_axis_uses){
		.shown = layout->free_axes | GB_FREE(GB_AXIS_size) |
			 (layout->senders[0] ? senders : 0),
		.whole = layout->idle_axes | senders,
	};
}

static int find_settings(const struct gb_figure_source *source, const struct gb_layout *layout,
			 const char *size, struct gb_settings *settings, struct gb_failure *f)
{
	const struct gb_layout any = at_any_value(layout, 0);
	size_t n_rows = source->summary->n, n = 0, n_drawn = 0, most;
	struct gb_candidate *candidates =
		malloc((layout->n_subjects * n_rows + 1) * sizeof(*candidates));
	bool is_drawn_in[GB_MAX_PANELS + 1] = {false};

	if (!candidates)
		return gb_fail_memory(f);
	for (size_t i = 0; i < layout->n_subjects; i++) {
		unsigned panel = layout->subjects[i].panel;

		for (size_t j = 0; j < n_rows; j++) {
			const struct gb_summary_row *row = &source->summary->rows[j];

			if (!is_drawn(source, &any, &layout->subjects[i], size, row))
				continue;
			candidates[n++] = (struct gb_candidate){row, y_of(layout, row)};
			n_drawn += !is_drawn_in[panel];
			is_drawn_in[panel] = true;
		}
	}
	most = MOST_PANELS / (n_drawn > 0 ? n_drawn : 1);
	if (most > GB_MAX_PANELS / count_panels(layout))
		most = GB_MAX_PANELS / count_panels(layout);
	gb_settings_find(candidates, n, &source->held, uses_of(layout), most > 0 ? most : 1,
			 settings);
	free(candidates);
	return 0;
}

/* Makes the panels of all settings; their series go through all of them. */
static int make_settings(const struct gb_figure_source *source, const struct gb_layout *layout,
			 const char *size, const struct gb_settings *settings, struct gb_drawing *d,
			 struct gb_failure *f)
{
	struct gb_figure_source one = *source;
	size_t n_panels = count_panels(layout);
	struct states states = {0};

	for (size_t i = 0; i < settings->n; i++) {
		one.held = settings->held[i];
		for (size_t panel = 0; panel < n_panels; panel++)
			gb_drawing_heading(d, layout->headings[panel], size, settings->name[i]);
		if (collect_states(&one, layout, size, &states, f) < 0)
			return -1;
	}
	make_series(layout, &states, d);
	for (size_t i = 0; i < settings->n; i++) {
		one.held = settings->held[i];
		if (add_lines(&one, layout, size, &states, i * n_panels, d, f) < 0)
			return -1;
	}
	if (add_bands(layout, &states, d, f) < 0)
		return -1;
	drop_bands_of_equal_states(&states, d);
	if (layout->by_protocol) {
		struct protocols protocols;

		find_protocols(layout, &states, &protocols);
		part_protocols(&states, &protocols, d);
	}
	return 0;
}

int gb_states_make(const struct gb_figure_source *source, const struct gb_layout *layout,
		   const char *size, struct gb_drawing *d, struct gb_failure *f)
{
	struct gb_settings settings;

	if (find_settings(source, layout, size, &settings, f) < 0)
		return -1;
	d->x_name = layout->x_name;
	d->y_name = layout->y_name;
	d->columns =
		layout->columns == 0 && settings.n > 1 ? count_panels(layout) : layout->columns;
	gb_drawing_caption(d, settings.caption);
	if (make_settings(source, layout, size, &settings, d, f) < 0)
		return -1;
	if (!gb_drawing_has_extent(d))
		return 0;
	gb_drawing_compact(d);
	return 1;
}

/* ---- one size ---- */

struct size_and_x {
	const char *text;
	double size;
	double x;
};

static int by_size_and_x(const void *a, const void *b)
{
	const struct size_and_x *p = a;
	const struct size_and_x *q = b;

	if (p->size < q->size || p->size > q->size)
		return p->size < q->size ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

/* The largest size with at least two values of x for a subject; *size is NULL if none has. */
static int choose_size(const struct gb_figure_source *source, const struct gb_layout *layout,
		       const char **size, struct gb_failure *f)
{
	const struct gb_layout any =
		at_any_value(layout, layout->idle_axes | GB_FREE(GB_AXIS_senders));
	size_t n_rows = source->summary->n, n = 0;
	struct size_and_x *seen = malloc((n_rows + 1) * sizeof(*seen));

	*size = NULL;
	if (!seen)
		return gb_fail_memory(f);
	for (size_t j = 0; j < n_rows; j++) {
		const struct gb_summary_row *row = &source->summary->rows[j];
		bool drawn = false;

		for (size_t i = 0; i < layout->n_subjects; i++)
			drawn |= is_drawn(source, &any, &layout->subjects[i], NULL, row);
		seen[n].text = gb_summary_key(row, GB_COLUMN_size);
		seen[n].size = strtod(seen[n].text, NULL);
		seen[n].x = x_of(layout, row);
		n += drawn;
	}
	qsort(seen, n, sizeof(*seen), by_size_and_x);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(seen[i - 1].text, seen[i].text) == 0 && seen[i - 1].x < seen[i].x)
			*size = seen[i].text;
	}
	free(seen);
	return 0;
}

int gb_states_make_at_one_size(const struct gb_figure_source *source,
			       const struct gb_layout *layout, struct gb_drawing *d,
			       struct gb_failure *f)
{
	const char *size;

	if (choose_size(source, layout, &size, f) < 0)
		return -1;
	return size ? gb_states_make(source, layout, size, d, f) : 0;
}
