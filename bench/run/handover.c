#include "run/handover.h"

#include "run/archive.h"
#include "run/forging.h"
#include "run/lookup.h"
#include <stdlib.h>

const char *gb_handover_obstacle(const struct gb_job *job, enum gb_way way)
{
	const char *devices = job->axis[GB_AXIS_devices_per_user];

	if (way != GB_WAY_FILE && devices[0] != '\0' && strtoul(devices, NULL, 10) < 2)
		return "keys are given to another device of the user: devices_per_user is 2 or "
		       "more";
	return NULL;
}

static void count_taken(struct gb_trial *trial, const struct gb_call *call, struct gb_measure *at)
{
	for (size_t i = 0; i < call->n; i++)
		gb_delivery_taken(&trial->testbed->mailbox, &at->down, &call->messages[i]);
}

/* One call that sends, in a row of its own. */
static int send(struct gb_trial *trial, struct gb_call *call, enum gb_role role,
		struct gb_measure *server, const char *what)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at = gb_trial_measure(trial, role, GB_PHASE_PRODUCE, call->device);
	const struct gb_traffic before = t->mailbox.sent;
	struct gb_traffic fetched = {0};

	if (gb_testbed_must(t, call, &at->cost, what) != 0)
		return -1;
	if (t->backend->fetched != NULL && gb_lookup_fetched(t, call->device, &fetched) != 0)
		return -1;
	count_taken(trial, call, at);
	gb_traffic_add(&at->down, &fetched);
	gb_traffic_add(&server->down, &fetched);
	at->up = gb_traffic_since(&before, &t->mailbox.sent);
	return 0;
}

static int take(struct gb_trial *trial, struct gb_call *call)
{
	struct gb_measure *at =
		gb_trial_measure(trial, GB_ROLE_NEAR, GB_PHASE_PROCESS, call->device);
	size_t n_old = trial->archive.n_old;

	count_taken(trial, call, at);
	if (gb_try_forged_call(trial, call) != 0 ||
	    gb_archive_check_reads(trial, call->device, 0, n_old) != 0 ||
	    gb_testbed_must(trial->testbed, call, &at->cost, "taking keys in") != 0)
		return -1;
	return gb_archive_check_reads(trial, call->device, n_old, 0);
}

int gb_handover_step(struct gb_trial *trial, enum gb_way way)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_mailbox *mailbox = &t->mailbox;
	struct gb_measure *server =
		gb_trial_measure(trial, GB_ROLE_SERVER, GB_PHASE_DELIVER, GB_NO_DEVICE);
	uint32_t reader = trial->positions.near;
	struct gb_call call = {
		.kind = GB_CALL_WANT, .device = reader, .way = way, .other = GB_ACTOR};
	size_t n_wanted;

	if (t->backend->want == NULL || t->backend->give == NULL || t->backend->take == NULL)
		return gb_testbed_cannot(t, "this backend gives no keys to other devices");
	gb_mailbox_empty(mailbox);
	mailbox->group_size = trial->roster.size;
	if (way != GB_WAY_FILE && send(trial, &call, GB_ROLE_NEAR, server, "asking for keys") != 0)
		return -1;
	n_wanted = mailbox->n_kept;
	call = (struct gb_call){.kind = GB_CALL_GIVE,
				.device = GB_ACTOR,
				.way = way,
				.other = reader,
				.messages = mailbox->kept,
				.n = n_wanted};
	if (send(trial, &call, GB_ROLE_ACTOR, server, "giving keys") != 0)
		return -1;
	server->up = mailbox->sent;
	gb_traffic_add(&server->down, &mailbox->given);
	call = (struct gb_call){.kind = GB_CALL_TAKE,
				.device = reader,
				.way = way,
				.messages = mailbox->kept + n_wanted,
				.n = mailbox->n_kept - n_wanted};
	return take(trial, &call);
}
