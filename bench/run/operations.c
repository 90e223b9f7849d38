#include "run/operations.h"

#include "groupbench_backend.h"
#include <string.h>

const struct gb_operation_spec gb_operations[GB_OPERATIONS] = {
#define SINGLE  false
#define COUNTED true
#define AT_ONCE false
#define EACH    true
#define X(name, k, before, each, timed, sentence)                                                  \
	[GB_OPERATION_##name] = {#name, k, GB_STEP_##before, each, GB_STEP_##timed, sentence},
#include "run/operations.def"
#undef X
};

enum gb_operation gb_operation_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < GB_OPERATIONS; i++)
		if (strlen(gb_operations[i].name) == len &&
		    memcmp(gb_operations[i].name, name, len) == 0)
			return (enum gb_operation)i;
	return GB_OPERATIONS;
}

/* Whether a word of axes.def, of `len` bytes, means the name. */
static bool is_meant(const char *word, size_t len, const char *name)
{
	if (len > 0 && word[len - 1] == '*')
		return strncmp(word, name, len - 1) == 0;
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

bool gb_operation_depends(enum gb_operation operation, enum gb_axis_id axis)
{
	const char *word = gb_axes[axis].operations;
	bool is_exception = strncmp(word, "not ", 4) == 0;

	if (strcmp(word, "all") == 0)
		return true;
	/* Behind "not" or "only". */
	for (word += strcspn(word, " "); *word != '\0'; word += strcspn(word, " ")) {
		word++;
		if (is_meant(word, strcspn(word, " "), gb_operations[operation].name))
			return !is_exception;
	}
	return is_exception;
}

static bool involves(const struct gb_task *task, enum gb_step step)
{
	const struct gb_operation_spec *spec = &gb_operations[task->operation];

	return spec->before == step || spec->timed == step;
}

uint32_t gb_operation_most(enum gb_operation operation)
{
	return gb_operations[operation].timed == GB_STEP_CATCH_UP ? 1u << 24 : 100000;
}

bool gb_task_restores(const struct gb_task *task)
{
	enum gb_step timed = gb_operations[task->operation].timed;

	return timed == GB_STEP_RESTORE_ONE || timed == GB_STEP_RESTORE_ROOM ||
	       timed == GB_STEP_RESTORE_ALL;
}

bool gb_task_sends_first(const struct gb_task *task)
{
	const struct gb_operation_spec *spec = &gb_operations[task->operation];

	return spec->timed == GB_STEP_SEND && spec->before == GB_STEP_REKEY;
}

bool gb_task_rotates(const struct gb_task *task)
{
	return gb_operations[task->operation].before == GB_STEP_WEAR;
}

const char *gb_operation_receipt(enum gb_operation operation)
{
	if (gb_operations[operation].timed != GB_STEP_SEND)
		return NULL;
	switch (gb_operations[operation].before) {
	case GB_STEP_REKEY:
		return "receive_first";
	case GB_STEP_WEAR:
		return "receive_rotated";
	default:
		return "receive";
	}
}

enum gb_operation gb_operation_of_row(const char *name)
{
	for (unsigned i = 0; i < GB_OPERATIONS; i++) {
		const char *receipt = gb_operation_receipt((enum gb_operation)i);
		if (receipt != NULL && strcmp(receipt, name) == 0)
			return (enum gb_operation)i;
	}
	return gb_operation_find(name, strlen(name));
}

uint32_t gb_task_joiners(const struct gb_task *task)
{
	if (gb_task_restores(task))
		return 1;
	return involves(task, GB_STEP_ADD) ? task->k : 0;
}

uint32_t gb_task_leavers(const struct gb_task *task)
{
	return involves(task, GB_STEP_REMOVE) || involves(task, GB_STEP_WITHHOLD) ? task->k : 0;
}

bool gb_step_is_part(enum gb_step step)
{
	return step >= GB_STEP_CLAIM && step <= GB_STEP_ENCRYPT;
}

bool gb_step_hands_over(enum gb_step step)
{
	return step >= GB_STEP_FORWARD && step < GB_STEP_FORWARD + GB_WAYS;
}

bool gb_step_is_single(enum gb_step step)
{
	return step >= GB_STEP_SINGLE_KEYGEN && step <= GB_STEP_SINGLE_CBC;
}

bool gb_task_creates(const struct gb_task *task)
{
	enum gb_step timed = gb_operations[task->operation].timed;

	return timed == GB_STEP_CREATE || gb_step_is_part(timed);
}
