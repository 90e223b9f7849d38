#include "run/schedule.h"
#include <stdlib.h>

/* Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void shuffle(size_t *order, size_t n, uint64_t *random)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)(next_random(random) % i), moved = order[i - 1];
		order[i - 1] = order[j];
		order[j] = moved;
	}
}

/* All repetitions of the jobs first .. first + n - 1, which have one size. */
static void arrange(struct gb_schedule *s, const struct gb_jobs *jobs, size_t first, size_t n,
		    size_t *order, uint64_t *random)
{
	uint32_t processes = jobs->job[first].sampling.processes;

	for (size_t i = 0; i < n; i++)
		order[i] = first + i;
	for (uint32_t process = 1; process <= processes; process++) {
		bool is_forward = process % 2 == 1;
		if (is_forward)
			shuffle(order, n, random);
		for (size_t i = 0; i < n; i++)
			s->turns[s->n++] =
				(struct gb_turn){order[is_forward ? i : n - 1 - i], process};
	}
}

int gb_schedule_make(struct gb_schedule *s, const struct gb_jobs *jobs, uint64_t seed)
{
	size_t *order = calloc(jobs->n + 1, sizeof *order), total = 0;
	uint64_t random = seed;

	for (size_t i = 0; i < jobs->n; i++)
		total += jobs->job[i].sampling.processes;
	*s = (struct gb_schedule){.turns = calloc(total + 1, sizeof *s->turns)};
	if (order == NULL || s->turns == NULL) {
		free(order);
		gb_schedule_free(s);
		return -1;
	}
	for (size_t first = 0, n; first < jobs->n; first += n) {
		for (n = 1; first + n < jobs->n; n++)
			if (jobs->job[first + n].size != jobs->job[first].size)
				break;
		arrange(s, jobs, first, n, order, &random);
	}
	free(order);
	return 0;
}

void gb_schedule_free(struct gb_schedule *s)
{
	free(s->turns);
	*s = (struct gb_schedule){0};
}
