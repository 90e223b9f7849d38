#include "analyse/trait.h"

#include "analyse/protocol.h"

#include <stdio.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* ---- names, in the order in which they are listed ---- */

static const char *const backends[][2] = {{"mls", "MLS"}, {"megolm", "Megolm"}};
static const char *const trees[] = {"full", "cold", "grown", "halfblank", "churned"};
static const char ANY[] = "any"; /* instead of a state */
static const char *const olms[] = {"chain", "ratchet", "new"};
static const char *const backups[] = {"pk", "pk_mac", "sym"};

static unsigned rank_of_backend(const char *name)
{
	for (unsigned i = 0; i < N(backends); i++) {
		if (strcmp(backends[i][0], name) == 0)
			return i;
	}
	return N(backends);
}

/* Position of a state from the best on; "churned:4" counts as churned. */
static unsigned rank_in(const char *const *words, size_t n, const char *word)
{
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(words[i], word, len) == 0 && (word[len] == '\0' || word[len] == ':'))
			return i;
	}
	return (unsigned)n;
}

static unsigned rank_of_state(const struct gb_trait *t)
{
	if (*t->backup != '\0')
		return rank_in(backups, N(backups), t->backup);
	if (*t->tree != '\0')
		return rank_in(trees, N(trees), t->tree);
	return *t->olm != '\0' ? rank_in(olms, N(olms), t->olm) : 0;
}

/* What stands for all states has the last look, which no known state has. The second form of a
 * state looks like the first, but thinner. */
unsigned gb_trait_look(const struct gb_trait *t)
{
	bool is_any = strcmp(t->tree, ANY) == 0 || strcmp(t->olm, ANY) == 0;

	return (is_any ? GB_LOOKS : 1 + rank_of_state(t) % GB_LOOKS) + t->form * GB_LOOKS;
}

static bool is_default(enum gb_axis_id axis, const char *value)
{
	return *value == '\0' || strcmp(value, gb_axes[axis].default_value) == 0;
}

/* The library under a protocol when it is not the usual one, else "". */
static const char *other_library(const struct gb_trait *t)
{
	static const char *const names[][2] = {{"openssl", "OpenSSL"}, {"sodium", "libsodium"}};
	const char *value =
		is_default(GB_AXIS_olm_crypto, t->olm_crypto) ? t->crypto : t->olm_crypto;

	if (value == t->crypto && is_default(GB_AXIS_crypto, value))
		return "";
	for (size_t i = 0; i < N(names); i++) {
		if (strcmp(names[i][0], value) == 0)
			return names[i][1];
	}
	return value;
}

int gb_trait_order_of_group(const struct gb_trait *a, const struct gb_trait *b)
{
	unsigned x = rank_of_backend(a->backend), y = rank_of_backend(b->backend);
	int order = x != y ? (x < y ? -1 : 1) : strcmp(a->backend, b->backend);

	if (order == 0 && a->form != b->form)
		order = a->form < b->form ? -1 : 1;
	return order != 0 ? order : strcmp(other_library(a), other_library(b));
}

int gb_trait_order(const void *a, const void *b)
{
	const struct gb_trait *x = a;
	const struct gb_trait *y = b;
	int order = gb_trait_order_of_group(x, y);

	if (order == 0 && rank_of_state(x) != rank_of_state(y))
		order = rank_of_state(x) < rank_of_state(y) ? -1 : 1;
	if (order == 0)
		order = strcmp(x->tree, y->tree);
	return order != 0 ? order : strcmp(x->olm, y->olm);
}

enum gb_colour gb_trait_colour(const struct gb_trait *t, unsigned group)
{
	/* By form, then by library. No figure shows MLS in two forms and on two libraries. */
	static const enum gb_colour known[N(backends)][2][2] = {
		{{GB_BLUE, GB_SKY}, {GB_SKY, GB_BLACK}},
		{{GB_VERMILLION, GB_ORANGE}, {GB_GREEN, GB_PURPLE}},
	};
	/* By the number of the group: the first ones are taken, most often. */
	static const enum gb_colour others[] = {GB_ORANGE, GB_VERMILLION, GB_GREY,
						GB_GREEN,  GB_PURPLE,     GB_BLACK};
	unsigned rank = rank_of_backend(t->backend);

	if (rank < N(backends))
		return known[rank][t->form][*other_library(t) != '\0'];
	return others[group % N(others)];
}

enum gb_colour gb_trait_colour_of_all(const struct gb_trait *t)
{
	return *other_library(t) != '\0' ? GB_GREEN : GB_PURPLE;
}

void gb_trait_name_group(const struct gb_trait *t, const struct gb_layout *layout, char *name,
			 size_t size)
{
	unsigned rank = rank_of_backend(t->backend);
	const char *library = other_library(t);

	snprintf(name, size, "%.30s%s%.16s%s", rank < N(backends) ? backends[rank][1] : t->backend,
		 *library ? " on " : "", library, layout->forms[t->form]);
}

void gb_trait_name_state(const struct gb_trait *t, char *name, size_t size)
{
	if (*t->backup != '\0')
		snprintf(name, size, ": backup %.16s", t->backup);
	else if (*t->tree != '\0')
		snprintf(name, size, ": tree %.16s", t->tree);
	else if (*t->olm != '\0')
		snprintf(name, size, ": Olm %.16s", t->olm);
	else
		name[0] = '\0';
}

/* Of the axes that a figure holds all rows have one value, which names no state; of the others a
 * row that has none may stand for all. */
static const char *state_of_axis(const struct gb_layout *layout, enum gb_axis_id axis,
				 const struct gb_summary_row *row)
{
	if ((layout->free_axes & GB_FREE(axis)) == 0)
		return "";
	return gb_is_of_any_value(row->key, axis)
		       ? ANY
		       : gb_summary_key(row, (enum gb_column)GB_COLUMN_OF_AXIS(axis));
}

struct gb_trait gb_trait_of(const struct gb_summary_row *row, const struct gb_layout *layout,
			    unsigned form)
{
	return (struct gb_trait){
		.backend = gb_summary_key(row, GB_COLUMN_backend),
		.crypto = gb_summary_key(row, GB_COLUMN_crypto),
		.olm_crypto = gb_summary_key(row, GB_COLUMN_olm_crypto),
		.form = form,
		.tree = state_of_axis(layout, GB_AXIS_tree, row),
		.olm = state_of_axis(layout, GB_AXIS_olm, row),
		.backup = state_of_axis(layout, GB_AXIS_backup, row),
		.by_sender = strcmp(gb_summary_key(row, GB_COLUMN_senders), "1") == 0,
	};
}
