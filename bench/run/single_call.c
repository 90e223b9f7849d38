#include "run/single_call.h"

int gb_single_step(struct gb_trial *trial, enum gb_step step)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_backend *b = t->backend;
	struct gb_call call = {.kind = GB_CALL_SINGLE, .device = GB_ACTOR, .n = trial->task->k};
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, GB_ACTOR);
	enum gb_single which = (enum gb_single)(step - GB_STEP_SINGLE_KEYGEN);
	enum gb_status status;

	if (b->single == NULL)
		return gb_testbed_cannot(t, "this backend calls no primitive alone");
	if (gb_testbed_prepared(t, b->single_prepare(t->world, which), "preparing a primitive") !=
		    0 ||
	    gb_testbed_must(t, &call, &at->cost, "calling a primitive") != 0)
		return -1;
	status = b->single_check(t->world);
	if (status == GB_REJECTED)
		return gb_testbed_break(t, "a primitive does what it should", "%s",
					b->error(t->world));
	return gb_testbed_prepared(t, status, "checking a primitive");
}
