#ifndef GB_ANALYSE_SETTINGS_H
#define GB_ANALYSE_SETTINGS_H
#include "analyse/figures.h"

/*
 * What was varied in a run besides that which a figure shows. Each combination of values is a
 * setting, which has panels of its own as long as these are not too many. Of every other axis that
 * was varied one value is drawn, and the caption names it. An axis counts as varied when it
 * changes something in what is drawn.
 */
#define GB_MAX_SETTINGS 24

/* A row that the figure would draw at some value of the axes, and the number that it would show. */
struct gb_candidate {
	const struct gb_summary_row *row;
	double y;
};

/* What a figure does about axes; a bit each. */
struct gb_axis_uses {
	unsigned long shown; /* by its own means: they are neither split nor named */
	unsigned long whole; /* never split, but named */
};

struct gb_settings {
	struct gb_held held[GB_MAX_SETTINGS];
	char name[GB_MAX_SETTINGS][80]; /* "history shared"; "" where nothing is split */
	size_t n;                       /* from 1 on */
	char caption[160];              /* "senders 1; identity 16": what is not split; "" */
};

/* At most `most` settings, from 1 to GB_MAX_SETTINGS: the axes with the most values are not split
 * where there would be more. The values are those of the rows, or of `held`. */
void gb_settings_find(const struct gb_candidate *candidates, size_t n, const struct gb_held *held,
		      struct gb_axis_uses uses, size_t most, struct gb_settings *out);

/* For a figure that splits nothing: makes *one of the source, which holds all axes but those shown
 * at one value, and has the drawing's caption name those that were varied. */
void gb_settings_hold_one(const struct gb_candidate *candidates, size_t n, unsigned long shown,
			  const struct gb_figure_source *source, struct gb_figure_source *one,
			  struct gb_drawing *d);
#endif
