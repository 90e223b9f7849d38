#ifndef GB_ANALYSE_PUBLISHED_H
#define GB_ANALYSE_PUBLISHED_H
#include "analyse/cells.h"
#include "analyse/failure.h"
#include "axes.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Times that others published (results/published/GRAPH.csv), series by series, and the curve that
 * is measured here nearest to each.
 */
enum gb_published_graph {
	GB_AREWEMLSYET_2023,
	GB_OPENMLS_2021,
	GB_OPENMLS_2024,
	GB_OPENMLS_2026,
	GB_TS_MLS,
	GB_MLS_RS,
	GB_PUBLISHED_GRAPHS,
};

/* The name of the file without ".csv". */
const char *gb_published_graph_name(enum gb_published_graph graph);

/* What is measured here. */
struct gb_counterpart {
	const char *backend, *operation, *k, *role, *phase;
	const char *axes; /* "tree=full path=no": those that are not at their default */
};

/* The value of an axis. *len is its length: it stands within a text. */
const char *gb_counterpart_axis(const struct gb_counterpart *c, enum gb_axis_id axis, size_t *len);

/* Whether a cell or curve with this key (in the order of gb_key_columns) is the counterpart, at any
 * size; an axis without a value means nothing to its backend. */
bool gb_counterpart_is(const struct gb_counterpart *c, const char *const key[GB_KEY_COLUMNS]);

struct gb_published_series {
	enum gb_published_graph graph;
	const char *name;    /* as published */
	const char *variant; /* of several under one name, as published: "bare"; "" */
	struct gb_counterpart ours;
};

extern const struct gb_published_series gb_published_series[];
extern const size_t gb_n_published_series;

struct gb_published_point {
	size_t series; /* index into gb_published_series */
	double size;
	double time_ms;
	double low_ms, high_ms; /* of its band; time_ms where there is none */
};

struct gb_published_times {
	struct gb_published_point *points; /* as they stand in the files */
	size_t n;
};

/*
 * Reads a graph from the data folder, behind what *published has. Series that have no counterpart
 * here are left out. 0, or -1 with *f set: GB_EXIT_IO, GB_EXIT_INPUT, GB_EXIT_INTERNAL.
 */
int gb_published_read(struct gb_published_times *published, enum gb_published_graph graph,
		      const char *data_folder, struct gb_failure *f);
void gb_published_free(struct gb_published_times *published);

#endif
