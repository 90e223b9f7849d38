#ifndef MADE_MEMBERS_H
#define MADE_MEMBERS_H
#include "tree_members.h"

/* Members 0 .. TEST_MEMBERS - 1 of suite 1 and the crypto that made them, between the two, which
 * are the set-up and the tear-down of a group of tests. */
enum { TEST_MEMBERS = 140 };
extern struct mls_crypto *crypto;
extern struct member members[TEST_MEMBERS];

int make_members(void **state);
int free_members(void **state);
#endif
