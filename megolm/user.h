#ifndef MEGOLM_USER_H
#define MEGOLM_USER_H
#include "peer.h"

/* What an own device knows of a user: the keys that vouch for the user's devices. */
struct megolm_user {
	char *user_id; /* lies behind this struct */
	char master[MEGOLM_KEY_CHARS + 1], self_signing[MEGOLM_KEY_CHARS + 1];
};

/* NULL when nothing is known of the user. */
const struct megolm_user *megolm_user_find(const struct megolm_device *device,
					   struct megolm_slice user_id);

/* Forgets the users that became known last, down to the first n. */
void megolm_users_truncate(struct megolm_device *device, size_t n);

#endif
