#ifndef GB_RUN_ENROLMENT_H
#define GB_RUN_ENROLMENT_H
#include "run/trial.h"

/*
 * A new device uploads what others reach it by, k keys among it. Afterwards, outside the clock, the
 * actor reaches it by each of them, having verified what it got, and by no more than are there;
 * what was tampered with it refuses.
 */
int gb_enrolment_step(struct gb_trial *trial);
#endif
