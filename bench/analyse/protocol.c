#include "analyse/protocol.h"

#include "run/operations.h"

static bool has_any(const char *const key[GB_KEY_COLUMNS], const enum gb_axis_id *axes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (*key[GB_KEY_AXES + axes[i]] != '\0')
			return true;
	return false;
}

enum gb_protocol gb_protocol_of(const char *const key[GB_KEY_COLUMNS])
{
	static const enum gb_axis_id of_mls[] = {GB_AXIS_tree, GB_AXIS_suite},
				     of_megolm[] = {GB_AXIS_olm, GB_AXIS_olm_crypto,
						    GB_AXIS_verification};
	bool is_mls = has_any(key, of_mls, sizeof(of_mls) / sizeof(of_mls[0]));
	bool is_megolm = has_any(key, of_megolm, sizeof(of_megolm) / sizeof(of_megolm[0]));

	if (is_mls == is_megolm)
		return GB_PROTOCOL_UNKNOWN;
	return is_mls ? GB_PROTOCOL_MLS : GB_PROTOCOL_MEGOLM;
}

bool gb_is_no_difference(const char *const key[GB_KEY_COLUMNS], enum gb_axis_id axis)
{
	enum gb_operation operation = gb_operation_of_row(key[GB_KEY_OPERATION]);

	return *key[GB_KEY_AXES + axis] == '\0' && operation != GB_OPERATIONS &&
	       !gb_operation_depends(operation, axis);
}

bool gb_is_of_any_value(const char *const key[GB_KEY_COLUMNS], enum gb_axis_id axis)
{
	enum gb_protocol protocol = gb_protocol_of(key);

	if (!gb_is_no_difference(key, axis))
		return false;
	return axis == GB_AXIS_olm ? protocol == GB_PROTOCOL_MEGOLM
				   : axis == GB_AXIS_tree && protocol == GB_PROTOCOL_MLS;
}
