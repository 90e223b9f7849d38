#ifndef MIXED_WALK_H
#define MIXED_WALK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "groupbench_backend.h"

/*
 * One group whose members live on different implementations, and a random life of it. Each
 * implementation has a world of its own; a device is live in one of them and everything it sends
 * goes to all members, wherever they live.
 *
 * After each step all members have the same digest. After each commit one member sends a
 * message, which all others read and nobody who was removed can. A member that lacks the PSK of
 * a commit refuses it, and follows once it has it; a commit that can be read must name the
 * resumption PSK where it shall. In a group that was shut down nobody sends.
 */

#define MIXED_PARTIES 6
#define MIXED_OPS     200

/* An implementation. `special` is an axis that it alone sets, where its name is not NULL. */
struct mixed_party {
	const struct gb_backend *backend;
	struct gb_axis special;
};

/* Numbers are drawn without knowing the group; each is taken modulo what there is. */
struct mixed_op {
	enum mixed_kind {
		MIXED_ADD,
		MIXED_REMOVE,
		MIXED_REKEY,
		MIXED_SEND,
		MIXED_EXTERNAL, /* a newcomer joins by a commit of its own, where all offer that */
		MIXED_PSK,      /* a commit with an external PSK, where all offer that */
		MIXED_RESUME,   /* one with the resumption PSK of the epoch, likewise */
		MIXED_REINIT,   /* all go on in a successor of the group, likewise */
		MIXED_KINDS
	} kind;
	uint32_t actor, subject, n;
};

struct mixed_walk {
	const struct mixed_party *party; /* n_parties */
	size_t n_parties;
	uint64_t seed;
	uint16_t suite;
	bool path, private_handshake, fetched_tree;
	uint32_t first_home; /* the party of the founder; those of the others follow */
	uint32_t founders;   /* that the founder adds when it creates the group */
	/* Not NULL: no group is created. The first party makes one of `size` members in a tree of
	 * this history (axis `tree`), of whom three are live: the first, the middle, the last; the
	 * first then adds the founders. Removing may also mean one of the others. */
	const char *tree;
	uint32_t size;
	struct mixed_op op[MIXED_OPS];
	size_t n_ops;
};

/* Whether all parties can have the suite of the walk. */
bool mixed_walk_opens(const struct mixed_walk *walk);

/*
 * mixed_walk_draw draws a walk of n_ops steps, in a suite that all parties can have together, with
 * axes that all of them honour. False where they have no suite in common.
 */
bool mixed_walk_draw(struct mixed_walk *walk, const struct mixed_party *party, size_t n_parties,
		     uint64_t seed, size_t n_ops);

/*
 * mixed_walk_holds plays it. Where somebody disagrees it is false, broken[] says who and how, and
 * *at is the step: 0 for the founding. `story`, if not NULL, gets a line for each step.
 */
bool mixed_walk_holds(const struct mixed_walk *walk, size_t *at, char broken[400], FILE *story);

/* How many walks have ended before their last step and held, since a peer did there what it is
 * known to do wrong: docs/backends.md, Peers. */
extern size_t mixed_walks_cut;

/* Takes away what a walk that does not hold can do without: steps, founders, axes. What is left
 * still does not hold, and does without any of them. */
void mixed_walk_shrink(struct mixed_walk *walk);

#endif
