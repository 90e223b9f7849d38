#ifndef PROMISES_H
#define PROMISES_H
#include "axes.h"
#include "play.h"

/*
 * A promise of groupbench_backend.h. `is_kept` opens worlds of p->backend; when it returns
 * false, p->broken says what was seen. The caller ends the last world with play_close.
 */
struct promise {
	const char *name;
	uint32_t needs;
	bool (*is_kept)(struct play *p);
};

extern const struct promise promises[];
extern const size_t n_promises;

#define PROMISE_SEED 20260922

/* Whether a value of an axis lies within its range, if that is one of numbers. */
bool promise_axis_ranges_over(const struct gb_axis_spec *axis, const char *value);

#define X(name, needs) bool promise_##name(struct play *p);
#include "promises.def"
#undef X

#endif
