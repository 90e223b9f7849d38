/*
 * One group, members on different implementations: random walks, each the life of a group, in
 * which everybody acts and everybody follows. Beside mls/ itself, on either of its libraries,
 * those plugins take part that `make peers` built, or that the pattern GB_PEERS names: shared
 * objects, and modules of Node.
 *
 *   test_mixed [WALKS [FIRST_SEED]]
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/plugins.h"
#include "mixed_walk.h"
#include "mutants.h"
#include "stride.h"

enum { STEPS = 50, SHAPED_STEPS = 12, SOAK = 500 };

static size_t n_walks;
static uint64_t first_seed = 1;

static struct mixed_party peers[MIXED_PARTIES];
static size_t n_peers;

/* The shortest walk that still breaks, in words. */
static void tell(struct mixed_walk *walk)
{
	char why[400];
	size_t at;

	mixed_walk_shrink(walk);
	if (walk->tree)
		fprintf(stderr, "%u members, tree %s; ", walk->size, walk->tree);
	fprintf(stderr,
		"seed %llu, suite %u, path %s, %s handshakes, tree %s, %u founders by party "
		"%u\n",
		(unsigned long long)walk->seed, (unsigned)walk->suite, walk->path ? "yes" : "no",
		walk->private_handshake ? "private" : "public",
		walk->fetched_tree ? "fetched" : "in the Welcome", walk->founders,
		walk->first_home);
	if (mixed_walk_holds(walk, &at, why, stderr))
		snprintf(why, sizeof(why), "holds when it is played again");
	fprintf(stderr, "step %zu: %s\n", at, why);
}

static void must_hold(struct mixed_walk *walk)
{
	const unsigned long long seed = walk->seed;
	char why[400];
	size_t at;

	if (mixed_walk_holds(walk, &at, why, NULL))
		return;
	tell(walk);
	fail_msg("seed %llu, step %zu: %s", seed, at, why);
}

static void walk(const struct mixed_party *party, size_t n_parties, uint64_t seed)
{
	struct mixed_walk walk;

	if (!mixed_walk_draw(&walk, party, n_parties, seed, STEPS))
		fail_msg("these implementations have no suite in common");
	must_hold(&walk);
}

static void walk_all(const struct mixed_party *party, size_t n_parties, size_t n)
{
	for (uint64_t seed = first_seed; seed < first_seed + n; seed++)
		walk(party, n_parties, seed);
}

static void members_on_two_libraries_agree(void **state)
{
	static const struct mixed_party both[] = {
		{&gb_backend_mls, {NULL, NULL}},
		{&gb_backend_mls, {"crypto", "sodium"}},
	};

	(void)state;
	walk_all(both, 2, (n_walks + 4) / 5);
}

static void members_in_two_worlds_agree(void **state)
{
	static const struct mixed_party both[] = {
		{&gb_backend_mls, {NULL, NULL}},
		{&gb_backend_mls, {NULL, NULL}},
	};

	(void)state;
	walk_all(both, 2, (n_walks + 4) / 5);
}

static void need_peers(void)
{
	if (n_peers > 0)
		return;
	print_message("no plugins of other implementations: make peers builds them\n");
	skip();
}

/* Of walks that a known fault of a peer has ended. */
static void tell_cut(void)
{
	if (mixed_walks_cut > 0)
		print_message("%zu walks so far ended at a known fault of a peer\n",
			      mixed_walks_cut);
}

/* One walk after the other with the next peer, in the suites that this one has. */
static void members_on_each_pair_agree(void **state)
{
	(void)state;
	need_peers();
	for (uint64_t seed = first_seed; seed < first_seed + n_walks; seed++) {
		const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}},
						   peers[seed % n_peers]};

		walk(pair, 2, seed);
	}
	tell_cut();
}

/* Parties in shared objects, and in one walk of ten those in processes too, which take ten times
 * as long. */
static size_t list_parties(struct mixed_party all[MIXED_PARTIES], uint64_t seed)
{
	size_t n = 0;

	all[n++] = (struct mixed_party){&gb_backend_mls, {NULL, NULL}};
	for (size_t i = 0; i < n_peers; i++)
		if (seed % 10 == 0 || (peers[i].backend->features & GB_REMOTE) == 0)
			all[n++] = peers[i];
	return n;
}

static void members_on_all_at_once_agree(void **state)
{
	struct mixed_party all[MIXED_PARTIES];

	(void)state;
	need_peers();
	for (uint64_t seed = first_seed; seed < first_seed + n_walks; seed++)
		walk(all, list_parties(all, seed), seed);
	tell_cut();
}

/* Then the root is blank and on nobody's filtered direct path. The committer is on either side. */
static void members_agree_where_the_left_half_is_blank(void **state)
{
	const struct mixed_op remove_both = {MIXED_REMOVE, 2, 8, 1};

	(void)state;
	need_peers();
	for (size_t i = 0; i < 2 * n_peers; i++) {
		const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}}, peers[i / 2]};
		const size_t was_cut = mixed_walks_cut;
		struct mixed_walk walk;

		assert_true(mixed_walk_draw(&walk, pair, 2, first_seed, 1));
		walk.first_home = i % 2;
		walk.founders = 3;
		walk.op[0] = remove_both;
		must_hold(&walk);
		assert_int_equal(mixed_walks_cut - was_cut,
				 strcmp(peers[i / 2].backend->name, "ts-mls") == 0);
	}
}

/*
 * The way into groups that are too large for a peer to make: mls/ makes a tree of any shape, peers
 * join by Welcome, which has them verify all of it, and act there like everybody.
 */
static void join_shapes(uint32_t size, size_t n_seeds)
{
	static const char *const trees[] = {"cold", "full", "grown", "halfblank", "churned:100"};
	const size_t n_trees = sizeof(trees) / sizeof(trees[0]);

	for (size_t i = 0; i < n_trees * n_seeds; i++) {
		const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}},
						   peers[i / n_trees % n_peers]};
		struct mixed_walk walk;

		assert_true(mixed_walk_draw(&walk, pair, 2, first_seed + i, SHAPED_STEPS));
		walk.tree = trees[i % n_trees];
		walk.size = size;
		walk.founders = 2;
		walk.first_home = 1; /* the peer joins first */
		must_hold(&walk);
	}
	tell_cut();
}

static void peers_join_every_shape_and_act(void **state)
{
	(void)state;
	need_peers();
	join_shapes(100, n_peers);
}

static void peers_join_a_thousand_of_every_shape(void **state)
{
	(void)state;
	need_peers();
	if (n_walks < SOAK) {
		print_message("left to make soak\n");
		skip();
	}
	join_shapes(1000, n_peers);
}

/* A member that lies is found, and by how few steps is printed. */
static void liars_are_found_in_few_steps(void **state)
{
	static const enum mutant_id liars[] = {MUTANT_mls_idle, MUTANT_mls_constant,
					       MUTANT_mls_reusing, MUTANT_mls_unserved,
					       MUTANT_mls_leaky};
	char why[400];
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i += test_stride(3)) {
		const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}},
						   {&mutants[liars[i]].backend, {NULL, NULL}}};
		struct mixed_walk walk;
		uint64_t seed = 0;

		/* One walk need not have what shows a lie: a removal of somebody who lies. */
		do
			assert_true(mixed_walk_draw(&walk, pair, 2, ++seed, STEPS));
		while (mixed_walk_holds(&walk, &at, why, NULL) && seed < 4);
		if (mixed_walk_holds(&walk, &at, why, NULL))
			fail_msg("%s is not found", pair[1].backend->name);
		mixed_walk_shrink(&walk);
		assert_false(mixed_walk_holds(&walk, &at, why, NULL));
		assert_int_equal(at, walk.n_ops);
		if (walk.n_ops > 5)
			fail_msg("%s: %zu steps, want at most 5", pair[1].backend->name,
				 walk.n_ops);
	}
}

static enum gb_status rekey_without_psk(struct gb_world *w, uint32_t device, struct gb_bytes id,
					struct gb_outbox *out)
{
	(void)id;
	return gb_backend_mls.rekey(w, device, out);
}

/* Everybody would follow it and agree, but for the member that has no PSK. */
static void who_leaves_out_the_psk_is_found(void **state)
{
	struct gb_backend liar = gb_backend_mls;
	const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}}, {&liar, {NULL, NULL}}};
	struct mixed_walk walk;
	char why[400];
	size_t at;

	(void)state;
	liar.commit_psk = rekey_without_psk;
	assert_true(mixed_walk_draw(&walk, pair, 2, 1, STEPS));
	walk.private_handshake = false;
	assert_false(mixed_walk_holds(&walk, &at, why, NULL));
	assert_non_null(strstr(why, "takes in a commit with a PSK that it lacks"));
	assert_int_equal(walk.op[at - 1].kind, MIXED_PSK);
}

/* Who follows agrees with it all the same. */
static void who_leaves_out_the_resumption_psk_is_found(void **state)
{
	struct gb_backend liar = gb_backend_mls;
	const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}}, {&liar, {NULL, NULL}}};
	struct mixed_walk walk;
	char why[400];
	size_t at;

	(void)state;
	liar.commit_resumption = gb_backend_mls.rekey;
	assert_true(mixed_walk_draw(&walk, pair, 2, 1, STEPS));
	walk.private_handshake = false;
	assert_false(mixed_walk_holds(&walk, &at, why, NULL));
	assert_non_null(strstr(why, "commits without the resumption PSK"));
	assert_int_equal(walk.op[at - 1].kind, MIXED_RESUME);
}

static void who_goes_on_in_a_group_that_was_shut_down_is_found(void **state)
{
	struct gb_backend liar = gb_backend_mls;
	const struct mixed_party pair[] = {{&gb_backend_mls, {NULL, NULL}}, {&liar, {NULL, NULL}}};
	struct mixed_walk walk;
	char why[400];
	size_t at;

	(void)state;
	liar.reinit = gb_backend_mls.rekey;
	assert_true(mixed_walk_draw(&walk, pair, 2, 1, STEPS));
	assert_false(mixed_walk_holds(&walk, &at, why, NULL));
	assert_non_null(strstr(why, "sends in a group that was shut down"));
	assert_int_equal(walk.op[at - 1].kind, MIXED_REINIT);
}

/* A process of Node has its module for a name. */
static void load_peer(const char *file, char why[400])
{
	size_t len = strlen(file);
	char command[400];

	snprintf(command, sizeof(command), "%s%s",
		 len > 4 && strcmp(file + len - 4, ".mjs") == 0 ? "node " : "", file);
	(void)gb_plugin_load(command, why, 400);
}

/* Plugins of other protocols stay aside. What cannot be loaded is a failure, not a peer less. */
static int load_peers(void **state)
{
	const char *pattern = getenv("GB_PEERS");
	char why[400] = "";
	glob_t found;

	(void)state;
	(void)glob(pattern ? pattern : "build/peers/rust/*.so", 0, NULL, &found);
	if (!pattern)
		(void)glob("build/peers/node/ts-mls.mjs", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && why[0] == '\0'; i++)
		load_peer(found.gl_pathv[i], why);
	globfree(&found);
	if (why[0] != '\0')
		print_error("%s\n", why);
	for (size_t i = 0; gb_plugin_at(i) != NULL && n_peers + 1 < MIXED_PARTIES; i++) {
		const char *reason;

		if (gb_plugin_at(i)->axis("handshake", "public", &reason) == GB_HONOURED)
			peers[n_peers++].backend = gb_plugin_at(i);
	}
	return why[0] == '\0' ? 0 : -1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_in_two_worlds_agree),
		cmocka_unit_test(members_on_two_libraries_agree),
		cmocka_unit_test(liars_are_found_in_few_steps),
		cmocka_unit_test(who_leaves_out_the_psk_is_found),
		cmocka_unit_test(who_leaves_out_the_resumption_psk_is_found),
		cmocka_unit_test(who_goes_on_in_a_group_that_was_shut_down_is_found),
		cmocka_unit_test(members_on_each_pair_agree),
		cmocka_unit_test(members_on_all_at_once_agree),
		cmocka_unit_test(members_agree_where_the_left_half_is_blank),
		cmocka_unit_test(peers_join_every_shape_and_act),
		cmocka_unit_test(peers_join_a_thousand_of_every_shape),
	};

	n_walks = argc > 1 ? strtoul(argv[1], NULL, 10) : 50 / test_stride(10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, load_peers, NULL);
}
