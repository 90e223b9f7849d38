#ifndef GB_RUN_ARRIVAL_H
#define GB_RUN_ARRIVAL_H
#include "run/trial.h"

/*
 * What the devices of a trial do with the messages of one step, once they have come to them. All
 * answer 0, or -1 (the testbed's status).
 */

/* The actor takes its own commit back. */
int gb_arrival_settle(struct gb_trial *trial);

/* The second actor takes in the keys that it was sent, untimed. Later ones stand in for none of
 * them: keys that were replaced come but once. */
int gb_arrival_second_actor(struct gb_trial *trial);

/* The live members take in what is for them. */
int gb_arrival_members(struct gb_trial *trial);

/* Where trees travel apart, the server gives it to so many newcomers. */
int gb_arrival_fetch_tree(struct gb_trial *trial, struct gb_measure *server, size_t n_joining);

/* The live ones of n newcomers join and take their seats. What they look up is served to all of
 * them; with NULL nobody asks what that costs. */
int gb_arrival_join(struct gb_trial *trial, const struct gb_published *joining, size_t n,
		    struct gb_measure *server);

/* Who is given no key any more takes in the reason, in a row of its own, and gets nothing else. */
int gb_arrival_withheld(struct gb_trial *trial);

/* Who was shut out sees what the group gets, and follows none of it; `is_leaving`: the step that
 * shuts it out. */
int gb_arrival_outcast(struct gb_trial *trial, bool is_leaving);

/* Gives `device` what the mailbox holds for it; an application message must carry
 * trial->plaintext, and there must be `n_readable` of them. */
int gb_trial_deliver(struct gb_trial *trial, uint32_t device, struct gb_measure *at,
		     unsigned n_readable);
#endif
