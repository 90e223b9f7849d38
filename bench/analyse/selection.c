#include "analyse/selection.h"

#include <string.h>

static const char *axis_of(const struct gb_summary_row *row, size_t axis)
{
	return gb_summary_key(row, (enum gb_column)GB_COLUMN_OF_AXIS(axis));
}

static const char *value_to_hold(const struct gb_summary *summary, size_t axis)
{
	const char *first = "";

	for (size_t i = 0; i < summary->n; i++) {
		const char *value = axis_of(&summary->rows[i], axis);

		if (*value != '\0' && strcmp(value, gb_axes[axis].default_value) == 0)
			return gb_axes[axis].default_value;
		if (*first == '\0')
			first = value;
	}
	return first;
}

static bool has_others(const struct gb_summary *summary, size_t axis, const char *value)
{
	for (size_t i = 0; i < summary->n; i++) {
		const char *is = axis_of(&summary->rows[i], axis);

		if (*is != '\0' && strcmp(is, value) != 0)
			return true;
	}
	return false;
}

void gb_hold_axes(const struct gb_summary *summary, struct gb_held *held)
{
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		held->value[axis] = value_to_hold(summary, axis);
		held->has_others[axis] = has_others(summary, axis, held->value[axis]);
	}
}

static bool is(const char *wanted, const struct gb_summary_row *row, enum gb_column column)
{
	return !wanted || strcmp(gb_summary_key(row, column), wanted) == 0;
}

bool gb_query_matches(const struct gb_query *query, const struct gb_held *held,
		      const struct gb_summary_row *row)
{
	if (!is(query->operation, row, GB_COLUMN_operation) ||
	    !is(query->backend, row, GB_COLUMN_backend) || !is(query->k, row, GB_COLUMN_k) ||
	    !is(query->role, row, GB_COLUMN_role) || !is(query->phase, row, GB_COLUMN_phase))
		return false;
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		const char *value = axis_of(row, axis);
		const char *wanted = query->fixed[axis] ? query->fixed[axis] : held->value[axis];

		if (*value == '\0' || (query->free_axes & GB_FREE(axis)) != 0)
			continue;
		if (strcmp(value, wanted) != 0)
			return false;
	}
	return true;
}
