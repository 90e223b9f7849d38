#ifndef GB_RUN_SINGLE_CALL_H
#define GB_RUN_SINGLE_CALL_H
#include "run/trial.h"

/* A step GB_STEP_SINGLE_*: k calls of one primitive at the actor, whose results must hold. 0, or -1
 * (the testbed's status); GB_EXIT_ORACLE when they do not. */
int gb_single_step(struct gb_trial *trial, enum gb_step step);
#endif
