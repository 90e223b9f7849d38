#include "stats/mls_sizes.h"

#include <stddef.h>

#define SHA256                                                                                     \
	{                                                                                          \
		32, 64, 8                                                                          \
	}
#define SHA384                                                                                     \
	{                                                                                          \
		48, 128, 16                                                                        \
	}
#define SHA512                                                                                     \
	{                                                                                          \
		64, 128, 16                                                                        \
	}

const struct gb_mls_suite *gb_mls_suite(unsigned suite)
{
	static const struct gb_mls_suite suites[] = {
		{SHA256, 32, 32, 32, 64, 16},    {SHA256, 65, 32, 65, 71, 16},
		{SHA256, 32, 32, 32, 64, 32},    {SHA512, 56, 56, 57, 114, 32},
		{SHA512, 133, 66, 133, 138, 32}, {SHA512, 56, 56, 57, 114, 32},
		{SHA384, 97, 48, 97, 103, 32},
	};

	return suite >= 1 && suite <= sizeof(suites) / sizeof(suites[0]) ? &suites[suite - 1]
									 : NULL;
}

uint64_t gb_vec(uint64_t content)
{
	return content + (content < 1 << 6 ? 1 : content < 1 << 14 ? 2 : 4);
}

/* struct { opaque label<V>; opaque content<V>; } with "MLS 1.0 " before the label */
static uint64_t labelled(uint64_t label, uint64_t content)
{
	return gb_vec(8 + label) + gb_vec(content);
}

#define LABEL(text) (sizeof(text) - 1)

static uint64_t leaf_node_unsigned(const struct gb_mls_sizes *s, enum gb_leaf_source source)
{
	uint64_t credential = 2 + gb_vec(s->identity);
	uint64_t capabilities = gb_vec(2) + gb_vec(2) + gb_vec(0) + gb_vec(0) + gb_vec(2);
	uint64_t lifetime = 16, parent_hash = gb_vec(s->suite->hash.digest);

	return gb_vec(s->suite->kem_public) + gb_vec(s->suite->signature_public) + credential +
	       capabilities + 1 + (source == GB_LEAF_OF_COMMIT ? parent_hash : lifetime) +
	       gb_vec(0);
}

uint64_t gb_leaf_node_bytes(const struct gb_mls_sizes *s, enum gb_leaf_source source)
{
	return leaf_node_unsigned(s, source) + gb_vec(s->suite->signature);
}

/* A leaf that is a member's is signed together with group id and leaf index. */
uint64_t gb_leaf_node_signed(const struct gb_mls_sizes *s, enum gb_leaf_source source)
{
	uint64_t place = source == GB_LEAF_OF_COMMIT ? gb_vec(GB_GROUP_ID_BYTES) + 4 : 0;

	return labelled(LABEL("LeafNodeTBS"), leaf_node_unsigned(s, source) + place);
}

static uint64_t key_package_unsigned(const struct gb_mls_sizes *s)
{
	return 2 + 2 + gb_vec(s->suite->kem_public) +
	       gb_leaf_node_bytes(s, GB_LEAF_OF_KEY_PACKAGE) + gb_vec(0);
}

uint64_t gb_key_package_bytes(const struct gb_mls_sizes *s)
{
	return key_package_unsigned(s) + gb_vec(s->suite->signature);
}

uint64_t gb_key_package_signed(const struct gb_mls_sizes *s)
{
	return labelled(LABEL("KeyPackageTBS"), key_package_unsigned(s));
}

uint64_t gb_key_package_ref_hashed(const struct gb_mls_sizes *s)
{
	return labelled(LABEL("KeyPackage Reference"), gb_key_package_bytes(s));
}

uint64_t gb_parent_node_bytes(const struct gb_mls_sizes *s, uint64_t unmerged, bool is_root)
{
	return gb_vec(s->suite->kem_public) + gb_vec(is_root ? 0 : s->suite->hash.digest) +
	       gb_vec(4 * unmerged);
}

uint64_t gb_leaf_hashed(uint64_t node)
{
	return 1 + 4 + 1 + node;
}

uint64_t gb_parent_hashed(const struct gb_mls_sizes *s, uint64_t node)
{
	return 1 + 1 + node + 2 * gb_vec(s->suite->hash.digest);
}

uint64_t gb_parent_hash_hashed(const struct gb_mls_sizes *s, bool is_root)
{
	return gb_vec(s->suite->kem_public) + gb_vec(is_root ? 0 : s->suite->hash.digest) +
	       gb_vec(s->suite->hash.digest);
}

uint64_t gb_update_path_node_bytes(const struct gb_mls_sizes *s, uint64_t ciphertexts)
{
	uint64_t ciphertext =
		gb_vec(s->suite->kem_public) + gb_vec(s->suite->hash.digest + GB_AEAD_TAG);

	return gb_vec(s->suite->kem_public) + gb_vec(ciphertexts * ciphertext);
}

uint64_t gb_commit_bytes(const struct gb_mls_sizes *s, uint64_t adds, uint64_t removes, bool path,
			 uint64_t nodes)
{
	uint64_t add = 1 + 2 + gb_key_package_bytes(s), remove = 1 + 2 + 4;
	uint64_t update_path = gb_leaf_node_bytes(s, GB_LEAF_OF_COMMIT) + gb_vec(nodes);

	return gb_vec(adds * add + removes * remove) + 1 + (path ? update_path : 0);
}

uint64_t gb_group_context_bytes(const struct gb_mls_sizes *s)
{
	return 2 + 2 + gb_vec(GB_GROUP_ID_BYTES) + 8 + 2 * gb_vec(s->suite->hash.digest) +
	       gb_vec(0);
}

/* group id, epoch, sender with its leaf index, authenticated data, content type, content */
uint64_t gb_framed_content_bytes(uint64_t content)
{
	return gb_vec(GB_GROUP_ID_BYTES) + 8 + 1 + 4 + gb_vec(0) + 1 + content;
}

uint64_t gb_framed_content_tbs(const struct gb_mls_sizes *s, uint64_t content)
{
	return 2 + 2 + gb_framed_content_bytes(content) + gb_group_context_bytes(s);
}

uint64_t gb_framed_content_signed(const struct gb_mls_sizes *s, uint64_t content)
{
	return labelled(LABEL("FramedContentTBS"), gb_framed_content_tbs(s, content));
}

static uint64_t group_info_unsigned(const struct gb_mls_sizes *s, uint64_t tree)
{
	uint64_t extension = tree > 0 ? 2 + gb_vec(gb_vec(tree)) : 0;

	return gb_group_context_bytes(s) + gb_vec(extension) + gb_vec(s->suite->hash.digest) + 4;
}

uint64_t gb_group_info_bytes(const struct gb_mls_sizes *s, uint64_t tree)
{
	return group_info_unsigned(s, tree) + gb_vec(s->suite->signature);
}

uint64_t gb_group_info_signed(const struct gb_mls_sizes *s, uint64_t tree)
{
	return labelled(LABEL("GroupInfoTBS"), group_info_unsigned(s, tree));
}

uint64_t gb_group_secrets_bytes(const struct gb_mls_sizes *s, bool path)
{
	uint64_t secret = gb_vec(s->suite->hash.digest);

	return secret + 1 + (path ? secret : 0) + gb_vec(0);
}
