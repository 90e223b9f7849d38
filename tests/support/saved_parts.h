#ifndef SAVED_PARTS_H
#define SAVED_PARTS_H
#include "group_state.h"
#include "members.h"

/*
 * The saved state of a member with everything a group can hold: kept keys, an own Update, a
 * pending commit, the past. Tests take it apart, change a part, and put it together with the
 * right hash behind it.
 */
enum { MEMBER = 1, N_MEMBERS = 5, BLANK_LEAF = 6, NH = 32 };

/* Before and after all tests of a program. */
int saved_begin(void **state);
int saved_end(void **state);

/* Who saved it, and has no group now; and what was saved. */
struct mls_client *saved_client(void);
struct mls_slice saved_genuine(void);

/* The state taken apart. What a test writes goes into `memory`, of which 3 and 4 are its own. */
struct saved_parts {
	struct mls_saved_group group;
	struct mls_saved_epoch epoch;
	struct mls_saved_staged pending;
	struct mls_saved_proposal proposal;
	struct mls_saved_past past;
	struct mls_buf memory[6];
};

void saved_take_apart(struct saved_parts *s);

/* Appends a state and its hash. */
void saved_write(struct mls_buf *out, const struct mls_saved_group *group);

/* A copy of a part, with `more` behind it, that may be changed. */
uint8_t *saved_edit(struct saved_parts *s, struct mls_slice *part, struct mls_slice more);

struct saved_row {
	void (*change)(struct saved_parts *s);
	bool whole; /* changes what the parts are put back into */
	enum mls_err want;
};

/* Loads each of the changed states; what is not taken in leaves no group behind. */
void saved_expect_rows(const struct saved_row *rows, size_t n);
#endif
