#include "run/oracle.h"
#include "run/arrival.h"
#include "run/forging.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_per_sender(const struct gb_oracle *o)
{
	return (o->trial->testbed->backend->features & GB_PER_SENDER) != 0;
}

static enum gb_step timed_step(const struct gb_oracle *o)
{
	return gb_operations[o->trial->task->operation].timed;
}

int gb_oracle_open(struct gb_oracle *o, struct gb_trial *trial)
{
	const struct gb_job *job = trial->testbed->job;

	*o = (struct gb_oracle){.trial = trial, .random = job->seed ^ job->process};
	o->payload = malloc((size_t)trial->task->payload + 1);
	o->before = calloc(job->senders, sizeof *o->before);
	o->known = calloc(job->senders, sizeof *o->known);
	if (o->payload == NULL || o->before == NULL || o->known == NULL)
		return gb_testbed_fail(trial->testbed, GB_EXIT_INTERNAL, "out of memory");
	return gb_first_indices_open(&o->first, trial);
}

static void forget_early(struct gb_oracle *o)
{
	gb_messages_drop(&o->early, 1);
	o->early = (struct gb_message){0};
}

void gb_oracle_close(struct gb_oracle *o)
{
	forget_early(o);
	free(o->payload);
	free(o->before);
	free(o->known);
	gb_first_indices_close(&o->first);
}

/* Vigna's splitmix64: plaintexts need to be new, not secret. */
static uint64_t next_random(struct gb_oracle *o)
{
	uint64_t z = o->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Text, as people send it: what carries its messages as JSON would blow other bytes up. */
static struct gb_bytes fill(struct gb_oracle *o, uint8_t *p, size_t len)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)letters[next_random(o) % (sizeof letters - 1)];
	return (struct gb_bytes){p, len};
}

/* A copy of the application message in the mailbox, its body on the heap. */
static int copy_application(struct gb_oracle *o, struct gb_message *copy)
{
	const struct gb_mailbox *m = &o->trial->testbed->mailbox;

	for (size_t i = 0; i < m->n_kept; i++) {
		if (m->kept[i].kind != GB_APPLICATION)
			continue;
		return gb_message_copy(copy, &m->kept[i]) == 0
			       ? 0
			       : gb_testbed_fail(o->trial->testbed, GB_EXIT_INTERNAL,
						 "out of memory");
	}
	return gb_testbed_break(o->trial->testbed, "every recipient is served",
				"device %u sent no application message", m->sender);
}

static int deliver_to_seats(struct gb_oracle *o, unsigned n_readable)
{
	const struct gb_roster *r = &o->trial->roster;

	for (size_t i = 0; i < r->n; i++)
		if (gb_trial_deliver(o->trial, r->seats[i].device, NULL, n_readable) != 0)
			return -1;
	return 0;
}

/* Who is given no key knows why it cannot read a message. */
static int knows_why(struct gb_oracle *o, const struct gb_message *m)
{
	struct gb_testbed *t = o->trial->testbed;
	uint32_t device = o->trial->roster.outcast;
	enum gb_reason reason = GB_REASONS;
	enum gb_status status = t->backend->withheld(t->world, device, m, &reason);

	if (status == GB_FAILED)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL,
				       "asking why a key is withheld failed: %s",
				       t->backend->error(t->world));
	if (status == GB_OK && reason == GB_WITHHELD_FOR)
		return 0;
	return gb_testbed_break(t, "who is withheld a key is told why",
				"device %u does not know why device %u gives it no key", device,
				m->from);
}

/* Who was shut out gets every message of the group and can read none. */
static int outcast_reads_nothing(struct gb_oracle *o)
{
	struct gb_testbed *t = o->trial->testbed;
	uint32_t outcast = o->trial->roster.outcast;
	const struct gb_message *m;
	size_t next = 0;

	if (outcast == GB_NO_DEVICE || !o->trial->is_sealed)
		return 0;
	while ((m = gb_delivery_next(&t->mailbox, &next, outcast, true)) != NULL) {
		struct gb_call call = {
			.kind = GB_CALL_RECEIVE, .device = outcast, .messages = m, .n = 1};
		/* Keys that have served their time are replaced, and withheld again. */
		if (m->kind == GB_WITHHELD) {
			call.kind = GB_CALL_PROCESS;
			if (gb_testbed_must(t, &call, NULL, "learning why there is no key") != 0)
				return -1;
		}
		if (m->kind != GB_APPLICATION)
			continue;
		if (gb_trial_must_refuse(o->trial, &call, m->from,
					 o->trial->roster.is_withheld
						 ? "a message whose key is withheld from it"
						 : "a message sent after it was removed") != 0)
			return -1;
		if (o->trial->roster.is_withheld && knows_why(o, m) != 0)
			return -1;
	}
	return 0;
}

/* `from` says something; everybody else reads it, who was shut out does not. */
static int say(struct gb_oracle *o, uint32_t from)
{
	uint32_t second = gb_trial_second_actor(o->trial);

	if (gb_try_forged_apart(o->trial, from) != 0 || gb_trial_send(o->trial, from, NULL) != 0)
		return -1;
	if (from != GB_ACTOR && gb_trial_deliver(o->trial, GB_ACTOR, NULL, 1) != 0)
		return -1;
	if (second != GB_NO_DEVICE && from != second &&
	    gb_trial_deliver(o->trial, second, NULL, 1) != 0)
		return -1;
	for (size_t i = 0; i < o->trial->roster.n; i++) {
		uint32_t reader = o->trial->roster.seats[i].device;
		if (reader != from && gb_trial_deliver(o->trial, reader, NULL, 1) != 0)
			return -1;
	}
	return outcast_reads_nothing(o);
}

/* The last message before the limit is one of the old keys. */
static int keys_hold_until_their_time(struct gb_oracle *o)
{
	uint8_t now[GB_DIGEST_BYTES];
	bool known;

	if (gb_trial_digest(o->trial, GB_ACTOR, GB_ACTOR, now, &known) != 0)
		return -1;
	if (known && memcmp(now, o->before[0], sizeof now) == 0)
		return 0;
	return gb_testbed_break(o->trial->testbed, "keys are replaced when they have served",
				"the actor replaced its keys before their time");
}

int gb_oracle_before(struct gb_oracle *o)
{
	struct gb_trial *trial = o->trial;
	struct gb_testbed *t = trial->testbed;

	forget_early(o);
	for (uint32_t i = 0; i < t->job->senders; i++)
		if (gb_trial_digest(trial, t->actors[i], t->actors[i], o->before[i],
				    &o->known[i]) != 0)
			return -1;
	trial->plaintext = fill(o, o->plaintext, sizeof o->plaintext);
	if (timed_step(o) == GB_STEP_ADD ||
	    (timed_step(o) == GB_STEP_SEND && !gb_task_sends_first(trial->task))) {
		/* Also brings the actor's sending chain into its steady state. */
		memcpy(o->early_text, o->plaintext, sizeof o->early_text);
		if (gb_trial_send(trial, GB_ACTOR, NULL) != 0 || copy_application(o, &o->early) ||
		    deliver_to_seats(o, 1) != 0)
			return -1;
	}
	if (gb_task_rotates(trial->task) && keys_hold_until_their_time(o) != 0)
		return -1;
	if (timed_step(o) == GB_STEP_SEND)
		trial->plaintext = fill(o, o->payload, trial->task->payload);
	return gb_first_indices_note(&o->first);
}

static int agrees(struct gb_oracle *o, uint32_t device, uint32_t sender, const uint8_t *want)
{
	uint8_t got[GB_DIGEST_BYTES];
	bool known;

	if (gb_trial_digest(o->trial, device, sender, got, &known) != 0)
		return -1;
	if (known && memcmp(got, want, sizeof got) == 0)
		return 0;
	return gb_testbed_break(o->trial->testbed, "members agree on the keys",
				"devices %u and %u do not agree on the group's keys", sender,
				device);
}

/* Of the i-th actor. */
static bool gives_new_keys(const struct gb_oracle *o, uint32_t i)
{
	switch (timed_step(o)) {
	case GB_STEP_CREATE:
	case GB_STEP_REMOVE:
	case GB_STEP_WITHHOLD:
	case GB_STEP_REKEY:
		return true;
	case GB_STEP_ADD:
		return !is_per_sender(o);
	case GB_STEP_SEND:
		return i == 0 && gb_task_rotates(o->trial->task);
	default:
		return false;
	}
}

/* An operation that must give new keys did; everybody live holds those of each actor, from the
 * message on from which it should. */
static int check_digests(struct gb_oracle *o)
{
	struct gb_testbed *t = o->trial->testbed;
	const struct gb_roster *r = &o->trial->roster;
	uint32_t second = gb_trial_second_actor(o->trial);

	for (uint32_t i = 0; i < t->job->senders; i++) {
		uint8_t now[GB_DIGEST_BYTES];
		uint32_t sender = t->actors[i];
		bool known, is_new;
		if (gb_trial_digest(o->trial, sender, sender, now, &known) != 0)
			return -1;
		if (!known)
			return gb_testbed_break(t, "members agree on the keys",
						"device %u has no group", sender);
		is_new = !o->known[i] || memcmp(now, o->before[i], sizeof now) != 0;
		if (gives_new_keys(o, i) && !is_new)
			return gb_testbed_break(t, "the operation gives new keys",
						"the keys of device %u are the old ones", sender);
		for (size_t j = 0; j < r->n; j++)
			if (agrees(o, r->seats[j].device, sender, now) != 0)
				return -1;
		if (agrees(o, GB_ACTOR, sender, now) != 0 ||
		    (second != GB_NO_DEVICE && agrees(o, second, sender, now) != 0))
			return -1;
		if (gb_first_indices_check(&o->first, i, is_new) != 0)
			return -1;
	}
	return 0;
}

/* The same words twice: both are read, and they differ on the wire. */
static int check_messages(struct gb_oracle *o)
{
	struct gb_message first = {0}, second = {0};
	int failed;

	o->trial->plaintext = fill(o, o->plaintext, sizeof o->plaintext);
	failed = say(o, GB_ACTOR) != 0 || copy_application(o, &first) != 0 ||
		 say(o, GB_ACTOR) != 0 || copy_application(o, &second) != 0;
	if (!failed && first.body.len == second.body.len &&
	    memcmp(first.body.p, second.body.p, first.body.len) == 0)
		failed = gb_testbed_break(o->trial->testbed, "no key is used twice",
					  "two messages of the same text are equal on the wire");
	free((void *)(uintptr_t)first.body.p);
	free((void *)(uintptr_t)second.body.p);
	return failed ? -1 : 0;
}

/* Somebody who may send and is not the first actor, or GB_NO_DEVICE. */
static uint32_t choose_replier(const struct gb_oracle *o)
{
	const struct gb_testbed *t = o->trial->testbed;

	if (is_per_sender(o))
		return t->job->senders > 1 ? t->actors[1] : GB_NO_DEVICE;
	return o->trial->roster.n > 0 ? o->trial->roster.seats[0].device : GB_NO_DEVICE;
}

static int check_reply(struct gb_oracle *o, uint32_t replier)
{
	o->trial->plaintext = fill(o, o->plaintext, sizeof o->plaintext);
	return say(o, replier);
}

/* Newcomers read what was sent before they came. */
static int check_history(struct gb_oracle *o)
{
	const struct gb_roster *r = &o->trial->roster;
	struct gb_bytes want = {o->early_text, sizeof o->early_text};

	for (size_t i = 0; i < r->n; i++) {
		struct gb_call call = {.kind = GB_CALL_RECEIVE,
				       .device = r->seats[i].device,
				       .messages = &o->early,
				       .n = 1};
		if (r->seats[i].role != GB_ROLE_JOINER)
			continue;
		if (gb_testbed_must(o->trial->testbed, &call, NULL, "reading history") != 0)
			return -1;
		if (call.plaintext.len != want.len ||
		    memcmp(call.plaintext.p, want.p, want.len) != 0)
			return gb_testbed_break(o->trial->testbed,
						"newcomers read the history they are given",
						"newcomer %u read something else", call.device);
	}
	return 0;
}

/* Newcomers get what was sent before they came, and cannot read it. */
static int check_newcomers(struct gb_oracle *o)
{
	const struct gb_roster *r = &o->trial->roster;

	for (size_t i = 0; i < r->n; i++) {
		struct gb_call call = {.kind = GB_CALL_RECEIVE,
				       .device = r->seats[i].device,
				       .messages = &o->early,
				       .n = 1};
		if (r->seats[i].role == GB_ROLE_JOINER &&
		    gb_trial_must_refuse(o->trial, &call, o->early.from,
					 "a message sent before it joined") != 0)
			return -1;
	}
	return 0;
}

/* No kind has more raw bytes than bytes, and of none was more read than was given out. */
static bool kinds_add_up(const struct gb_traffic *given, const struct gb_traffic *taken)
{
	for (unsigned kind = 0; kind < GB_KINDS; kind++)
		if (taken->bytes[kind] > given->bytes[kind] ||
		    taken->raw[kind] > given->raw[kind] || given->raw[kind] > given->bytes[kind])
			return false;
	return true;
}

/* What is in the rows is what went through: up in all, and down, kind by kind, no less than was
 * read. Recipients that nobody follows have looked senders up too. */
static int check_bytes(struct gb_oracle *o)
{
	const struct gb_sample *s = &o->trial->sample;
	uint64_t up = 0, asked = 0, in = 0;
	struct gb_traffic taken = {0}, out = {0};

	for (size_t i = 0; i < s->n; i++) {
		const struct gb_measure *m = &s->measures[i];
		if (m->role == GB_ROLE_SERVER) {
			in += gb_traffic_bytes(&m->up);
			gb_traffic_add(&out, &m->down);
			continue;
		}
		gb_traffic_add(&taken, &m->down);
		if (m->phase == GB_PHASE_PRODUCE)
			up += gb_traffic_bytes(&m->up);
		else
			asked += gb_traffic_bytes(&m->up);
	}
	if ((asked == 0 ? up == in : up + asked <= in) && kinds_add_up(&out, &taken))
		return 0;
	return gb_testbed_break(o->trial->testbed, "every byte is counted",
				"bytes do not add up: %llu sent, %llu taken in, %llu given out, "
				"%llu received",
				(unsigned long long)up, (unsigned long long)in,
				(unsigned long long)gb_traffic_bytes(&out),
				(unsigned long long)gb_traffic_bytes(&taken));
}

static void note(struct gb_oracle *o, const char *word)
{
	size_t used = strlen(o->verified);

	snprintf(o->verified + used, sizeof o->verified - used, "%s%s", used > 0 ? " " : "", word);
}

/* Dormant devices do not refuse a key of theirs that is used again. */
static int check_keys_of_one_use(struct gb_oracle *o)
{
	struct gb_testbed *t = o->trial->testbed;
	enum gb_status status = GB_REJECTED;
	uint64_t n = 0;

	if (t->backend->keys_reused != NULL)
		status = t->backend->keys_reused(t->world, &n);
	if (status == GB_REJECTED)
		return 0;
	if (status != GB_OK)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL,
				       "asking which keys were used failed: %s",
				       t->backend->error(t->world));
	if (n > 0)
		return gb_testbed_break(t, "no key is used twice",
					"%llu one-time keys were used a second time",
					(unsigned long long)n);
	note(o, "once");
	return 0;
}

int gb_oracle_after(struct gb_oracle *o)
{
	struct gb_trial *trial = o->trial;
	uint32_t replier = choose_replier(o);

	o->verified[0] = '\0';
	if (check_bytes(o) != 0 || check_digests(o) != 0 || check_messages(o) != 0)
		return -1;
	note(o, "bytes digest read distinct");
	if (check_keys_of_one_use(o) != 0)
		return -1;
	if (replier != GB_NO_DEVICE) {
		if (check_reply(o, replier) != 0)
			return -1;
		note(o, "reply");
	}
	if (!trial->is_sealed)
		return 0;
	if (timed_step(o) == GB_STEP_ADD) {
		if (gb_trial_shares_history(trial) ? check_history(o) : check_newcomers(o))
			return -1;
		note(o, gb_trial_shares_history(trial) ? "history" : "newcomer");
	}
	if (gb_task_rotates(trial->task))
		note(o, "rotated");
	if (timed_step(o) == GB_STEP_STORE)
		note(o, "reloaded");
	if (timed_step(o) == GB_STEP_PUBLISH)
		note(o, "reached");
	if (gb_step_is_single(timed_step(o)))
		note(o, "primitive");
	if (trial->archive.n_old > 0)
		note(o, gb_task_restores(trial->task)       ? "restored"
			: gb_step_hands_over(timed_step(o)) ? "handed"
							    : "kept");
	if (trial->roster.outcast != GB_NO_DEVICE)
		note(o, trial->roster.is_withheld ? "withheld" : "removed");
	if (gb_trial_has_forged(trial))
		note(o, "forged");
	return 0;
}
