#include "mutants.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "mls.h"

enum { MAX_SITES = 4096 };

static unsigned switched_off = MAX_SITES;
static int fired_to = -1;
static bool has_fired[MAX_SITES];

/* Before the constructors that tools/mutate writes. */
__attribute__((constructor(101))) static void read_environment(void)
{
	const char *number = getenv("MLS_MUTANT"), *file = getenv("MLS_MUTANTS_FIRED");

	if (number)
		switched_off = (unsigned)strtoul(number, NULL, 10);
	if (file)
		fired_to = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

/* At once: a program may be stopped, or end without its exit functions. */
static void fire(unsigned n)
{
	if (n >= MAX_SITES)
		abort();
	if (fired_to < 0 || has_fired[n])
		return;
	has_fired[n] = true;
	dprintf(fired_to, "%u\n", n);
}

bool mls_mutant_on(unsigned n)
{
	fire(n);
	return n != switched_off;
}

bool mls_mutant_off(unsigned n)
{
	fire(n);
	return n == switched_off;
}

int mls_mutant_call(unsigned n, int err)
{
	if (err == MLS_OK || err == MLS_ERR_NOMEM || err == MLS_ERR_RANDOM || err == MLS_ERR_CRYPTO)
		return err;
	fire(n);
	return n == switched_off ? MLS_OK : err;
}

int __real__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n,
				   CMFixtureFunction set_up, CMFixtureFunction tear_down);
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n,
				   CMFixtureFunction set_up, CMFixtureFunction tear_down);

/* With MLS_MUTANTS_TEST in the environment, one test of the program is run: the one of this
 * name; or all names are printed, if it is "?". */
int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t n,
				   CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
	const char *wanted = getenv("MLS_MUTANTS_TEST");
	const bool list = wanted && strcmp(wanted, "?") == 0;

	if (!wanted)
		return __real__cmocka_run_group_tests(group, tests, n, set_up, tear_down);
	for (size_t i = 0; i < n; i++) {
		if (list)
			printf("test %s\n", tests[i].name);
		else if (strcmp(tests[i].name, wanted) == 0)
			return __real__cmocka_run_group_tests(group, tests + i, 1, set_up,
							      tear_down);
	}
	return 0;
}
