#ifndef GB_RUN_MEMBER_STATE_H
#define GB_RUN_MEMBER_STATE_H
#include "run/trial.h"

/* Brings the actor's ratchet k steps ahead of its readers; not timed. */
int gb_member_skip(struct gb_trial *trial);

/* The actor and each member with a role stores its state, and makes itself again from it. */
int gb_member_store(struct gb_trial *trial);
#endif
