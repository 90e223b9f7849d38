#ifndef GB_RUN_FIRST_INDEX_H
#define GB_RUN_FIRST_INDEX_H
#include "run/trial.h"

/*
 * From which message on recipients can read a sender's keys, for backends with GB_PER_SENDER that
 * can tell: new keys from their first message, keys that a newcomer is given from the next message
 * or, where history is shared, as who invited it; and nobody loses what it could read. The digest
 * says that they are the same keys.
 */
struct gb_first_index {
	bool known; /* whether there are keys */
	uint32_t index;
};

/* Who receives keys: the seats, then the first actor and the second, which take in what the others
 * send. */
#define GB_MAX_RECIPIENTS (GB_MAX_SEATS + 2)

struct gb_recipients {
	uint32_t device[GB_MAX_RECIPIENTS];
	size_t n;
};

struct gb_first_indices {
	struct gb_trial *trial;
	struct gb_recipients before;                       /* the timed step */
	struct gb_first_index *next;                       /* message of each actor, then */
	struct gb_first_index (*first)[GB_MAX_RECIPIENTS]; /* of each actor at each of them, then */
};

/* 0, or -1 (the testbed's status). The actors' sessions are noted before the timed step. */
int gb_first_indices_open(struct gb_first_indices *f, struct gb_trial *trial);
void gb_first_indices_close(struct gb_first_indices *f);
int gb_first_indices_note(struct gb_first_indices *f);

/* After it, before anything else is sent: what holds of the keys of the i-th actor, which has new
 * ones or not. */
int gb_first_indices_check(struct gb_first_indices *f, uint32_t i, bool is_new);
#endif
