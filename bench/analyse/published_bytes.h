#ifndef GB_ANALYSE_PUBLISHED_BYTES_H
#define GB_ANALYSE_PUBLISHED_BYTES_H
#include "analyse/cells.h"

#include <stdio.h>

/*
 * Sizes of messages that others published or derived (results/published/), compared with what was
 * sent here. Sizes are exact: each difference has a reason that accounts for all of it, or is a
 * fault. Writes the rows of published_bytes.csv to `out`, header first, and what each series comes
 * to on standard output. *n_wrong: sizes that differ without a reason. 0, or -1 with *f set.
 */
int gb_published_bytes(const struct gb_cells *cells, const char *data_folder, FILE *out,
		       size_t *n_wrong, struct gb_failure *f);

#endif
