/*
 * What an epoch leaves behind whose messages can still be read (RFC 9420 9.2, 7.5): no block of
 * memory, no saved state and no storage has its other secrets, or a private key that was replaced.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "group.h"
#include "members.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

/* ---- memory: the blocks that are there ---- */

enum { MAX_LIVE = 1 << 16 };

static void *live[MAX_LIVE];
static size_t n_live;

static void *enter(void *p)
{
	if (!p)
		return NULL;
	if (n_live == MAX_LIVE)
		abort();
	live[n_live++] = p;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return enter(__real_calloc(1, size)); /* zeros: what is found was written by its owner */
}

void *__wrap_calloc(size_t n, size_t size)
{
	return enter(__real_calloc(n, size));
}

void __wrap_free(void *p)
{
	size_t i = n_live;

	while (i > 0 && live[i - 1] != p)
		i--;
	if (i > 0)
		live[i - 1] = live[--n_live];
	__real_free(p);
}

/* ---- secrets, by their first bytes ---- */

enum { KNOWN_BYTES = 16, MAX_KNOWN = 32 };

static uint8_t known[MAX_KNOWN][KNOWN_BYTES];
static size_t n_known;

static void learn(const uint8_t *bytes)
{
	assert_true(n_known < MAX_KNOWN);
	memcpy(known[n_known++], bytes, KNOWN_BYTES);
}

static bool holds(struct mls_slice bytes, const uint8_t *secret)
{
	for (size_t i = 0; i + KNOWN_BYTES <= bytes.len; i++) {
		if (memcmp(bytes.p + i, secret, KNOWN_BYTES) == 0)
			return true;
	}
	return false;
}

static size_t n_known_in(struct mls_slice bytes)
{
	size_t n = 0;

	for (size_t k = 0; k < n_known; k++)
		n += holds(bytes, known[k]);
	return n;
}

static size_t n_known_in_memory(void)
{
	size_t n = 0;

	for (size_t k = 0; k < n_known; k++) {
		bool found = false;

		for (size_t i = 0; i < n_live && !found; i++)
			found = holds(mls_slice(live[i], malloc_usable_size(live[i])), known[k]);
		n += found;
	}
	return n;
}

/* What the next epoch uses up, and the private keys that a path of this member replaces. */
static void learn_all_of(const struct mls_epoch *epoch)
{
	static uint8_t bytes[MLS_MAX_PRIVATE_KEY];
	const struct mls_epoch_secrets *secrets = &epoch->secrets;

	learn(secrets->exporter_secret.bytes);
	learn(secrets->external_secret.bytes);
	learn(secrets->confirmation_key.bytes);
	learn(secrets->membership_key.bytes);
	learn(secrets->epoch_authenticator.bytes);
	learn(secrets->init_secret.bytes);
	for (size_t level = 0; level <= MLS_MAX_DEPTH; level++) {
		struct mls_buf key = {.p = bytes, .cap = sizeof(bytes), .fixed = true};

		if (!epoch->keys.key[level])
			continue;
		OK(mls_key_export(&key, epoch->keys.key[level]));
		learn(bytes);
	}
}

/* ---- the storage of member 2 ---- */

static uint8_t stored[1 << 16];
static size_t stored_len;

static enum mls_err put(void *state, enum mls_stored what, struct mls_slice id,
			struct mls_slice bytes)
{
	(void)state;
	(void)id;
	if (what == MLS_STORED_GROUP)
		stored_len = 0;
	assert_true(stored_len + bytes.len <= sizeof(stored));
	memcpy(stored + stored_len, bytes.p, bytes.len);
	stored_len += bytes.len;
	return MLS_OK;
}

static void no_saved_state_has_them(const struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		struct mls_buf saved = {0};

		OK(mls_group_save(w->group[i], &saved));
		assert_int_equal(n_known_in(bytes_of(&saved)), 0);
		mls_buf_free(&saved);
	}
}

static void late_message_is_read(const struct world *w, const struct mls_buf *late, uint32_t from)
{
	struct mls_event event;

	for (uint32_t i = 0; i < w->n; i++) {
		if (i == from)
			continue;
		OK(mls_group_receive(w->group[i], &event, bytes_of(late)));
		assert_int_equal(event.epoch, mls_group_epoch(w->group[i]) - 1);
	}
}

enum { COMMITTER = 0, SENDER = 1, STORING = 2 };

static void a_past_epoch_keeps_what_its_messages_need(void **state)
{
	struct mls_policy policy = mls_policy_default();
	struct mls_buf late = {0};
	struct world *w;

	(void)state;
	policy.past_epochs = 1;
	w = world_new(1, 4, NULL, &policy);
	world_commit(w, SENDER, &(struct mls_commit_request){0}, NULL, 0);
	w->client[STORING]->storage = (struct mls_storage){.put = put};
	OK(mls_group_store(w->group[STORING]));
	OK(mls_group_protect(w->group[SENDER], &late, mls_slice_str("late"), mls_slice(NULL, 0)));
	learn_all_of(w->group[COMMITTER]->epoch);
	assert_true(n_known > 7);
	assert_int_equal(n_known_in_memory(), n_known);
	assert_true(n_known_in(mls_slice(stored, stored_len)) > 6);
	world_commit(w, COMMITTER, &(struct mls_commit_request){0}, NULL, 0);
	assert_int_equal(n_known_in_memory(), 0);
	assert_int_equal(n_known_in(mls_slice(stored, stored_len)), 0);
	no_saved_state_has_them(w);
	late_message_is_read(w, &late, SENDER);
	mls_buf_free(&late);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_past_epoch_keeps_what_its_messages_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
