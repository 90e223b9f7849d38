#ifndef GB_RUN_TESTBED_H
#define GB_RUN_TESTBED_H
#include "delivery/delivery.h"
#include "delivery/directory.h"
#include "exit_status.h"
#include "run/clock.h"
#include "run/positions.h"

/*
 * A world of one backend at one point of the axes, with its delivery service and key
 * directory, brought back to the same state before every sample.
 */
struct gb_testbed {
	const struct gb_job *job;
	const struct gb_backend *backend;
	bool without_group; /* the group is still to be created */

	struct gb_world *world;
	struct gb_mailbox mailbox;
	struct gb_directory directory; /* of the newcomers; without a group of everybody */
	uint32_t n_joiners;
	uint32_t newcomer; /* the first device of a user that nobody knows, or GB_NO_DEVICE */
	uint32_t *live, *actors;
	size_t n_live;

	/* The first failure: how to end the run, and why. */
	enum gb_exit status;
	char why[512];
	const char *promise; /* that was broken, when status is GB_EXIT_ORACLE; else NULL */
	/* What a backend cannot do ends one cell only: then this is set, not status. */
	bool unsupported;
};

/*
 * Opens the world, shapes the group (or, without_group, what exists before it), publishes
 * key material, remembers the state. -1 with status and why set, or unsupported and why
 * where the backend answers GB_UNSUPPORTED; then, too, gb_testbed_close must be called.
 */
int gb_testbed_open(struct gb_testbed *t, const struct gb_job *job, bool without_group);
void gb_testbed_close(struct gb_testbed *t);

/* Brings the state of gb_testbed_open back. */
int gb_testbed_restore(struct gb_testbed *t);
/* How gb_testbed_restore does it: the word in column `restore`. */
const char *gb_testbed_restores_by(const struct gb_testbed *t);

/* Sets status and why, unless something has failed before; always -1. */
int gb_testbed_fail(struct gb_testbed *t, enum gb_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with GB_EXIT_ORACLE and the promise that the backend broke, a static sentence. */
int gb_testbed_break(struct gb_testbed *t, const char *promise, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The backend cannot do what the cell needs, for this reason: always -1. */
int gb_testbed_cannot(struct gb_testbed *t, const char *why);

/* Of a call that is not timed: 0 for GB_OK; -1, with the cell or the run ended, for others. */
int gb_testbed_prepared(struct gb_testbed *t, enum gb_status status, const char *what);

/* One call of a backend under the clock. */
struct gb_call {
	enum gb_call_kind {
		GB_CALL_CREATE,
		GB_CALL_CREATE_PART,
		GB_CALL_ADD,
		GB_CALL_REMOVE,
		GB_CALL_REKEY,
		GB_CALL_SHARE,
		GB_CALL_WITHHOLD,
		GB_CALL_SEND,
		GB_CALL_PROCESS,
		GB_CALL_JOIN,
		GB_CALL_RECEIVE,
		GB_CALL_BACKUP,
		GB_CALL_RESTORE,
		GB_CALL_READ_OLD,
		GB_CALL_STORE,
		GB_CALL_WANT,
		GB_CALL_GIVE,
		GB_CALL_TAKE,
		GB_CALL_ENROL,
		GB_CALL_SINGLE,
	} kind;
	enum gb_part part; /* CREATE_PART */
	uint32_t device;
	const struct gb_published *published; /* CREATE, CREATE_PART, ADD */
	const uint32_t *leaving;              /* REMOVE, WITHHOLD */
	enum gb_reason reason;                /* WITHHOLD */
	const struct gb_message
		*messages;         /* PROCESS, RECEIVE, READ_OLD one; JOIN, RESTORE, GIVE, TAKE n */
	size_t n;                  /* of any of the three; ENROL: keys; SINGLE: calls */
	struct gb_bytes plaintext; /* SEND: in; RECEIVE, READ_OLD: out */
	enum gb_scope scope;       /* RESTORE */
	enum gb_way way;           /* WANT, GIVE, TAKE */
	uint32_t other;            /* WANT: who has the keys; GIVE: who is to get them */
	uint64_t stored;           /* STORE: bytes, out */
};

struct gb_cost {
	struct gb_instant took;
	struct gb_counts counts;
	uint64_t allocations;
};

/*
 * Makes the call with the sender of the mailbox set to its device, and adds what it cost
 * to *cost, which may be NULL. The status is the backend's. A broken rule of the outbox, or
 * something sent without GB_OK, sets t->status.
 */
enum gb_status gb_testbed_call(struct gb_testbed *t, struct gb_call *call, struct gb_cost *cost);

/* The same where only GB_OK will do: 0, or -1 with `what` and the backend's reason in why.
 * GB_UNSUPPORTED sets t->unsupported. */
int gb_testbed_must(struct gb_testbed *t, struct gb_call *call, struct gb_cost *cost,
		    const char *what);

/* Whose clock measures the devices, for column `clock`. */
const char *gb_testbed_clock(const struct gb_testbed *t);
#endif
