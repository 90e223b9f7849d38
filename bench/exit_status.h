#ifndef GB_EXIT_STATUS_H
#define GB_EXIT_STATUS_H

/*
 * How groupbench ends. Nothing but success is below 10, so that make's 2, timeout's 124
 * and a signal's 128 + n stay readable; 64 to 74 are those of sysexits.h.
 */
enum gb_exit {
	GB_EXIT_DONE = 0,
	GB_EXIT_REGRESSION = 10,   /* a slowdown, confirmed */
	GB_EXIT_INCONCLUSIVE = 11, /* too noisy or too few samples: neither pass nor regression */
	GB_EXIT_ORACLE = 12,       /* what was timed did not do what it must */
	GB_EXIT_BASELINE = 13,     /* baseline missing or not comparable */
	GB_EXIT_EXACT = 14,        /* a count or a size changed */
	GB_EXIT_USAGE = 64,        /* the command line is wrong */
	GB_EXIT_INPUT = 65,        /* a file's content is wrong */
	GB_EXIT_INTERNAL = 70,     /* a worker died or hung, a backend failed, memory ran out */
	GB_EXIT_IO = 74,           /* a file could not be read or written */
	GB_EXIT_INTERRUPTED = 130, /* Ctrl-C; what was measured so far is saved */
};
#endif
