#ifndef GB_RUN_WORKER_H
#define GB_RUN_WORKER_H
#include "exit_status.h"
#include "run/job.h"
#include <stdio.h>

/*
 * Measures one job and tells the parent about it, a line at a time, each flushed:
 *
 *   row CSV                           a row of samples.csv; those of one sample together
 *   sample TASK                       the sample is complete; it belongs to this task of the job
 *   task TASK                         the task has samples enough
 *   alive                             a step of preparation is done
 *   clock CPU_NS WALL_NS              what an empty interval measures in this process
 *   skipped TASK WHY                  the task was not measured, and why
 *   failed STATUS WHY                 the run must end with this enum gb_exit
 *   memory BYTES                      the most that this process, and its plugin's, has had of it
 *   done                              everything was measured or skipped
 *
 * Tasks that are done already are left out, and those that have samples get only what they
 * lack: a resumed run ends what another process began.
 */
enum gb_exit gb_worker_measure(const struct gb_job *job, FILE *out);

/* The hidden subcommand: reads the job as JSON from standard input. */
int gb_worker_main(void);
#endif
