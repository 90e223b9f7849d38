#ifndef MEGOLM_INTERNAL_H
#define MEGOLM_INTERNAL_H

/*
 * The only two macros of the library that hide a jump. A function that uses them
 * declares `enum megolm_err err = MEGOLM_OK;` and everything it must release, zeroed, at
 * its top, and ends with one label `out:` that releases all of it, on success too.
 */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		if ((err = (call)) != MEGOLM_OK)                                                   \
			goto out;                                                                  \
	} while (0)
#define FAIL(why)                                                                                  \
	do {                                                                                       \
		err = (why);                                                                       \
		goto out;                                                                          \
	} while (0)

#define MEGOLM_N(array) (sizeof(array) / sizeof((array)[0]))
#endif
