#include "storing_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slice.h"

static const struct mls_slice nothing = {0};
static const uint8_t signature_seed[32] = "the same device after a restart";

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

enum mls_err disk_put(void *disk, enum mls_stored what, struct mls_slice id, struct mls_slice bytes)
{
	struct disk *d = disk;

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
		.credential = mls_slice_str("device"),
		.now_s = TEST_NOW_S,
		.policy = &policy,
		.storage = &(struct mls_storage){disk_put, disk},
	};
	struct mls_client *client = NULL;

	OK(mls_client_new(&client, &config));
	return client;
}

void pair_begin(struct pair *p)
{
	*p = (struct pair){0};
	p->client = device(&p->disk);
	p->peer_client = member_client(1, 1);
	OK(mls_group_create(p->peer_client, &p->peer, mls_slice_str("a group"), nothing));
}

void pair_end(struct pair *p)
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

void pair_restart(struct pair *p)
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

bool pair_died(struct pair *p, enum mls_err err, enum mls_err done_before)
{
	if (err != MLS_ERR_STORAGE) {
		if (err != MLS_OK)
			expect_err(err, done_before, "a call made again", __FILE__, __LINE__);
		return false;
	}
	assert_true(p->disk.is_dead);
	pair_restart(p);
	return true;
}

enum mls_err pair_publish(struct pair *p)
{
	p->package.len = p->private_part.len = 0;
	return mls_key_package_new(p->client, &p->package, &p->private_part);
}

void pair_peer_commits(struct pair *p, const struct mls_commit_request *request)
{
	const struct mls_commit_output output = {.commit = &p->commit, .welcome = &p->welcome};

	p->commit.len = p->welcome.len = 0;
	OK(mls_group_commit(p->peer, &output, request));
	OK(mls_group_merge(p->peer));
}

enum mls_err pair_join(struct pair *p)
{
	if (p->group)
		return MLS_OK; /* it was stored before the device died */
	return mls_group_join(p->client, &p->group, bytes_of(&p->welcome), nothing);
}

void pair_enter(struct pair *p)
{
	struct mls_slice add;

	LIVE(p, pair_publish(p), MLS_OK);
	if (p->client && mls_client_keep_key_package(p->client, bytes_of(&p->package),
						     bytes_of(&p->private_part)))
		fail();
	add = bytes_of(&p->package);
	pair_peer_commits(
		p, &(struct mls_commit_request){.add = &add, .n_add = 1, .tree_in_welcome = true});
	LIVE(p, pair_join(p), MLS_OK);
}

enum mls_err pair_say(struct pair *p)
{
	enum mls_err err;

	p->message.len = 0;
	err = mls_group_protect(p->group, &p->message, mls_slice_str("from the device"), nothing);
	assert_true(err == MLS_OK || p->message.len == 0);
	return err;
}

void pair_device_talks(struct pair *p)
{
	struct mls_event event;

	for (int i = 0; i < 3; i++) {
		LIVE(p, pair_say(p), MLS_OK);
		OK(mls_group_receive(p->peer, &event, bytes_of(&p->message)));
		assert_int_equal(event.data.len, strlen("from the device"));
	}
}

enum mls_err pair_hear(struct pair *p)
{
	return mls_group_receive(p->group, &p->event, bytes_of(&p->message));
}

void pair_peer_talks(struct pair *p)
{
	struct mls_buf late = {0};

	OK(mls_group_protect(p->peer, &late, mls_slice_str("late"), nothing));
	p->message.len = 0;
	OK(mls_group_protect(p->peer, &p->message, mls_slice_str("from the peer"), nothing));
	LIVE(p, pair_hear(p), MLS_ERR_GENERATION_USED);
	REFUSED(pair_hear(p), MLS_ERR_GENERATION_USED);
	pair_restart(p);
	REFUSED(pair_hear(p), MLS_ERR_GENERATION_USED);
	LIVE(p, mls_group_receive(p->group, &p->event, bytes_of(&late)), MLS_ERR_GENERATION_USED);
	mls_buf_free(&late);
}

enum mls_err pair_commit(struct pair *p, enum mls_handshake handshake)
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
