#ifndef GB_TESTS_FLOOR_BY_HAND_H
#define GB_TESTS_FLOOR_BY_HAND_H
#include "stats/floor.h"

#include <stddef.h>

/* keygen, signer_keygen, dh, sign, verify; Olm and Megolm messages, AEADs */
#define FLOOR_BY_HAND 7

/* Fails and names the row of a table unless the floor is what was counted by hand. */
void assert_floor_by_hand(size_t row, const struct gb_floor_case *c,
			  const uint64_t want[FLOOR_BY_HAND]);

/* Fails and names the row of a table that has a floor. */
void assert_no_floors(const struct gb_floor_case *rows, size_t n);
#endif
