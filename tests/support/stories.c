#include "stories.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/tree_history.h"

static enum mls_probe_step_kind kind_of(enum gb_tree_step_kind kind, bool path)
{
	if (kind == GB_TREE_ADD)
		return path ? MLS_PROBE_ADD : MLS_PROBE_ADD_NO_PATH;
	return kind == GB_TREE_UPDATE ? MLS_PROBE_UPDATE : MLS_PROBE_REMOVE;
}

void story_begin(struct story *story, const char *tree, bool path, uint32_t size)
{
	struct gb_tree_history history;
	struct gb_tree_steps steps;
	struct gb_tree_step step;
	bool is_cold;

	assert_true(gb_tree_history_read(&history, tree));
	assert_int_equal(gb_tree_steps_open(&steps, &history, size), 0);
	is_cold = history.shape == GB_TREE_COLD || history.shape == GB_TREE_GROWN;
	*story = (struct story){
		.shape = !is_cold ? MLS_PROBE_FULL
			 : path   ? MLS_PROBE_COLD
				  : MLS_PROBE_COLD_NO_PATH,
		.start = gb_tree_history_start(&history, size),
		.steps = calloc(steps.n + 1, sizeof(*story->steps)),
	};
	assert_non_null(story->steps);
	while (gb_tree_steps_next(&steps, &step))
		story->steps[story->n_steps++] = (struct mls_probe_step){kind_of(step.kind, path),
									 step.committer, step.leaf};
	gb_tree_steps_close(&steps);
}

void story_end(struct story *story)
{
	free(story->steps);
	*story = (struct story){0};
}
