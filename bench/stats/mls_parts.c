#include "stats/mls_parts.h"

#define LENGTH(text) (sizeof(text) - 1)

/* Prefixes that RFC 9180 4 puts before labels: "HPKE-v1" and the suite's identifier. */
#define KEM_PREFIX  (LENGTH("HPKE-v1") + LENGTH("KEM") + 2)
#define HPKE_PREFIX (LENGTH("HPKE-v1") + LENGTH("HPKE") + 6)

void gb_expand_with_label(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
			  uint64_t label, uint64_t context, uint64_t out)
{
	gb_tally_expand(t, &s->hash, times, 2 + gb_vec(8 + label) + gb_vec(context), out);
}

static void derive_secret(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
			  uint64_t label)
{
	gb_expand_with_label(t, s, times, label, 0, s->hash.digest);
}

void gb_hpke_info(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t label,
		  uint64_t context)
{
	gb_tally_extract(t, &s->hash, 1, true,
			 HPKE_PREFIX + LENGTH("info_hash") + gb_vec(8 + label) + gb_vec(context));
}

/* What both sides do once they have the Diffie-Hellman result (RFC 9180 4.1, 5.1). */
static void hpke_keys(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
		      uint64_t plaintext)
{
	unsigned nh = s->hash.digest, context = 1 + 2 * nh;

	gb_tally_extract(t, &s->hash, times, true, KEM_PREFIX + LENGTH("eae_prk") + s->kem_shared);
	gb_tally_hmac_key(t, times);
	gb_tally_expand(t, &s->hash, times,
			2 + KEM_PREFIX + LENGTH("shared_secret") + 2 * s->kem_public, nh);
	gb_tally_extract(t, &s->hash, times, false, HPKE_PREFIX + LENGTH("secret"));
	gb_tally_hmac_key(t, times);
	gb_tally_expand(t, &s->hash, times, 2 + HPKE_PREFIX + LENGTH("key") + context, s->aead_key);
	gb_tally_expand(t, &s->hash, times, 2 + HPKE_PREFIX + LENGTH("base_nonce") + context,
			GB_AEAD_NONCE);
	gb_tally_aead(t, times, plaintext);
}

void gb_hpke_seal(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
		  uint64_t plaintext)
{
	t->keygen += times;
	t->dh += times;
	hpke_keys(t, s, times, plaintext);
}

void gb_hpke_open(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times,
		  uint64_t plaintext)
{
	t->dh += times;
	hpke_keys(t, s, times, plaintext);
}

/* KEM.DeriveKeyPair (RFC 9180 7.1.3). */
static void derive_key_pairs(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t times)
{
	unsigned nh = s->hash.digest;

	t->keygen += times;
	gb_tally_extract(t, &s->hash, times, true, KEM_PREFIX + LENGTH("dkp_prk") + nh);
	gb_tally_hmac_key(t, times);
	gb_tally_expand(t, &s->hash, times, 2 + KEM_PREFIX + LENGTH("sk"), nh);
}

void gb_path_keys(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t nodes)
{
	gb_tally_hmac_key(t, nodes);
	derive_secret(t, s, nodes, LENGTH("path"));
	derive_secret(t, s, nodes, LENGTH("node"));
	derive_key_pairs(t, s, nodes);
}

void gb_parent_hashes(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t nodes)
{
	if (nodes == 0)
		return;
	gb_tally_hash(t, &s->suite->hash, nodes - 1, gb_parent_hash_hashed(s, false));
	gb_tally_hash(t, &s->suite->hash, 1, gb_parent_hash_hashed(s, true));
}

/* The encoded node, 0 if it is blank. */
static uint64_t node_bytes(const struct gb_mls_sizes *s, const struct gb_tree_model *tree,
			   uint32_t node)
{
	uint32_t holds = tree->node[node];

	if (holds == GB_NODE_BLANK)
		return 0;
	if (gb_node_level(node) > 0)
		return gb_parent_node_bytes(s, holds, tree->is_top[node]);
	return gb_leaf_node_bytes(s, holds == GB_LEAF_COMMITTED ? GB_LEAF_OF_COMMIT
								: GB_LEAF_OF_KEY_PACKAGE);
}

static void tree_hash(struct gb_tally *t, const struct gb_mls_sizes *s,
		      const struct gb_tree_model *tree, uint32_t node)
{
	uint64_t bytes = node_bytes(s, tree, node);

	gb_tally_hash(t, &s->suite->hash, 1,
		      gb_node_level(node) == 0 ? gb_leaf_hashed(bytes)
					       : gb_parent_hashed(s, bytes));
}

void gb_changed_tree_hashes(struct gb_tally *t, const struct gb_mls_sizes *s,
			    const struct gb_tree_model *tree)
{
	for (size_t i = 0; i < tree->n_stale; i++)
		tree_hash(t, s, tree, tree->stale[i]);
}

void gb_whole_tree_checks(struct gb_tally *t, const struct gb_mls_sizes *s,
			  const struct gb_tree_model *tree)
{
	for (uint32_t node = 0; node < 2 * tree->width - 1; node++) {
		uint32_t holds = tree->node[node];

		tree_hash(t, s, tree, node);
		if (holds == GB_NODE_BLANK)
			continue;
		if (gb_node_level(node) > 0)
			gb_tally_hash(t, &s->suite->hash, 1,
				      gb_parent_hash_hashed(s, tree->is_top[node]));
		else
			gb_tally_verify(t, 1,
					gb_leaf_node_signed(s, holds == GB_LEAF_COMMITTED
								       ? GB_LEAF_OF_COMMIT
								       : GB_LEAF_OF_KEY_PACKAGE));
	}
}

uint64_t gb_encoded_tree(const struct gb_mls_sizes *s, const struct gb_tree_model *tree)
{
	uint32_t last = 2 * tree->width - 2;
	uint64_t bytes = 0;

	while (last > 0 && tree->node[last] == GB_NODE_BLANK)
		last--;
	for (uint32_t node = 0; node <= last; node++) {
		uint64_t content = node_bytes(s, tree, node);
		bytes += content > 0 ? 2 + content : 1;
	}
	return bytes;
}

void gb_joiner_secret(struct gb_tally *t, const struct gb_mls_sizes *s)
{
	unsigned nh = s->suite->hash.digest;

	gb_tally_extract(t, &s->suite->hash, 1, false, nh);
	gb_tally_hmac_key(t, 1);
	gb_expand_with_label(t, s->suite, 1, LENGTH("joiner"), gb_group_context_bytes(s), nh);
}

void gb_epoch_secrets(struct gb_tally *t, const struct gb_mls_sizes *s)
{
	static const uint8_t labels[] = {
		LENGTH("sender data"), LENGTH("encryption"),     LENGTH("exporter"),
		LENGTH("external"),    LENGTH("confirm"),        LENGTH("membership"),
		LENGTH("resumption"),  LENGTH("authentication"), LENGTH("init"),
	};
	unsigned nh = s->suite->hash.digest;

	gb_tally_extract(t, &s->suite->hash, 1, false, nh);
	gb_tally_hmac_key(t, 1);
	gb_expand_with_label(t, s->suite, 1, LENGTH("epoch"), gb_group_context_bytes(s), nh);
	gb_tally_hmac_key(t, 1);
	for (unsigned i = 0; i < sizeof(labels); i++)
		derive_secret(t, s->suite, 1, labels[i]);
}

void gb_welcome_secrets(struct gb_tally *t, const struct gb_mls_sizes *s)
{
	derive_secret(t, s->suite, 1, LENGTH("welcome"));
	gb_tally_hmac_key(t, 1);
	gb_expand_with_label(t, s->suite, 1, LENGTH("key"), 0, s->suite->aead_key);
	gb_expand_with_label(t, s->suite, 1, LENGTH("nonce"), 0, GB_AEAD_NONCE);
}

void gb_transcript(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t commit)
{
	unsigned nh = s->suite->hash.digest;

	gb_tally_hash(t, &s->suite->hash, 1,
		      nh + 2 + gb_framed_content_bytes(commit) + gb_vec(s->suite->signature));
	gb_tally_hash(t, &s->suite->hash, 1, nh + gb_vec(nh));
	gb_tally_hmac_key(t, 1);
	gb_tally_hmac(t, &s->suite->hash, 1, nh);
}

void gb_membership_tag(struct gb_tally *t, const struct gb_mls_sizes *s, uint64_t commit)
{
	gb_tally_hmac_key(t, 1);
	gb_tally_hmac(t, &s->suite->hash, 1,
		      gb_framed_content_tbs(s, commit) + gb_vec(s->suite->signature) +
			      gb_vec(s->suite->hash.digest));
}

void gb_secret_tree_descent(struct gb_tally *t, const struct gb_mls_suite *s, unsigned depth)
{
	gb_tally_hmac_key(t, depth + 1);
	gb_expand_with_label(t, s, depth, LENGTH("tree"), LENGTH("left"), s->hash.digest);
	gb_expand_with_label(t, s, depth, LENGTH("tree"), LENGTH("right"), s->hash.digest);
	gb_expand_with_label(t, s, 1, LENGTH("handshake"), 0, s->hash.digest);
	gb_expand_with_label(t, s, 1, LENGTH("application"), 0, s->hash.digest);
}

void gb_private_message(struct gb_tally *t, const struct gb_mls_suite *s, uint64_t content)
{
	uint64_t generation = 4, sender_data = 4 + 4 + 4;

	gb_tally_hmac_key(t, 1);
	gb_expand_with_label(t, s, 1, LENGTH("key"), generation, s->aead_key);
	gb_expand_with_label(t, s, 1, LENGTH("nonce"), generation, GB_AEAD_NONCE);
	gb_expand_with_label(t, s, 1, LENGTH("secret"), generation, s->hash.digest);
	gb_expand_with_label(t, s, 1, LENGTH("key"), s->hash.digest, s->aead_key);
	gb_expand_with_label(t, s, 1, LENGTH("nonce"), s->hash.digest, GB_AEAD_NONCE);
	gb_tally_aead(t, 1, sender_data);
	gb_tally_aead(t, 1, content);
}
