/* Repeating a run, going back to a state, and starting from one. */
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "promises.h"

static bool same_life(struct play *p, uint64_t seed)
{
	return play_open(p, seed) && play_found(p, 5) && play_message(p, 0) &&
	       play_add(p, 0, 5, 2) && play_rekey(p, 0) && play_message(p, 0) &&
	       play_remove(p, 0, 4, 1) && play_message(p, 0);
}

/* Of whom draws its own randomness the bytes are others, but of the same length. */
static bool is_same_message(const struct play *p, const struct gb_message *a,
			    const struct gb_message *b)
{
	bool has_own_random = (p->backend->features & GB_OWN_RANDOM) != 0;

	return a->kind == b->kind && a->address == b->address && a->fanout == b->fanout &&
	       a->from == b->from && a->n_to == b->n_to &&
	       (a->n_to == 0 || memcmp(a->to, b->to, a->n_to * sizeof(a->to[0])) == 0) &&
	       a->body.len == b->body.len &&
	       (has_own_random || memcmp(a->body.p, b->body.p, a->body.len) == 0);
}

bool promise_seeds_repeat_byte_for_byte(struct play *p)
{
	struct play *again = calloc(1, sizeof(*again));
	bool kept = false;

	if (again == NULL)
		return play_broken(p, "out of memory");
	again->backend = p->backend;
	if (!same_life(p, PROMISE_SEED))
		goto out;
	if (!same_life(again, PROMISE_SEED)) {
		play_broken(p, "the second time: %s", again->broken);
		goto out;
	}
	kept = p->mailbox.n_kept == again->mailbox.n_kept;
	for (size_t i = 0; kept && i < p->mailbox.n_kept; i++)
		kept = is_same_message(p, &p->mailbox.kept[i], &again->mailbox.kept[i]);
	if (!kept)
		play_broken(p, "the same seed sent something else the second time");
out:
	play_close(again);
	free(again);
	return kept;
}

bool promise_another_seed_gives_other_keys(struct play *p)
{
	uint8_t first[GB_DIGEST_BYTES];
	bool ok = same_life(p, PROMISE_SEED) && play_digest(p, 0, 0, first);

	if (ok)
		play_close(p);
	return ok && same_life(p, PROMISE_SEED + 1) && play_digest_is_not(p, 0, 0, first);
}

bool promise_published_like_many(struct play *p)
{
	struct gb_directory one;
	const struct gb_published *of_many, *of_one;
	bool same = false;

	if (!play_open(p, PROMISE_SEED) || gb_directory_open(&one, 5, 1) != 0)
		return false;
	if (p->backend->publish(p->world, 5, &one.outbox) != GB_OK ||
	    !gb_directory_is_complete(&one)) {
		play_broken(p, "publish: %s", p->backend->error(p->world));
		goto out;
	}
	of_many = &p->directory.published[5];
	of_one = gb_directory_of(&one, 5);
	same = of_many->body.len == of_one->body.len &&
	       memcmp(of_many->body.p, of_one->body.p, of_many->body.len) == 0;
	if (!same)
		play_broken(p, "publish of a materialised device sent other bytes than "
			       "publish_many");
out:
	gb_directory_close(&one);
	return same;
}

bool promise_publish_many_keeps_nothing(struct play *p)
{
	struct gb_directory again;
	bool same;

	if (!play_alone(p, PROMISE_SEED, 0) || gb_directory_open(&again, 3, 9) != 0)
		return false;
	same = p->backend->publish_many(p->world, 3, 9, &again.outbox) == GB_OK &&
	       gb_directory_is_complete(&again);
	for (uint32_t device = 3; same && device < 12; device++) {
		struct gb_bytes a = p->directory.published[device].body;
		struct gb_bytes b = gb_directory_of(&again, device)->body;

		same = a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
	}
	gb_directory_close(&again);
	return same || play_broken(p, "publish_many sent something else the second time");
}

struct membership {
	bool is_member[PLAY_DEVICES];
	uint32_t n_members;
};

static bool roll_back(struct play *p, const struct membership *then)
{
	memcpy(p->is_member, then->is_member, sizeof(p->is_member));
	p->n_members = then->n_members;
	return p->backend->rollback(p->world) == GB_OK ||
	       play_broken(p, "rollback: %s", p->backend->error(p->world));
}

bool promise_rollback_returns(struct play *p)
{
	struct membership then;
	uint8_t before[GB_DIGEST_BYTES], first[GB_DIGEST_BYTES], unused[GB_DIGEST_BYTES];
	size_t message;

	if (!play_open(p, PROMISE_SEED) || p->backend->checkpoint == NULL)
		return p->world != NULL;
	if (!play_found(p, 5) || !play_send(p, 0, &message) || !play_digest(p, 0, 0, before))
		return false;
	memcpy(then.is_member, p->is_member, sizeof(then.is_member));
	then.n_members = p->n_members;
	if (p->backend->checkpoint(p->world) != GB_OK)
		return play_broken(p, "checkpoint: %s", p->backend->error(p->world));
	if (!play_all_read(p, message) || !play_rekey(p, 0) || !play_digest(p, 0, 0, first) ||
	    !roll_back(p, &then) || !play_digest_is(p, 0, 0, before) || !play_members_agree(p, 0) ||
	    !play_all_read(p, message))
		return false;
	if (!play_rekey(p, 0) || !play_digest_is_not(p, 0, 0, first) || !play_add(p, 0, 5, 2) ||
	    !play_members_agree(p, 0) || !roll_back(p, &then) || !play_digest_is(p, 0, 0, before))
		return false;
	if (p->backend->digest(p->world, 5, 0, unused) != GB_REJECTED)
		return play_broken(p, "device 5 is a member although its joining was rolled back");
	return play_remove(p, 0, 2, 1) && roll_back(p, &then) && play_digest_is(p, 2, 0, before) &&
	       play_add(p, 0, 5, 2) && play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_copies_are_equal_and_independent(struct play *p)
{
	const struct gb_backend *b = p->backend;
	uint8_t before[GB_DIGEST_BYTES];
	uint64_t bytes = 1;
	size_t message, commit;

	if (!play_open(p, PROMISE_SEED) || b->fork == NULL)
		return p->world != NULL;
	if (!play_found(p, 4) || !play_send(p, 0, &message) || !play_digest(p, 1, 0, before))
		return false;
	if (b->fork(p->world, 1, 20) != GB_OK ||
	    (b->state_size != NULL && b->state_size(p->world, 20, &bytes) != GB_OK) || bytes == 0)
		return play_broken(p, "fork or state_size: %s", b->error(p->world));
	return play_digest_is(p, 20, 0, before) && play_start_rekey(p, 0, &commit) &&
	       play_deliver_from(p, commit) && play_digest_is(p, 20, 0, before) &&
	       play_digest_is_not(p, 1, 0, before) && play_reads(p, 20, message);
}

static bool shaped_group_lives(struct play *p, uint32_t size, const struct gb_axis *axis)
{
	const uint32_t actor = 0, live[] = {0, 1, size - 1, size / 2, size, size + 1};
	uint32_t distinct[6];
	struct gb_shape shape = {.struct_size = sizeof(shape),
				 .size = size,
				 .joiners = 2,
				 .live = distinct,
				 .actors = &actor,
				 .n_actors = 1};

	for (size_t i = 0; i < 6; i++) {
		bool is_new = true;

		for (size_t j = 0; j < shape.n_live; j++)
			is_new = is_new && distinct[j] != live[i];
		if (is_new)
			distinct[shape.n_live++] = live[i];
	}
	if (!play_shape(p, PROMISE_SEED, &shape, axis) || !play_members_agree(p, 0) ||
	    !play_message(p, 0) || !play_rekey(p, 0) || !play_members_agree(p, 0) ||
	    !play_add(p, 0, size, 2) || !play_members_agree(p, 0) || !play_message(p, 0) ||
	    !play_rekey(p, 0) || !play_members_agree(p, 0))
		return false;
	return play_remove(p, 0, size / 2, 1) && play_members_agree(p, 0) && play_message(p, 0);
}

/* One axis value after the other that says in which state a group is made. */
bool promise_shaped_groups_live(struct play *p)
{
	static const uint32_t sizes[] = {2, 3, 6, 8};
	static const enum gb_axis_id axes[] = {GB_AXIS_tree, GB_AXIS_olm};
	const char *reason;

	for (size_t i = 0; i < 2; i++) {
		const struct gb_axis_spec *spec = &gb_axes[axes[i]];
		char words[100], *rest = words, *word;

		strcpy(words, spec->range);
		while ((word = strtok_r(rest, " ", &rest)) != NULL) {
			struct gb_axis axis = {spec->name, word};

			if (p->backend->axis(spec->name, word, &reason) == GB_NOT_SUPPORTED)
				continue;
			for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
				if (p->world != NULL)
					play_close(p);
				if (!shaped_group_lives(p, sizes[s], &axis))
					return false;
			}
		}
	}
	return true;
}

/* A short life under one value of one axis; what breaks it names the value. */
static bool lives_with(struct play *p, const char *name, const char *value)
{
	struct gb_axis axis = {name, value};
	char why[sizeof(p->broken)];

	if (play_with(p, PROMISE_SEED, &axis) && play_found(p, 4) && play_message(p, 0) &&
	    play_add(p, 0, 4, 2) && play_message(p, 0) && play_rekey(p, 0) &&
	    play_remove(p, 0, 2, 1) && play_members_agree(p, 0) && play_message(p, 0))
		return true;
	memcpy(why, p->broken, sizeof(why));
	return play_broken(p, "%s = %s: %.200s", name, value, why);
}

bool promise_axis_ranges_over(const struct gb_axis_spec *axis, const char *value)
{
	char *end;
	unsigned long least = strtoul(axis->range, &end, 10);
	unsigned long most = strtoul(end + strspn(end, "."), NULL, 10);
	unsigned long number = strtoul(value, NULL, 10);

	return axis->type != GB_AXIS_NUMBER || (number >= least && number <= most);
}

/* Every value of every axis that is not a state of a shaped group. */
bool promise_every_axis_value_is_a_life(struct play *p)
{
	static const char numbers[] = "0 1 2 3 4 5 6 7 16 100 255 1024";
	const char *reason;

	for (size_t i = 0; i < GB_AXES; i++) {
		const struct gb_axis_spec *axis = &gb_axes[i];
		char words[100], *rest = words, *word;

		if (axis->owner != GB_AXIS_OF_BACKEND)
			continue;
		strcpy(words, axis->type == GB_AXIS_CHOICE   ? axis->range
			      : axis->type == GB_AXIS_NUMBER ? numbers
							     : "yes no");
		while ((word = strtok_r(rest, " ", &rest)) != NULL) {
			if (!promise_axis_ranges_over(axis, word) ||
			    p->backend->axis(axis->name, word, &reason) != GB_HONOURED)
				continue;
			if (p->world != NULL)
				play_close(p);
			if (!lives_with(p, axis->name, word))
				return false;
		}
	}
	return true;
}

/* Two actors, and a group that one of them founds among devices that are there already. */
bool promise_shaped_actors_act(struct play *p)
{
	const uint32_t live[] = {0, 1, 3, 4}, actors[] = {0, 1};
	struct gb_shape shape = {.struct_size = sizeof(shape),
				 .size = 5,
				 .live = live,
				 .n_live = 4,
				 .actors = actors,
				 .n_actors = 2};

	return play_shape(p, PROMISE_SEED, &shape, NULL) && play_members_agree(p, 0) &&
	       play_members_agree(p, 1) && play_message(p, 0) && play_message(p, 1) &&
	       play_rekey(p, 1) && play_members_agree(p, 1) && play_message(p, 1) &&
	       play_message(p, 0);
}

bool promise_shaped_devices_found(struct play *p)
{
	const uint32_t live[] = {0, 1, 2, 3, 4}, actor = 0;
	struct gb_shape shape = {.struct_size = sizeof(shape),
				 .size = 5,
				 .without_group = 1,
				 .live = live,
				 .n_live = 5,
				 .actors = &actor,
				 .n_actors = 1};

	return play_shape(p, PROMISE_SEED, &shape, NULL) && play_found(p, 5) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}
