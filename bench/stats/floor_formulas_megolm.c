#include "stats/floor.h"

#include "stats/olm_work.h"

/*
 * The floor of a Matrix room, one function a duty (Olm and Megolm specifications). With
 * K, D, S, V as for MLS and s symmetric work alone:
 *
 *   new Megolm session   K + S of Ed25519, random bytes
 *   share with one       new: V + 2 K + 3 D + s, and V for who was not known (cross-signed: 2,
 *                        and one for its user); ratchet: K + D + s; chain: s
 *   take in a share      new: 3 D + V + s, and V from who was not known;
 *                        ratchet: D + V + s; chain: V + s
 *   parts of create      claim: nothing; verify: the V of the shares; session: with a new Olm
 *                        session 2 K + 3 D + s; encrypt: all the rest
 *   withhold             as one who removes, and who is left: the others get new keys, and who
 *                        gets none is told in the clear
 *   keys of the past     s for each newcomer, by the actor alone, and s at each
 *   send, receive        S + s, V + s; the first of a session like any other; where the session
 *                        before has served its time, a new one and its shares first
 *
 * s is in olm_work.h; what moves keys of the past without newcomers in floor_formulas_keys.c.
 */
#define ATTACHMENT_RANDOM 40 /* its key, and the half of the IV that is not zero */

enum gb_sender_keys gb_sender_keys_of(const struct gb_floor_case *c)
{
	return c->without_device_keys ? GB_SENDER_KEYS_NONE
	       : c->cross_signed      ? GB_SENDER_KEYS_CROSS_SIGNED
				      : GB_SENDER_KEYS_SIGNED;
}

static void room_key(struct gb_tally *t, const struct gb_floor_case *c, uint64_t times)
{
	gb_olm_message(t, times,
		       gb_room_key_bytes(c->identity, gb_sender_keys_of(c), c->shared_history));
}

/*
 * Keys of the past: an attachment for all newcomers, under a key that is drawn, and a message to
 * each that tells where it lies. AES-CTR and the hash of the attachment, some microseconds, are
 * not among the primitives.
 */
static void past_keys(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint64_t newcomers = c->role == GB_FLOOR_ACTOR ? c->k : 1;

	if (!c->shared_history || c->step != GB_FLOOR_ADD)
		return;
	if (c->role == GB_FLOOR_ACTOR)
		t->random_bytes += (uint64_t)ATTACHMENT_RANDOM * (c->one_by_one ? c->k : 1);
	/* With the sender's keys in any case. */
	gb_olm_message(t, newcomers,
		       gb_room_key_bundle_bytes(c->identity, c->cross_signed
								     ? GB_SENDER_KEYS_CROSS_SIGNED
								     : GB_SENDER_KEYS_SIGNED));
}

/* Devices that come into a group, or make one, have each other's keys still to verify. */
static bool are_strangers(const struct gb_floor_case *c)
{
	return c->step == GB_FLOOR_CREATE || c->step == GB_FLOOR_VERIFY || c->step == GB_FLOOR_ADD;
}

/* Users among the devices from `first` to before `end` of whom no device stands before `first`,
 * unless that is the one who asks. */
static uint64_t new_users(const struct gb_floor_case *c, uint32_t first, uint32_t end)
{
	uint32_t of = c->devices_per_user > 0 ? c->devices_per_user : 1;
	bool first_is_known = first > 1 && first % of != 0;

	return (end - 1) / of - first / of + 1 - first_is_known;
}

/* Keys of devices that are met, of their users where those vouch for them, one-time keys. */
static void verify_strangers(struct gb_tally *t, const struct gb_floor_case *c, uint64_t devices)
{
	bool joins = c->step == GB_FLOOR_ADD;
	uint32_t first = joins ? c->size : 1, end = joins ? c->size + c->k : c->size;

	if (are_strangers(c)) {
		gb_tally_verify(t, devices * (c->cross_signed ? 2 : 1),
				gb_device_keys_signed(c->identity));
		if (c->cross_signed)
			gb_tally_verify(t, new_users(c, first, end),
					gb_self_signing_key_signed(c->identity));
	}
	gb_tally_verify(t, devices, gb_one_time_key_signed());
}

static void share(struct gb_tally *t, const struct gb_floor_case *c, enum gb_floor_olm olm,
		  uint64_t devices)
{
	if (olm == GB_FLOOR_OLM_NEW) {
		verify_strangers(t, c, devices);
		gb_olm_begin(t, devices);
	} else if (olm == GB_FLOOR_OLM_RATCHET) {
		t->keygen += devices;
		gb_olm_next_keys(t, devices);
	}
	room_key(t, c, devices);
}

static void take_in(struct gb_tally *t, const struct gb_floor_case *c, enum gb_floor_olm olm)
{
	if (olm == GB_FLOOR_OLM_NEW && c->role == GB_FLOOR_JOINER) {
		gb_tally_verify(t, c->cross_signed ? 2 : 1, gb_device_keys_signed(c->identity));
		if (c->cross_signed)
			gb_tally_verify(t, 1, gb_self_signing_key_signed(c->identity));
	}
	if (olm == GB_FLOOR_OLM_NEW)
		gb_olm_first_keys(t, 1);
	else if (olm == GB_FLOOR_OLM_RATCHET)
		gb_olm_next_keys(t, 1);
	room_key(t, c, 1);
	gb_tally_verify(t, 1, GB_SESSION_KEY_BYTES);
}

/* The state of the sessions between those who were members before `before`, after it: who
 * removes has just written to all of them. */
static enum gb_floor_olm olm_of_members(const struct gb_floor_case *c)
{
	return c->before == GB_FLOOR_REMOVE ? GB_FLOOR_OLM_CHAIN : c->olm;
}

/* One sender to the members who only read, or, with sessions to begin, to all others. */
static void share_with_members(struct gb_tally *t, const struct gb_floor_case *c,
			       enum gb_floor_olm olm, uint32_t members)
{
	share(t, c, olm, olm == GB_FLOOR_OLM_NEW ? members - 1 : members - c->senders);
}

/*
 * Every sender to every other. Each writes on the session of the pair that brought it a message
 * last, so that both sides can be due to make a new ratchet key at once. Later rounds need no new
 * key of either, as long as they have not read each other's.
 */
static void share_among_senders(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint64_t ways = (uint64_t)c->senders * (c->senders - 1);
	uint64_t rounds = c->step == GB_FLOOR_REMOVE && c->one_by_one ? c->k : 1;
	uint64_t keys = olm_of_members(c) == GB_FLOOR_OLM_RATCHET ? ways : 0;

	if (c->step != GB_FLOOR_CREATE && c->step != GB_FLOOR_REKEY && c->step != GB_FLOOR_REMOVE &&
	    c->step != GB_FLOOR_WITHHOLD)
		return;
	/* Where sessions are begun, the first round is that of share_with_members. */
	rounds -= olm_of_members(c) == GB_FLOOR_OLM_NEW;
	share(t, c, GB_FLOOR_OLM_RATCHET, keys);
	share(t, c, GB_FLOOR_OLM_CHAIN, ways * rounds - keys);
}

/* One sender: what it makes, and for how many devices. */
static void act(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint32_t steps = c->one_by_one ? c->k : 1, leaving = c->one_by_one ? 1 : c->k;
	uint32_t members = c->size - (c->before == GB_FLOOR_REMOVE ? c->k : 0);

	switch (c->step) {
	case GB_FLOOR_CREATE:
	case GB_FLOOR_REKEY:
		gb_megolm_new_session(t);
		share_with_members(t, c, olm_of_members(c), members);
		share(t, c, GB_FLOOR_OLM_CHAIN, c->before == GB_FLOOR_ADD ? c->k : 0);
		break;
	case GB_FLOOR_ADD: /* the session key from the present index on is signed anew */
		gb_tally_sign(t, steps, GB_SESSION_KEY_BYTES);
		share(t, c, c->olm, c->k);
		break;
	case GB_FLOOR_REMOVE:
	case GB_FLOOR_WITHHOLD:
		for (uint32_t i = 0; i < steps; i++) {
			members -= leaving;
			gb_megolm_new_session(t);
			share_with_members(t, c, i == 0 ? c->olm : GB_FLOOR_OLM_CHAIN, members);
		}
		break;
	case GB_FLOOR_VERIFY:
		if (c->olm == GB_FLOOR_OLM_NEW)
			verify_strangers(t, c, members - 1);
		break;
	case GB_FLOOR_SESSION:
		if (c->olm == GB_FLOOR_OLM_NEW)
			gb_olm_begin(t, members - 1);
		break;
	case GB_FLOOR_ENCRYPT: /* a new session goes on as a chain does */
		gb_megolm_new_session(t);
		share(t, c, c->olm == GB_FLOOR_OLM_NEW ? GB_FLOOR_OLM_CHAIN : c->olm, members - 1);
		break;
	case GB_FLOOR_CLAIM:
	case GB_FLOOR_SEND:
	case GB_FLOOR_NOTHING:
	default:
		break;
	}
}

static bool is_part(enum gb_floor_step step)
{
	return step == GB_FLOOR_CLAIM || step == GB_FLOOR_VERIFY || step == GB_FLOOR_SESSION ||
	       step == GB_FLOOR_ENCRYPT;
}

/* One who gets what a sender shared. */
static void receive(struct gb_tally *t, const struct gb_floor_case *c)
{
	take_in(t, c, olm_of_members(c));
	for (uint32_t i = 1; c->step == GB_FLOOR_REMOVE && c->one_by_one && i < c->k; i++)
		take_in(t, c, GB_FLOOR_OLM_CHAIN);
}

static bool has_formula(const struct gb_floor_case *c)
{
	bool withholds = c->step == GB_FLOOR_WITHHOLD;
	bool leaves = c->step == GB_FLOOR_REMOVE || c->before == GB_FLOOR_REMOVE || withholds;

	if (c->size < 2 || c->senders < 1 || c->step == GB_FLOOR_NOTHING)
		return false;
	if (leaves && c->k >= c->size)
		return false;
	if (c->senders > c->size - (leaves ? c->k : 0))
		return false;
	if (c->role == GB_FLOOR_WITHHELD && !withholds)
		return false;
	if (c->role == GB_FLOOR_ASKER || (is_part(c->step) && c->role != GB_FLOOR_ACTOR))
		return false;
	if (c->before == GB_FLOOR_REKEY && c->step != GB_FLOOR_SEND)
		return false;
	if ((c->before == GB_FLOOR_ADD || c->before == GB_FLOOR_REMOVE) &&
	    c->step != GB_FLOOR_REKEY)
		return false;
	return c->role != GB_FLOOR_MEMBER || c->step != GB_FLOOR_ADD;
}

/* What comes before the message of a sender whose session has served its time. */
static enum gb_floor_answer add_rotation(struct gb_tally *t, const struct gb_floor_case *c)
{
	struct gb_floor_case rekey = *c;

	/* Pairs of senders are in states of their own, and only one of them acts. */
	if (c->senders > 1)
		return GB_FLOOR_UNKNOWN;
	rekey.step = GB_FLOOR_REKEY;
	if (c->role == GB_FLOOR_ACTOR)
		act(t, &rekey);
	else
		receive(t, &rekey);
	return GB_FLOOR_KNOWN;
}

enum gb_floor_answer gb_floor_megolm(const struct gb_floor_case *c, struct gb_tally *counts)
{
	struct gb_tally one = {0};

	*counts = (struct gb_tally){0};
	if (gb_floor_moves_keys(c->step))
		return gb_floor_keys(c, counts);
	if (!has_formula(c))
		return GB_FLOOR_UNKNOWN;
	if (c->step == GB_FLOOR_SEND) {
		gb_megolm_message(counts, c->payload, c->role == GB_FLOOR_ACTOR);
		return c->rotates ? add_rotation(counts, c) : GB_FLOOR_KNOWN;
	}
	if (c->role == GB_FLOOR_ACTOR)
		act(&one, c);
	else if (c->role != GB_FLOOR_WITHHELD)
		receive(&one, c);
	gb_tally_add(counts, &one, c->senders);
	if (c->role == GB_FLOOR_ACTOR)
		share_among_senders(counts, c);
	past_keys(counts, c);
	return GB_FLOOR_KNOWN;
}
