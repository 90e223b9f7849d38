#include "label.h"

#include <assert.h>

#include "internal.h"

#define MLS_1_0 "MLS 1.0 "

/* What stands in front of bytes that stay where they are: the length of a vector, and the
 * fields before it. */
struct head {
	uint8_t bytes[2 + 4 + sizeof(MLS_1_0)];
	size_t len;
};

static struct mls_slice head_slice(const struct head *head)
{
	return mls_slice(head->bytes, head->len);
}

static enum mls_err add_length(struct head *head, size_t n)
{
	size_t size = 0;
	enum mls_err err = mls_length_bytes(head->bytes + head->len, &size, n);

	head->len += size;
	return err;
}

/* The length of "MLS 1.0 " + label, and that prefix; the label itself follows. */
static enum mls_err add_label(struct head *head, size_t label_len)
{
	const size_t prefix = sizeof(MLS_1_0) - 1;
	enum mls_err err = add_length(head, prefix + label_len);

	memcpy(head->bytes + head->len, MLS_1_0, prefix);
	head->len += prefix;
	return err;
}

/* RFC 9420 8: KDFLabel, as the info of KDF.Expand. */
enum mls_err mls_expand_keyed(struct mls_crypto *c, uint8_t *out, size_t out_len,
			      const struct mls_hmac_key *secret, struct mls_slice label,
			      struct mls_slice context)
{
	struct head of_label, of_context;
	enum mls_err err = MLS_OK;

	of_label.bytes[0] = (uint8_t)(out_len >> 8);
	of_label.bytes[1] = (uint8_t)out_len;
	of_label.len = 2;
	of_context.len = 0;
	TRY(add_label(&of_label, label.len));
	TRY(add_length(&of_context, context.len));
	TRY(mls_hkdf_expand(c, out, out_len, secret,
			    (const struct mls_slice[]){head_slice(&of_label), label,
						       head_slice(&of_context), context},
			    4));
out:
	return err;
}

enum mls_err mls_expand_with_label(struct mls_crypto *c, uint8_t *out, size_t out_len,
				   struct mls_slice secret, const char *label,
				   struct mls_slice context)
{
	struct mls_hmac_key keyed;
	enum mls_err err;

	mls_hmac_key_init(c, &keyed, secret);
	err = mls_expand_keyed(c, out, out_len, &keyed, mls_slice_str(label), context);
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

enum mls_err mls_derive_secret_keyed(struct mls_crypto *c, struct mls_secret *out,
				     const struct mls_hmac_key *secret, const char *label)
{
	enum mls_err err = mls_expand_keyed(c, out->bytes, c->suite->nh, secret,
					    mls_slice_str(label), (struct mls_slice){0});

	out->len = c->suite->nh;
	return err;
}

enum mls_err mls_derive_secret(struct mls_crypto *c, struct mls_secret *out,
			       const struct mls_secret *secret, const char *label)
{
	struct mls_hmac_key keyed;
	enum mls_err err;

	mls_hmac_key_init(c, &keyed, mls_secret_slice(secret));
	err = mls_derive_secret_keyed(c, out, &keyed, label);
	mls_wipe(&keyed, sizeof(keyed));
	return err;
}

enum mls_err mls_derive_tree_secret(struct mls_crypto *c, uint8_t *out, size_t out_len,
				    const struct mls_hmac_key *secret, const char *label,
				    uint32_t generation)
{
	const uint8_t context[] = {(uint8_t)(generation >> 24), (uint8_t)(generation >> 16),
				   (uint8_t)(generation >> 8), (uint8_t)generation};

	return mls_expand_keyed(c, out, out_len, secret, mls_slice_str(label),
				mls_slice(context, sizeof(context)));
}

/* RFC 9420 5.1.2: SignContent, in parts that point to its two heads. */
struct sign_content {
	struct head of_label, of_content;
	struct mls_slice parts[3 + MLS_MAX_CONTENT_PARTS];
	size_t n_parts;
};

static enum mls_err sign_content(struct sign_content *out, const char *label,
				 const struct mls_slice *content, size_t n_content)
{
	enum mls_err err = MLS_OK;
	size_t len = 0;

	assert(n_content <= MLS_MAX_CONTENT_PARTS);
	for (size_t i = 0; i < n_content; i++) {
		out->parts[3 + i] = content[i];
		len += content[i].len;
	}
	out->of_label.len = 0;
	out->of_content.len = 0;
	TRY(add_label(&out->of_label, strlen(label)));
	TRY(add_length(&out->of_content, len));
	out->parts[0] = head_slice(&out->of_label);
	out->parts[1] = mls_slice_str(label);
	out->parts[2] = head_slice(&out->of_content);
	out->n_parts = 3 + n_content;
out:
	return err;
}

enum mls_err mls_sign_with_label(struct mls_crypto *c, struct mls_buf *out,
				 struct mls_signer *signer, const char *label,
				 const struct mls_slice *content, size_t n_content)
{
	struct sign_content s;
	enum mls_err err = sign_content(&s, label, content, n_content);

	return err ? err : mls_sign(c, out, signer, s.parts, s.n_parts);
}

enum mls_err mls_verify_with_label(struct mls_crypto *c, struct mls_slice public_key,
				   const char *label, const struct mls_slice *content,
				   size_t n_content, struct mls_slice signature)
{
	struct sign_content s;
	enum mls_err err = sign_content(&s, label, content, n_content);

	return err ? err : mls_verify(c, public_key, s.parts, s.n_parts, signature);
}

/* The head of a vector below 2^30 bytes, as the two functions below promise. */
static struct head short_head(size_t len)
{
	struct head head = {0};
	enum mls_err err = add_length(&head, len);

	assert(err == MLS_OK);
	(void)err;
	return head;
}

/* RFC 9420 5.1.3: EncryptContext. */
void mls_encrypt_context(struct mls_crypto *c, struct mls_hpke_info *out, const char *label,
			 struct mls_slice context)
{
	const struct mls_slice l = mls_slice_str(label);
	const struct head of_context = short_head(context.len);
	struct head of_label = {0};
	enum mls_err err = add_label(&of_label, l.len);

	assert(err == MLS_OK);
	(void)err;
	mls_hpke_info_init(c, out,
			   (const struct mls_slice[]){head_slice(&of_label), l,
						      head_slice(&of_context), context},
			   4);
}

size_t mls_encrypted_len(const struct mls_suite *suite, size_t plaintext_len)
{
	const size_t npk = suite->npk, len = plaintext_len + MLS_AEAD_TAG;

	return mls_length_size(npk) + npk + mls_length_size(len) + len;
}

enum mls_err mls_encrypt_with_label_from(struct mls_crypto *c, struct mls_buf *out,
					 struct mls_slice ephemeral, struct mls_slice public_key,
					 const struct mls_hpke_info *info,
					 struct mls_slice plaintext)
{
	enum mls_err err = MLS_OK;
	size_t start = out->len, npk = c->suite->npk, len = plaintext.len + MLS_AEAD_TAG;
	uint8_t *kem_output;

	TRY(mls_buf_reserve(out, mls_encrypted_len(c->suite, plaintext.len)));
	TRY(mls_put_length(out, npk));
	kem_output = out->p + out->len;
	out->len += npk;
	TRY(mls_put_length(out, len));
	TRY(mls_hpke_seal_from(c, kem_output, out->p + out->len, ephemeral, public_key, info,
			       (struct mls_slice){0}, plaintext));
	out->len += len;
out:
	if (err)
		out->len = start;
	return err;
}

enum mls_err mls_encrypt_with_label(struct mls_crypto *c, struct mls_buf *out,
				    struct mls_slice public_key, const struct mls_hpke_info *info,
				    struct mls_slice plaintext)
{
	return mls_encrypt_with_label_from(c, out, (struct mls_slice){0}, public_key, info,
					   plaintext);
}

enum mls_err mls_decrypt_with_label(struct mls_crypto *c, struct mls_buf *out,
				    const struct mls_key *key, const struct mls_hpke_info *info,
				    const struct mls_hpke_ciphertext *message)
{
	enum mls_err err = mls_buf_reserve(out, message->ciphertext.len);

	if (err == MLS_OK)
		err = mls_hpke_open(c, out->p + out->len, key, info, (struct mls_slice){0},
				    message);
	if (err == MLS_OK)
		out->len += message->ciphertext.len - MLS_AEAD_TAG;
	return err;
}

/* RFC 9420 5.2: RefHashInput. */
void mls_ref_hash(struct mls_crypto *c, uint8_t *out, const char *label, struct mls_slice value)
{
	const struct mls_slice l = mls_slice_str(label);
	const struct head of_label = short_head(l.len), of_value = short_head(value.len);
	const struct mls_slice parts[] = {head_slice(&of_label), l, head_slice(&of_value), value};

	mls_hash(c, out, parts, MLS_N(parts));
}
