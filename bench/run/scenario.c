#include "run/scenario.h"
#include "backends/backends.h"
#include "run/senders.h"
#include <stdlib.h>
#include <string.h>

struct reader {
	struct gb_yaml_file file;
	struct gb_scenario *scenario;
};

/* A key of a mapping: what reads its value, and what it means. */
struct key {
	const char *name;
	int (*read)(struct reader *r, const yaml_node_t *value, const struct key *key);
	size_t to; /* where in struct gb_scenario the value goes, for the simple ones */
	uint64_t least, most;
	const char *sentence;
};

#define MAX_KEYS 32

static const char *text_of(struct reader *r, const yaml_node_t *node, const char *wanted)
{
	const char *text = gb_yaml_text(node);

	if (text == NULL)
		gb_yaml_refuse(&r->file, node, "%s", wanted);
	return text;
}

static int refuse_word(struct reader *r, const yaml_node_t *node, const char *what,
		       const char *const *words, size_t n)
{
	char suggestion[64] = "";
	const char *text = gb_yaml_text(node);

	if (text != NULL)
		gb_suggest(suggestion, sizeof suggestion, text, words, n);
	return gb_yaml_refuse(&r->file, node, "%s%s", what, suggestion);
}

static const struct key *find_key(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* The row of a pair of a mapping; refuses unknown and repeated keys. */
static const struct key *key_of(struct reader *r, const yaml_node_t *node, const struct key *keys,
				size_t n, bool *seen)
{
	const char *name = text_of(r, node, "a key");
	const struct key *key = name != NULL ? find_key(keys, n, name) : NULL;
	const char *names[MAX_KEYS];

	if (name == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		names[i] = keys[i].name;
	if (key == NULL) {
		refuse_word(r, node, "a known key", names, n);
		return NULL;
	}
	if (seen[key - keys]) {
		gb_yaml_refuse(&r->file, node, "each key once");
		return NULL;
	}
	seen[key - keys] = true;
	return key;
}

static int read_mapping(struct reader *r, const yaml_node_t *node, const struct key *keys, size_t n,
			bool *seen)
{
	if (node->type != YAML_MAPPING_NODE)
		return gb_yaml_refuse(&r->file, node, "a mapping of keys to values");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const struct key *key = key_of(r, gb_yaml_node(&r->file, pair->key), keys, n, seen);
		if (key == NULL)
			return -1;
		if (key->read(r, gb_yaml_node(&r->file, pair->value), key) != 0)
			return -1;
	}
	return 0;
}

/* Calls `item` for each element of a list, or for the node itself when it is none. */
static int for_each(struct reader *r, const yaml_node_t *node,
		    int (*item)(struct reader *, const yaml_node_t *, const struct key *),
		    const struct key *key)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return item(r, node, key);
	if (node->data.sequence.items.start == node->data.sequence.items.top)
		return gb_yaml_refuse(&r->file, node, "at least one element");
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++)
		if (item(r, gb_yaml_node(&r->file, *i), key) != 0)
			return -1;
	return 0;
}

static void *place(struct reader *r, const struct key *key)
{
	return (char *)r->scenario + key->to;
}

static int read_u32(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = text_of(r, node, "a number");
	char wanted[GB_WANTED_BYTES];
	uint64_t number;

	if (text == NULL)
		return -1;
	if (gb_parse_number(text, key->least, key->most, &number, wanted) != 0)
		return gb_yaml_refuse(&r->file, node, "%s", wanted);
	*(uint32_t *)place(r, key) = (uint32_t)number;
	return 0;
}

static int read_u64(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = text_of(r, node, "a number");
	char wanted[GB_WANTED_BYTES];

	if (text == NULL)
		return -1;
	if (gb_parse_number(text, key->least, key->most, place(r, key), wanted) != 0)
		return gb_yaml_refuse(&r->file, node, "%s", wanted);
	return 0;
}

static int read_duration(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = text_of(r, node, "a time like 3s");
	char wanted[GB_WANTED_BYTES];

	if (text == NULL)
		return -1;
	if (gb_parse_duration(text, place(r, key), wanted) != 0)
		return gb_yaml_refuse(&r->file, node, "%s", wanted);
	return 0;
}

static int read_percent(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = text_of(r, node, "a share like 2%");
	char wanted[GB_WANTED_BYTES];

	if (text == NULL)
		return -1;
	if (gb_parse_percent(text, place(r, key), wanted) != 0)
		return gb_yaml_refuse(&r->file, node, "%s", wanted);
	return 0;
}

static int read_name(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = gb_yaml_text(node);

	(void)key;
	if (text == NULL || text[0] == '\0' || strlen(text) >= sizeof r->scenario->name ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		return gb_yaml_refuse(&r->file, node,
				      "a name of at most 63 letters a-z, digits and dashes");
	snprintf(r->scenario->name, sizeof r->scenario->name, "%s", text);
	return 0;
}

static int read_backend(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	struct gb_scenario *s = r->scenario;
	const char *text = text_of(r, node, "the name of a backend");
	const char *names[GB_MAX_BACKENDS];
	char known[128] = "a backend:";
	size_t n = 0;
	const struct gb_backend *b;

	(void)key;
	if (text == NULL)
		return -1;
	b = gb_backend_find(text, strlen(text));
	for (; gb_backend_at(n) != NULL && n < GB_MAX_BACKENDS; n++) {
		size_t used = strlen(known);
		names[n] = gb_backend_at(n)->name;
		snprintf(known + used, sizeof known - used, "%s %s", n > 0 ? "," : "", names[n]);
	}
	if (b == NULL)
		return refuse_word(r, node, known, names, n);
	for (size_t i = 0; i < s->n_backends; i++)
		if (s->backends[i] == b)
			return gb_yaml_refuse(&r->file, node, "each backend once");
	s->backends[s->n_backends++] = b;
	return 0;
}

static int read_backends(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	return for_each(r, node, read_backend, key);
}

/* Appends a value to an axis; -1 when memory ran out. */
static int append_value(struct gb_axis_values *values, const char *text)
{
	void *grown = realloc(values->v, (values->n + 1) * sizeof *values->v);

	if (grown == NULL)
		return -1;
	values->v = grown;
	snprintf(values->v[values->n++], sizeof *values->v, "%s", text);
	return 0;
}

static int out_of_memory(struct reader *r)
{
	snprintf(r->file.why, sizeof r->file.why, "%s: out of memory", r->file.path);
	r->file.status = GB_EXIT_INTERNAL;
	return -1;
}

/* The words of a CHOICE, which axes.def has between blanks, or yes and no. */
static size_t split_words(const struct gb_axis_spec *spec, char *copy, size_t copy_len,
			  const char **words)
{
	size_t n = 0;
	char *rest;

	snprintf(copy, copy_len, "%s", spec->type == GB_AXIS_YESNO ? "yes no" : spec->range);
	for (char *word = strtok_r(copy, " ", &rest); word != NULL && n < MAX_KEYS;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	return n;
}

static int refuse_choice(struct reader *r, const yaml_node_t *node, const struct gb_axis_spec *spec,
			 const char *const *words, size_t n)
{
	char wanted[160];

	snprintf(wanted, sizeof wanted, "one of: %s",
		 spec->type == GB_AXIS_YESNO ? "yes no" : spec->range);
	return refuse_word(r, node, wanted, words, n);
}

/* A word of the list; `word:K` where the list has `word:least..most`, with K as usually
 * written. 1 where the text is none, -1 where K is wrong, which *wanted then says. */
static int match_word(const char *text, const char *word, char value[GB_AXIS_VALUE_BYTES],
		      char *wanted)
{
	const char *colon = strchr(word, ':'), *most;
	size_t len = colon != NULL ? (size_t)(colon + 1 - word) : 0;
	char number[GB_WANTED_BYTES];
	uint64_t k;

	if (colon == NULL) {
		snprintf(value, GB_AXIS_VALUE_BYTES, "%s", word);
		return strcmp(text, word) != 0;
	}
	if (strncmp(text, word, len - 1) != 0 || (text[len - 1] != ':' && text[len - 1] != '\0'))
		return 1;
	most = strstr(word, "..") + strlen("..");
	if (gb_parse_number(text[len - 1] == ':' ? text + len : "", strtoul(word + len, NULL, 10),
			    strtoul(most, NULL, 10), &k, number) != 0) {
		snprintf(wanted, GB_WANTED_BYTES, "%.*sK, K %.80s", (int)len, word, number);
		return -1;
	}
	snprintf(value, GB_AXIS_VALUE_BYTES, "%.*s%u", (int)len, word, (unsigned)k);
	return 0;
}

static int read_choice(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const struct gb_axis_spec *spec = &gb_axes[key->to];
	struct gb_axis_values *values = &r->scenario->axes[key->to];
	const char *text = gb_yaml_text(node), *words[MAX_KEYS];
	char copy[128], value[GB_AXIS_VALUE_BYTES], wanted[GB_WANTED_BYTES];
	size_t n = split_words(spec, copy, sizeof copy, words);
	int differs = 1;

	for (size_t i = 0; text != NULL && i < n && differs > 0; i++)
		differs = match_word(text, words[i], value, wanted);
	if (differs > 0)
		return refuse_choice(r, node, spec, words, n);
	if (differs < 0)
		return gb_yaml_refuse(&r->file, node, "%s", wanted);
	for (size_t i = 0; i < values->n; i++)
		if (strcmp(values->v[i], value) == 0)
			return gb_yaml_refuse(&r->file, node, "each value once");
	return append_value(values, value) == 0 ? 0 : out_of_memory(r);
}

/* The bounds of a NUMBER axis, "least..most" in axes.def. */
static void bounds_of(const struct gb_axis_spec *spec, uint32_t *least, uint32_t *most)
{
	char *end;

	*least = (uint32_t)strtoul(spec->range, &end, 10);
	*most = (uint32_t)strtoul(end + strlen(".."), NULL, 10);
}

/* Whether a backend can hold so many members is asked later; then the place is needed. */
static void note_size(struct reader *r, const yaml_node_t *node, uint32_t size)
{
	struct gb_scenario *s = r->scenario;

	if (size <= s->largest_size)
		return;
	s->largest_size = size;
	snprintf(s->size_at, sizeof s->size_at, "%.280s:%zu:%zu", r->file.path,
		 node->start_mark.line + 1, node->start_mark.column + 1);
}

/* Whether a value is meant as a part of the size rather than a number: "10%", "zipf", "all". */
static bool is_portion(const char *text)
{
	size_t len = strlen(text);

	return (len > 0 && text[len - 1] == '%') || (text[0] >= 'a' && text[0] <= 'z');
}

static int read_portion(struct reader *r, const yaml_node_t *node, struct gb_axis_values *axis,
			const char *text)
{
	for (size_t i = 0; i < axis->n; i++)
		if (strcmp(axis->v[i], text) == 0)
			return gb_yaml_refuse(&r->file, node, "each value once");
	if (!gb_is_portion_of_senders(text))
		return gb_yaml_refuse(
			&r->file, node,
			"a number, a range, a share of the members like 10%%, zipf or all");
	return append_value(axis, text) == 0 ? 0 : out_of_memory(r);
}

static int read_number_item(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	struct gb_axis_values *axis = &r->scenario->axes[key->to];
	const char *text = text_of(r, node, "a number or a range");
	char wanted[GB_WANTED_BYTES], number[GB_AXIS_VALUE_BYTES];
	struct gb_values values = {0};
	size_t n_portions = 0;
	uint32_t least, most;
	int failed;

	if (text == NULL)
		return -1;
	bounds_of(&gb_axes[key->to], &least, &most);
	if (gb_axes[key->to].type == GB_AXIS_PORTION && is_portion(text))
		return read_portion(r, node, axis, text);
	/* Those that are there already count as well: none twice, not too many. */
	for (size_t i = 0; i < axis->n; i++)
		if (is_portion(axis->v[i]))
			n_portions++;
		else if (gb_parse_range(axis->v[i], 0, UINT32_MAX, &values, wanted) != 0)
			break;
	failed = values.n + n_portions != axis->n;
	if (!failed)
		failed = gb_parse_range(text, least, most, &values, wanted);
	if (failed)
		gb_yaml_refuse(&r->file, node, "%s", wanted);
	for (size_t i = axis->n - n_portions; !failed && i < values.n; i++) {
		snprintf(number, sizeof number, "%u", values.v[i]);
		if (append_value(axis, number) != 0)
			failed = out_of_memory(r);
		if (key->to == GB_AXIS_size)
			note_size(r, node, values.v[i]);
	}
	gb_values_free(&values);
	return failed ? -1 : 0;
}

static int read_axis(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	bool is_number =
		gb_axes[key->to].type == GB_AXIS_NUMBER || gb_axes[key->to].type == GB_AXIS_PORTION;

	return for_each(r, node, is_number ? read_number_item : read_choice, key);
}

static int add_measure(struct reader *r, const yaml_node_t *node, enum gb_operation operation,
		       uint32_t k)
{
	struct gb_scenario *s = r->scenario;

	for (size_t i = 0; i < s->n_measures; i++)
		if (s->measures[i].operation == operation && s->measures[i].k == k)
			return gb_yaml_refuse(&r->file, node, "each operation once");
	if (s->n_measures == GB_MAX_MEASURES)
		return gb_yaml_refuse(&r->file, node, "at most %d operations", GB_MAX_MEASURES);
	s->measures[s->n_measures++] = (struct gb_task){.operation = operation, .k = k};
	return 0;
}

/* The operation a node names; refuses unknown ones. */
static int operation_of(struct reader *r, const yaml_node_t *node, enum gb_operation *operation)
{
	const char *text = text_of(r, node, "the name of an operation"), *names[GB_OPERATIONS];

	if (text == NULL)
		return -1;
	*operation = gb_operation_find(text, strlen(text));
	for (unsigned i = 0; i < GB_OPERATIONS; i++)
		names[i] = gb_operations[i].name;
	if (*operation == GB_OPERATIONS)
		return refuse_word(r, node, "an operation (groupbench list names them)", names,
				   GB_OPERATIONS);
	return 0;
}

static int read_k(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	const char *text = text_of(r, node, "a number of members");
	char wanted[GB_WANTED_BYTES];
	struct gb_values values = {0};
	int failed;

	if (text == NULL)
		return -1;
	failed = gb_parse_range(text, 1, gb_operation_most((enum gb_operation)key->to), &values,
				wanted);
	if (failed)
		gb_yaml_refuse(&r->file, node, "%s", wanted);
	for (size_t i = 0; !failed && i < values.n; i++)
		failed = add_measure(r, node, (enum gb_operation)key->to, values.v[i]);
	gb_values_free(&values);
	return failed ? -1 : 0;
}

/* `rekey`, or `{ add: 10 }` where a number of members belongs to it. */
static int read_measure_item(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	enum gb_operation operation;
	const yaml_node_t *name = node;
	struct key counted;

	if (node->type == YAML_MAPPING_NODE) {
		const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		if (node->data.mapping.pairs.top - pair != 1)
			return gb_yaml_refuse(&r->file, node, "one operation");
		name = gb_yaml_node(&r->file, pair->key);
		if (operation_of(r, name, &operation) != 0)
			return -1;
		if (!gb_operations[operation].takes_k)
			return gb_yaml_refuse(
				&r->file, name,
				"it without a number, or an operation that takes one");
		counted = *key;
		counted.to = operation;
		return for_each(r, gb_yaml_node(&r->file, pair->value), read_k, &counted);
	}
	if (operation_of(r, name, &operation) != 0)
		return -1;
	if (gb_operations[operation].takes_k)
		return gb_yaml_refuse(&r->file, node, "{ %s: K }, K members",
				      gb_operations[operation].name);
	return add_measure(r, node, operation, 0);
}

static int read_measure(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	return for_each(r, node, read_measure_item, key);
}

static bool is_backend(const char *name)
{
	return gb_backend_find(name, strlen(name)) != NULL;
}

static int read_expectation(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	struct gb_scenario *s = r->scenario;
	const char *text = text_of(r, node, "an expectation");
	struct gb_expectation e;
	char why[200];
	size_t at;
	void *grown;

	(void)key;
	if (text == NULL)
		return -1;
	if (gb_expectation_parse(&e, text, &at, why, sizeof why) != 0)
		return gb_yaml_complain(&r->file, node, at, why);
	if (!is_backend(e.first.backend) ||
	    (e.second.backend != NULL && !is_backend(e.second.backend))) {
		snprintf(why, sizeof why,
			 "found \"%s\", wanted the name of a backend before the dot",
			 is_backend(e.first.backend) ? e.second.backend : e.first.backend);
		return gb_yaml_complain(&r->file, node, 0, why);
	}
	grown = realloc(s->expect, (s->n_expect + 1) * sizeof *s->expect);
	if (grown == NULL)
		return out_of_memory(r);
	s->expect = grown;
	snprintf(s->expect[s->n_expect++], sizeof *s->expect, "%s", text);
	return 0;
}

static int read_expect(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	return for_each(r, node, read_expectation, key);
}

#define SAMPLING(field)                                                                            \
	(offsetof(struct gb_scenario, sampling) + offsetof(struct gb_sampling, field))

static const struct key sampling_keys[] = {
	{"processes", read_u32, SAMPLING(processes), 1, 1000,
	 "repetitions of each cell, each in a new process"},
	{"single_above", read_u32, SAMPLING(single_above), 2, 1000000,
	 "groups larger than this are measured by one process"},
	{"most_pairs", read_u32, SAMPLING(most_pairs), 1, UINT32_MAX,
	 "cells with more pairs of sender and member than this are left out"},
	{"min", read_u32, SAMPLING(min), 1, 100000, "samples of a cell in a process, at least"},
	{"max", read_u32, SAMPLING(max), 1, 100000, "and at most"},
	{"until_ci", read_percent, SAMPLING(until_ci), 0, 0,
	 "stop when the median's 95 % interval is this narrow, half of it"},
	{"budget", read_duration, SAMPLING(budget_ns), 0, 0,
	 "time for the samples of a cell in a process, checks included"},
};

#define N_SAMPLING_KEYS (sizeof sampling_keys / sizeof sampling_keys[0])

static int read_sampling(struct reader *r, const yaml_node_t *node, const struct key *key)
{
	bool seen[N_SAMPLING_KEYS] = {false};
	struct gb_sampling *s = &r->scenario->sampling;

	(void)key;
	if (read_mapping(r, node, sampling_keys, N_SAMPLING_KEYS, seen) != 0)
		return -1;
	if (s->min > s->max)
		return gb_yaml_refuse(&r->file, node, "a min that is not above max (%u)", s->max);
	return 0;
}

static const struct key scenario_keys[] = {
	{"name", read_name, 0, 0, 0, "what runs are called"},
	{"backends", read_backends, 0, 0, 0, "what is measured"},
	{"measure", read_measure, 0, 0, 0, "the operations"},
	{"samples", read_sampling, 0, 0, 0, "how often"},
	{"expect", read_expect, 0, 0, 0, "claims that `groupbench expect` judges"},
	{"seed", read_u64, offsetof(struct gb_scenario, seed), 1, INT64_MAX,
	 "all randomness derives from it"},
#define X(axis, type, range, default_value, unit, owner, operations, sentence)                     \
	{#axis, read_axis, GB_AXIS_##axis, 0, 0, sentence},
#include "axes.def"
#undef X
};

#define N_SCENARIO_KEYS (sizeof scenario_keys / sizeof scenario_keys[0])
_Static_assert(N_SCENARIO_KEYS <= MAX_KEYS, "key_of() has room for all keys");

static int require(struct reader *r, const bool *seen, const char *name)
{
	const struct key *key = find_key(scenario_keys, N_SCENARIO_KEYS, name);

	if (seen[key - scenario_keys])
		return 0;
	snprintf(r->file.why, sizeof r->file.why, "%s:1:1: found no key \"%s\", wanted one",
		 r->file.path, name);
	r->file.status = GB_EXIT_INPUT;
	return -1;
}

static int read_root(struct reader *r)
{
	bool seen[N_SCENARIO_KEYS] = {false};
	struct gb_scenario *s = r->scenario;

	s->sampling = (struct gb_sampling){
		.processes = 5, .min = 1, .max = 200, .budget_ns = UINT64_C(1000000000)};
	s->seed = 1;
	if (read_mapping(r, gb_yaml_root(&r->file), scenario_keys, N_SCENARIO_KEYS, seen) != 0)
		return -1;
	if (require(r, seen, "name") != 0 || require(r, seen, "backends") != 0 ||
	    require(r, seen, "size") != 0 || require(r, seen, "measure") != 0)
		return -1;
	for (unsigned i = 0; i < GB_AXES; i++)
		if (s->axes[i].n == 0 && append_value(&s->axes[i], gb_axes[i].default_value) != 0)
			return out_of_memory(r);
	return 0;
}

enum gb_exit gb_scenario_read(struct gb_scenario *s, const char *path, char *why, size_t why_len)
{
	struct reader r = {.scenario = s};
	enum gb_exit status;

	*s = (struct gb_scenario){0};
	if (gb_yaml_open(&r.file, path) == GB_EXIT_DONE && read_root(&r) == 0) {
		s->text = r.file.text;
		s->text_len = r.file.len;
		r.file.text = NULL;
	}
	status = r.file.status;
	snprintf(why, why_len, "%s", r.file.why);
	gb_yaml_close(&r.file);
	if (status != GB_EXIT_DONE)
		gb_scenario_free(s);
	return status;
}

void gb_scenario_free(struct gb_scenario *s)
{
	for (unsigned i = 0; i < GB_AXES; i++)
		free(s->axes[i].v);
	free(s->expect);
	free(s->text);
	*s = (struct gb_scenario){0};
}

int gb_scenario_set_axis(struct gb_scenario *s, enum gb_axis_id axis, struct gb_values *values)
{
	struct gb_axis_values *to = &s->axes[axis];
	char number[GB_AXIS_VALUE_BYTES];

	to->n = 0;
	if (axis == GB_AXIS_size)
		s->largest_size = 0;
	for (size_t i = 0; i < values->n; i++) {
		if (axis == GB_AXIS_size && values->v[i] > s->largest_size) {
			s->largest_size = values->v[i];
			snprintf(s->size_at, sizeof s->size_at, "--size");
		}
		snprintf(number, sizeof number, "%u", values->v[i]);
		if (append_value(to, number) != 0)
			return -1;
	}
	gb_values_free(values);
	return 0;
}

void gb_scenario_question(const char *text, char *out, size_t out_len)
{
	size_t n = 0;

	while (*text == '#' && n + 1 < out_len) {
		text += strspn(text, "# ");
		if (n > 0)
			out[n++] = ' ';
		for (; *text != '\0' && *text != '\n' && n + 1 < out_len; text++)
			out[n++] = *text;
		if (*text == '\n')
			text++;
	}
	out[n] = '\0';
}

void gb_scenario_describe_keys(FILE *out)
{
	for (size_t i = 0; i < N_SCENARIO_KEYS; i++)
		fprintf(out, "  %-18s %s\n", scenario_keys[i].name, scenario_keys[i].sentence);
	for (size_t i = 0; i < N_SAMPLING_KEYS; i++)
		fprintf(out, "  samples.%-10s %s\n", sampling_keys[i].name,
			sampling_keys[i].sentence);
}
