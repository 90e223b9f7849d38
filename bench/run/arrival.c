#include "run/arrival.h"

#include "run/forging.h"
#include "run/lookup.h"
#include <string.h>

static int read_message(struct gb_trial *trial, uint32_t device, struct gb_measure *at,
			const struct gb_message *m)
{
	struct gb_call call = {.kind = GB_CALL_RECEIVE, .device = device, .messages = m, .n = 1};
	struct gb_bytes want = trial->plaintext;

	if (gb_testbed_must(trial->testbed, &call, at != NULL ? &at->cost : NULL,
			    "reading a message") != 0)
		return -1;
	if (call.plaintext.len != want.len ||
	    (want.len > 0 && memcmp(call.plaintext.p, want.p, want.len) != 0))
		return gb_testbed_break(trial->testbed, "members read what members send",
					"device %u read something else than device %u sent", device,
					m->from);
	return 0;
}

/* One message that arrived at a member. */
static int take_in(struct gb_trial *trial, uint32_t device, struct gb_measure *at,
		   const struct gb_message *m, unsigned *n_read)
{
	struct gb_call call = {.kind = GB_CALL_PROCESS, .device = device, .messages = m, .n = 1};
	struct gb_cost *cost = at != NULL ? &at->cost : NULL;

	switch (m->kind) {
	case GB_APPLICATION:
		++*n_read;
		if (gb_try_forged(trial, GB_CALL_RECEIVE, device, m) != 0)
			return -1;
		return read_message(trial, device, at, m) != 0 ? -1
							       : gb_try_replay(trial, device, m);
	case GB_COMMIT:
	case GB_PROPOSAL:
	case GB_ROOM_KEY:
		if (device != m->from && gb_try_forged(trial, GB_CALL_PROCESS, device, m) != 0)
			return -1;
		return gb_testbed_must(trial->testbed, &call, cost, "taking in a message");
	default:
		return gb_testbed_break(
			trial->testbed, "members get what they can take in",
			"device %u got a message of a kind that members do not take "
			"in",
			device);
	}
}

int gb_trial_deliver(struct gb_trial *trial, uint32_t device, struct gb_measure *at,
		     unsigned n_readable)
{
	struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	const struct gb_message *m;
	size_t next = 0;
	unsigned n_read = 0;

	while ((m = gb_delivery_next(mailbox, &next, device, true)) != NULL) {
		if (m->from == device && m->kind == GB_APPLICATION)
			continue;
		if (at != NULL)
			gb_delivery_taken(mailbox, &at->down, m);
		if (take_in(trial, device, at, m, &n_read) != 0)
			return -1;
	}
	if (n_read != n_readable)
		return gb_testbed_break(trial->testbed, "every recipient is served",
					"device %u was sent %u readable messages instead of %u",
					device, n_read, n_readable);
	return 0;
}

/* The actor's own commit comes back to it; what others sent to it is taken in untimed. */
int gb_arrival_settle(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_message *m;
	size_t next = 0;
	unsigned n_read = 0;

	while ((m = gb_delivery_next(&t->mailbox, &next, GB_ACTOR, true)) != NULL) {
		struct gb_measure *at = NULL;
		if (m->from == GB_ACTOR && (t->backend->features & GB_SETTLES) == 0)
			continue;
		if (m->from == GB_ACTOR) {
			at = gb_trial_measure(trial, GB_ROLE_ACTOR, GB_PHASE_SETTLE, GB_ACTOR);
			gb_delivery_taken(&t->mailbox, &at->down, m);
		}
		if (take_in(trial, GB_ACTOR, at, m, &n_read) != 0)
			return -1;
	}
	return 0;
}

int gb_arrival_second_actor(struct gb_trial *trial)
{
	uint32_t device = gb_trial_second_actor(trial);
	const struct gb_message *m;
	size_t next = 0;
	unsigned n_read = 0;

	if (device == GB_NO_DEVICE)
		return 0;
	while ((m = gb_delivery_next(&trial->testbed->mailbox, &next, device, true)) != NULL)
		if (m->kind == GB_ROOM_KEY && m->from != device &&
		    take_in(trial, device, NULL, m, &n_read) != 0)
			return -1;
	return 0;
}

static bool gets_anything(const struct gb_trial *trial, uint32_t device)
{
	size_t next = 0;

	return gb_delivery_next(&trial->testbed->mailbox, &next, device, true) != NULL;
}

int gb_arrival_members(struct gb_trial *trial)
{
	for (size_t i = 0; i < trial->roster.n; i++) {
		struct gb_seat s = trial->roster.seats[i];
		struct gb_measure *at = NULL;
		if (!gets_anything(trial, s.device))
			continue;
		if (s.role == GB_ROLE_NEAR || s.role == GB_ROLE_FAR)
			at = gb_trial_measure(trial, s.role, GB_PHASE_PROCESS, s.device);
		if (gb_trial_deliver(trial, s.device, at, 0) != 0)
			return -1;
	}
	return 0;
}

/* With tree_delivery = fetched a newcomer asks the server for the tree. */
int gb_arrival_fetch_tree(struct gb_trial *trial, struct gb_measure *server, size_t n_joining)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_traffic before = t->mailbox.sent;
	struct gb_traffic tree;
	enum gb_status status;

	if (strcmp(t->job->axis[GB_AXIS_tree_delivery], "fetched") != 0 ||
	    t->backend->fetch_tree == NULL)
		return 0;
	t->mailbox.sender = GB_ACTOR;
	status = t->backend->fetch_tree(t->world, GB_ACTOR, &t->mailbox.outbox);
	if (status != GB_OK)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "fetching the tree failed: %s",
				       t->backend->error(t->world));
	tree = gb_traffic_since(&before, &t->mailbox.sent);
	gb_traffic_add_times(&server->down, &tree, n_joining);
	return 0;
}

/* What a newcomer joins from: its own messages and the trees that were fetched. */
static size_t fill_inbox(struct gb_trial *trial, uint32_t device)
{
	const struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	size_t n = gb_delivery_all(mailbox, device, false, trial->inbox, trial->max_inbox);

	for (size_t i = 0; i < mailbox->n_kept; i++) {
		if (mailbox->kept[i].kind != GB_RATCHET_TREE ||
		    mailbox->kept[i].address != GB_TO_SERVER)
			continue;
		if (n < trial->max_inbox)
			trial->inbox[n] = mailbox->kept[i];
		n++;
	}
	return n;
}

static int join(struct gb_trial *trial, uint32_t device)
{
	struct gb_testbed *t = trial->testbed;
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_JOINER, GB_PHASE_JOIN, device);
	size_t n = fill_inbox(trial, device);
	struct gb_call call = {
		.kind = GB_CALL_JOIN, .device = device, .messages = trial->inbox, .n = n};

	if (n == 0 || n > trial->max_inbox)
		return gb_testbed_break(t, "every recipient is served",
					"newcomer %u was sent %zu messages", device, n);
	for (size_t i = 0; i < n; i++)
		gb_delivery_taken(&t->mailbox, &at->down, &trial->inbox[i]);
	if (gb_try_forged_join(trial, device, n) != 0 ||
	    gb_testbed_must(t, &call, &at->cost, "joining") != 0 ||
	    gb_lookup_add(trial, device, at) != 0)
		return -1;
	return gb_try_forged_attachments(trial, device, n);
}

/* Without a group near and far are newcomers too. */
static bool is_newcomer(const struct gb_trial *trial, uint32_t device)
{
	const struct gb_positions *p = &trial->positions;

	if (trial->testbed->without_group)
		return device == p->near || device == p->far;
	return (p->n_joiners > 0 && device == p->joiners[0]) ||
	       (p->n_joiners > 1 && device == p->joiners[1]);
}

/* Those of the joining devices that this task follows join and take their seats. */
int gb_arrival_join(struct gb_trial *trial, const struct gb_published *joining, size_t n,
		    struct gb_measure *server)
{
	bool is_served = false;

	for (size_t i = 0; i < n; i++) {
		uint32_t device = joining[i].device;
		if (!is_newcomer(trial, device))
			continue;
		if (join(trial, device) != 0)
			return -1;
		if (server != NULL && !is_served)
			gb_lookup_serve(
				server,
				gb_trial_measure(trial, GB_ROLE_JOINER, GB_PHASE_JOIN, device), n);
		is_served = true;
		gb_roster_seat(&trial->roster, device, GB_ROLE_JOINER);
	}
	return 0;
}

/* Who is told why it gets no key takes that in, once from each sender, and is given none. */
int gb_arrival_withheld(struct gb_trial *trial)
{
	struct gb_testbed *t = trial->testbed;
	uint32_t device = trial->roster.outcast;
	struct gb_measure *at = gb_trial_measure(trial, GB_ROLE_WITHHELD, GB_PHASE_PROCESS, device);
	const struct gb_message *m;
	size_t next = 0, n = 0;

	while ((m = gb_delivery_next(&t->mailbox, &next, device, true)) != NULL) {
		struct gb_call call = {
			.kind = GB_CALL_PROCESS, .device = device, .messages = m, .n = 1};
		if (m->kind != GB_WITHHELD)
			return gb_testbed_break(t, "who is withheld a key is told why",
						"device %u got something else than the reason",
						device);
		gb_delivery_taken(&t->mailbox, &at->down, m);
		if (gb_testbed_must(t, &call, &at->cost, "learning why there is no key") != 0)
			return -1;
		n++;
	}
	if (n == t->job->senders)
		return 0;
	return gb_testbed_break(t, "who is withheld a key is told why",
				"device %u was told the reason %zu times by %u senders", device, n,
				t->job->senders);
}

/* Who was shut out sees what the group gets: the commit that shuts it out, which it may
 * understand or refuse, and later ones, which it must refuse. */
int gb_arrival_outcast(struct gb_trial *trial, bool is_leaving)
{
	struct gb_testbed *t = trial->testbed;
	const struct gb_message *m;
	uint32_t device = trial->roster.outcast;
	size_t next = 0;

	while ((m = gb_delivery_next(&t->mailbox, &next, device, true)) != NULL) {
		struct gb_call call = {
			.kind = GB_CALL_PROCESS, .device = device, .messages = m, .n = 1};
		enum gb_status status = gb_testbed_call(t, &call, NULL);
		if (t->status != GB_EXIT_DONE)
			return -1;
		if (status == GB_OK && !is_leaving && trial->is_sealed)
			return gb_testbed_break(t, "who is removed follows nothing",
						"the removed device %u still followed the group",
						device);
		if (status != GB_OK && status != GB_REJECTED)
			return gb_testbed_fail(t, GB_EXIT_INTERNAL,
					       "the removed device %u failed: %s", device,
					       t->backend->error(t->world));
	}
	return 0;
}
