#include "analyse/published.h"

#include "analyse/csv.h"

#include <stdlib.h>
#include <string.h>

const struct gb_published_series gb_published_series[GB_PUBLISHED_SERIES] = {
	{"MLS add new member", "mls", "add", "1"},
	{"MLS update", "mls", "rekey", ""},
	{"MLS create", "mls", "create", ""},
	{"new megolm session", "megolm", "rekey", ""},
};

struct columns {
	long series, size, time;
};

static int read_point(const struct gb_csv *csv, const struct columns *c,
		      struct gb_published_point *point, struct gb_failure *f)
{
	const char *name = gb_csv_text(csv, (size_t)c->series);

	point->series = 0;
	while (point->series < GB_PUBLISHED_SERIES &&
	       strcmp(gb_published_series[point->series].name, name) != 0)
		point->series++;
	if (point->series == GB_PUBLISHED_SERIES)
		return gb_csv_complain(csv, (size_t)c->series, "one of the four series", f);
	point->size = point->time_ms = 0;
	if (gb_csv_number(csv, (size_t)c->size, &point->size, f) < 0 ||
	    gb_csv_number(csv, (size_t)c->time, &point->time_ms, f) < 0)
		return -1;
	if (!(point->size > 0))
		return gb_csv_complain(csv, (size_t)c->size, "a size above 0", f);
	if (!(point->time_ms > 0))
		return gb_csv_complain(csv, (size_t)c->time, "a time above 0", f);
	return 0;
}

static int take_row(struct gb_published_graph *p, const struct gb_csv *csv, const struct columns *c,
		    struct gb_failure *f)
{
	struct gb_published_point point;
	struct gb_published_point *points;

	if (read_point(csv, c, &point, f) < 0)
		return -1;
	points = realloc(p->points, (p->n + 1) * sizeof(*points));
	if (!points)
		return gb_fail_memory(f);
	p->points = points;
	p->points[p->n++] = point;
	return 0;
}

static int read_rows(struct gb_published_graph *p, struct gb_csv *csv, struct gb_failure *f)
{
	const struct columns c = {
		.series = gb_csv_find(csv, "series", f),
		.size = gb_csv_find(csv, "group_size", f),
		.time = gb_csv_find(csv, "time_ms", f),
	};
	int more;

	if (c.series < 0 || c.size < 0 || c.time < 0)
		return -1;
	more = gb_csv_next(csv, f);
	while (more == 1)
		more = take_row(p, csv, &c, f) < 0 ? -1 : gb_csv_next(csv, f);
	return more;
}

int gb_published_graph_read(struct gb_published_graph *published, const char *path,
			    struct gb_failure *f)
{
	struct gb_csv *csv;
	int status;

	*published = (struct gb_published_graph){0};
	if (gb_csv_open(&csv, path, GB_CSV_LEADING_COMMENTS, f) < 0)
		return -1;
	status = read_rows(published, csv, f);
	gb_csv_close(csv);
	if (status < 0)
		gb_published_graph_free(published);
	return status;
}

void gb_published_graph_free(struct gb_published_graph *published)
{
	free(published->points);
	*published = (struct gb_published_graph){0};
}
