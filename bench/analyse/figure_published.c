#include "analyse/figures.h"
#include "analyse/protocol.h"
#include "analyse/published.h"
#include "analyse/settings.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Figures in the form of published ones, drawn from this machine, with the published curves. */

/* A series of a figure, measured and published. */
struct pair {
	unsigned panel;     /* from 1 */
	unsigned measured;  /* number in the drawing; 0: not drawn */
	unsigned published; /* the same */
};

/* The axes that the published series is about; all others are as held in the run. */
static void fix_axes(const struct gb_counterpart *c, struct gb_query *query,
		     char value[GB_AXES][24])
{
	static const enum gb_axis_id always[] = {GB_AXIS_tree, GB_AXIS_olm, GB_AXIS_suite};

	for (unsigned i = 0; i < GB_AXES; i++) {
		size_t len;
		const char *wanted = gb_counterpart_axis(c, (enum gb_axis_id)i, &len);

		if (i == GB_AXIS_size || wanted == gb_axes[i].default_value)
			continue;
		snprintf(value[i], sizeof value[i], "%.*s", (int)len, wanted);
		query->fixed[i] = value[i];
	}
	/* These are at their defaults there, whatever else was measured here. */
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		if (!query->fixed[always[i]])
			query->fixed[always[i]] = gb_axes[always[i]].default_value;
}

/* The rows that a published series is set beside. */
struct wanted {
	struct gb_query query;
	char value[GB_AXES][24]; /* what query.fixed points to */
};

/* Of any backend if that is NULL; on the libolm that the run holds, or on `olm_crypto` unless that
 * is NULL. */
static void want(struct wanted *w, const struct gb_counterpart *c, const char *backend,
		 const char *olm_crypto)
{
	w->query = (struct gb_query){
		.backend = backend,
		.operation = c->operation,
		.k = c->k,
		.role = c->role,
		.phase = c->phase,
		.free_axes = GB_FREE(GB_AXIS_size),
	};
	fix_axes(c, &w->query, w->value);
	if (olm_crypto)
		w->query.fixed[GB_AXIS_olm_crypto] = olm_crypto;
}

/* False for a row that is not wanted, or that cannot stand on logarithmic axes. */
static bool point_of(const struct gb_figure_source *source, const struct wanted *w,
		     const struct gb_summary_row *row, struct gb_point *point)
{
	const char *olm_crypto = w->query.fixed[GB_AXIS_olm_crypto];

	if (!gb_query_matches(&w->query, &source->held, row) || isnan(row->cpu_ns_median) ||
	    (olm_crypto && strcmp(gb_summary_key(row, GB_COLUMN_olm_crypto), olm_crypto) != 0))
		return false;
	point->x = strtod(gb_summary_key(row, GB_COLUMN_size), NULL);
	point->y = row->cpu_ns_median / 1e6;
	point->low = row->cpu_ns_min / 1e6;
	point->high = row->cpu_ns_max / 1e6;
	return point->low > 0 && point->high > 0 && point->x > 0;
}

static enum gb_protocol protocol_of(const struct gb_published_series *s)
{
	return strcmp(s->ours.backend, "mls") == 0 ? GB_PROTOCOL_MLS : GB_PROTOCOL_MEGOLM;
}

/* Those of OpenMLS are set beside mls alone, those of 2023 beside each implementation of their
 * protocol. */
static bool is_beside(const struct gb_published_series *s, const struct gb_summary_row *row)
{
	return strcmp(gb_summary_key(row, GB_COLUMN_backend), s->ours.backend) == 0 ||
	       (s->graph == GB_AREWEMLSYET_2023 && gb_protocol_of(row->key) == protocol_of(s));
}

/* Adds the rows that the series would be set beside if the axes that it is not about had other
 * values, and to *about those that it is about. */
static void add_candidates(const struct gb_figure_source *source,
			   const struct gb_published_series *s, struct gb_candidate *candidates,
			   size_t *n, unsigned long *about)
{
	struct gb_point point;
	struct wanted w;

	want(&w, &s->ours, NULL, NULL);
	for (unsigned axis = 0; axis < GB_AXES; axis++) {
		if (w.query.fixed[axis])
			*about |= GB_FREE(axis);
		else
			w.query.free_axes |= GB_FREE(axis);
	}
	for (size_t i = 0; i < source->summary->n; i++) {
		const struct gb_summary_row *row = &source->summary->rows[i];

		if (is_beside(s, row) && point_of(source, &w, row, &point))
			candidates[(*n)++] = (struct gb_candidate){row, point.y};
	}
}

/* Makes *one of the source: what was varied besides `shown` and that which the graph is about is
 * held at one value, which the caption names. */
static int hold_one_setting(const struct gb_figure_source *source, enum gb_published_graph graph,
			    unsigned long shown, struct gb_figure_source *one, struct gb_drawing *d,
			    struct gb_failure *f)
{
	struct gb_candidate *candidates =
		malloc((gb_n_published_series * source->summary->n + 1) * sizeof(*candidates));
	size_t n = 0;

	if (!candidates)
		return gb_fail_memory(f);
	for (size_t i = 0; i < gb_n_published_series; i++) {
		if (gb_published_series[i].graph == graph)
			add_candidates(source, &gb_published_series[i], candidates, &n, &shown);
	}
	gb_settings_hold_one(candidates, n, shown, source, one, d);
	free(candidates);
	return 0;
}

static int add_measured(const struct gb_figure_source *source, const struct gb_published_series *s,
			const char *backend, const char *olm_crypto, const struct pair *pair,
			struct gb_drawing *d, struct gb_failure *f)
{
	struct wanted w;

	want(&w, &s->ours, backend, olm_crypto);
	for (size_t i = 0; i < source->summary->n; i++) {
		struct gb_point point = {.panel = pair->panel, .series = pair->measured};

		if (point_of(source, &w, &source->summary->rows[i], &point) &&
		    gb_drawing_point(d, &point, f) < 0)
			return -1;
	}
	return 0;
}

/* What was published of the series that have a pair; pairs[i] belongs to gb_published_series[i]. */
static int add_published(const struct gb_published_times *published, const struct pair *pairs,
			 struct gb_drawing *d, struct gb_failure *f)
{
	int status = 0;

	for (size_t i = 0; i < published->n && status == 0; i++) {
		const struct gb_published_point *from = &published->points[i];
		const struct gb_point point = {
			.panel = pairs[from->series].panel,
			.series = pairs[from->series].published,
			.x = from->size,
			.y = from->time_ms,
			.low = from->low_ms,
			.high = from->high_ms,
		};

		if (point.series != 0)
			status = gb_drawing_point(d, &point, f);
	}
	return status;
}

/* ---- arewemlsyet.com, 2023 ---- */

static const struct {
	enum gb_colour colour;
	unsigned look;
} styles[] = {
	{GB_GREEN, 1},
	{GB_BLUE, 2},
	{GB_SKY, 3},
	{GB_VERMILLION, 4},
};

#define STYLES     (sizeof styles / sizeof styles[0])
#define MAX_PANELS 8

static const char OTHER_LIBOLM[] = "openssl";

/* Whether the run has the series on both libolms. */
static bool is_on_both(const struct gb_figure_source *source, const struct gb_published_series *s)
{
	struct gb_point point;
	struct wanted w;

	if (strcmp(source->held.value[GB_AXIS_olm_crypto], OTHER_LIBOLM) == 0)
		return false;
	want(&w, &s->ours, s->ours.backend, OTHER_LIBOLM);
	for (size_t i = 0; i < source->summary->n; i++) {
		if (point_of(source, &w, &source->summary->rows[i], &point))
			return true;
	}
	return false;
}

/* Who is drawn in which panel: of each protocol one in each, the project's before others. NULL
 * where there is none. */
struct implementations {
	const char *backend[GB_PROTOCOL_MEGOLM + 1][MAX_PANELS];
};

static void add_implementation(const char *backends[MAX_PANELS], const char *backend)
{
	size_t i = 0;

	while (i < MAX_PANELS && backends[i] && strcmp(backends[i], backend) != 0)
		i++;
	if (i < MAX_PANELS)
		backends[i] = backend;
}

/* Adds those of the backends of which a row is set beside the series: the project's, or others. */
static void add_implementations(const struct gb_figure_source *source,
				const struct gb_published_series *s, bool is_own,
				const char *backends[MAX_PANELS])
{
	struct gb_point point;
	struct wanted w;

	want(&w, &s->ours, NULL, NULL);
	for (size_t i = 0; i < source->summary->n; i++) {
		const struct gb_summary_row *row = &source->summary->rows[i];
		const char *backend = gb_summary_key(row, GB_COLUMN_backend);

		if ((strcmp(backend, s->ours.backend) == 0) == is_own && is_beside(s, row) &&
		    point_of(source, &w, row, &point))
			add_implementation(backends, backend);
	}
}

static void find_implementations(const struct gb_figure_source *source,
				 struct implementations *them)
{
	for (unsigned i = 0; i < 2 * STYLES; i++) {
		const struct gb_published_series *s = &gb_published_series[i % STYLES];

		add_implementations(source, s, i < STYLES, them->backend[protocol_of(s)]);
	}
}

/* Whether nobody else's is among them. */
static bool is_only(const char *const backends[MAX_PANELS], const char *own)
{
	return !backends[0] || (strcmp(backends[0], own) == 0 && !backends[1]);
}

/* The panel of the project's own says which states these are, others say whose they are. */
static void add_headings(const struct implementations *them, struct gb_drawing *d)
{
	const char *const *mls = them->backend[GB_PROTOCOL_MLS];
	const char *const *megolm = them->backend[GB_PROTOCOL_MEGOLM];

	if (is_only(mls, "mls") && is_only(megolm, "megolm")) {
		gb_drawing_heading(d, "MLS: tree full. Megolm: Olm ratchet.", NULL, "");
		return;
	}
	for (unsigned i = 0; i < MAX_PANELS && (mls[i] || megolm[i]); i++) {
		char heading[80];

		snprintf(heading, sizeof(heading), "%.36s%s%.36s", mls[i] ? mls[i] : "",
			 mls[i] && megolm[i] ? " and " : "", megolm[i] ? megolm[i] : "");
		gb_drawing_heading(d, heading, NULL, "");
	}
}

/* A series in all panels. */
static int add_to_panels(const struct gb_figure_source *source, const struct implementations *them,
			 unsigned i, const char *olm_crypto, const struct gb_series *series,
			 struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_published_series *published = &gb_published_series[i];
	const char *const *backends = them->backend[protocol_of(published)];
	struct pair pair = {.measured = gb_drawing_series(d, series)};

	for (unsigned panel = 0; panel < MAX_PANELS && backends[panel]; panel++) {
		pair.panel = panel + 1;
		if (add_measured(source, published, backends[panel], olm_crypto, &pair, d, f) < 0)
			return -1;
	}
	return 0;
}

/* Adds a series on the libolm that the run holds, and below it on the other one. */
static int add_style(const struct gb_figure_source *source, const struct implementations *them,
		     unsigned i, struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_published_series *published = &gb_published_series[i];
	bool on_both = is_on_both(source, published);
	struct gb_series s = {
		.kind = GB_SERIES_BOTH,
		.colour = styles[i].colour,
		.look = styles[i].look,
		.legend_column = 1 + i,
		.legend_row = 1,
	};

	snprintf(s.name, sizeof(s.name), "%s%s", published->name, on_both ? ": stock libolm" : "");
	if (add_to_panels(source, them, i, NULL, &s, d, f) < 0)
		return -1;
	if (!on_both)
		return 0;
	s.colour = GB_ORANGE;
	s.look = STYLES + 1;
	s.legend_row++;
	snprintf(s.name, sizeof(s.name), "%s: libolm on OpenSSL", published->name);
	return add_to_panels(source, them, i, OTHER_LIBOLM, &s, d, f);
}

/* Adds the measured series. 1: there is something to see, 0: there is not. */
static int add_all_measured(const struct gb_figure_source *source, struct gb_drawing *d,
			    struct gb_failure *f)
{
	struct implementations them = {0};

	d->x_name = "members";
	d->y_name = "cpu_ms";
	find_implementations(source, &them);
	add_headings(&them, d);
	for (unsigned i = 0; i < STYLES; i++) {
		if (add_style(source, &them, i, d, f) < 0)
			return -1;
	}
	if (!gb_drawing_has_extent(d))
		return 0;
	gb_drawing_compact(d);
	return 1;
}

/* The source of both figures. */
static int hold_but_libolm(const struct gb_figure_source *source, struct gb_figure_source *one,
			   struct gb_drawing *d, struct gb_failure *f)
{
	return hold_one_setting(source, GB_AREWEMLSYET_2023, GB_FREE(GB_AXIS_olm_crypto), one, d,
				f);
}

int gb_figure_published_form(const struct gb_figure_source *source, struct gb_drawing *d,
			     struct gb_failure *f)
{
	struct gb_figure_source one;

	return hold_but_libolm(source, &one, d, f) < 0 ? -1 : add_all_measured(&one, d, f);
}

static bool has_band(const struct gb_published_times *published, size_t series)
{
	for (size_t i = 0; i < published->n; i++) {
		const struct gb_published_point *p = &published->points[i];

		if (p->series == series && p->low_ms < p->high_ms)
			return true;
	}
	return false;
}

/* Adds what was published to each panel. */
static int add_2023(const struct gb_figure_source *source,
		    const struct gb_published_times *published, struct gb_drawing *d,
		    struct gb_failure *f)
{
	struct pair pairs[STYLES] = {{0}};
	int status = 0;

	for (unsigned i = 0; i < STYLES; i++) {
		struct gb_series s = {
			.kind = has_band(published, i) ? GB_SERIES_PUBLISHED_BAND
						       : GB_SERIES_PUBLISHED,
			.colour = GB_GREY,
			.look = styles[i].look,
			.legend_column = 1 + i,
			.legend_row = is_on_both(source, &gb_published_series[i]) ? 3 : 2,
		};

		snprintf(s.name, sizeof(s.name), "%s 2023", gb_published_series[i].name);
		pairs[i].published = gb_drawing_series(d, &s);
	}
	for (unsigned panel = 1; panel <= d->n_panels && status == 0; panel++) {
		for (unsigned i = 0; i < STYLES; i++)
			pairs[i].panel = panel;
		status = add_published(published, pairs, d, f);
	}
	return status;
}

int gb_figure_published_overlay(const struct gb_figure_source *source, struct gb_drawing *d,
				struct gb_failure *f)
{
	struct gb_published_times published = {0};
	struct gb_figure_source one;
	int made;

	if (hold_but_libolm(source, &one, d, f) < 0)
		return -1;
	made = add_all_measured(&one, d, f);
	if (made <= 0)
		return made;
	if (gb_published_read(&published, GB_AREWEMLSYET_2023, source->data, f) < 0 ||
	    add_2023(&one, &published, d, f) < 0)
		made = -1;
	gb_published_free(&published);
	return made;
}

/* ---- OpenMLS, 2021 ---- */

static const struct {
	const char *series, *heading;
} panels[] = {
	{"create_group_with_n_members", "Create a group"},
	{"join_group", "Join it"},
	{"send_message", "Send the first message"},
	{"send_update", "Update"},
	{"process_update", "Process an update"},
	{"receive_message", "Receive the first message"},
	{"add_user", "Add one member"},
	{"process_add", "Process an addition"},
	{"receive_2nd_message", "Receive the second message"},
	{"remove_user", "Remove one member"},
	{"process_remove", "Process a removal"},
};

/* From 1; 0 when the series is not in the figure. */
static unsigned panel_of(const struct gb_published_series *s)
{
	for (unsigned i = 0; i < sizeof panels / sizeof panels[0]; i++)
		if (s->graph == GB_OPENMLS_2021 && strcmp(panels[i].series, s->name) == 0)
			return i + 1;
	return 0;
}

/* Groups that exist have two states; the first two panels have one, which is like "bare". */
static const struct {
	const char *here, *there;
	enum gb_colour colour;
	unsigned look;
} setups[] = {
	{"bare: nobody has committed (here: tree cold)", "bare: OpenMLS 2021", GB_VERMILLION, 2},
	{"base: everybody has (here: tree full)", "base: OpenMLS 2021", GB_BLUE, 1},
};

#define SETUPS (sizeof setups / sizeof setups[0])

int gb_figure_openmls_2021(const struct gb_figure_source *source, struct gb_drawing *d,
			   struct gb_failure *f)
{
	unsigned here[SETUPS], there[SETUPS];
	struct gb_published_times published = {0};
	struct gb_figure_source one;
	struct pair *pairs;
	int status = 0;

	if (hold_one_setting(source, GB_OPENMLS_2021, 0, &one, d, f) < 0)
		return -1;
	d->x_name = "members";
	d->y_name = "cpu_ms";
	for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++)
		gb_drawing_heading(d, panels[i].heading, NULL, "");
	for (unsigned i = 0; i < SETUPS; i++) {
		struct gb_series s = {.kind = GB_SERIES_BOTH,
				      .colour = setups[i].colour,
				      .look = setups[i].look,
				      .legend_column = 1 + i,
				      .legend_row = 1};

		snprintf(s.name, sizeof s.name, "%s", setups[i].here);
		here[i] = gb_drawing_series(d, &s);
		s.kind = GB_SERIES_PUBLISHED;
		s.colour = GB_GREY;
		s.legend_row = 2;
		snprintf(s.name, sizeof s.name, "%s", setups[i].there);
		there[i] = gb_drawing_series(d, &s);
	}
	pairs = calloc(gb_n_published_series, sizeof *pairs);
	if (!pairs)
		return gb_fail_memory(f);
	for (size_t i = 0; i < gb_n_published_series && status == 0; i++) {
		const struct gb_published_series *s = &gb_published_series[i];
		unsigned setup = strcmp(s->variant, "base") == 0;

		pairs[i].panel = panel_of(s);
		if (pairs[i].panel == 0)
			continue;
		pairs[i].measured = here[setup];
		pairs[i].published = there[setup];
		status = add_measured(&one, s, s->ours.backend, NULL, &pairs[i], d, f);
	}
	if (status == 0 && (status = gb_drawing_has_extent(d)) == 1 &&
	    (gb_published_read(&published, GB_OPENMLS_2021, source->data, f) < 0 ||
	     add_published(&published, pairs, d, f) < 0))
		status = -1;
	gb_published_free(&published);
	free(pairs);
	return status;
}
