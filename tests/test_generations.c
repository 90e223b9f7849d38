/*
 * Each message has a generation, and with it a key, of its own (RFC 9420 9.1), so that no AEAD key
 * comes near a limit of use. There are 2^32 in an epoch: behind the last one sender and
 * receiver refuse, in every suite, and a new epoch begins anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "group.h"
#include "members.h"

static const struct mls_slice nothing = {0};

/* Where the next generation of a ratchet of leaf 0 stands in a saved tree of two leaves. */
static size_t next_at(size_t nh, enum mls_ratchet ratchet)
{
	const size_t secret = mls_length_size(nh) + nh;

	return 3 + secret + (ratchet == MLS_RATCHET_APPLICATION ? 4 + 4 + secret : 0);
}

/* Sets both ratchets of leaf 0, which nobody has skipped anything of. */
static void move_to_end(struct mls_group *group, uint8_t last_byte)
{
	const uint8_t generation[4] = {0xff, 0xff, 0xff, last_byte};
	struct mls_crypto *crypto = group->client->crypto;
	struct mls_buf saved = {0};

	OK(mls_secret_tree_save(crypto, &group->secret_tree, &saved));
	memcpy(saved.p + next_at(crypto->suite->nh, MLS_RATCHET_HANDSHAKE), generation, 4);
	memcpy(saved.p + next_at(crypto->suite->nh, MLS_RATCHET_APPLICATION), generation, 4);
	mls_secret_tree_clear(&group->secret_tree);
	OK(mls_secret_tree_load(crypto, &group->secret_tree, 2, bytes_of(&saved)));
	mls_buf_free(&saved);
}

static enum mls_err say(struct world *w)
{
	w->message.len = 0;
	return mls_group_protect(w->group[0], &w->message,
				 (struct mls_slice){(const uint8_t *)"x", 1}, nothing);
}

static enum mls_err propose(struct world *w)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};

	w->message.len = 0;
	return mls_group_propose(w->group[0], &w->message, &update, MLS_HANDSHAKE_PRIVATE);
}

static uint32_t hear(struct world *w)
{
	struct mls_event event;

	OK(mls_group_receive(w->group[1], &event, bytes_of(&w->message)));
	return event.generation;
}

static void nothing_comes_behind_the_last_generation(void **state)
{
	struct mls_event event;

	(void)state;
	for (uint16_t suite = 1; suite <= 7; suite++) {
		struct world *w = world_new(suite, 2, NULL, NULL);

		world_check(w);
		move_to_end(w->group[0], 0xfe);
		move_to_end(w->group[1], 0xfe);
		OK(say(w));
		assert_int_equal(hear(w), UINT32_MAX - 1);
		OK(say(w));
		assert_int_equal(hear(w), UINT32_MAX);
		REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)),
			MLS_ERR_GENERATION_USED);
		for (int i = 0; i < 2; i++) {
			REFUSED(say(w), MLS_ERR_GENERATION_SPENT);
			assert_int_equal(w->message.len, 0);
		}
		world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
		OK(say(w));
		assert_int_equal(hear(w), 0);
		world_free(w);
	}
}

static void handshakes_have_an_end_too(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	const struct mls_commit_output output = {.commit = &w->commit};
	const struct mls_commit_request private = {.handshake = MLS_HANDSHAKE_PRIVATE};

	(void)state;
	world_check(w);
	move_to_end(w->group[0], 0xff);
	move_to_end(w->group[1], 0xff);
	OK(propose(w));
	assert_int_equal(hear(w), UINT32_MAX);
	REFUSED(propose(w), MLS_ERR_GENERATION_SPENT);
	w->commit.len = 0;
	REFUSED(mls_group_commit(w->group[0], &output, &private), MLS_ERR_GENERATION_SPENT);
	assert_int_equal(w->commit.len, 0);
	world_commit(w, 0, &(struct mls_commit_request){0}, NULL, 0);
	OK(propose(w));
	assert_int_equal(hear(w), 0);
	world_free(w);
}

/* A receiver that has not come so far does not walk there. */
static void the_last_generation_is_too_far_from_the_first(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_event event;

	(void)state;
	world_check(w);
	move_to_end(w->group[0], 0xff);
	OK(say(w));
	REFUSED(mls_group_receive(w->group[1], &event, bytes_of(&w->message)),
		MLS_ERR_GENERATION_TOO_FAR);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_comes_behind_the_last_generation),
		cmocka_unit_test(handshakes_have_an_end_too),
		cmocka_unit_test(the_last_generation_is_too_far_from_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
