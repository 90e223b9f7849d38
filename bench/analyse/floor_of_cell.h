#ifndef GB_ANALYSE_FLOOR_OF_CELL_H
#define GB_ANALYSE_FLOOR_OF_CELL_H
#include "analyse/cells.h"
#include "stats/floor.h"
#include "stats/prices.h"

struct gb_task; /* run/operations.h */

/*
 * The crypto floor of a cell (stats/floor.h) at a run's prices, in ns; NAN where the cell has
 * no floor: it is the server's, or one phase of the actor's two, or no formula or price is
 * known. Where several devices have the role, least stands beside the least time and the
 * mean over the samples beside the median time.
 */
struct gb_cell_floor {
	double minimum; /* at each primitive's least price; of the device that has least to do */
	double median;  /* at its median price; the mean over the samples */
	double equal;   /* as minimum, at OpenSSL's prices whatever library the cell is on */
};

/* 0, or -1 when memory ran out. */
int gb_floor_of_cell(const struct gb_cell *cell, const struct gb_prices *prices,
		     struct gb_cell_floor *out);

/*
 * The case of a cell for one device that has its role, without the leavers; false when it has
 * no formula. *task says which members leave (gb_positions_leavers).
 */
bool gb_floor_case_of_cell(const struct gb_cell *cell, uint32_t device, struct gb_floor_case *out,
			   struct gb_task *task);
#endif
