#ifndef GB_RUN_NOISE_H
#define GB_RUN_NOISE_H
#include <stdint.h>

/*
 * How quiet this machine is: the same computation again and again, for a while, and what
 * became of it. It says what times can be trusted for, before there are any.
 */
enum gb_quiet {
	GB_QUIET,    /* deviation below 1 %, steal below 0.5 %, CPU above 98 % of elapsed time */
	GB_NOISY,    /* CPU time is of use, with more samples; elapsed time says little */
	GB_UNUSABLE, /* deviation or steal above 10 %: counts and bytes only */
};

struct gb_noise {
	double deviation;     /* relative standard deviation of the CPU time of one repetition */
	double spread;        /* slowest by fastest tenth of them */
	double steal;         /* share of time that the hypervisor gave to others; NAN: not told */
	double cpu_over_wall; /* share of elapsed time that was ours */
	enum gb_quiet verdict;
};

/* Measures for about duration_ns. */
struct gb_noise gb_noise_measure(uint64_t duration_ns);

/* "quiet", "noisy", "unusable". */
const char *gb_quiet_word(enum gb_quiet verdict);
#endif
