/* The size of every message, exactly as the wire formats give it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "members.h"
#include "shapes.h"
#include "sizes.h"
#include "stride.h"

static const uint32_t group_sizes[] = {2,  3,  4,  5,  6,  7,  8,  9,   10,  15,  16,
				       17, 31, 32, 33, 50, 64, 65, 100, 128, 129, 130};
static const enum mls_probe_shape shapes[] = {MLS_PROBE_COLD, MLS_PROBE_COLD_NO_PATH,
					      MLS_PROBE_FULL};

#define EXPECT(what, n, got, want)                                                                 \
	do {                                                                                       \
		const size_t got_ = (got), want_ = (want);                                         \
		if (got_ != want_)                                                                 \
			fail_msg("%s, %u members: %zu bytes, want %zu", (what), (unsigned)(n),     \
				 got_, want_);                                                     \
	} while (0)

/* First and last member of a made group, and the model of its tree. */
struct pair {
	struct shape_world s;
	uint32_t n;
	struct mls_client *client[2];
	struct mls_group *group[2];
	struct size_tree tree;
	struct mls_buf commit, welcome, ratchet_tree, joiner;
};

static void model(struct size_tree *t, enum mls_probe_shape shape, uint32_t n)
{
	size_tree_leaves(t, n);
	if (shape != MLS_PROBE_COLD_NO_PATH)
		size_tree_commit(t, 0);
	for (uint32_t leaf = 0; shape == MLS_PROBE_FULL && leaf < n; leaf++)
		size_tree_commit(t, leaf);
}

static void pair_begin(struct pair *p, enum mls_probe_shape shape, uint32_t n)
{
	const uint32_t live[] = {0, n - 1};
	struct mls_client *joiner;

	*p = (struct pair){.n = n};
	shape_world_begin(&p->s, 1, 1);
	for (size_t i = 0; i < 2; i++)
		p->client[i] = shape_client(&p->s, live[i]);
	shape_groups(&p->s, &(struct shape_story){.shape = shape, .size = n}, live, p->client,
		     p->group, 2);
	model(&p->tree, shape, n);
	joiner = shape_client(&p->s, n);
	shape_publish(&p->s, joiner, n, &p->joiner, false);
	mls_client_free(joiner);
}

static void pair_end(struct pair *p)
{
	for (size_t i = 0; i < 2; i++) {
		mls_group_free(p->group[i]);
		mls_client_free(p->client[i]);
	}
	mls_buf_free(&p->commit);
	mls_buf_free(&p->welcome);
	mls_buf_free(&p->ratchet_tree);
	mls_buf_free(&p->joiner);
	shape_world_end(&p->s);
}

static void commit(struct pair *p, size_t who, const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {&p->commit, &p->welcome, &p->ratchet_tree};

	p->commit.len = p->welcome.len = p->ratchet_tree.len = 0;
	OK(mls_group_commit(p->group[who], &output, request));
	mls_group_discard(p->group[who]);
}

static void updates(struct pair *p)
{
	const struct mls_commit_request private = {.handshake = MLS_HANDSHAKE_PRIVATE};
	const uint32_t leaf[] = {0, p->n - 1};

	for (size_t who = 0; who < 2; who++) {
		const size_t path = size_update_path(&p->tree, leaf[who]);

		commit(p, who, &(struct mls_commit_request){0});
		EXPECT("update, public", p->n, p->commit.len, size_public_commit(0, path));
		assert_int_equal(p->welcome.len, 0);
		commit(p, who, &private);
		EXPECT("update, private", p->n, p->commit.len, size_private_commit(0, path));
	}
}

static void adds(struct pair *p)
{
	const struct mls_slice add = bytes_of(&p->joiner);
	struct mls_commit_request request = {.add = &add, .n_add = 1, .tree_in_welcome = true};
	struct size_tree t = p->tree;

	size_tree_add(&t);
	EXPECT("key package", p->n, p->joiner.len, size_key_package_message());
	request.path_if_required = true;
	commit(p, 0, &request);
	EXPECT("add, no path", p->n, p->commit.len, size_public_commit(size_add(), 0));
	EXPECT("add, no path: tree", p->n, p->ratchet_tree.len, size_ratchet_tree(&t));
	EXPECT("add, no path: welcome", p->n, p->welcome.len, size_welcome(1, false, &t));
	request.path_if_required = false;
	commit(p, 0, &request);
	EXPECT("add", p->n, p->commit.len, size_public_commit(size_add(), size_update_path(&t, 0)));
	size_tree_commit(&t, 0);
	EXPECT("add: tree", p->n, p->ratchet_tree.len, size_ratchet_tree(&t));
	EXPECT("add: welcome", p->n, p->welcome.len, size_welcome(1, true, &t));
	request.tree_in_welcome = false;
	commit(p, 0, &request);
	EXPECT("add: welcome without tree", p->n, p->welcome.len, size_welcome(1, true, NULL));
}

static void removes(struct pair *p)
{
	const uint32_t last = p->n - 1;
	struct size_tree t = p->tree;

	size_tree_remove(&t, last);
	commit(p, 0, &(struct mls_commit_request){.remove = &last, .n_remove = 1});
	EXPECT("remove", p->n, p->commit.len,
	       size_public_commit(SIZE_REMOVE, size_update_path(&t, 0)));
	size_tree_commit(&t, 0);
	EXPECT("remove: tree", p->n, p->ratchet_tree.len, size_ratchet_tree(&t));
}

static void messages_to_outside(struct pair *p)
{
	const struct mls_group_info_request request = {.ratchet_tree = true, .external_pub = true};

	p->commit.len = p->ratchet_tree.len = 0;
	OK(mls_group_ratchet_tree(p->group[0], &p->ratchet_tree));
	EXPECT("tree", p->n, p->ratchet_tree.len, size_ratchet_tree(&p->tree));
	OK(mls_group_info(p->group[1], &p->commit, &request));
	EXPECT("group info", p->n, p->commit.len, size_group_info_message(&p->tree));
}

static void operations_have_the_sizes_of_the_wire_format(void **state)
{
	(void)state;
	for (size_t shape = 0; shape < sizeof(shapes) / sizeof(*shapes); shape++) {
		for (size_t i = 0; i < sizeof(group_sizes) / sizeof(*group_sizes);
		     i += test_stride(4)) {
			struct pair p;

			pair_begin(&p, shapes[shape], group_sizes[i]);
			updates(&p);
			adds(&p);
			removes(&p);
			messages_to_outside(&p);
			pair_end(&p);
		}
	}
}

static void create(uint32_t n, bool has_path, enum mls_handshake handshake)
{
	static struct mls_slice add[MAX_MEMBERS];
	struct mls_commit_request request = {.add = add,
					     .n_add = n - 1,
					     .path_if_required = !has_path,
					     .tree_in_welcome = true,
					     .handshake = handshake};
	const size_t adds_len = (n - 1) * size_add();
	struct size_tree t;
	struct pair p = {.n = n};
	size_t path = 0;

	shape_world_begin(&p.s, 1, 2);
	p.client[0] = shape_client(&p.s, 0);
	OK(mls_group_create(
		p.client[0], &p.group[0],
		(struct mls_slice){(const uint8_t *)"0123456789abcdef0123456789abcdef", 32},
		(struct mls_slice){0}));
	for (uint32_t i = 1; i < n; i++) {
		struct mls_client *other = shape_client(&p.s, i);

		shape_publish(&p.s, other, i, &p.joiner, false);
		mls_client_free(other);
	}
	for (uint32_t i = 1; i < n; i++)
		add[i - 1] = (struct mls_slice){p.joiner.p + (i - 1) * size_key_package_message(),
						size_key_package_message()};
	size_tree_leaves(&t, n);
	for (uint32_t leaf = 1; leaf < n; leaf++)
		t.is_new[leaf] = true;
	if (has_path) {
		path = size_update_path(&t, 0);
		size_tree_commit(&t, 0);
	}
	commit(&p, 0, &request);
	EXPECT("create", n, p.commit.len,
	       handshake == MLS_HANDSHAKE_PUBLIC ? size_public_commit(adds_len, path)
						 : size_private_commit(adds_len, path));
	EXPECT("create: tree", n, p.ratchet_tree.len, size_ratchet_tree(&t));
	EXPECT("create: welcome", n, p.welcome.len, size_welcome(n - 1, has_path, &t));
	request.tree_in_welcome = false;
	commit(&p, 0, &request);
	EXPECT("create: welcome without tree", n, p.welcome.len,
	       size_welcome(n - 1, has_path, NULL));
	pair_end(&p);
}

static void creating_has_the_sizes_of_the_wire_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(group_sizes) / sizeof(*group_sizes); i += test_stride(4)) {
		create(group_sizes[i], true, MLS_HANDSHAKE_PUBLIC);
		create(group_sizes[i], true, MLS_HANDSHAKE_PRIVATE);
		create(group_sizes[i], false, MLS_HANDSHAKE_PUBLIC);
	}
}

static void application_messages_have_the_sizes_of_the_wire_format(void **state)
{
	static const size_t payloads[] = {0, 16, 32, 63, 64, 100, 1024, 4096, 16383, 16384, 65536};
	uint8_t *text = calloc(1, 65536);
	struct pair p;

	(void)state;
	assert_non_null(text);
	pair_begin(&p, MLS_PROBE_COLD, 3);
	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
		p.commit.len = 0;
		OK(mls_group_protect(p.group[0], &p.commit, (struct mls_slice){text, payloads[i]},
				     (struct mls_slice){0}));
		EXPECT("application message", payloads[i], p.commit.len,
		       size_application_message(payloads[i]));
	}
	pair_end(&p);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations_have_the_sizes_of_the_wire_format),
		cmocka_unit_test(creating_has_the_sizes_of_the_wire_format),
		cmocka_unit_test(application_messages_have_the_sizes_of_the_wire_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
