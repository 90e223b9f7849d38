#include "run/forging.h"

#include <stdlib.h>
#include <string.h>

static bool is_forgeable(enum gb_kind kind)
{
	return kind != GB_CLAIM && kind != GB_KEY_REQUEST && kind != GB_GROUP_INFO &&
	       kind != GB_RATCHET_TREE && kind != GB_WITHHELD;
}

static int forge_at(struct gb_trial *trial, const struct gb_message *m, size_t at,
		    struct gb_message *forged)
{
	size_t len = m->body.len;

	if (len > trial->forged_len) {
		free(trial->forged);
		trial->forged = malloc(len);
		trial->forged_len = trial->forged != NULL ? len : 0;
		if (trial->forged == NULL)
			return gb_testbed_fail(trial->testbed, GB_EXIT_INTERNAL, "out of memory");
	}
	memcpy(trial->forged, m->body.p, len);
	trial->forged[at] ^= 1;
	*forged = *m;
	forged->body.p = trial->forged;
	return 0;
}

int gb_trial_forge(struct gb_trial *trial, const struct gb_message *m, struct gb_message *forged)
{
	size_t len = m->body.len;

	return forge_at(trial, m, len > 24 ? len - 24 : len / 2, forged);
}

int gb_trial_must_refuse(struct gb_trial *trial, struct gb_call *call, uint32_t sender,
			 const char *what)
{
	struct gb_testbed *t = trial->testbed;
	uint8_t before[GB_DIGEST_BYTES], after[GB_DIGEST_BYTES];
	bool knew, knows;
	enum gb_status status;

	if (gb_trial_digest(trial, call->device, sender, before, &knew) != 0)
		return -1;
	status = gb_testbed_call(t, call, NULL);
	if (t->status != GB_EXIT_DONE)
		return -1;
	if (status == GB_OK)
		return gb_testbed_break(t, "forged and foreign input is refused",
					"device %u accepted %s", call->device, what);
	if (status != GB_REJECTED)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL,
				       "device %u failed on %s instead of refusing it: %s",
				       call->device, what, t->backend->error(t->world));
	if (gb_trial_digest(trial, call->device, sender, after, &knows) != 0)
		return -1;
	if (knew != knows || (knew && memcmp(before, after, sizeof before) != 0))
		return gb_testbed_break(t, "refused input changes nothing",
					"device %u refused %s but changed by it", call->device,
					what);
	return 0;
}

static bool spends(const struct gb_trial *trial)
{
	return (trial->testbed->backend->features & GB_FORGERY_SPENDS) != 0;
}

/* Whether a forged copy would take the key of the message: only encrypted ones have one. */
static bool is_spent(const struct gb_trial *trial, const struct gb_message *m)
{
	return spends(trial) &&
	       (m->kind == GB_APPLICATION ||
		(m->kind == GB_COMMIT &&
		 strcmp(trial->testbed->job->axis[GB_AXIS_handshake], "private") == 0));
}

static int refuses_forged(struct gb_trial *trial, uint32_t device, const struct gb_message *m)
{
	struct gb_call call = {.kind = GB_CALL_RECEIVE, .device = device, .n = 1};
	struct gb_message forged;

	if (gb_trial_forge(trial, m, &forged) != 0)
		return -1;
	call.messages = &forged;
	return gb_trial_must_refuse(trial, &call, m->from, "a forged message");
}

int gb_try_forged_apart(struct gb_trial *trial, uint32_t from)
{
	struct gb_mailbox *mailbox = &trial->testbed->mailbox;
	const struct gb_message *m;

	if (!trial->forge || !trial->is_sealed || !spends(trial))
		return 0;
	if (gb_trial_send(trial, from, NULL) != 0)
		return -1;
	for (size_t i = 0; i < trial->roster.n; i++) {
		uint32_t reader = trial->roster.seats[i].device;
		size_t next = 0;

		while ((m = gb_delivery_next(mailbox, &next, reader, true)) != NULL)
			if (reader != from && m->kind == GB_APPLICATION &&
			    refuses_forged(trial, reader, m) != 0)
				return -1;
	}
	return 0;
}

/* Gives the device a forged copy of a message it is about to get. */
int gb_try_forged(struct gb_trial *trial, enum gb_call_kind kind, uint32_t device,
		  const struct gb_message *m, size_t n)
{
	struct gb_call call = {.kind = kind, .device = device, .n = n};
	struct gb_message forged[3];

	if (!trial->forge || !trial->is_sealed || !is_forgeable(m->kind) || n > 3 ||
	    is_spent(trial, m))
		return 0;
	memcpy(forged, m, n * sizeof *m);
	if (gb_trial_forge(trial, m, &forged[0]) != 0)
		return -1;
	call.messages = forged;
	return gb_trial_must_refuse(trial, &call, m->from, "a forged message");
}

int gb_try_forged_call(struct gb_trial *trial, const struct gb_call *genuine)
{
	struct gb_call call = *genuine;
	const struct gb_message *m = genuine->messages;
	struct gb_message forged;

	if (!trial->forge || !trial->is_sealed || genuine->n == 0 || !is_forgeable(m->kind))
		return 0;
	/* What is stored may end in a line or a name that nothing covers; in the middle it is
	 * encrypted. */
	if (genuine->kind == GB_CALL_TAKE && m->kind == GB_BACKUP
		    ? forge_at(trial, m, m->body.len / 2, &forged)
		    : gb_trial_forge(trial, m, &forged))
		return -1;
	call.messages = &forged;
	call.n = 1;
	return gb_trial_must_refuse(trial, &call, GB_ACTOR, "keys that were tampered with");
}

int gb_try_replay(struct gb_trial *trial, uint32_t device, const struct gb_message *m)
{
	struct gb_call call = {.kind = GB_CALL_RECEIVE, .device = device, .n = 1};
	struct gb_message replay = *m;

	if (!trial->forge || !trial->is_sealed)
		return 0;
	replay.event = ++trial->testbed->mailbox.n_events;
	call.messages = &replay;
	return gb_trial_must_refuse(trial, &call, m->from, "a replay of a message");
}

/* Forged key material of the first newcomer is not let in. */
int gb_try_forged_key_material(struct gb_trial *trial, const struct gb_call *genuine)
{
	struct gb_call call = *genuine;
	struct gb_published forged;
	struct gb_message m;

	if (!trial->forge || !trial->is_sealed || genuine->published == NULL)
		return 0;
	m = (struct gb_message){.kind = GB_KEY_MATERIAL, .body = genuine->published[0].body};
	if (gb_trial_forge(trial, &m, &m) != 0)
		return -1;
	forged = (struct gb_published){genuine->published[0].device, m.body};
	call.published = &forged;
	call.n = 1;
	return gb_trial_must_refuse(trial, &call, call.device, "forged key material");
}
