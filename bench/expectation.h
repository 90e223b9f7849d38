#ifndef GB_EXPECTATION_H
#define GB_EXPECTATION_H
#include "axes.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * A claim about a run, as a scenario writes it under `expect:`; `groupbench expect` judges
 * it by what was measured. One line of words between blanks:
 *
 *   CURVE cheaper than OTHER [from N | at N]
 *   CURVE at most R times OTHER [from N | at N]
 *   CURVE at least R times OTHER [from N | at N]
 *   CURVE grows at most as GROWTH
 *   CURVE grows at least as GROWTH
 *
 *   CURVE    BACKEND.OPERATION[:K][/ROLE] and any number of AXIS=VALUE; without a role the
 *            actor; axes that are not named have any value. The near and far of a send are
 *            those who read the message; with `bytes` for a role it is what is sent
 *   OTHER    a CURVE, or `its parts`: what claim, verify, session and encrypt take together in
 *            the state of the first curve, which is a create that names no size
 *   GROWTH   constant, log N, N, N log N or N^2
 *   R        a decimal number above 0; N a number of members
 *
 * With the letter k for the number K of both curves it is k that they are compared over, in groups
 * of one size, and `from` and `at` mean k. Growth is not asked of those.
 *
 * Without `from` and `at` the claim is about every size. When both curves name a size, it
 * compares the two points.
 */
#define GB_EXPECTATION_BYTES 256

enum gb_expectation_relation {
	GB_EXPECT_AT_MOST, /* first <= times * second; `cheaper than` with times = 1 */
	GB_EXPECT_AT_LEAST,
	GB_EXPECT_GROWS_AT_MOST,
	GB_EXPECT_GROWS_AT_LEAST,
};

/* The curves that are meant; pointers lead into gb_expectation.words. */
struct gb_curve_pattern {
	const char *backend, *operation;
	const char *k;              /* "" where the operation takes none */
	const char *role;           /* "actor" unless given */
	const char *value[GB_AXES]; /* NULL: any */
};

struct gb_expectation {
	char words[GB_EXPECTATION_BYTES];      /* cut into pieces */
	struct gb_curve_pattern first, second; /* the latter zero for GROWS and its_parts */
	bool its_parts, over_k, of_bytes;
	enum gb_expectation_relation relation;
	double times;
	unsigned growth;     /* enum gb_growth_term, of GROWS */
	double least_size;   /* 0: any */
	double largest_size; /* 0: any */
};

/*
 * Reads one line. 0, or -1 with what was found and wanted in why[] and its place in `text`, in
 * bytes, in *at. Names of backends are not looked up, those of operations, roles and axes are.
 * *e must stay where it is.
 */
int gb_expectation_parse(struct gb_expectation *e, const char *text, size_t *at, char *why,
			 size_t why_len);
#endif
