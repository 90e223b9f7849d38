#ifndef GB_DELIVERY_OUTBOX_H
#define GB_DELIVERY_OUTBOX_H
#include "groupbench_backend.h"
#include <stdbool.h>

/* Messages and bytes by kind; raw: without the envelopes that a network puts around them. */
struct gb_traffic {
	uint64_t messages[GB_KINDS];
	uint64_t bytes[GB_KINDS];
	uint64_t raw[GB_KINDS];
};

void gb_traffic_add(struct gb_traffic *sum, const struct gb_traffic *more);
void gb_traffic_add_times(struct gb_traffic *sum, const struct gb_traffic *more, uint64_t n);
uint64_t gb_traffic_bytes(const struct gb_traffic *t);
uint64_t gb_traffic_raw(const struct gb_traffic *t);

/* What `after` has that `before` had not. */
struct gb_traffic gb_traffic_since(const struct gb_traffic *before, const struct gb_traffic *after);

/* What a message is to a device that it names, as far as its carrier sees. */
enum gb_mark {
	GB_MARK_KEY,    /* COMMIT, WELCOME, ROOM_KEY: it may read on by it */
	GB_MARK_TOLD,   /* ROOM_KEY_BUNDLE: it is told where keys of the past lie */
	GB_MARK_BUNDLE, /* BACKUP: keys of the past */
	GB_MARK_REASON, /* WITHHELD: it is told why it may not */
	GB_MARKS,
};

/* How many of each a device got, at most UINT8_MAX; of an earlier `period`: none. */
struct gb_marks {
	uint32_t period;
	uint8_t n[GB_MARKS];
};

/*
 * Where backends put what they send: the incoming side of the delivery service. It
 * counts everything, and keeps what somebody listening will get; a message all of whose
 * recipients are dormant is counted and its room reused. All memory is mapped by
 * gb_outbox_open and touched up to what is expected, so that sending under the clock
 * allocates nothing and faults no page.
 */
struct gb_mailbox {
	struct gb_outbox outbox; /* first, so that a backend's pointer leads back here */

	/* Set by the owner before a call. */
	uint32_t sender;     /* messages must come from this device */
	uint32_t group_size; /* recipients of GB_TO_GROUP */
	bool is_enveloped;   /* messages say how much of them is raw; else all is */

	uint8_t *arena;
	size_t arena_len, used, reserved;
	struct gb_message *kept; /* to[] holds the listening recipients only */
	size_t n_kept, max_kept;
	uint64_t n_events; /* given out so far; also when the mailbox was emptied */
	uint32_t *recipients;
	size_t n_recipients, max_recipients;
	bool keeps_uploads; /* key material too is handed on */
	bool *listening;    /* by device */
	uint32_t capacity;

	struct gb_traffic sent;  /* each message once, as it was uploaded */
	struct gb_traffic given; /* each message once a recipient, as it will be downloaded */
	/* What each device was named in, dormant ones too, since gb_mailbox_unmark. */
	struct gb_marks *marks;
	uint32_t period;
	uint64_t n_marks;   /* of all devices */
	uint64_t n_keys;    /* of these, GB_MARK_KEY */
	uint64_t n_commits; /* to the group */
	/* The rule of struct gb_outbox that the backend broke, or NULL. */
	const char *violation;
};

struct gb_mailbox_size {
	uint32_t capacity;     /* devices 0 .. capacity - 1 */
	size_t expected_bytes; /* touched; four times as much is mapped */
	size_t max_kept;       /* messages that somebody listening gets */
	size_t max_recipients; /* sum of their listening recipients */
};

/* 0, or -1 with errno set; then there is nothing to close. */
int gb_mailbox_open(struct gb_mailbox *m, const struct gb_mailbox_size *size);
void gb_mailbox_close(struct gb_mailbox *m);

/* Forgets all messages and numbers; who listens stays. */
void gb_mailbox_empty(struct gb_mailbox *m);

/* What `device` was named in, GB_MARKS numbers. Unmarking forgets that of all devices, and nothing
 * else. */
const uint8_t *gb_mailbox_marks(const struct gb_mailbox *m, uint32_t device);
void gb_mailbox_unmark(struct gb_mailbox *m);

/* A copy that outlives the mailbox, for the caller to drop: its body is on the heap, its list to[]
 * where it was. 0, or -1 when memory ran out, and then there is nothing to drop. */
int gb_message_copy(struct gb_message *out, const struct gb_message *m);
void gb_messages_drop(struct gb_message *copies, size_t n);
#endif
