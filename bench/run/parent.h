#ifndef GB_RUN_PARENT_H
#define GB_RUN_PARENT_H
#include "run/report.h"

/*
 * Runs the turns of the schedule that `past` does not have, each in a new process of this program,
 * and appends what they measure. With n_jobs above 1 so many are at work, the next ones ahead of
 * their turn: what they say is kept in memory until it comes, so that rows and journal are in the
 * order of turns, and is lost if the run ends before. Ends early when a worker fails, dies or is
 * silent for too long, when results cannot be written or have been deleted, moved or replaced
 * (looked at when a turn has ended), or on SIGINT and SIGTERM; then why[] says why in one sentence.
 */
enum gb_exit gb_run_turns(struct gb_run *run);
#endif
