#ifndef GB_RUN_YAML_FILE_H
#define GB_RUN_YAML_FILE_H
#include "exit_status.h"
#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#define GB_YAML_MAX_BYTES ((size_t)1 << 20)
#define GB_YAML_MAX_DEPTH 8

/*
 * A YAML file that may come from anybody: one document, no aliases (which can make a small
 * file a huge tree), bounded in size and depth. Every complaint has the form
 *
 *   FILE:LINE:COLUMN: found X, wanted Y
 */
struct gb_yaml_file {
	const char *path;
	char *text;
	size_t len;
	bool is_loaded;
	yaml_document_t document;
	enum gb_exit status;
	char why[512];
};

/* GB_EXIT_DONE; GB_EXIT_IO when the file cannot be read, GB_EXIT_INPUT when it is not such
 * a document, with why[] set. Always followed by gb_yaml_close. `path` is kept. */
enum gb_exit gb_yaml_open(struct gb_yaml_file *f, const char *path);
void gb_yaml_close(struct gb_yaml_file *f);

yaml_node_t *gb_yaml_root(struct gb_yaml_file *f);
yaml_node_t *gb_yaml_node(struct gb_yaml_file *f, int id);

/* The text of a scalar, NULL when the node is none or holds a zero byte. */
const char *gb_yaml_text(const yaml_node_t *node);

/* Sets status and why, from what stands at the node; always -1. */
int gb_yaml_refuse(struct gb_yaml_file *f, const yaml_node_t *node, const char *wanted, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets status and why: a complaint in its own words about what stands `offset` bytes behind the
 * beginning of the node; always -1. */
int gb_yaml_complain(struct gb_yaml_file *f, const yaml_node_t *node, size_t offset,
		     const char *complaint);

/* Appends the word of words[] that resembles `text`, as a question, to out. */
void gb_suggest(char *out, size_t out_len, const char *text, const char *const *words, size_t n);
#endif
