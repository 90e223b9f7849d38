#ifndef GB_ANALYSE_PARTS_H
#define GB_ANALYSE_PARTS_H
#include "analyse/cells.h"

#include <stdio.h>

/*
 * Whether a whole is its parts: for each cell of create whose four parts (claim, verify,
 * session, encrypt) were measured at the same point of the axes, what they take together and
 * what the whole takes. What the harness adds would show as a ratio above 1.
 */

#define GB_N_PARTS 4

extern const char *const gb_part_names[GB_N_PARTS];

/* How many such cells there are. */
size_t gb_count_parts(const struct gb_cells *cells);

/* Writes parts.csv. 0, or -1 when memory ran out. */
int gb_write_parts(const struct gb_cells *cells, FILE *out);

/* A sentence about the largest such group on `out`; nothing without one. -1 as above. */
int gb_tell_parts(const struct gb_cells *cells, FILE *out);

#endif
