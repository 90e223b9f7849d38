/*
 * A KeyPackage as it comes from a directory: its owner made it, and may put anything into it. The
 * input is an encoded KeyPackage. What decodes is signed again by its owner, validated, and
 * added to a group where it is valid.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "wire_mutator.h"

static void put_message(struct mls_buf *out, const struct mls_key_package *package)
{
	struct mls_codec c = {.out = out};
	uint16_t wire_format = MLS_WIRE_KEY_PACKAGE;

	mls_message_header_walk(&c, &wire_format);
	if (c.err)
		abort();
	insider_put_key_package(out, package);
}

static void add(struct mls_slice message)
{
	struct mls_group *group = insider_fork(1);
	struct mls_buf commit = {0}, welcome = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &welcome};
	const struct mls_commit_request request = {.add = &message, .n_add = 1};
	enum mls_err err = mls_group_commit(group, &output, &request);

	if (err != MLS_OK)
		insider_expect_refusal(err);
	else if (mls_group_merge(group) != MLS_OK)
		abort();
	if (err != MLS_OK && (commit.len > 0 || welcome.len > 0))
		abort();
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
	mls_group_free(group);
}

/* From a storage, whose bytes the client trusts no more than others. */
static void restore(struct mls_slice message)
{
	struct insider *in = insider();
	const size_t n = in->joiner->n_kept;
	struct mls_buf stored = {0};
	enum mls_err err;

	if (mls_vector_put(&stored, message) != MLS_OK ||
	    mls_buf_append(&stored, bytes_of(&in->private_part)) != MLS_OK)
		abort();
	err = mls_client_restore_key_package(in->joiner, bytes_of(&stored));
	if ((err != MLS_OK && in->joiner->n_kept > n) ||
	    (in->joiner->n_kept > n &&
	     mls_client_drop_kept(in->joiner, &in->joiner->kept[n]) != MLS_OK) ||
	    in->joiner->n_kept != n)
		abort();
	mls_buf_free(&stored);
}

static void try(const struct mls_key_package *package)
{
	const struct mls_group *group = insider()->w->group[1];
	const struct mls_leaf_rules rules =
		mls_client_rules(group->client, group->epoch->context.group_id,
				 group->epoch->context.extensions, true);
	struct mls_key_package again;
	struct mls_buf message = {0};
	enum mls_err err;

	put_message(&message, package);
	if (mls_key_package_message(&again, bytes_of(&message)) != MLS_OK)
		abort();
	err = mls_key_package_validate(&rules, &again);
	if (err == MLS_OK)
		add(bytes_of(&message));
	else
		insider_expect_refusal(err);
	(void)!mls_client_keep_key_package(insider()->w->client[1], bytes_of(&message),
					   bytes_of(&insider()->private_part));
	restore(bytes_of(&message));
	mls_buf_free(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mls_key_package package;

	(void)!mls_client_restore_key_package(insider()->joiner, mls_slice(data, size));
	if (mls_key_package_decode(mls_slice(data, size), &package) == MLS_OK)
		try(&package);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return wire_mutate(&wire_key_package, data, size, max_size, seed);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	struct insider *in = insider();

	give("key_package", mls_slice(in->package.p + 4, in->package.len - 4));
}
