#include "run/range.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gb_values_free(struct gb_values *values)
{
	free(values->v);
	*values = (struct gb_values){0};
}

static int want_number(uint64_t least, uint64_t most, char *wanted)
{
	snprintf(wanted, GB_WANTED_BYTES, "a number from %llu to %llu", (unsigned long long)least,
		 (unsigned long long)most);
	return -1;
}

/* Digits at *p, which is moved behind them; false when there are none or too many. */
static bool take_digits(const char **p, uint64_t *out)
{
	const char *start = *p;
	uint64_t number = 0;

	for (; **p >= '0' && **p <= '9'; ++*p) {
		unsigned digit = (unsigned)(**p - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return *p > start;
}

int gb_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out, char *wanted)
{
	const char *p = text;
	uint64_t number;

	if (!take_digits(&p, &number) || *p != '\0' || number < least || number > most)
		return want_number(least, most, wanted);
	*out = number;
	return 0;
}

struct range {
	uint64_t first, last, step;
};

static bool split_range(const char *text, struct range *r)
{
	const char *p = text;

	r->step = 1;
	if (!take_digits(&p, &r->first))
		return false;
	r->last = r->first;
	if (*p == '\0')
		return true;
	if (p[0] != '.' || p[1] != '.')
		return false;
	p += 2;
	if (!take_digits(&p, &r->last))
		return false;
	if (*p == '\0')
		return true;
	return *p++ == '/' && take_digits(&p, &r->step) && *p == '\0';
}

static int want_range(const char *what, char *wanted)
{
	snprintf(wanted, GB_WANTED_BYTES, "%s", what);
	return -1;
}

static bool contains(const struct gb_values *values, uint64_t number)
{
	for (size_t i = 0; i < values->n; i++)
		if (values->v[i] == number)
			return true;
	return false;
}

static int append(struct gb_values *values, uint32_t number, char *wanted)
{
	uint32_t *grown;

	if (contains(values, number)) {
		snprintf(wanted, GB_WANTED_BYTES, "%u only once", number);
		return -1;
	}
	if (values->n == GB_MAX_VALUES) {
		snprintf(wanted, GB_WANTED_BYTES, "at most %d values", GB_MAX_VALUES);
		return -1;
	}
	grown = realloc(values->v, (values->n + 1) * sizeof *grown);
	if (grown == NULL)
		return want_range("more memory than there is", wanted);
	values->v = grown;
	values->v[values->n++] = number;
	return 0;
}

int gb_parse_range(const char *text, uint32_t least, uint32_t most, struct gb_values *values,
		   char *wanted)
{
	struct range r;

	if (!split_range(text, &r)) {
		snprintf(wanted, GB_WANTED_BYTES,
			 "a number, FROM..TO or FROM..TO/STEP, all from %u to %u", least, most);
		return -1;
	}
	if (r.first < least || r.last < least || r.first > most || r.last > most)
		return want_number(least, most, wanted);
	if (r.first > r.last)
		return want_range("the smaller number first", wanted);
	if (r.step == 0)
		return want_range("a step of at least 1", wanted);
	if ((r.last - r.first) % r.step != 0)
		return want_range("a range that its step divides", wanted);
	if ((r.last - r.first) / r.step >= GB_MAX_VALUES) {
		snprintf(wanted, GB_WANTED_BYTES, "at most %d values", GB_MAX_VALUES);
		return -1;
	}
	for (uint64_t number = r.first; number <= r.last; number += r.step)
		if (append(values, (uint32_t)number, wanted) != 0)
			return -1;
	return 0;
}

int gb_parse_ranges(const char *text, uint32_t least, uint32_t most, struct gb_values *values,
		    char *wanted)
{
	char part[64];

	for (;;) {
		size_t len = strcspn(text, ",");
		if (len >= sizeof part)
			return want_range("shorter numbers", wanted);
		memcpy(part, text, len);
		part[len] = '\0';
		if (gb_parse_range(part, least, most, values, wanted) != 0)
			return -1;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

int gb_parse_duration(const char *text, uint64_t *ns, char *wanted)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ms", 1000000u},
		     {"s", 1000000000u},
		     {"m", 60 * UINT64_C(1000000000)},
		     {"h", 3600 * UINT64_C(1000000000)}};
	const uint64_t day = 24 * 3600 * UINT64_C(1000000000);
	const char *p = text;
	uint64_t number = 0;

	if (take_digits(&p, &number))
		for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
			if (strcmp(p, units[i].name) != 0 || number == 0 ||
			    number > day / units[i].ns)
				continue;
			*ns = number * units[i].ns;
			return 0;
		}
	snprintf(wanted, GB_WANTED_BYTES, "a time like 250ms, 3s, 2m or 1h, at most a day");
	return -1;
}

int gb_parse_percent(const char *text, double *share, char *wanted)
{
	const char *p = text;
	uint64_t whole = 0, tenths = 0;
	bool ok = take_digits(&p, &whole);

	if (ok && *p == '.') {
		p++;
		ok = *p >= '0' && *p <= '9';
		tenths = ok ? (uint64_t)(*p++ - '0') : 0;
	}
	if (ok && strcmp(p, "%") == 0 && whole <= 100 && whole * 10 + tenths > 0 &&
	    whole * 10 + tenths <= 1000) {
		*share = (double)(whole * 10 + tenths) / 1000.0;
		return 0;
	}
	snprintf(wanted, GB_WANTED_BYTES, "a share like 2%% or 0.5%%, more than 0%%");
	return -1;
}
