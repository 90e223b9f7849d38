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
 * Forged input, given to a device before the genuine where trial->forge says so and the backend
 * is sealed. 0, or -1 (the testbed's status) when it is not refused.
 */

/* A forged copy of the n messages that a device is about to get. With GB_FORGERY_SPENDS nothing is
 * done where it would take the key of the genuine message. */
int gb_try_forged(struct gb_trial *trial, enum gb_call_kind kind, uint32_t device,
		  const struct gb_message *m, size_t n);

/* A forged copy of the first message of a call, alone. */
int gb_try_forged_call(struct gb_trial *trial, const struct gb_call *genuine);

/* With GB_FORGERY_SPENDS: a message of `from` is sent that no member will get, and a forged copy of
 * it given to each. */
int gb_try_forged_apart(struct gb_trial *trial, uint32_t from);

/* Forged key material of the first newcomer of a call. */
int gb_try_forged_key_material(struct gb_trial *trial, const struct gb_call *genuine);

/* Gives `device` a message that it has read once more, as another event. */
int gb_try_replay(struct gb_trial *trial, uint32_t device, const struct gb_message *m);
#endif
