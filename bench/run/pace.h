#ifndef GB_RUN_PACE_H
#define GB_RUN_PACE_H
#include "run/schedule.h"

/*
 * How long processes take, from those that have run: of the same job, of the same point of
 * the axes at other sizes and with other numbers of senders, or of anything else. A process whose
 * cells have more samples than they must is held up by its budget, and takes as long in larger
 * groups; what one sample of each cell takes grows with the pairs of a sender and a member. The
 * larger of the two is expected. Beyond two numbers of pairs that have run, growth goes on as
 * between them; beyond one, 20 pairs are taken to cost what does not grow, and what the cheapest
 * process takes so is the same for all. Groups of two lack roles that larger ones have, so that
 * growth from them is too steep, as that from one size tends to be too flat: beyond a size of which
 * only two is known besides, it is the mean of both. Where other points have run from the same size
 * to the same larger one, what they took beyond what was expected of them is expected here too.
 * Between two sizes it is what lies between. A job that the scenario leaves out takes what others
 * took without a sample.
 */
struct gb_pace_of_job {
	double ns;        /* all its processes together; with n = 0: what is expected of one */
	double single_ns; /* the same, had they taken one sample of each cell */
	unsigned n;
};

struct gb_paces {
	const struct gb_jobs *jobs;
	struct gb_pace_of_job *of;   /* of each job */
	const struct gb_job **order; /* by point of the axes, then by size */
	double start_ns;             /* of any process, before it does anything for a group */
	bool is_known;               /* something has run */
	bool is_old;                 /* something has run since what to expect was worked out */
};

/* -1 when memory ran out. */
int gb_paces_open(struct gb_paces *p, const struct gb_jobs *jobs);
void gb_paces_close(struct gb_paces *p);

/* A process of this job took so long; and so long until each of its cells had one sample. */
void gb_paces_note(struct gb_paces *p, size_t job, double ns, double single_ns);

/* Nanoseconds that a process of this job will take; 0 when nothing is known. */
double gb_paces_expect(struct gb_paces *p, size_t job);
#endif
