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
#include "members.h"
#include "mls_storage.h"

static const struct mls_slice nothing = {0};
static const uint8_t signature_seed[32] = "the same device after a restart";

static struct mls_slice text(const char *s)
{
	return (struct mls_slice){(const uint8_t *)s, strlen(s)};
}

/* A disk: one group, what it was put since, one key package. */
struct disk {
	struct mls_buf group, changes, key_package;
	size_t n_puts;
	size_t dies_at;  /* this put, from 1; 0: none */
	bool dies_after; /* once that put is done; else before */
	bool is_dead;
	bool refuses; /* every put, and goes on living */
};

static void replace(struct mls_buf *b, struct mls_slice bytes)
{
	mls_buf_free(b);
	if (bytes.len == 0)
		return;
	b->p = malloc(bytes.len);
	assert_non_null(b->p);
	memcpy(b->p, bytes.p, bytes.len);
	b->len = b->cap = bytes.len;
}

static void append(struct mls_buf *b, struct mls_slice bytes)
{
	struct mls_buf longer = {.len = b->len + bytes.len, .cap = b->len + bytes.len};

	longer.p = malloc(longer.cap);
	assert_non_null(longer.p);
	if (b->len > 0)
		memcpy(longer.p, b->p, b->len);
	memcpy(longer.p + b->len, bytes.p, bytes.len);
	mls_buf_free(b);
	*b = longer;
}

static enum mls_err put(void *state, enum mls_stored what, struct mls_slice id,
			struct mls_slice bytes)
{
	struct disk *d = state;

	(void)id;
	assert_false(d->is_dead);
	d->is_dead = ++d->n_puts == d->dies_at;
	if (d->refuses || (d->is_dead && !d->dies_after))
		return MLS_ERR_NOMEM;
	switch (what) {
	case MLS_STORED_GROUP:
		replace(&d->group, bytes);
		replace(&d->changes, nothing);
		break;
	case MLS_STORED_CHANGE:
		append(&d->changes, bytes);
		break;
	case MLS_STORED_KEY_PACKAGE:
		replace(&d->key_package, bytes);
		break;
	}
	return d->is_dead ? MLS_ERR_NOMEM : MLS_OK;
}

static void disk_clear(struct disk *d)
{
	mls_buf_free(&d->group);
	mls_buf_free(&d->changes);
	mls_buf_free(&d->key_package);
}

/* A device that stores, in a group with one that does not. */
struct pair {
	struct disk disk;
	struct mls_client *client, *peer_client;
	struct mls_group *group, *peer;
	struct mls_buf package, private_part, commit, welcome, message;
	struct mls_event event;
};

static struct mls_client *device(struct disk *disk)
{
	const struct mls_policy policy = {.max_message = 1 << 20,
					  .max_group_extensions = 1 << 10,
					  .max_leaves = 64,
					  .max_ratchet_steps = 100,
					  .max_kept_keys = 100,
					  .max_proposals = 10,
					  .past_epochs = 1,
					  .reserved_keys = 2};
	const struct mls_client_config config = {
		.suite = 1,
		.signature_private = {signature_seed, 32},
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = text("device"),
		.now_s = TEST_NOW_S,
		.policy = &policy,
		.storage = &(struct mls_storage){put, disk},
	};
	struct mls_client *client = NULL;

	OK(mls_client_new(&client, &config));
	return client;
}

static void pair_begin(struct pair *p)
{
	*p = (struct pair){0};
	p->client = device(&p->disk);
	p->peer_client = member_client(1, 1);
	OK(mls_group_create(p->peer_client, &p->peer, text("a group"), nothing));
}

static void pair_end(struct pair *p)
{
	mls_group_free(p->group);
	mls_group_free(p->peer);
	mls_client_free(p->client);
	mls_client_free(p->peer_client);
	mls_buf_free(&p->package);
	mls_buf_free(&p->private_part);
	mls_buf_free(&p->commit);
	mls_buf_free(&p->welcome);
	mls_buf_free(&p->message);
	disk_clear(&p->disk);
}

/* What is in the process is gone, what is on the disk is there again. */
static void restart(struct pair *p)
{
	mls_group_free(p->group);
	mls_client_free(p->client);
	p->group = NULL;
	p->disk.is_dead = false;
	p->disk.dies_at = 0;
	p->client = device(&p->disk);
	if (p->disk.key_package.len > 0)
		OK(mls_client_restore_key_package(p->client, bytes_of(&p->disk.key_package)));
	if (p->disk.group.len > 0)
		OK(mls_group_restore(p->client, &p->group, bytes_of(&p->disk.group),
				     bytes_of(&p->disk.changes)));
}

/* Whether a call died. One that did not must have succeeded, or say that it was done before. */
static bool died(struct pair *p, enum mls_err err, enum mls_err done_before)
{
	if (err != MLS_ERR_STORAGE) {
		if (err != MLS_OK)
			expect_err(err, done_before, "a call made again", __FILE__, __LINE__);
		return false;
	}
	assert_true(p->disk.is_dead);
	restart(p);
	return true;
}

/* Makes a call, and again after each death. */
#define LIVE(p, call, done_before)                                                                 \
	do {                                                                                       \
	} while (died((p), (call), (done_before)))

static enum mls_err publish(struct pair *p)
{
	p->package.len = p->private_part.len = 0;
	return mls_key_package_new(p->client, &p->package, &p->private_part);
}

static void peer_commits(struct pair *p, const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {.commit = &p->commit, .welcome = &p->welcome};

	p->commit.len = p->welcome.len = 0;
	OK(mls_group_commit(p->peer, &output, request));
	OK(mls_group_merge(p->peer));
}

static enum mls_err join(struct pair *p)
{
	if (p->group)
		return MLS_OK; /* it was stored before the device died */
	return mls_group_join(p->client, &p->group, bytes_of(&p->welcome), nothing);
}

static void enter(struct pair *p)
{
	struct mls_slice add;

	LIVE(p, publish(p), MLS_OK);
	if (p->client && mls_client_keep_key_package(p->client, bytes_of(&p->package),
						     bytes_of(&p->private_part)))
		fail();
	add = bytes_of(&p->package);
	peer_commits(
		p, &(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true});
	LIVE(p, join(p), MLS_OK);
}

static enum mls_err say(struct pair *p)
{
	enum mls_err err;

	p->message.len = 0;
	err = mls_group_protect(p->group, &p->message, text("from the device"), nothing);
	assert_true(err == MLS_OK || p->message.len == 0);
	return err;
}

/* A key that was used before would be refused by the peer. */
static void device_talks(struct pair *p)
{
	struct mls_event event;

	for (int i = 0; i < 3; i++) {
		LIVE(p, say(p), MLS_OK);
		OK(mls_group_receive(p->peer, &event, bytes_of(&p->message)));
		assert_int_equal(event.data.len, strlen("from the device"));
	}
}

static enum mls_err hear(struct pair *p)
{
	return mls_group_receive(p->group, &p->event, bytes_of(&p->message));
}

/* What was received is not received again after a restart; a skipped message still is. */
static void peer_talks(struct pair *p)
{
	struct mls_buf late = {0};

	OK(mls_group_protect(p->peer, &late, text("late"), nothing));
	p->message.len = 0;
	OK(mls_group_protect(p->peer, &p->message, text("from the peer"), nothing));
	LIVE(p, hear(p), MLS_ERR_GENERATION_USED);
	REFUSED(hear(p), MLS_ERR_GENERATION_USED);
	restart(p);
	REFUSED(hear(p), MLS_ERR_GENERATION_USED);
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&late)), MLS_ERR_GENERATION_USED);
	mls_buf_free(&late);
}

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
	restart(p);
	peer_commits(p, &(struct mls_commit_request){0});
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&p->commit)), MLS_ERR_EPOCH);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static enum mls_err commit(struct pair *p, enum mls_handshake handshake)
{
	const struct mls_commit_output output = {.commit = &p->commit};
	const struct mls_commit_request request = {.handshake = handshake};
	enum mls_err err;

	mls_group_discard(p->group); /* of a commit that was stored and did not leave */
	p->commit.len = 0;
	err = mls_group_commit(p->group, &output, &request);
	assert_true(err == MLS_OK || (p->commit.len == 0 && !mls_group_is_pending(p->group)));
	return err;
}

static void peer_proposes(struct pair *p)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct mls_event event;

	p->message.len = 0;
	OK(mls_group_propose(p->peer, &p->message, &update, MLS_HANDSHAKE_PRIVATE));
	LIVE(p, hear(p), MLS_ERR_GENERATION_USED);
	restart(p);
	LIVE(p, commit(p, MLS_HANDSHAKE_PRIVATE), MLS_OK);
	restart(p);
	assert_true(mls_group_is_pending(p->group));
	OK(mls_group_receive(p->peer, &event, bytes_of(&p->commit)));
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&p->commit)), MLS_ERR_EPOCH);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static void device_commits(struct pair *p)
{
	struct mls_event event;

	LIVE(p, commit(p, MLS_HANDSHAKE_PUBLIC), MLS_OK);
	OK(mls_group_receive(p->peer, &event, bytes_of(&p->commit)));
	LIVE(p, mls_group_merge(p->group), MLS_ERR_NOT_PENDING);
	assert_int_equal(mls_group_epoch(p->group), mls_group_epoch(p->peer));
}

static void live(struct pair *p)
{
	enter(p);
	device_talks(p);
	peer_talks(p);
	device_proposes(p);
	device_talks(p);
	peer_talks(p);
	peer_proposes(p);
	peer_talks(p);
	device_commits(p);
	device_talks(p);
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
	REFUSED(publish(&p), MLS_ERR_STORAGE);
	assert_int_equal(p.package.len, 0);
	assert_int_equal(p.private_part.len, 0);
	for (size_t i = 0; i < 2 * (1 + 32); i++)
		assert_int_equal(p.private_part.p[i], 0);
	p.disk.refuses = false;
	enter(&p);
	p.disk.refuses = true;
	REFUSED(say(&p), MLS_ERR_STORAGE);
	REFUSED(propose(&p), MLS_ERR_STORAGE);
	REFUSED(commit(&p, MLS_HANDSHAKE_PUBLIC), MLS_ERR_STORAGE);
	REFUSED(commit(&p, MLS_HANDSHAKE_PRIVATE), MLS_ERR_STORAGE);
	peer_commits(&p, &(struct mls_commit_request){0});
	REFUSED(mls_group_receive(p.group, &p.event, bytes_of(&p.commit)), MLS_ERR_STORAGE);
	REFUSED(mls_group_store(p.group), MLS_ERR_STORAGE);
	p.disk.refuses = false;
	OK(mls_group_receive(p.group, &p.event, bytes_of(&p.commit)));
	assert_int_equal(p.event.type, MLS_EVENT_COMMIT);
	device_talks(&p);
	peer_talks(&p);
	pair_end(&p);
}

/* Neither a message nor a commit is lost because the disk was full when it came. */
static void what_was_not_stored_is_received_again(void **state)
{
	const struct mls_proposal_request update = {.type = MLS_PROPOSAL_UPDATE};
	struct pair p;

	(void)state;
	pair_begin(&p);
	enter(&p);
	for (int i = 0; i < 3; i++) {
		p.message.len = 0;
		if (i == 0)
			OK(mls_group_protect(p.peer, &p.message, text("hello"), nothing));
		if (i == 1)
			OK(mls_group_propose(p.peer, &p.message, &update, MLS_HANDSHAKE_PRIVATE));
		if (i == 2) {
			peer_commits(
				&p, &(struct mls_commit_request){.handshake = MLS_HANDSHAKE_PRIVATE,
								 .without_proposals = true});
			OK(mls_buf_append(&p.message, bytes_of(&p.commit)));
		}
		p.disk.refuses = true;
		REFUSED(hear(&p), MLS_ERR_STORAGE);
		p.disk.refuses = false;
		OK(hear(&p));
		REFUSED(hear(&p), i < 2 ? MLS_ERR_GENERATION_USED : MLS_ERR_EPOCH);
		restart(&p);
	}
	device_talks(&p);
	peer_talks(&p);
	pair_end(&p);
}

static void sending_stores_once_for_several_messages(void **state)
{
	struct pair p;
	size_t before;

	(void)state;
	pair_begin(&p);
	enter(&p);
	before = p.disk.n_puts;
	for (int i = 0; i < 6; i++)
		OK(say(&p));
	assert_int_equal(p.disk.n_puts, before + 3);
	assert_true(p.disk.changes.len < 3 * 64);
	pair_end(&p);
}

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
	OK(commit(p, MLS_HANDSHAKE_PUBLIC));
	both_follow_the_commit(p);
	device_talks(p);
}

/* From the backup of a group no application data is sent before a new epoch of its own. */
static void an_old_state_does_not_send(void **state)
{
	struct mls_buf backup = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	enter(&p);
	append(&backup, bytes_of(&p.disk.group));
	device_talks(&p);
	for (int i = 0; i < 2; i++) {
		loads_backup(&p, &backup);
		REFUSED(say(&p), MLS_ERR_STATE_OLD);
		restart(&p);
		REFUSED(say(&p), MLS_ERR_STATE_OLD);
		REFUSED(commit(&p, MLS_HANDSHAKE_PRIVATE), MLS_ERR_STATE_OLD);
		if (i == 0)
			peer_talks(&p);
	}
	commits_itself_and_talks(&p);
	restart(&p);
	device_talks(&p);
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
	enter(&p);
	append(&backup, bytes_of(&p.disk.group));
	peer_commits(&p, &(struct mls_commit_request){0});
	append(&next, bytes_of(&p.commit));
	OK(mls_group_receive(p.group, &event, bytes_of(&next)));
	device_talks(&p);
	loads_backup(&p, &backup);
	OK(mls_group_receive(p.group, &event, bytes_of(&next)));
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
	restart(&p);
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
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
	enter(&p);
	OK(commit(&p, MLS_HANDSHAKE_PUBLIC));
	OK(mls_group_save(p.group, &backup));
	both_follow_the_commit(&p);
	device_talks(&p);
	loads_backup(&p, &backup);
	OK(mls_group_receive(p.group, &event, bytes_of(&p.commit)));
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
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
	enter(&p);
	append(&backup, bytes_of(&p.disk.group));
	loads_backup(&p, &backup);
	OK(commit(&p, MLS_HANDSHAKE_PUBLIC));
	restart(&p);
	assert_true(mls_group_is_pending(p.group));
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
	both_follow_the_commit(&p);
	device_talks(&p);
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
		enter(&p);
		OK(commit(&p, MLS_HANDSHAKE_PUBLIC));
		if (i == 0)
			OK(mls_group_save(p.group, &backup));
		OK(mls_group_store(p.group));
		if (i == 1)
			append(&backup, bytes_of(&p.disk.group));
		both_follow_the_commit(&p);
		device_talks(&p);
		mls_group_free(p.group);
		p.group = NULL;
		if (i == 0)
			OK(mls_group_restore(p.client, &p.group, bytes_of(&backup), nothing));
		else
			OK(mls_group_load(p.client, &p.group, bytes_of(&backup)));
		OK(mls_group_receive(p.group, &event, bytes_of(&p.commit)));
		REFUSED(say(&p), MLS_ERR_STATE_OLD);
		mls_buf_free(&backup);
		pair_end(&p);
	}
}

/* A commit without a path may be the one that was made before, byte for byte. */
static void an_old_state_needs_a_path(void **state)
{
	const struct mls_psk_name psk = {.id = text("a key")};
	const struct mls_commit_request request = {
		.psks = &psk, .n_psks = 1, .path_if_required = true};
	struct mls_buf backup = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	enter(&p);
	OK(mls_client_set_psk(p.client, psk.id, text("its value")));
	OK(mls_client_set_psk(p.peer_client, psk.id, text("its value")));
	append(&backup, bytes_of(&p.disk.group));
	loads_backup(&p, &backup);
	p.commit.len = 0;
	OK(mls_group_commit(p.group, &(struct mls_commit_output){.commit = &p.commit}, &request));
	both_follow_the_commit(&p);
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
	commits_itself_and_talks(&p);
	mls_buf_free(&backup);
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
	enter(&p);
	OK(say(&p));
	n_first = p.disk.changes.len;
	append(&saved, bytes_of(&p.disk.group));
	append(&first, bytes_of(&p.disk.changes));
	OK(say(&p));
	OK(say(&p));
	append(&changes, bytes_of(&p.disk.changes));
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
	append(&changes, bytes_of(&first));
	refuse_restore(&p, bytes_of(&saved), bytes_of(&changes), MLS_ERR_STATE);
	restart(&p);
	device_commits(&p);
	OK(say(&p));
	refuse_restore(&p, bytes_of(&saved), bytes_of(&p.disk.changes), MLS_ERR_STATE_OLD);
	append(&first, bytes_of(&p.disk.changes));
	OK(mls_group_restore(p.client, &p.group, bytes_of(&p.disk.group), bytes_of(&first)));
	device_talks(&p);
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
	config.storage = &(struct mls_storage){put, &disk};
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
	REFUSED(mls_client_restore_key_package(p.client, text("")), MLS_ERR_STATE);
	mls_buf_free(&saved);
	pair_end(&p);
}

/* The storage knows of what came later, the saved state does not: it is a backup. */
static void what_was_saved_of_a_stored_group_does_not_send(void **state)
{
	struct mls_buf saved = {0};
	struct pair p;

	(void)state;
	pair_begin(&p);
	enter(&p);
	OK(mls_group_save(p.group, &saved));
	device_talks(&p);
	mls_group_free(p.group);
	OK(mls_group_restore(p.client, &p.group, bytes_of(&saved), nothing));
	REFUSED(say(&p), MLS_ERR_STATE_OLD);
	mls_buf_free(&saved);
	pair_end(&p);
}

/* Given twice, it would outlive its join, and the same Welcome would begin with the same keys. */
static void a_key_package_is_kept_once(void **state)
{
	struct pair p;

	(void)state;
	pair_begin(&p);
	enter(&p);
	device_talks(&p);
	mls_group_free(p.group);
	p.group = NULL;
	OK(mls_client_keep_key_package(p.client, bytes_of(&p.package), bytes_of(&p.private_part)));
	OK(mls_client_keep_key_package(p.client, bytes_of(&p.package), bytes_of(&p.private_part)));
	OK(join(&p));
	mls_group_free(p.group);
	p.group = NULL;
	REFUSED(join(&p), MLS_ERR_WELCOME_NOT_FOR_US);
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_may_die_at_any_put),
		cmocka_unit_test(a_refused_put_changes_nothing),
		cmocka_unit_test(what_was_not_stored_is_received_again),
		cmocka_unit_test(sending_stores_once_for_several_messages),
		cmocka_unit_test(an_old_state_does_not_send),
		cmocka_unit_test(an_old_state_does_not_send_in_old_epochs),
		cmocka_unit_test(an_old_pending_commit_begins_an_old_epoch),
		cmocka_unit_test(a_commit_of_an_old_state_survives_a_restart),
		cmocka_unit_test(a_backup_of_a_pending_commit_does_not_send),
		cmocka_unit_test(an_old_state_needs_a_path),
		cmocka_unit_test(changes_must_be_whole_and_in_order),
		cmocka_unit_test(a_client_stores_or_is_ephemeral),
		cmocka_unit_test(what_was_saved_and_not_stored_is_not_restored),
		cmocka_unit_test(what_was_saved_of_a_stored_group_does_not_send),
		cmocka_unit_test(a_key_package_is_kept_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
