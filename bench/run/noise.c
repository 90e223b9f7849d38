#include "run/noise.h"
#include "run/clock.h"
#include "stats/order.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* Repetitions at most; each takes some two milliseconds. */
#define MOST  4000
#define STEPS 1000000

/* Integer arithmetic that a compiler cannot leave out: xorshift steps, each needing the last. */
static uint64_t compute(uint64_t x)
{
	for (unsigned i = 0; i < STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x;
}

/* All time of all processors so far, and of it what was stolen, in ticks. */
static bool read_ticks(uint64_t *all, uint64_t *stolen)
{
	unsigned long long t[8];
	FILE *in = fopen("/proc/stat", "r");
	bool ok;

	if (in == NULL)
		return false;
	ok = fscanf(in, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3],
		    &t[4], &t[5], &t[6], &t[7]) == 8;
	fclose(in);
	*all = 0;
	for (unsigned i = 0; ok && i < 8; i++)
		*all += t[i];
	*stolen = ok ? t[7] : 0;
	return ok;
}

static double relative_deviation(const double *x, size_t n)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
		mean += x[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean) / (double)n;
	return sqrt(squares) / mean;
}

static enum gb_quiet judge(const struct gb_noise *n)
{
	double steal = isnan(n->steal) ? 0 : n->steal;

	if (n->deviation > 0.1 || steal > 0.1)
		return GB_UNUSABLE;
	if (n->deviation < 0.01 && steal < 0.005 && n->cpu_over_wall > 0.98)
		return GB_QUIET;
	return GB_NOISY;
}

struct gb_noise gb_noise_measure(uint64_t duration_ns)
{
	uint64_t all[2], stolen[2], began = gb_clock_now_ns(), x = 88172645463325252u;
	bool is_told = read_ticks(&all[0], &stolen[0]);
	double cpu_ns[MOST], cpu = 0, wall = 0;
	volatile uint64_t result;
	struct gb_noise noise;
	size_t n = 0;

	while (n < MOST && (n < 10 || gb_clock_now_ns() - began < duration_ns)) {
		struct gb_instant took = gb_clock_start(GB_CPU_OF_THREAD);
		x = compute(x);
		took = gb_clock_stop(took, GB_CPU_OF_THREAD);
		cpu_ns[n++] = (double)took.cpu_ns;
		cpu += (double)took.cpu_ns;
		wall += (double)took.wall_ns;
	}
	result = x;
	(void)result;
	is_told = is_told && read_ticks(&all[1], &stolen[1]) && all[1] > all[0];
	gb_sort(cpu_ns, n);
	noise = (struct gb_noise){
		.deviation = relative_deviation(cpu_ns, n),
		.spread = gb_quantile(cpu_ns, n, 0.95) / gb_quantile(cpu_ns, n, 0.05),
		.steal =
			is_told ? (double)(stolen[1] - stolen[0]) / (double)(all[1] - all[0]) : NAN,
		.cpu_over_wall = cpu / wall,
	};
	noise.verdict = judge(&noise);
	return noise;
}

const char *gb_quiet_word(enum gb_quiet verdict)
{
	static const char *const words[] = {"quiet", "noisy", "unusable"};

	return words[verdict];
}
