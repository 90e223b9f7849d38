#include "external_senders.h"

void mls_external_sender_walk(struct mls_codec *c, struct mls_external_sender *v)
{
	mls_opaque(c, &v->signature_key);
	mls_credential_walk(c, &v->credential);
}
MLS_WIRE_TYPE(external_sender)

/* A chain of certificates is written as it was given: reading tells whether it is one. */
enum mls_err mls_external_sender_put(struct mls_buf *out, const struct mls_identity *sender)
{
	const size_t start = out->len;
	const struct mls_external_sender v = {sender->signature_key,
					      {sender->credential_type, sender->credential}};
	struct mls_external_sender read;
	enum mls_err err = mls_external_sender_encode(out, &v);

	if (err == MLS_OK)
		err = mls_external_sender_decode(mls_slice(out->p + start, out->len - start),
						 &read);
	if (err)
		out->len = start;
	return err;
}

static void element(struct mls_codec *c)
{
	struct mls_external_sender v = {0};

	mls_external_sender_walk(c, &v);
}

/* The body of the list; empty where the group has none. */
static enum mls_err find_list(struct mls_slice *list, struct mls_slice group_extensions)
{
	struct mls_codec c = {0};

	*list = (struct mls_slice){0};
	if (!mls_extension_find(group_extensions, MLS_EXTENSION_EXTERNAL_SENDERS, &c.in))
		return MLS_OK;
	mls_vector(&c, list, element);
	if (mls_codec_ok(&c) && c.in.len > 0)
		mls_codec_fail(&c, MLS_ERR_TRAILING);
	return c.err;
}

enum mls_err mls_external_sender_find(struct mls_external_sender *out,
				      struct mls_slice group_extensions, uint32_t index)
{
	struct mls_slice list;
	enum mls_err err = find_list(&list, group_extensions);

	for (uint32_t i = 0; err == MLS_OK && list.len > 0; i++) {
		err = mls_external_sender_next(&list, out);
		if (i == index)
			return err;
	}
	return MLS_ERR_EXTERNAL_SENDER;
}

static enum mls_err check_one(const struct mls_leaf_rules *rules,
			      const struct mls_external_sender *v)
{
	const struct mls_policy *policy = rules->policy;
	const struct mls_identity presented = {v->credential.type, v->credential.content,
					       v->signature_key};
	enum mls_err err;

	if (v->signature_key.len != rules->crypto->suite->signature_public)
		return MLS_ERR_PUBLIC_KEY;
	err = mls_credential_check(rules->crypto, &v->credential, v->signature_key);
	if (err)
		return err;
	if (policy->accept_credential &&
	    !policy->accept_credential(policy->state, &presented, NULL))
		return MLS_ERR_CREDENTIAL_REFUSED;
	return MLS_OK;
}

enum mls_err mls_external_senders_check(const struct mls_leaf_rules *rules)
{
	struct mls_external_sender v;
	struct mls_slice list;
	enum mls_err err = find_list(&list, rules->group_extensions);

	while (err == MLS_OK && list.len > 0) {
		err = mls_external_sender_next(&list, &v);
		if (err == MLS_OK)
			err = check_one(rules, &v);
	}
	return err;
}
