#ifndef GB_RUN_POSITIONS_H
#define GB_RUN_POSITIONS_H
#include "run/job.h"

#define GB_NO_DEVICE UINT32_MAX
#define GB_ACTOR     0u

/*
 * Which device plays which role. The actor is device 0, near 1, far N - 1, the one that
 * leaves N / 2, newcomers N and up. In a small group a device has one role only: who
 * leaves is neither near nor far, and near is not far.
 */
struct gb_positions {
	uint32_t near, far;  /* GB_NO_DEVICE where there is none */
	uint32_t removed;    /* the live one among those that leave */
	uint32_t joiners[2]; /* first and last newcomer */
	uint32_t n_joiners;  /* of joiners[]: 0, 1 or 2 */
};

struct gb_positions gb_positions_of(const struct gb_job *job, const struct gb_task *task);

/*
 * The devices that leave: k of them (gb_task_leavers), evenly spread over the group, N / 2
 * first; if k > 1, none of them is an actor, near or far. Where users have several devices
 * (devices_per_user) and k is a multiple of that, whole users leave, that of N / 2 among them;
 * with several senders it is single devices. actors[] is what
 * gb_positions_actors wrote. k must have passed gb_task_obstacle.
 */
void gb_positions_leavers(const struct gb_job *job, const struct gb_task *task,
			  const uint32_t *actors, uint32_t *leavers);

/*
 * The devices that act: 0 and, with more senders, others evenly spread over the group
 * that play no other role. job->senders of them go to actors[].
 */
void gb_positions_actors(const struct gb_job *job, uint32_t *actors);

/* How many senders a group of `size` can have: every device that plays no other role, and the
 * actor. */
uint32_t gb_positions_most_senders(uint32_t size);

/* Whether the scenario leaves out every cell of the job: more pairs than its most_pairs. */
bool gb_job_is_left_out(const struct gb_job *job);

/* Why this group is too small for the task, or the scenario leaves it out, or NULL. Static. */
const char *gb_task_obstacle(const struct gb_job *job, const struct gb_task *task);
#endif
