/* mls/ on several threads: the same bytes, the same counts and the same errors as on one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#include "client.h"
#include "crypto_work.h"
#include "members.h"
#include "shapes.h"
#include "tree_members.h"
#include "tree_validate.h"

/* More leaves than one piece of a tree has. */
enum { N = 600 };

static const unsigned numbers[] = {1, 2, 4};
static const struct mls_slice nothing = {0};

/* ---- what comes out ---- */

/* What a group of N produces from one seed, and what it counted. */
struct outcome {
	struct mls_buf commit, welcome, tree, rekey;
	struct mls_counts counts;
};

static void outcome_free(struct outcome *o)
{
	mls_buf_free(&o->commit);
	mls_buf_free(&o->welcome);
	mls_buf_free(&o->tree);
	mls_buf_free(&o->rekey);
}

static void create(struct outcome *o, struct shape_world *w, struct mls_group **group,
		   struct mls_client *creator, struct mls_client *joiner)
{
	static struct mls_slice packages[N - 1];
	static struct mls_buf bytes[N - 1];
	struct mls_commit_request request = {.add = packages, .n_add = N - 1};
	struct mls_commit_output output = {&o->commit, &o->welcome, &o->tree};

	for (uint32_t i = 0; i < N - 1; i++) {
		struct mls_client *client = i ? shape_client(w, i + 1) : joiner;

		shape_publish(w, client, i + 1, &bytes[i], i == 0);
		packages[i] = bytes_of(&bytes[i]);
		if (i)
			mls_client_free(client);
	}
	OK(mls_group_create(creator, group, nothing, nothing));
	OK(mls_group_commit(*group, &output, &request));
	OK(mls_group_merge(*group));
	for (uint32_t i = 0; i < N - 1; i++)
		mls_buf_free(&bytes[i]);
}

/* A member creates the group, another joins it and commits in its cold tree. */
static void play(struct outcome *o, unsigned n_threads)
{
	struct mls_commit_output output = {.commit = &o->rekey};
	struct mls_client *creator, *joiner;
	struct mls_group *at_creator = NULL, *at_joiner = NULL;
	struct shape_world w;
	struct mls_event event;

	*o = (struct outcome){0};
	shape_world_begin(&w, 1, 11);
	OK(mls_crypto_set_threads(w.first->crypto, n_threads));
	creator = shape_client(&w, 0);
	joiner = shape_client(&w, 1);
	create(o, &w, &at_creator, creator, joiner);
	OK(mls_group_join(joiner, &at_joiner, bytes_of(&o->welcome), bytes_of(&o->tree)));
	OK(mls_group_commit(at_joiner, &output, &(struct mls_commit_request){0}));
	OK(mls_group_receive(at_creator, &event, bytes_of(&o->rekey)));
	mls_probe_counts(w.first, &o->counts);
	mls_group_free(at_creator);
	mls_group_free(at_joiner);
	mls_client_free(creator);
	mls_client_free(joiner);
	shape_world_end(&w);
}

static void expect_same(const struct mls_buf *got, const struct mls_buf *want)
{
	assert_int_equal(got->len, want->len);
	assert_memory_equal(got->p, want->p, want->len);
}

static void bytes_and_counts_do_not_depend_on_the_threads(void **state)
{
	struct outcome want, got;

	(void)state;
	play(&want, 0);
	for (size_t i = 0; i < MLS_N(numbers); i++) {
		play(&got, numbers[i]);
		expect_same(&got.commit, &want.commit);
		expect_same(&got.welcome, &want.welcome);
		expect_same(&got.tree, &want.tree);
		expect_same(&got.rekey, &want.rekey);
#define SAME(name, sentence) assert_int_equal(got.counts.name, want.counts.name);
		MLS_COUNTS(SAME)
#undef SAME
		outcome_free(&got);
	}
	outcome_free(&want);
}

/* ---- work that fails ---- */

struct failing {
	size_t at[2];
	enum mls_err with[2];
	uint8_t done[N];
};

static enum mls_err fail_at(void *state, struct mls_crypto *crypto, size_t i)
{
	struct failing *f = state;

	crypto->counts.hash++;
	f->done[i]++;
	if (i == f->at[0])
		return f->with[0];
	return i == f->at[1] ? f->with[1] : MLS_OK;
}

static void the_first_that_fails_is_the_error(void **state)
{
	struct mls_crypto *crypto = test_crypto(1);
	struct failing f;
	const struct mls_work work = {fail_at, &f, 3};
	size_t failed;

	(void)state;
	for (size_t t = 0; t < MLS_N(numbers); t++) {
		assert_int_equal(mls_crypto_set_threads(crypto, numbers[t]), MLS_OK);
		for (size_t first = 0; first < N - 1; first += 7) {
			f = (struct failing){.at = {first, first + 1 + first % 5},
					     .with = {MLS_ERR_SIGNATURE, MLS_ERR_NOMEM}};
			assert_int_equal(mls_work_run(crypto, &work, N, &failed), f.with[0]);
			assert_int_equal(failed, first);
			for (size_t i = 0; i <= first; i++)
				assert_int_equal(f.done[i], 1);
		}
		f = (struct failing){.at = {N, N}};
		crypto->counts.hash = 0;
		assert_int_equal(mls_work_run(crypto, &work, N, &failed), MLS_OK);
		assert_int_equal(failed, N);
		assert_int_equal(crypto->counts.hash, N);
	}
	assert_int_equal(mls_crypto_set_threads(crypto, MLS_MAX_THREADS + 1), MLS_ERR_USAGE);
	mls_crypto_free(crypto);
}

/* Two things that fail at the same moment, and one of them says so later. */
struct failing_together {
	pthread_barrier_t both;
	size_t late;
};

static enum mls_err fail_together(void *state, struct mls_crypto *crypto, size_t i)
{
	struct failing_together *f = state;

	(void)crypto;
	pthread_barrier_wait(&f->both);
	if (i == f->late)
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	return i ? MLS_ERR_NOMEM : MLS_ERR_SIGNATURE;
}

static void which_of_two_comes_first_does_not_matter(void **state)
{
	struct mls_crypto *crypto = test_crypto(1);
	struct failing_together f;
	const struct mls_work work = {fail_together, &f, 1};
	size_t failed = 2;

	(void)state;
	assert_int_equal(mls_crypto_set_threads(crypto, 2), MLS_OK);
	assert_int_equal(pthread_barrier_init(&f.both, NULL, 2), 0);
	for (f.late = 0; f.late < 2; f.late++) {
		assert_int_equal(mls_work_run(crypto, &work, 2, &failed), MLS_ERR_SIGNATURE);
		assert_int_equal(failed, 0);
	}
	pthread_barrier_destroy(&f.both);
	mls_crypto_free(crypto);
}

/* Two things for two threads, which wait for each other, so that each has one. */
struct drawing {
	pthread_barrier_t both;
	struct mls_crypto *caller;
};

static enum mls_err draw(void *state, struct mls_crypto *crypto, size_t i)
{
	struct drawing *d = state;
	uint8_t byte;
	enum mls_err err = mls_random_bytes(crypto, &byte, 1);

	(void)i;
	pthread_barrier_wait(&d->both);
	return err == (crypto == d->caller ? MLS_OK : MLS_ERR_RANDOM) ? MLS_OK : MLS_ERR_USAGE;
}

/* Or the bytes would be those of whoever came first. */
static void helpers_draw_no_randomness(void **state)
{
	struct drawing d = {.caller = test_crypto(1)};
	const struct mls_work work = {draw, &d, 1};
	size_t failed;

	(void)state;
	assert_int_equal(mls_crypto_set_threads(d.caller, 2), MLS_OK);
	assert_int_equal(pthread_barrier_init(&d.both, NULL, 2), 0);
	assert_int_equal(mls_work_run(d.caller, &work, 2, &failed), MLS_OK);
	pthread_barrier_destroy(&d.both);
	mls_crypto_free(d.caller);
}

/* ---- trees and key packages that are not what they should be ---- */

enum { N_LEAVES = 300 };

enum flaw { NO_FLAW, BAD_SIGNATURE, BAD_PACKAGE_SIGNATURE, EXPIRED, REFUSED_NAME };

static const enum mls_err error_of[] = {
	[BAD_SIGNATURE] = MLS_ERR_LEAF_SIGNATURE,
	[BAD_PACKAGE_SIGNATURE] = MLS_ERR_KEY_PACKAGE_SIGNATURE,
	[EXPIRED] = MLS_ERR_LIFETIME,
	[REFUSED_NAME] = MLS_ERR_CREDENTIAL_REFUSED,
};

/* An application that refuses one name, and wants to be asked in its own thread. */
struct asked {
	pthread_t thread;
	struct mls_slice refused;
	size_t n;
};

static bool accept(void *state, const struct mls_identity *presented,
		   const struct mls_identity *replaced)
{
	struct asked *asked = state;

	(void)replaced;
	asked->n++;
	if (!pthread_equal(asked->thread, pthread_self()))
		return false;
	return asked->refused.len != presented->credential.len ||
	       memcmp(asked->refused.p, presented->credential.p, asked->refused.len) != 0;
}

/* Members of a world of their own, and a tree of their leaves without any parent. */
struct crowd {
	struct mls_crypto *crypto;
	struct member member[N_LEAVES];
	struct mls_policy policy;
	struct asked asked;
};

static int crowd_begin(void **state)
{
	struct crowd *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->crypto = test_crypto(1);
	for (uint32_t i = 0; i < N_LEAVES; i++)
		member_make(c->crypto, &c->member[i], i);
	*state = c;
	return 0;
}

static int crowd_end(void **state)
{
	struct crowd *c = *state;

	for (uint32_t i = 0; i < N_LEAVES; i++)
		member_free(&c->member[i]);
	mls_crypto_free(c->crypto);
	free(c);
	return 0;
}

static struct mls_leaf_rules crowd_rules(struct crowd *c)
{
	struct mls_leaf_rules rules = test_rules(c->crypto);

	c->policy = mls_policy_default();
	c->policy.accept_credential = accept;
	c->policy.state = &c->asked;
	rules.policy = &c->policy;
	c->asked = (struct asked){.thread = pthread_self()};
	return rules;
}

/* The member's leaf with a flaw, for its place in the tree. */
static void put_leaf(struct crowd *c, struct mls_buf *out, uint32_t i, enum flaw flaw)
{
	struct member *m = &c->member[i];
	const struct mls_lifetime lifetime = m->key_package.leaf_node.lifetime;

	if (flaw == REFUSED_NAME)
		c->asked.refused = m->key_package.leaf_node.credential.content;
	if (flaw == EXPIRED) {
		m->key_package.leaf_node.lifetime = (struct mls_lifetime){1, 2};
		member_sign(c->crypto, m);
	}
	assert_int_equal(mls_buf_append(out, m->key_package.leaf_node.encoded), MLS_OK);
	if (flaw == BAD_SIGNATURE)
		out->p[out->len - 1] ^= 1;
	if (flaw == EXPIRED) {
		m->key_package.leaf_node.lifetime = lifetime;
		member_sign(c->crypto, m);
	}
}

static void make_tree(struct crowd *c, struct mls_tree *tree, const uint32_t *at,
		      const enum flaw *flaw)
{
	struct mls_buf body = {0}, encoded = {0};

	for (uint32_t i = 0; i < N_LEAVES; i++) {
		enum flaw has = i == at[0] ? flaw[0] : i == at[1] ? flaw[1] : NO_FLAW;

		if (i)
			assert_int_equal(mls_buf_append(&body, mls_slice("", 1)), MLS_OK);
		assert_int_equal(mls_buf_append(&body, mls_slice("\1\1", 2)), MLS_OK);
		put_leaf(c, &body, i, has);
	}
	assert_int_equal(mls_put_length(&encoded, body.len), MLS_OK);
	assert_int_equal(mls_buf_append(&encoded, mls_buf_slice(&body)), MLS_OK);
	assert_int_equal(
		mls_tree_decode(tree, c->crypto->suite, &test_seed, mls_buf_slice(&encoded), 512),
		MLS_OK);
	mls_buf_free(&body);
	mls_buf_free(&encoded);
}

static void expect_tree(struct crowd *c, unsigned n_threads, const uint32_t *at,
			const enum flaw *flaw)
{
	struct mls_leaf_rules rules = crowd_rules(c);
	struct mls_tree tree;

	make_tree(c, &tree, at, flaw);
	assert_int_equal(mls_crypto_set_threads(c->crypto, n_threads), MLS_OK);
	assert_int_equal(mls_tree_validate(&rules, &tree), error_of[flaw[0]]);
	if (!flaw[0])
		assert_int_equal(c->asked.n, N_LEAVES);
	assert_int_equal(mls_crypto_set_threads(c->crypto, 0), MLS_OK);
	mls_tree_clear(&tree);
}

static void a_tree_is_refused_for_its_first_bad_leaf(void **state)
{
	static const enum flaw pairs[][2] = {
		{NO_FLAW, NO_FLAW},
		{BAD_SIGNATURE, EXPIRED},
		{EXPIRED, BAD_SIGNATURE},
		{REFUSED_NAME, BAD_SIGNATURE},
		{BAD_SIGNATURE, REFUSED_NAME},
	};
	static const uint32_t at[] = {130, 131};

	for (size_t t = 0; t < MLS_N(numbers); t++) {
		for (size_t i = 0; i < MLS_N(pairs); i++)
			expect_tree(*state, numbers[t], at, pairs[i]);
	}
}

/* What is added where the flaws are; `flaw` of a key package too. */
static void expect_adds(struct crowd *c, unsigned n_threads, const uint32_t *at,
			const enum flaw *flaw)
{
	struct mls_client_config config = {
		.suite = 1,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {(const uint8_t *)"who adds them all", 17},
		.now_s = 1000,
		.threads = n_threads,
		.ephemeral = true,
		.policy = &c->policy,
	};
	struct mls_slice packages[N_LEAVES];
	struct mls_buf bytes[N_LEAVES] = {{0}}, out[2] = {{0}};
	const struct mls_commit_request request = {.add = packages, .n_add = N_LEAVES};
	const struct mls_commit_output output = {.commit = &out[0], .welcome = &out[1]};
	struct mls_client *client = NULL;
	struct mls_group *group = NULL;

	(void)crowd_rules(c);
	for (uint32_t i = 0; i < N_LEAVES; i++) {
		enum flaw has = i == at[0] ? flaw[0] : i == at[1] ? flaw[1] : NO_FLAW;
		struct mls_slice whole = mls_buf_slice(&c->member[i].encoded);

		OK(mls_buf_append(&bytes[i], mls_slice("\0\1\0\5", 4)));
		OK(mls_buf_append(&bytes[i], whole));
		if (has == BAD_PACKAGE_SIGNATURE)
			bytes[i].p[bytes[i].len - 1] ^= 1;
		if (has == REFUSED_NAME)
			c->asked.refused = c->member[i].key_package.leaf_node.credential.content;
		packages[i] = bytes_of(&bytes[i]);
	}
	OK(mls_client_new(&client, &config));
	OK(mls_group_create(client, &group, nothing, nothing));
	REFUSED(mls_group_commit(group, &output, &request), error_of[flaw[0]]);
	assert_int_equal(out[0].len + out[1].len > 0, !flaw[0]);
	assert_int_equal(mls_group_is_pending(group), !flaw[0]);
	assert_int_equal(mls_group_n_members(group), 1);
	mls_group_free(group);
	mls_client_free(client);
	for (uint32_t i = 0; i < N_LEAVES; i++)
		mls_buf_free(&bytes[i]);
	mls_buf_free(&out[0]);
	mls_buf_free(&out[1]);
}

static void adds_are_refused_for_the_first_bad_one(void **state)
{
	static const enum flaw pairs[][2] = {
		{NO_FLAW, NO_FLAW},
		{BAD_PACKAGE_SIGNATURE, REFUSED_NAME},
		{REFUSED_NAME, BAD_PACKAGE_SIGNATURE},
	};
	static const uint32_t at[] = {170, 171};

	for (size_t t = 0; t < MLS_N(numbers); t++) {
		for (size_t i = 0; i < MLS_N(pairs); i++)
			expect_adds(*state, numbers[t], at, pairs[i]);
	}
}

static void a_client_has_at_most_64_threads(void **state)
{
	struct mls_client_config config = {.suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .threads = 65,
					   .ephemeral = true};
	struct mls_client *client = NULL;

	(void)state;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_USAGE);
	assert_null(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_counts_do_not_depend_on_the_threads),
		cmocka_unit_test(the_first_that_fails_is_the_error),
		cmocka_unit_test(which_of_two_comes_first_does_not_matter),
		cmocka_unit_test(helpers_draw_no_randomness),
		cmocka_unit_test_setup_teardown(a_tree_is_refused_for_its_first_bad_leaf,
						crowd_begin, crowd_end),
		cmocka_unit_test_setup_teardown(adds_are_refused_for_the_first_bad_one, crowd_begin,
						crowd_end),
		cmocka_unit_test(a_client_has_at_most_64_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
