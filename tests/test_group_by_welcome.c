/* Groups that mls/ makes for a backend that cannot: what its members then have, and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "run/group_by_welcome.h"

enum { SIZE = 37, CAPACITY = 40, ACTOR = 0, NEAR = 1, FAR = SIZE - 1 };

static const uint32_t live[] = {ACTOR, FAR, NEAR, SIZE};

/* mls as a backend that cannot shape: the other side of the wire is then known to the byte. */
static enum gb_status cannot_shape(struct gb_world *w, const struct gb_shape *shape)
{
	(void)w;
	(void)shape;
	return GB_UNSUPPORTED;
}

static enum gb_status refuses(struct gb_world *w, uint32_t device, const struct gb_message *m,
			      size_t n)
{
	(void)w;
	(void)device;
	(void)m;
	(void)n;
	return GB_REJECTED;
}

static enum gb_status disagrees(struct gb_world *w, uint32_t device, uint32_t sender,
				uint8_t out[GB_DIGEST_BYTES])
{
	(void)w;
	(void)sender;
	memset(out, (int)device, GB_DIGEST_BYTES);
	return GB_OK;
}

struct place {
	struct gb_backend backend;
	struct gb_axis axes[3];
	struct gb_config config;
	struct gb_shape shape;
	struct gb_mailbox mailbox;
	struct gb_world *world;
	char why[200];
};

static void open_place(struct place *p, const char *tree, const char *path, const char *delivery)
{
	const struct gb_mailbox_size size = {CAPACITY, (size_t)1 << 20, 64, 256};

	*p = (struct place){
		.backend = gb_backend_mls,
		.axes = {{"tree", tree}, {"path", path}, {"tree_delivery", delivery}},
		.config = {sizeof(p->config), 7, CAPACITY, p->axes, 3},
		.shape = {.struct_size = sizeof(p->shape), .size = SIZE, .joiners = 1},
	};
	p->backend.shape = cannot_shape;
	p->shape.live = live;
	p->shape.n_live = sizeof(live) / sizeof(live[0]);
	p->shape.actors = live;
	p->shape.n_actors = 1;
	assert_int_equal(gb_mailbox_open(&p->mailbox, &size), 0);
	for (size_t i = 0; i < p->shape.n_live; i++)
		p->mailbox.listening[live[i]] = true;
	assert_int_equal(gb_backend_mls.open(&p->world, &p->config), GB_OK);
}

static void close_place(struct place *p)
{
	gb_backend_mls.close(p->world);
	gb_mailbox_close(&p->mailbox);
}

static struct gb_group_by_welcome by_welcome(struct place *p)
{
	return (struct gb_group_by_welcome){&p->backend, p->world, &p->config, &p->shape,
					    &p->mailbox};
}

static enum gb_status make(struct place *p)
{
	const struct gb_group_by_welcome g = by_welcome(p);

	return gb_group_by_welcome_make(&g, p->why, sizeof(p->why));
}

/* A commit of the actor, which the others follow: its primitives are those of the full tree. */
static struct gb_counts cost_of_a_commit(struct place *p)
{
	const struct gb_backend *b = &gb_backend_mls;
	struct gb_counts before, after;
	uint8_t actor[GB_DIGEST_BYTES], other[GB_DIGEST_BYTES];

	p->mailbox.group_size = SIZE;
	p->mailbox.sender = ACTOR;
	assert_int_equal(b->counts(p->world, &before), GB_OK);
	assert_int_equal(b->rekey(p->world, ACTOR, &p->mailbox.outbox), GB_OK);
	assert_int_equal(b->counts(p->world, &after), GB_OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(b->process(p->world, live[i], &p->mailbox.kept[0]), GB_OK);
	assert_int_equal(b->digest(p->world, ACTOR, ACTOR, actor), GB_OK);
	assert_int_equal(b->digest(p->world, FAR, ACTOR, other), GB_OK);
	assert_memory_equal(actor, other, sizeof(actor));
	after.hpke_seal -= before.hpke_seal;
	after.keygen -= before.keygen;
	after.dh -= before.dh;
	return after;
}

static void check_full(const char *path, const char *delivery)
{
	struct gb_counts shaped, welcomed;
	struct place p;

	open_place(&p, "full", path, delivery);
	assert_int_equal(gb_backend_mls.shape(p.world, &p.shape), GB_OK);
	shaped = cost_of_a_commit(&p);
	close_place(&p);

	open_place(&p, "full", path, delivery);
	assert_int_equal(make(&p), GB_OK);
	assert_int_equal(p.mailbox.n_kept, 0);
	welcomed = cost_of_a_commit(&p);
	close_place(&p);

	assert_true(shaped.hpke_seal > 0);
	assert_int_equal(welcomed.hpke_seal, shaped.hpke_seal);
	assert_int_equal(welcomed.keygen, shaped.keygen);
	assert_int_equal(welcomed.dh, shaped.dh);
}

static void the_tree_is_full(void **state)
{
	(void)state;
	check_full("yes", "welcome");
	check_full("no", "fetched");
}

static void what_one_side_refuses_is_a_failure(void **state)
{
	struct place p;

	(void)state;
	open_place(&p, "full", "yes", "welcome");
	p.backend.join = refuses;
	assert_int_equal(make(&p), GB_FAILED);
	assert_non_null(strstr(p.why, "joining"));
	close_place(&p);

	open_place(&p, "full", "yes", "welcome");
	p.backend.digest = disagrees;
	assert_int_equal(make(&p), GB_FAILED);
	assert_non_null(strstr(p.why, "disagrees with mls on the epoch"));
	close_place(&p);
}

static void one_member_is_left_for_mls(void **state)
{
	static const uint32_t both[] = {0, 1};
	struct place p;

	(void)state;
	open_place(&p, "full", "yes", "welcome");
	p.shape.size = 2;
	p.shape.live = both;
	p.shape.n_live = 2;
	assert_int_equal(make(&p), GB_UNSUPPORTED);
	assert_non_null(strstr(p.why, "every member is live"));
	close_place(&p);
}

static void only_full_trees_of_mls_are_made(void **state)
{
	struct gb_group_by_welcome g;
	struct place p;

	(void)state;
	open_place(&p, "cold", "yes", "welcome");
	g = by_welcome(&p);
	assert_false(gb_group_by_welcome_is_possible(&g));
	p.axes[0].value = "full";
	assert_true(gb_group_by_welcome_is_possible(&g));
	p.shape.without_group = 1;
	assert_false(gb_group_by_welcome_is_possible(&g));
	p.shape.without_group = 0;
	g.backend = &gb_backend_megolm;
	assert_false(gb_group_by_welcome_is_possible(&g));
	close_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_is_full),
		cmocka_unit_test(what_one_side_refuses_is_a_failure),
		cmocka_unit_test(one_member_is_left_for_mls),
		cmocka_unit_test(only_full_trees_of_mls_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
