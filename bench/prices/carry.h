#ifndef GB_PRICES_CARRY_H
#define GB_PRICES_CARRY_H
#include "analyse/failure.h"
#include "run/jobs.h"

/*
 * Puts calibration.json into the folder of a run: a copy of the file `from`, or, with NULL, prices
 * measured now for what the jobs need, in some seconds. With "none", or when no job needs a price,
 * there is none.
 *
 * 0, or -1 with *f set. Prices that are too noisy are no failure: the run goes without, and
 * note[] says so; it is "" otherwise.
 */
int gb_carry_calibration(const struct gb_jobs *jobs, const char *from, const char *folder,
			 char *note, size_t note_len, struct gb_failure *f);
#endif
