/*
 * A client with a storage loses nothing that others count on, and never uses a key twice, whatever
 * call of the storage its process dies at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "storing_pair.h"

static const struct mls_slice nothing = {0};

static enum mls_err propose(struct pair *p)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	enum mls_err err;

	p->message.len = 0;
	err = mls_group_propose(p->group, &p->message, &update, MLS_HANDSHAKE_PRIVATE);
	assert_true(err == MLS_OK || p->message.len == 0);
	return err;
}

/* The private key of an own Update is there when somebody commits it. */
static void device_proposes(struct pair *p)
{
	struct mls_event event;

	LIVE(p, propose(p), MLS_OK);
	OK(mls_group_receive(p->peer, &event, bytes_of(&p->message)));
	pair_restart(p);
	pair_peer_commits(p, &(struct mls_commit_request){0});
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&p->commit)), MLS_ERR_EPOCH);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static void peer_proposes(struct pair *p)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_event event;

	p->message.len = 0;
	OK(mls_group_propose(p->peer, &p->message, &update, MLS_HANDSHAKE_PRIVATE));
	LIVE(p, pair_hear(p), MLS_ERR_GENERATION_USED);
	pair_restart(p);
	LIVE(p, pair_commit(p, MLS_HANDSHAKE_PRIVATE), MLS_OK);
	pair_restart(p);
	assert_true(mls_group_is_pending(p->group));
	OK(mls_group_receive(p->peer, &event, bytes_of(&p->commit)));
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&p->commit)), MLS_ERR_EPOCH);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static void device_commits(struct pair *p)
{
	struct mls_event event;

	LIVE(p, pair_commit(p, MLS_HANDSHAKE_PUBLIC), MLS_OK);
	OK(mls_group_receive(p->peer, &event, bytes_of(&p->commit)));
	LIVE(p, mls_group_merge(p->group), MLS_ERR_NOT_PENDING);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static void live(struct pair *p)
{
	pair_enter(p);
	pair_device_talks(p);
	pair_peer_talks(p);
	device_proposes(p);
	pair_device_talks(p);
	pair_peer_talks(p);
	peer_proposes(p);
	pair_peer_talks(p);
	device_commits(p);
	pair_device_talks(p);
}

static void a_process_may_die_at_any_put(void **state)
{
	struct pair p;
	size_t n_puts;

	(void)state;
	pair_begin(&p);
	live(&p);
	n_puts = p.disk.n_puts;
	assert_int_equal(p.disk.key_package.len, 0);
	pair_end(&p);
	assert_true(n_puts > 20);
	for (size_t at = 1; at <= 2 * n_puts; at++) {
		pair_begin(&p);
		p.disk.dies_at = (at + 1) / 2;
		p.disk.dies_after = at % 2;
		live(&p);
		pair_end(&p);
	}
}

/* Which put comes next is lost; the same process asks again. */
static void a_refused_put_changes_nothing(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	p.disk.refuses = true;
	REFUSED(pair_publish(&p), MLS_ERR_STORAGE);
	assert_int_equal(p.package.len, 0);
	assert_int_equal(p.private_part.len, 0);
	for (size_t i = 0; i < 2 * (1 + 32); i++)
		assert_int_equal(p.private_part.p[i], 0);
	p.disk.refuses = false;
	pair_enter(&p);
	p.disk.refuses = true;
	REFUSED(pair_say(&p), MLS_ERR_STORAGE);
	REFUSED(propose(&p), MLS_ERR_STORAGE);
	REFUSED(pair_commit(&p, MLS_HANDSHAKE_PUBLIC), MLS_ERR_STORAGE);
	REFUSED(pair_commit(&p, MLS_HANDSHAKE_PRIVATE), MLS_ERR_STORAGE);
	pair_peer_commits(&p, &(struct mls_commit_request){0});
	REFUSED(mls_group_receive(p.group, &p.event, bytes_of(&p.commit)), MLS_ERR_STORAGE);
	REFUSED(mls_group_store(p.group), MLS_ERR_STORAGE);
	p.disk.refuses = false;
	OK(mls_group_receive(p.group, &p.event, bytes_of(&p.commit)));
	assert_int_equal(p.event.type, MLS_EVENT_COMMIT);
	pair_device_talks(&p);
	pair_peer_talks(&p);
	pair_end(&p);
}

/* Neither a message nor a commit is lost because the disk was full when it came. */
static void what_was_not_stored_is_received_again(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	for (int i = 0; i < 3; i++) {
		p.message.len = 0;
		if (i == 0)
			OK(mls_group_protect(p.peer, &p.message, mls_slice_str("hello"), nothing));
		if (i == 1)
			OK(mls_group_propose(p.peer, &p.message, &update, MLS_HANDSHAKE_PRIVATE));
		if (i == 2) {
			pair_peer_commits(
				&p, &(struct mls_commit_request){.handshake = MLS_HANDSHAKE_PRIVATE,
								 .without_proposals = true});
			OK(mls_buf_append(&p.message, bytes_of(&p.commit)));
		}
		p.disk.refuses = true;
		REFUSED(pair_hear(&p), MLS_ERR_STORAGE);
		p.disk.refuses = false;
		OK(pair_hear(&p));
		REFUSED(pair_hear(&p), i < 2 ? MLS_ERR_GENERATION_USED : MLS_ERR_EPOCH);
		pair_restart(&p);
	}
	pair_device_talks(&p);
	pair_peer_talks(&p);
	pair_end(&p);
}

static void sending_stores_once_for_several_messages(void **state)
{
	struct pair p;
	size_t before;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	before = p.disk.n_puts;
	for (int i = 0; i < 6; i++)
		OK(pair_say(&p));
	assert_int_equal(p.disk.n_puts, before + 3);
	assert_true(p.disk.changes.len < 3 * 64);
	pair_end(&p);
}

static void refuse_restore(struct pair *p, struct mls_slice saved, struct mls_slice changes,
			   enum mls_err want)
{
	mls_group_free(p->group);
	p->group = NULL;
	REFUSED(mls_group_restore(p->client, &p->group, saved, changes), want);
	assert_null(p->group);
}

static void changes_must_be_whole_and_in_order(void **state)
{
	struct mls_buf changes = {0}, first = {0}, saved = {0};
	struct pair p;
	size_t n_first;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(pair_say(&p));
	n_first = p.disk.changes.len;
	OK(mls_buf_append(&saved, bytes_of(&p.disk.group)));
	OK(mls_buf_append(&first, bytes_of(&p.disk.changes)));
	OK(pair_say(&p));
	OK(pair_say(&p));
	OK(mls_buf_append(&changes, bytes_of(&p.disk.changes)));
	assert_true(changes.len > n_first);
	for (size_t i = 0; i < changes.len; i++) {
		changes.p[i] ^= 1;
		refuse_restore(&p, bytes_of(&saved), bytes_of(&changes), MLS_ERR_STATE);
		changes.p[i] ^= 1;
	}
	refuse_restore(&p, bytes_of(&saved),
		       (struct mls_slice){changes.p + n_first, changes.len - n_first},
		       MLS_ERR_STATE);
	refuse_restore(&p, bytes_of(&saved), (struct mls_slice){changes.p, changes.len - 1},
		       MLS_ERR_STATE);
	OK(mls_buf_append(&changes, bytes_of(&first)));
	refuse_restore(&p, bytes_of(&saved), bytes_of(&changes), MLS_ERR_STATE);
	pair_restart(&p);
	device_commits(&p);
	OK(pair_say(&p));
	refuse_restore(&p, bytes_of(&saved), bytes_of(&p.disk.changes), MLS_ERR_STATE_OLD);
	OK(mls_buf_append(&first, bytes_of(&p.disk.changes)));
	OK(mls_group_restore(p.client, &p.group, bytes_of(&p.disk.group), bytes_of(&first)));
	pair_device_talks(&p);
	mls_buf_free(&changes);
	mls_buf_free(&first);
	mls_buf_free(&saved);
	pair_end(&p);
}

static void a_client_stores_or_is_ephemeral(void **state)
{
	struct disk disk = {.dies_at = 0};
	struct mls_client_config config = {.suite = 1, .credential_type = MLS_CREDENTIAL_BASIC};
	struct mls_client *client = NULL;

	(void)state;
	REFUSED(mls_client_new(&client, &config), MLS_ERR_STORAGE_UNDECIDED);
	config.ephemeral = true;
	config.storage = &(struct mls_storage){disk_put, &disk};
	REFUSED(mls_client_new(&client, &config), MLS_ERR_STORAGE_UNDECIDED);
	assert_null(client);
}

static void what_was_saved_and_not_stored_is_not_restored(void **state)
{
	struct mls_buf saved = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	OK(mls_group_save(p.peer, &saved));
	mls_group_free(p.peer);
	p.peer = NULL;
	REFUSED(mls_group_restore(p.peer_client, &p.peer, bytes_of(&saved), nothing),
		MLS_ERR_STATE);
	REFUSED(mls_client_restore_key_package(p.client, mls_slice_str("")), MLS_ERR_STATE);
	mls_buf_free(&saved);
	pair_end(&p);
}

/* Given twice, it would outlive its join, and the same Welcome would begin with the same keys. */
static void a_key_package_is_kept_once(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	pair_device_talks(&p);
	mls_group_free(p.group);
	p.group = NULL;
	OK(mls_client_keep_key_package(p.client, bytes_of(&p.package), bytes_of(&p.private_part)));
	OK(mls_client_keep_key_package(p.client, bytes_of(&p.package), bytes_of(&p.private_part)));
	OK(pair_join(&p));
	mls_group_free(p.group);
	p.group = NULL;
	REFUSED(pair_join(&p), MLS_ERR_WELCOME_NOT_FOR_US);
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_may_die_at_any_put),
		cmocka_unit_test(a_refused_put_changes_nothing),
		cmocka_unit_test(what_was_not_stored_is_received_again),
		cmocka_unit_test(sending_stores_once_for_several_messages),
		cmocka_unit_test(changes_must_be_whole_and_in_order),
		cmocka_unit_test(a_client_stores_or_is_ephemeral),
		cmocka_unit_test(what_was_saved_and_not_stored_is_not_restored),
		cmocka_unit_test(a_key_package_is_kept_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
