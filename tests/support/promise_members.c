/* Who agrees with whom, and who reads what. */
#include <string.h>

#include "promises.h"

bool promise_founders_agree_and_read(struct play *p)
{
	static const uint32_t sizes[] = {2, 3, 5, 8, 9};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (i > 0)
			play_close(p);
		if (!play_open(p, PROMISE_SEED) || !play_found(p, sizes[i]) ||
		    !play_members_agree(p, 0) || !play_message(p, 0) || !play_message(p, 0))
			return false;
	}
	return true;
}

bool promise_newcomers_agree_and_read(struct play *p)
{
	return play_open(p, PROMISE_SEED) && play_found(p, 5) && play_add(p, 0, 5, 1) &&
	       play_members_agree(p, 0) && play_message(p, 0) && play_add(p, 0, 6, 3) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_nothing_changes_for_newcomers_before_delivery(struct play *p)
{
	uint8_t before[GB_DIGEST_BYTES];
	size_t message;

	return play_open(p, PROMISE_SEED) && play_found(p, 3) && play_digest(p, 1, 0, before) &&
	       play_start_add(p, 0, 3, 1, &message) && play_digest_is(p, 1, 0, before) &&
	       (p->backend->digest(p->world, 3, 0, before) == GB_REJECTED ||
		play_broken(p, "device 3 has a digest before it joined")) &&
	       play_let_in(p, 3, 1, message) && play_members_agree(p, 0);
}

bool promise_newcomers_cannot_read_the_past(struct play *p)
{
	size_t first, second;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_send(p, 0, &first) &&
	       play_all_read(p, first) && play_rekey(p, 0) && play_send(p, 0, &second) &&
	       play_all_read(p, second) && play_add(p, 0, 4, 2) && play_refuses(p, 4, first) &&
	       play_refuses(p, 4, second) && play_refuses(p, 5, second) && play_message(p, 0);
}

static bool begins_at(struct play *p, uint32_t device, uint32_t want)
{
	uint32_t index = UINT32_MAX;

	if (p->backend->first_index(p->world, device, 0, &index) != GB_OK)
		return play_broken(p, "the first index of device %u: %s", device,
				   p->backend->error(p->world));
	return index == want ||
	       play_broken(p, "device %u reads from message %u on, not %u", device, index, want);
}

/* Of the sender itself it is the next one. */
bool promise_keys_begin_where_they_were_given(struct play *p)
{
	uint32_t index;

	if (p->backend->first_index == NULL)
		return true;
	return play_open(p, PROMISE_SEED) && play_found(p, 3) && begins_at(p, 0, 0) &&
	       begins_at(p, 1, 0) && play_message(p, 0) && play_message(p, 0) &&
	       begins_at(p, 0, 2) && begins_at(p, 1, 0) &&
	       (p->backend->first_index(p->world, 3, 0, &index) != GB_OK ||
		play_broken(p, "device 3 has an index before it joined")) &&
	       play_add(p, 0, 3, 1) && begins_at(p, 3, 2) && begins_at(p, 1, 0) &&
	       play_message(p, 0) && begins_at(p, 3, 2) && begins_at(p, 0, 3) && play_rekey(p, 0) &&
	       begins_at(p, 0, 0) && begins_at(p, 1, 0) && begins_at(p, 3, 0);
}

/* Every message since `message` is given to `device`, which must refuse each. */
static bool refuses_all_since(struct play *p, uint32_t device, size_t message)
{
	for (size_t at = message; at < p->mailbox.n_kept; at++)
		if (!play_refuses(p, device, at))
			return false;
	return true;
}

bool promise_removed_are_refused(struct play *p)
{
	uint8_t of_member[GB_DIGEST_BYTES], of_removed[GB_DIGEST_BYTES];
	size_t since;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 7) || !play_message(p, 0) ||
	    !play_remove(p, 0, 3, 1) || !play_members_agree(p, 0) ||
	    !play_digest(p, 0, 0, of_member))
		return false;
	if (p->backend->digest(p->world, 3, 0, of_removed) == GB_OK &&
	    memcmp(of_member, of_removed, sizeof(of_member)) == 0)
		return play_broken(p, "device 3 has the members' digest after its removal");
	since = p->mailbox.n_kept;
	return play_message(p, 0) && play_rekey(p, 0) && play_message(p, 0) &&
	       play_add(p, 0, 7, 1) && play_message(p, 0) && refuses_all_since(p, 3, since) &&
	       (since = p->mailbox.n_kept) && play_remove(p, 0, 4, 2) &&
	       (since = p->mailbox.n_kept) && play_message(p, 0) && play_members_agree(p, 0) &&
	       refuses_all_since(p, 4, since) && refuses_all_since(p, 5, since);
}

bool promise_others_can_join_after_a_removal(struct play *p)
{
	size_t away;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_remove(p, 0, 2, 1) &&
	       play_send(p, 0, &away) && play_all_read(p, away) && play_add(p, 0, 4, 1) &&
	       play_members_agree(p, 0) && play_message(p, 0);
}

bool promise_rekey_changes_the_keys(struct play *p)
{
	uint8_t before[GB_DIGEST_BYTES], between[GB_DIGEST_BYTES];

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_digest(p, 0, 0, before) &&
	       play_rekey(p, 0) && play_digest_is_not(p, 0, 0, before) &&
	       play_digest_is_not(p, 3, 0, before) && play_members_agree(p, 0) &&
	       play_digest(p, 0, 0, between) && play_rekey(p, 0) &&
	       play_digest_is_not(p, 2, 0, between) && play_members_agree(p, 0) &&
	       play_message(p, 0);
}

/* RFC 9420 14: a commit takes effect when the delivery service hands it back. */
bool promise_own_commit_settles(struct play *p)
{
	uint8_t before[GB_DIGEST_BYTES];
	size_t message;

	return play_open(p, PROMISE_SEED) && play_found(p, 3) && play_digest(p, 0, 0, before) &&
	       play_start_rekey(p, 0, &message) && play_digest_is(p, 0, 0, before) &&
	       play_deliver_to(p, 0, message) && play_digest_is_not(p, 0, 0, before) &&
	       play_deliver_to(p, 1, message) && play_deliver_to(p, 2, message) &&
	       play_members_agree(p, 0);
}

bool promise_every_member_can_act(struct play *p)
{
	bool ok = play_open(p, PROMISE_SEED) && play_found(p, 5);

	if (p->backend->features & GB_PER_SENDER)
		return ok;
	for (uint32_t device = 0; ok && device < 5; device++)
		ok = play_rekey(p, device) && play_members_agree(p, device) &&
		     play_message(p, device) && play_add(p, device, 5 + device, 1) &&
		     play_members_agree(p, device);
	return ok && play_remove(p, 9, 0, 2) && play_members_agree(p, 9) && play_message(p, 3);
}

bool promise_a_call_changes_its_device_only(struct play *p)
{
	uint8_t before[GB_DIGEST_BYTES];
	size_t commit, message;

	return play_open(p, PROMISE_SEED) && play_found(p, 4) && play_digest(p, 2, 0, before) &&
	       play_start_rekey(p, 0, &commit) && play_deliver_to(p, 1, commit) &&
	       play_digest_is(p, 2, 0, before) && play_digest_is(p, 3, 0, before) &&
	       play_deliver_to(p, 2, commit) && play_digest_is(p, 3, 0, before) &&
	       play_deliver_to(p, 3, commit) && play_deliver_to(p, 0, commit) &&
	       play_members_agree(p, 0) && play_send(p, 0, &message) && play_reads(p, 3, message) &&
	       play_reads(p, 1, message) && play_reads(p, 2, message) && play_members_agree(p, 0);
}

/* The same plaintext twice must not be the same message: one key served both. */
bool promise_no_key_is_used_twice(struct play *p)
{
	struct gb_bytes same = {(const uint8_t *)"the same plaintext twice", 24};
	const struct gb_message *m;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 3))
		return false;
	p->mailbox.sender = 0;
	for (int i = 0; i < 2; i++)
		if (p->backend->send(p->world, 0, same, &p->mailbox.outbox) != GB_OK)
			return play_broken(p, "send: %s", p->backend->error(p->world));
	m = &p->mailbox.kept[p->mailbox.n_kept - 2];
	if (m[0].body.len == m[1].body.len && memcmp(m[0].body.p, m[1].body.p, m[0].body.len) == 0)
		return play_broken(p, "one plaintext sent twice gave one ciphertext");
	return true;
}

bool promise_a_replay_is_refused(struct play *p)
{
	size_t message;

	if (!play_open(p, PROMISE_SEED) || !play_found(p, 3) || !play_send(p, 0, &message) ||
	    !play_reads(p, 1, message) || !play_refuses_replay(p, 1, message))
		return false;
	if (p->backend->features & GB_REPLAYS)
		return play_reads(p, 1, message) && play_refuses_replay(p, 1, message) &&
		       play_reads(p, 2, message);
	return play_refuses(p, 1, message) && play_reads(p, 2, message);
}
