/* Has a table of the right size with nothing in it. */
#include "groupbench_backend.h"

const struct gb_backend *groupbench_backend(void)
{
	static const struct gb_backend table = {
		.struct_size = sizeof table, .abi = GB_ABI, .name = "lacks_functions"};

	return &table;
}
