#include "run/positions.h"
#include "run/handover.h"
#include "run/rotation.h"
#include <stdlib.h>
#include <string.h>

static uint32_t middle(uint32_t size)
{
	return size / 2;
}

struct gb_positions gb_positions_of(const struct gb_job *job, const struct gb_task *task)
{
	struct gb_positions p = {GB_NO_DEVICE, GB_NO_DEVICE, GB_NO_DEVICE, {0}, 0};
	uint32_t n = job->size, joiners = gb_task_joiners(task);

	if (gb_task_leavers(task) > 0)
		p.removed = middle(job->size);
	if (p.removed != 1)
		p.near = 1;
	if (n > 2 && p.removed != n - 1)
		p.far = n - 1;
	if (joiners > 0)
		p.joiners[p.n_joiners++] = n;
	if (joiners > 1)
		p.joiners[p.n_joiners++] = n + joiners - 1;
	return p;
}

static bool has_role(const struct gb_job *job, uint32_t device)
{
	return device == GB_ACTOR || device == 1 || device == job->size - 1 ||
	       device == middle(job->size);
}

/* How many devices of a group have no role of their own. */
static uint32_t count_free(uint32_t size)
{
	uint32_t roles = 0;

	for (uint32_t device = 0; device < 2 && device < size; device++)
		roles++;
	if (size > 2)
		roles++;
	if (middle(size) > 1 && middle(size) != size - 1)
		roles++;
	return size - roles;
}

uint32_t gb_positions_most_senders(uint32_t size)
{
	return count_free(size) + 1;
}

/* Position of the i-th of n things spread evenly over `room` places, n <= room. */
static uint32_t spread(uint32_t i, uint32_t n, uint32_t room)
{
	return (uint32_t)((2 * (uint64_t)i + 1) * room / (2 * (uint64_t)n));
}

void gb_positions_actors(const struct gb_job *job, uint32_t *actors)
{
	uint32_t n = 0, place = 0, others = job->senders - 1;

	actors[n++] = GB_ACTOR;
	for (uint32_t device = 2; device < job->size && n < job->senders; device++) {
		if (has_role(job, device))
			continue;
		if (place++ == spread(n - 1, others, count_free(job->size)))
			actors[n++] = device;
	}
}

/* The users of a backend that knows them have so many devices each, numbers in a row. */
static uint32_t devices_per_user(const struct gb_job *job)
{
	uint32_t n = (uint32_t)strtoul(job->axis[GB_AXIS_devices_per_user], NULL, 10);

	return n > 0 ? n : 1;
}

/* Whether it is users that leave, with all their devices. */
static bool users_leave(const struct gb_job *job, uint32_t k)
{
	uint32_t d = devices_per_user(job);

	return d > 1 && k > 0 && k % d == 0 && job->senders == 1;
}

/* Users between those of near and far, who stay. */
static uint32_t users_that_may_leave(const struct gb_job *job)
{
	uint32_t d = devices_per_user(job), last = (job->size - 1) / d, first = 1 / d;

	return last > first + 1 ? last - first - 1 : 0;
}

/* The middle device first, then the others of its user, then other users evenly spread. */
static void leave_as_users(const struct gb_job *job, uint32_t *leavers, uint32_t k)
{
	uint32_t d = devices_per_user(job), of_middle = middle(job->size) / d, n = 0, place = 0;
	uint32_t last = (job->size - 1) / d, others = k / d - 1;

	leavers[n++] = middle(job->size);
	for (uint32_t i = 0; i < d; i++)
		if (of_middle * d + i != middle(job->size))
			leavers[n++] = of_middle * d + i;
	for (uint32_t user = 1 / d + 1; user < last && n < k; user++) {
		if (user == of_middle ||
		    place++ != spread(n / d - 1, others, users_that_may_leave(job) - 1))
			continue;
		for (uint32_t i = 0; i < d; i++)
			leavers[n++] = user * d + i;
	}
}

/* Puts the middle device, which has a live state, first among those that leave: then it
 * needs to follow none of the others' departures. */
static void include_middle(const struct gb_job *job, uint32_t *leavers, uint32_t k)
{
	uint32_t nearest = 0, best = UINT32_MAX;

	for (uint32_t i = 0; i < k; i++) {
		uint32_t d = leavers[i], m = middle(job->size), away = d > m ? d - m : m - d;
		if (away < best) {
			best = away;
			nearest = i;
		}
	}
	leavers[nearest] = leavers[0];
	leavers[0] = middle(job->size);
}

void gb_positions_leavers(const struct gb_job *job, const struct gb_task *task,
			  const uint32_t *actors, uint32_t *leavers)
{
	uint32_t k = gb_task_leavers(task), n = 0, place = 0, actor = 1;

	if (k == 1) {
		leavers[0] = middle(job->size);
		return;
	}
	if (users_leave(job, k)) {
		leave_as_users(job, leavers, k);
		return;
	}
	for (uint32_t device = 2; device + 1 < job->size && n < k; device++) {
		if (actor < job->senders && actors[actor] == device)
			actor++;
		else if (place++ == spread(n, k, job->size - 2 - job->senders))
			leavers[n++] = device;
	}
	include_middle(job, leavers, k);
}

bool gb_job_is_left_out(const struct gb_job *job)
{
	return job->sampling.most_pairs != 0 &&
	       (uint64_t)job->senders * job->size > job->sampling.most_pairs;
}

/* A key bundle must not go to a device that its user has not signed (E2EE, "Sharing keys between
 * users"). */
static bool shares_with_unsigned(const struct gb_job *job, const struct gb_task *task)
{
	return strcmp(job->axis[GB_AXIS_history], "shared") == 0 &&
	       strcmp(job->axis[GB_AXIS_verification], "cross_signed") != 0 &&
	       gb_operation_depends(task->operation, GB_AXIS_history);
}

const char *gb_task_obstacle(const struct gb_job *job, const struct gb_task *task)
{
	uint32_t k = gb_task_leavers(task);
	bool is_part = gb_step_is_part(gb_operations[task->operation].timed);

	if (gb_job_is_left_out(job))
		return "more pairs of sender and member than most_pairs of the scenario";
	if (shares_with_unsigned(job, task))
		return "keys of the past may go to cross-signed devices only: verification is "
		       "cross_signed";
	if (is_part && job->backend->create_part == NULL)
		return "a group of this backend is not made in such parts";
	if (is_part && job->senders > 1)
		return "the parts of create are those of one sender";
	if (users_leave(job, k) &&
	    (k / devices_per_user(job) > users_that_may_leave(job) ||
	     middle(job->size) / devices_per_user(job) == 1 / devices_per_user(job) ||
	     middle(job->size) / devices_per_user(job) == (job->size - 1) / devices_per_user(job)))
		return "the group is too small to lose so many users";
	if (job->senders - 1 > count_free(job->size))
		return "the group is too small for so many senders beside its other roles";
	if (k > 1 && !users_leave(job, k) &&
	    (job->size < 3 + job->senders || k > job->size - 2 - job->senders))
		return "the group is too small to lose so many members";
	return gb_step_hands_over(gb_operations[task->operation].timed)
		       ? gb_handover_obstacle(job,
					      (enum gb_way)(gb_operations[task->operation].timed -
							    GB_STEP_FORWARD))
		       : gb_rotation_obstacle(job, task);
}
