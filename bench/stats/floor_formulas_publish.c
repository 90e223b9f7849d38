#include "stats/floor.h"

#include "stats/mls_sizes.h"

/*
 * The floor of what a new device uploads, with k one-time keys or KeyPackages. With K and S a key
 * pair and a signature, K of signatures where that is said:
 *
 *   MLS      K of its signatures; for each KeyPackage 2 K (init_key and the leaf's encryption_key)
 *            and 2 S (LeafNodeTBS and KeyPackageTBS)
 *   Megolm   K of its signatures and K; 1 S on its keys; K and S for each one-time key and for the
 *            fallback key
 *   and its user's, cross-signed: 3 K of signatures; 2 S of the master key on the others, 1 S of
 *            the self-signing key on the device's keys and 1 S of the device on the master key
 *
 * The random bytes are those of key pairs. Nobody else has a part in it.
 */
static void key_packages(struct gb_tally *t, const struct gb_floor_case *c)
{
	struct gb_mls_sizes sizes = {gb_mls_suite(c->suite), c->identity};

	t->signer_keygen += 1;
	t->keygen += 2 * (uint64_t)c->k;
	gb_tally_sign(t, c->k, gb_leaf_node_signed(&sizes, GB_LEAF_OF_KEY_PACKAGE));
	gb_tally_sign(t, c->k, gb_key_package_signed(&sizes));
}

static void device_keys(struct gb_tally *t, const struct gb_floor_case *c)
{
	t->signer_keygen += 1;
	t->keygen += 1 + (uint64_t)c->k + 1;
	gb_tally_sign(t, 1, gb_device_keys_signed(c->identity));
	gb_tally_sign(t, c->k, gb_one_time_key_signed());
	gb_tally_sign(t, 1, gb_fallback_key_signed());
}

static void cross_signing_keys(struct gb_tally *t, const struct gb_floor_case *c)
{
	t->signer_keygen += 3;
	gb_tally_sign(t, 1, gb_self_signing_key_signed(c->identity));
	gb_tally_sign(t, 1, gb_user_signing_key_signed(c->identity));
	gb_tally_sign(t, 1, gb_device_keys_signed(c->identity));
	gb_tally_sign(t, 1, gb_master_key_signed(c->identity));
}

enum gb_floor_answer gb_floor_publish(const struct gb_floor_case *c, struct gb_tally *counts)
{
	*counts = (struct gb_tally){0};
	if (c->role != GB_FLOOR_ACTOR || c->k < 1)
		return GB_FLOOR_UNKNOWN;
	if (c->protocol == GB_FLOOR_MLS) {
		if (gb_mls_suite(c->suite) == NULL)
			return GB_FLOOR_UNKNOWN;
		key_packages(counts, c);
		return GB_FLOOR_KNOWN;
	}
	device_keys(counts, c);
	if (c->cross_signed)
		cross_signing_keys(counts, c);
	return GB_FLOOR_KNOWN;
}
