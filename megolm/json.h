#ifndef MEGOLM_JSON_H
#define MEGOLM_JSON_H
#include "text.h"

/*
 * JSON (RFC 8259) that is read where it lies. Values are slices of the text: no memory is
 * allocated, and secrets inside are copied nowhere. Bytes from outside pass megolm_json_check
 * first; the other functions then walk them without going astray.
 */

/* Whether `text` is one JSON object and nothing behind it: strict grammar, valid UTF-8 and
 * surrogate pairs, nested at most 32 deep. MEGOLM_ERR_JSON if not. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_check(struct megolm_slice text);

/* One member of an object after another. */
struct megolm_json_members {
	struct megolm_slice rest;
	struct megolm_slice name; /* between its quotes; escapes are left alone */
	struct megolm_slice value;
};

/* Before the first member. MEGOLM_ERR_JSON_MEMBER when `value` is no object. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_open(struct megolm_json_members *members,
						   struct megolm_slice value);

/* Goes to the next member; false behind the last. */
bool megolm_json_next(struct megolm_json_members *members);

/*
 * The value of a member. MEGOLM_ERR_JSON_MEMBER when `object` is none, when the member is
 * missing or there twice, or when a name in the object is written with escapes, behind which
 * a second one could hide. megolm_json_optional gives an empty slice for a missing one.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_member(struct megolm_slice object,
						     struct megolm_slice name,
						     struct megolm_slice *value);
enum megolm_err MEGOLM_MUST_CHECK megolm_json_optional(struct megolm_slice object,
						       struct megolm_slice name,
						       struct megolm_slice *value);

/* Whether `text` is one JSON array and nothing behind it, by the same rules. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_check_array(struct megolm_slice text);

/* One element of an array after another: open puts what follows the bracket into *rest, next
 * moves *rest on and is false behind the last. MEGOLM_ERR_JSON_MEMBER when `value` is no array. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_open_array(struct megolm_slice *rest,
							 struct megolm_slice value);
bool megolm_json_next_item(struct megolm_slice *rest, struct megolm_slice *item);

/* What stands between the quotes of a string without escapes. MEGOLM_ERR_JSON_MEMBER for
 * anything else. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_string(struct megolm_slice value,
						     struct megolm_slice *string);

/* A member that is such a string. */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_string_member(struct megolm_slice object,
							    const char *name,
							    struct megolm_slice *string);

/*
 * Appends what is signed of an object (Matrix specification, appendices, "Signing JSON"): the
 * canonical JSON of all members but "signatures" and "unsigned". MEGOLM_ERR_JSON for what has
 * no canonical form here: numbers that are no integers or beyond 2^53 - 1 either way, a name that
 * is there twice or written with escapes, more than 64 members. MEGOLM_ERR_TOO_LARGE when `out` is
 * too small.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_json_signed(struct megolm_text *out,
						     struct megolm_slice object);
#endif
