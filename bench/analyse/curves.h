#ifndef GB_ANALYSE_CURVES_H
#define GB_ANALYSE_CURVES_H
#include "analyse/cells.h"
#include "stats/growth.h"

/*
 * The curves of a run: CPU time over the size of the group, or over the number k of members that an
 * operation is about, everything else equal. The points are medians over processes.
 */
#define GB_REPLICATES 1000

/*
 * What replicates of a fit draw anew: at each size the processes, or, where a size has but one
 * of them, how far the sizes lie off the fit, as if each were off by chance.
 */
enum gb_resampled { GB_RESAMPLED_NOTHING, GB_RESAMPLED_PROCESSES, GB_RESAMPLED_SIZES };

/* "processes", "sizes" or "". */
const char *gb_resampled_name(enum gb_resampled resampled);

struct gb_curve {
	const char
		*key[GB_KEY_COLUMNS]; /* of its first cell: what stands at `over` means nothing */
	size_t over;                  /* GB_KEY_SIZE or GB_KEY_K */
	bool is_bytes; /* costs are bytes sent, not ns; the role in the key is "bytes" */
	size_t n;      /* sizes, ascending, each above 0 */
	double *size;  /* or k */
	double *cost_ns;
	double **medians; /* of the processes, for each size; as many as n_processes[i] */
	size_t *n_processes;
	size_t least_processes; /* at any size */

	struct gb_growth growth;         /* the best by AICc; its set is 0 when there is no fit */
	unsigned others[GB_GROWTH_SETS]; /* sets that cannot be told apart from it */
	size_t n_others;
	enum gb_resampled resampled;
	struct gb_growth *replicates; /* GB_REPLICATES fits of terms of growth.set, or NULL */
};

struct gb_curves {
	struct gb_curve *curve;
	size_t n;
	size_t n_left_alone; /* cells on no curve: a removal left nobody but the actor */
};

/*
 * The curves of what the actor spends in all, of processing and of joining, in the order of
 * their keys without the size; `cells` must outlive them. Curves of less than 4 sizes have no
 * fit. 0, or -1 with *f set. On failure too, gb_curves_free.
 */
int gb_curves_make(const struct gb_cells *cells, struct gb_curves *curves, struct gb_failure *f);

/* The same of the bytes that an operation sends, up_bytes, the median of its samples: they are
 * exact, and have no replicates. */
int gb_curves_make_of_bytes(const struct gb_cells *cells, struct gb_curves *curves,
			    struct gb_failure *f);

/* The curves of CPU time over k, of the operations that have one. They have no fits. */
int gb_curves_make_over_k(const struct gb_cells *cells, struct gb_curves *curves,
			  struct gb_failure *f);

/*
 * Makes *sum of curves that were measured by the same processes: at each size that all of them
 * have, what they take together, process by process where each has as many. There is no fit;
 * the key is the first's, but for the operation. 0, or -1 when memory ran out. On failure too,
 * gb_curve_clear.
 */
int gb_curve_add_up(const struct gb_curve *const *parts, size_t n, const char *operation,
		    struct gb_curve *sum);
void gb_curve_clear(struct gb_curve *curve);

/* "mls rekey tree=full": what tells the curve from the others, cut at `size` bytes. */
void gb_curve_name(const struct gb_curve *curve, char *name, size_t size);

void gb_curves_free(struct gb_curves *curves);

#endif
