/* Speaks an interface that this program does not know. */
#include "groupbench_backend.h"

const struct gb_backend *groupbench_backend(void)
{
	static const struct gb_backend table = {
		.struct_size = sizeof table, .abi = GB_ABI + 1, .name = "other_interface"};

	return &table;
}
