#include "members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void expect_err(enum mls_err got, enum mls_err want, const char *call, const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s: %s, want %s\n", call, mls_err_name(got), mls_err_name(want));
	_fail(file, line);
}

static enum mls_crypto_library library[2];

void members_on(enum mls_crypto_library even, enum mls_crypto_library odd)
{
	library[0] = even;
	library[1] = odd;
}

int members_on_either(void **state)
{
	(void)state;
	members_on(MLS_CRYPTO_OPENSSL, MLS_CRYPTO_SODIUM);
	return 0;
}

void assert_same(struct mls_slice is, struct mls_slice want)
{
	assert_int_equal(is.len, want.len);
	if (want.len > 0)
		assert_memory_equal(is.p, want.p, want.len);
}

static struct mls_random source; /* {0}: the system's */

void members_draw_from(struct mls_random random)
{
	source = random;
}

static bool has_grease;

void members_grease(bool grease)
{
	has_grease = grease;
}

struct mls_client *member_client_with_policy(uint16_t suite, uint32_t number,
					     const struct mls_policy *policy)
{
	char identity[17];
	struct mls_client_config config = {
		.ephemeral = true,
		.suite = suite,
		.crypto = suite == 1 || suite == 3 ? library[number % 2] : MLS_CRYPTO_OPENSSL,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.random = source,
		.now_s = TEST_NOW_S,
		.grease = has_grease,
		.policy = policy,
	};
	struct mls_client *client = NULL;

	snprintf(identity, sizeof(identity), "member%010u", (unsigned)number);
	config.credential = (struct mls_slice){(const uint8_t *)identity, 16};
	OK(mls_client_new(&client, &config));
	return client;
}

struct mls_client *member_client(uint16_t suite, uint32_t number)
{
	return member_client_with_policy(suite, number, NULL);
}

void member_publish(struct mls_client *client, struct mls_buf *message)
{
	struct mls_buf private_part = {0};
	const size_t start = message->len;

	OK(mls_key_package_new(client, message, &private_part));
	OK(mls_client_keep_key_package(client,
				       (struct mls_slice){message->p + start, message->len - start},
				       bytes_of(&private_part)));
	mls_buf_free(&private_part);
}

uint32_t world_client(struct world *w, const struct mls_policy *policy)
{
	assert_true(w->n < MAX_MEMBERS);
	w->client[w->n] = member_client_with_policy(w->suite, w->n, policy);
	return w->n++;
}

struct world *world_new(uint16_t suite, uint32_t n_members, const struct mls_commit_request *how,
			const struct mls_policy *policy)
{
	struct world *w = calloc(1, sizeof(*w));
	static uint32_t joining[MAX_MEMBERS];
	static const struct mls_commit_request plain = {.tree_in_welcome = true};
	static const uint8_t group_id[32] = "a group id of thirty-two bytes..";

	assert_non_null(w);
	w->suite = suite;
	for (uint32_t i = 0; i < n_members; i++)
		joining[i] = world_client(w, policy);
	OK(mls_group_create(w->client[0], &w->group[0], (struct mls_slice){group_id, 32},
			    (struct mls_slice){0}));
	if (n_members > 1)
		world_commit(w, 0, how ? how : &plain, joining + 1, n_members - 1);
	return w;
}

void world_free(struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		mls_group_free(w->group[i]);
		mls_client_free(w->client[i]);
	}
	mls_buf_free(&w->commit);
	mls_buf_free(&w->welcome);
	mls_buf_free(&w->tree);
	mls_buf_free(&w->message);
	free(w);
}

static void process_all(struct world *w, uint32_t actor)
{
	for (uint32_t i = 0; i < w->n; i++) {
		struct mls_event event;

		if (!w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
		if (event.type == MLS_EVENT_REMOVED) {
			mls_group_free(w->group[i]);
			w->group[i] = NULL;
			continue;
		}
		assert_int_equal(event.type, i == actor ? MLS_EVENT_OWN_COMMIT : MLS_EVENT_COMMIT);
	}
}

void world_commit(struct world *w, uint32_t actor, const struct mls_commit_request *request,
		  const uint32_t *joining, size_t n_joining)
{
	struct mls_commit_request full = *request;
	const struct mls_commit_output output = {&w->commit, &w->welcome, &w->tree};
	static struct mls_buf packages[MAX_MEMBERS];
	static struct mls_slice add[MAX_MEMBERS];
	const struct mls_slice none = {0};

	w->commit.len = w->welcome.len = w->tree.len = 0;
	for (size_t i = 0; i < n_joining; i++) {
		packages[i] = (struct mls_buf){0};
		member_publish(w->client[joining[i]], &packages[i]);
		add[i] = bytes_of(&packages[i]);
	}
	full.add = add;
	full.n_add = n_joining;
	OK(mls_group_commit(w->group[actor], &output, &full));
	process_all(w, actor);
	for (size_t i = 0; i < n_joining; i++) {
		OK(mls_group_join(w->client[joining[i]], &w->group[joining[i]],
				  bytes_of(&w->welcome),
				  request->tree_in_welcome ? none : bytes_of(&w->tree)));
		mls_buf_free(&packages[i]);
	}
}

static void check_agreement(const struct world *w)
{
	const struct mls_group *first = NULL;

	for (uint32_t i = 0; i < w->n; i++) {
		struct mls_slice a, b;

		if (!w->group[i])
			continue;
		if (!first)
			first = w->group[i];
		a = mls_group_epoch_authenticator(first);
		b = mls_group_epoch_authenticator(w->group[i]);
		assert_int_equal(mls_group_epoch(first), mls_group_epoch(w->group[i]));
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.p, b.p, a.len);
	}
}

static void check_message(struct world *w, uint32_t from)
{
	static const uint8_t text[] = "attack at dawn", aad[] = "header";
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_protect(w->group[from], &w->message, (struct mls_slice){text, sizeof(text)},
			     (struct mls_slice){aad, sizeof(aad)}));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i == from || !w->group[i])
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
		assert_int_equal(event.type, MLS_EVENT_APPLICATION);
		assert_int_equal(event.sender, mls_group_own_leaf(w->group[from]));
		assert_int_equal(event.data.len, sizeof(text));
		assert_memory_equal(event.data.p, text, sizeof(text));
		assert_memory_equal(event.authenticated_data.p, aad, sizeof(aad));
	}
}

void world_check(struct world *w)
{
	check_agreement(w);
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->group[i])
			check_message(w, i);
	}
}
