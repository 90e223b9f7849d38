/*
 * A Welcome from a member who may put anything into it. The input is what is encrypted in it:
 * GroupSecrets, and behind them a GroupInfo with the ratchet tree. Both are sealed to the
 * joiner, with the right tree hash, signatures and confirmation tag, where they decode. It is
 * joined as a new group, and as one that follows another: which a ReInit has shut down, where the
 * GroupSecrets say so, and from which it has branched off otherwise.
 */
#include <stdlib.h>

#include "corpus.h"
#include "insider.h"
#include "wire_mutator.h"

static void must(enum mls_err err)
{
	if (err != MLS_OK)
		abort();
}

/* The key of the GroupInfo; that of no PSKs where the joiner will not know them. */
static void seal_info(struct mls_buf *info, const struct mls_group_secrets *secrets)
{
	struct mls_client *joiner = insider()->joiner;
	struct mls_crypto *crypto = joiner->crypto;
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE];
	struct mls_secret member, welcome;

	if (!insider_member_secret(&member, secrets))
		member = (struct mls_secret){.len = crypto->suite->nh};
	must(mls_welcome_secret(crypto, &welcome, &member));
	must(mls_welcome_key(crypto, key, nonce, &welcome));
	must(mls_buf_reserve(info, MLS_AEAD_TAG));
	must(mls_aead_seal(crypto, info->p, key, nonce, (struct mls_slice){0}, bytes_of(info)));
	info->len += MLS_AEAD_TAG;
}

static void judge(enum mls_err err, struct mls_group *group)
{
	if (err == MLS_OK) {
		insider_keep_package();
		insider_use(insider()->joiner, group, INSIDER_RENAMES | INSIDER_LEAVES_OUT);
	} else {
		insider_expect_refusal(err);
	}
}

static void join_as_successor(struct mls_slice welcome, struct mls_slice psks)
{
	struct mls_client *joiner = insider()->joiner;
	enum mls_succession how = MLS_SUCCESSION_BRANCH;
	struct mls_group *group = NULL;
	struct mls_psk_id id;
	enum mls_err err;

	while (psks.len > 0 && mls_psk_id_next(&psks, &id) == MLS_OK) {
		if (id.usage == MLS_PSK_REINIT)
			how = MLS_SUCCESSION_REINIT;
	}
	err = mls_group_join_successor(
		joiner, &group, how == MLS_SUCCESSION_REINIT ? insider_shut() : insider_old(), how,
		welcome, (struct mls_slice){0});
	judge(err, group);
}

static void join(struct mls_slice secrets, struct mls_slice info, struct mls_slice psks)
{
	struct mls_client *joiner = insider()->joiner;
	const struct mls_kept_key_package *kept = &joiner->kept[0];
	struct mls_group *group = NULL;
	struct mls_buf message = {0};
	enum mls_err err;

	forge_put_welcome(joiner->crypto, &message, mls_slice(kept->ref, joiner->crypto->suite->nh),
			  mls_key_public(kept->init_key), secrets, info);
	err = mls_group_join(joiner, &group, bytes_of(&message), (struct mls_slice){0});
	judge(err, group);
	join_as_successor(bytes_of(&message), psks);
	mls_buf_free(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mls_slice all = {data, size};
	struct mls_group_secrets secrets = {0};
	struct mls_group_info info;
	struct mls_slice rest = all;
	struct mls_buf sealed = {0};
	const bool decodes = mls_group_secrets_next(&rest, &secrets) == MLS_OK;

	(void)insider_old();
	(void)insider_shut();
	if (decodes && mls_group_info_decode(rest, &info) == MLS_OK)
		insider_put_group_info(&sealed, &info, &secrets);
	else
		must(mls_buf_append(&sealed, rest));
	seal_info(&sealed, &secrets);
	join(decodes ? mls_slice(data, size - rest.len) : all, bytes_of(&sealed), secrets.psks);
	mls_buf_free(&sealed);
	return 0;
}

/* Either of the two halves changes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct mls_group_secrets secrets;
	struct mls_slice rest = {data, size};
	struct mls_buf info = {0};
	size_t first;

	if (size == 0 || mls_group_secrets_next(&rest, &secrets) != MLS_OK || rest.len == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	first = size - rest.len;
	if (seed % 3 > 0)
		return first + wire_mutate(&wire_group_info, data + first, rest.len,
					   max_size - first, seed / 3);
	must(mls_buf_append(&info, rest));
	first = wire_mutate(&wire_group_secrets, data, first, max_size - rest.len, seed / 3);
	memcpy(data + first, info.p, info.len);
	first += info.len;
	mls_buf_free(&info);
	return first;
}

/* What `group` sends when it adds the joiner; frees it. `origin` is that of a successor. */
static void give_welcome(void (*give)(const char *name, struct mls_slice seed), const char *name,
			 const struct mls_commit_request *how, struct mls_group *group,
			 const struct mls_origin *origin)
{
	struct insider *in = insider();
	struct mls_slice add = bytes_of(&in->package);
	struct mls_commit_request request = *how;
	struct mls_buf commit = {0}, welcome = {0}, seed = {0};
	const struct mls_commit_output output = {.commit = &commit, .welcome = &welcome};
	struct mls_joining j;

	request.add = &add;
	request.n_add = 1;
	request.tree_in_welcome = true;
	must(mls_group_commit(group, &output, &request));
	must(mls_joining_open(&j, in->joiner, bytes_of(&welcome), origin));
	must(mls_buf_append(&seed, bytes_of(&j.secrets_bytes)));
	must(mls_buf_append(&seed, bytes_of(&j.info_bytes)));
	give(name, bytes_of(&seed));
	mls_joining_clear(&j);
	mls_group_free(group);
	mls_buf_free(&commit);
	mls_buf_free(&welcome);
	mls_buf_free(&seed);
}

static void give_successor(void (*give)(const char *name, struct mls_slice seed), const char *name,
			   const struct mls_group *old, enum mls_succession how,
			   const struct mls_origin *origin)
{
	const struct mls_commit_request without_path = {.path_if_required = true};
	const struct mls_slice nothing = {0};
	struct mls_group *group = NULL;

	must(mls_group_create_successor(insider()->w->client[0], &group, old, how, nothing,
					nothing));
	give_welcome(give, name, &without_path, group, origin);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	const struct mls_psk_name psk = {.id = mls_slice_str("psk")};
	const struct mls_commit_request with_path = {0}, without = {.path_if_required = true};
	const struct mls_commit_request with_psk = {.psks = &psk, .n_psks = 1};

	(void)insider();
	give_welcome(give, "with_path", &with_path, insider_fork(1), NULL);
	give_welcome(give, "without_path", &without, insider_fork(1), NULL);
	give_welcome(give, "with_psk", &with_psk, insider_fork(1), NULL);
	give_successor(give, "branch", insider_old(), MLS_SUCCESSION_BRANCH, &insider()->origin);
	give_successor(give, "reinit", insider_shut(), MLS_SUCCESSION_REINIT,
		       &insider()->shut_origin);
}
