#ifndef GB_AXES_H
#define GB_AXES_H

/* The end of the range of the axis size. */
#define GB_MOST_MEMBERS 1000000u

/* The rows of axes.def as an enum (GB_AXIS_size, ...) and as a table. */
enum gb_axis_id {
#define X(name, ...) GB_AXIS_##name,
#include "axes.def"
#undef X
	GB_AXES,
};

/* PORTION: a number, or a part of the axis size: "10%", "zipf" or "all". */
enum gb_axis_type { GB_AXIS_NUMBER, GB_AXIS_CHOICE, GB_AXIS_YESNO, GB_AXIS_PORTION };
enum gb_axis_owner { GB_AXIS_OF_HARNESS, GB_AXIS_OF_BACKEND };

struct gb_axis_spec {
	const char *name;
	enum gb_axis_type type;
	const char *range; /* NUMBER and PORTION: "least..most"; CHOICE: words between blanks */
	const char *default_value; /* "" when a scenario must give it */
	const char *unit;
	enum gb_axis_owner owner;
	const char *operations; /* "all", "only NAME..." or "not NAME...", see axes.def */
	const char *sentence;
};

extern const struct gb_axis_spec gb_axes[GB_AXES];
#endif
