#ifndef GB_ANALYSE_PROCESS_PEAKS_H
#define GB_ANALYSE_PROCESS_PEAKS_H
#include "analyse/summary.h"

/* In place of operation, role and phase in the rows of processes. */
#define GB_PROCESS_ROW "process"

/*
 * Reads processes.csv at `path` into *peaks, which was zero: a row for each backend and point of
 * the axes, with the most memory that one of its processes had in peak_bytes. None where there is
 * no such file, or where it is of a version that did not ask. 0, or -1 with *f set as
 * gb_summary_read does. On failure too, gb_summary_free.
 */
int gb_process_peaks_read(struct gb_summary *peaks, const char *path, struct gb_failure *f);

#endif
