/*
 * A state that may have been overtaken by what came after it sends nothing with keys that may have
 * been used (RFC 9420 9.1), until a commit of its own has begun an epoch that is new for certain.
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

static void loads_backup(struct pair *p, const struct mls_buf *backup)
{
	mls_group_free(p->group);
	OK(mls_group_load(p->client, &p->group, bytes_of(backup)));
}

static void both_follow_the_commit(struct pair *p)
{
	struct mls_event event;

	OK(mls_group_receive(p->peer, &event, bytes_of(&p->commit)));
	OK(mls_group_receive(p->group, &event, bytes_of(&p->commit)));
}

static void commits_itself_and_talks(struct pair *p)
{
	OK(pair_commit(p, MLS_HANDSHAKE_PUBLIC));
	both_follow_the_commit(p);
	pair_device_talks(p);
}

/* From the backup of a group no application data is sent before a new epoch of its own. */
static void an_old_state_does_not_send(void **state)
{
	struct mls_buf backup = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(mls_buf_append(&backup, bytes_of(&p.disk.group)));
	pair_device_talks(&p);
	for (int i = 0; i < 2; i++) {
		loads_backup(&p, &backup);
		REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
		pair_restart(&p);
		REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
		REFUSED(pair_commit(&p, MLS_HANDSHAKE_PRIVATE), MLS_ERR_STATE_OLD);
		if (i == 0)
			pair_peer_talks(&p);
	}
	commits_itself_and_talks(&p);
	pair_restart(&p);
	pair_device_talks(&p);
	mls_buf_free(&backup);
	pair_end(&p);
}

/* What followed the backup may have been lived through before, so it comes with used keys. */
static void an_old_state_does_not_send_in_old_epochs(void **state)
{
	struct mls_buf backup = {0}, next = {0};
	struct mls_event event;
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(mls_buf_append(&backup, bytes_of(&p.disk.group)));
	pair_peer_commits(&p, &(struct mls_commit_request){0});
	OK(mls_buf_append(&next, bytes_of(&p.commit)));
	OK(mls_group_receive(p.group, &event, bytes_of(&next)));
	pair_device_talks(&p);
	loads_backup(&p, &backup);
	OK(mls_group_receive(p.group, &event, bytes_of(&next)));
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	pair_restart(&p);
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	commits_itself_and_talks(&p);
	mls_buf_free(&backup);
	mls_buf_free(&next);
	pair_end(&p);
}

static void an_old_pending_commit_begins_an_old_epoch(void **state)
{
	struct mls_buf backup = {0};
	struct mls_event event;
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(pair_commit(&p, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_save(p.group, &backup));
	both_follow_the_commit(&p);
	pair_device_talks(&p);
	loads_backup(&p, &backup);
	OK(mls_group_receive(p.group, &event, bytes_of(&p.commit)));
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	commits_itself_and_talks(&p);
	mls_buf_free(&backup);
	pair_end(&p);
}

/* Of a commit that was made from the old state, and stored, nobody else knows. */
static void a_commit_of_an_old_state_survives_a_restart(void **state)
{
	struct mls_buf backup = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(mls_buf_append(&backup, bytes_of(&p.disk.group)));
	loads_backup(&p, &backup);
	OK(pair_commit(&p, MLS_HANDSHAKE_PUBLIC));
	pair_restart(&p);
	assert_true(mls_group_is_pending(p.group));
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	both_follow_the_commit(&p);
	pair_device_talks(&p);
	mls_buf_free(&backup);
	pair_end(&p);
}

/* The group that was backed up with its commit has gone on by it, and used its keys: whether it
 * was saved or is what was stored, and even if a backup is restored. */
static void a_backup_of_a_pending_commit_does_not_send(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct mls_buf backup = {0};
		struct mls_event event;
		struct pair p;

		pair_begin(&p);
		pair_enter(&p);
		OK(pair_commit(&p, MLS_HANDSHAKE_PUBLIC));
		if (i == 0)
			OK(mls_group_save(p.group, &backup));
		OK(mls_group_store(p.group));
		if (i == 1)
			OK(mls_buf_append(&backup, bytes_of(&p.disk.group)));
		both_follow_the_commit(&p);
		pair_device_talks(&p);
		mls_group_free(p.group);
		p.group = NULL;
		if (i == 0)
			OK(mls_group_restore(p.client, &p.group, bytes_of(&backup), nothing));
		else
			OK(mls_group_load(p.client, &p.group, bytes_of(&backup)));
		OK(mls_group_receive(p.group, &event, bytes_of(&p.commit)));
		REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
		mls_buf_free(&backup);
		pair_end(&p);
	}
}

/* A commit without a path may be the one that was made before, byte for byte. */
static void an_old_state_needs_a_path(void **state)
{
	const struct mls_psk_name psk = {.id = mls_slice_str("a key")};
	const struct mls_commit_request request = {
		.psks = &psk, .n_psks = 1, .path_if_required = true};
	struct mls_buf backup = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(mls_client_set_psk(p.client, psk.id, mls_slice_str("its value")));
	OK(mls_client_set_psk(p.peer_client, psk.id, mls_slice_str("its value")));
	OK(mls_buf_append(&backup, bytes_of(&p.disk.group)));
	loads_backup(&p, &backup);
	p.commit.len = 0;
	OK(mls_group_commit(p.group, &(struct mls_commit_output){.commit = &p.commit}, &request));
	both_follow_the_commit(&p);
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	commits_itself_and_talks(&p);
	mls_buf_free(&backup);
	pair_end(&p);
}

/* The storage knows of what came later, the saved state does not: it is a backup. */
static void what_was_saved_of_a_stored_group_does_not_send(void **state)
{
	struct mls_buf saved = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	pair_enter(&p);
	OK(mls_group_save(p.group, &saved));
	pair_device_talks(&p);
	mls_group_free(p.group);
	OK(mls_group_restore(p.client, &p.group, bytes_of(&saved), nothing));
	REFUSED(pair_say(&p), MLS_ERR_STATE_OLD);
	mls_buf_free(&saved);
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_state_does_not_send),
		cmocka_unit_test(an_old_state_does_not_send_in_old_epochs),
		cmocka_unit_test(an_old_pending_commit_begins_an_old_epoch),
		cmocka_unit_test(a_commit_of_an_old_state_survives_a_restart),
		cmocka_unit_test(a_backup_of_a_pending_commit_does_not_send),
		cmocka_unit_test(an_old_state_needs_a_path),
		cmocka_unit_test(what_was_saved_of_a_stored_group_does_not_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
