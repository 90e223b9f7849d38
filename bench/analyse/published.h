#ifndef GB_ANALYSE_PUBLISHED_H
#define GB_ANALYSE_PUBLISHED_H
#include "analyse/failure.h"

#include <stddef.h>

/*
 * The comparison published in 2023 (results/published/arewemlsyet-2023.csv): four series, by
 * their published names, and what we measure that is nearest to each.
 */
#define GB_PUBLISHED_SERIES 4

struct gb_published_series {
	const char *name;
	const char *backend;
	const char *operation;
	const char *k;
};

extern const struct gb_published_series gb_published_series[GB_PUBLISHED_SERIES];

/* The state nearest to the published one, as values of the axes tree and olm. */
#define GB_PUBLISHED_TREE "full"
#define GB_PUBLISHED_OLM  "ratchet"

struct gb_published_point {
	size_t series;
	double size;
	double time_ms;
};

struct gb_published_graph {
	struct gb_published_point *points; /* as they stand in the file */
	size_t n;
};

/* 0, or -1 with *f set: GB_EXIT_IO, GB_EXIT_INPUT. On failure *published is empty. */
int gb_published_graph_read(struct gb_published_graph *published, const char *path,
			    struct gb_failure *f);
void gb_published_graph_free(struct gb_published_graph *published);

#endif
