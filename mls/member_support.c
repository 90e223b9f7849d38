#include "member_support.h"

#include <stdlib.h>

#include "memory.h"

/*
 * A change costs one pass over the table, which MLS_MAX_CODE_POINTS bounds: else the leaves of one
 * hostile tree could list 65,536 of each kind, and a join would cost their number times the number
 * of leaves.
 */

/* Sorted by what is counted; no entry counts nothing. */
struct support {
	uint32_t what; /* kind << 16 | value */
	uint32_t count;
};

struct mls_support_table {
	uint32_t refs;
	size_t n;
	struct support entry[];
};

static uint32_t key(enum mls_support_kind kind, uint16_t value)
{
	return (uint32_t)kind << 16 | value;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t put_all(uint32_t *out, enum mls_support_kind kind, struct mls_slice values)
{
	uint16_t value;
	size_t n = 0;

	while (mls_code_points_next(&values, &value))
		out[n++] = key(kind, value);
	return n;
}

/* What one member counts for, sorted, each once; to be freed. */
static enum mls_err contribution(uint32_t **out, size_t *n, const struct mls_leaf_node *leaf)
{
	const struct mls_capabilities *caps = &leaf->capabilities;
	size_t room = (caps->extensions.len + caps->proposals.len + caps->credentials.len) / 2 + 1;
	uint32_t *v = mls_malloc(room * sizeof(*v));
	size_t unique = 1;

	if (!v)
		return MLS_ERR_NOMEM;
	*n = put_all(v, MLS_SUPPORT_EXTENSION, caps->extensions);
	*n += put_all(v + *n, MLS_SUPPORT_PROPOSAL, caps->proposals);
	*n += put_all(v + *n, MLS_SUPPORT_CREDENTIAL, caps->credentials);
	v[(*n)++] = key(MLS_SUPPORT_CREDENTIAL_IN_USE, leaf->credential.type);
	qsort(v, *n, sizeof(*v), compare);
	for (size_t i = 1; i < *n; i++) {
		if (v[i] != v[unique - 1])
			v[unique++] = v[i];
	}
	*n = unique;
	*out = v;
	return MLS_OK;
}

/* Merges the old table with `n` sorted keys that each gain `change` members. */
static void merge(struct mls_support_table *out, const struct mls_support_table *old,
		  const uint32_t *v, size_t n, int64_t change)
{
	size_t i = 0, j = 0, n_old = old ? old->n : 0;

	out->n = 0;
	while (i < n_old || j < n) {
		bool from_old = i < n_old && (j == n || old->entry[i].what <= v[j]);
		struct support e = from_old ? old->entry[i++] : (struct support){v[j], 0};

		if (j < n && v[j] == e.what) {
			e.count = (uint32_t)(e.count + change);
			j++;
		}
		if (e.count > 0)
			out->entry[out->n++] = e;
	}
}

/* The common case: everything the member counts for is there and stays there. */
static bool change_in_place(struct mls_support_table *table, const uint32_t *v, size_t n,
			    int64_t change)
{
	size_t i = 0, j = 0;

	if (!table || table->refs > 1)
		return false;
	for (; i < table->n && j < n; i++) {
		if (table->entry[i].what == v[j] && table->entry[i].count + change > 0)
			j++;
	}
	if (j < n)
		return false;
	for (i = 0, j = 0; j < n; i++) {
		if (table->entry[i].what == v[j]) {
			table->entry[i].count = (uint32_t)(table->entry[i].count + change);
			j++;
		}
	}
	return true;
}

static void release(struct mls_support_table *table)
{
	if (table && --table->refs == 0)
		free(table);
}

/* Puts the changed table in the place of the old one; on failure it is freed. */
static enum mls_err replace(struct mls_member_support *s, struct mls_support_table *fresh,
			    const uint32_t *v, size_t n, int64_t change)
{
	fresh->refs = 1;
	merge(fresh, s->table, v, n, change);
	if (fresh->n > MLS_MAX_CODE_POINTS) {
		release(fresh);
		return MLS_ERR_CODE_POINTS;
	}
	release(s->table);
	s->table = fresh;
	return MLS_OK;
}

static enum mls_err change_by(struct mls_member_support *s, const struct mls_leaf_node *leaf,
			      int64_t change)
{
	struct mls_support_table *fresh = NULL;
	uint32_t *v = NULL;
	size_t n = 0, n_old = s->table ? s->table->n : 0;
	enum mls_err err = contribution(&v, &n, leaf);

	if (err == MLS_OK && !change_in_place(s->table, v, n, change)) {
		fresh = mls_malloc(sizeof(*fresh) + (n_old + n) * sizeof(fresh->entry[0]));
		err = fresh ? replace(s, fresh, v, n, change) : MLS_ERR_NOMEM;
	}
	if (err == MLS_OK)
		s->n_members = (uint32_t)(s->n_members + change);
	free(v);
	return err;
}

void mls_member_support_copy(struct mls_member_support *out, const struct mls_member_support *s)
{
	*out = *s;
	if (out->table)
		out->table->refs++;
}

void mls_member_support_clear(struct mls_member_support *s)
{
	release(s->table);
	*s = (struct mls_member_support){0};
}

enum mls_err mls_member_support_enter(struct mls_member_support *s,
				      const struct mls_leaf_node *leaf, uint32_t n)
{
	return change_by(s, leaf, n);
}

enum mls_err mls_member_support_leave(struct mls_member_support *s,
				      const struct mls_leaf_node *leaf, uint32_t n)
{
	return change_by(s, leaf, -(int64_t)n);
}

uint32_t mls_member_support_count(const struct mls_member_support *s, enum mls_support_kind kind,
				  uint16_t value)
{
	uint32_t what = key(kind, value);
	const struct support *found = NULL;

	if (s->table)
		found = bsearch(&what, s->table->entry, s->table->n, sizeof(*found), compare);
	return found ? found->count : 0;
}

enum mls_err mls_member_support_credentials(const struct mls_member_support *s)
{
	for (size_t i = 0; s->table && i < s->table->n; i++) {
		uint32_t what = s->table->entry[i].what;

		if (what >> 16 == MLS_SUPPORT_CREDENTIAL_IN_USE &&
		    mls_member_support_count(s, MLS_SUPPORT_CREDENTIAL, (uint16_t)what) <
			    s->n_members)
			return MLS_ERR_CREDENTIAL_UNSUPPORTED;
	}
	return MLS_OK;
}

enum mls_err mls_member_support_credential(const struct mls_member_support *s,
					   const struct mls_leaf_node *leaf)
{
	if (mls_member_support_count(s, MLS_SUPPORT_CREDENTIAL, leaf->credential.type) <
	    s->n_members)
		return MLS_ERR_CREDENTIAL_UNSUPPORTED;
	for (size_t i = 0; s->table && i < s->table->n; i++) {
		uint32_t what = s->table->entry[i].what;

		if (what >> 16 == MLS_SUPPORT_CREDENTIAL_IN_USE &&
		    !mls_code_points_have(leaf->capabilities.credentials, (uint16_t)what))
			return MLS_ERR_CREDENTIAL_UNSUPPORTED;
	}
	return MLS_OK;
}

static bool all_list(const void *state, enum mls_support_kind kind, uint16_t value)
{
	const struct mls_member_support *s = state;

	return mls_member_support_count(s, kind, value) == s->n_members;
}

enum mls_err mls_member_support_satisfy(const struct mls_member_support *s,
					struct mls_slice group_extensions)
{
	struct mls_support_query query = {all_list, s};

	return mls_support_check(&query, group_extensions);
}
