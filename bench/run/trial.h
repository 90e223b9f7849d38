#ifndef GB_RUN_TRIAL_H
#define GB_RUN_TRIAL_H
#include "run/testbed.h"

/*
 * One pass of a task through a testbed: the steps, the delivery of what they send, and
 * what each role spent on it.
 */
enum gb_role {
	GB_ROLE_ACTOR,
	GB_ROLE_NEAR,
	GB_ROLE_FAR,
	GB_ROLE_JOINER,
	GB_ROLE_WITHHELD, /* a member that is told why it gets no key */
	GB_ROLE_SERVER,
};

enum gb_phase {
	GB_PHASE_PRODUCE, /* the operation at the actor */
	GB_PHASE_SETTLE,  /* the actor takes its own commit back */
	GB_PHASE_PROCESS, /* a member takes in a commit or a room key, or reads a message */
	GB_PHASE_JOIN,
	GB_PHASE_DELIVER, /* at the server; bytes only */
};

/* What a role did in a phase: the sum over the calls of one sample. */
struct gb_measure {
	enum gb_role role;
	enum gb_phase phase;
	uint32_t device;
	struct gb_cost cost;
	struct gb_traffic up, down; /* server: taken in and given out */
	uint64_t stored_bytes;
	enum gb_heals { GB_HEALS_NOT_ASKED, GB_HEALS_YES, GB_HEALS_NO } heals;
};

struct gb_sample {
	struct gb_measure measures[8];
	size_t n;
};

#define GB_MAX_SEATS 4

/* The live members with a role at one moment, the actors left out. */
struct gb_roster {
	uint32_t size;   /* of the whole group */
	uint32_t n_left; /* of the trial's leavers, who are members no more */
	struct gb_seat {
		uint32_t device;
		enum gb_role role;
	} seats[GB_MAX_SEATS];
	size_t n;
	uint32_t outcast; /* a live device that was shut out, or GB_NO_DEVICE */
	bool is_withheld; /* it is a member still, whom keys are withheld from */
};

/* Gives a device a seat; none when it is GB_NO_DEVICE. */
void gb_roster_seat(struct gb_roster *r, uint32_t device, enum gb_role role);

/* Why keys are withheld, where they are. */
#define GB_WITHHELD_FOR GB_REASON_UNVERIFIED

#define GB_MAX_OLD 16 /* messages of the past that are looked at */

/* What a step GB_STEP_HISTORY left: bodies on the heap. */
struct gb_archive {
	struct gb_message old[GB_MAX_OLD], *uploads;
	size_t n_old, n_uploads;
};

/* Kinds, one bit each: of which forged copies should be tried, and were refused. */
struct gb_forgeries {
	uint32_t wanted, refused;
};

struct gb_trial {
	struct gb_testbed *testbed;
	const struct gb_task *task;
	struct gb_positions positions;
	struct gb_roster roster;
	struct gb_sample sample;
	bool is_sealed; /* the backend has GB_SEALED: what it refuses is checked */
	bool forge;     /* forged input is tried before the genuine */
	uint32_t *leavers;
	uint8_t *due;             /* by device, see served.c; all 0 between two looks */
	struct gb_message *inbox; /* room for what one newcomer gets */
	size_t max_inbox;
	struct gb_forgeries forgeries;
	uint8_t *forged; /* room for a forged body */
	size_t forged_len;
	struct gb_bytes plaintext; /* of GB_STEP_SEND */
	struct gb_archive archive;
};

/* -1 when memory ran out (t->status). */
int gb_trial_open(struct gb_trial *trial, struct gb_testbed *t, const struct gb_task *task);
void gb_trial_close(struct gb_trial *trial);

/* Back to the start: nobody has done anything, the sample is empty. The testbed is not
 * restored by this. */
void gb_trial_reset(struct gb_trial *trial);

/* The task's step outside the clock, and its timed step. What they cost is added to
 * trial->sample, which the caller empties in between. */
int gb_trial_prepare(struct gb_trial *trial);
int gb_trial_run(struct gb_trial *trial);

/* What a role did in a phase, in the sample; added when it is not there. */
struct gb_measure *gb_trial_measure(struct gb_trial *trial, enum gb_role role, enum gb_phase phase,
				    uint32_t device);

/* An actor that stands for all but the first where it is about what they can read: the second. It
 * takes in what others have sent when the step is over, untimed: what it then knows of them is no
 * part of the state that was measured. GB_NO_DEVICE where one actor is all there is. */
uint32_t gb_trial_second_actor(const struct gb_trial *trial);

/* Has `from` send trial->plaintext to the group, the mailbox emptied before. */
int gb_trial_send(struct gb_trial *trial, uint32_t from, struct gb_measure *at);

/* Whether newcomers are given the keys of messages from before they came. */
bool gb_trial_shares_history(const struct gb_trial *trial);

/* The digest of `sender`'s keys at `device`; *known is whether it has any. */
int gb_trial_digest(struct gb_trial *trial, uint32_t device, uint32_t sender,
		    uint8_t digest[GB_DIGEST_BYTES], bool *known);
#endif
