#include "analyse/exact.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct comparison {
	const struct gb_cells *before;
	struct gb_exact_changes changes;
	size_t n_lines;
	FILE *out;
};

static bool begin_line(struct comparison *c)
{
	return c->n_lines++ < GB_EXACT_LINES;
}

/* "mls add 1, size 100 tree cold, actor produce"; axes at their defaults are not named, except
 * those by which cells usually differ. */
static void name_cell(FILE *out, const struct gb_cell *cell)
{
	fprintf(out, "%s %s%s%s,", cell->key[GB_KEY_BACKEND], cell->key[GB_KEY_OPERATION],
		*cell->key[GB_KEY_K] ? " " : "", cell->key[GB_KEY_K]);
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		const char *value = cell->key[GB_KEY_AXES + axis];
		bool always = axis == GB_AXIS_size || axis == GB_AXIS_tree || axis == GB_AXIS_olm;

		if (*value != '\0' && (always || strcmp(value, gb_axes[axis].default_value) != 0))
			fprintf(out, " %s %s", gb_axes[axis].name, value);
	}
	fprintf(out, ", %s %s", cell->key[GB_KEY_ROLE], cell->key[GB_KEY_PHASE]);
}

static void put_value(FILE *out, uint64_t value)
{
	if (value == GB_NOT_MEASURED)
		fputs("not measured", out);
	else
		fprintf(out, "%" PRIu64, value);
}

static void say_change(struct comparison *c, const struct gb_cell *cell, size_t sample,
		       size_t exact, uint64_t old, uint64_t now)
{
	double by = (double)now - (double)old;

	if (!begin_line(c))
		return;
	name_cell(c->out, cell);
	if (cell->samples[sample].device != UINT64_MAX)
		fprintf(c->out, " (device %" PRIu64 ")", cell->samples[sample].device);
	fprintf(c->out, ": %s ", gb_columns[gb_exact_columns[exact]].name);
	put_value(c->out, old);
	fputs(" -> ", c->out);
	put_value(c->out, now);
	if (old != GB_NOT_MEASURED && now != GB_NOT_MEASURED) {
		fprintf(c->out, " (%+.0f", by);
		if (old > 0)
			fprintf(c->out, ", %+.3g %%", 100 * by / (double)old);
		putc(')', c->out);
	}
	putc('\n', c->out);
}

static void compare_sample(struct comparison *c, const struct gb_cell *old,
			   const struct gb_cell *now, size_t sample)
{
	for (size_t exact = 0; exact < GB_EXACT_COLUMNS; exact++) {
		uint64_t a = gb_cell_exact(old, exact, sample);
		uint64_t b = gb_cell_exact(now, exact, sample);

		if (c->before->lacks[gb_exact_columns[exact]])
			continue;
		c->changes.n_values += a != GB_NOT_MEASURED;
		if (a == b)
			continue;
		c->changes.n_changed++;
		say_change(c, now, sample, exact, a, b);
	}
}

/* How many devices have a row in the first sample. */
static size_t devices_of(const struct gb_cell *cell)
{
	const struct gb_observation *s = cell->samples;
	size_t n = 1;

	while (n < cell->n_samples && s[n].process == s[0].process && s[n].number == s[0].number)
		n++;
	return n;
}

static void say_alone(struct comparison *c, const struct gb_cell *cell, const char *what)
{
	if (!begin_line(c))
		return;
	name_cell(c->out, cell);
	fprintf(c->out, ": %s\n", what);
}

static void compare_cell(struct comparison *c, const struct gb_cell *old, const struct gb_cell *now)
{
	size_t n = devices_of(now);

	if (n != devices_of(old)) {
		c->changes.n_gone++;
		c->changes.n_added++;
		say_alone(c, now, "counted at another number of devices");
		return;
	}
	c->changes.n_cells++;
	for (size_t sample = 0; sample < n; sample++)
		compare_sample(c, old, now, sample);
}

/* The next cell from *at on that is measured and no sum; NULL behind the last. */
static const struct gb_cell *next_cell(const struct gb_cells *cells, size_t *at)
{
	while (*at < cells->n && (cells->cell[*at]->n_samples == 0 ||
				  strcmp(cells->cell[*at]->key[GB_KEY_PHASE], "total") == 0))
		++*at;
	return *at < cells->n ? cells->cell[*at] : NULL;
}

static void compare_all(struct comparison *c, const struct gb_cells *before,
			const struct gb_cells *now)
{
	size_t i = 0, j = 0;

	for (;;) {
		const struct gb_cell *a = next_cell(before, &i), *b = next_cell(now, &j);
		int order;

		if (!a && !b)
			return;
		order = !a ? 1 : !b ? -1 : gb_cell_order(a, b);
		i += order <= 0;
		j += order >= 0;
		if (order == 0) {
			compare_cell(c, a, b);
		} else if (order < 0) {
			c->changes.n_gone++;
			say_alone(c, a, "not counted any more");
		} else {
			c->changes.n_added++;
			say_alone(c, b, "was not counted before");
		}
	}
}

struct gb_exact_changes gb_exact_compare(const struct gb_cells *before, const struct gb_cells *now,
					 FILE *out)
{
	struct comparison c = {.before = before, .out = out};

	compare_all(&c, before, now);
	if (c.n_lines > GB_EXACT_LINES)
		fprintf(out, "... and %zu more differences\n", c.n_lines - GB_EXACT_LINES);
	return c.changes;
}
