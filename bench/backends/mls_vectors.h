#ifndef GB_BACKENDS_MLS_VECTORS_H
#define GB_BACKENDS_MLS_VECTORS_H
#include "groupbench_backend.h"
#include <stdio.h>

/*
 * Groups of any shape as test vectors that any implementation can read: the passive client of
 * the MLS working group (mlswg/mls-implementations, test-vectors.md), who is added to the
 * group by a Welcome and then follows it.
 */
struct gb_mls_vectors_request {
	uint32_t size;   /* members that the passive client finds, at least 2 */
	uint32_t epochs; /* that it follows */
	uint64_t seed;
	const struct gb_axis *axes; /* those that the mls backend honours */
	size_t n_axes;
};

/*
 * gb_mls_write_vectors writes one vector as a JSON array of one object. The commits do, in turn:
 * nothing but a path; an Add; a Remove; an Add and an Update by reference; an external PSK;
 * an Add and a Remove; GroupContextExtensions; a Remove by reference. The members that commit are
 * the first, the one in the middle and the last; those removed are the others, from the left, and
 * when there are none of them any more, who was added since. Members never expire in a century.
 *
 * The same request gives the same bytes where signatures are deterministic (EdDSA).
 *
 * On any status but GB_OK one sentence stands in why[], and what was written is of no use.
 * Whether `out` took it all is for the caller to see.
 */
enum gb_status gb_mls_write_vectors(FILE *out, char *why, size_t why_len,
				    const struct gb_mls_vectors_request *request);
#endif
