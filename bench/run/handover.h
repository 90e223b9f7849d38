#ifndef GB_RUN_HANDOVER_H
#define GB_RUN_HANDOVER_H
#include "run/trial.h"

/*
 * The steps in which the actor, which has keys of the past, gives them to another device of its
 * user: the near one, which asks, gets and takes in. Each of them has a row. Verified with old
 * messages: the near device reads none before, and all afterwards; what was tampered with is
 * refused and leaves it reading none. 0, or -1 (the testbed's status).
 */
int gb_handover_step(struct gb_trial *trial, enum gb_way way);

/* Why keys cannot be handed over this way with these axes, or NULL. Static. */
const char *gb_handover_obstacle(const struct gb_job *job, enum gb_way way);
#endif
