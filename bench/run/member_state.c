#include "run/member_state.h"

/* The actor's next message is k steps ahead. */
int gb_member_skip(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;

	if (t->backend->skip == NULL)
		return gb_testbed_cannot(t, "this backend has no ratchet to skip steps of");
	return gb_testbed_prepared(t, t->backend->skip(t->world, GB_ACTOR, trial->task->k),
				   "skipping messages");
}

/* A member's state, and the member again from what was stored. */
static int store(struct gb_trial *trial, enum gb_role role, uint32_t device)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_call call = {.kind = GB_CALL_STORE, .device = device};
	struct gb_measure *at = gb_trial_measure(trial, role, GB_PHASE_PRODUCE, device);

	if (gb_testbed_must(t, &call, &at->cost, "store") != 0)
		return -1;
	at->stored_bytes = call.stored;
	return gb_testbed_prepared(t, t->backend->reload(t->world, device), "reloading");
}

int gb_member_store(struct gb_trial *trial)
{
	const struct gb_roster *r = &trial->roster;

	if (trial->testbed->backend->store == NULL)
		return gb_testbed_cannot(trial->testbed, "this backend stores nothing");
	if (store(trial, GB_ROLE_ACTOR, GB_ACTOR) != 0)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (store(trial, r->seats[i].role, r->seats[i].device) != 0)
			return -1;
	return 0;
}
