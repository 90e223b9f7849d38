#ifndef MEGOLM_INBOUND_H
#define MEGOLM_INBOUND_H
#include "state.h"

/* Megolm sessions of other senders, and the own one as its messages come back. */

/* NULL when the room has no session of this id. */
struct megolm_inbound *megolm_inbound_find(const struct megolm_room *room, struct megolm_slice id);

/*
 * Makes an inbound session from a session key and checks that it is the session it is said
 * to be; it does not enter the room. `sender` is NULL for the own device.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_new(struct megolm_inbound **out,
						     const struct megolm_peer *sender,
						     struct megolm_slice id,
						     struct megolm_slice session_key);

/* The same without looking at the key: megolm_inbound_open does it when first needed. */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_new_unopened(struct megolm_inbound **out,
							      struct megolm_slice id,
							      struct megolm_slice session_key);
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_open(struct megolm_inbound *inbound);

/*
 * Puts a session into the room, which then owns it. In place of one of the same id it takes
 * over only if it begins earlier, and with its record of messages seen: MEGOLM_ERR_WRONG_SENDER
 * when that one is of another device, MEGOLM_ERR_SESSION_KNOWN when this one begins no earlier.
 * On failure it still belongs to the caller.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_inbound_enter(struct megolm_room *room,
						       struct megolm_inbound *inbound);

/* Wipes and frees; NULL is allowed. */
void megolm_inbound_free(struct megolm_inbound *inbound);
#endif
