#include "axes.h"

/* The words of axes.def that are not strings. */
#define NUMBER  GB_AXIS_NUMBER
#define CHOICE  GB_AXIS_CHOICE
#define YESNO   GB_AXIS_YESNO
#define PORTION GB_AXIS_PORTION
#define HARNESS GB_AXIS_OF_HARNESS
#define BACKEND GB_AXIS_OF_BACKEND

const struct gb_axis_spec gb_axes[GB_AXES] = {
#define X(name, type, range, default_value, unit, owner, operations, sentence)                     \
	[GB_AXIS_##name] = {#name, type, range, default_value, unit, owner, operations, sentence},
#include "axes.def"
#undef X
};
