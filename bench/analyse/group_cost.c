#include "analyse/group_cost.h"

#include "analyse/csv.h"
#include "analyse/protocol.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Rows of one operation in one state, NULL for a role that was not measured. */
struct roles {
	const struct gb_summary_row *actor, *near, *far, *joiner;
};

static bool is(const struct gb_summary_row *row, enum gb_column column, const char *text)
{
	return strcmp(gb_summary_key(row, column), text) == 0;
}

static bool has_tree(const struct gb_summary_row *row)
{
	return gb_protocol_of(row->key) == GB_PROTOCOL_MLS;
}

static bool same_cell(const struct gb_summary_row *a, const struct gb_summary_row *b)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		bool of_role =
			gb_key_columns[i] == GB_COLUMN_role || gb_key_columns[i] == GB_COLUMN_phase;

		if (!of_role && strcmp(a->key[i], b->key[i]) != 0)
			return false;
	}
	return true;
}

static void find_roles(const struct gb_summary *s, const struct gb_summary_row *actor,
		       struct roles *out)
{
	*out = (struct roles){.actor = actor};
	for (size_t i = 0; i < s->n; i++) {
		const struct gb_summary_row *row = &s->rows[i];

		if (!(row->cpu_ns_median > 0) || !same_cell(row, actor))
			continue;
		if (is(row, GB_COLUMN_role, "near") && is(row, GB_COLUMN_phase, "process"))
			out->near = row;
		if (is(row, GB_COLUMN_role, "far") && is(row, GB_COLUMN_phase, "process"))
			out->far = row;
		if (is(row, GB_COLUMN_role, "joiner") && is(row, GB_COLUMN_phase, "join"))
			out->joiner = row;
	}
}

/* ---- members between near and far ---- */

/* Where leaf `i` > 0 meets the path of leaf 0, in levels above near's place, which is leaf 1. */
static unsigned levels_above_near(unsigned long i)
{
	unsigned levels = 0;

	while (i >>= 1)
		levels++;
	return levels;
}

/* The sum of levels_above_near over leaves 1 .. n - 1: 2^l of them are l levels up, at the top
 * those that are left. */
static double sum_of_levels(unsigned long n)
{
	double sum = 0;
	unsigned l = 0;

	for (unsigned long first = 1; first < n; first *= 2, l++)
		sum += (double)l * (double)((2 * first < n ? 2 * first : n) - first);
	return sum;
}

/* What those who leave are in that sum: N / 2 if it is one; more are spread evenly over the
 * leaves between near and far. */
static double levels_of_leavers(unsigned long n, unsigned long k)
{
	if (k == 1)
		return levels_above_near(n / 2);
	return k == 0 || n < 4 ? 0
			       : (double)k * (sum_of_levels(n) - levels_above_near(n - 1)) /
					 (double)(n - 3);
}

/* How many times the cost of far the members' is: what near lacks to it grows by equal parts
 * with each level. Outside a tree all do the same, and the mean of both is taken. */
static double weight_of_far(const struct roles *r, double n_members, unsigned long n,
			    unsigned long leavers)
{
	unsigned top = levels_above_near(n - 1);

	if (!r->near || !r->far)
		return r->far ? n_members : 0;
	if (!has_tree(r->actor) || top == 0)
		return n_members / 2;
	return (sum_of_levels(n) - levels_of_leavers(n, leavers)) / top;
}

/* ---- sums ---- */

static double time_of(const struct gb_summary_row *row, size_t number)
{
	const double times[] = {row->cpu_ns_median, row->cpu_ns_ci_low, row->cpu_ns_ci_high};

	return times[number];
}

static double times(double n, const struct gb_summary_row *row, size_t number)
{
	return n > 0 ? n * time_of(row, number) : 0;
}

/* Who takes part, and in `far` how many of the members count as far. False when some of them were
 * not measured. */
static bool count_parties(const struct roles *r, struct gb_group_cost *out, double *far)
{
	unsigned long n = strtoul(gb_summary_key(r->actor, GB_COLUMN_size), NULL, 10);
	unsigned long k = strtoul(gb_summary_key(r->actor, GB_COLUMN_k), NULL, 10), leavers = 0;
	bool by_sender = !has_tree(r->actor);

	if (is(r->actor, GB_COLUMN_operation, "remove"))
		leavers = k;
	if (n < 2 || n > UINT32_MAX || leavers >= n)
		return false;
	out->n_members = (double)(n - 1 - leavers);
	out->n_senders = is(r->actor, GB_COLUMN_senders, "1") ? (double)(n - leavers) : 0;
	if (is(r->actor, GB_COLUMN_operation, "add"))
		out->n_joiners = (double)k;
	if (is(r->actor, GB_COLUMN_operation, "create")) {
		out->n_joiners = out->n_members;
		out->n_members = 0;
	}
	/* A sender hands its keys to newcomers without a word to the others. */
	if (is(r->actor, GB_COLUMN_operation, "add") && by_sender && !r->near && !r->far)
		out->n_members = 0;
	*far = weight_of_far(r, out->n_members, n, leavers);
	return (out->n_joiners == 0 || r->joiner) && (out->n_members == 0 || r->near || r->far) &&
	       (out->n_members <= 1 || (r->near && r->far));
}

static struct gb_shares sum_up(const struct roles *r, const struct gb_group_cost *c, double far,
			       size_t number)
{
	struct gb_shares s = {.actor = time_of(r->actor, number)};

	s.members = times(c->n_members - far, r->near, number) + times(far, r->far, number);
	s.joiners = times(c->n_joiners, r->joiner, number);
	s.total = s.actor + s.members + s.joiners;
	return s;
}

bool gb_group_cost_of(const struct gb_summary *s, const struct gb_summary_row *row,
		      struct gb_group_cost *out)
{
	static const char *const operations[] = {"create", "add", "remove", "rekey"};
	bool is_change = false;
	struct roles roles;
	double far;

	*out = (struct gb_group_cost){0};
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		is_change |= is(row, GB_COLUMN_operation, operations[i]);
	if (!is_change || !is(row, GB_COLUMN_role, "actor") || !is(row, GB_COLUMN_phase, "total") ||
	    !(row->cpu_ns_median > 0))
		return false;
	find_roles(s, row, &roles);
	if (!count_parties(&roles, out, &far))
		return false;
	out->median = sum_up(&roles, out, far, 0);
	out->low = sum_up(&roles, out, far, 1);
	out->high = sum_up(&roles, out, far, 2);
	return true;
}

/* ---- group_cost.csv ---- */

static bool is_of_role(size_t key)
{
	return gb_key_columns[key] == GB_COLUMN_role || gb_key_columns[key] == GB_COLUMN_phase;
}

static void put_header(FILE *out)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++)
		if (!is_of_role(i))
			fprintf(out, "%s,", gb_columns[gb_key_columns[i]].name);
	fputs("n_members,n_joiners,actor_ns,members_ns,joiners_ns,total_ns,total_ns_low,"
	      "total_ns_high,n_senders,all_send_ns,all_send_ns_low,all_send_ns_high,heals\n",
	      out);
}

static void put_time(FILE *out, double ns)
{
	putc(',', out);
	if (isfinite(ns))
		fprintf(out, "%.0f", ns);
}

static void put_cost(FILE *out, const struct gb_summary_row *row, const struct gb_group_cost *c)
{
	const double totals[] = {c->median.total, c->low.total, c->high.total};

	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		if (is_of_role(i))
			continue;
		gb_csv_put(out, row->key[i]);
		putc(',', out);
	}
	fprintf(out, "%.0f,%.0f", c->n_members, c->n_joiners);
	put_time(out, c->median.actor);
	put_time(out, c->median.members);
	put_time(out, c->median.joiners);
	for (size_t i = 0; i < 3; i++)
		put_time(out, totals[i]);
	put_time(out, c->n_senders > 0 ? c->n_senders : NAN);
	for (size_t i = 0; i < 3; i++)
		put_time(out, c->n_senders > 0 ? c->n_senders * totals[i] : NAN);
	putc(',', out);
	gb_csv_put(out, row->heals);
	putc('\n', out);
}

/* Written where `out` is not NULL. */
static size_t each_cost(const struct gb_summary *s, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct gb_group_cost cost;

		if (!gb_group_cost_of(s, &s->rows[i], &cost))
			continue;
		n++;
		if (out != NULL)
			put_cost(out, &s->rows[i], &cost);
	}
	return n;
}

size_t gb_count_group_costs(const struct gb_summary *s)
{
	return each_cost(s, NULL);
}

size_t gb_write_group_costs(const struct gb_summary *s, FILE *out)
{
	put_header(out);
	return each_cost(s, out);
}
