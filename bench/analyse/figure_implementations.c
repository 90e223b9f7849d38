#include "analyse/figure_states.h"
#include "analyse/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What one operation costs in each implementation of a protocol, a picture for each operation: a
 * column of panels for each role, and a row for each value of what else was varied, the state of
 * the tree say. A series is an implementation, on one of its libraries if it has several. Protocols
 * of which the run has one implementation are left out.
 */
#define N(array) (sizeof(array) / sizeof((array)[0]))

#define LIBRARY_AXES (GB_FREE(GB_AXIS_crypto) | GB_FREE(GB_AXIS_olm_crypto))

#define ACTOR(operation, k)                                                                        \
	{                                                                                          \
		1, 0, operation, k, "actor", "total"                                               \
	}
#define OTHERS(operation, k)                                                                       \
	{2, 0, operation, k, "near", "process"},                                                   \
	{                                                                                          \
		3, 0, operation, k, "far", "process"                                               \
	}
#define JOINER(operation, k)                                                                       \
	{                                                                                          \
		4, 0, operation, k, "joiner", "join"                                               \
	}

/* ---- which implementations ---- */

static bool have_one_protocol(const struct gb_summary_row *a, const struct gb_summary_row *b)
{
	enum gb_protocol protocol = gb_protocol_of(a->key);

	return protocol != GB_PROTOCOL_UNKNOWN && protocol == gb_protocol_of(b->key);
}

/* Whether the actor's operation was timed in another implementation of the row's protocol too. */
static bool has_peer(const struct gb_summary *s, const struct gb_summary_row *row,
		     const struct gb_subject *actor)
{
	const char *backend = gb_summary_key(row, GB_COLUMN_backend);

	for (size_t i = 0; i < s->n; i++) {
		if (gb_subject_has(actor, &s->rows[i]) && s->rows[i].cpu_ns_median > 0 &&
		    have_one_protocol(row, &s->rows[i]) &&
		    strcmp(gb_summary_key(&s->rows[i], GB_COLUMN_backend), backend) != 0)
			return true;
	}
	return false;
}

/* The rows of the subjects whose implementation has a peer. The texts are those of *s. */
static int select_peers(const struct gb_summary *s, const struct gb_layout *layout,
			struct gb_summary *out, struct gb_failure *f)
{
	out->rows = calloc(s->n + 1, sizeof(*out->rows));
	if (!out->rows)
		return gb_fail_memory(f);
	for (size_t i = 0; i < s->n; i++) {
		const struct gb_summary_row *row = &s->rows[i];
		bool is_shown = false;

		for (size_t j = 0; j < layout->n_subjects; j++)
			is_shown |= gb_subject_has(&layout->subjects[j], row);
		if (!is_shown || !has_peer(s, row, &layout->subjects[0]))
			continue;
		out->rows[out->n] = *row;
		out->rows[out->n++].key_text = NULL;
	}
	return 0;
}

/* ---- figures ---- */

/* There is one state in each panel: dash and marker are those of the implementation. */
static void tell_apart(struct gb_drawing *d)
{
	for (size_t i = 0; i < d->n_series; i++)
		d->series[i].look = 1 + (unsigned)i % GB_LOOKS;
}

static int make(const struct gb_figure_source *source, const struct gb_subject *subjects, size_t n,
		struct gb_drawing *d, struct gb_failure *f)
{
	static const char *const roles[] = {"Actor", "Near member", "Far member", "Newcomer"};
	struct gb_layout layout = {
		.x = GB_COLUMN_size,
		.x_name = "members",
		.y_name = "cpu_ms",
		.intervals = true,
		.free_axes = LIBRARY_AXES,
		.forms = {"", ""},
		.subjects = subjects,
		.n_subjects = n,
	};
	struct gb_summary peers = {0};
	const struct gb_figure_source of_peers = {
		.summary = &peers, .held = source->held, .data = source->data};
	int status;

	memcpy(layout.headings, roles, sizeof(roles));
	status = select_peers(source->summary, &layout, &peers, f);
	if (status == 0)
		status = gb_states_make(&of_peers, &layout, NULL, d, f);
	if (status == 1)
		tell_apart(d);
	gb_summary_free(&peers);
	return status;
}

#define FIGURE(name, ...)                                                                          \
	int gb_figure_implementations_##name(const struct gb_figure_source *source,                \
					     struct gb_drawing *d, struct gb_failure *f)           \
	{                                                                                          \
		static const struct gb_subject subjects[] = {__VA_ARGS__};                         \
                                                                                                   \
		return make(source, subjects, N(subjects), d, f);                                  \
	}

FIGURE(create, ACTOR("create", NULL), JOINER("create", NULL))
FIGURE(add, ACTOR("add", "1"), OTHERS("add", "1"), JOINER("add", "1"))
FIGURE(add_each, ACTOR("add_each", "10"), OTHERS("add_each", "10"), JOINER("add_each", "10"))
FIGURE(remove, ACTOR("remove", "1"), OTHERS("remove", "1"))
FIGURE(rekey, ACTOR("rekey", NULL), OTHERS("rekey", NULL))
FIGURE(send, ACTOR("send", NULL), OTHERS("receive", NULL))
FIGURE(send_first, ACTOR("send_first", NULL), OTHERS("receive_first", NULL))
