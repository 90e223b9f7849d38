/*
 * What a role costs in a world where every device is live is what it costs where only this
 * device lives and only bytes come in: no work may be shared between live devices.
 */
#include <stdlib.h>
#include <string.h>

#include "promises.h"

/* The message of `all` as the lone device knows it: its own messages are those it sent. */
static const struct gb_message *known_as(const struct play *lone, const struct play *all,
					 size_t message, uint32_t device)
{
	const struct gb_message *m = &all->mailbox.kept[message];
	size_t nth = 0;

	if (m->from != device)
		return m;
	for (size_t i = 0; i < message; i++)
		nth += all->mailbox.kept[i].from == device;
	return &lone->mailbox.kept[nth];
}

static enum gb_status join(struct play *lone, const struct play *all, const struct play_step *step)
{
	struct gb_message mine[16];
	size_t n = 0;

	for (size_t at = step->message; at < step->behind && n < 16; at++) {
		const struct gb_message *m = &all->mailbox.kept[at];

		for (size_t i = 0; i < m->n_to; i++)
			if (m->to[i] == step->device)
				mine[n++] = *m;
	}
	return lone->backend->join(lone->world, step->device, mine, n);
}

static enum gb_status repeat(struct play *lone, const struct play *all,
			     const struct play_step *step)
{
	const struct gb_backend *b = lone->backend;
	const struct gb_published *published = &lone->directory.published[step->first];
	struct gb_outbox *out = &lone->mailbox.outbox;
	uint32_t device = step->device, leaving[PLAY_DEVICES];
	struct gb_bytes text = {(const uint8_t *)"message number 0", 16};
	const struct gb_message *m = known_as(lone, all, step->message, device);

	lone->mailbox.sender = device;
	for (uint32_t i = 0; i < step->n; i++)
		leaving[i] = step->first + i;
	switch (step->call) {
	case PLAY_CREATE:
		return b->create(lone->world, device, published, step->n, out);
	case PLAY_ADD:
		return b->add(lone->world, device, published, step->n, out);
	case PLAY_REMOVE:
		return b->remove(lone->world, device, leaving, step->n, out);
	case PLAY_REKEY:
		return b->rekey(lone->world, device, out);
	case PLAY_SEND:
		return b->send(lone->world, device, text, out);
	case PLAY_PROCESS:
		return b->process(lone->world, device, m);
	case PLAY_JOIN:
		return join(lone, all, step);
	case PLAY_RECEIVE:
		return b->receive(lone->world, device, m, &text);
	}
	abort();
}

/* The name of the first primitive that was not called equally often, or NULL. */
static const char *differing(const struct gb_counts *a, const struct gb_counts *b)
{
#define COMPARE(name, sentence)                                                                    \
	if (a->name != b->name)                                                                    \
		return #name;
	GB_PRIMITIVES(COMPARE)
#undef COMPARE
	return NULL;
}

static bool repeats(struct play *lone, struct play *all, uint32_t device)
{
	for (size_t i = 0; i < all->n_steps; i++) {
		const struct play_step *step = &all->step[i];
		struct gb_counts before = play_counts(lone), after;
		const char *what;

		if (step->device != device)
			continue;
		if (repeat(lone, all, step) != GB_OK)
			return play_broken(all, "device %u alone, step %zu: %s", device, i,
					   lone->backend->error(lone->world));
		after = play_counts_since(lone, &before);
		what = differing(&after, &step->counts);
		if (what != NULL)
			return play_broken(all,
					   "device %u alone, step %zu (call %d): another "
					   "number of %s than among live devices",
					   device, i, step->call, what);
	}
	return true;
}

static bool is_alone(struct play *all, uint32_t device, const struct gb_shape *shape)
{
	struct play *lone = calloc(1, sizeof(*lone));
	bool same;

	if (lone == NULL)
		return play_broken(all, "out of memory");
	lone->backend = all->backend;
	same = shape == NULL ? play_alone(lone, PROMISE_SEED, device)
			     : play_shape(lone, PROMISE_SEED, shape, NULL);
	same = same ? repeats(lone, all, device) : play_broken(all, "alone: %s", lone->broken);
	play_close(lone);
	free(lone);
	return same;
}

bool promise_lone_roles_cost_the_same(struct play *p)
{
	return play_open(p, PROMISE_SEED) && play_found(p, 6) && play_message(p, 0) &&
	       play_add(p, 0, 6, 2) && play_rekey(p, 0) && play_message(p, 0) &&
	       play_remove(p, 0, 3, 1) && play_message(p, 0) && is_alone(p, 0, NULL) &&
	       is_alone(p, 1, NULL) && is_alone(p, 5, NULL) && is_alone(p, 6, NULL);
}

/* Groups with keys of a sender are left out: a lone receiver has no pair with its sender. So are
 * those that no seed makes again. */
bool promise_lone_shaped_roles_cost_the_same(struct play *p)
{
	static const uint32_t live[] = {0, 1, 4, 6, 7}, actor = 0;
	static const uint32_t roles[] = {0, 1, 6, 7};
	struct gb_shape shape = {.struct_size = sizeof(shape),
				 .size = 7,
				 .joiners = 1,
				 .live = live,
				 .n_live = 5,
				 .actors = &actor,
				 .n_actors = 1};

	if (!play_shape(p, PROMISE_SEED, &shape, NULL) ||
	    (p->backend->features & (GB_PER_SENDER | GB_OWN_RANDOM)) != 0)
		return p->world != NULL;
	if (!play_rekey(p, 0) || !play_message(p, 0) || !play_add(p, 0, 7, 1) ||
	    !play_rekey(p, 0) || !play_remove(p, 0, 4, 1) || !play_message(p, 0))
		return false;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		shape.live = &roles[i];
		shape.n_live = 1;
		shape.n_actors = roles[i] == 0;
		if (!is_alone(p, roles[i], &shape))
			return false;
	}
	return true;
}
