#ifndef STORIES_H
#define STORIES_H
#include <stdbool.h>

#include "mls_probe.h"

/* How a group of an axis value of `tree` and `path` came about, in the words of mls_probe.h.
 * Whatever fails here fails the running test. */
struct story {
	enum mls_probe_shape shape;
	uint32_t start; /* members of the shape */
	struct mls_probe_step *steps;
	size_t n_steps;
};

void story_begin(struct story *story, const char *tree, bool path, uint32_t size);
void story_end(struct story *story);
#endif
