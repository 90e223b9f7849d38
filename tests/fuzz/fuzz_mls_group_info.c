/*
 * A GroupInfo as somebody gets it who joins by itself, ratchet tree included. The input is an
 * encoded GroupInfo. What decodes gets a right tree hash and the signatures of the members it
 * names, so that every check behind these is reached.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "wire_mutator.h"

static void join(struct mls_slice message)
{
	const struct mls_external_request plain = {.ratchet_tree = {0}};
	struct mls_client *joiner = insider()->joiner;
	struct mls_group *group = NULL;
	struct mls_buf commit = {0};
	enum mls_err err = mls_group_join_external(joiner, &group, &commit, message, &plain);

	if (err == MLS_OK)
		insider_use(joiner, group, INSIDER_RENAMES);
	else
		insider_expect_refusal(err);
	if (err != MLS_OK && commit.len > 0)
		abort();
	mls_buf_free(&commit);
}

/* What an application reads of it before it joins. Extensions that decoded can be taken apart. */
static void read_outline(struct mls_slice message)
{
	struct mls_group_outline outline;
	struct mls_slice data, body;
	uint32_t leaf;
	uint16_t type;

	if (mls_group_info_read(&outline, message) != MLS_OK)
		return;
	while (mls_extension_take(&type, &data, &outline.extensions) == MLS_OK) {
		while (mls_vector_take(&body, &data) == MLS_OK)
			;
	}
	if (outline.extensions.len > 0)
		abort();
	(void)!mls_ratchet_tree_find(&leaf, outline.ratchet_tree, MLS_CREDENTIAL_BASIC,
				     mls_slice_str("nobody"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mls_group_info info;
	struct mls_buf message = {0};
	struct mls_codec c = {.out = &message};
	uint16_t wire_format = MLS_WIRE_GROUP_INFO;

	(void)insider();
	mls_message_header_walk(&c, &wire_format);
	if (c.err || mls_buf_append(&message, mls_slice(data, size)) != MLS_OK)
		abort();
	read_outline(bytes_of(&message));
	message.len -= size;
	if (mls_group_info_decode(mls_slice(data, size), &info) == MLS_OK) {
		insider_put_group_info(&message, &info, NULL);
		join(bytes_of(&message));
	}
	mls_buf_free(&message);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return wire_mutate(&wire_group_info, data, size, max_size, seed);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	const struct mls_group_info_request open = {.ratchet_tree = true, .external_pub = true};
	struct mls_buf info = {0};

	if (mls_group_info(insider()->w->group[0], &info, &open) != MLS_OK)
		abort();
	give("group_info", mls_slice(info.p + 4, info.len - 4));
	mls_buf_free(&info);
}
