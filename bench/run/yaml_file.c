#include "run/yaml_file.h"
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum gb_exit complain(struct gb_yaml_file *f, enum gb_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum gb_exit complain(struct gb_yaml_file *f, enum gb_exit status, const char *format, ...)
{
	va_list arguments;

	f->status = status;
	va_start(arguments, format);
	vsnprintf(f->why, sizeof f->why, format, arguments);
	va_end(arguments);
	return status;
}

static enum gb_exit complain_at(struct gb_yaml_file *f, yaml_mark_t mark, const char *found,
				const char *wanted)
{
	return complain(f, GB_EXIT_INPUT, "%s:%zu:%zu: found %s, wanted %s", f->path, mark.line + 1,
			mark.column + 1, found, wanted);
}

static enum gb_exit read_text(struct gb_yaml_file *f)
{
	FILE *in = fopen(f->path, "rb");
	int broken;

	if (in == NULL)
		return complain(f, GB_EXIT_IO, "%s: %s", f->path, strerror(errno));
	f->text = malloc(GB_YAML_MAX_BYTES + 1);
	if (f->text == NULL) {
		fclose(in);
		return complain(f, GB_EXIT_INTERNAL, "%s: out of memory", f->path);
	}
	errno = 0;
	f->len = fread(f->text, 1, GB_YAML_MAX_BYTES + 1, in);
	broken = ferror(in) ? errno : 0;
	fclose(in);
	if (broken != 0)
		return complain(f, GB_EXIT_IO, "%s: %s", f->path, strerror(broken));
	if (f->len > GB_YAML_MAX_BYTES)
		return complain(f, GB_EXIT_INPUT,
				"%s:1:1: found a longer file, wanted at most %zu "
				"bytes",
				f->path, GB_YAML_MAX_BYTES);
	f->text[f->len] = '\0';
	return GB_EXIT_DONE;
}

/* Line and column of a byte. */
static yaml_mark_t mark_of(const struct gb_yaml_file *f, size_t offset)
{
	yaml_mark_t mark = {.index = offset};

	for (size_t i = 0; i < offset && i < f->len; i++) {
		mark.column = f->text[i] == '\n' ? 0 : mark.column + 1;
		mark.line += f->text[i] == '\n';
	}
	return mark;
}

/* The parser's own complaint, as found and wanted. */
static enum gb_exit complain_syntax(struct gb_yaml_file *f, const yaml_parser_t *parser)
{
	const char *problem = parser->problem != NULL ? parser->problem : "no YAML";
	yaml_mark_t mark = parser->problem_mark;
	char found[160];

	if (parser->error == YAML_READER_ERROR)
		mark = mark_of(f, parser->problem_offset);
	snprintf(found, sizeof found, "no YAML (%s)", problem);
	return complain_at(f, mark, found, "a YAML document");
}

struct survey {
	unsigned depth, documents;
};

/* Looks at one event before anything is built from it. */
static enum gb_exit survey_event(struct gb_yaml_file *f, const yaml_event_t *event,
				 struct survey *s)
{
	char found[80];

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		snprintf(found, sizeof found, "the alias *%.40s",
			 (const char *)event->data.alias.anchor);
		return complain_at(f, event->start_mark, found, "the value written out");
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1)
			return complain_at(f, event->start_mark, "a second document", "only one");
		return GB_EXIT_DONE;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++s->depth > GB_YAML_MAX_DEPTH)
			return complain_at(f, event->start_mark, "deep nesting",
					   "at most 8 levels");
		return GB_EXIT_DONE;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		return GB_EXIT_DONE;
	default:
		return GB_EXIT_DONE;
	}
}

static enum gb_exit survey(struct gb_yaml_file *f)
{
	struct survey s = {0};
	yaml_parser_t parser;
	bool at_end = false;

	if (!yaml_parser_initialize(&parser))
		return complain(f, GB_EXIT_INTERNAL, "%s: out of memory", f->path);
	yaml_parser_set_input_string(&parser, (const unsigned char *)f->text, f->len);
	while (!at_end && f->status == GB_EXIT_DONE) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			complain_syntax(f, &parser);
			break;
		}
		survey_event(f, &event, &s);
		at_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (f->status == GB_EXIT_DONE && s.documents == 0)
		return complain_at(f, (yaml_mark_t){0}, "an empty file", "a scenario");
	return f->status;
}

static enum gb_exit load(struct gb_yaml_file *f)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return complain(f, GB_EXIT_INTERNAL, "%s: out of memory", f->path);
	yaml_parser_set_input_string(&parser, (const unsigned char *)f->text, f->len);
	if (yaml_parser_load(&parser, &f->document))
		f->is_loaded = true;
	else
		complain_syntax(f, &parser);
	yaml_parser_delete(&parser);
	return f->status;
}

enum gb_exit gb_yaml_open(struct gb_yaml_file *f, const char *path)
{
	*f = (struct gb_yaml_file){.path = path};
	if (read_text(f) != GB_EXIT_DONE || survey(f) != GB_EXIT_DONE)
		return f->status;
	return load(f);
}

void gb_yaml_close(struct gb_yaml_file *f)
{
	if (f->is_loaded)
		yaml_document_delete(&f->document);
	f->is_loaded = false;
	free(f->text);
	f->text = NULL;
}

yaml_node_t *gb_yaml_root(struct gb_yaml_file *f)
{
	return yaml_document_get_root_node(&f->document);
}

yaml_node_t *gb_yaml_node(struct gb_yaml_file *f, int id)
{
	return yaml_document_get_node(&f->document, id);
}

const char *gb_yaml_text(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* What stands at a node, on one line. */
static void describe(const yaml_node_t *node, char *out, size_t out_len)
{
	const char *text = gb_yaml_text(node);
	size_t n = 0;

	if (text == NULL || text[0] == '\0') {
		const char *what = node->type == YAML_SEQUENCE_NODE  ? "a list"
				   : node->type == YAML_MAPPING_NODE ? "a mapping"
				   : text != NULL                    ? "nothing"
								     : "a zero byte";
		snprintf(out, out_len, "%s", what);
		return;
	}
	out[n++] = '"';
	for (; *text != '\0' && n < 45 && n + 5 < out_len; text++)
		out[n++] = *text >= 0 && *text < ' ' ? '?' : *text;
	snprintf(out + n, out_len - n, "%s\"", *text != '\0' ? "..." : "");
}

int gb_yaml_refuse(struct gb_yaml_file *f, const yaml_node_t *node, const char *wanted, ...)
{
	char found[64], what[320];
	va_list arguments;

	va_start(arguments, wanted);
	vsnprintf(what, sizeof what, wanted, arguments);
	va_end(arguments);
	describe(node, found, sizeof found);
	complain_at(f, node->start_mark, found, what);
	return -1;
}

int gb_yaml_complain(struct gb_yaml_file *f, const yaml_node_t *node, size_t offset,
		     const char *complaint)
{
	snprintf(f->why, sizeof f->why, "%.280s:%zu:%zu: %.200s", f->path,
		 node->start_mark.line + 1, node->start_mark.column + 1 + offset, complaint);
	f->status = GB_EXIT_INPUT;
	return -1;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance of two short words. */
static size_t distance(const char *a, const char *b)
{
	size_t row[33], len_a = strlen(a), len_b = strlen(b);

	if (len_a > 32 || len_b > 32)
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[len_b];
}

void gb_suggest(char *out, size_t out_len, const char *text, const char *const *words, size_t n)
{
	size_t best = SIZE_MAX, used = strlen(out);
	const char *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(text, words[i]);
		if (d < best) {
			best = d;
			nearest = words[i];
		}
	}
	if (nearest != NULL && best <= 2 && best < strlen(nearest))
		snprintf(out + used, out_len - used, "; did you mean \"%s\"?", nearest);
}
