/* Each primitive is called as often as RFC 9420 makes unavoidable, at every role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"
#include "shapes.h"
#include "sizes.h"

static const uint32_t group_sizes[] = {2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 100, 128, 129};

/* Member 0 acts; member 1 is near, the last one far; a client is ready to join. */
struct roles {
	struct shape_world s;
	uint32_t n;
	struct mls_client *client[4];
	struct mls_group *actor, *near, *far;
	struct size_tree tree;
	struct mls_buf commit, welcome, key_package;
	struct mls_counts before;
};

enum { ACTOR, NEAR, FAR, JOINER };

static void roles_begin(struct roles *r, enum mls_probe_shape shape, uint32_t n)
{
	const uint32_t live[] = {0, 1, n - 1};
	struct mls_group *group[3];
	const size_t n_live = n == 2 ? 2 : 3;

	*r = (struct roles){.n = n};
	shape_world_begin(&r->s, 1, 3);
	for (size_t i = 0; i < n_live; i++)
		r->client[i] = shape_client(&r->s, live[i]);
	shape_groups(&r->s, &(struct shape_story){.shape = shape, .size = n}, live, r->client,
		     group, n_live);
	r->actor = group[0];
	r->near = group[1];
	r->far = n == 2 ? NULL : group[2];
	r->client[JOINER] = shape_client(&r->s, n);
	shape_publish(&r->s, r->client[JOINER], n, &r->key_package, true);
	size_tree_leaves(&r->tree, n);
	size_tree_commit(&r->tree, 0);
	for (uint32_t leaf = 0; shape == MLS_PROBE_FULL && leaf < n; leaf++)
		size_tree_commit(&r->tree, leaf);
}

static void roles_end(struct roles *r)
{
	mls_group_free(r->actor);
	mls_group_free(r->near);
	mls_group_free(r->far);
	for (size_t i = 0; i < 4; i++)
		mls_client_free(r->client[i]);
	mls_buf_free(&r->commit);
	mls_buf_free(&r->welcome);
	mls_buf_free(&r->key_package);
	shape_world_end(&r->s);
}

static void start(struct roles *r)
{
	mls_probe_counts(r->s.first, &r->before);
}

/* What public-key work an operation is allowed, and must do. */
struct work {
	uint64_t sign, verify, keygen, dh, seal, open;
};

static void expect_work(struct roles *r, const char *what, struct work want)
{
	struct mls_counts now;
	struct work got;

	mls_probe_counts(r->s.first, &now);
	got = (struct work){
		now.sign - r->before.sign,           now.verify - r->before.verify,
		now.keygen - r->before.keygen,       now.dh - r->before.dh,
		now.hpke_seal - r->before.hpke_seal, now.hpke_open - r->before.hpke_open};
	if (memcmp(&got, &want, sizeof(got)) != 0)
		fail_msg("%s, %u members: %u S %u V %u K %u D %u seals %u opens, "
			 "want %u S %u V %u K %u D %u seals %u opens",
			 what, (unsigned)r->n, (unsigned)got.sign, (unsigned)got.verify,
			 (unsigned)got.keygen, (unsigned)got.dh, (unsigned)got.seal,
			 (unsigned)got.open, (unsigned)want.sign, (unsigned)want.verify,
			 (unsigned)want.keygen, (unsigned)want.dh, (unsigned)want.seal,
			 (unsigned)want.open);
}

/* The commit of the actor, counted; it stays pending. */
static void commit(struct roles *r, const char *what, const struct mls_commit_request *request,
		   struct work want)
{
	const struct mls_commit_output output = {.commit = &r->commit, .welcome = &r->welcome};

	r->commit.len = r->welcome.len = 0;
	start(r);
	OK(mls_group_commit(r->actor, &output, request));
	expect_work(r, what, want);
}

/* A member takes the commit in; its group stays as it was, the work is done on a fork. */
static void process(struct roles *r, const char *what, struct mls_client *client,
		    const struct mls_group *group, struct work want)
{
	struct mls_group *fork;
	struct mls_event event;

	OK(mls_probe_group_fork(client, &fork, group));
	start(r);
	OK(mls_group_receive(fork, &event, bytes_of(&r->commit)));
	expect_work(r, what, want);
	mls_group_free(fork);
}

static void process_everywhere(struct roles *r, const char *what, const struct size_tree *tree,
			       uint64_t verify, bool has_path)
{
	struct work want = {.verify = verify, .dh = has_path, .open = has_path};

	want.keygen = has_path ? size_shared_nodes(tree, 0, 1) : 0;
	process(r, what, r->client[NEAR], r->near, want);
	if (!r->far)
		return;
	want.keygen = has_path ? size_shared_nodes(tree, 0, r->n - 1) : 0;
	process(r, what, r->client[FAR], r->far, want);
}

/* Completing the own commit costs no public-key operation. */
static void settle(struct roles *r)
{
	struct mls_group *fork;
	struct mls_event event;

	OK(mls_probe_group_fork(r->client[ACTOR], &fork, r->actor));
	start(r);
	OK(mls_group_receive(fork, &event, bytes_of(&r->commit)));
	assert_int_equal(event.type, MLS_EVENT_OWN_COMMIT);
	expect_work(r, "settle", (struct work){0});
	mls_group_free(fork);
	mls_group_discard(r->actor);
}

static void rekey(struct roles *r)
{
	const uint64_t seals = size_ciphertexts(&r->tree, 0);
	const uint64_t nodes = size_path_nodes(&r->tree, 0);

	commit(r, "rekey", &(struct mls_commit_request){0},
	       (struct work){.sign = 2, .keygen = nodes + 1 + seals, .dh = seals, .seal = seals});
	process_everywhere(r, "process rekey", &r->tree, 2, true);
	settle(r);
}

static void remove_one(struct roles *r)
{
	const uint32_t leaving = r->n / 2;
	struct size_tree tree = r->tree;
	uint64_t seals;

	if (r->n < 8)
		return; /* the roles would coincide with who is removed */
	size_tree_remove(&tree, leaving);
	seals = size_ciphertexts(&tree, 0);
	commit(r, "remove", &(struct mls_commit_request){.remove = &leaving, .n_remove = 1},
	       (struct work){.sign = 2,
			     .keygen = size_path_nodes(&tree, 0) + 1 + seals,
			     .dh = seals,
			     .seal = seals});
	process_everywhere(r, "process remove", &tree, 2, true);
	settle(r);
}

static void join(struct roles *r, const struct size_tree *tree, uint32_t leaf, bool has_path)
{
	struct mls_group *group = NULL;

	start(r);
	OK(mls_group_join(r->client[JOINER], &group, bytes_of(&r->welcome), (struct mls_slice){0}));
	expect_work(r, "join",
		    (struct work){.verify = r->n + 1 + 1,
				  .keygen = has_path ? size_shared_nodes(tree, 0, leaf) : 0,
				  .dh = 1,
				  .open = 1});
	mls_group_free(group);
	r->key_package.len = 0;
	shape_publish(&r->s, r->client[JOINER], r->n, &r->key_package, true);
}

static void add_one(struct roles *r, bool has_path)
{
	const struct mls_slice add = bytes_of(&r->key_package);
	struct size_tree tree = r->tree;
	const uint32_t leaf = size_tree_add(&tree);
	const uint64_t seals = 1 + (has_path ? size_ciphertexts(&tree, 0) : 0);
	const uint64_t path_keys = has_path ? size_path_nodes(&tree, 0) + 1 : 0;
	const struct mls_commit_request request = {
		.add = &add, .n_add = 1, .path_if_required = !has_path, .tree_in_welcome = true};

	commit(r, has_path ? "add" : "add without path", &request,
	       (struct work){.sign = has_path ? 3 : 2,
			     .verify = 2,
			     .keygen = path_keys + seals,
			     .dh = seals,
			     .seal = seals});
	process_everywhere(r, "process add", &tree, has_path ? 4 : 3, has_path);
	settle(r);
	join(r, &tree, leaf, has_path);
}

static void talk(struct roles *r)
{
	static const uint8_t text[256] = {0};
	struct mls_group *fork;
	struct mls_event event;

	r->commit.len = 0;
	start(r);
	OK(mls_group_protect(r->actor, &r->commit, (struct mls_slice){text, sizeof(text)},
			     (struct mls_slice){0}));
	expect_work(r, "send", (struct work){.sign = 1});
	OK(mls_probe_group_fork(r->client[NEAR], &fork, r->near));
	start(r);
	OK(mls_group_receive(fork, &event, bytes_of(&r->commit)));
	expect_work(r, "receive", (struct work){.verify = 1});
	mls_group_free(fork);
}

static void operations(enum mls_probe_shape shape)
{
	for (size_t i = 0; i < sizeof(group_sizes) / sizeof(*group_sizes); i++) {
		struct roles r;

		roles_begin(&r, shape, group_sizes[i]);
		rekey(&r);
		remove_one(&r);
		add_one(&r, true);
		add_one(&r, false);
		talk(&r);
		roles_end(&r);
	}
}

static void a_full_tree_costs_the_minimum(void **state)
{
	(void)state;
	operations(MLS_PROBE_FULL);
}

static void a_cold_tree_costs_the_minimum(void **state)
{
	(void)state;
	operations(MLS_PROBE_COLD);
}

/* Creates a group of n; what one hash more of the GroupInfo for each joiner would show. */
static void create(uint32_t n, bool has_path, bool tree_inside, struct mls_counts *spent,
		   size_t *welcome_len)
{
	static struct mls_buf package[MAX_MEMBERS];
	static struct mls_slice add[MAX_MEMBERS];
	struct mls_commit_request request = {.add = add,
					     .n_add = n - 1,
					     .path_if_required = !has_path,
					     .tree_in_welcome = tree_inside};
	struct roles r = {.n = n};
	struct size_tree tree;
	struct mls_counts now;

	shape_world_begin(&r.s, 1, 4);
	r.client[0] = shape_client(&r.s, 0);
	OK(mls_group_create(r.client[0], &r.actor, (struct mls_slice){0}, (struct mls_slice){0}));
	for (uint32_t i = 1; i < n; i++) {
		struct mls_client *other = shape_client(&r.s, i);

		package[i] = (struct mls_buf){0};
		shape_publish(&r.s, other, i, &package[i], false);
		add[i - 1] = bytes_of(&package[i]);
		mls_client_free(other);
	}
	size_tree_leaves(&tree, n);
	commit(&r, "create", &request,
	       (struct work){.sign = has_path ? 3 : 2,
			     .verify = 2 * (n - 1),
			     .keygen = n - 1 + (has_path ? size_path_nodes(&tree, 0) + 1 : 0),
			     .dh = n - 1,
			     .seal = n - 1});
	mls_probe_counts(r.s.first, &now);
	spent->hash_blocks = now.hash_blocks - r.before.hash_blocks;
	*welcome_len = r.welcome.len;
	for (uint32_t i = 1; i < n; i++)
		mls_buf_free(&package[i]);
	roles_end(&r);
}

static void creating_costs_the_minimum(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(group_sizes) / sizeof(*group_sizes); i++) {
		struct mls_counts inside, outside;
		size_t long_welcome, short_welcome;

		create(group_sizes[i], false, false, &outside, &short_welcome);
		create(group_sizes[i], true, false, &outside, &short_welcome);
		create(group_sizes[i], true, true, &inside, &long_welcome);
		/* The encrypted GroupInfo is the context of every seal and is hashed once. */
		assert_true(inside.hash_blocks - outside.hash_blocks <=
			    (long_welcome - short_welcome) / 64 + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_tree_costs_the_minimum),
		cmocka_unit_test(a_cold_tree_costs_the_minimum),
		cmocka_unit_test(creating_costs_the_minimum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
