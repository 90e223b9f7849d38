#include "analyse/figure_states.h"
#include "analyse/group_cost.h"
#include "run/senders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The figures that show protocols in each of their states. */

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define LIBRARY_AXES (GB_FREE(GB_AXIS_crypto) | GB_FREE(GB_AXIS_olm_crypto))
#define STATE_AXES   (GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm) | LIBRARY_AXES)

/* ---- changes of a group ---- */

static const struct gb_subject changes[] = {
	{1, 0, "create", NULL, "actor", "total"},
	{2, 0, "add", "1", "actor", "total"},
	{3, 0, "remove", "1", "actor", "total"},
	{4, 0, "rekey", NULL, "actor", "total"},
};

static const char *const changes_headings[] = {
	"Create a group of all members",
	"Add one member",
	"Remove one member",
	"New keys for the group",
};

/* Time over size, a panel for each of the changes, in every state. */
static struct gb_layout of_changes(const struct gb_subject subjects[N(changes)])
{
	struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "cpu_ms",
		.bands = true,
		.all_senders = true,
		.free_axes = STATE_AXES,
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = N(changes),
	};

	memcpy(layout.headings, changes_headings, sizeof(changes_headings));
	return layout;
}

int gb_figure_honest(const struct gb_figure_source *source, struct gb_drawing *d,
		     struct gb_failure *f)
{
	const struct gb_layout layout = of_changes(changes);

	return gb_states_make(source, &layout, NULL, d, f);
}

/* For each cost of a whole group its row of the actor and one more, of the role "group". The texts
 * are those of *s. */
static int add_up_groups(const struct gb_summary *s, struct gb_summary *out, struct gb_failure *f)
{
	out->rows = calloc(2 * s->n + 1, sizeof(*out->rows));
	if (!out->rows)
		return gb_fail_memory(f);
	for (size_t i = 0; i < s->n; i++) {
		struct gb_group_cost cost;
		struct gb_summary_row row = s->rows[i];

		if (!gb_group_cost_of(s, &s->rows[i], &cost))
			continue;
		row.key_text = NULL;
		out->rows[out->n++] = row;
		for (size_t j = 0; j < GB_KEY_COLUMNS; j++)
			if (gb_key_columns[j] == GB_COLUMN_role)
				row.key[j] = "group";
		row.cpu_ns_median = cost.median.total;
		out->rows[out->n++] = row;
	}
	return 0;
}

static int make_of_groups(const struct gb_figure_source *source, const struct gb_layout *layout,
			  struct gb_drawing *d, struct gb_failure *f)
{
	struct gb_summary groups = {0};
	const struct gb_figure_source sums = {
		.summary = &groups, .held = source->held, .data = source->data};
	int status = add_up_groups(source->summary, &groups, f);

	if (status == 0)
		status = gb_states_make(&sums, layout, NULL, d, f);
	gb_summary_free(&groups);
	return status;
}

int gb_figure_group_cost(const struct gb_figure_source *source, struct gb_drawing *d,
			 struct gb_failure *f)
{
	struct gb_subject of_groups[N(changes)];
	struct gb_layout layout;

	memcpy(of_groups, changes, sizeof(changes));
	for (size_t i = 0; i < N(of_groups); i++)
		of_groups[i].role = "group";
	layout = of_changes(of_groups);
	return make_of_groups(source, &layout, d, f);
}

/* ---- several senders ---- */

/* Values of the axis, as scenarios have them; rows have the number itself. */
static const struct {
	const char *value, *heading;
} senders[] = {
	{"1", "One sends"},          {"10", "Ten send"},  {"zipf", "Senders by Zipf's law"},
	{"10%", "One in ten sends"}, {"all", "All send"},
};

/* How many a row of a change has, where it is that of the actor; 0 otherwise. */
static uint32_t senders_of(const struct gb_summary_row *row, const struct gb_subject *change)
{
	if (!gb_subject_has(change, row))
		return 0;
	return (uint32_t)strtoul(gb_summary_key(row, GB_COLUMN_senders), NULL, 10);
}

/* Whether the row has so many senders as the value says and no other value does. */
static bool is_only(size_t value, const struct gb_summary_row *row, uint32_t n)
{
	unsigned long size = strtoul(gb_summary_key(row, GB_COLUMN_size), NULL, 10);

	for (size_t i = 0; i < N(senders) && size <= GB_MOST_MEMBERS; i++) {
		if ((gb_count_senders(senders[i].value, (uint32_t)size) == n) != (i == value))
			return false;
	}
	return size <= GB_MOST_MEMBERS;
}

/* Which changes several devices made together, and which values of the axis were measured: where a
 * value says the same as another at each size it is not known to have been meant. */
struct measured {
	bool change[N(changes)];
	bool value[N(senders)];
};

static void find_measured(const struct gb_summary *s, struct measured *m)
{
	*m = (struct measured){0};
	for (size_t i = 0; i < s->n; i++) {
		for (size_t change = 0; change < N(changes); change++) {
			uint32_t n = senders_of(&s->rows[i], &changes[change]);

			m->change[change] |= n > 1;
			for (size_t value = 0; value < N(senders) && n > 0; value++)
				m->value[value] |= is_only(value, &s->rows[i], n);
		}
	}
}

/* A table: a column for each value, two rows for each change, of those who act and of all. */
struct table {
	struct gb_subject subjects[2 * N(changes) * N(senders)];
	char headings[2 * N(changes) * N(senders)][80];
	size_t n;
};

static void add_row(struct table *t, struct gb_layout *layout, const struct measured *m,
		    size_t change, bool is_of_group)
{
	for (size_t value = 0; value < N(senders); value++) {
		if (!m->value[value])
			continue;
		t->subjects[t->n] = changes[change];
		t->subjects[t->n].panel = (unsigned)t->n + 1;
		if (is_of_group)
			t->subjects[t->n].role = "group";
		snprintf(t->headings[t->n], sizeof(t->headings[0]), "%s · %s%s",
			 senders[value].heading, changes_headings[change],
			 is_of_group ? ": whole group" : "");
		layout->headings[t->n] = t->headings[t->n];
		layout->senders[t->n++] = senders[value].value;
	}
}

int gb_figure_senders(const struct gb_figure_source *source, struct gb_drawing *d,
		      struct gb_failure *f)
{
	struct table table = {.n = 0};
	struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "cpu_ms",
		.bands = true,
		.free_axes = STATE_AXES,
		.forms = {"", ""},
		.subjects = table.subjects,
	};
	struct measured m;

	find_measured(source->summary, &m);
	for (size_t change = 0; change < N(changes); change++) {
		for (unsigned role = 0; role < 2 && m.change[change]; role++)
			add_row(&table, &layout, &m, change, role == 1);
	}
	layout.n_subjects = table.n;
	for (size_t value = 0; value < N(senders); value++)
		layout.columns += m.value[value];
	return table.n > 0 ? make_of_groups(source, &layout, d, f) : 0;
}

/* ---- more figures ---- */

/* Below what the actor uploads for each change stands what the server gives out for it. What is
 * sent does not depend on the library that computes it. */
static int make_sent(const struct gb_figure_source *source, enum gb_measured_as y,
		     const char *y_name, struct gb_drawing *d, struct gb_failure *f)
{
	struct gb_subject subjects[2 * N(changes)];
	char headings[2 * N(changes)][80];
	struct gb_layout layout = of_changes(changes);

	for (size_t i = 0; i < N(subjects); i++) {
		bool is_server = i >= N(changes);

		subjects[i] = changes[i % N(changes)];
		subjects[i].panel = (unsigned)i + 1;
		if (is_server) {
			subjects[i].role = "server";
			subjects[i].phase = "deliver";
		}
		snprintf(headings[i], sizeof(headings[0]), "%s · by the %s",
			 changes_headings[i % N(changes)], is_server ? "server" : "actor");
		layout.headings[i] = headings[i];
	}
	layout.subjects = subjects;
	layout.n_subjects = N(subjects);
	layout.columns = N(changes);
	layout.y = y;
	layout.y_name = y_name;
	layout.free_axes = GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm);
	layout.idle_axes = LIBRARY_AXES;
	return gb_states_make(source, &layout, NULL, d, f);
}

int gb_figure_bytes(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f)
{
	return make_sent(source, GB_SENT_BYTES, "sent_bytes", d, f);
}

/* Whether a change sent more than its protocol's own bytes, and says how many these are. */
static bool has_envelopes(const struct gb_summary *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t change = 0; change < N(changes); change++) {
			if (gb_subject_has(&changes[change], &s->rows[i]) &&
			    s->rows[i].up_raw_bytes < s->rows[i].up_bytes)
				return true;
		}
	}
	return false;
}

/* Without envelopes it would be the figure of all bytes once more. */
int gb_figure_bytes_raw(const struct gb_figure_source *source, struct gb_drawing *d,
			struct gb_failure *f)
{
	return has_envelopes(source->summary)
		       ? make_sent(source, GB_SENT_RAW_BYTES, "sent_raw_bytes", d, f)
		       : 0;
}

/* Who does how much more than must be, at every role. */
int gb_figure_time_over_floor(const struct gb_figure_source *source, struct gb_drawing *d,
			      struct gb_failure *f)
{
	static const struct gb_subject roles[] = {
		{1, 0, "create", NULL, "actor", "total"},  {2, 0, "add", "1", "actor", "total"},
		{3, 0, "remove", "1", "actor", "total"},   {4, 0, "rekey", NULL, "actor", "total"},
		{5, 0, "rekey", NULL, "near", "process"},  {6, 0, "rekey", NULL, "far", "process"},
		{7, 0, "add", "1", "joiner", "join"},      {8, 0, "send", NULL, "actor", "total"},
		{9, 0, "receive", NULL, "far", "process"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "time_over_floor",
		.y = GB_TIME_OVER_FLOOR,
		.free_axes = STATE_AXES,
		.headings = {"Create: actor", "Add one: actor", "Remove one: actor",
			     "New keys: actor", "New keys: near member", "New keys: far member",
			     "Join: newcomer", "Send: actor", "Read: far member"},
		.forms = {"", ""},
		.subjects = roles,
		.n_subjects = N(roles),
	};

	return gb_states_make(source, &layout, NULL, d, f);
}

int gb_figure_bulk(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, "add", NULL, "actor", "total"},
		{1, 1, "add_each", NULL, "actor", "total"},
		{2, 0, "remove", NULL, "actor", "total"},
		{2, 1, "remove_each", NULL, "actor", "total"},
		{3, 0, "rekey_after_add", NULL, "actor", "total"},
		{3, 1, "rekey_after_add_each", NULL, "actor", "total"},
		{4, 0, "rekey_after_remove", NULL, "actor", "total"},
		{4, 1, "rekey_after_remove_each", NULL, "actor", "total"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_k,
		.x_name = "k",
		.y_name = "cpu_ms",
		.free_axes =
			GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm) | GB_FREE(GB_AXIS_olm_crypto),
		.headings = {"Add k members", "Remove k members", "The next rekey after the adds",
			     "The next rekey after the removes"},
		.forms = {" at once", " one by one"},
		.by_protocol = true,
		.subjects = subjects,
		.n_subjects = N(subjects),
	};

	return gb_states_make_at_one_size(source, &layout, d, f);
}

/* Messages do not depend on the state of a tree or of Olm sessions. */
int gb_figure_payload(const struct gb_figure_source *source, struct gb_drawing *d,
		      struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, "send", NULL, "actor", "total"},
		{2, 0, "receive", NULL, "far", "process"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_payload,
		.x_name = "payload_bytes",
		.y_name = "cpu_ms",
		.free_axes = LIBRARY_AXES | GB_FREE(GB_AXIS_payload),
		.idle_axes = GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm),
		.headings = {"Send a message", "Read a message"},
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = N(subjects),
	};

	return gb_states_make_at_one_size(source, &layout, d, f);
}

/* The ratchet of a sender. The state of a tree or of Olm sessions plays no part. */
int gb_figure_late(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, "catch_up", NULL, "far", "process"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_k,
		.x_name = "steps",
		.y_name = "cpu_ms",
		.free_axes = LIBRARY_AXES,
		.idle_axes = GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm),
		.headings = {"Read a message that is k steps ahead"},
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = N(subjects),
	};

	return gb_states_make_at_one_size(source, &layout, d, f);
}

int gb_figure_kept(const struct gb_figure_source *source, struct gb_drawing *d,
		   struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, "backup", NULL, "actor", "total"},
		{2, 0, "restore_one", NULL, "joiner", "join"},
		{3, 0, "restore_room", NULL, "joiner", "join"},
		{4, 0, "restore_all", NULL, "joiner", "join"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_k,
		.x_name = "sessions",
		.y_name = "cpu_ms",
		.free_axes = GB_FREE(GB_AXIS_backup) | GB_FREE(GB_AXIS_olm_crypto),
		.headings = {"Back up k sessions", "Restore one of k", "Restore one room of ten",
			     "Restore all k"},
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = N(subjects),
	};

	return gb_states_make_at_one_size(source, &layout, d, f);
}

/* What is stored does not depend on the library that computes it. */
int gb_figure_state(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f)
{
	static const struct gb_subject subjects[] = {
		{1, 0, "store", NULL, "actor", "total"},
		{2, 0, "store", NULL, "near", "produce"},
	};
	const struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "state_bytes",
		.y = GB_STATE_BYTES,
		.bands = true,
		.free_axes = GB_FREE(GB_AXIS_tree) | GB_FREE(GB_AXIS_olm),
		.idle_axes = LIBRARY_AXES,
		.headings = {"A member who sends", "A member who has only read"},
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = N(subjects),
	};

	return gb_states_make(source, &layout, NULL, d, f);
}
