#include "run/first_index.h"
#include <stdio.h>
#include <stdlib.h>

int gb_first_indices_open(struct gb_first_indices *f, struct gb_trial *trial)
{
	uint32_t n = trial->testbed->job->senders;

	*f = (struct gb_first_indices){.trial = trial};
	f->next = calloc(n, sizeof *f->next);
	f->first = calloc(n, sizeof *f->first);
	if (f->next == NULL || f->first == NULL)
		return gb_testbed_fail(trial->testbed, GB_EXIT_INTERNAL, "out of memory");
	return 0;
}

void gb_first_indices_close(struct gb_first_indices *f)
{
	free(f->next);
	free(f->first);
	*f = (struct gb_first_indices){0};
}

static int ask(struct gb_first_indices *f, struct gb_first_index *first, uint32_t device,
	       uint32_t sender)
{
	struct gb_testbed *t = f->trial->testbed;
	enum gb_status status = t->backend->first_index(t->world, device, sender, &first->index);

	first->known = status == GB_OK;
	if (status == GB_OK || status == GB_REJECTED)
		return 0;
	return gb_testbed_fail(t, GB_EXIT_INTERNAL, "the first index of device %u failed: %s",
			       device, t->backend->error(t->world));
}

static struct gb_recipients recipients(const struct gb_first_indices *f)
{
	const struct gb_roster *r = &f->trial->roster;
	struct gb_recipients all = {.n = r->n};

	for (size_t k = 0; k < r->n; k++)
		all.device[k] = r->seats[k].device;
	all.device[all.n++] = GB_ACTOR;
	if (gb_trial_second_actor(f->trial) != GB_NO_DEVICE)
		all.device[all.n++] = gb_trial_second_actor(f->trial);
	return all;
}

int gb_first_indices_note(struct gb_first_indices *f)
{
	const struct gb_testbed *t = f->trial->testbed;

	if (t->backend->first_index == NULL)
		return 0;
	f->before = recipients(f);
	for (uint32_t i = 0; i < t->job->senders; i++) {
		uint32_t sender = t->actors[i];
		if (ask(f, &f->next[i], sender, sender) != 0)
			return -1;
		for (size_t k = 0; k < f->before.n; k++)
			if (ask(f, &f->first[i][k], f->before.device[k], sender) != 0)
				return -1;
	}
	return 0;
}

/* What a device that had none of the i-th actor's keys before is given of them. */
static int given(struct gb_first_indices *f, struct gb_first_index *want, uint32_t i)
{
	uint32_t sender = f->trial->testbed->actors[i];

	*want = f->next[i];
	if (!gb_trial_shares_history(f->trial))
		return 0;
	if (sender != GB_ACTOR)
		return ask(f, want, GB_ACTOR, sender);
	*want = (struct gb_first_index){.known = true};
	return 0;
}

static int expect(struct gb_first_indices *f, struct gb_first_index *want, uint32_t i,
		  uint32_t device, bool is_new)
{
	*want = (struct gb_first_index){.known = true};
	if (is_new)
		return 0;
	for (size_t k = 0; k < f->before.n; k++)
		if (f->before.device[k] == device && f->first[i][k].known) {
			*want = f->first[i][k];
			return 0;
		}
	return given(f, want, i);
}

static int differ(struct gb_testbed *t, uint32_t device, uint32_t sender,
		  const struct gb_first_index *got, const struct gb_first_index *want)
{
	char found[64], wanted[64] = "nothing: who gives the keys has none";

	snprintf(found, sizeof found, "cannot read device %u", sender);
	if (got->known)
		snprintf(found, sizeof found, "reads device %u from message %u on", sender,
			 got->index);
	if (want->known)
		snprintf(wanted, sizeof wanted, "from message %u on", want->index);
	return gb_testbed_break(t, "keys begin where they were given", "device %u %s, wanted %s",
				device, found, wanted);
}

int gb_first_indices_check(struct gb_first_indices *f, uint32_t i, bool is_new)
{
	struct gb_testbed *t = f->trial->testbed;
	const struct gb_recipients all = recipients(f);

	for (size_t k = 0; t->backend->first_index != NULL && k < all.n; k++) {
		struct gb_first_index got = {0}, want = {0};
		uint32_t device = all.device[k];
		if (device == t->actors[i])
			continue;
		if (ask(f, &got, device, t->actors[i]) != 0 ||
		    expect(f, &want, i, device, is_new) != 0)
			return -1;
		if (!got.known || !want.known || got.index != want.index)
			return differ(t, device, t->actors[i], &got, &want);
	}
	return 0;
}
