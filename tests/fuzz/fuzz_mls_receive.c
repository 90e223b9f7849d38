/*
 * What strangers can send to a member or a joiner. The first byte of the input chooses between
 * the rest as it is and a genuine message with edits: three bytes each, where (16 bits) and
 * what to turn there; two bytes alone are one edit at every eighth byte, one after the
 * other. Only the genuine message may be taken in; a refusal leaves the group in its epoch,
 * and is never blamed on the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "members.h"
#include "mls_probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum genuine {
	APPLICATION,
	PROPOSAL,
	PRIVATE_PROPOSAL,
	COMMIT,
	PRIVATE_ADD,
	WELCOME,
	OUTSIDE_PROPOSAL,
	EXTERNAL_COMMIT,
	GROUP_INFO,
	N_GENUINE
};

static struct world *w;
static struct mls_buf genuine[N_GENUINE];
static struct mls_buf key_package, private_part;
static struct mls_client *joiner;

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

static struct mls_group *copy_of(uint32_t member)
{
	struct mls_group *copy = NULL;

	must(mls_probe_group_fork(w->client[member], &copy, w->group[member]));
	return copy;
}

static void keep_key_package(void)
{
	must(mls_client_keep_key_package(joiner, bytes_of(&key_package), bytes_of(&private_part)));
}

/* What the joiner sends who asks to be added, or who adds itself. */
static void make_from_outside(struct mls_group *member, const struct mls_proposal_request *add)
{
	const struct mls_group_info_request open_group = {.ratchet_tree = true,
							  .external_pub = true};
	const struct mls_external_request plain = {.ratchet_tree = {0}};
	const struct mls_outside_sender as_joiner = {.group_id = mls_group_id(member),
						     .epoch = mls_group_epoch(member),
						     .is_joining = true};
	struct mls_group *joined = NULL;

	must(mls_group_info(member, &genuine[GROUP_INFO], &open_group));
	must(mls_client_propose(joiner, &genuine[OUTSIDE_PROPOSAL], &as_joiner, add));
	must(mls_group_join_external(joiner, &joined, &genuine[EXTERNAL_COMMIT],
				     bytes_of(&genuine[GROUP_INFO]), &plain));
	mls_group_free(joined);
}

/* Every message is of one and the same epoch. */
static void make_genuine(void)
{
	const struct mls_slice nothing = {0};
	struct mls_slice add;
	struct mls_commit_request with_path = {0};
	struct mls_commit_request adding = {.add = &add,
					    .n_add = 1,
					    .tree_in_welcome = true,
					    .handshake = MLS_HANDSHAKE_PRIVATE};
	struct mls_proposal_request removal = {.type = MLS_PROPOSAL_REMOVE, .leaf = 3};
	struct mls_commit_output commit = {.commit = &genuine[COMMIT]};
	struct mls_commit_output welcome = {.commit = &genuine[PRIVATE_ADD],
					    .welcome = &genuine[WELCOME]};
	struct mls_group *sender[5];

	w = world_new(1, 4, &(struct mls_commit_request){.tree_in_welcome = true}, NULL);
	joiner = member_client(1, 9);
	must(mls_key_package_new(joiner, &key_package, &private_part));
	keep_key_package();
	add = bytes_of(&key_package);
	for (size_t i = 0; i < 5; i++)
		sender[i] = copy_of(0);
	must(mls_group_protect(sender[0], &genuine[APPLICATION], add, nothing));
	must(mls_group_propose(sender[1], &genuine[PROPOSAL], &removal, MLS_HANDSHAKE_PUBLIC));
	must(mls_group_propose(sender[2], &genuine[PRIVATE_PROPOSAL], &removal,
			       MLS_HANDSHAKE_PRIVATE));
	must(mls_group_commit(sender[3], &commit, &with_path));
	must(mls_group_commit(sender[4], &welcome, &adding));
	make_from_outside(sender[0], &(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
								    .key_package = add});
	for (size_t i = 0; i < 5; i++)
		mls_group_free(sender[i]);
}

static void check_refusal(enum mls_err err)
{
	enum mls_err_class class = mls_err_class(err);

	if (class == MLS_CLASS_USAGE || class == MLS_CLASS_RESOURCE)
		abort();
}

static void receive(struct mls_slice message, bool is_genuine)
{
	struct mls_group *member = copy_of(1);
	uint64_t epoch = mls_group_epoch(member);
	struct mls_event event;
	enum mls_err err = mls_group_receive(member, &event, message);

	if ((err == MLS_OK) != is_genuine)
		abort();
	if (err != MLS_OK) {
		check_refusal(err);
		if (mls_group_epoch(member) != epoch)
			abort();
	}
	mls_group_free(member);
}

static void join(struct mls_slice welcome, bool is_genuine)
{
	struct mls_group *group = NULL;
	enum mls_err err = mls_group_join(joiner, &group, welcome, (struct mls_slice){0});

	if ((err == MLS_OK) != is_genuine)
		abort();
	if (err == MLS_OK)
		keep_key_package();
	else
		check_refusal(err);
	mls_group_free(group);
}

static void join_external(struct mls_slice group_info, bool is_genuine)
{
	const struct mls_external_request plain = {.ratchet_tree = {0}};
	struct mls_group *group = NULL;
	struct mls_buf commit = {0};
	enum mls_err err = mls_group_join_external(joiner, &group, &commit, group_info, &plain);

	if ((err == MLS_OK) != is_genuine || (err != MLS_OK && commit.len > 0))
		abort();
	if (err != MLS_OK)
		check_refusal(err);
	mls_buf_free(&commit);
	mls_group_free(group);
}

static void try_edited(enum genuine which, const uint8_t *edits, size_t n_edits)
{
	const struct mls_buf *from = &genuine[which];
	uint8_t *copy = malloc(from->len);
	struct mls_slice message = {copy, from->len};
	bool is_genuine;

	if (copy == NULL)
		abort();
	memcpy(copy, from->p, from->len);
	for (size_t i = 0; i < n_edits; i++)
		copy[(size_t)(edits[3 * i] << 8 | edits[3 * i + 1]) % from->len] ^=
			edits[3 * i + 2];
	is_genuine = memcmp(copy, from->p, from->len) == 0;
	if (which == WELCOME)
		join(message, is_genuine);
	else if (which == GROUP_INFO)
		join_external(message, is_genuine);
	else
		receive(message, is_genuine);
	free(copy);
}

static void sweep(enum genuine which, size_t from)
{
	for (size_t at = from; at < genuine[which].len; at += 8)
		try_edited(which, (const uint8_t[]){(uint8_t)(at >> 8), (uint8_t)at, 1}, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (w == NULL)
		make_genuine();
	if (size == 0)
		return 0;
	if (data[0] % 16 < N_GENUINE && size == 2) {
		sweep((enum genuine)(data[0] % 16), data[1] % 8);
	} else if (data[0] % 16 < N_GENUINE) {
		try_edited((enum genuine)(data[0] % 16), data + 1, (size - 1) / 3);
	} else {
		receive((struct mls_slice){data + 1, size - 1}, false);
		join((struct mls_slice){data + 1, size - 1}, false);
		join_external((struct mls_slice){data + 1, size - 1}, false);
	}
	return 0;
}
