#include "run/archive.h"
#include "run/arrival.h"
#include "run/enrolment.h"
#include "run/forging.h"
#include "run/handover.h"
#include "run/lookup.h"
#include "run/member_state.h"
#include "run/rotation.h"
#include "run/served.h"
#include "run/single_call.h"
#include <stdlib.h>
#include <string.h>

int gb_trial_open(struct gb_trial *trial, struct gb_testbed *t, const struct gb_task *task)
{
	uint32_t n_leavers = gb_task_leavers(task);

	*trial = (struct gb_trial){.testbed = t, .task = task};
	trial->positions = gb_positions_of(t->job, task);
	trial->is_sealed = (t->backend->features & GB_SEALED) != 0;
	trial->max_inbox = (size_t)t->job->senders * 2 + 4;
	trial->leavers = calloc(n_leavers + 1, sizeof *trial->leavers);
	trial->due = calloc(t->mailbox.capacity, sizeof *trial->due);
	trial->inbox = calloc(trial->max_inbox, sizeof *trial->inbox);
	if (trial->leavers == NULL || trial->due == NULL || trial->inbox == NULL)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "out of memory");
	if (n_leavers > 0)
		gb_positions_leavers(t->job, task, t->actors, trial->leavers);
	gb_trial_reset(trial);
	return 0;
}

void gb_trial_close(struct gb_trial *trial)
{
	free(trial->leavers);
	free(trial->due);
	free(trial->inbox);
	free(trial->forged);
	gb_archive_clear(&trial->archive);
	*trial = (struct gb_trial){0};
}

void gb_roster_seat(struct gb_roster *r, uint32_t device, enum gb_role role)
{
	if (device != GB_NO_DEVICE)
		r->seats[r->n++] = (struct gb_seat){device, role};
}

void gb_trial_reset(struct gb_trial *trial)
{
	trial->sample = (struct gb_sample){0};
	trial->forgeries = (struct gb_forgeries){0};
	trial->roster = (struct gb_roster){.size = 1, .outcast = GB_NO_DEVICE};
	if (trial->testbed->without_group)
		return;
	trial->roster.size = trial->testbed->job->size;
	gb_roster_seat(&trial->roster, trial->positions.near, GB_ROLE_NEAR);
	gb_roster_seat(&trial->roster, trial->positions.far, GB_ROLE_FAR);
}

struct gb_measure *gb_trial_measure(struct gb_trial *trial, enum gb_role role, enum gb_phase phase,
				    uint32_t device)
{
	struct gb_sample *s = &trial->sample;

	for (size_t i = 0; i < s->n; i++) {
		struct gb_measure *m = &s->measures[i];
		if (m->role == role && m->phase == phase && m->device == device)
			return m;
	}
	s->measures[s->n] = (struct gb_measure){.role = role, .phase = phase, .device = device};
	return &s->measures[s->n++];
}

/* Whether it cannot read what is sent after the call. */
static bool is_shut_out(const struct gb_call *call, uint32_t device)
{
	bool shuts_out = call->kind == GB_CALL_REMOVE || call->kind == GB_CALL_WITHHOLD;

	for (size_t i = 0; shuts_out && i < call->n; i++)
		if (call->leaving[i] == device)
			return true;
	return false;
}

bool gb_trial_shares_history(const struct gb_trial *trial)
{
	return strcmp(trial->testbed->job->axis[GB_AXIS_history], "shared") == 0;
}

uint32_t gb_trial_second_actor(const struct gb_trial *trial)
{
	const struct gb_testbed *t = trial->testbed;

	return t->job->senders > 1 ? t->actors[1] : GB_NO_DEVICE;
}

int gb_trial_digest(struct gb_trial *trial, uint32_t device, uint32_t sender,
		    uint8_t digest[GB_DIGEST_BYTES], bool *known)
{
	struct gb_testbed *t = trial->testbed;
	enum gb_status status = t->backend->digest(t->world, device, sender, digest);

	*known = status == GB_OK;
	if (status == GB_OK || status == GB_REJECTED)
		return 0;
	return gb_testbed_fail(t, GB_EXIT_INTERNAL, "the digest of device %u failed: %s", device,
			       t->backend->error(t->world));
}

/* Whether all actors' last operation heals, where the backend can tell and new keys were sent. */
static int ask_heals(struct gb_trial *trial, struct gb_measure *at, uint32_t actor,
		     enum gb_call_kind kind)
{
	struct gb_testbed *t = trial->testbed;
	int yes = 1;

	if (!trial->is_sealed || kind == GB_CALL_ADD ||
	    (t->mailbox.n_keys == 0 && t->mailbox.n_commits == 0))
		return 0;
	if (t->backend->heals != NULL && t->backend->heals(t->world, actor, &yes) != GB_OK)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "asking whether it heals failed: %s",
				       t->backend->error(t->world));
	if (at->heals != GB_HEALS_NO)
		at->heals = yes ? GB_HEALS_YES : GB_HEALS_NO;
	return 0;
}

/* Key material that the actor of the last call had to fetch for it. */
static int add_fetched(struct gb_testbed *t, const struct gb_call *call, struct gb_traffic *down)
{
	if (t->backend->fetched != NULL)
		return gb_lookup_fetched(t, call->device, down);
	for (size_t i = 0; call->published != NULL && i < call->n; i++) {
		down->bytes[GB_KEY_MATERIAL] += call->published[i].body.len;
		down->raw[GB_KEY_MATERIAL] += call->published[i].body.len;
	}
	return 0;
}

/* What the i-th actor has to do: the first changes the group, the others see to it that those
 * who are in it now can read them. Whom to trust, and new keys, are for each to decide. */
static struct gb_call call_of_actor(const struct gb_trial *trial, const struct gb_call *first,
				    uint32_t i)
{
	struct gb_call call = *first;

	call.device = trial->testbed->actors[i];
	if (i > 0 && call.kind != GB_CALL_REKEY && call.kind != GB_CALL_WITHHOLD) {
		call.kind = GB_CALL_SHARE;
		call.published = NULL;
		call.n = 0;
	}
	return call;
}

/* The call at every actor, one after the other, all of it counted at role actor. */
static int produce(struct gb_trial *trial, const struct gb_call *first, struct gb_measure *server)
{
	static const char *const names[] = {"create", "part of create", "add",     "remove",
					    "rekey",  "share",          "withhold"};
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, GB_ACTOR);
	struct gb_traffic fetched = {0};

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.group_size = trial->roster.size;
	for (uint32_t i = 0; i < t->job->senders; i++) {
		struct gb_call call = call_of_actor(trial, first, i);
		gb_mailbox_unmark(&t->mailbox);
		if (gb_try_forged_key_material(trial, &call) != 0)
			return -1;
		if (gb_testbed_must(t, &call, &at->cost, names[call.kind]) != 0 ||
		    gb_served_check(trial, first, call.device) != 0)
			return -1;
		if (ask_heals(trial, at, call.device, first->kind) != 0)
			return -1;
		if (add_fetched(t, &call, &fetched) != 0)
			return -1;
	}
	gb_traffic_add(&at->down, &fetched);
	gb_traffic_add(&at->up, &t->mailbox.sent);
	gb_traffic_add(&server->up, &t->mailbox.sent);
	gb_traffic_add(&server->down, &fetched);
	gb_traffic_add(&server->down, &t->mailbox.given);
	return 0;
}

/* The parts of create one after the other; only one is under the clock, and in the rows. */
static int produce_parts(struct gb_trial *trial, const struct gb_call *create, enum gb_part timed,
			 struct gb_measure *server)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, GB_ACTOR);
	struct gb_call call = *create;

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.group_size = trial->roster.size;
	if (gb_try_forged_key_material(trial, create) != 0)
		return -1;
	call.kind = GB_CALL_CREATE_PART;
	for (int part = 0; part < GB_PARTS; part++) {
		const struct gb_traffic sent = t->mailbox.sent, given = t->mailbox.given;
		call.part = (enum gb_part)part;
		if (gb_testbed_must(t, &call, call.part == timed ? &at->cost : NULL,
				    "part of create") != 0)
			return -1;
		if (call.part != timed)
			continue;
		if (add_fetched(t, &call, &at->down) != 0)
			return -1;
		at->up = server->up = gb_traffic_since(&sent, &t->mailbox.sent);
		server->down = gb_traffic_since(&given, &t->mailbox.given);
		gb_traffic_add(&server->down, &at->down);
	}
	return gb_served_check(trial, create, GB_ACTOR);
}

/* One step that changes the group, from the call to the last newcomer. */
static int change_group(struct gb_trial *trial, struct gb_call *call)
{
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);
	enum gb_step step = gb_operations[trial->task->operation].timed;
	uint32_t removed = trial->positions.removed;

	if (gb_step_is_part(step)
		    ? produce_parts(trial, call, (enum gb_part)(step - GB_STEP_CLAIM), server)
		    : produce(trial, call, server))
		return -1;
	if (is_shut_out(call, removed))
		trial->roster.outcast = removed;
	trial->roster.is_withheld = call->kind == GB_CALL_WITHHOLD;
	if (gb_arrival_settle(trial) != 0 || gb_arrival_members(trial) != 0 ||
	    gb_arrival_second_actor(trial) != 0)
		return -1;
	if (trial->roster.is_withheld) {
		if (gb_arrival_withheld(trial) != 0)
			return -1;
	} else if (trial->roster.outcast != GB_NO_DEVICE &&
		   gb_arrival_outcast(trial, is_shut_out(call, removed)) != 0) {
		return -1;
	}
	if (call->kind == GB_CALL_REMOVE) {
		trial->roster.size -= (uint32_t)call->n;
		trial->roster.n_left += (uint32_t)call->n;
	}
	if (call->published == NULL)
		return 0;
	trial->roster.size += (uint32_t)call->n;
	if (gb_arrival_fetch_tree(trial, server, call->n) != 0)
		return -1;
	return gb_arrival_join(trial, call->published, call->n,
			       gb_step_is_part(step) ? NULL : server);
}

/* k members at once or one after the other. */
static int change_members(struct gb_trial *trial, struct gb_call *call, bool one_by_one)
{
	const struct gb_published *published = call->published;
	const uint32_t *leaving = call->leaving;
	uint32_t k = trial->task->k;

	call->n = one_by_one ? 1 : k;
	for (uint32_t i = 0; i < k; i += (uint32_t)call->n) {
		call->published = published != NULL ? published + i : NULL;
		call->leaving = leaving != NULL ? leaving + i : NULL;
		if (change_group(trial, call) != 0)
			return -1;
	}
	return 0;
}

/* New keys went before the message: what they are worth, what was fetched for them, and that
 * everybody was sent them. */
static int look_at_new_keys(struct gb_trial *trial, struct gb_measure *at,
			    struct gb_measure *server)
{
	const struct gb_call call = {.kind = GB_CALL_SEND, .device = GB_ACTOR};
	struct gb_testbed *t = trial->testbed;
	struct gb_traffic fetched = {0};

	if (ask_heals(trial, at, GB_ACTOR, GB_CALL_SEND) != 0 ||
	    add_fetched(t, &call, &fetched) != 0)
		return -1;
	gb_traffic_add(&at->down, &fetched);
	gb_traffic_add(&server->down, &fetched);
	return gb_served_check(trial, &call, GB_ACTOR);
}

static int send_and_read(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_PRODUCE, GB_ACTOR);
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);

	if (gb_trial_send(trial, GB_ACTOR, at) != 0)
		return -1;
	at->up = server->up = t->mailbox.sent;
	server->down = t->mailbox.given;
	if (gb_task_rotates(trial->task) && look_at_new_keys(trial, at, server) != 0)
		return -1;
	for (size_t i = 0; i < trial->roster.n; i++) {
		struct gb_seat s = trial->roster.seats[i];
		struct gb_measure *reader =
			gb_trial_measure(trial, s.role, GB_PHASE_PROCESS, s.device);
		if (gb_trial_deliver(trial, s.device, reader, 1) != 0)
			return -1;
	}
	return gb_arrival_second_actor(trial);
}

int gb_trial_send(struct gb_trial *trial, uint32_t from, struct gb_measure *at)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_call call = {.kind = GB_CALL_SEND, .device = from, .plaintext = trial->plaintext};

	gb_mailbox_empty(&t->mailbox);
	t->mailbox.group_size = trial->roster.size;
	return gb_testbed_must(t, &call, at != NULL ? &at->cost : NULL, "send");
}

static int create(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_call call = {.kind = GB_CALL_CREATE,
			       .device = GB_ACTOR,
			       .published = gb_directory_of(&t->directory, 1),
			       .n = t->job->size - 1};

	return change_group(trial, &call);
}

static int make_step(struct gb_trial *trial, enum gb_step step)
{
	const struct gb_directory *d = &trial->testbed->directory;
	bool one_by_one = gb_operations[trial->task->operation].one_by_one;
	struct gb_call call = {.device = GB_ACTOR};

	switch (step) {
	case GB_STEP_NOTHING:
		return 0;
	case GB_STEP_CREATE:
		return create(trial);
	case GB_STEP_CLAIM:
	case GB_STEP_VERIFY:
	case GB_STEP_SESSION:
	case GB_STEP_ENCRYPT:
		if (create(trial) != 0)
			return -1;
		/* What others did of what all parts sent is no cost of this one. */
		trial->sample.n = 2;
		return 0;
	case GB_STEP_ADD:
		call.kind = GB_CALL_ADD;
		call.published = gb_directory_of(d, trial->testbed->job->size);
		return change_members(trial, &call, one_by_one);
	case GB_STEP_REMOVE:
		call.kind = GB_CALL_REMOVE;
		call.leaving = trial->leavers;
		return change_members(trial, &call, one_by_one);
	case GB_STEP_WITHHOLD:
		if (trial->testbed->backend->withhold == NULL ||
		    trial->testbed->backend->withheld == NULL)
			return gb_testbed_cannot(trial->testbed,
						 "this backend gives its keys to every member: "
						 "it has no call that withholds them from some");
		call.kind = GB_CALL_WITHHOLD;
		call.reason = GB_WITHHELD_FOR;
		call.leaving = trial->leavers;
		return change_members(trial, &call, false);
	case GB_STEP_REKEY:
		call.kind = GB_CALL_REKEY;
		return change_group(trial, &call);
	case GB_STEP_STORE:
		return gb_member_store(trial);
	case GB_STEP_PUBLISH:
		return gb_enrolment_step(trial);
	case GB_STEP_CATCH_UP:
		return gb_member_skip(trial) != 0 ? -1 : send_and_read(trial);
	case GB_STEP_WEAR:
		return gb_rotation_wear(trial);
	case GB_STEP_SEND:
		if (gb_task_rotates(trial->task) && gb_rotation_expire(trial) != 0)
			return -1;
		return send_and_read(trial);
	default:
		if (gb_step_hands_over(step))
			return gb_handover_step(trial, (enum gb_way)(step - GB_STEP_FORWARD));
		return gb_step_is_single(step) ? gb_single_step(trial, step)
					       : gb_archive_step(trial, step);
	}
}

int gb_trial_prepare(struct gb_trial *trial)
{
	return make_step(trial, gb_operations[trial->task->operation].before);
}

int gb_trial_run(struct gb_trial *trial)
{
	return make_step(trial, gb_operations[trial->task->operation].timed);
}
