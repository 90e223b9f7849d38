/* What the harness does to the heap between two samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/heap.h"

enum { BLOCKS = 60000 };

/* Blocks that were freed and not sorted into a bin, as the C library says. */
static unsigned long unsorted(FILE *file)
{
	static char text[1 << 16];
	const char *at;
	unsigned long n = 0;

	rewind(file);
	assert_int_equal(malloc_info(0, file), 0);
	assert_int_equal(fflush(file), 0);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	at = strstr(text, "<unsorted ");
	if (at && (at = strstr(at, "count=\"")))
		sscanf(at, "count=\"%lu\"", &n);
	return n;
}

/* No two neighbours are free, so each stays a block of its own. */
static void free_every_second(void *block[], size_t len)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		block[i] = malloc(len);
		assert_non_null(block[i]);
	}
	for (size_t i = 0; i < BLOCKS; i += 2)
		free(block[i]);
}

static void freed_blocks_are_sorted(void **state)
{
	static void *block[2][BLOCKS];
	static char buffer[1 << 12];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(setvbuf(file, buffer, _IOFBF, sizeof(buffer)), 0);
	free_every_second(block[0], 80); /* short ones wait in a list of their own */
	free_every_second(block[1], 300);
	if (unsorted(file) == 0)
		skip(); /* another malloc than the C library's */
	assert_true(unsorted(file) > BLOCKS / 2 - 100);
	gb_heap_settle();
	assert_true(unsorted(file) < 10);
	for (size_t i = 1; i < BLOCKS; i += 2) {
		free(block[0][i]);
		free(block[1][i]);
	}
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_blocks_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
