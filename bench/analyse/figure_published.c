#include "analyse/figures.h"
#include "analyse/published.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How each of the published series is drawn. */
static const struct {
	enum gb_colour colour;
	unsigned look;
} styles[GB_PUBLISHED_SERIES] = {
	{GB_GREEN, 1},
	{GB_BLUE, 2},
	{GB_SKY, 3},
	{GB_VERMILLION, 4},
};

/* Adds the points of one series. */
static int add_measured(const struct gb_figure_source *source, size_t which, unsigned series,
			struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_query query = {
		.backend = gb_published_series[which].backend,
		.operation = gb_published_series[which].operation,
		.k = gb_published_series[which].k,
		.role = "actor",
		.phase = "total",
		.free_axes = GB_FREE(GB_AXIS_size),
		.fixed = {[GB_AXIS_tree] = GB_PUBLISHED_TREE, [GB_AXIS_olm] = GB_PUBLISHED_OLM},
	};

	for (size_t i = 0; i < source->summary->n; i++) {
		const struct gb_summary_row *row = &source->summary->rows[i];
		struct gb_point point = {.panel = 1, .series = series};

		if (!gb_query_matches(&query, &source->held, row) || isnan(row->cpu_ns_median))
			continue;
		point.x = strtod(gb_summary_key(row, GB_COLUMN_size), NULL);
		point.y = row->cpu_ns_median / 1e6;
		point.low = row->cpu_ns_min / 1e6;
		point.high = row->cpu_ns_max / 1e6;
		if (!(point.low > 0) || !(point.high > 0) || !(point.x > 0))
			continue;
		if (gb_drawing_point(d, &point, f) < 0)
			return -1;
	}
	return 0;
}

/* Adds the measured series of the figure. 1: there is something to see, 0: there is not. */
static int add_all_measured(const struct gb_figure_source *source, struct gb_drawing *d,
			    struct gb_failure *f)
{
	d->x_name = "members";
	d->y_name = "cpu_ms";
	gb_drawing_heading(d, "MLS: tree full. Megolm: Olm ratchet.", NULL);
	for (size_t i = 0; i < GB_PUBLISHED_SERIES; i++) {
		struct gb_series s = {
			.kind = GB_SERIES_BOTH,
			.colour = styles[i].colour,
			.look = styles[i].look,
			.legend_column = 1 + (unsigned)i,
			.legend_row = 1,
		};

		snprintf(s.name, sizeof(s.name), "%s", gb_published_series[i].name);
		if (add_measured(source, i, gb_drawing_series(d, &s), d, f) < 0)
			return -1;
	}
	return gb_drawing_has_extent(d);
}

int gb_figure_published_form(const struct gb_figure_source *source, struct gb_drawing *d,
			     struct gb_failure *f)
{
	return add_all_measured(source, d, f);
}

static int add_published(const struct gb_figure_source *source,
			 const unsigned number[GB_PUBLISHED_SERIES], struct gb_drawing *d,
			 struct gb_failure *f)
{
	struct gb_published_graph published;
	int status = gb_published_graph_read(&published, source->published, f);

	for (size_t i = 0; i < published.n && status == 0; i++) {
		const struct gb_published_point *from = &published.points[i];
		const struct gb_point point = {
			.panel = 1,
			.series = number[from->series],
			.x = from->size,
			.y = from->time_ms,
			.low = from->time_ms,
			.high = from->time_ms,
		};

		status = gb_drawing_point(d, &point, f);
	}
	gb_published_graph_free(&published);
	return status;
}

int gb_figure_published_overlay(const struct gb_figure_source *source, struct gb_drawing *d,
				struct gb_failure *f)
{
	unsigned number[GB_PUBLISHED_SERIES];
	int made = add_all_measured(source, d, f);

	if (made <= 0)
		return made;
	for (size_t i = 0; i < GB_PUBLISHED_SERIES; i++) {
		struct gb_series s = {
			.kind = GB_SERIES_PUBLISHED,
			.colour = GB_GREY,
			.look = styles[i].look,
			.legend_column = 1 + (unsigned)i,
			.legend_row = 2,
		};

		snprintf(s.name, sizeof(s.name), "%s 2023", gb_published_series[i].name);
		number[i] = gb_drawing_series(d, &s);
	}
	return add_published(source, number, d, f) < 0 ? -1 : 1;
}
