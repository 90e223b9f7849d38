#ifndef GB_RUN_FORGING_H
#define GB_RUN_FORGING_H
#include "run/trial.h"

/* A copy of m with one bit flipped where it must be authenticated; valid until the next. */
int gb_trial_forge(struct gb_trial *trial, const struct gb_message *m, struct gb_message *forged);

/*
 * Makes a call that must be refused without changing the digest of its device; -1 with
 * t->status GB_EXIT_ORACLE, and `what` in the reason, when it is not.
 */
int gb_trial_must_refuse(struct gb_trial *trial, struct gb_call *call, uint32_t sender,
			 const char *what);

/*
 * What is forged, kind by kind. With trial->forge devices of a sealed backend are given forged
 * copies of what they take in; but for that, all of this does nothing.
 *
 *   may_forge     whether this kind, which a device takes in, is to be forged; it is noted that it
 *                 came
 *   note_refused  a forged copy was refused
 *   has_forged    since the trial was reset forged input was refused, of each kind that came
 */
bool gb_trial_may_forge(struct gb_trial *trial, enum gb_kind kind);
void gb_trial_note_refused(struct gb_trial *trial, enum gb_kind kind);
bool gb_trial_has_forged(const struct gb_trial *trial);

/*
 * Forged input, given to a device before the genuine where trial->forge says so and the backend
 * is sealed. 0, or -1 (the testbed's status) when it is not refused.
 */

/* A forged copy of a message that a device is about to get. With GB_FORGERY_SPENDS nothing is done
 * where it would take the key of the genuine message. */
int gb_try_forged(struct gb_trial *trial, enum gb_call_kind kind, uint32_t device,
		  const struct gb_message *m);

/*
 * Of the n messages in trial->inbox by which a device joins, forged copies of the first and of the
 * first of each kind.
 *
 *   join         before it joins: each copy in front of all others. Attachments are left out,
 *                since nobody has told of them yet.
 *   attachments  once it has joined: each alone
 */
int gb_try_forged_join(struct gb_trial *trial, uint32_t device, size_t n);
int gb_try_forged_attachments(struct gb_trial *trial, uint32_t device, size_t n);

/* Forged copies of messages of a call, likewise, one at a time and without the others. */
int gb_try_forged_call(struct gb_trial *trial, const struct gb_call *genuine);

/* With GB_FORGERY_SPENDS: a message of `from` is sent that no member will get, and a forged copy of
 * it given to each. */
int gb_try_forged_apart(struct gb_trial *trial, uint32_t from);

/* Forged key material of the first newcomer of a call. */
int gb_try_forged_key_material(struct gb_trial *trial, const struct gb_call *genuine);

/* Gives `device` a message that it has read once more, as another event. */
int gb_try_replay(struct gb_trial *trial, uint32_t device, const struct gb_message *m);
#endif
