#ifndef GB_ANALYSE_COMMANDS_H
#define GB_ANALYSE_COMMANDS_H

/*
 * The subcommands that only read files. Each takes its own argument vector, argv[0] being the
 * name of the subcommand, and returns the exit status of the program: 0 done, 64 usage, 65 a
 * damaged file in the run, 74 unreadable or unwritable, 70 anything else. On any status but 0
 * one line on stderr has said why, and no file that existed before has changed.
 */

/* summarise RUN: RUN/samples.csv -> RUN/summary.csv, which is replaced as a whole. */
int gb_cmd_summarise(int argc, char **argv);

/*
 * plot RUN [--format svg,png]: RUN/summary.csv and RUN/manifest.json -> the pictures in
 * RUN/plots/, each with the script and the CSV file that drew it. A figure for which the run
 * has no data is left out, with one line on stdout that says so.
 */
int gb_cmd_plot(int argc, char **argv);

#endif
