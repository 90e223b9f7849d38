#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

/* A group's life through the public API: RFC 9420 11, 12, 14, 15. */

static const struct mls_commit_request with_tree = {.tree_in_welcome = true};

static void two_members_talk_in_every_suite(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = world_new(suite, 2, NULL, NULL);

		world_check(w);
		world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
		world_check(w);
		world_free(w);
	}
}

static void members_come_and_go(void **state)
{
	struct world *w = world_new(1, 5, NULL, NULL);
	uint32_t six;

	(void)state;
	world_check(w);
	for (uint32_t i = 0; i < 5; i++)
		world_commit(w, i, &(struct mls_commit_request){0}, NULL, 0);
	world_check(w);
	world_commit(w, 1,
		     &(struct mls_commit_request){.remove = (uint32_t[]){2, 4}, .n_remove = 2},
		     NULL, 0);
	assert_null(w->group[2]);
	world_check(w);
	six = world_client(w, NULL);
	world_commit(w, 3, &with_tree, &six, 1);
	assert_int_equal(mls_group_own_leaf(w->group[six]), 2);
	world_check(w);
	world_free(w);
}

static int on_sodium(void **state)
{
	(void)state;
	members_on(MLS_CRYPTO_SODIUM, MLS_CRYPTO_SODIUM);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_members_talk_in_every_suite),
		cmocka_unit_test(members_come_and_go),
	};

	return cmocka_run_group_tests_name("members on OpenSSL", tests, NULL, NULL) +
	       cmocka_run_group_tests_name("members on libsodium", tests, on_sodium, NULL) +
	       cmocka_run_group_tests_name("members on either", tests, members_on_either, NULL);
}
