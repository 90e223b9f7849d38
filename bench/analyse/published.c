#include "analyse/published.h"

#include "analyse/csv.h"
#include "analyse/new_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a file says what a row is about. */
static const struct {
	const char *name;
	const char *variant; /* column, or NULL */
	const char *metric;  /* value of the column metric; NULL: there is none, the unit is ms */
} graphs[GB_PUBLISHED_GRAPHS] = {
	[GB_AREWEMLSYET_2023] = {"arewemlsyet-2023", NULL, NULL},
	[GB_OPENMLS_2021] = {"openmls-2021-blog", "setup", "time"},
	[GB_OPENMLS_2024] = {"openmls-2024-large-groups", NULL, "time"},
	[GB_OPENMLS_2026] = {"openmls-2026-join", NULL, "time"},
	[GB_TS_MLS] = {"ts-mls-bench", "commit", "time_median"},
	[GB_MLS_RS] = {"mls-rs-ci-2023-2026", "month", "time_median_of_runs"},
};

#define ACTOR(operation, k, axes)                                                                  \
	{                                                                                          \
		"mls", operation, k, "actor", "total", axes                                        \
	}
#define FAR(operation, k, axes)                                                                    \
	{                                                                                          \
		"mls", operation, k, "far", "process", axes                                        \
	}
#define JOIN(axes)                                                                                 \
	{                                                                                          \
		"mls", "create", "", "joiner", "join", axes                                        \
	}
/* The post's set-ups: nobody has committed, everybody has. Adding had no path in draft 11. */
#define BLOG(name, role, operation, k)                                                             \
	{GB_OPENMLS_2021, name, "bare", role(operation, k, "tree=cold path=no")},                  \
	{                                                                                          \
		GB_OPENMLS_2021, name, "base", role(operation, k, "tree=full path=no")             \
	}
/* The last of the revisions and months in the files. */
#define TS(name)     GB_TS_MLS, name, "8fc07af"
#define MLS_RS(name) GB_MLS_RS, name, "2026-08"

const struct gb_published_series gb_published_series[] = {
	{GB_AREWEMLSYET_2023, "MLS add new member", "", ACTOR("add", "1", "tree=full")},
	{GB_AREWEMLSYET_2023, "MLS update", "", ACTOR("rekey", "", "tree=full")},
	{GB_AREWEMLSYET_2023, "MLS create", "", ACTOR("create", "", "tree=full")},
	{GB_AREWEMLSYET_2023,
	 "new megolm session",
	 "",
	 {"megolm", "rekey", "", "actor", "total", "olm=ratchet"}},

	{GB_OPENMLS_2021, "create_group_with_n_members", "n/a",
	 ACTOR("create", "", "tree=cold path=no")},
	{GB_OPENMLS_2021, "join_group", "n/a", JOIN("tree=cold path=no")},
	BLOG("send_update", ACTOR, "rekey", ""),
	BLOG("process_update", FAR, "rekey", ""),
	BLOG("add_user", ACTOR, "add", "1"),
	BLOG("process_add", FAR, "add", "1"),
	BLOG("remove_user", ACTOR, "remove", "1"),
	BLOG("process_remove", FAR, "remove", "1"),
	BLOG("send_message", ACTOR, "send_first", ""),
	BLOG("receive_message", FAR, "receive_first", ""),
	BLOG("receive_2nd_message", FAR, "receive", ""),

	{GB_OPENMLS_2024, "Adder", "", ACTOR("add", "1", "tree=full suite=3")},
	{GB_OPENMLS_2024, "Updater", "", ACTOR("rekey", "", "tree=full suite=3")},
	{GB_OPENMLS_2024, "Remover", "", ACTOR("remove", "1", "tree=full suite=3")},
	{GB_OPENMLS_2024, "Process update", "", FAR("rekey", "", "tree=full suite=3")},

	{GB_OPENMLS_2026, "join group", "", JOIN("tree=cold tree_delivery=fetched")},

	{TS("Join group"), JOIN("tree=cold")},
	{TS("Create empty commit"), ACTOR("rekey", "", "tree=cold")},
	{TS("Process empty commit"), FAR("rekey", "", "tree=cold")},
	{TS("Remove member"), ACTOR("remove", "1", "tree=cold")},
	{TS("Receive remove member commit"), FAR("remove", "1", "tree=cold")},
	{TS("Send application message"), ACTOR("send", "", "tree=cold")},
	{TS("Receive application message"), FAR("receive", "", "tree=cold")},

	{MLS_RS("group_commit"), ACTOR("rekey", "", "tree=cold")},
	{MLS_RS("group_receive_commit"), FAR("rekey", "", "tree=cold")},
};

const size_t gb_n_published_series = sizeof gb_published_series / sizeof gb_published_series[0];

const char *gb_published_graph_name(enum gb_published_graph graph)
{
	return graphs[graph].name;
}

const char *gb_counterpart_axis(const struct gb_counterpart *c, enum gb_axis_id axis, size_t *len)
{
	const char *name = gb_axes[axis].name;
	const char *at = c->axes;

	while (*at != '\0') {
		size_t word = strcspn(at, " "), named = strcspn(at, "=");

		if (named == strlen(name) && strncmp(at, name, named) == 0) {
			*len = word - named - 1;
			return at + named + 1;
		}
		at += word;
		at += strspn(at, " ");
	}
	*len = strlen(gb_axes[axis].default_value);
	return gb_axes[axis].default_value;
}

bool gb_counterpart_is(const struct gb_counterpart *c, const char *const key[GB_KEY_COLUMNS])
{
	if (strcmp(key[GB_KEY_BACKEND], c->backend) != 0 ||
	    strcmp(key[GB_KEY_OPERATION], c->operation) != 0 || strcmp(key[GB_KEY_K], c->k) != 0 ||
	    strcmp(key[GB_KEY_ROLE], c->role) != 0 || strcmp(key[GB_KEY_PHASE], c->phase) != 0)
		return false;
	for (unsigned axis = 0; axis < GB_AXES; axis++) {
		const char *value = key[GB_KEY_AXES + axis];
		size_t len;
		const char *wanted = gb_counterpart_axis(c, (enum gb_axis_id)axis, &len);

		if (axis != GB_AXIS_size && *value != '\0' &&
		    (strlen(value) != len || strncmp(value, wanted, len) != 0))
			return false;
	}
	return true;
}

/* Where the columns are; -1 for those that the file has not. */
struct columns {
	long series, variant, size, metric, unit, time, low, high;
};

struct reading {
	struct gb_published_times *published;
	enum gb_published_graph graph;
	struct gb_csv *csv;
	struct columns column;
};

static int find_columns(void *context, struct gb_csv *csv, struct gb_failure *f)
{
	struct reading *r = context;
	struct columns *c = &r->column;
	const char *variant = graphs[r->graph].variant, *metric = graphs[r->graph].metric;

	r->csv = csv;
	*c = (struct columns){.variant = -1, .metric = -1, .unit = -1, .low = -1, .high = -1};
	if ((c->series = gb_csv_find(csv, "series", f)) < 0 ||
	    (c->size = gb_csv_find(csv, "group_size", f)) < 0 ||
	    (c->time = gb_csv_find(csv, metric ? "value" : "time_ms", f)) < 0 ||
	    (variant && (c->variant = gb_csv_find(csv, variant, f)) < 0))
		return -1;
	if (!metric) {
		c->low = gb_csv_find(csv, "band_low_ms", f);
		c->high = c->low < 0 ? -1 : gb_csv_find(csv, "band_high_ms", f);
		return c->high < 0 ? -1 : 0;
	}
	c->metric = gb_csv_find(csv, "metric", f);
	c->unit = c->metric < 0 ? -1 : gb_csv_find(csv, "unit", f);
	return c->unit < 0 ? -1 : 0;
}

static bool says(const struct reading *r, long column, const char *text)
{
	return column < 0 || strcmp(gb_csv_text(r->csv, (size_t)column), text) == 0;
}

/* The series of a row; gb_n_published_series when it is of none. */
static size_t series_of(const struct reading *r)
{
	size_t i = 0;

	if (r->column.metric >= 0 && !says(r, r->column.metric, graphs[r->graph].metric))
		return gb_n_published_series;
	while (i < gb_n_published_series &&
	       (gb_published_series[i].graph != r->graph ||
		!says(r, r->column.series, gb_published_series[i].name) ||
		!says(r, r->column.variant, gb_published_series[i].variant)))
		i++;
	return i;
}

/* Milliseconds in the unit of a row. */
static int read_unit(const struct reading *r, double *ms, struct gb_failure *f)
{
	*ms = says(r, r->column.unit, "us") && r->column.unit >= 0 ? 1e-3 : 1;
	if (*ms < 1 || says(r, r->column.unit, "ms"))
		return 0;
	return gb_csv_complain(r->csv, (size_t)r->column.unit, "ms or us", f);
}

/* An edge of the band is empty where it cannot be told from the line. */
static int read_band(const struct reading *r, struct gb_published_point *point,
		     struct gb_failure *f)
{
	point->low_ms = point->high_ms = point->time_ms;
	if (r->column.low < 0)
		return 0;
	if (gb_csv_number(r->csv, (size_t)r->column.low, &point->low_ms, f) < 0 ||
	    gb_csv_number(r->csv, (size_t)r->column.high, &point->high_ms, f) < 0)
		return -1;
	if (!(point->low_ms > 0) || point->low_ms > point->time_ms)
		return gb_csv_complain(r->csv, (size_t)r->column.low,
				       "a time above 0 and not above time_ms", f);
	if (point->high_ms < point->time_ms)
		return gb_csv_complain(r->csv, (size_t)r->column.high, "a time from time_ms on", f);
	return 0;
}

static int read_point(const struct reading *r, struct gb_published_point *point,
		      struct gb_failure *f)
{
	double ms;

	point->size = point->time_ms = 0;
	if (gb_csv_number(r->csv, (size_t)r->column.size, &point->size, f) < 0 ||
	    gb_csv_number(r->csv, (size_t)r->column.time, &point->time_ms, f) < 0 ||
	    read_unit(r, &ms, f) < 0)
		return -1;
	if (!(point->size > 0))
		return gb_csv_complain(r->csv, (size_t)r->column.size, "a size above 0", f);
	if (!(point->time_ms > 0))
		return gb_csv_complain(r->csv, (size_t)r->column.time, "a time above 0", f);
	point->time_ms *= ms;
	return read_band(r, point, f);
}

static int take_record(void *context, struct gb_failure *f)
{
	struct reading *r = context;
	struct gb_published_times *p = r->published;
	struct gb_published_point point = {.series = series_of(r)}, *points;

	if (point.series == gb_n_published_series)
		return 0;
	if (read_point(r, &point, f) < 0)
		return -1;
	points = realloc(p->points, (p->n + 1) * sizeof(*points));
	if (!points)
		return gb_fail_memory(f);
	p->points = points;
	p->points[p->n++] = point;
	return 0;
}

int gb_published_read(struct gb_published_times *published, enum gb_published_graph graph,
		      const char *data_folder, struct gb_failure *f)
{
	struct reading r = {.published = published, .graph = graph};
	const struct gb_csv_reader reader = {find_columns, take_record, &r, "rows",
					     GB_CSV_LEADING_COMMENTS};
	char name[80], *path;
	int status;

	snprintf(name, sizeof name, "results/published/%s.csv", graphs[graph].name);
	path = gb_join_path(data_folder, name, f);
	status = path ? gb_csv_read(path, &reader, f) : -1;
	free(path);
	return status;
}

void gb_published_free(struct gb_published_times *published)
{
	free(published->points);
	*published = (struct gb_published_times){0};
}
