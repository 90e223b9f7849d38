#include "run/rotation.h"

#include <stdlib.h>

static uint32_t number_of(const struct gb_job *job, enum gb_axis_id axis)
{
	return (uint32_t)strtoul(job->axis[axis], NULL, 10);
}

static int advance(struct gb_trial *trial, uint64_t ms)
{
	struct gb_testbed *t = trial->testbed;

	return gb_testbed_prepared(t, t->backend->advance(t->world, ms), "advancing the clock");
}

int gb_rotation_wear(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	uint32_t messages = number_of(t->job, GB_AXIS_rotation_messages);
	uint32_t age = number_of(t->job, GB_AXIS_rotation_age);

	if (messages > 1 &&
	    gb_testbed_prepared(t, t->backend->skip(t->world, GB_ACTOR, messages - 1),
				"skipping messages") != 0)
		return -1;
	return age > 1 ? advance(trial, age - 1) : 0;
}

int gb_rotation_expire(struct gb_trial *trial)
{
	return number_of(trial->testbed->job, GB_AXIS_rotation_age) > 0 ? advance(trial, 1) : 0;
}

static const char *obstacle_to_rotate(const struct gb_job *job)
{
	const struct gb_backend *b = job->backend;

	if (job->axis[GB_AXIS_rotation_messages][0] == '\0' ||
	    job->axis[GB_AXIS_rotation_age][0] == '\0')
		return "this backend replaces no keys for the number of their messages or their "
		       "age";
	if (number_of(job, GB_AXIS_rotation_messages) == 0 &&
	    number_of(job, GB_AXIS_rotation_age) == 0)
		return "neither rotation_messages nor rotation_age says when keys are replaced";
	return b->skip == NULL || b->advance == NULL ? "the backend cannot be brought to that limit"
						     : NULL;
}

const char *gb_rotation_obstacle(const struct gb_job *job, const struct gb_task *task)
{
	uint32_t messages = number_of(job, GB_AXIS_rotation_messages);

	if (gb_task_rotates(task))
		return obstacle_to_rotate(job);
	if (gb_operations[task->operation].timed == GB_STEP_CATCH_UP && messages > 0 &&
	    task->k >= messages)
		return "the sender's keys are replaced before it is so many steps ahead";
	if (gb_operations[task->operation].timed == GB_STEP_SEND && !gb_task_sends_first(task) &&
	    messages == 1)
		return "every message brings new keys: that is send_rotated";
	return NULL;
}
