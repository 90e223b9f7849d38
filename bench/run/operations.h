#ifndef GB_RUN_OPERATIONS_H
#define GB_RUN_OPERATIONS_H
#include "axes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a step does to the group. */
enum gb_step {
	GB_STEP_NOTHING,
	GB_STEP_CREATE,
	GB_STEP_ADD,
	GB_STEP_REMOVE,
	GB_STEP_WITHHOLD,
	GB_STEP_REKEY,
	GB_STEP_SEND,
	GB_STEP_WEAR,
	/* The parts of GB_STEP_CREATE, in the order of enum gb_part. */
	GB_STEP_CLAIM,
	GB_STEP_VERIFY,
	GB_STEP_SESSION,
	GB_STEP_ENCRYPT,
	GB_STEP_CATCH_UP,
	GB_STEP_HISTORY,
	GB_STEP_BACKUP,
	GB_STEP_RESTORE_ONE,
	GB_STEP_RESTORE_ROOM,
	GB_STEP_RESTORE_ALL,
	GB_STEP_STORE,
	GB_STEP_PUBLISH,
	/* In the order of enum gb_way. */
	GB_STEP_FORWARD,
	GB_STEP_KEY_FILE,
	GB_STEP_DEHYDRATED,
	GB_STEP_RECOVER,
	/* In the order of enum gb_single. */
	GB_STEP_SINGLE_KEYGEN,
	GB_STEP_SINGLE_DH,
	GB_STEP_SINGLE_SIGN,
	GB_STEP_SINGLE_VERIFY,
	GB_STEP_SINGLE_HASH,
	GB_STEP_SINGLE_HMAC,
	GB_STEP_SINGLE_AEAD,
	GB_STEP_SINGLE_CBC,
	GB_STEPS,
};

enum gb_operation {
#define X(name, ...) GB_OPERATION_##name,
#include "run/operations.def"
#undef X
	GB_OPERATIONS,
};

struct gb_operation_spec {
	const char *name;
	bool takes_k;
	enum gb_step before; /* made outside the clock */
	bool one_by_one;     /* k members in k steps instead of one */
	enum gb_step timed;
	const char *sentence;
};

extern const struct gb_operation_spec gb_operations[GB_OPERATIONS];

/* GB_OPERATIONS when there is none of this name. */
enum gb_operation gb_operation_find(const char *name, size_t len);

/* The operation whose rows have this name, those of its readers too ("receive"); GB_OPERATIONS when
 * there is none. */
enum gb_operation gb_operation_of_row(const char *name);

/* Whether the value of an axis makes a difference to the operation: see axes.def. */
bool gb_operation_depends(enum gb_operation operation, enum gb_axis_id axis);

/* An operation with its numbers: what a worker measures as one cell. */
struct gb_task {
	enum gb_operation operation;
	uint32_t k;       /* members, sessions or steps; 0 unless the operation takes it */
	uint32_t payload; /* bytes; of steps GB_STEP_SEND only */
};

/* Largest k that an operation takes. */
uint32_t gb_operation_most(enum gb_operation operation);

/* Whether the task needs a device that restores keys; it is a newcomer. */
bool gb_task_restores(const struct gb_task *task);

/* Whether it sends the first message of the sender's keys; whether by that it replaces keys that
 * have served their time. */
bool gb_task_sends_first(const struct gb_task *task);
bool gb_task_rotates(const struct gb_task *task);

/* Of an operation that sends a message: what rows call that of its readers, "receive" or another;
 * NULL of others. */
const char *gb_operation_receipt(enum gb_operation operation);

/* How many newcomers a task needs, and how many members that cannot read afterwards. */
uint32_t gb_task_joiners(const struct gb_task *task);
uint32_t gb_task_leavers(const struct gb_task *task);

/* Whether a step is a part of GB_STEP_CREATE. */
bool gb_step_is_part(enum gb_step step);

/* Whether a step brings keys of the past to another device. */
bool gb_step_hands_over(enum gb_step step);

/* Whether a step calls one primitive alone. */
bool gb_step_is_single(enum gb_step step);

/* Whether the task begins without a group. */
bool gb_task_creates(const struct gb_task *task);
#endif
