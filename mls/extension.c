#include "extension.h"

#include "internal.h"

void mls_extension_walk(struct mls_codec *c, struct mls_extension *v)
{
	mls_u16(c, &v->type);
	mls_opaque(c, &v->data);
}
MLS_WIRE_TYPE(extension)

static void extension_element(struct mls_codec *c)
{
	struct mls_extension v = {0};

	mls_extension_walk(c, &v);
}

/* Some lists are long because an attacker wrote them: one bit for each type there can be. */
static bool has_type_twice(struct mls_slice body)
{
	uint8_t seen[65536 / 8];
	struct mls_extension v;

	if (mls_extension_next(&body, &v) != MLS_OK || body.len == 0)
		return false;
	memset(seen, 0, sizeof(seen));
	do {
		if (seen[v.type / 8] & 1 << v.type % 8)
			return true;
		seen[v.type / 8] = (uint8_t)(seen[v.type / 8] | 1 << v.type % 8);
	} while (body.len > 0 && mls_extension_next(&body, &v) == MLS_OK);
	return false;
}

void mls_extensions_walk(struct mls_codec *c, struct mls_slice *body)
{
	mls_vector(c, body, extension_element);
	if (!mls_encoding(c) && has_type_twice(*body))
		mls_codec_fail(c, MLS_ERR_EXTENSION_TWICE);
}

bool mls_extension_find(struct mls_slice body, uint16_t type, struct mls_slice *data)
{
	struct mls_extension v;

	while (body.len > 0 && mls_extension_next(&body, &v) == MLS_OK) {
		if (v.type == type) {
			*data = v.data;
			return true;
		}
	}
	return false;
}

void mls_code_points_walk(struct mls_codec *c, struct mls_slice *body)
{
	mls_opaque(c, body);
	if (body->len % 2 != 0)
		mls_codec_fail(c, MLS_ERR_TRUNCATED);
}

bool mls_code_points_next(struct mls_slice *body, uint16_t *value)
{
	if (body->len < 2)
		return false;
	*value = (uint16_t)(body->p[0] << 8 | body->p[1]);
	body->p += 2;
	body->len -= 2;
	return true;
}

bool mls_code_points_have(struct mls_slice body, uint16_t value)
{
	uint16_t v;

	while (mls_code_points_next(&body, &v)) {
		if (v == value)
			return true;
	}
	return false;
}

enum { SHORT_LIST = 64 }; /* bytes that are as well read again */

void mls_code_point_set_init(struct mls_code_point_set *set, struct mls_slice body)
{
	uint16_t v;

	set->list = body;
	set->is_long = body.len > SHORT_LIST;
	if (!set->is_long)
		return;
	memset(set->bits, 0, sizeof(set->bits));
	while (mls_code_points_next(&body, &v))
		set->bits[v / 8] = (uint8_t)(set->bits[v / 8] | 1 << v % 8);
}

bool mls_code_point_set_has(const struct mls_code_point_set *set, uint16_t value)
{
	return set->is_long ? set->bits[value / 8] & 1 << value % 8
			    : mls_code_points_have(set->list, value);
}

void mls_capabilities_walk(struct mls_codec *c, struct mls_capabilities *v)
{
	mls_code_points_walk(c, &v->versions);
	mls_code_points_walk(c, &v->cipher_suites);
	mls_code_points_walk(c, &v->extensions);
	mls_code_points_walk(c, &v->proposals);
	mls_code_points_walk(c, &v->credentials);
}
MLS_WIRE_TYPE(capabilities)

void mls_required_capabilities_walk(struct mls_codec *c, struct mls_required_capabilities *v)
{
	mls_code_points_walk(c, &v->extensions);
	mls_code_points_walk(c, &v->proposals);
	mls_code_points_walk(c, &v->credentials);
}
MLS_WIRE_TYPE(required_capabilities)

bool mls_extension_is_default(uint16_t type)
{
	return type >= MLS_EXTENSION_APPLICATION_ID && type <= MLS_EXTENSION_EXTERNAL_SENDERS;
}

bool mls_proposal_is_default(uint16_t type)
{
	return type >= MLS_PROPOSAL_ADD && type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

bool mls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff) && value != 0xfafa;
}

enum mls_err mls_extensions_check_given(struct mls_slice body, uint16_t allowed)
{
	struct mls_slice rest = body;
	struct mls_extension v;
	enum mls_err err;

	while (rest.len > 0) {
		if ((err = mls_extension_next(&rest, &v)) != MLS_OK)
			return err;
		if (mls_extension_is_default(v.type) && v.type != allowed)
			return MLS_ERR_EXTENSION_PLACE;
	}
	return has_type_twice(body) ? MLS_ERR_EXTENSION_TWICE : MLS_OK;
}

/* Lists may have GREASE values; what a client supports does not (13.5). */
static bool is_supported(const struct mls_support_query *query, enum mls_support_kind kind,
			 uint16_t value)
{
	return !mls_is_grease(value) && query->supports(query->state, kind, value);
}

/* 13.4: every extension of the group. */
static enum mls_err extensions_supported(const struct mls_support_query *query,
					 struct mls_slice body)
{
	struct mls_extension v;
	enum mls_err err;

	while (body.len > 0) {
		if ((err = mls_extension_next(&body, &v)) != MLS_OK)
			return err;
		if (!mls_extension_is_default(v.type) &&
		    !is_supported(query, MLS_SUPPORT_EXTENSION, v.type))
			return MLS_ERR_GROUP_EXTENSION_UNSUPPORTED;
	}
	return MLS_OK;
}

static bool all_supported(const struct mls_support_query *query, enum mls_support_kind kind,
			  bool (*is_default)(uint16_t), struct mls_slice values)
{
	uint16_t value;

	while (mls_code_points_next(&values, &value)) {
		if (!(is_default && is_default(value)) && !is_supported(query, kind, value))
			return false;
	}
	return true;
}

enum mls_err mls_support_check(const struct mls_support_query *query,
			       struct mls_slice group_extensions)
{
	struct mls_required_capabilities required;
	struct mls_slice data;
	enum mls_err err = extensions_supported(query, group_extensions);

	if (err ||
	    !mls_extension_find(group_extensions, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data))
		return err;
	if ((err = mls_required_capabilities_decode(data, &required)) != MLS_OK)
		return err;
	if (required.extensions.len + required.proposals.len + required.credentials.len >
	    (size_t)2 * MLS_MAX_CODE_POINTS)
		return MLS_ERR_CODE_POINTS;
	if (!all_supported(query, MLS_SUPPORT_EXTENSION, mls_extension_is_default,
			   required.extensions) ||
	    !all_supported(query, MLS_SUPPORT_PROPOSAL, mls_proposal_is_default,
			   required.proposals) ||
	    !all_supported(query, MLS_SUPPORT_CREDENTIAL, NULL, required.credentials))
		return MLS_ERR_REQUIRED_CAPABILITIES;
	return MLS_OK;
}

/* By enum mls_support_kind. */
struct listed {
	struct mls_code_point_set set[3];
};

static bool is_listed(const void *state, enum mls_support_kind kind, uint16_t value)
{
	const struct listed *listed = state;

	return (size_t)kind < MLS_N(listed->set) &&
	       mls_code_point_set_has(&listed->set[kind], value);
}

enum mls_err mls_capabilities_satisfy(const struct mls_capabilities *caps,
				      struct mls_slice group_extensions)
{
	struct listed listed;
	struct mls_support_query query = {is_listed, &listed};

	if (!group_extensions.len)
		return MLS_OK;
	mls_code_point_set_init(&listed.set[MLS_SUPPORT_EXTENSION], caps->extensions);
	mls_code_point_set_init(&listed.set[MLS_SUPPORT_PROPOSAL], caps->proposals);
	mls_code_point_set_init(&listed.set[MLS_SUPPORT_CREDENTIAL], caps->credentials);
	return mls_support_check(&query, group_extensions);
}
