#ifndef GB_DELIVERY_DELIVERY_H
#define GB_DELIVERY_DELIVERY_H
#include "delivery/outbox.h"

/*
 * The outgoing side of the delivery service: which of the kept messages a device gets,
 * in the order in which they were sent.
 *
 *   next     the first message at or behind *at for `device`, NULL when there is none;
 *            *at is moved behind it. `in_group`: whether it gets what goes to the group.
 *   all      every message for `device`, with to[] as in the mailbox, copied to out[];
 *            at most `max`; the number there are.
 *   taken    counts a message of the mailbox in what a device downloaded.
 */
const struct gb_message *gb_delivery_next(const struct gb_mailbox *m, size_t *at, uint32_t device,
					  bool in_group);
size_t gb_delivery_all(const struct gb_mailbox *m, uint32_t device, bool in_group,
		       struct gb_message *out, size_t max);
void gb_delivery_taken(const struct gb_mailbox *mailbox, struct gb_traffic *taken,
		       const struct gb_message *m);
#endif
