#include "run/clock.h"
#include "exit_status.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0) {
		perror("groupbench: clock_gettime");
		exit(GB_EXIT_INTERNAL);
	}
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static clockid_t id_of(enum gb_cpu_clock cpu)
{
	return cpu == GB_CPU_OF_THREAD ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
}

struct gb_instant gb_clock_start(enum gb_cpu_clock cpu)
{
	struct gb_instant start;

	start.wall_ns = read_clock(CLOCK_MONOTONIC);
	start.cpu_ns = read_clock(id_of(cpu));
	return start;
}

struct gb_instant gb_clock_stop(struct gb_instant start, enum gb_cpu_clock cpu)
{
	struct gb_instant stop;

	stop.cpu_ns = read_clock(id_of(cpu));
	stop.wall_ns = read_clock(CLOCK_MONOTONIC);
	if (stop.cpu_ns < start.cpu_ns || stop.wall_ns < start.wall_ns) {
		fprintf(stderr, "groupbench: a clock of this machine runs backwards\n");
		exit(GB_EXIT_INTERNAL);
	}
	return (struct gb_instant){stop.cpu_ns - start.cpu_ns, stop.wall_ns - start.wall_ns};
}

struct gb_instant gb_clock_cost(void)
{
	struct gb_instant least = {UINT64_MAX, UINT64_MAX};

	for (int i = 0; i < 1000; i++) {
		struct gb_instant took =
			gb_clock_stop(gb_clock_start(GB_CPU_OF_THREAD), GB_CPU_OF_THREAD);
		if (took.cpu_ns < least.cpu_ns)
			least.cpu_ns = took.cpu_ns;
		if (took.wall_ns < least.wall_ns)
			least.wall_ns = took.wall_ns;
	}
	return least;
}

uint64_t gb_clock_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
