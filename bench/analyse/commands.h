#ifndef GB_ANALYSE_COMMANDS_H
#define GB_ANALYSE_COMMANDS_H
#include "options.h"

/*
 * The subcommands that only read files. Exit status: 0 done, 64 usage, 65 a damaged file in
 * the run, 74 unreadable or unwritable, 70 anything else. On any status but 0 one line on
 * stderr has said why, and no result that existed before has changed.
 */

/* summarise RUN...: RUN/samples.csv -> RUN/summary.csv, which is replaced as a whole. */
extern const struct gb_command gb_command_summarise;

/*
 * plot RUN [--format svg,png]: RUN/summary.csv and RUN/manifest.json -> the pictures in
 * RUN/plots/, each with the script and the CSV file that drew it. A figure for which the run
 * has no data is left out, with one line on stdout that says so.
 */
extern const struct gb_command gb_command_plot;

/*
 * fit RUN: from RUN/samples.csv how CPU time grows with the size of the group (RUN/fit.csv),
 * which backend is cheaper from which size on (RUN/crossings.csv), by which factor published
 * graphs differ (RUN/published.csv), and whether messages are as long as published
 * (RUN/published_bytes.csv). All of it is printed too. GB_EXIT_EXACT when a message is not.
 */
extern const struct gb_command gb_command_fit;

/*
 * expect RUN [--scenario FILE]: judges the expectations of the run's scenario, or those of another,
 * by RUN/samples.csv: RUN/verdicts.csv.
 * All of it is printed too. A claim that fails is a result, not a failure: the status is 0.
 */
extern const struct gb_command gb_command_expect;

#endif
