#ifndef GB_RUN_SERVED_H
#define GB_RUN_SERVED_H
#include "run/trial.h"

/*
 * Dormant members do not complain: that each device was sent what a call owes it, and nobody else
 * anything, is seen at the carrier, by the marks of the mailbox since gb_mailbox_unmark.
 *
 *   CREATE, ADD    one message with keys to each newcomer. With `history: shared`, from who adds
 *                  them, one that tells of the bundle, and the bundle.
 *   ADD            the members read on as before where keys belong to a sender (GB_PER_SENDER);
 *                  else, and where these keys are replaced too, they are served as below.
 *   REMOVE, REKEY  a commit to the group, or one message with keys to each other member that
 *                  stays; none that names who was removed.
 *   WITHHOLD       as REKEY, but to those whom keys are withheld from the reason in its place.
 *   SEND           new keys that go before the message: as REKEY.
 *
 * `step` is the call of the first actor, `actor` whose call the marks are of: with several senders
 * the others share their keys, with the same devices. Outside the clock, in a time linear in the
 * devices of the group; where a commit went to all of it, in those that come and go.
 *
 * 0, or -1 with the device and what it lacks, or has too much of.
 */
int gb_served_check(struct gb_trial *trial, const struct gb_call *step, uint32_t actor);
#endif
