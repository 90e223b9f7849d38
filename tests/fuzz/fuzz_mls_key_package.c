/*
 * A KeyPackage as it comes from a directory: its owner made it, and may put anything into it. The
 * input is an encoded KeyPackage, which is read. What decodes is signed again by its owner,
 * validated, and added to a group where it is valid.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "wire_mutator.h"

static void put_head(struct mls_buf *out)
{
	struct mls_codec c = {.out = out};
	uint16_t wire_format = MLS_WIRE_KEY_PACKAGE;

	mls_message_header_walk(&c, &wire_format);
	if (c.err)
		abort();
}

static bool is_within(struct mls_slice part, struct mls_slice whole)
{
	return part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

static void take_apart(struct mls_slice extensions)
{
	struct mls_slice data;
	uint16_t type;

	while (extensions.len > 0) {
		if (mls_extension_take(&type, &data, &extensions) != MLS_OK)
			abort();
	}
}

/* Who chooses a key package reads what it says, whatever its suite. */
static void outline(struct mls_slice package, enum mls_err want)
{
	struct mls_key_package_outline v = {0};
	struct mls_buf message = {0};

	put_head(&message);
	if (mls_buf_append(&message, package) != MLS_OK)
		abort();
	if (mls_key_package_read(&v, bytes_of(&message)) != want ||
	    !is_within(v.member.credential, bytes_of(&message)) ||
	    !is_within(v.member.signature_key, bytes_of(&message)))
		abort();
	take_apart(v.leaf_extensions);
	take_apart(v.extensions);
	mls_buf_free(&message);
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

	put_head(&message);
	insider_put_key_package(&message, package);
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
	const struct mls_slice input = {data, size};
	struct mls_key_package package;
	enum mls_err err;

	(void)!mls_client_restore_key_package(insider()->joiner, input);
	err = mls_key_package_decode(input, &package);
	outline(input, err);
	if (err == MLS_OK)
		try(&package);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return wire_mutate(&wire_key_package, data, size, max_size, seed);
}

/* Of somebody else, with extensions and GREASE: it is read and validated as it is. */
static void give_with_extensions(void (*give)(const char *name, struct mls_slice seed))
{
	static const uint16_t type[1] = {0xf001};
	const struct mls_slice extensions = {(const uint8_t *)"\xf0\x01\x04more", 7};
	const struct mls_client_config config = {
		.ephemeral = true,
		.suite = 1,
		.crypto = MLS_CRYPTO_SODIUM,
		.signature_private = mls_slice_str("a signature key of 32 bytes....."),
		.credential_type = MLS_CREDENTIAL_BASIC,
		.extensions = {type, 1},
		.leaf_extensions = extensions,
		.key_package_extensions = extensions,
		.grease = true,
		.random = insider()->joiner->crypto->random,
		.now_s = TEST_NOW_S};
	struct mls_client *client = NULL;
	struct mls_buf package = {0};

	if (mls_client_new(&client, &config) != MLS_OK)
		abort();
	member_publish(client, &package);
	give("with_extensions", mls_slice(package.p + 4, package.len - 4));
	mls_client_free(client);
	mls_buf_free(&package);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	struct insider *in = insider();

	give("key_package", mls_slice(in->package.p + 4, in->package.len - 4));
	give_with_extensions(give);
}
