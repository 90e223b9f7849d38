#include "analyse/drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
	[GB_SERIES_BAND] = "band",
	[GB_SERIES_LINE] = "line",
	[GB_SERIES_BOTH] = "both",
	[GB_SERIES_PUBLISHED] = "published",
	[GB_SERIES_PUBLISHED_BAND] = "published_band",
};

void gb_gnuplot_text(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ',')
			*text = ';';
		else if (*text == '"' || *text == '\n' || *text == '\r')
			*text = ' ';
	}
}

void gb_drawing_heading(struct gb_drawing *d, const char *text, const char *size,
			const char *special)
{
	char *heading = d->headings[d->n_panels++];

	snprintf(heading, sizeof(d->headings[0]), "%.80s%s%.12s%s%s%.60s", text, size ? " (" : "",
		 size ? size : "", size ? " members)" : "", *special != '\0' ? " · " : "", special);
	gb_gnuplot_text(heading);
}

void gb_drawing_caption(struct gb_drawing *d, const char *text)
{
	snprintf(d->caption, sizeof(d->caption), "%s", text);
	gb_gnuplot_text(d->caption);
}

unsigned gb_drawing_series(struct gb_drawing *d, const struct gb_series *series)
{
	struct gb_series *added;

	if (d->n_series == GB_MAX_SERIES)
		return 0;
	added = &d->series[d->n_series++];
	*added = *series;
	gb_gnuplot_text(added->name);
	return (unsigned)d->n_series;
}

void gb_drawing_drop_series(struct gb_drawing *d, unsigned series)
{
	const struct gb_series dropped = d->series[series - 1];
	size_t n = 0;

	d->n_series--;
	memmove(&d->series[series - 1], &d->series[series],
		(d->n_series - (series - 1)) * sizeof(dropped));
	for (size_t i = 0; i < d->n_series; i++) {
		if (d->series[i].legend_column == dropped.legend_column)
			d->series[i].legend_row -= d->series[i].legend_row > dropped.legend_row;
	}
	for (size_t i = 0; i < d->n_points; i++) {
		struct gb_point p = d->points[i];

		if (p.series == series)
			continue;
		p.series -= p.series > series;
		d->points[n++] = p;
	}
	d->n_points = n;
}

int gb_drawing_point(struct gb_drawing *d, const struct gb_point *point, struct gb_failure *f)
{
	if (d->n_points == d->capacity) {
		size_t capacity = d->capacity ? 2 * d->capacity : 256;
		struct gb_point *points = realloc(d->points, capacity * sizeof(*points));

		if (!points)
			return gb_fail_memory(f);
		d->points = points;
		d->capacity = capacity;
	}
	d->points[d->n_points++] = *point;
	return 0;
}

bool gb_drawing_has_extent(const struct gb_drawing *d)
{
	for (size_t i = 1; i < d->n_points; i++) {
		if (d->points[i].x > d->points[0].x || d->points[i].x < d->points[0].x)
			return true;
	}
	return false;
}

/* Whether a panel has a point, or stands in a row and in a column of the table that have some. */
static bool is_kept(const struct gb_drawing *d, const bool has_points[GB_MAX_PANELS + 1],
		    size_t panel)
{
	bool row = false, column = false;

	if (d->columns == 0)
		return has_points[panel];
	for (size_t other = 1; other <= d->n_panels; other++) {
		row |= has_points[other] && (other - 1) / d->columns == (panel - 1) / d->columns;
		column |= has_points[other] && (other - 1) % d->columns == (panel - 1) % d->columns;
	}
	return row && column;
}

void gb_drawing_compact(struct gb_drawing *d)
{
	bool has_points[GB_MAX_PANELS + 1] = {false};
	unsigned number[GB_MAX_PANELS + 1] = {0}, n = 0;

	for (size_t i = 0; i < d->n_points; i++)
		has_points[d->points[i].panel] = true;
	for (size_t panel = 1; panel <= d->n_panels; panel++) {
		if (!is_kept(d, has_points, panel))
			continue;
		number[panel] = ++n;
		memmove(d->headings[n - 1], d->headings[panel - 1], sizeof(d->headings[0]));
	}
	d->n_panels = n;
	for (size_t i = 0; i < d->n_points; i++)
		d->points[i].panel = number[d->points[i].panel];
}

int gb_point_order(const void *a, const void *b)
{
	const struct gb_point *p = a;
	const struct gb_point *q = b;

	if (p->series != q->series)
		return p->series < q->series ? -1 : 1;
	if (p->panel != q->panel)
		return p->panel < q->panel ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

static void write_point(const struct gb_drawing *d, const struct gb_point *p, bool labelled,
			FILE *out)
{
	const struct gb_series *s = &d->series[p->series - 1];

	fprintf(out, "%u,%s,%u,%s,%s,%d,%u,%u,%u,%.10g,", p->panel, d->headings[p->panel - 1],
		p->series, s->name, kind_names[s->kind], (int)s->colour, s->look, s->legend_column,
		s->legend_row, p->x);
	if (!isnan(p->y))
		fprintf(out, "%.10g", p->y);
	fprintf(out, ",%.10g,%.10g", p->low, p->high);
	if (labelled)
		fprintf(out, ",%s", p->label);
	putc('\n', out);
}

static bool is_labelled(const struct gb_drawing *d)
{
	for (size_t i = 0; i < d->n_points; i++) {
		if (d->points[i].label[0] != '\0')
			return true;
	}
	return false;
}

void gb_drawing_write(struct gb_drawing *d, FILE *out)
{
	bool labelled = is_labelled(d);

	if (d->n_points > 0)
		qsort(d->points, d->n_points, sizeof(*d->points), gb_point_order);
	fprintf(out,
		"panel,heading,series,name,kind,colour,look,legend_column,legend_row,%s,%s,"
		"%s_low,%s_high%s\n",
		d->x_name, d->y_name, d->y_name, d->y_name, labelled ? ",label" : "");
	for (size_t i = 0; i < d->n_points; i++)
		write_point(d, &d->points[i], labelled, out);
}

void gb_drawing_free(struct gb_drawing *d)
{
	free(d->points);
	*d = (struct gb_drawing){0};
}
