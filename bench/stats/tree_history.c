#include "stats/tree_history.h"

#include <stdlib.h>
#include <string.h>

bool gb_tree_history_read(struct gb_tree_history *history, const char *value)
{
	static const char *const words[] = {"cold", "full", "grown", "halfblank"};
	static const char churned[] = "churned:";
	uint32_t n = 0;

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		*history = (struct gb_tree_history){.shape = (enum gb_tree_shape)i};
		return true;
	}
	if (strncmp(value, churned, strlen(churned)) != 0)
		return false;
	value += strlen(churned);
	if (*value == '0')
		return false;
	for (; *value >= '0' && *value <= '9' && n <= GB_TREE_MAX_CHURN; value++)
		n = 10 * n + (uint32_t)(*value - '0');
	if (*value != '\0' || n == 0 || n > GB_TREE_MAX_CHURN)
		return false;
	*history = (struct gb_tree_history){.shape = GB_TREE_CHURNED, .churn = n};
	return true;
}

uint32_t gb_tree_history_start(const struct gb_tree_history *history, uint32_t size)
{
	if (history->shape == GB_TREE_GROWN)
		return 1;
	return history->shape == GB_TREE_HALFBLANK ? 2 * size : size;
}

uint32_t gb_tree_history_leaf(const struct gb_tree_history *history, uint32_t device)
{
	return history->shape == GB_TREE_HALFBLANK ? 2 * device : device;
}

uint32_t gb_tree_history_leaves(const struct gb_tree_history *history, uint32_t size)
{
	return history->shape == GB_TREE_HALFBLANK ? 2 * size : size;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint32_t draw(struct gb_tree_steps *steps, uint32_t below)
{
	uint64_t z = ++steps->draws * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (uint32_t)((z >> 32) * below >> 32);
}

static int count_members(struct gb_tree_steps *steps)
{
	for (steps->width = 1; steps->width < steps->size; steps->width *= 2)
		;
	steps->members = calloc(2 * (size_t)steps->width, sizeof(*steps->members));
	if (steps->members == NULL)
		return -1;
	for (uint32_t leaf = 0; leaf < steps->size; leaf++)
		steps->members[steps->width + leaf] = 1;
	for (uint32_t node = steps->width - 1; node > 0; node--)
		steps->members[node] = steps->members[2 * node] + steps->members[2 * node + 1];
	return 0;
}

int gb_tree_steps_open(struct gb_tree_steps *steps, const struct gb_tree_history *history,
		       uint32_t size)
{
	*steps = (struct gb_tree_steps){.history = *history, .size = size};
	switch (history->shape) {
	case GB_TREE_GROWN:
		steps->n = size - 1;
		break;
	case GB_TREE_HALFBLANK:
		steps->n = size;
		break;
	case GB_TREE_CHURNED:
		steps->n = history->churn;
		return count_members(steps);
	default:
		break;
	}
	return 0;
}

void gb_tree_steps_close(struct gb_tree_steps *steps)
{
	free(steps->members);
	*steps = (struct gb_tree_steps){0};
}

/* The leaf of the i-th member of a churned tree. */
static uint32_t member(const struct gb_tree_steps *steps, uint32_t i)
{
	uint32_t node = 1;

	while (node < steps->width) {
		node *= 2;
		if (i >= steps->members[node])
			i -= steps->members[node++];
	}
	return node - steps->width;
}

static uint32_t leftmost_blank(const struct gb_tree_steps *steps)
{
	uint32_t node = 1, below = steps->width;

	while (node < steps->width) {
		node *= 2;
		below /= 2;
		node += steps->members[node] == below;
	}
	return node - steps->width;
}

static void count(struct gb_tree_steps *steps, uint32_t leaf, bool comes)
{
	for (uint32_t node = steps->width + leaf; node > 0; node /= 2)
		steps->members[node] += comes ? 1 : UINT32_MAX;
}

static enum gb_tree_step_kind choose(struct gb_tree_steps *steps)
{
	uint32_t left = steps->n - steps->done, members = steps->members[1];
	uint32_t blank = steps->size - members, n = 0;
	enum gb_tree_step_kind possible[3];

	if (blank < left)
		possible[n++] = GB_TREE_UPDATE;
	if (blank > 0)
		possible[n++] = GB_TREE_ADD;
	if (blank + 1 < left && members > 2)
		possible[n++] = GB_TREE_REMOVE;
	return possible[draw(steps, n)];
}

static void churn(struct gb_tree_steps *steps, struct gb_tree_step *step)
{
	step->kind = choose(steps);
	if (step->kind == GB_TREE_REMOVE) {
		step->leaf = member(steps, draw(steps, steps->members[1]));
		count(steps, step->leaf, false);
	}
	step->committer = member(steps, draw(steps, steps->members[1]));
	if (step->kind == GB_TREE_ADD) {
		step->leaf = leftmost_blank(steps);
		count(steps, step->leaf, true);
	}
}

bool gb_tree_steps_next(struct gb_tree_steps *steps, struct gb_tree_step *step)
{
	uint32_t i = steps->done;

	if (i == steps->n)
		return false;
	*step = (struct gb_tree_step){.kind = GB_TREE_UPDATE};
	if (steps->history.shape == GB_TREE_CHURNED)
		churn(steps, step);
	else if (steps->history.shape == GB_TREE_GROWN)
		*step = (struct gb_tree_step){GB_TREE_ADD, draw(steps, i + 1), i + 1};
	else
		*step = (struct gb_tree_step){GB_TREE_REMOVE, 2 * draw(steps, steps->size),
					      2 * i + 1};
	steps->done++;
	return true;
}
