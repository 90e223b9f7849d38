#ifndef GB_ANALYSE_DRAWING_H
#define GB_ANALYSE_DRAWING_H
#include "analyse/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The joined data of one figure: panels side by side, series that go through all of them,
 * points. Written as CSV it is all that the figure's gnuplot script reads.
 */
enum gb_series_kind {
	GB_SERIES_BAND,           /* the area from low to high */
	GB_SERIES_LINE,           /* y */
	GB_SERIES_BOTH,           /* y inside its band from low to high */
	GB_SERIES_PUBLISHED,      /* y, measured by somebody else: thin and grey */
	GB_SERIES_PUBLISHED_BAND, /* the same inside its band from low to high */
};

/* Okabe and Ito's colours in the order of plots/style.gp. */
enum gb_colour {
	GB_BLUE = 1,
	GB_VERMILLION,
	GB_ORANGE,
	GB_GREEN,
	GB_PURPLE,
	GB_SKY,
	GB_BLACK,
	GB_GREY,
};

/* Dashes and markers of plots/style.gp, from 1. As many again behind them have the same dashes,
 * thin, and hollow markers: they stand out on top of the first. */
#define GB_LOOKS 6

struct gb_series {
	char name[80];
	enum gb_series_kind kind;
	enum gb_colour colour;
	unsigned look;
	unsigned legend_column; /* from 1 */
	unsigned legend_row;
};

struct gb_point {
	unsigned panel;  /* from 1 */
	unsigned series; /* from 1 */
	double x;
	double y; /* NAN in a band */
	double low;
	double high;
	char label[64]; /* what x stands for, where that is no number: a column more */
};

#define GB_MAX_SERIES 64
#define GB_MAX_PANELS 96

struct gb_drawing {
	const char *x_name; /* columns of the CSV file, with units */
	const char *y_name;
	char headings[GB_MAX_PANELS][180];
	size_t n_panels;
	size_t columns;    /* panels that belong side by side; 0: they are no table */
	char caption[160]; /* which of several values are drawn; "" */
	struct gb_series series[GB_MAX_SERIES];
	size_t n_series;
	struct gb_point *points;
	size_t n_points;
	size_t capacity;
};

/*
 * Texts go into CSV fields that gnuplot reads, which does not know quoted commas: a comma
 * becomes a semicolon, quotes and line ends become blanks.
 */
void gb_gnuplot_text(char *text);

/* Adds a panel: a text, the size, "(1000 members)", unless it is NULL, and behind " · " what else
 * is special in it, unless that is "". At most GB_MAX_PANELS. */
void gb_drawing_heading(struct gb_drawing *d, const char *text, const char *size,
			const char *special);
void gb_drawing_caption(struct gb_drawing *d, const char *text);

/* Returns the number of the new series, or 0 when there are GB_MAX_SERIES. */
unsigned gb_drawing_series(struct gb_drawing *d, const struct gb_series *series);

/* Takes it away with its points. Later series have their numbers less one; those below it in its
 * column of the legend move up. */
void gb_drawing_drop_series(struct gb_drawing *d, unsigned series);

/* 0, or -1 with *f set when memory ran out. */
int gb_drawing_point(struct gb_drawing *d, const struct gb_point *point, struct gb_failure *f);

/* By series, panel and x; for qsort, on struct gb_point. */
int gb_point_order(const void *a, const void *b);

/* Whether the points have more than one x: otherwise there is nothing to see. */
bool gb_drawing_has_extent(const struct gb_drawing *d);

/* Drops the panels that have no point and counts the others anew. Of a table it drops rows and
 * columns that have none. */
void gb_drawing_compact(struct gb_drawing *d);

/* Sorts the points by series, panel and x and writes the file; errors stay in ferror(out). */
void gb_drawing_write(struct gb_drawing *d, FILE *out);

/* Leaves *d zero. */
void gb_drawing_free(struct gb_drawing *d);

#endif
