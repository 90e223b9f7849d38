#ifndef GB_STATS_TREE_HISTORY_H
#define GB_STATS_TREE_HISTORY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a group of `size` members came about, by the value of the axis `tree`. Members are
 * devices 0 .. size - 1, in the order of their leaves.
 *
 *   cold       device 0 added all others in one commit.
 *   full       then every member committed once, in the order of the leaves.
 *   grown      device 0 was alone. Each of the others was added by a commit of its own, in the
 *              order of the leaves, which a random member made.
 *   halfblank  a full group of 2 * size. Every second member, at leaves 1, 3, 5 ..., was
 *              removed in this order by a commit of its own, which a random one of those who
 *              stay made: half of the leaves are blank.
 *   churned:K  a full group, and K commits of random members. Each updates, removes a random
 *              other member or adds one at the leftmost blank leaf: all that are possible are
 *              as likely. Removing is possible while two stay and as many commits are left
 *              as there are blank leaves; adding while there is one, and nothing else when
 *              just that many commits are left. So nobody is missing at the end.
 *
 * All removes and updates carry a path, adds where the axis `path` says so. Random numbers are
 * the same in every run, so that a cell has the same counts and bytes in all of them: the i-th,
 * from 0, below n is the upper half of splitmix64's i-th output from state 0, times n, without
 * its lower 32 bits. A commit draws what it does, whom it removes, and who makes it.
 */
enum gb_tree_shape {
	GB_TREE_COLD,
	GB_TREE_FULL,
	GB_TREE_GROWN,
	GB_TREE_HALFBLANK,
	GB_TREE_CHURNED,
};

struct gb_tree_history {
	enum gb_tree_shape shape;
	uint32_t churn; /* K */
};

#define GB_TREE_MAX_CHURN 10000000u

/* Reads a value of the axis. False, and *history unchanged, where it is none. */
bool gb_tree_history_read(struct gb_tree_history *history, const char *value);

/* Members before the first of the commits below: one, or those of a full or cold tree. */
uint32_t gb_tree_history_start(const struct gb_tree_history *history, uint32_t size);

/* The leaf of a device that is a member, and all leaves that there are room for. */
uint32_t gb_tree_history_leaf(const struct gb_tree_history *history, uint32_t device);
uint32_t gb_tree_history_leaves(const struct gb_tree_history *history, uint32_t size);

struct gb_tree_step {
	enum gb_tree_step_kind { GB_TREE_UPDATE, GB_TREE_ADD, GB_TREE_REMOVE } kind;
	uint32_t committer; /* leaf, as is: */
	uint32_t leaf;      /* that is filled or blanked */
};

/* The commits behind the start, one after the other. */
struct gb_tree_steps {
	struct gb_tree_history history;
	uint32_t size;
	uint32_t n, done; /* steps */
	uint64_t draws;
	uint32_t width;    /* of a churned tree: a power of two */
	uint32_t *members; /* of a churned tree, below node i: those of 2 i and 2 i + 1 */
};

/* -1 when memory ran out. */
int gb_tree_steps_open(struct gb_tree_steps *steps, const struct gb_tree_history *history,
		       uint32_t size);
/* False behind the last. */
bool gb_tree_steps_next(struct gb_tree_steps *steps, struct gb_tree_step *step);
void gb_tree_steps_close(struct gb_tree_steps *steps);
#endif
