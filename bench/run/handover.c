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

static bool asks_the_holder(enum gb_way way)
{
	return way == GB_WAY_FORWARDED || way == GB_WAY_RECOVERED;
}

/* What is for the reader: all that was sent but what itself sent to devices, and the messages of
 * rooms. */
static size_t list_for_reader(const struct gb_mailbox *mailbox, uint32_t reader,
			      struct gb_message *out)
{
	size_t n = 0;

	for (size_t i = 0; i < mailbox->n_kept; i++)
		if (mailbox->kept[i].kind != GB_APPLICATION &&
		    (mailbox->kept[i].from != reader || mailbox->kept[i].address == GB_TO_SERVER))
			out[n++] = mailbox->kept[i];
	return n;
}

/* The reader takes its messages in, and sends what follows from them. */
static int take_in(struct gb_testbed *t, struct gb_call *call, struct gb_measure *at,
		   struct gb_measure *server)
{
	const struct gb_traffic sent = t->mailbox.sent, given = t->mailbox.given;
	struct gb_traffic down;

	if (gb_testbed_must(t, call, &at->cost, "taking keys in") != 0)
		return -1;
	at->up = gb_traffic_since(&sent, &t->mailbox.sent);
	down = gb_traffic_since(&given, &t->mailbox.given);
	gb_traffic_add(&server->up, &at->up);
	gb_traffic_add(&server->down, &down);
	return 0;
}

static int take(struct gb_trial *trial, struct gb_call *call, struct gb_measure *server)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at =
		gb_trial_measure(trial, GB_ROLE_NEAR, GB_PHASE_PROCESS, call->device);
	size_t n_old = trial->archive.n_old;

	count_taken(trial, call, at);
	/* Others were given out when they were sent. */
	for (size_t i = 0; i < call->n; i++)
		if (call->messages[i].address == GB_TO_SERVER)
			gb_delivery_taken(&t->mailbox, &server->down, &call->messages[i]);
	if (gb_try_forged_call(trial, call) != 0 ||
	    gb_archive_check_reads(trial, call->device, 0, n_old) != 0 ||
	    take_in(t, call, at, server) != 0)
		return -1;
	return gb_archive_check_reads(trial, call->device, n_old, 0);
}

static int take_all(struct gb_trial *trial, struct gb_call *call, struct gb_measure *server)
{
	const struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	struct gb_message *for_reader = calloc(mailbox->n_kept + 1, sizeof *for_reader);
	int failed;

	if (for_reader == NULL)
		return gb_testbed_fail(trial->testbed, GB_EXIT_INTERNAL, "out of memory");
	call->n = list_for_reader(mailbox, call->device, for_reader);
	call->messages = for_reader;
	failed = take(trial, call, server);
	free(for_reader);
	return failed;
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
	size_t n_for_holder;

	if (t->backend->want == NULL || t->backend->give == NULL || t->backend->take == NULL)
		return gb_testbed_cannot(t, "this backend gives no keys to other devices");
	gb_mailbox_empty(mailbox);
	mailbox->group_size = trial->roster.size;
	if (way != GB_WAY_FILE && send(trial, &call, GB_ROLE_NEAR, server, "asking for keys") != 0)
		return -1;
	n_for_holder = asks_the_holder(way) ? mailbox->n_kept : 0;
	call = (struct gb_call){.kind = GB_CALL_GIVE,
				.device = GB_ACTOR,
				.way = way,
				.other = reader,
				.messages = mailbox->kept,
				.n = n_for_holder};
	if (gb_try_forged_call(trial, &call) != 0 ||
	    send(trial, &call, GB_ROLE_ACTOR, server, "giving keys") != 0)
		return -1;
	server->up = mailbox->sent;
	gb_traffic_add(&server->down, &mailbox->given);
	if (way == GB_WAY_DEHYDRATED && gb_archive_collect(trial) != 0)
		return -1;
	call = (struct gb_call){.kind = GB_CALL_TAKE, .device = reader, .way = way};
	return take_all(trial, &call, server);
}
