#ifndef GB_ANALYSE_HOLDS_WHEN_H
#define GB_ANALYSE_HOLDS_WHEN_H
#include "analyse/verdict.h"

/* A pair of curves that a claim means, or of a claim about growth one curve, and its ruling. */
struct gb_judged {
	const struct gb_curve *first, *second; /* the latter NULL for one curve */
	enum gb_ruling ruling;
};

/*
 * In how many of n pairs a claim holds, and the values of axes with which it always does: "it holds
 * in 8 of 12, always with tree=full or olm=new", cut at `size` bytes. Only axes that differ among
 * the pairs are named. What was not measured or judged does not count; "" for less than two
 * pairs that do.
 */
void gb_holds_when(const struct gb_judged *judged, size_t n, char *text, size_t size);

#endif
