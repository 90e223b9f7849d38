/* The floor of what a new device uploads, and of keys that are withheld from members. */
#include "floor_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct gb_floor_case publish(enum gb_floor_protocol protocol, uint32_t k, bool cross_signed)
{
	return (struct gb_floor_case){.protocol = protocol,
				      .step = GB_FLOOR_PUBLISH,
				      .role = GB_FLOOR_ACTOR,
				      .device = 3,
				      .size = 3,
				      .k = k,
				      .identity = 16,
				      .suite = 1,
				      .senders = 1,
				      .cross_signed = cross_signed};
}

static struct gb_floor_case withhold(enum gb_floor_role role, enum gb_floor_olm olm, uint32_t k)
{
	return (struct gb_floor_case){.protocol = GB_FLOOR_MEGOLM,
				      .step = GB_FLOOR_WITHHOLD,
				      .role = role,
				      .olm = olm,
				      .size = 9,
				      .k = k,
				      .identity = 16,
				      .senders = 1};
}

/* What the protocols say. */
static void counts_by_hand(void **state)
{
	const struct {
		struct gb_floor_case c;
		uint64_t want[FLOOR_BY_HAND];
	} rows[] = {
		/* init_key and encryption_key of each KeyPackage, the leaf signed and it */
		{publish(GB_FLOOR_MLS, 1, false), {2, 1, 0, 2}},
		{publish(GB_FLOOR_MLS, 50, false), {100, 1, 0, 100}},
		/* the Curve25519 key of the device, one-time keys, the fallback key */
		{publish(GB_FLOOR_MEGOLM, 1, false), {3, 1, 0, 3}},
		{publish(GB_FLOOR_MEGOLM, 50, false), {52, 1, 0, 52}},
		/* three keys; the master key signs two, the second the device, that the master */
		{publish(GB_FLOOR_MEGOLM, 50, true), {52, 4, 0, 56}},
		/* new keys for the six others who may read */
		{withhold(GB_FLOOR_ACTOR, GB_FLOOR_OLM_NEW, 2), {12, 1, 18, 1, 6, 6}},
		{withhold(GB_FLOOR_ACTOR, GB_FLOOR_OLM_RATCHET, 2), {6, 1, 6, 1, 0, 6}},
		{withhold(GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN, 2), {0, 1, 0, 1, 0, 6}},
		{withhold(GB_FLOOR_MEMBER, GB_FLOOR_OLM_NEW, 2), {0, 0, 3, 0, 1, 1}},
		{withhold(GB_FLOOR_MEMBER, GB_FLOOR_OLM_RATCHET, 2), {0, 0, 1, 0, 1, 1}},
		{withhold(GB_FLOOR_WITHHELD, GB_FLOOR_OLM_RATCHET, 2), {0}},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_floor_by_hand(i, &rows[i].c, rows[i].want);
}

/* LeafNodeTBS and KeyPackageTBS with their labels are 136 and 242 bytes in suite 1; the device keys
 * of a Matrix device 270, a one-time key 53, the fallback key 69, the keys of cross-signing 164 and
 * the master key 158. */
static void what_is_signed_has_its_length(void **state)
{
	struct gb_floor_case c = publish(GB_FLOOR_MLS, 2, false);
	struct gb_tally t;

	(void)state;
	assert_int_equal(gb_floor(&c, &t), GB_FLOOR_KNOWN);
	assert_int_equal(t.sign_bytes, 2 * (136 + 242));
	c = publish(GB_FLOOR_MEGOLM, 2, false);
	assert_int_equal(gb_floor(&c, &t), GB_FLOOR_KNOWN);
	assert_int_equal(t.sign_bytes, 270 + 2 * 53 + 69);
	c = publish(GB_FLOOR_MEGOLM, 2, true);
	assert_int_equal(gb_floor(&c, &t), GB_FLOOR_KNOWN);
	assert_int_equal(t.sign_bytes, 2 * 270 + 2 * 53 + 69 + 2 * 164 + 158);
}

static void unknown_cases_have_no_floor(void **state)
{
	struct gb_floor_case rows[] = {
		publish(GB_FLOOR_MLS, 0, false),
		publish(GB_FLOOR_MLS, 1, false),
		publish(GB_FLOOR_MEGOLM, 1, false),
		withhold(GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN, 9),
		withhold(GB_FLOOR_ACTOR, GB_FLOOR_OLM_CHAIN, 1),
		withhold(GB_FLOOR_WITHHELD, GB_FLOOR_OLM_CHAIN, 1),
		withhold(GB_FLOOR_WITHHELD, GB_FLOOR_OLM_CHAIN, 1),
		withhold(GB_FLOOR_WITHHELD, GB_FLOOR_OLM_CHAIN, 1),
	};

	(void)state;
	rows[1].suite = 8;
	rows[2].role = GB_FLOOR_MEMBER;
	rows[4].protocol = GB_FLOOR_MLS;
	rows[5].step = GB_FLOOR_REMOVE;
	rows[6].step = GB_FLOOR_FORWARD;
	rows[7].step = GB_FLOOR_REKEY;
	rows[7].protocol = GB_FLOOR_MLS;
	rows[7].suite = 1;
	assert_no_floors(rows, N(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(what_is_signed_has_its_length),
		cmocka_unit_test(unknown_cases_have_no_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
