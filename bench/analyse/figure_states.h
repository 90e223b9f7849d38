#ifndef GB_ANALYSE_FIGURE_STATES_H
#define GB_ANALYSE_FIGURE_STATES_H
#include "analyse/figures.h"

/*
 * Figures that show what a protocol costs in each of its states, some with the band between
 * the best and the worst of them. A group of series is one protocol (on one crypto library, or in
 * one form of doing k things); it has a colour. Its states have dashes and markers. What else was
 * varied in the run has panels of its own, a row of them for each setting.
 */
struct gb_subject {
	unsigned panel; /* from 1 */
	unsigned form;  /* index in layout.forms */
	const char *operation;
	const char *k;
	const char *role;
	const char *phase;
};

/* Whether it is a row of the subject, whatever its axes are. */
bool gb_subject_has(const struct gb_subject *subject, const struct gb_summary_row *row);

enum gb_measured_as {
	GB_TIME_IN_MS,
	GB_SENT_BYTES,     /* what a device uploads, or the server gives out */
	GB_SENT_RAW_BYTES, /* of these, without envelopes */
	GB_STATE_BYTES,
	GB_PEAK_BYTES,
	GB_TIME_OVER_FLOOR,
};

struct gb_layout {
	enum gb_column x;
	const char *x_name;
	const char *y_name;
	enum gb_measured_as y;
	bool bands; /* draw the range of the states too, where it can be seen */
	/* Draw the interval of each median; where there is one process, which has none, the range
	 * of its samples. y is a time. */
	bool intervals;
	/* Where keys belong to a sender, also draw the range of what all members spend together
	 * when each of them sends: as many times one sender's. x is the size. */
	bool all_senders;
	unsigned long free_axes; /* they make the series, or are x */
	/* Axes that play no part in what is shown: they make no panels, but where several values
	 * were measured the caption names the one that is drawn. */
	unsigned long idle_axes;
	/* Of each panel, as the axis has it: "10", "10%", "zipf"; NULL: as held. */
	const char *senders[GB_MAX_PANELS];
	const char *headings[GB_MAX_PANELS];
	size_t columns; /* of panels, where these are a table whatever is varied; else 0 */
	const char *forms[2];
	bool by_protocol; /* a column of panels for each, on each library; without bands */
	const struct gb_subject *subjects;
	size_t n_subjects;
};

/* Fills *d with what a layout asks for, as struct gb_figure.make does. `size` is NULL where x is
 * the size; gb_states_make_at_one_size takes the largest that has two values of x. */
int gb_states_make(const struct gb_figure_source *source, const struct gb_layout *layout,
		   const char *size, struct gb_drawing *d, struct gb_failure *f);
int gb_states_make_at_one_size(const struct gb_figure_source *source,
			       const struct gb_layout *layout, struct gb_drawing *d,
			       struct gb_failure *f);
#endif
