#include "stats/floor.h"

enum gb_floor_answer gb_floor(const struct gb_floor_case *c, struct gb_tally *counts)
{
	return c->protocol == GB_FLOOR_MLS ? gb_floor_mls(c, counts) : gb_floor_megolm(c, counts);
}
