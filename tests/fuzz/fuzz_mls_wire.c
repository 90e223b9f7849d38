/*
 * Every wire type of mls/: a decoder that accepts some bytes must encode to these bytes again,
 * so that no value has two encodings. The first byte of the input chooses the type.
 */
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "extension.h"
#include "framing.h"
#include "group_context.h"
#include "group_info.h"
#include "hpke.h"
#include "key_package.h"
#include "leaf_node.h"
#include "private_message.h"
#include "proposal.h"
#include "psk.h"
#include "public_message.h"
#include "tree_node.h"
#include "update_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WIRE_TYPES(X)                                                                              \
	X(credential)                                                                              \
	X(extension)                                                                               \
	X(capabilities)                                                                            \
	X(required_capabilities)                                                                   \
	X(leaf_node)                                                                               \
	X(key_package)                                                                             \
	X(parent_node)                                                                             \
	X(hpke_ciphertext)                                                                         \
	X(update_path_node)                                                                        \
	X(update_path)                                                                             \
	X(psk_id)                                                                                  \
	X(reinit)                                                                                  \
	X(proposal)                                                                                \
	X(proposal_or_ref)                                                                         \
	X(commit)                                                                                  \
	X(group_context)                                                                           \
	X(group_info)                                                                              \
	X(group_secrets)                                                                           \
	X(encrypted_group_secrets)                                                                 \
	X(welcome)                                                                                 \
	X(framed_content)                                                                          \
	X(private_message)                                                                         \
	X(public_message)

#define DEFINE(name)                                                                               \
	static void try_##name(struct mls_slice in)                                                \
	{                                                                                          \
		struct mls_##name v;                                                               \
		struct mls_buf out = {0};                                                          \
                                                                                                   \
		if (mls_##name##_decode(in, &v) != MLS_OK)                                         \
			return;                                                                    \
		if (mls_##name##_encode(&out, &v) != MLS_OK || out.len != in.len ||                \
		    memcmp(out.p, in.p, in.len) != 0)                                              \
			abort();                                                                   \
		mls_buf_free(&out);                                                                \
	}
WIRE_TYPES(DEFINE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
#define ENTRY(name) try_##name,
	static void (*const types[])(struct mls_slice in) = {WIRE_TYPES(ENTRY)};
#undef ENTRY

	if (size > 0)
		types[data[0] % (sizeof(types) / sizeof(types[0]))](
			(struct mls_slice){data + 1, size - 1});
	return 0;
}
