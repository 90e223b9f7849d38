#ifndef GB_BACKENDS_CHILD_H
#define GB_BACKENDS_CHILD_H
#include "backends/frame.h"

/*
 * A child process that answers frames. Its standard input and output are pipes to this program,
 * its standard error is ours. It leads a process group of its own, and dies with this program.
 * Whatever goes wrong ends it, once, and is one sentence; every later question has that answer.
 */
struct gb_child;

/*
 * Starts `command`: words between blanks, the first of which is looked up in PATH; there is no
 * shell and no quoting. NULL when it cannot be started, with a sentence in why[].
 */
struct gb_child *gb_child_start(const char *command, char *why, size_t why_len);

/*
 * Sends the frame, which must have been begun by gb_child_request, and waits for the answer to it,
 * at most `limit_ns`. 0; or -1 with the child ended and gb_child_why set. What *answer points to
 * is the child's until the next call.
 */
struct gb_frame *gb_child_request(struct gb_child *c, enum gb_process_call call, uint32_t world);
int gb_child_ask(struct gb_child *c, struct gb_frame_answer *answer, uint64_t limit_ns);

/* Ends the child, as one that answered `call` with something malformed. */
void gb_child_refuse(struct gb_child *c, enum gb_process_call call, const char *found);

/* Why the child was ended; NULL while it is fine. */
const char *gb_child_why(const struct gb_child *c);

/* The most memory that it has had so far (backends/peak_memory.h); 0 once it has ended. What it has
 * started itself is not counted. */
uint64_t gb_child_peak_bytes(const struct gb_child *c);

/* Closes its input, gives it a second to end, kills it if it does not; NULL is allowed. */
void gb_child_free(struct gb_child *c);
#endif
