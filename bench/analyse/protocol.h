#ifndef GB_ANALYSE_PROTOCOL_H
#define GB_ANALYSE_PROTOCOL_H
#include "analyse/cells.h"

/* What a backend speaks, as its rows tell: the axes of MLS have values in those of MLS only, the
 * axes of Megolm in those of Megolm only. */
enum gb_protocol { GB_PROTOCOL_UNKNOWN, GB_PROTOCOL_MLS, GB_PROTOCOL_MEGOLM };

enum gb_protocol gb_protocol_of(const char *const key[GB_KEY_COLUMNS]);

/* Whether the cell, row or curve has no value of the axis and its operation does not depend on it.
 */
bool gb_is_no_difference(const char *const key[GB_KEY_COLUMNS], enum gb_axis_id axis);

/* Whether the cell or row has no value of `tree` or `olm`, whichever is its protocol's, because
 * that makes no difference to its operation: it stands for all values. */
bool gb_is_of_any_value(const char *const key[GB_KEY_COLUMNS], enum gb_axis_id axis);
#endif
