/* What is refused, and that a refusal or failure leaves no trace. */
#include <stdlib.h>
#include <string.h>

#include "promises.h"

/* `device` must refuse `m` forged where the oracle forges, cut anywhere, and empty. */
static bool refuses_forgeries(struct play *p, uint32_t device, const struct gb_message *m)
{
	uint8_t *copy = malloc(m->body.len);
	struct gb_message bad = *m;
	bool refused;

	if (copy == NULL || m->body.len < 24) {
		free(copy);
		return play_broken(p, "a message of %zu bytes, want at least 24", m->body.len);
	}
	memcpy(copy, m->body.p, m->body.len);
	copy[m->body.len - 24] ^= 1;
	bad.body = (struct gb_bytes){copy, m->body.len};
	refused = play_take_in(p, device, &bad) == GB_REJECTED ||
		  play_broken(p, "device %u took in a forged message of kind %d", device, m->kind);
	copy[m->body.len - 24] ^= 1;
	for (size_t eighths = 0; refused && eighths < 8; eighths++) {
		bad.body.len = m->body.len * eighths / 8;
		refused = play_take_in(p, device, &bad) == GB_REJECTED ||
			  play_broken(p, "device %u took in %zu of %zu bytes of a message", device,
				      bad.body.len, m->body.len);
	}
	free(copy);
	return refused;
}

/* The first message since `message` that `device` has to take in. */
static const struct gb_message *first_for(const struct play *p, uint32_t device, size_t message)
{
	for (size_t at = message; at < p->mailbox.n_kept; at++) {
		const struct gb_message *m = &p->mailbox.kept[at];

		if (m->address == GB_TO_GROUP && p->is_member[device])
			return m;
		for (size_t i = 0; i < m->n_to; i++)
			if (m->to[i] == device)
				return m;
	}
	abort();
}

bool promise_forged_key_changes_are_refused(struct play *p)
{
	uint8_t before[GB_DIGEST_BYTES];
	size_t message;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_digest(p, 2, 0, before) &&
	       play_start_rekey(p, 0, &message) &&
	       refuses_forgeries(p, 2, first_for(p, 2, message)) &&
	       play_digest_is(p, 2, 0, before) && play_deliver_from(p, message) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_forged_application_messages_are_refused(struct play *p)
{
	size_t message;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_send(p, 0, &message) &&
	       refuses_forgeries(p, 2, &p->mailbox.kept[message]) &&
	       ((p->backend->features & GB_FORGERY_SPENDS) != 0 ? play_refuses(p, 2, message)
								: play_all_read(p, message)) &&
	       play_message(p, 0);
}

bool promise_forged_invitations_are_refused(struct play *p)
{
	size_t message;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) &&
	       play_start_add(p, 0, 4, 1, &message) &&
	       refuses_forgeries(p, 4, first_for(p, 4, message)) && play_let_in(p, 4, 1, message) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_forged_key_material_is_refused(struct play *p)
{
	struct gb_published forged;
	uint8_t before[GB_DIGEST_BYTES];
	uint8_t *copy;
	enum gb_status status;
	size_t n_kept;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 3) || !play_digest(p, 0, 0, before))
		return false;
	forged = p->directory.published[3];
	n_kept = p->mailbox.n_kept;
	copy = malloc(forged.body.len);
	if (copy == NULL || forged.body.len < 24) {
		free(copy);
		return play_broken(p, "key material of %zu bytes", forged.body.len);
	}
	memcpy(copy, forged.body.p, forged.body.len);
	copy[forged.body.len - 24] ^= 1;
	forged.body.p = copy;
	status = p->backend->add(p->world, 0, &forged, 1, &p->mailbox.outbox);
	free(copy);
	if (status != GB_REJECTED)
		return play_broken(p, "add took forged key material");
	return (p->mailbox.n_kept == n_kept || play_broken(p, "a refused add sent something")) &&
	       play_digest_is(p, 0, 0, before) && play_add(p, 0, 3, 1) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

static uint8_t *no_room(struct gb_outbox *self, size_t capacity)
{
	(void)self;
	(void)capacity;
	return NULL;
}

/* Whoever commits although there was no room is seen by the broken chain of calls. */
static void commit_nothing(struct gb_outbox *self, const struct gb_message *m)
{
	(void)self;
	(void)m;
	abort();
}

bool promise_failed_calls_change_nothing(struct play *p)
{
	struct gb_outbox full = {no_room, commit_nothing};
	struct gb_bytes text = {(const uint8_t *)"lost", 4};
	const struct gb_backend *b = p->backend;
	uint8_t before[GB_DIGEST_BYTES];
	const uint32_t leaving = 3;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 4) || !play_digest(p, 0, 0, before))
		return false;
	if (b->send(p->world, 0, text, &full) != GB_FAILED ||
	    b->rekey(p->world, 0, &full) != GB_FAILED ||
	    b->add(p->world, 0, &p->directory.published[4], 1, &full) != GB_FAILED ||
	    b->remove(p->world, 0, &leaving, 1, &full) != GB_FAILED)
		return play_broken(p, "a call without room in the outbox did not fail");
	return play_digest_is(p, 0, 0, before) && play_members_agree(p, 0) && play_message(p, 0) &&
	       play_add(p, 0, 4, 1) && play_remove(p, 0, 3, 1) && play_rekey(p, 0) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_strangers_cannot_act(struct play *p)
{
	struct gb_bytes text = {(const uint8_t *)"hello", 5};
	size_t n_kept;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 3))
		return false;
	n_kept = p->mailbox.n_kept;
	p->mailbox.sender = 7;
	if (p->backend->send(p->world, 7, text, &p->mailbox.outbox) == GB_OK ||
	    p->backend->rekey(p->world, 7, &p->mailbox.outbox) == GB_OK)
		return play_broken(p, "device 7 acted on a group it is not in");
	return (p->mailbox.n_kept == n_kept || play_broken(p, "a stranger sent something")) &&
	       play_message(p, 0);
}
