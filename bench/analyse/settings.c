#include "analyse/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values of an axis; more than there can be settings are not kept. */
struct varied {
	size_t axis;
	const char *value[GB_MAX_SETTINGS + 1];
	size_t n;
	bool is_split;
};

static const char *value_of(const struct gb_candidate *c, size_t axis)
{
	return c->row->key[GB_KEY_AXES + axis];
}

/* Numbers by size; a word that is the default before the others. */
static int order_of(size_t axis, const char *a, const char *b)
{
	double x = strtod(a, NULL), y = strtod(b, NULL);
	const char *first = gb_axes[axis].default_value;

	if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b) && (x < y || x > y))
		return x < y ? -1 : 1;
	if ((strcmp(a, first) == 0) != (strcmp(b, first) == 0))
		return strcmp(a, first) == 0 ? -1 : 1;
	return strcmp(a, b);
}

static void insert(struct varied *v, const char *value)
{
	size_t at = 0;

	while (at < v->n && order_of(v->axis, v->value[at], value) < 0)
		at++;
	if (at > GB_MAX_SETTINGS || (at < v->n && strcmp(v->value[at], value) == 0))
		return;
	if (v->n <= GB_MAX_SETTINGS)
		v->n++;
	memmove(&v->value[at + 1], &v->value[at], (v->n - 1 - at) * sizeof(v->value[0]));
	v->value[at] = value;
}

static bool has_value(const struct varied *v, const char *value)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->value[i], value) == 0)
			return true;
	}
	return false;
}

/* The value to hold of an axis that is not split. */
static const char *held_value(const struct varied *v, const struct gb_held *held)
{
	return v->n == 0 || has_value(v, held->value[v->axis]) ? held->value[v->axis] : v->value[0];
}

/* ---- what makes a difference ---- */

/* Whether they differ in this axis and in nothing else. */
static bool is_pair(const struct gb_candidate *a, const struct gb_candidate *b, size_t axis)
{
	for (size_t i = 0; i < GB_KEY_COLUMNS; i++) {
		bool is_same = strcmp(a->row->key[i], b->row->key[i]) == 0;

		if (is_same == (i == GB_KEY_AXES + axis))
			return false;
	}
	return true;
}

/* Whether the same is drawn in the row's place when the axis has the value instead. */
static bool is_drawn_at(const struct gb_candidate *candidates, size_t n,
			const struct gb_candidate *c, size_t axis, const char *value)
{
	for (size_t i = 0; i < n; i++) {
		const struct gb_candidate *other = &candidates[i];

		if (strcmp(value_of(other, axis), value) == 0 && is_pair(c, other, axis) &&
		    !(c->y < other->y) && !(c->y > other->y))
			return true;
	}
	return false;
}

static bool makes_a_difference(const struct gb_candidate *candidates, size_t n, size_t axis,
			       const char *held)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = value_of(&candidates[i], axis);

		if (*value != '\0' && strcmp(value, held) != 0 &&
		    !is_drawn_at(candidates, n, &candidates[i], axis, held))
			return true;
	}
	return false;
}

/* The values of an axis, of which one stays when the others would show the same. */
static void collect(const struct gb_candidate *candidates, size_t n, const struct gb_held *held,
		    struct varied *v)
{
	const char *stays;

	for (size_t i = 0; i < n; i++) {
		if (*value_of(&candidates[i], v->axis) != '\0')
			insert(v, value_of(&candidates[i], v->axis));
	}
	if (v->n < 2)
		return;
	stays = held_value(v, held);
	if (!makes_a_difference(candidates, n, v->axis, stays)) {
		v->value[0] = stays;
		v->n = 1;
	}
}

/* ---- settings ---- */

/* The settings of the axes that are split; stops counting above the limit. */
static size_t count(const struct varied *varied, size_t most)
{
	size_t product = 1;

	for (size_t axis = 0; axis < GB_AXES && product <= most; axis++)
		product *= varied[axis].is_split ? varied[axis].n : 1;
	return product;
}

static void choose_split(struct varied *varied, unsigned long not_split, size_t most)
{
	for (size_t axis = 0; axis < GB_AXES; axis++)
		varied[axis].is_split = varied[axis].n > 1 && (not_split & GB_FREE(axis)) == 0;
	while (count(varied, most) > most) {
		size_t widest = GB_AXES;

		for (size_t axis = 0; axis < GB_AXES; axis++) {
			if (varied[axis].is_split &&
			    (widest == GB_AXES || varied[axis].n >= varied[widest].n))
				widest = axis;
		}
		varied[widest].is_split = false;
	}
}

/* Appends "; axis value", as far as there is room. */
static void append(char *text, size_t size, size_t axis, const char *value)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s %.40s", len > 0 ? "; " : "", gb_axes[axis].name,
		 value);
}

/* A value that is one of several is named, and one that is the only one of this figure unless it
 * is the default. */
static bool is_named(const struct varied *v, const struct gb_held *held, const char *value)
{
	return v->n > 1 || (v->n == 1 && held->has_others[v->axis] &&
			    strcmp(value, gb_axes[v->axis].default_value) != 0);
}

static void hold(const struct varied *varied, const struct gb_held *held, unsigned long shown,
		 struct gb_held *all, struct gb_settings *out)
{
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		const struct varied *v = &varied[axis];

		if (v->is_split || (shown & GB_FREE(axis)) != 0)
			continue;
		all->value[axis] = held_value(v, held);
		if (is_named(v, held, all->value[axis]))
			append(out->caption, sizeof(out->caption), axis, all->value[axis]);
	}
}

/* The values of the setting with a number; those of the last axis change fastest. */
static void make_setting(const struct varied *varied, size_t number, struct gb_settings *out)
{
	size_t left = out->n, rest = number;

	for (size_t axis = 0; axis < GB_AXES; axis++) {
		const struct varied *v = &varied[axis];

		if (!v->is_split)
			continue;
		left /= v->n;
		out->held[number].value[axis] = v->value[rest / left];
		append(out->name[number], sizeof(out->name[number]), axis, v->value[rest / left]);
		rest %= left;
	}
}

void gb_settings_find(const struct gb_candidate *candidates, size_t n, const struct gb_held *held,
		      struct gb_axis_uses uses, size_t most, struct gb_settings *out)
{
	struct varied varied[GB_AXES] = {{0}};
	struct gb_held all = *held;

	*out = (struct gb_settings){0};
	for (size_t axis = 0; axis < GB_AXES; axis++) {
		varied[axis].axis = axis;
		if ((uses.shown & GB_FREE(axis)) == 0)
			collect(candidates, n, held, &varied[axis]);
	}
	choose_split(varied, uses.whole, most);
	hold(varied, held, uses.shown, &all, out);
	out->n = count(varied, most);
	for (size_t i = 0; i < out->n; i++) {
		out->held[i] = all;
		make_setting(varied, i, out);
	}
}

void gb_settings_hold_one(const struct gb_candidate *candidates, size_t n, unsigned long shown,
			  const struct gb_figure_source *source, struct gb_figure_source *one,
			  struct gb_drawing *d)
{
	const struct gb_axis_uses uses = {shown | GB_FREE(GB_AXIS_size), ~0ul};
	struct gb_settings settings;

	gb_settings_find(candidates, n, &source->held, uses, 1, &settings);
	*one = *source;
	one->held = settings.held[0];
	gb_drawing_caption(d, settings.caption);
}
