#include "run/served.h"
#include <string.h>

/* What a device must get. */
enum due { NOTHING, KEY, KEY_AND_HISTORY, REASON };

static const uint8_t marks_of[][GB_MARKS] = {
	[NOTHING] = {0},
	[KEY] = {[GB_MARK_KEY] = 1},
	[KEY_AND_HISTORY] = {[GB_MARK_KEY] = 1, [GB_MARK_TOLD] = 1, [GB_MARK_BUNDLE] = 1},
	[REASON] = {[GB_MARK_REASON] = 1},
};

/* One actor's part in a step. */
struct part {
	struct gb_trial *trial;
	const struct gb_call *step;
	uint32_t actor;
	uint32_t end;   /* members so far, and those who have left, are the devices before it */
	uint32_t n_new; /* newcomers, from there on */
	enum due to_newcomers;
};

static struct part part_of(struct gb_trial *trial, const struct gb_call *step, uint32_t actor)
{
	const struct gb_roster *r = &trial->roster;
	bool gives_history = step->kind == GB_CALL_ADD && actor == step->device &&
			     gb_trial_shares_history(trial);

	return (struct part){
		.trial = trial,
		.step = step,
		.actor = actor,
		.end = r->size + r->n_left,
		.n_new = step->published != NULL ? (uint32_t)step->n : 0,
		.to_newcomers = gives_history ? KEY_AND_HISTORY : KEY,
	};
}

/* How many marks there are when newcomers got what they must. */
static uint64_t marks_of_newcomers(const struct part *p)
{
	bool is_new = p->actor >= p->end && p->actor < p->end + p->n_new;
	uint64_t each = 0;

	for (int which = 0; which < GB_MARKS; which++)
		each += marks_of[p->to_newcomers][which];
	return each * (p->n_new - is_new);
}

static bool concerns_all(const struct part *p)
{
	const struct gb_testbed *t = p->trial->testbed;

	return p->step->kind != GB_CALL_ADD || (t->backend->features & GB_PER_SENDER) == 0 ||
	       t->mailbox.n_marks > marks_of_newcomers(p);
}

static void set_due(const struct part *p, bool by_name)
{
	const struct gb_trial *trial = p->trial;
	const uint32_t *leaving = p->step->leaving;

	if (by_name)
		memset(trial->due, KEY, p->end);
	for (uint32_t i = 0; i < trial->roster.n_left; i++)
		trial->due[trial->leavers[i]] = NOTHING;
	for (size_t i = 0; leaving != NULL && i < p->step->n; i++)
		trial->due[leaving[i]] = p->step->kind == GB_CALL_WITHHOLD ? REASON : NOTHING;
	memset(trial->due + p->end, (int)p->to_newcomers, p->n_new);
	trial->due[p->actor] = NOTHING;
}

static void clear_due(const struct part *p, bool by_name)
{
	const struct gb_trial *trial = p->trial;
	const uint32_t *leaving = p->step->leaving;

	if (by_name)
		memset(trial->due, NOTHING, p->end);
	for (size_t i = 0; leaving != NULL && i < p->step->n; i++)
		trial->due[leaving[i]] = NOTHING;
	memset(trial->due + p->end, NOTHING, p->n_new);
}

static const char *promise_of(const struct part *p, uint32_t device, bool too_many)
{
	if (p->trial->due[device] == REASON)
		return "who is withheld a key is told why";
	if (p->step->kind == GB_CALL_SEND)
		return "keys are replaced when they have served";
	return too_many ? "keys are for recipients only" : "every recipient is served";
}

static int compare_one(const struct part *p, uint32_t device)
{
	static const char *const things[GB_MARKS] = {
		"messages with keys", "messages that tell of a bundle", "bundles", "reasons"};
	struct gb_testbed *t = p->trial->testbed;
	const uint8_t *got = gb_mailbox_marks(&t->mailbox, device);
	const uint8_t *want = marks_of[p->trial->due[device]];

	for (int which = 0; which < GB_MARKS; which++)
		if (got[which] != want[which])
			return gb_testbed_break(t, promise_of(p, device, got[which] > want[which]),
						"device %u got %u %s from device %u, want %u",
						device, got[which], things[which], p->actor,
						want[which]);
	return 0;
}

static int compare(const struct part *p, uint32_t first, uint32_t end)
{
	for (uint32_t device = first; device < end; device++)
		if (compare_one(p, device) != 0)
			return -1;
	return 0;
}

int gb_served_check(struct gb_trial *trial, const struct gb_call *step, uint32_t actor)
{
	const struct gb_mailbox *m = &trial->testbed->mailbox;
	const struct part p = part_of(trial, step, actor);
	bool by_name = m->n_commits == 0 && concerns_all(&p);
	/* Whoever got what is not due has a mark too many. */
	bool only_newcomers =
		!by_name && step->kind != GB_CALL_WITHHOLD && m->n_marks == marks_of_newcomers(&p);
	int failed;

	set_due(&p, by_name);
	failed = only_newcomers ? compare(&p, p.end, p.end + p.n_new) : compare(&p, 0, m->capacity);
	clear_due(&p, by_name);
	return failed;
}
