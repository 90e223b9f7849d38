#ifndef MATRIX_STATE_H
#define MATRIX_STATE_H
#include "matrix.h"

/*
 * All that a device knows, as text: a line for each thing, of libolm's objects their pickles. Two
 * states are the same exactly if the texts are. What it keeps only to be faster (scratch, tables,
 * room for more) is not in it. For the caller to free.
 */
char *matrix_state(const struct matrix_device *d);

/* Fails unless the state of the device is the one `before`, which is freed; or unless it differs
 * from it in one object of libolm's and nothing else: "olm DEVICE", a session with that device, or
 * "inbound ID", the session of a room. */
void matrix_assert_same(const struct matrix_device *d, char *before);
void matrix_assert_moved_on(const struct matrix_device *d, char *before, const char *what,
			    const char *name);

/* `call` is refused with `want` and leaves the device as it was. */
#define ASSERT_REFUSED(d, call, want)                                                              \
	do {                                                                                       \
		char *before_ = matrix_state(d);                                                   \
		ASSERT_ERR(call, want);                                                            \
		matrix_assert_same(d, before_);                                                    \
	} while (0)

/* `call` is refused with `want` after its message could be decrypted: the session has moved on, and
 * the device is as it was otherwise. */
#define ASSERT_MOVED_ON(d, what, name, call, want)                                                 \
	do {                                                                                       \
		char *before_ = matrix_state(d);                                                   \
		ASSERT_ERR(call, want);                                                            \
		matrix_assert_moved_on(d, before_, what, name);                                    \
	} while (0)

#endif
