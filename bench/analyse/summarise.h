#ifndef GB_ANALYSE_SUMMARISE_H
#define GB_ANALYSE_SUMMARISE_H
#include "analyse/cells.h"
#include "stats/prices.h"

#include <stdio.h>

/*
 * What summary.csv says about the times of one cell. The process is the unit: each process
 * counts with the median of its samples, the estimate is the median over the processes,
 * MAD and interval are those of the processes. Only least and most are taken over all samples.
 */
struct gb_time_summary {
	size_t n_processes; /* that measured this time; with 0 nothing else is set */
	double median;
	double mad;
	double low; /* 95 % interval of the median, or the whole range: see coverage */
	double high;
	double coverage; /* 0 with one process: there is no interval */
	double least;
	double most;
};

/*
 * Of cpu_ns, or of wall_ns if `wall`. medians[], which takes cell->n_samples, gets those of the
 * n_processes processes in ascending order. 0, or -1 when memory ran out.
 */
int gb_summarise_time(const struct gb_cell *cell, bool wall, double *medians,
		      struct gb_time_summary *out);

/*
 * Writes summary.csv: header, then one record for each cell that has samples. Times in ns; a
 * column that is exact holds the value itself, or the median when the samples differ, for
 * which bytes_exact or counts_exact says no. The columns of the crypto floor are empty without
 * prices (NULL). 0, or -1 when memory ran out; errors of the stream stay in ferror(out).
 */
int gb_write_summary(const struct gb_cells *cells, const struct gb_prices *prices, FILE *out);

#endif
