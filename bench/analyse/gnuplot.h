#ifndef GB_ANALYSE_GNUPLOT_H
#define GB_ANALYSE_GNUPLOT_H
#include "analyse/failure.h"

/*
 * Runs NAME.gp in `folder`, without a shell, with the gnuplot variables format and target set:
 * the script draws into the file `target`. 0, or -1 with *f set to GB_EXIT_IO when gnuplot is
 * not installed or fails; the text then has gnuplot's first complaint.
 */
int gb_gnuplot(const char *folder, const char *name, const char *format, const char *target,
	       struct gb_failure *f);

#endif
