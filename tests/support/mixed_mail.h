#ifndef MIXED_MAIL_H
#define MIXED_MAIL_H
#include "groupbench_backend.h"

#define MIXED_MAIL_MESSAGES   64
#define MIXED_MAIL_RECIPIENTS 64

/* An outbox that keeps every message, whoever it is for, until it is emptied, and numbers them as a
 * delivery service does. */
struct mixed_mail {
	struct gb_outbox outbox; /* first, so that a backend's pointer leads back here */
	struct gb_message message[MIXED_MAIL_MESSAGES];
	uint32_t to[MIXED_MAIL_MESSAGES][MIXED_MAIL_RECIPIENTS];
	size_t n;
	struct mixed_mail_block *blocks; /* what was reserved */
};

void mixed_mail_open(struct mixed_mail *mail);
void mixed_mail_empty(struct mixed_mail *mail);

#endif
