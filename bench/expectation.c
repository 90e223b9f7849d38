#include "expectation.h"
#include "run/operations.h"
#include "stats/growth.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 40

struct parser {
	struct gb_expectation *e;
	char *word[MAX_WORDS];
	size_t n, at;
	char *why;
	size_t why_len;
};

static int refuse(struct parser *p, const char *wanted)
{
	if (p->at < p->n)
		snprintf(p->why, p->why_len, "found \"%s\", wanted %s", p->word[p->at], wanted);
	else
		snprintf(p->why, p->why_len, "found the end of the expectation, wanted %s", wanted);
	return -1;
}

static int split(struct parser *p, const char *text)
{
	char *rest;

	if (strlen(text) >= sizeof p->e->words) {
		snprintf(p->why, p->why_len, "found %zu bytes, wanted fewer than %d", strlen(text),
			 GB_EXPECTATION_BYTES);
		return -1;
	}
	strcpy(p->e->words, text);
	for (char *w = strtok_r(p->e->words, " ", &rest); w != NULL;
	     w = strtok_r(NULL, " ", &rest)) {
		if (p->n == MAX_WORDS) {
			snprintf(p->why, p->why_len, "found more than %d words, wanted fewer",
				 MAX_WORDS);
			return -1;
		}
		p->word[p->n++] = w;
	}
	return 0;
}

/* Takes the words of a phrase if they come next. */
static bool takes(struct parser *p, const char *const *phrase, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p->at + i >= p->n || strcmp(p->word[p->at + i], phrase[i]) != 0)
			return false;
	p->at += n;
	return true;
}

#define TAKES(p, ...)                                                                              \
	takes(p, (const char *const[]){__VA_ARGS__},                                               \
	      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int parse_number(struct parser *p, double *out, const char *wanted)
{
	char *end;

	if (p->at == p->n)
		return refuse(p, wanted);
	*out = strtod(p->word[p->at], &end);
	if (*end != '\0' || !(*out > 0) || !isfinite(*out))
		return refuse(p, wanted);
	p->at++;
	return 0;
}

static bool is_role(const char *text)
{
	static const char *const roles[] = {"actor", "near", "far", "joiner", "withheld", "bytes"};

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strcmp(text, roles[i]) == 0)
			return true;
	return false;
}

/* What the rows of those who read a message have as their operation. */
static const char *operation_at(const char *operation, const char *role)
{
	enum gb_operation number;
	const char *receipt;

	if (strcmp(role, "actor") == 0 || strcmp(role, "bytes") == 0)
		return operation;
	number = gb_operation_find(operation, strlen(operation));
	receipt = number != GB_OPERATIONS ? gb_operation_receipt(number) : NULL;
	return receipt != NULL ? receipt : operation;
}

/* BACKEND.OPERATION[:K][/ROLE], cut at its marks. */
static int parse_name(struct parser *p, struct gb_curve_pattern *c)
{
	static const char wanted[] = "a curve like mls.rekey or megolm.add:1/joiner";
	char *name = p->at < p->n ? p->word[p->at] : NULL, *dot, *colon, *slash;
	enum gb_operation operation;

	if (name == NULL || (dot = strchr(name, '.')) == NULL || dot == name)
		return refuse(p, wanted);
	slash = strchr(dot, '/');
	if (slash != NULL && !is_role(slash + 1))
		return refuse(
			p, "behind the / a role, actor, near, far, joiner or withheld, or bytes");
	colon = strchr(dot, ':');
	operation = gb_operation_find(dot + 1, strcspn(dot + 1, ":/"));
	if (operation == GB_OPERATIONS)
		return refuse(p, "an operation behind the dot (groupbench list names them)");
	if (gb_operations[operation].takes_k != (colon != NULL))
		return refuse(p, colon != NULL ? "an operation without a number"
					       : "a number of members, as in mls.add:1");
	*dot = '\0';
	if (colon != NULL)
		*colon = '\0';
	if (slash != NULL)
		*slash = '\0';
	*c = (struct gb_curve_pattern){.backend = name,
				       .operation = dot + 1,
				       .k = colon != NULL ? colon + 1 : "",
				       .role = slash != NULL ? slash + 1 : "actor"};
	c->operation = operation_at(c->operation, c->role);
	p->at++;
	return 0;
}

static int parse_axis(struct parser *p, struct gb_curve_pattern *c, char *equals)
{
	char *word = p->word[p->at];
	size_t len = (size_t)(equals - word);

	for (unsigned i = 0; i < GB_AXES; i++) {
		if (strlen(gb_axes[i].name) != len || strncmp(gb_axes[i].name, word, len) != 0)
			continue;
		if (c->value[i] != NULL)
			return refuse(p, "each axis once");
		c->value[i] = equals + 1;
		p->at++;
		return 0;
	}
	return refuse(p, "AXIS=VALUE (groupbench list names the axes)");
}

static int parse_curve(struct parser *p, struct gb_curve_pattern *c)
{
	if (parse_name(p, c) != 0)
		return -1;
	while (p->at < p->n && strchr(p->word[p->at], '=') != NULL)
		if (parse_axis(p, c, strchr(p->word[p->at], '=')) != 0)
			return -1;
	return 0;
}

static int parse_growth(struct parser *p)
{
	unsigned *growth = &p->e->growth;

	if (TAKES(p, "constant"))
		*growth = GB_GROWTH_CONSTANT;
	else if (TAKES(p, "log", "N"))
		*growth = GB_GROWTH_LOG;
	else if (TAKES(p, "N", "log", "N"))
		*growth = GB_GROWTH_LINEAR_LOG;
	else if (TAKES(p, "N"))
		*growth = GB_GROWTH_LINEAR;
	else if (TAKES(p, "N^2"))
		*growth = GB_GROWTH_QUADRATIC;
	else
		return refuse(p, "constant, log N, N, N log N or N^2");
	return 0;
}

/* A second curve, or what the first is made of. */
static int parse_other(struct parser *p)
{
	struct gb_expectation *e = p->e;

	if (!TAKES(p, "its", "parts"))
		return parse_curve(p, &e->second);
	e->its_parts = true;
	p->at -= 2;
	if (strcmp(e->first.operation, "create") != 0 || strcmp(e->first.role, "actor") != 0)
		return refuse(p, "a curve: only create has parts, at the actor");
	if (e->first.value[GB_AXIS_size] != NULL)
		return refuse(p, "a curve, or no size at the first: at N names it");
	p->at += 2;
	return 0;
}

static int parse_relation(struct parser *p)
{
	struct gb_expectation *e = p->e;

	e->times = 1;
	if (TAKES(p, "grows", "at", "most", "as") || TAKES(p, "grows", "at", "least", "as")) {
		bool is_most = strcmp(p->word[p->at - 2], "most") == 0;
		e->relation = is_most ? GB_EXPECT_GROWS_AT_MOST : GB_EXPECT_GROWS_AT_LEAST;
		return parse_growth(p);
	}
	if (!TAKES(p, "cheaper", "than")) {
		if (!TAKES(p, "at", "most") && !TAKES(p, "at", "least"))
			return refuse(p,
				      "cheaper than, at most, at least, grows at most as or grows "
				      "at least as");
		if (strcmp(p->word[p->at - 1], "least") == 0)
			e->relation = GB_EXPECT_AT_LEAST;
		if (parse_number(p, &e->times, "a factor above 0") != 0)
			return -1;
		if (!TAKES(p, "times"))
			return refuse(p, "times");
	}
	return parse_other(p);
}

static int parse_sizes(struct parser *p)
{
	struct gb_expectation *e = p->e;
	bool is_from = TAKES(p, "from");

	if (!is_from && !TAKES(p, "at"))
		return 0;
	if (parse_number(p, &e->least_size, "a number of members") != 0)
		return -1;
	e->largest_size = is_from ? 0 : e->least_size;
	return 0;
}

static bool is_bytes(const struct gb_curve_pattern *c)
{
	return strcmp(c->role, "bytes") == 0;
}

/* Whether both curves are of bytes, or none; those over k are of time. */
static int check_bytes(struct parser *p)
{
	struct gb_expectation *e = p->e;

	e->of_bytes = is_bytes(&e->first);
	if (e->second.backend == NULL || e->of_bytes == is_bytes(&e->second))
		return 0;
	p->at = p->n;
	return refuse(p, "bytes at both curves or at none");
}

/* Whether both curves go over k, or both over the size. */
static int check_k(struct parser *p)
{
	struct gb_expectation *e = p->e;
	bool other = e->second.backend != NULL && strcmp(e->second.k, "k") == 0;

	e->over_k = strcmp(e->first.k, "k") == 0;
	if (e->over_k == other && !(e->over_k && e->of_bytes))
		return 0;
	p->at = p->n;
	return refuse(p, "k at both of two curves of time");
}

static int check_points(struct parser *p)
{
	const struct gb_expectation *e = p->e;

	if (e->over_k)
		return 0;
	if (e->second.backend == NULL ||
	    (e->first.value[GB_AXIS_size] == NULL) == (e->second.value[GB_AXIS_size] == NULL))
		return 0;
	p->at = p->n;
	return refuse(p, "a size at both curves or at none");
}

int gb_expectation_parse(struct gb_expectation *e, const char *text, size_t *at, char *why,
			 size_t why_len)
{
	struct parser p = {.e = e, .why = why, .why_len = why_len};

	bool is_good;

	*e = (struct gb_expectation){.relation = GB_EXPECT_AT_MOST};
	is_good = split(&p, text) == 0 && parse_curve(&p, &e->first) == 0 &&
		  parse_relation(&p) == 0 && parse_sizes(&p) == 0 && check_bytes(&p) == 0 &&
		  check_k(&p) == 0 && check_points(&p) == 0;
	if (is_good && p.at < p.n) {
		refuse(&p, "from N, at N or the end");
		is_good = false;
	}
	*at = p.at < p.n ? (size_t)(p.word[p.at] - e->words) : strlen(text);
	return is_good ? 0 : -1;
}
