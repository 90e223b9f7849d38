#ifndef GB_RUN_ROTATION_H
#define GB_RUN_ROTATION_H
#include "run/trial.h"

/*
 * Keys that a sender replaces because they have served their time: the axes rotation_messages and
 * rotation_age, rotation_period_msgs and rotation_period_ms of a Matrix room. All answer 0, or -1
 * (the testbed's status).
 */

/* The actor's keys may protect one more message: all others are taken to be sent, and the clock
 * stands right before the last moment. */
int gb_rotation_wear(struct gb_trial *trial);

/* The last moment has come; nothing where age is no limit. */
int gb_rotation_expire(struct gb_trial *trial);

/* Why a task cannot be had with these axes, or NULL. Static. */
const char *gb_rotation_obstacle(const struct gb_job *job, const struct gb_task *task);
#endif
