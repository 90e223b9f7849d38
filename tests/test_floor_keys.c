/* The floor of what brings keys of the past to another device. */
#include "floor_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct gb_floor_case of(enum gb_floor_step step, enum gb_floor_role role,
			       enum gb_floor_olm olm)
{
	return (struct gb_floor_case){.protocol = GB_FLOOR_MEGOLM,
				      .step = step,
				      .role = role,
				      .olm = olm,
				      .size = 5,
				      .k = 12,
				      .identity = 16,
				      .senders = 1,
				      .rounds = 1000};
}

static struct gb_tally floor_of(const struct gb_floor_case *c)
{
	struct gb_tally counts;

	assert_int_equal(gb_floor(c, &counts), GB_FLOOR_KNOWN);
	return counts;
}

/* What the specifications say of twelve sessions. */
static void counts_by_hand(void **state)
{
	static const struct {
		enum gb_floor_step step;
		enum gb_floor_role role;
		enum gb_floor_olm olm;
		uint64_t want[FLOOR_BY_HAND];
	} rows[] = {
		{GB_FLOOR_FORWARD, GB_FLOOR_ASKER, GB_FLOOR_OLM_NEW, {0}},
		{GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, {2, 0, 3, 0, 1, 12}},
		{GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_RATCHET, {1, 0, 1, 0, 0, 12}},
		{GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN, {0, 0, 0, 0, 0, 12}},
		{GB_FLOOR_FORWARD, GB_FLOOR_MEMBER, GB_FLOOR_OLM_NEW, {0, 0, 3, 0, 0, 12}},
		{GB_FLOOR_FORWARD, GB_FLOOR_MEMBER, GB_FLOOR_OLM_RATCHET, {0, 0, 1, 0, 0, 12}},
		{GB_FLOOR_FORWARD, GB_FLOOR_MEMBER, GB_FLOOR_OLM_CHAIN, {0, 0, 0, 0, 0, 12}},
		/* m.dummy by a new session, and twelve answers, of which the first steps */
		{GB_FLOOR_RECOVER, GB_FLOOR_ASKER, GB_FLOOR_OLM_CHAIN, {2, 0, 3, 0, 1, 1}},
		{GB_FLOOR_RECOVER, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN, {1, 0, 4, 0, 0, 13}},
		{GB_FLOOR_RECOVER, GB_FLOOR_MEMBER, GB_FLOOR_OLM_CHAIN, {0, 0, 1, 0, 0, 12}},
		/* its own two keys, 50, and a fallback key; all but the Curve25519 ones of the
		 * device and itself signed apart, those two together */
		{GB_FLOOR_DEHYDRATED, GB_FLOOR_ASKER, GB_FLOOR_OLM_NEW, {52, 1, 0, 52, 0, 0, 1}},
		{GB_FLOOR_DEHYDRATED, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, {2, 12, 3, 24, 2, 24}},
		{GB_FLOOR_DEHYDRATED, GB_FLOOR_MEMBER, GB_FLOOR_OLM_NEW, {1, 0, 3, 0, 12, 12, 1}},
		{GB_FLOOR_BACKUP, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, {12, 0, 12, 0, 0, 12}},
		{GB_FLOOR_RESTORE_ONE, GB_FLOOR_JOINER, GB_FLOOR_OLM_NEW, {0, 0, 1, 0, 0, 1}},
		{GB_FLOOR_RESTORE_ROOM, GB_FLOOR_JOINER, GB_FLOOR_OLM_NEW, {0, 0, 2, 0, 0, 2}},
		{GB_FLOOR_RESTORE_ALL, GB_FLOOR_JOINER, GB_FLOOR_OLM_NEW, {0, 0, 12, 0, 0, 12}},
		{GB_FLOOR_KEY_FILE, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, {0}},
		{GB_FLOOR_STORE, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, {0}},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct gb_floor_case c = of(rows[i].step, rows[i].role, rows[i].olm);
		assert_floor_by_hand(i, &c, rows[i].want);
	}
}

/* The passphrase, and an HMAC: over 37 bytes, brackets, 13 sessions of 557 bytes and 12 commas, and
 * the digest; the key is a block each way. */
static void a_file_costs_its_rounds_and_one_hmac(void **state)
{
	struct gb_floor_case c = of(GB_FLOOR_KEY_FILE, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN);
	struct gb_tally written = floor_of(&c), read;

	(void)state;
	assert_int_equal(written.pbkdf2_rounds, 1000);
	assert_int_equal(written.hmac, 1);
	assert_int_equal(written.random_bytes, 32);
	assert_int_equal(gb_exported_session_bytes(), 557);
	assert_int_equal(written.hash_blocks, 2 + (37 + 2 + 13 * 557 + 12 + 8) / 64 + 1 + 1);
	c.role = GB_FLOOR_MEMBER;
	read = floor_of(&c);
	assert_int_equal(read.pbkdf2_rounds, 1000);
	assert_int_equal(read.hash_blocks, written.hash_blocks);
	assert_int_equal(read.random_bytes, 0);
}

/* An HKDF to 80 bytes is four HMACs, to 32 bytes two. */
static void backups_differ_by_their_algorithm(void **state)
{
	struct gb_floor_case c = of(GB_FLOOR_BACKUP, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN);
	struct gb_tally pk = floor_of(&c), mac, sym;

	(void)state;
	c.backup = GB_FLOOR_BACKUP_PK_MAC;
	mac = floor_of(&c);
	c.backup = GB_FLOOR_BACKUP_SYM;
	sym = floor_of(&c);
	assert_int_equal(pk.hmac, 12 * 5);
	assert_int_equal(pk.cbc_bytes, 12 * 480);
	assert_int_equal(mac.hmac, 12 * 6);
	assert_int_equal(mac.dh, 12);
	/* 640 digits, a key of 43, a MAC of 11 and 41 bytes around them */
	assert_int_equal(gb_sealed_session_bytes(), 640 + 43 + 11 + 41);
	assert_int_equal(mac.hash_blocks - pk.hash_blocks, 12 * (2 + (735 + 8) / 64 + 1 + 1));
	assert_int_equal(sym.hmac, 12 * 2);
	assert_int_equal(sym.dh + sym.keygen + sym.cbc, 0);
	assert_int_equal(sym.aead_bytes, 12 * 472);
	assert_int_equal(sym.random_bytes, 12 * 16);
}

/* Users vouch for their devices by one more signature, on the device keys alone. */
static void a_dehydrated_device_is_vouched_for(void **state)
{
	struct gb_floor_case c = of(GB_FLOOR_DEHYDRATED, GB_FLOOR_ASKER, GB_FLOOR_OLM_CHAIN);
	struct gb_tally alone = floor_of(&c), vouched;

	(void)state;
	c.cross_signed = true;
	vouched = floor_of(&c);
	assert_int_equal(vouched.sign - alone.sign, 1);
	c.role = GB_FLOOR_ACTOR;
	assert_int_equal(floor_of(&c).verify, 3);
}

/* In an odd room: of nine sessions one room has all; of 25 it has three. */
static void a_room_has_a_tenth(void **state)
{
	struct gb_floor_case c = of(GB_FLOOR_RESTORE_ROOM, GB_FLOOR_JOINER, GB_FLOOR_OLM_CHAIN);

	(void)state;
	c.k = 9;
	assert_int_equal(floor_of(&c).dh, 9);
	c.k = 25;
	assert_int_equal(floor_of(&c).dh, 3);
}

static void unknown_cases_have_no_floor(void **state)
{
	struct gb_floor_case rows[] = {
		of(GB_FLOOR_RECOVER, GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW),
		of(GB_FLOOR_DEHYDRATED, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_FORWARD, GB_FLOOR_JOINER, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_KEY_FILE, GB_FLOOR_ASKER, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_BACKUP, GB_FLOOR_JOINER, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_RESTORE_ALL, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_FORWARD, GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN),
		of(GB_FLOOR_REKEY, GB_FLOOR_ASKER, GB_FLOOR_OLM_CHAIN),
	};

	(void)state;
	rows[1].without_device_keys = true;
	rows[2].senders = 2;
	rows[3].k = 0;
	rows[8].protocol = GB_FLOOR_MLS;
	assert_no_floors(rows, N(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(a_file_costs_its_rounds_and_one_hmac),
		cmocka_unit_test(backups_differ_by_their_algorithm),
		cmocka_unit_test(a_dehydrated_device_is_vouched_for),
		cmocka_unit_test(a_room_has_a_tenth),
		cmocka_unit_test(unknown_cases_have_no_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
