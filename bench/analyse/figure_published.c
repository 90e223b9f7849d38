#include "analyse/csv.h"
#include "analyse/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The four series of the published comparison, by their published names. */
static const struct {
	const char *name;
	const char *backend;
	const char *operation;
	const char *k;
	enum gb_colour colour;
	unsigned look;
} published_series[] = {
	{"MLS add new member", "mls", "add", "1", GB_GREEN, 1},
	{"MLS update", "mls", "rekey", NULL, GB_BLUE, 2},
	{"MLS create", "mls", "create", NULL, GB_SKY, 3},
	{"new megolm session", "megolm", "rekey", NULL, GB_VERMILLION, 4},
};

#define N_SERIES (sizeof(published_series) / sizeof(published_series[0]))

/* Adds the points of one series. */
static int add_measured(const struct gb_figure_source *source, size_t which, unsigned series,
			struct gb_drawing *d, struct gb_failure *f)
{
	const struct gb_query query = {
		.backend = published_series[which].backend,
		.operation = published_series[which].operation,
		.k = published_series[which].k,
		.role = "actor",
		.phase = "total",
		.free_axes = GB_FREE(GB_AXIS_size),
		.fixed = {[GB_AXIS_tree] = "full", [GB_AXIS_olm] = "ratchet"},
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
	for (size_t i = 0; i < N_SERIES; i++) {
		struct gb_series s = {
			.kind = GB_SERIES_BOTH,
			.colour = published_series[i].colour,
			.look = published_series[i].look,
			.legend_column = 1 + (unsigned)i,
			.legend_row = 1,
		};

		snprintf(s.name, sizeof(s.name), "%s", published_series[i].name);
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

/* Columns of arewemlsyet-2023.csv. */
struct published {
	struct gb_csv *csv;
	long series, size, time;
};

static int take_published_row(const struct published *p, const unsigned number[N_SERIES],
			      struct gb_drawing *d, struct gb_failure *f)
{
	struct gb_point point = {.panel = 1};

	for (size_t i = 0; i < N_SERIES; i++) {
		if (strcmp(gb_csv_text(p->csv, (size_t)p->series), published_series[i].name) == 0)
			point.series = number[i];
	}
	if (point.series == 0)
		return gb_csv_complain(p->csv, (size_t)p->series, "one of the four series", f);
	if (gb_csv_number(p->csv, (size_t)p->size, &point.x, f) < 0 ||
	    gb_csv_number(p->csv, (size_t)p->time, &point.y, f) < 0)
		return -1;
	if (point.x <= 0 || point.y <= 0)
		return gb_csv_complain(p->csv, (size_t)p->time, "a time above 0", f);
	point.low = point.high = point.y;
	return gb_drawing_point(d, &point, f);
}

static int read_published(struct published *p, const unsigned number[N_SERIES],
			  struct gb_drawing *d, struct gb_failure *f)
{
	int more;

	p->series = gb_csv_find(p->csv, "series", f);
	p->size = gb_csv_find(p->csv, "group_size", f);
	p->time = gb_csv_find(p->csv, "time_ms", f);
	if (p->series < 0 || p->size < 0 || p->time < 0)
		return -1;
	more = gb_csv_next(p->csv, f);
	while (more == 1)
		more = take_published_row(p, number, d, f) < 0 ? -1 : gb_csv_next(p->csv, f);
	return more;
}

int gb_figure_published_overlay(const struct gb_figure_source *source, struct gb_drawing *d,
				struct gb_failure *f)
{
	struct published p = {0};
	unsigned number[N_SERIES];
	int made = add_all_measured(source, d, f);

	if (made <= 0)
		return made;
	for (size_t i = 0; i < N_SERIES; i++) {
		struct gb_series s = {
			.kind = GB_SERIES_PUBLISHED,
			.colour = GB_GREY,
			.look = published_series[i].look,
			.legend_column = 1 + (unsigned)i,
			.legend_row = 2,
		};

		snprintf(s.name, sizeof(s.name), "%s 2023", published_series[i].name);
		number[i] = gb_drawing_series(d, &s);
	}
	if (gb_csv_open(&p.csv, source->published, GB_CSV_LEADING_COMMENTS, f) < 0)
		return -1;
	made = read_published(&p, number, d, f);
	gb_csv_close(p.csv);
	return made < 0 ? -1 : 1;
}
