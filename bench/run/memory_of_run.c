#include "run/memory_of_run.h"
#include "backends/peak_memory.h"
#include "backends/stock.h"
#include "run/report.h"
#include <unistd.h>

static bool is_at_work(const struct gb_turn_time *t, double at_s)
{
	return t->began_s <= at_s && t->began_s + t->took_s > at_s;
}

/* When turn number `last` began, which is when a sum may be the largest: those ahead of it in the
 * schedule that were still at work, GB_MOST_AT_A_TIME at most, and itself. */
static uint64_t together(const struct gb_turn_time *times, size_t last)
{
	size_t first = last >= GB_MOST_AT_A_TIME ? last - (GB_MOST_AT_A_TIME - 1) : 0;
	uint64_t sum = times[last].peak_bytes;

	for (size_t i = first; i < last; i++)
		if (is_at_work(&times[i], times[last].began_s))
			sum += times[i].peak_bytes;
	return sum;
}

struct gb_memory gb_memory_of_run(const struct gb_progress *p)
{
	struct gb_memory m = {0};

	if (p->times == NULL)
		return m;
	for (size_t i = 0; i < p->schedule->n; i++) {
		uint64_t sum = together(p->times, i), peak = p->times[i].peak_bytes;

		m.process_bytes = peak > m.process_bytes ? peak : m.process_bytes;
		m.together_bytes = sum > m.together_bytes ? sum : m.together_bytes;
	}
	if (m.process_bytes == 0)
		return m;
	m.stock_bytes = gb_stock_bytes();
	m.parent_bytes = gb_peak_memory_bytes(getpid());
	return m;
}

uint64_t gb_memory_bound(const struct gb_memory *m)
{
	return m->together_bytes + m->stock_bytes + m->parent_bytes;
}
