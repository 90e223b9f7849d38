#ifndef PROMISES_H
#define PROMISES_H
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

#define X(name, needs) bool promise_##name(struct play *p);
#include "promises.def"
#undef X

#endif
