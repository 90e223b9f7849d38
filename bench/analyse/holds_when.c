#include "analyse/holds_when.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct summary {
	const struct gb_judged *judged;
	size_t n;
	char *text;
	size_t size, len;
	size_t n_named;
};

static void append(struct summary *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct summary *s, const char *format, ...)
{
	va_list arguments;
	int len;

	if (s->len >= s->size)
		return;
	va_start(arguments, format);
	len = vsnprintf(s->text + s->len, s->size - s->len, format, arguments);
	va_end(arguments);
	if (len > 0)
		s->len += (size_t)len;
}

/* What an axis is in a pair: both sides have the same value, or one side has none. NULL where
 * they differ, which is what the claim itself says. */
static const char *value_of(const struct gb_judged *j, unsigned axis)
{
	const char *a = j->first->key[GB_KEY_AXES + axis];
	const char *b = j->second ? j->second->key[GB_KEY_AXES + axis] : "";

	if (*b == '\0' || strcmp(a, b) == 0)
		return a;
	return *a == '\0' ? b : NULL;
}

static bool is_ruled(const struct gb_judged *j)
{
	return j->ruling != GB_RULING_NOT_MEASURED && j->ruling != GB_RULING_NOT_JUDGED;
}

static bool has(const struct gb_judged *j, unsigned axis, const char *value)
{
	const char *own = value_of(j, axis);

	return own && is_ruled(j) && strcmp(own, value) == 0;
}

/* Whether the pair at `at` is the first with its value of the axis, and all with it hold. */
static bool is_condition(const struct summary *s, unsigned axis, size_t at)
{
	const char *value = value_of(&s->judged[at], axis);
	size_t n_with = 0, n_ruled = 0;

	if (!value || *value == '\0' || !is_ruled(&s->judged[at]))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		n_ruled += is_ruled(&s->judged[i]);
		if (!has(&s->judged[i], axis, value))
			continue;
		if (i < at || s->judged[i].ruling != GB_RULING_HOLDS)
			return false;
		n_with++;
	}
	return n_with < n_ruled;
}

static void name_conditions(struct summary *s, unsigned axis)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!is_condition(s, axis, i))
			continue;
		append(s, "%s%s=%s", s->n_named++ > 0 ? " or " : ", always with ",
		       gb_axes[axis].name, value_of(&s->judged[i], axis));
	}
}

void gb_holds_when(const struct gb_judged *judged, size_t n, char *text, size_t size)
{
	struct summary s = {.judged = judged, .n = n, .text = text, .size = size};
	size_t n_hold = 0, n_ruled = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		n_hold += judged[i].ruling == GB_RULING_HOLDS;
		n_ruled += is_ruled(&judged[i]);
	}
	if (n_ruled < 2)
		return;
	append(&s, "it holds in %zu of %zu", n_hold, n_ruled);
	for (unsigned axis = 0; axis < GB_AXES && n_hold < n_ruled; axis++) {
		if (axis != GB_AXIS_size)
			name_conditions(&s, axis);
	}
}
