#ifndef GB_BACKENDS_REMOTE_WORLD_H
#define GB_BACKENDS_REMOTE_WORLD_H
#include "backends/child.h"

/*
 * A world of a child process: its calls become questions, and what the child sends goes into the
 * outbox once the whole answer has been checked.
 */

/* Messages that the child holds at a time. One call may name as many: all that a new device of MLS
 * uploads, and more. */
#define GB_REMOTE_MESSAGES 128

/* What each kind of call may take; a child that takes longer is ended. */
#define GB_REMOTE_HELLO_NS UINT64_C(30000000000)
#define GB_REMOTE_CALL_NS  UINT64_C(100000000000)
#define GB_REMOTE_EACH_NS  UINT64_C(40000000) /* more for each device of the world */

struct gb_remote_message {
	struct gb_message m; /* body and to[] are our own; body.p NULL: nothing is here */
	uint64_t used;       /* when it was named last */
};

struct gb_world {
	struct gb_child *child;
	uint32_t number, capacity;
	struct gb_clocks clocks;
	struct gb_counts counts;
	bool has_counted;
	char error[GB_FRAME_TEXT];
	uint8_t *bytes; /* handed out last */
	struct gb_remote_message messages[GB_REMOTE_MESSAGES];
	size_t message_bytes;
	uint64_t n_uses;
};

/* The functions of the table that `calls` offer, and those that are answered here. axis, open and
 * version belong to no world and are left out. */
void gb_remote_fill(struct gb_backend *table, const struct gb_process_calls *calls, bool counts);

/* `open` of the table, at this child. */
enum gb_status gb_remote_open(struct gb_world **out, struct gb_child *child,
			      const struct gb_config *config);
void gb_remote_close(struct gb_world *w);
const char *gb_remote_error(const struct gb_world *w);
enum gb_status gb_remote_clocks(struct gb_world *w, struct gb_clocks *last);
enum gb_status gb_remote_counts(struct gb_world *w, struct gb_counts *counts);

/*
 * Begins the question `call`; then one of the others has it answered, by what the results are:
 *
 *   ask          anything, which is left in a->results
 *   ask_plain    nothing
 *   ask_number   a number of 64 bits
 *   ask_bytes    bytes, which stay until the next call on this world
 *   ask_sending  messages for the outbox, which gb_remote_has_room has looked at before
 *
 * malformed: the results are not those of the call; ends the child.
 */
struct gb_frame *gb_remote_begin(struct gb_world *w, enum gb_process_call call);
enum gb_status gb_remote_ask(struct gb_world *w, struct gb_frame_answer *a);
enum gb_status gb_remote_ask_plain(struct gb_world *w);
enum gb_status gb_remote_ask_number(struct gb_world *w, uint64_t *number);
enum gb_status gb_remote_ask_bytes(struct gb_world *w, struct gb_bytes *bytes);
bool gb_remote_has_room(struct gb_world *w, struct gb_outbox *out);
enum gb_status gb_remote_ask_sending(struct gb_world *w, struct gb_outbox *out);
enum gb_status gb_remote_malformed(struct gb_world *w, const struct gb_frame_answer *a);
enum gb_status gb_remote_fail(struct gb_world *w, const char *why);

/*
 * Sees that the child has these messages, and where: their numbers go to number[]. GB_FAILED when
 * they are more than GB_REMOTE_MESSAGES. Memory of the child, too, is bounded: what was not
 * named for long is forgotten.
 */
enum gb_status gb_remote_messages(struct gb_world *w, const struct gb_message *m, size_t n,
				  uint32_t number[GB_REMOTE_MESSAGES]);
void gb_remote_messages_free(struct gb_world *w);
#endif
