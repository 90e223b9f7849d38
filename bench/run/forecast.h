#ifndef GB_RUN_FORECAST_H
#define GB_RUN_FORECAST_H
#include "analyse/failure.h"
#include "run/progress.h"

/*
 * How long the processes of a run took, and how long it was said, at their ends, that the rest
 * would take: what there is to judge the time left by, and to make it better.
 */
struct gb_forecast {
	double after_s; /* when it was made, from the first process on */
	double whole_s; /* how long the run was to take, all in all */
	double took_s;  /* and did */
};

/* The first forecast after this share of a complete run; false when there was none. */
bool gb_forecast_after(const struct gb_progress *p, double share, struct gb_forecast *out);

/* Writes FOLDER/processes.csv (docs/results.md), one row for each process in the order of the
 * schedule. 0, or -1 with *f set. */
int gb_forecast_write(const struct gb_progress *p, const char *folder, struct gb_failure *f);
#endif
