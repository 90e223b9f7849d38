/* Random walks, and the shortest of those that break. */
#include "mixed_walk.h"

#include <string.h>

static bool all_honour(const struct mixed_walk *walk, const char *axis, const char *value)
{
	const char *reason;

	for (size_t i = 0; i < walk->n_parties; i++)
		if (walk->party[i].backend->axis(axis, value, &reason) != GB_HONOURED)
			return false;
	return true;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint32_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) >> 32);
}

static bool draw_suite(struct mixed_walk *walk, uint64_t *random)
{
	uint32_t first = draw(random) % 7;

	for (uint32_t i = 0; i < 7; i++) {
		walk->suite = (uint16_t)(1 + (first + i) % 7);
		if (mixed_walk_opens(walk))
			return true;
	}
	return false;
}

static bool all_join_by_themselves(const struct mixed_walk *walk)
{
	for (size_t i = 0; i < walk->n_parties; i++)
		if (!walk->party[i].backend->join_external || !walk->party[i].backend->group_info)
			return false;
	return true;
}

static bool all_have_psks(const struct mixed_walk *walk)
{
	for (size_t i = 0; i < walk->n_parties; i++)
		if (!walk->party[i].backend->set_psk || !walk->party[i].backend->commit_psk)
			return false;
	return true;
}

static bool all_resume(const struct mixed_walk *walk)
{
	for (size_t i = 0; i < walk->n_parties; i++)
		if (!walk->party[i].backend->commit_resumption)
			return false;
	return true;
}

static bool all_reinit(const struct mixed_walk *walk)
{
	for (size_t i = 0; i < walk->n_parties; i++)
		if (!walk->party[i].backend->reinit || !walk->party[i].backend->succeed)
			return false;
	return true;
}

/* What all parties can do; how many kinds that are. */
static uint32_t list_kinds(const struct mixed_walk *walk, enum mixed_kind out[MIXED_KINDS])
{
	uint32_t n = 0;

	for (int kind = 0; kind < MIXED_KINDS; kind++)
		if ((kind != MIXED_EXTERNAL || all_join_by_themselves(walk)) &&
		    (kind != MIXED_PSK || all_have_psks(walk)) &&
		    (kind != MIXED_RESUME || all_resume(walk)) &&
		    (kind != MIXED_REINIT || all_reinit(walk)))
			out[n++] = (enum mixed_kind)kind;
	return n;
}

bool mixed_walk_draw(struct mixed_walk *walk, const struct mixed_party *party, size_t n_parties,
		     uint64_t seed, size_t n_ops)
{
	uint64_t random = seed;
	enum mixed_kind kinds[MIXED_KINDS];
	uint32_t n_kinds;

	*walk = (struct mixed_walk){
		.party = party, .n_parties = n_parties, .seed = seed, .n_ops = n_ops};
	n_kinds = list_kinds(walk, kinds);
	walk->path = draw(&random) % 2 || !all_honour(walk, "path", "no");
	walk->private_handshake = draw(&random) % 2 && all_honour(walk, "handshake", "private");
	walk->fetched_tree = draw(&random) % 2 && all_honour(walk, "tree_delivery", "fetched");
	walk->first_home = draw(&random) % (uint32_t)n_parties;
	walk->founders = draw(&random) % (uint32_t)(2 * n_parties);
	for (size_t i = 0; i < n_ops; i++)
		walk->op[i] = (struct mixed_op){
			.kind = kinds[draw(&random) % n_kinds],
			.actor = draw(&random) % 1000,
			.subject = draw(&random) % 1000,
			.n = draw(&random) % 3,
		};
	return draw_suite(walk, &random);
}

static bool still_breaks(const struct mixed_walk *walk)
{
	char why[400];
	size_t at;

	return !mixed_walk_holds(walk, &at, why, NULL);
}

static bool without_step(struct mixed_walk *walk, size_t i)
{
	struct mixed_walk shorter = *walk;

	memmove(&shorter.op[i], &shorter.op[i + 1], (walk->n_ops - i - 1) * sizeof(shorter.op[0]));
	shorter.n_ops--;
	if (!still_breaks(&shorter))
		return false;
	*walk = shorter;
	return true;
}

/* Whether the walk also breaks with other numbers, which it then has. */
static bool simpler(struct mixed_walk *walk, struct mixed_walk simple)
{
	if (memcmp(walk, &simple, sizeof(simple)) == 0 || !still_breaks(&simple))
		return false;
	*walk = simple;
	return true;
}

/* The smallest of few numbers in the place of each of a step's. */
static bool simplify_step(struct mixed_walk *walk, size_t i)
{
	for (uint32_t small = 0; small < 3; small++) {
		struct mixed_walk n = *walk, actor = *walk, subject = *walk;

		n.op[i].n = small < n.op[i].n ? small : n.op[i].n;
		actor.op[i].actor = small < actor.op[i].actor ? small : actor.op[i].actor;
		subject.op[i].subject =
			small < subject.op[i].subject ? small : subject.op[i].subject;
		if (simpler(walk, n) || simpler(walk, actor) || simpler(walk, subject))
			return true;
	}
	return false;
}

static bool simplify(struct mixed_walk *walk)
{
	struct mixed_walk fewer = *walk, path = *walk, open = *walk, inside = *walk;

	fewer.founders -= fewer.founders > 0;
	path.path = true;
	open.private_handshake = false;
	inside.fetched_tree = false;
	return simpler(walk, fewer) || simpler(walk, path) || simpler(walk, open) ||
	       simpler(walk, inside);
}

void mixed_walk_shrink(struct mixed_walk *walk)
{
	char why[400];
	size_t at;
	bool got_shorter;

	if (mixed_walk_holds(walk, &at, why, NULL))
		return;
	walk->n_ops = at;
	do {
		got_shorter = false;
		for (size_t i = walk->n_ops; i > 0; i--)
			got_shorter = without_step(walk, i - 1) || got_shorter;
		for (size_t i = 0; i < walk->n_ops; i++)
			got_shorter = simplify_step(walk, i) || got_shorter;
		got_shorter = simplify(walk) || got_shorter;
	} while (got_shorter);
}
