#include "analyse/growth_text.h"

#include <stdio.h>

/* Three digits in the unit that suits them. */
static void format_time(double ns, char *text, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t unit = 0;

	while (unit < 3 && ns >= 999.5) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, size, "%.3g %s", ns, units[unit]);
}

static void format_bytes(double bytes, char *text, size_t size)
{
	snprintf(text, size, "%.3g bytes", bytes);
}

static void format_terms(const struct gb_growth *g,
			 void (*format)(double cost, char *text, size_t size), char *text,
			 size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		const char *name = gb_growth_term_name(j);
		char cost[40];

		if (!(g->set & 1u << j) || len >= size)
			continue;
		format(g->coefficient[j], cost, sizeof(cost));
		len += (size_t)snprintf(text + len, size - len, "%s%s%s%s", len > 0 ? " + " : "",
					cost, *name ? " " : "", name);
	}
}

void gb_format_growth(const struct gb_growth *g, char *text, size_t size)
{
	format_terms(g, format_time, text, size);
}

void gb_format_growth_of_bytes(const struct gb_growth *g, char *text, size_t size)
{
	format_terms(g, format_bytes, text, size);
}

void gb_format_growth_set(unsigned set, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		const char *name = gb_growth_term_name(j);

		if ((set & 1u << j) && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s",
						len > 0 ? " + " : "", *name ? name : "1");
	}
}
