#include "delivery/delivery.h"

static bool is_for(const struct gb_message *m, uint32_t device, bool in_group)
{
	if (m->address == GB_TO_GROUP)
		return in_group;
	for (size_t i = 0; i < m->n_to; i++)
		if (m->to[i] == device)
			return true;
	return false;
}

const struct gb_message *gb_delivery_next(const struct gb_mailbox *m, size_t *at, uint32_t device,
					  bool in_group)
{
	while (*at < m->n_kept) {
		const struct gb_message *message = &m->kept[(*at)++];
		if (is_for(message, device, in_group))
			return message;
	}
	return NULL;
}

size_t gb_delivery_all(const struct gb_mailbox *m, uint32_t device, bool in_group,
		       struct gb_message *out, size_t max)
{
	const struct gb_message *message;
	size_t at = 0, n = 0;

	while ((message = gb_delivery_next(m, &at, device, in_group)) != NULL) {
		if (n < max)
			out[n] = *message;
		n++;
	}
	return n;
}

void gb_delivery_taken(const struct gb_mailbox *mailbox, struct gb_traffic *taken,
		       const struct gb_message *m)
{
	taken->messages[m->kind]++;
	taken->bytes[m->kind] += m->body.len;
	taken->raw[m->kind] += mailbox->is_enveloped ? m->raw : m->body.len;
}
