#include "floor_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void assert_floor_by_hand(size_t row, const struct gb_floor_case *c,
			  const uint64_t want[FLOOR_BY_HAND])
{
	struct gb_tally t;

	assert_int_equal(gb_floor(c, &t), GB_FLOOR_KNOWN);
	const uint64_t is[FLOOR_BY_HAND] = {t.keygen, t.signer_keygen, t.dh,  t.sign,
					    t.verify, t.cbc,           t.aead};
	for (size_t k = 0; k < FLOOR_BY_HAND; k++)
		if (is[k] != want[k])
			fail_msg("row %zu, column %zu: %llu, want %llu", row, k,
				 (unsigned long long)is[k], (unsigned long long)want[k]);
}

void assert_no_floors(const struct gb_floor_case *rows, size_t n)
{
	struct gb_tally t;

	for (size_t i = 0; i < n; i++)
		if (gb_floor(&rows[i], &t) != GB_FLOOR_UNKNOWN)
			fail_msg("row %zu has a floor", i);
}
