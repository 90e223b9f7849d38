/* RFC 9420 6, 8.2, 12.4.3: message-protection.json, transcript-hashes.json, welcome.json and
 * messages.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client.h"
#include "group_info.h"
#include "key_schedule.h"
#include "members.h"
#include "private_message.h"
#include "public_message.h"
#include "tree.h"
#include "vectors.h"

static struct mls_crypto *crypto_of(json_t *v)
{
	struct mls_crypto *crypto = NULL;
	const struct mls_suite *suite = mls_suite_find((uint16_t)vector_number(v, "cipher_suite"));

	assert_non_null(suite);
	OK(mls_crypto_new(&crypto, vectors_library(suite), suite, NULL));
	return crypto;
}

static struct mls_secret secret_of(json_t *v, const char *key)
{
	const struct mls_slice bytes = vector_hex(v, key);
	struct mls_secret secret = {.len = (uint8_t)bytes.len};

	assert_in_range(bytes.len, 1, MLS_MAX_HASH);
	memcpy(secret.bytes, bytes.p, bytes.len);
	return secret;
}

/* The body of an MLSMessage of this wire format. */
static struct mls_slice body_of(struct mls_slice message, uint16_t want)
{
	struct mls_codec c = {.in = message};
	uint16_t wire_format = 0;

	mls_message_header_walk(&c, &wire_format);
	OK(c.err);
	assert_int_equal(wire_format, want);
	return c.in;
}

/* ---- message-protection.json ---- */

struct protection {
	struct mls_crypto *crypto;
	struct mls_buf context;
	struct mls_slice group_id, signature_pub;
	uint64_t epoch;
	struct mls_signer *signer;
	struct mls_secret encryption_secret, sender_data_secret, membership_key;
	struct mls_secret_tree tree;
	struct mls_policy policy;
	uint8_t tag[MLS_MAX_HASH]; /* any confirmation tag */
};

static void protection_begin(struct protection *p, json_t *v)
{
	struct mls_group_context context = {.version = MLS_VERSION_MLS10};

	*p = (struct protection){.policy = mls_policy_default(), .crypto = crypto_of(v)};
	context.cipher_suite = p->crypto->suite->id;
	context.group_id = p->group_id = vector_hex(v, "group_id");
	context.epoch = p->epoch = vector_number(v, "epoch");
	context.tree_hash = vector_hex(v, "tree_hash");
	context.confirmed_transcript_hash = vector_hex(v, "confirmed_transcript_hash");
	OK(mls_group_context_encode(&p->context, &context));
	p->signature_pub = vector_hex(v, "signature_pub");
	OK(mls_signer_import(
		p->crypto, &p->signer,
		vector_private_key(v, "signature_priv", p->crypto->suite->signature_secret),
		p->signature_pub));
	p->encryption_secret = secret_of(v, "encryption_secret");
	p->sender_data_secret = secret_of(v, "sender_data_secret");
	p->membership_key = secret_of(v, "membership_key");
}

static void protection_end(struct protection *p)
{
	mls_secret_tree_clear(&p->tree);
	mls_signer_free(p->signer);
	mls_buf_free(&p->context);
	mls_crypto_free(p->crypto);
}

static void fresh_tree(struct protection *p)
{
	mls_secret_tree_clear(&p->tree);
	OK(mls_secret_tree_init(&p->tree, 2, &p->encryption_secret));
}

static struct mls_framed_content head_of(const struct protection *p, uint8_t content_type)
{
	return (struct mls_framed_content){
		.group_id = p->group_id,
		.epoch = p->epoch,
		.sender = {MLS_SENDER_MEMBER, 1},
		.content_type = content_type,
	};
}

static void open_public(struct protection *p, struct mls_slice message, struct mls_slice want)
{
	struct mls_public_message public;

	OK(mls_public_message_decode(body_of(message, MLS_WIRE_PUBLIC_MESSAGE), &public));
	assert_true(mls_slice_equal(public.content.content.group_id, p->group_id));
	assert_int_equal(public.content.content.epoch, p->epoch);
	assert_int_equal(public.content.content.sender.index, 1);
	OK(mls_public_message_check(p->crypto, &public, &p->membership_key,
				    mls_buf_slice(&p->context)));
	OK(mls_content_verify(p->crypto, &public.content, p->signature_pub,
			      mls_buf_slice(&p->context)));
	assert_true(mls_slice_equal(public.content.content.content_bytes, want));
}

static void open_private(struct protection *p, struct mls_slice message, struct mls_slice want)
{
	struct mls_private_message private;
	struct mls_authenticated_content content;
	struct mls_sender_data sender;
	struct mls_buf plain = {0};
	struct mls_slice got;

	OK(mls_private_message_decode(body_of(message, MLS_WIRE_PRIVATE_MESSAGE), &private));
	OK(mls_sender_data_open(p->crypto, &sender, &private, &p->sender_data_secret));
	assert_int_equal(sender.leaf, 1);
	OK(mls_private_content_open(p->crypto, &content, &plain, &private, &sender, &p->tree,
				    &p->policy));
	OK(mls_content_verify(p->crypto, &content, p->signature_pub, mls_buf_slice(&p->context)));
	got = content.content.content_type == MLS_CONTENT_APPLICATION
		      ? content.content.application_data
		      : content.content.content_bytes;
	assert_true(mls_slice_equal(got, want));
	mls_buf_free(&plain);
}

/* Frames and signs `content`, which is opaque<V> for application data. */
static void frame(struct protection *p, struct mls_frame *f, struct mls_buf *out,
		  uint16_t wire_format, uint8_t type, struct mls_slice content)
{
	struct mls_framed_content head = head_of(p, type);
	struct mls_codec c = {.out = out};

	OK(mls_frame_begin(f, out, wire_format, &head));
	if (type == MLS_CONTENT_APPLICATION)
		mls_opaque(&c, &content);
	else
		mls_fixed(&c, &content, content.len);
	OK(c.err);
	OK(mls_frame_sign(p->crypto, f, p->signer, mls_buf_slice(&p->context)));
	if (type == MLS_CONTENT_COMMIT)
		OK(mls_frame_confirm(f, mls_slice(p->tag, p->crypto->suite->nh)));
}

static void seal_and_open_public(struct protection *p, uint8_t type, struct mls_slice content)
{
	struct mls_buf out = {0};
	struct mls_frame f;

	frame(p, &f, &out, MLS_WIRE_PUBLIC_MESSAGE, type, content);
	OK(mls_public_message_seal(p->crypto, &f, &p->membership_key, mls_buf_slice(&p->context)));
	open_public(p, mls_buf_slice(&out), content);
	mls_buf_free(&out);
}

static void seal_and_open_private(struct protection *p, uint8_t type, struct mls_slice content)
{
	const struct mls_framed_content head = head_of(p, type);
	struct mls_private_keys keys = {.sender_data_secret = &p->sender_data_secret,
					.tree = &p->tree,
					.own_leaf = 1,
					.padding = 32};
	struct mls_buf out = {0}, plain = {0};
	struct mls_frame f;

	fresh_tree(p);
	frame(p, &f, &plain, MLS_WIRE_PRIVATE_MESSAGE, type, content);
	OK(mls_private_message_seal(p->crypto, &out, &f, &head, &keys));
	fresh_tree(p);
	open_private(p, mls_buf_slice(&out), content);
	mls_buf_free(&out);
	mls_buf_free(&plain);
}

static void handshake(struct protection *p, json_t *v, uint8_t type, const char *name,
		      const char *name_pub, const char *name_priv)
{
	const struct mls_slice content = vector_hex(v, name);

	open_public(p, vector_hex(v, name_pub), content);
	fresh_tree(p);
	open_private(p, vector_hex(v, name_priv), content);
	seal_and_open_public(p, type, content);
	seal_and_open_private(p, type, content);
}

static void messages_are_protected(void **state)
{
	json_t *cases = vectors_load("message-protection.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_slice data = vector_hex(v, "application");
		struct mls_buf out = {0};
		struct mls_framed_content head;
		struct mls_frame f;
		struct protection p;

		protection_begin(&p, v);
		handshake(&p, v, MLS_CONTENT_PROPOSAL, "proposal", "proposal_pub", "proposal_priv");
		handshake(&p, v, MLS_CONTENT_COMMIT, "commit", "commit_pub", "commit_priv");
		fresh_tree(&p);
		open_private(&p, vector_hex(v, "application_priv"), data);
		seal_and_open_private(&p, MLS_CONTENT_APPLICATION, data);
		head = head_of(&p, MLS_CONTENT_APPLICATION);
		REFUSED(mls_frame_begin(&f, &out, MLS_WIRE_PUBLIC_MESSAGE, &head),
			MLS_ERR_APPLICATION_PUBLIC);
		vector_done(v);
		protection_end(&p);
	}
	vectors_free();
}

/* ---- transcript-hashes.json ---- */

static void transcripts_are_hashed(void **state)
{
	json_t *cases = vectors_load("transcript-hashes.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *crypto = crypto_of(v);
		const size_t nh = crypto->suite->nh;
		struct mls_secret key = secret_of(v, "confirmation_key");
		struct mls_authenticated_content content;
		uint8_t confirmed[MLS_MAX_HASH], interim[MLS_MAX_HASH], tag[MLS_MAX_HASH];

		OK(mls_authenticated_content_decode(vector_hex(v, "authenticated_content"),
						    &content));
		assert_int_equal(content.content.content_type, MLS_CONTENT_COMMIT);
		mls_confirmed_transcript_hash(crypto, confirmed,
					      vector_hex(v, "interim_transcript_hash_before"),
					      mls_slice(content.encoded.p, content.signature_end));
		vector_expect(v, "confirmed_transcript_hash_after", mls_slice(confirmed, nh));
		mls_confirmation_tag(crypto, tag, &key, mls_slice(confirmed, nh));
		assert_true(mls_slice_equal(mls_slice(tag, nh), content.auth.confirmation_tag));
		mls_interim_transcript_hash(crypto, interim, mls_slice(confirmed, nh),
					    mls_slice(tag, nh));
		vector_expect(v, "interim_transcript_hash_after", mls_slice(interim, nh));
		vector_done(v);
		mls_crypto_free(crypto);
	}
	vectors_free();
}

/* ---- welcome.json ---- */

static void find_secrets(struct mls_encrypted_group_secrets *out, const struct mls_welcome *welcome,
			 struct mls_slice ref)
{
	struct mls_slice rest = welcome->secrets;

	do {
		assert_true(rest.len > 0);
		OK(mls_encrypted_group_secrets_next(&rest, out));
	} while (!mls_slice_equal(out->new_member, ref));
}

static void open_group_info(struct mls_crypto *crypto, struct mls_buf *out,
			    const struct mls_secret *member, struct mls_slice encrypted)
{
	struct mls_secret welcome_secret;
	uint8_t key[MLS_MAX_AEAD_KEY], nonce[MLS_AEAD_NONCE];

	OK(mls_welcome_secret(crypto, &welcome_secret, member));
	OK(mls_welcome_key(crypto, key, nonce, &welcome_secret));
	OK(mls_buf_reserve(out, encrypted.len));
	OK(mls_aead_open(crypto, out->p, key, nonce, (struct mls_slice){0}, encrypted));
	out->len = encrypted.len - MLS_AEAD_TAG;
}

static void check_confirmation(struct mls_crypto *crypto, const struct mls_secret *member,
			       const struct mls_group_info *info)
{
	struct mls_epoch_secrets secrets;
	uint8_t tag[MLS_MAX_HASH];

	OK(mls_epoch_secrets(crypto, &secrets, member, info->context_bytes));
	mls_confirmation_tag(crypto, tag, &secrets.confirmation_key,
			     info->context.confirmed_transcript_hash);
	assert_true(mls_slice_equal(mls_slice(tag, crypto->suite->nh), info->confirmation_tag));
}

static void a_welcome_opens(void **state)
{
	json_t *cases = vectors_load("welcome.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);
		struct mls_crypto *crypto = crypto_of(v);
		struct mls_buf secrets_bytes = {0}, info_bytes = {0};
		struct mls_encrypted_group_secrets sealed;
		struct mls_secret joiner = {.len = crypto->suite->nh}, psk = joiner, member;
		struct mls_key_package key_package;
		struct mls_group_secrets secrets;
		struct mls_group_info info;
		struct mls_hpke_info hpke;
		struct mls_welcome welcome;
		struct mls_key *key = NULL;
		uint8_t ref[MLS_MAX_HASH];

		OK(mls_key_package_message(&key_package, vector_hex(v, "key_package")));
		OK(mls_welcome_decode(body_of(vector_hex(v, "welcome"), MLS_WIRE_WELCOME),
				      &welcome));
		assert_int_equal(welcome.suite, crypto->suite->id);
		mls_key_package_ref(crypto, ref, key_package.encoded);
		find_secrets(&sealed, &welcome, mls_slice(ref, crypto->suite->nh));
		OK(mls_key_import(crypto, &key,
				  vector_private_key(v, "init_priv", crypto->suite->nsk),
				  key_package.init_key));
		mls_encrypt_context(crypto, &hpke, "Welcome", welcome.encrypted_group_info);
		OK(mls_decrypt_with_label(crypto, &secrets_bytes, key, &hpke, &sealed.secrets));
		OK(mls_group_secrets_decode(mls_buf_slice(&secrets_bytes), &secrets));
		assert_int_equal(secrets.psks.len, 0);
		assert_int_equal(secrets.joiner_secret.len, joiner.len);
		memcpy(joiner.bytes, secrets.joiner_secret.p, joiner.len);
		mls_member_secret(crypto, &member, &joiner, &psk);
		open_group_info(crypto, &info_bytes, &member, welcome.encrypted_group_info);
		OK(mls_group_info_decode(mls_buf_slice(&info_bytes), &info));
		OK(mls_group_info_verify(crypto, &info, vector_hex(v, "signer_pub")));
		check_confirmation(crypto, &member, &info);
		vector_done(v);
		mls_key_free(key);
		mls_buf_free(&secrets_bytes);
		mls_buf_free(&info_bytes);
		mls_crypto_free(crypto);
	}
	vectors_free();
}

/* ---- messages.json: decoded, and encoded again to the same bytes ---- */

#define AGAIN(name, bytes)                                                                         \
	do {                                                                                       \
		const struct mls_slice in_ = (bytes);                                              \
		struct mls_##name value_;                                                          \
		struct mls_buf out_ = {0};                                                         \
		OK(mls_##name##_decode(in_, &value_));                                             \
		OK(mls_##name##_encode(&out_, &value_));                                           \
		assert_true(mls_slice_equal(mls_buf_slice(&out_), in_));                           \
		mls_buf_free(&out_);                                                               \
	} while (0)

/* A proposal without its type, which these files leave out. */
static void proposal_again(json_t *v, const char *key, uint16_t type)
{
	const struct mls_slice body = vector_hex(v, key);
	struct mls_codec c = {0};
	struct mls_buf bytes = {0};
	struct mls_slice in = body;

	c.out = &bytes;
	mls_u16(&c, &type);
	mls_fixed(&c, &in, in.len);
	OK(c.err);
	AGAIN(proposal, mls_buf_slice(&bytes));
	mls_buf_free(&bytes);
}

static void public_again(json_t *v, const char *key, uint8_t content_type)
{
	const struct mls_slice body = body_of(vector_hex(v, key), MLS_WIRE_PUBLIC_MESSAGE);
	struct mls_public_message message;

	OK(mls_public_message_decode(body, &message));
	assert_int_equal(message.content.content.content_type, content_type);
	AGAIN(public_message, body);
}

static void tree_again(struct mls_slice encoded)
{
	static const struct mls_key_index_seed seed;
	struct mls_tree tree;
	struct mls_buf out = {0};

	OK(mls_tree_decode(&tree, mls_suite_find(1), &seed, encoded, 1024));
	OK(mls_tree_encode(&tree, &out));
	assert_true(mls_slice_equal(mls_buf_slice(&out), encoded));
	mls_buf_free(&out);
	mls_tree_clear(&tree);
}

static void messages_encode_as_they_decode(void **state)
{
	json_t *cases = vectors_load("messages.json");

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *v = json_array_get(cases, i);

		AGAIN(welcome, body_of(vector_hex(v, "mls_welcome"), MLS_WIRE_WELCOME));
		AGAIN(group_info, body_of(vector_hex(v, "mls_group_info"), MLS_WIRE_GROUP_INFO));
		AGAIN(key_package, body_of(vector_hex(v, "mls_key_package"), MLS_WIRE_KEY_PACKAGE));
		tree_again(vector_hex(v, "ratchet_tree"));
		AGAIN(group_secrets, vector_hex(v, "group_secrets"));
		proposal_again(v, "add_proposal", MLS_PROPOSAL_ADD);
		proposal_again(v, "update_proposal", MLS_PROPOSAL_UPDATE);
		proposal_again(v, "remove_proposal", MLS_PROPOSAL_REMOVE);
		proposal_again(v, "pre_shared_key_proposal", MLS_PROPOSAL_PSK);
		proposal_again(v, "re_init_proposal", MLS_PROPOSAL_REINIT);
		proposal_again(v, "external_init_proposal", MLS_PROPOSAL_EXTERNAL_INIT);
		proposal_again(v, "group_context_extensions_proposal",
			       MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
		AGAIN(commit, vector_hex(v, "commit"));
		public_again(v, "public_message_application", MLS_CONTENT_APPLICATION);
		public_again(v, "public_message_proposal", MLS_CONTENT_PROPOSAL);
		public_again(v, "public_message_commit", MLS_CONTENT_COMMIT);
		AGAIN(private_message,
		      body_of(vector_hex(v, "private_message"), MLS_WIRE_PRIVATE_MESSAGE));
		vector_done(v);
	}
	vectors_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_protected),
		cmocka_unit_test(transcripts_are_hashed),
		cmocka_unit_test(a_welcome_opens),
		cmocka_unit_test(messages_encode_as_they_decode),
	};

	return VECTORS_ON_BOTH(tests);
}
