#ifndef GB_ANALYSE_EXACT_H
#define GB_ANALYSE_EXACT_H
#include "analyse/cells.h"

#include <stdio.h>

/* What two sets of samples differ by in what is exact: messages, bytes, primitives, allocations. */
struct gb_exact_changes {
	size_t n_cells;  /* that both have */
	size_t n_values; /* compared in them */
	size_t n_changed;
	size_t n_added, n_gone; /* cells that only the new, only the old samples have */
};

/*
 * Compares the first sample of every cell, at each device that has a row in it; phase total, which
 * adds others up, is left out. Each difference is one line on `out`: the cell, its role and phase,
 * the column, both values and by how much they differ; after GB_EXACT_LINES of them how many more
 * there are.
 */
#define GB_EXACT_LINES 60
struct gb_exact_changes gb_exact_compare(const struct gb_cells *before, const struct gb_cells *now,
					 FILE *out);
#endif
