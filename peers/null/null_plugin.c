/*
 * The null backend as a plugin, to copy from: the functions are those of bench/backends/null.c,
 * and what makes them a plugin is below. Built by
 *
 *   cc -shared -fPIC -Ibench/include -Ibench -o null_plugin.so peers/null/null_plugin.c
 *
 * and measured by `groupbench run SCENARIO --plugin null_plugin.so --backend null_plugin`.
 */
#include "backends/null.c"

const struct gb_backend *groupbench_backend(void)
{
	static struct gb_backend table;

	table = gb_backend_null;
	table.name = "null_plugin";
	return &table;
}
