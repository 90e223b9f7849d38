#include "run/forging.h"

#include <stdlib.h>
#include <string.h>

#define MOST_FORGED 8 /* messages of a call, besides the first of each kind */

static bool is_forgeable(enum gb_kind kind)
{
	return kind != GB_CLAIM && kind != GB_KEY_REQUEST && kind != GB_GROUP_INFO &&
	       kind != GB_RATCHET_TREE && kind != GB_WITHHELD;
}

bool gb_trial_may_forge(struct gb_trial *trial, enum gb_kind kind)
{
	if (!trial->forge || !trial->is_sealed || !is_forgeable(kind))
		return false;
	trial->forgeries.wanted |= 1u << kind;
	return true;
}

void gb_trial_note_refused(struct gb_trial *trial, enum gb_kind kind)
{
	trial->forgeries.refused |= 1u << kind;
}

bool gb_trial_has_forged(const struct gb_trial *trial)
{
	const struct gb_forgeries *f = &trial->forgeries;

	return f->refused != 0 && (f->wanted & ~f->refused) == 0;
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

/* The call, in which there is a forged copy of a message of this kind, is refused. */
static int refuses(struct gb_trial *trial, struct gb_call *call, enum gb_kind kind, uint32_t sender,
		   const char *what)
{
	if (gb_trial_must_refuse(trial, call, sender, what) != 0)
		return -1;
	gb_trial_note_refused(trial, kind);
	return 0;
}

/* The device refuses a forged copy of the message, alone. */
static int refuses_copy(struct gb_trial *trial, enum gb_call_kind kind, uint32_t device,
			const struct gb_message *m)
{
	struct gb_call call = {.kind = kind, .device = device, .n = 1};
	struct gb_message forged;

	if (gb_trial_forge(trial, m, &forged) != 0)
		return -1;
	call.messages = &forged;
	return refuses(trial, &call, m->kind, m->from, "a forged message");
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
			    refuses_copy(trial, GB_CALL_RECEIVE, reader, m) != 0)
				return -1;
	}
	return 0;
}

int gb_try_forged(struct gb_trial *trial, enum gb_call_kind kind, uint32_t device,
		  const struct gb_message *m)
{
	if (!gb_trial_may_forge(trial, m->kind) || is_spent(trial, m))
		return 0;
	return refuses_copy(trial, kind, device, m);
}

/* Whether the i-th of several messages is forged: one of the first, or the first of its kind. */
static bool is_chosen(const struct gb_message *m, size_t i)
{
	if (i < MOST_FORGED)
		return true;
	for (size_t j = 0; j < i; j++)
		if (m[j].kind == m[i].kind)
			return false;
	return true;
}

/* With the i-th message forged and in front of the others. */
static int refuses_join(struct gb_trial *trial, uint32_t device, size_t i, size_t n)
{
	struct gb_message *inbox = trial->inbox, genuine = inbox[i], forged;
	struct gb_call call = {.kind = GB_CALL_JOIN, .device = device, .messages = inbox, .n = n};
	int failed;

	if (gb_trial_forge(trial, &genuine, &forged) != 0)
		return -1;
	inbox[i] = inbox[0];
	inbox[0] = forged;
	failed = refuses(trial, &call, genuine.kind, genuine.from, "a forged message");
	inbox[0] = inbox[i];
	inbox[i] = genuine;
	return failed;
}

int gb_try_forged_join(struct gb_trial *trial, uint32_t device, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum gb_kind kind = trial->inbox[i].kind;
		if (kind == GB_BACKUP || !is_chosen(trial->inbox, i) ||
		    !gb_trial_may_forge(trial, kind))
			continue;
		if (refuses_join(trial, device, i, n) != 0)
			return -1;
	}
	return 0;
}

int gb_try_forged_attachments(struct gb_trial *trial, uint32_t device, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct gb_message *m = &trial->inbox[i];
		if (m->kind != GB_BACKUP || !is_chosen(trial->inbox, i) ||
		    !gb_trial_may_forge(trial, m->kind))
			continue;
		if (refuses_copy(trial, GB_CALL_JOIN, device, m) != 0)
			return -1;
	}
	return 0;
}

/* The call with a forged copy of its i-th message alone; of a dehydrated device, which reads what
 * came to it, behind that device. */
static int refuses_one_of(struct gb_trial *trial, const struct gb_call *genuine, size_t i)
{
	struct gb_call call = *genuine;
	const struct gb_message *m = &genuine->messages[i];
	struct gb_message with[2] = {genuine->messages[0]}, *forged = with;
	bool is_stored = genuine->kind == GB_CALL_TAKE && m->kind == GB_BACKUP;

	if (i > 0 && genuine->kind == GB_CALL_TAKE && genuine->way == GB_WAY_DEHYDRATED)
		forged = &with[1];
	/* What is stored may end in a line or a name that nothing covers; in the middle it is
	 * encrypted. */
	if (is_stored ? forge_at(trial, m, m->body.len / 2, forged)
		      : gb_trial_forge(trial, m, forged))
		return -1;
	call.messages = with;
	call.n = (size_t)(forged - with) + 1;
	return refuses(trial, &call, m->kind, GB_ACTOR, "keys that were tampered with");
}

int gb_try_forged_call(struct gb_trial *trial, const struct gb_call *genuine)
{
	for (size_t i = 0; i < genuine->n; i++)
		if (is_chosen(genuine->messages, i) &&
		    gb_trial_may_forge(trial, genuine->messages[i].kind) &&
		    refuses_one_of(trial, genuine, i) != 0)
			return -1;
	return 0;
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

	if (genuine->published == NULL || !gb_trial_may_forge(trial, GB_KEY_MATERIAL))
		return 0;
	m = (struct gb_message){.kind = GB_KEY_MATERIAL, .body = genuine->published[0].body};
	if (gb_trial_forge(trial, &m, &m) != 0)
		return -1;
	forged = (struct gb_published){genuine->published[0].device, m.body};
	call.published = &forged;
	call.n = 1;
	return refuses(trial, &call, GB_KEY_MATERIAL, call.device, "forged key material");
}
