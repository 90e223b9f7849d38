#ifndef GB_RUN_CLOCK_H
#define GB_RUN_CLOCK_H
#include <stdint.h>

/*
 * CPU time of the calling thread is the clock of comparison, elapsed time stands beside
 * it. The CPU clock is read inside the wall clock: what reading costs is in wall_ns of
 * an empty interval, and in part in cpu_ns. A backend that uses threads is measured by the
 * CPU time of all threads of the process.
 */
enum gb_cpu_clock { GB_CPU_OF_THREAD, GB_CPU_OF_PROCESS };

struct gb_instant {
	uint64_t cpu_ns, wall_ns;
};

struct gb_instant gb_clock_start(enum gb_cpu_clock cpu);
/* Time since `start`, of the same clock. One that runs backwards ends the program. */
struct gb_instant gb_clock_stop(struct gb_instant start, enum gb_cpu_clock cpu);

/* The least that an empty interval of one thread measures, over 1,000 of them. */
struct gb_instant gb_clock_cost(void);

/* Monotonic time, for budgets and deadlines. */
uint64_t gb_clock_now_ns(void);
#endif
