#include "stats/floor.h"

#include "stats/olm_work.h"

/*
 * The floor of what brings keys of the past to another device. With the letters of
 * floor_formulas_megolm.c, O for what an Olm session needs before its next message (new: V + 2 K +
 * 3 D, read: 3 D; ratchet: K + D, read: D; chain: nothing), P for a round of PBKDF2:
 *
 *   forward      asker: nothing; actor: O + k s; member: O + k s
 *   recover      asker: V + 2 K + 3 D + s; actor: 3 D + s, then K + D + k s; member: D + k s
 *   key_file     r P + an HMAC over the file, to write and to read; random bytes to write
 *   dehydrated   asker: 52 K + K and 52 S of Ed25519 (cross-signed: 53) + an AEAD; actor: O for a
 *                new device whose keys are verified, then k times a new session, s, and a message;
 *                member: an AEAD + 3 D + k (s + V), and K for the one-time key, which is known by
 *                its public part, that nobody stored
 *   backup       k times K + D + s, with sym an HKDF and an AEAD; what restores n: D + s for each
 *
 * The actor has verified the other device before, and that one all that it is sent. AES-CTR, some
 * microseconds, is not among the primitives. Nothing that is imported is signed.
 */
#define SALT_AND_IV   32
#define IV            16
#define NONCE         12
#define FILE_HEADER   (1 + SALT_AND_IV + 4)
#define SESSION_ID    43
#define SMALLEST_TENS 10 /* sessions, from which on there are ten rooms */

bool gb_floor_moves_keys(enum gb_floor_step step)
{
	return step >= GB_FLOOR_BACKUP && step <= GB_FLOOR_RECOVER;
}

/* ---- by Olm ---- */

/* What the device does that sends next, to a device whose keys are known. */
static void write_next(struct gb_tally *t, enum gb_floor_olm olm)
{
	if (olm == GB_FLOOR_OLM_NEW) {
		gb_tally_verify(t, 1, gb_one_time_key_signed());
		gb_olm_begin(t, 1);
	} else if (olm == GB_FLOOR_OLM_RATCHET) {
		t->keygen += 1;
		gb_olm_next_keys(t, 1);
	}
}

static void read_next(struct gb_tally *t, enum gb_floor_olm olm)
{
	if (olm == GB_FLOOR_OLM_NEW)
		gb_olm_first_keys(t, 1);
	else if (olm == GB_FLOOR_OLM_RATCHET)
		gb_olm_next_keys(t, 1);
}

static void forwarded(struct gb_tally *t, const struct gb_floor_case *c)
{
	gb_olm_message(t, c->k, gb_forwarded_key_bytes(c->identity, gb_sender_keys_of(c)));
}

static void forward(struct gb_tally *t, const struct gb_floor_case *c, enum gb_floor_olm olm)
{
	if (c->role == GB_FLOOR_ASKER)
		return;
	if (c->role == GB_FLOOR_ACTOR)
		write_next(t, olm);
	else
		read_next(t, olm);
	forwarded(t, c);
}

static void recover(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint64_t dummy = gb_dummy_bytes(c->identity, gb_sender_keys_of(c));

	if (c->role == GB_FLOOR_ASKER)
		write_next(t, GB_FLOOR_OLM_NEW);
	else if (c->role == GB_FLOOR_ACTOR)
		read_next(t, GB_FLOOR_OLM_NEW);
	if (c->role != GB_FLOOR_MEMBER)
		gb_olm_message(t, 1, dummy);
	/* The answer is the first message of its direction. */
	forward(t, c, GB_FLOOR_OLM_RATCHET);
}

/* ---- a dehydrated device ---- */

static void dehydrate(struct gb_tally *t, const struct gb_floor_case *c)
{
	t->keygen += 1 + GB_DEHYDRATED_KEYS + 1;
	t->signer_keygen += 1;
	gb_tally_sign(t, c->cross_signed ? 2 : 1, gb_dehydrated_keys_signed(c->identity));
	gb_tally_sign(t, GB_DEHYDRATED_KEYS, gb_one_time_key_signed());
	gb_tally_sign(t, 1, gb_fallback_key_signed());
	t->random_bytes += NONCE;
	gb_tally_aead(t, 1, gb_dehydrated_bytes());
}

static uint64_t dehydrated_room_key(const struct gb_floor_case *c)
{
	return gb_room_key_bytes(c->identity, gb_sender_keys_of(c), false);
}

static void write_to_dehydrated(struct gb_tally *t, const struct gb_floor_case *c)
{
	gb_tally_verify(t, c->cross_signed ? 2 : 1, gb_dehydrated_keys_signed(c->identity));
	write_next(t, GB_FLOOR_OLM_NEW);
	for (uint32_t i = 0; i < c->k; i++) {
		gb_megolm_new_session(t);
		gb_megolm_message(t, GB_FLOOR_OLD_PLAINTEXT, true);
	}
	gb_olm_message(t, c->k, dehydrated_room_key(c));
}

static void rehydrate(struct gb_tally *t, const struct gb_floor_case *c)
{
	gb_tally_aead(t, 1, gb_dehydrated_bytes());
	t->keygen += 1;
	gb_olm_first_keys(t, 1);
	gb_olm_message(t, c->k, dehydrated_room_key(c));
	gb_tally_verify(t, c->k, GB_SESSION_KEY_BYTES);
}

static void dehydrated(struct gb_tally *t, const struct gb_floor_case *c)
{
	if (c->role == GB_FLOOR_ASKER)
		dehydrate(t, c);
	else if (c->role == GB_FLOOR_ACTOR)
		write_to_dehydrated(t, c);
	else
		rehydrate(t, c);
}

/* ---- a file ---- */

/* The sessions of the past and that of the room, in a list. */
static void key_file(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint64_t n = (uint64_t)c->k + 1, shared = c->shared_history; /* "true" is shorter */
	uint64_t list = 2 + n * gb_exported_session_bytes() + (n - 1) - shared;

	t->pbkdf2_rounds += c->rounds;
	gb_mac(t, 1, FILE_HEADER + list);
	if (c->role == GB_FLOOR_ACTOR)
		t->random_bytes += SALT_AND_IV;
}

/* ---- a backup ---- */

static uint64_t sessions_of(const struct gb_floor_case *c)
{
	if (c->step == GB_FLOOR_RESTORE_ONE)
		return 1;
	if (c->step == GB_FLOOR_RESTORE_ROOM && c->k >= SMALLEST_TENS)
		return (c->k + 9) / 10;
	return c->k;
}

static void backup(struct gb_tally *t, const struct gb_floor_case *c)
{
	uint64_t n = sessions_of(c), plaintext = gb_kept_session_bytes();
	bool is_written = c->step == GB_FLOOR_BACKUP;

	if (c->backup == GB_FLOOR_BACKUP_SYM) {
		gb_derived_key(t, n, SESSION_ID + sizeof("|1") - 1);
		gb_tally_aead(t, n, plaintext);
		t->random_bytes += is_written ? IV * n : 0;
		return;
	}
	t->keygen += is_written ? n : 0;
	t->dh += n;
	gb_pk_message(t, n, plaintext);
	if (c->backup == GB_FLOOR_BACKUP_PK_MAC)
		gb_mac(t, n, gb_sealed_session_bytes());
}

/* ---- */

static bool has_formula(const struct gb_floor_case *c)
{
	bool backs_up = c->step <= GB_FLOOR_RESTORE_ALL;
	enum gb_floor_role reader = c->step == GB_FLOOR_BACKUP ? GB_FLOOR_ACTOR : GB_FLOOR_JOINER;

	/* Several senders have sessions of each other too, and pairs in states of their own. */
	if (c->size < 2 || c->k < 1 || c->senders != 1 || c->before != GB_FLOOR_NOTHING)
		return false;
	if (backs_up)
		return c->role == reader;
	if (c->role == GB_FLOOR_WITHHELD ||
	    (c->step == GB_FLOOR_RECOVER && c->olm == GB_FLOOR_OLM_NEW))
		return false;
	if (c->step == GB_FLOOR_DEHYDRATED && c->without_device_keys)
		return false;
	return c->role != GB_FLOOR_JOINER &&
	       !(c->step == GB_FLOOR_KEY_FILE && c->role == GB_FLOOR_ASKER);
}

enum gb_floor_answer gb_floor_keys(const struct gb_floor_case *c, struct gb_tally *counts)
{
	if (!has_formula(c))
		return GB_FLOOR_UNKNOWN;
	if (c->step == GB_FLOOR_FORWARD)
		forward(counts, c, c->olm);
	else if (c->step == GB_FLOOR_RECOVER)
		recover(counts, c);
	else if (c->step == GB_FLOOR_DEHYDRATED)
		dehydrated(counts, c);
	else if (c->step == GB_FLOOR_KEY_FILE)
		key_file(counts, c);
	else
		backup(counts, c);
	return GB_FLOOR_KNOWN;
}
