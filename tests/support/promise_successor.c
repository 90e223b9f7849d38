/* Groups that are shut down, and go on as others (RFC 9420, 11.2). */
#include "promises.h"

#include <string.h>

enum { MEMBERS = 4, FORGED = 2 };

/* What is asked of device 0 with the mailbox's outbox. */
static enum gb_status succeed(struct play *p, const struct gb_published *others)
{
	return p->backend->succeed(p->world, 0, others, MEMBERS - 1, &p->mailbox.outbox);
}

static bool refuses_to_succeed(struct play *p, const struct gb_published *others, const char *when)
{
	size_t n_kept = p->mailbox.n_kept;

	p->mailbox.sender = 0;
	if (succeed(p, others) != GB_REJECTED)
		return play_broken(p, "succeed %s is not refused", when);
	return p->mailbox.n_kept == n_kept || play_broken(p, "a refused succeed sent something");
}

/* The commit that shuts the group down is sent, and not delivered. */
static bool start_reinit(struct play *p, size_t *message)
{
	*message = p->mailbox.n_kept;
	p->mailbox.sender = 0;
	p->mailbox.group_size = p->n_members;
	return p->backend->reinit(p->world, 0, &p->mailbox.outbox) == GB_OK ||
	       play_broken(p, "reinit: %s", p->backend->error(p->world));
}

/* Nobody does anything more. */
static bool is_shut_down(struct play *p)
{
	const struct gb_backend *b = p->backend;
	const struct gb_bytes text = {(const uint8_t *)"late", 4};
	struct gb_outbox *out = &p->mailbox.outbox;
	size_t n_kept = p->mailbox.n_kept;

	for (uint32_t device = 0; device < MEMBERS; device++) {
		p->mailbox.sender = device;
		if (b->send(p->world, device, text, out) != GB_REJECTED ||
		    b->rekey(p->world, device, out) != GB_REJECTED ||
		    b->reinit(p->world, device, out) != GB_REJECTED)
			return play_broken(p, "device %u acts in a group that was shut down",
					   device);
	}
	return p->mailbox.n_kept == n_kept ||
	       play_broken(p, "something was sent in a group that was shut down");
}

static bool refuses_forged(struct play *p, struct gb_directory *again)
{
	struct gb_published others[MEMBERS - 1];
	uint8_t copy[4096];

	for (uint32_t i = 0; i < MEMBERS - 1; i++)
		others[i] = *gb_directory_of(again, 1 + i);
	if (others[FORGED].body.len < 24 || others[FORGED].body.len > sizeof(copy))
		return play_broken(p, "key material of %zu bytes", others[FORGED].body.len);
	memcpy(copy, others[FORGED].body.p, others[FORGED].body.len);
	copy[others[FORGED].body.len - 24] ^= 1;
	others[FORGED].body.p = copy;
	return refuses_to_succeed(p, others, "by forged key material");
}

/* Device 0 founds the successor, by what the others publish again. */
static bool go_on(struct play *p, struct gb_directory *again)
{
	size_t message = p->mailbox.n_kept;

	for (uint32_t device = 1; device < MEMBERS; device++)
		if (p->backend->publish(p->world, device, &again->outbox) != GB_OK)
			return play_broken(p, "publish: %s", p->backend->error(p->world));
	if (!gb_directory_is_complete(again) || !refuses_forged(p, again))
		return false;
	memset(p->is_member, 0, sizeof(p->is_member));
	p->is_member[0] = true;
	p->n_members = p->mailbox.group_size = 1;
	p->mailbox.sender = 0;
	if (succeed(p, gb_directory_of(again, 1)) != GB_OK)
		return play_broken(p, "succeed: %s", p->backend->error(p->world));
	return play_let_in(p, 1, MEMBERS - 1, message);
}

bool promise_only_what_was_shut_down_has_a_successor(struct play *p)
{
	const struct gb_published *others;
	struct gb_directory again;
	uint8_t before[GB_DIGEST_BYTES];
	size_t message;
	bool kept;

	if (!play_open(p, PROMISE_SEED) || p->backend->reinit == NULL ||
	    p->backend->succeed == NULL)
		return p->world != NULL;
	others = &p->directory.published[1];
	if (!play_found(p, MEMBERS) || !play_digest(p, 0, 0, before) ||
	    !refuses_to_succeed(p, others, "of a group that lives") ||
	    !play_digest_is(p, 0, 0, before) || !play_message(p, 0) || !play_rekey(p, 0) ||
	    !play_digest(p, 0, 0, before) || !start_reinit(p, &message) ||
	    !refuses_to_succeed(p, others, "before the commit has come back") ||
	    !play_digest_is(p, 0, 0, before) || !play_deliver_from(p, message) ||
	    !is_shut_down(p) || gb_directory_open(&again, 1, MEMBERS - 1) != 0)
		return false;
	kept = go_on(p, &again) && play_members_agree(p, 0) && play_message(p, 0) &&
	       play_rekey(p, 1) && play_members_agree(p, 0) && play_message(p, 1);
	gb_directory_close(&again);
	return kept;
}
