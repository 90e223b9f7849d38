#include "analyse/figures.h"
#include "analyse/parts.h"
#include "analyse/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * What the first message of Megolm consists of: for each size a bar of its parts laid end to end,
 * in time for each member who is reached, and a mark where the whole ends. A panel for each state
 * of the Olm sessions, both libolms beside each other.
 */
#define PART_AXES (GB_FREE(GB_AXIS_olm) | GB_FREE(GB_AXIS_olm_crypto))

static const struct {
	const char *name;
	enum gb_colour colour;
} parts[GB_N_PARTS] = {
	{"claim: the key directory's answers", GB_PURPLE},
	{"verify: the signatures on them", GB_BLUE},
	{"session: an Olm session with each device", GB_ORANGE},
	{"encrypt: the room key to each device", GB_GREEN},
};

static const struct {
	const char *olm, *heading;
} panels[] = {
	{"new", "They have never spoken (Olm new)"},
	{"ratchet", "Each pair owes a Diffie-Hellman step (Olm ratchet)"},
	{"chain", "They have just spoken (Olm chain)"},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A create and its parts at the same point. */
struct whole {
	const struct gb_summary_row *row;
	const struct gb_summary_row *part[GB_N_PARTS];
	double others; /* members who are reached */
};

static bool is_at(const struct gb_figure_source *source, const char *operation,
		  unsigned long free_axes, const struct gb_summary_row *row)
{
	const struct gb_query query = {
		.backend = "megolm",
		.operation = operation,
		.role = "actor",
		.phase = "total",
		.free_axes = free_axes | GB_FREE(GB_AXIS_size),
	};

	return gb_query_matches(&query, &source->held, row) && !isnan(row->cpu_ns_median);
}

/* NULL when it was not measured. */
static const struct gb_summary_row *part_of(const struct gb_summary *s,
					    const struct gb_summary_row *whole, const char *part)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct gb_summary_row *row = &s->rows[i];

		if (strcmp(row->key[GB_KEY_OPERATION], part) == 0 && !isnan(row->cpu_ns_median) &&
		    gb_keys_agree(row->key, whole->key, GB_KEY_BIT(GB_KEY_OPERATION)))
			return row;
	}
	return NULL;
}

static bool find_parts(const struct gb_summary *s, const struct gb_summary_row *row,
		       struct whole *whole)
{
	whole->row = row;
	whole->others = strtod(gb_summary_key(row, GB_COLUMN_size), NULL) - 1;
	for (size_t i = 0; i < GB_N_PARTS; i++) {
		whole->part[i] = part_of(s, row, gb_part_names[i]);
		if (!whole->part[i])
			return false;
	}
	return whole->others > 0;
}

/* By size, on each the stock libolm first. */
static int order_of(const void *a, const void *b)
{
	const struct whole *p = a, *q = b;
	const char *on_p = gb_summary_key(p->row, GB_COLUMN_olm_crypto);

	if (p->others < q->others || p->others > q->others)
		return p->others < q->others ? -1 : 1;
	return strcmp(on_p, gb_summary_key(q->row, GB_COLUMN_olm_crypto));
}

/* The wholes of the source, in *out with room for all rows; how many. */
static size_t find_wholes(const struct gb_figure_source *source, unsigned long free_axes,
			  struct whole *out)
{
	const struct gb_summary *s = source->summary;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (is_at(source, "create", free_axes, &s->rows[i]) &&
		    find_parts(s, &s->rows[i], &out[n]))
			n++;
	}
	qsort(out, n, sizeof(*out), order_of);
	return n;
}

/* What was varied besides is held at one value, which the caption names. */
static int hold_one_setting(const struct gb_figure_source *source, struct whole *wholes,
			    struct gb_figure_source *one, struct gb_drawing *d,
			    struct gb_failure *f)
{
	size_t n = find_wholes(source, ~0ul, wholes);
	struct gb_candidate *candidates = malloc((n + 1) * sizeof(*candidates));

	if (!candidates)
		return gb_fail_memory(f);
	for (size_t i = 0; i < n; i++)
		candidates[i] = (struct gb_candidate){wholes[i].row, wholes[i].row->cpu_ns_median};
	gb_settings_hold_one(candidates, n, PART_AXES, source, one, d);
	free(candidates);
	return 0;
}

/* "1000, stock libolm" */
static void name_bar(const struct whole *whole, char *label, size_t size)
{
	bool on_openssl = strcmp(gb_summary_key(whole->row, GB_COLUMN_olm_crypto), "openssl") == 0;

	snprintf(label, size, "%.12s members on %s", gb_summary_key(whole->row, GB_COLUMN_size),
		 on_openssl ? "OpenSSL" : "stock libolm");
	gb_gnuplot_text(label);
}

static int add_bar(const struct whole *whole, struct gb_point p, struct gb_drawing *d,
		   struct gb_failure *f)
{
	double us = 1e-3 / whole->others, end = 0;

	name_bar(whole, p.label, sizeof(p.label));
	for (unsigned i = 0; i < GB_N_PARTS; i++) {
		p.series = i + 1;
		p.y = whole->part[i]->cpu_ns_median * us;
		p.low = end;
		p.high = end += p.y;
		if (gb_drawing_point(d, &p, f) < 0)
			return -1;
	}
	p.series = GB_N_PARTS + 1;
	p.y = p.low = p.high = whole->row->cpu_ns_median * us;
	return gb_drawing_point(d, &p, f);
}

static void add_series(struct gb_drawing *d)
{
	for (unsigned i = 0; i <= GB_N_PARTS; i++) {
		bool is_part = i < GB_N_PARTS;
		struct gb_series series = {.kind = is_part ? GB_SERIES_BAND : GB_SERIES_LINE,
					   .colour = is_part ? parts[i].colour : GB_BLACK,
					   .look = 1,
					   .legend_column = 1 + i % 2,
					   .legend_row = 1 + i / 2};

		snprintf(series.name, sizeof(series.name), "%s",
			 is_part ? parts[i].name : "create measured by itself");
		gb_drawing_series(d, &series);
	}
}

static int add_panels(const struct whole *wholes, size_t n, struct gb_drawing *d,
		      struct gb_failure *f)
{
	for (unsigned panel = 0; panel < N(panels); panel++) {
		struct gb_point p = {.panel = panel + 1};

		gb_drawing_heading(d, panels[panel].heading, NULL, "");
		for (size_t i = 0; i < n; i++) {
			const char *olm = gb_summary_key(wholes[i].row, GB_COLUMN_olm);

			if (strcmp(olm, panels[panel].olm) != 0)
				continue;
			p.x++;
			if (add_bar(&wholes[i], p, d, f) < 0)
				return -1;
		}
	}
	gb_drawing_compact(d);
	return d->n_points > 0;
}

int gb_figure_parts(const struct gb_figure_source *source, struct gb_drawing *d,
		    struct gb_failure *f)
{
	struct whole *wholes = malloc((source->summary->n + 1) * sizeof(*wholes));
	struct gb_figure_source one;
	int made = -1;

	if (!wholes)
		return gb_fail_memory(f);
	d->x_name = "bar";
	d->y_name = "us_a_member";
	if (hold_one_setting(source, wholes, &one, d, f) == 0) {
		add_series(d);
		made = add_panels(wholes, find_wholes(&one, PART_AXES, wholes), d, f);
	}
	free(wholes);
	return made;
}
