#ifndef GB_PRICES_CALIBRATE_H
#define GB_PRICES_CALIBRATE_H
#include "exit_status.h"
#include "stats/prices.h"

#include <stddef.h>

/*
 * Prices the primitives of this machine. All cases are measured in short batches, one after
 * the other, in many rounds, so that what the machine does in the meantime hits all of them
 * alike. Each is measured twice in each round, by two passes that have nothing else in common:
 * what they differ by is noise. A case whose passes still differ is measured further, in both.
 * Thread CPU time.
 */
struct gb_calibrate_request {
	uint32_t algorithms[GB_LIBRARIES]; /* sets, as of gb_algorithms_of_suite */
	uint64_t batch_ns;                 /* aimed at */
	unsigned min_rounds, max_rounds;   /* max_rounds at most GB_MAX_ROUNDS */
	uint64_t limit_ns;                 /* CPU time of the whole; three times as much elapsed */
	double tolerance;                  /* by which the passes may differ: 0.03 */
};

#define GB_MAX_ROUNDS 5000u

struct gb_calibration {
	struct gb_prices pass[2];
	unsigned rounds; /* the most that a case took */
	uint64_t batch_ns;
	double difference;  /* the greatest of any case: larger minimum / lesser - 1 */
	char differing[96]; /* which case */
};

/*
 * 0: *out is set, and the passes agree. GB_EXIT_INCONCLUSIVE: they still differ in a case when time
 * or rounds are used up; GB_EXIT_INTERNAL: a library failed, or memory ran out. Then why[] says
 * which case, and by how much.
 */
typedef enum gb_exit gb_calibrator(const struct gb_calibrate_request *request,
				   struct gb_calibration *out, char *why, size_t why_len);
gb_calibrator gb_calibrate;

/* `once`, and a second time where that was inconclusive. */
enum gb_exit gb_calibrate_patiently(gb_calibrator *once, const struct gb_calibrate_request *request,
				    struct gb_calibration *out, char *why, size_t why_len);

/* What counts as the least time of n > 0 batches: that which one in forty stays below. */
double gb_low_time(const double *sorted, size_t n);

/* Everything that has a price, in about 12 s; and what `suites` (a bit each, 1 << suite, and
 * GB_WITH_SODIUM) and Megolm need, in about 2 s; longer where the machine is disturbed. Batches are
 * shorter than what disturbs them: then some of them are not. */
#define GB_WITH_SODIUM (1u << 8)
struct gb_calibrate_request gb_calibrate_all(void);
struct gb_calibrate_request gb_calibrate_quick(unsigned suites);
#endif
