#ifndef GB_RUN_ORACLE_H
#define GB_RUN_ORACLE_H
#include "run/first_index.h"

/*
 * Did what was timed really work? Asked after every sample, outside the clock, with bytes
 * that the backend sent and nothing else. A promise that is not kept sets the testbed's
 * status to GB_EXIT_ORACLE, and there is no row for the sample.
 */
struct gb_oracle {
	struct gb_trial *trial;
	uint64_t random;                    /* state of the plaintext generator */
	uint8_t plaintext[64];              /* what is said in the group, new each time */
	uint8_t early_text[64];             /* of the message that newcomers come after */
	uint8_t *payload;                   /* of GB_OPERATION_send */
	uint8_t (*before)[GB_DIGEST_BYTES]; /* digests at the actors before the operation */
	bool *known;
	struct gb_first_indices first;
	struct gb_message early; /* sent before anybody joined; its body is ours */
	char verified[96];       /* what was checked, as column `verified` has it */
};

/* 0, or -1 (the testbed's status). */
int gb_oracle_open(struct gb_oracle *o, struct gb_trial *trial);
void gb_oracle_close(struct gb_oracle *o);

/* Before the timed step: notes digests, sends what newcomers must not read, picks the
 * plaintext of a send. */
int gb_oracle_before(struct gb_oracle *o);

/* After it: everything that must hold now; fills o->verified. */
int gb_oracle_after(struct gb_oracle *o);
#endif
