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

void gb_format_growth(const struct gb_growth *g, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned j = 0; j < GB_GROWTH_TERMS; j++) {
		const char *name = gb_growth_term_name(j);
		char time[40];

		if (!(g->set & 1u << j) || len >= size)
			continue;
		format_time(g->coefficient[j], time, sizeof(time));
		len += (size_t)snprintf(text + len, size - len, "%s%s%s%s", len > 0 ? " + " : "",
					time, *name ? " " : "", name);
	}
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
