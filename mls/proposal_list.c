#include "proposal_list.h"

#include <stdlib.h>

#include "memory.h"

enum {
	MEMBER = 1 << MLS_SENDER_MEMBER,
	EXTERNAL = 1 << MLS_SENDER_EXTERNAL,
	JOINER = 1 << MLS_SENDER_NEW_MEMBER_PROPOSAL,
	EXT_COMMIT = 1 << MLS_SENDER_NEW_MEMBER_COMMIT,
};

/* Who may send which proposal: RFC 9420 12.1.8, 12.2, 12.4 and the registry in 17.4. */
/* clang-format off */
static const struct {
	uint8_t senders;
	bool needs_path;
} rules[] = {
	/*                                         member   external   joiner   ext commit    path  */
	[MLS_PROPOSAL_ADD]                      = {MEMBER | EXTERNAL | JOINER             , false},
	[MLS_PROPOSAL_UPDATE]                   = {MEMBER                                 , true},
	[MLS_PROPOSAL_REMOVE]                   = {MEMBER | EXTERNAL          | EXT_COMMIT, true},
	[MLS_PROPOSAL_PSK]                      = {MEMBER | EXTERNAL          | EXT_COMMIT, false},
	[MLS_PROPOSAL_REINIT]                   = {MEMBER | EXTERNAL                      , false},
	[MLS_PROPOSAL_EXTERNAL_INIT]            = {                             EXT_COMMIT, true},
	[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] = {MEMBER | EXTERNAL                      , true},
};
/* clang-format on */

static bool is_external(const struct mls_proposal_list *list)
{
	return list->committer.type == MLS_SENDER_NEW_MEMBER_COMMIT;
}

void mls_proposal_list_clear(struct mls_proposal_list *list)
{
	free(list->v);
	*list = (struct mls_proposal_list){0};
}

enum mls_err mls_proposal_list_reserve(struct mls_proposal_list *list, size_t more)
{
	struct mls_listed *v;
	size_t room;

	if (more <= list->room - list->n)
		return MLS_OK;
	if (more > SIZE_MAX / 4 / sizeof(*v) - list->n)
		return MLS_ERR_NOMEM;
	room = list->n + more > 2 * list->room ? list->n + more : 2 * list->room;
	v = mls_calloc(room, sizeof(*v));
	if (!v)
		return MLS_ERR_NOMEM;
	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	free(list->v);
	list->v = v;
	list->room = room;
	return MLS_OK;
}

void mls_proposal_list_put(struct mls_proposal_list *list, const struct mls_listed *entry)
{
	list->v[list->n++] = *entry;
	list->n_of[entry->type]++;
}

void mls_proposal_list_keep(struct mls_proposal_list *list, const bool *fits)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].cached && !fits[i])
			list->n_of[list->v[i].type]--;
		else
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

static enum mls_err read_removed(struct mls_listed *entry)
{
	struct mls_codec c = {.in = entry->body};

	if (entry->type == MLS_PROPOSAL_REMOVE)
		mls_u32(&c, &entry->removed);
	return c.err;
}

enum mls_err mls_proposal_list_put_cached(struct mls_proposal_list *list,
					  const struct mls_cached_proposal *cached)
{
	struct mls_listed entry = {.type = cached->type,
				   .body = mls_buf_slice(&cached->body),
				   .sender = cached->sender,
				   .cached = cached};
	enum mls_err err = read_removed(&entry);

	if (err == MLS_OK)
		err = mls_proposal_list_reserve(list, 1);
	if (err == MLS_OK)
		mls_proposal_list_put(list, &entry);
	return err;
}

static enum mls_err put_by_value(struct mls_proposal_list *list,
				 const struct mls_proposal_or_ref *v)
{
	struct mls_listed entry = {.type = v->proposal.type, .sender = list->committer};
	enum mls_err err;

	entry.body = mls_slice(v->proposal_bytes.p + 2, v->proposal_bytes.len - 2);
	err = read_removed(&entry);
	if (err == MLS_OK)
		err = mls_proposal_list_reserve(list, 1);
	if (err == MLS_OK)
		mls_proposal_list_put(list, &entry);
	return err;
}

enum mls_err mls_proposal_list_read(struct mls_proposal_list *list, struct mls_slice proposals,
				    const struct mls_proposal_cache *cache)
{
	struct mls_proposal_or_ref v;
	const struct mls_cached_proposal *cached;
	enum mls_err err = MLS_OK;

	while (proposals.len > 0) {
		TRY(mls_proposal_or_ref_next(&proposals, &v));
		if (v.type == MLS_BY_VALUE) {
			TRY(put_by_value(list, &v));
			continue;
		}
		if (is_external(list))
			FAIL(MLS_ERR_EXTERNAL_REFERENCE);
		cached = mls_proposal_cache_find(cache, v.reference);
		if (!cached)
			FAIL(MLS_ERR_PROPOSAL_REF);
		TRY(mls_proposal_list_put_cached(list, cached));
	}
out:
	return err;
}

/* Bytes that the body of ProposalOrRef<V> takes. */
static size_t written_len(const struct mls_proposal_list *list)
{
	size_t len = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct mls_listed *entry = &list->v[i];

		if (entry->cached)
			len += 1 + mls_length_size(entry->cached->ref_len) + entry->cached->ref_len;
		else if (entry->type == MLS_PROPOSAL_REMOVE)
			len += 1 + 2 + 4;
		else
			len += 1 + 2 + entry->body.len;
	}
	return len;
}

static void write_entry(struct mls_codec *c, const struct mls_listed *entry)
{
	uint8_t how = entry->cached ? MLS_BY_REFERENCE : MLS_BY_VALUE;
	uint16_t type = entry->type;
	uint32_t removed = entry->removed;
	struct mls_slice bytes = entry->body;

	mls_u8(c, &how);
	if (entry->cached) {
		bytes = mls_slice(entry->cached->ref, entry->cached->ref_len);
		mls_opaque(c, &bytes);
		return;
	}
	mls_u16(c, &type);
	if (type == MLS_PROPOSAL_REMOVE)
		mls_u32(c, &removed);
	else
		mls_fixed(c, &bytes, bytes.len);
}

enum mls_err mls_proposal_list_write(const struct mls_proposal_list *list, struct mls_buf *out)
{
	struct mls_codec c = {.out = out};
	const size_t len = written_len(list);

	c.err = mls_put_length(out, len);
	if (mls_codec_ok(&c))
		c.err = mls_buf_reserve(out, len);
	for (size_t i = 0; i < list->n && mls_codec_ok(&c); i++)
		write_entry(&c, &list->v[i]);
	return c.err;
}

bool mls_proposal_list_needs_path(const struct mls_proposal_list *list)
{
	for (size_t type = 0; type < MLS_N(rules); type++) {
		if (rules[type].needs_path && list->n_of[type] > 0)
			return true;
	}
	return list->n == 0;
}

enum mls_err mls_proposal_check_sender(uint16_t type, uint8_t sender_type)
{
	if (type >= MLS_N(rules) || sender_type > MLS_SENDER_NEW_MEMBER_COMMIT ||
	    !(rules[type].senders & 1 << sender_type))
		return MLS_ERR_PROPOSAL_SENDER;
	return MLS_OK;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Every leaf that an Update or Remove is about, increasing. */
static enum mls_err leaves_touched(const struct mls_proposal_list *list, uint32_t **leaves)
{
	const size_t n = list->n_of[MLS_PROPOSAL_UPDATE] + list->n_of[MLS_PROPOSAL_REMOVE];
	uint32_t *v = mls_malloc((n ? n : 1) * sizeof(*v));
	size_t at = 0;

	if (!v)
		return MLS_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == MLS_PROPOSAL_UPDATE)
			v[at++] = list->v[i].sender.index;
		else if (list->v[i].type == MLS_PROPOSAL_REMOVE)
			v[at++] = list->v[i].removed;
	}
	qsort(v, n, sizeof(*v), by_number);
	*leaves = v;
	return MLS_OK;
}

static enum mls_err check_same_leaf(const struct mls_proposal_list *list)
{
	const size_t n = list->n_of[MLS_PROPOSAL_UPDATE] + list->n_of[MLS_PROPOSAL_REMOVE];
	uint32_t *leaves = NULL;
	enum mls_err err = MLS_OK;

	if (n < 2)
		return MLS_OK;
	TRY(leaves_touched(list, &leaves));
	for (size_t i = 1; i < n; i++) {
		if (leaves[i] == leaves[i - 1])
			FAIL(MLS_ERR_PROPOSAL_SAME_LEAF);
	}
out:
	free(leaves);
	return err;
}

static int by_bytes(const void *a, const void *b)
{
	const struct mls_slice *x = a, *y = b;
	const size_t shared = x->len < y->len ? x->len : y->len;
	const int order = memcmp(x->p, y->p, shared);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum mls_err check_psks(const struct mls_proposal_list *list, size_t nh)
{
	const size_t n = list->n_of[MLS_PROPOSAL_PSK];
	struct mls_slice *bodies = NULL;
	struct mls_psk_id id;
	size_t at = 0;
	enum mls_err err = MLS_OK;

	if (!n)
		return MLS_OK;
	bodies = mls_calloc(n, sizeof(*bodies));
	if (!bodies)
		return MLS_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type != MLS_PROPOSAL_PSK)
			continue;
		TRY(mls_psk_id_decode(list->v[i].body, &id));
		TRY(mls_psk_id_check(&id, nh, list->origin));
		bodies[at++] = list->v[i].body;
	}
	qsort(bodies, n, sizeof(*bodies), by_bytes);
	for (size_t i = 1; i < n; i++) {
		if (mls_slice_equal(bodies[i], bodies[i - 1]))
			FAIL(MLS_ERR_PROPOSAL_SAME_PSK);
	}
out:
	free(bodies);
	return err;
}

static enum mls_err check_reinit(struct mls_slice body)
{
	struct mls_reinit reinit;
	enum mls_err err = mls_reinit_decode(body, &reinit);

	if (err == MLS_OK && reinit.version < MLS_VERSION_MLS10)
		err = MLS_ERR_REINIT_VERSION;
	return err;
}

static enum mls_err check_regular(const struct mls_proposal_list *list)
{
	enum mls_err err;

	if (list->n_of[MLS_PROPOSAL_EXTERNAL_INIT] > 0)
		return MLS_ERR_PROPOSAL_EXTERNAL_INIT;
	if (list->n_of[MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS] > 1)
		return MLS_ERR_PROPOSAL_TWO_EXTENSIONS;
	if (list->n_of[MLS_PROPOSAL_REINIT] > 0 && list->n > 1)
		return MLS_ERR_PROPOSAL_REINIT_ALONE;
	for (size_t i = 0; i < list->n; i++) {
		const struct mls_listed *entry = &list->v[i];
		const bool from_committer = entry->sender.type == MLS_SENDER_MEMBER &&
					    entry->sender.index == list->committer.index;

		if (entry->type == MLS_PROPOSAL_UPDATE && from_committer)
			return MLS_ERR_PROPOSAL_OWN_UPDATE;
		if (entry->type == MLS_PROPOSAL_REMOVE && entry->removed == list->committer.index)
			return MLS_ERR_PROPOSAL_REMOVE_COMMITTER;
		err = entry->type == MLS_PROPOSAL_REINIT ? check_reinit(entry->body) : MLS_OK;
		if (err)
			return err;
	}
	return check_same_leaf(list);
}

static enum mls_err check_external(const struct mls_proposal_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (mls_proposal_check_sender(list->v[i].type, MLS_SENDER_NEW_MEMBER_COMMIT))
			return MLS_ERR_EXTERNAL_PROPOSAL;
	}
	if (list->n_of[MLS_PROPOSAL_EXTERNAL_INIT] != 1)
		return MLS_ERR_EXTERNAL_INIT_ONE;
	if (list->n_of[MLS_PROPOSAL_REMOVE] > 1)
		return MLS_ERR_EXTERNAL_REMOVE_ONE;
	return MLS_OK;
}

enum mls_err mls_proposal_list_check(const struct mls_proposal_list *list, size_t nh)
{
	enum mls_err err = is_external(list) ? check_external(list) : check_regular(list);

	return err ? err : check_psks(list, nh);
}

enum mls_err mls_proposal_list_places(const struct mls_proposal_list *list, uint16_t type,
				      size_t **places)
{
	const size_t n = list->n_of[type];
	size_t *v = mls_malloc((n ? n : 1) * sizeof(*v)), at = 0;

	if (!v)
		return MLS_ERR_NOMEM;
	for (size_t i = 0; at < n; i++) {
		if (list->v[i].type == type)
			v[at++] = i;
	}
	*places = v;
	return MLS_OK;
}

const struct mls_listed *mls_proposal_list_first(const struct mls_proposal_list *list,
						 uint16_t type)
{
	for (size_t i = 0; list->n_of[type] > 0 && i < list->n; i++) {
		if (list->v[i].type == type)
			return &list->v[i];
	}
	return NULL;
}
