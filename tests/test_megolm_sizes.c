/* How long the plaintexts of a Matrix room are, by the formulas of the crypto floor. */
#include "stats/megolm_sizes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* As one backend wrote them, from users with ids of 16 and of 30 bytes, four times each. */
static void matrix_json_has_its_length(void **state)
{
	(void)state;
	assert_int_equal(gb_cbc_padded(gb_room_key_bytes(16, GB_SENDER_KEYS_SIGNED, false)), 1120);
	/* With the other they are the 2,112 bytes of results/golden, of a newcomer with a past. */
	assert_int_equal(gb_cbc_padded(gb_room_key_bytes(16, GB_SENDER_KEYS_SIGNED, true)) +
				 gb_cbc_padded(gb_room_key_bundle_bytes(16, GB_SENDER_KEYS_SIGNED)),
			 2112);
	assert_int_equal(gb_room_key_bytes(30, 1, false) - gb_room_key_bytes(16, 1, false), 4 * 14);
	assert_int_equal(gb_cbc_padded(gb_room_message_bytes(256)), 352);
	assert_int_equal(gb_one_time_key_signed(), 53);
	assert_int_equal(gb_cbc_padded(15), 16);
	assert_int_equal(gb_cbc_padded(16), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(matrix_json_has_its_length)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
