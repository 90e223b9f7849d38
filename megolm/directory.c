/*
 * What a client asks the key directory, and how it takes the answers apart: /keys/query and
 * /keys/claim of the client-server API.
 */
#include "internal.h"
#include "json.h"
#include "state.h"

#define CLAIMED "signed_curve25519"

/* ---- requests ---- */

static struct megolm_text text_of(const struct megolm_directory_request *r)
{
	return (struct megolm_text){r->p, r->len, r->cap, r->overflowed};
}

static void keep(struct megolm_directory_request *r, const struct megolm_text *text)
{
	r->len = text->len;
	r->overflowed = text->overflowed;
}

void megolm_query_begin(struct megolm_directory_request *r, uint8_t *out, size_t cap)
{
	struct megolm_text text = megolm_text(out, cap);

	*r = (struct megolm_directory_request){.p = out, .cap = cap};
	megolm_puts(&text, "{\"device_keys\":{");
	keep(r, &text);
}

void megolm_query_add(struct megolm_directory_request *r, const char *user_id)
{
	struct megolm_text text = text_of(r);

	megolm_puts(&text, r->n++ > 0 ? ",\"" : "\"");
	megolm_puts(&text, user_id);
	megolm_puts(&text, "\":[]");
	keep(r, &text);
}

void megolm_claim_begin(struct megolm_directory_request *r, uint8_t *out, size_t cap)
{
	struct megolm_text text = megolm_text(out, cap);

	*r = (struct megolm_directory_request){.p = out, .cap = cap};
	megolm_puts(&text, "{\"one_time_keys\":{");
	keep(r, &text);
}

void megolm_claim_add(struct megolm_directory_request *r, const char *user_id,
		      const char *device_id)
{
	struct megolm_text text = text_of(r);
	struct megolm_slice before = megolm_slice(r->p + r->user_at, r->user_len);
	bool same_user = r->n > 0 && megolm_equals(before, user_id);

	if (!same_user) {
		megolm_puts(&text, r->n > 0 ? "},\"" : "\"");
		r->user_at = text.len;
		r->user_len = strlen(user_id);
		megolm_puts(&text, user_id);
		megolm_puts(&text, "\":{");
	}
	megolm_puts(&text, same_user ? ",\"" : "\"");
	megolm_puts(&text, device_id);
	megolm_puts(&text, "\":\"" CLAIMED "\"");
	r->n++;
	r->is_claim = true;
	keep(r, &text);
}

enum megolm_err megolm_directory_request_end(struct megolm_directory_request *r, size_t *len)
{
	struct megolm_text text = text_of(r);

	megolm_puts(&text, r->is_claim ? "}}}" : "}}");
	keep(r, &text);
	if (r->overflowed)
		return MEGOLM_ERR_OUTPUT;
	*len = r->len;
	return MEGOLM_OK;
}

/* ---- answers ---- */

enum megolm_err megolm_directory_answer_open(struct megolm_directory_answer *a,
					     enum megolm_directory_part part,
					     struct megolm_slice text)
{
	static const char *const names[] = {
		[MEGOLM_ANSWER_DEVICE_KEYS] = "device_keys",
		[MEGOLM_ANSWER_ONE_TIME_KEYS] = "one_time_keys",
		[MEGOLM_ANSWER_MASTER_KEYS] = "master_keys",
		[MEGOLM_ANSWER_SELF_SIGNING_KEYS] = "self_signing_keys",
	};
	struct megolm_json_members users;
	struct megolm_slice found;
	enum megolm_err err = MEGOLM_OK;

	TRY(megolm_json_check(text));
	TRY(megolm_json_optional(text, megolm_slice_of(names[part]), &found));
	if (found.p == NULL)
		found = megolm_slice_of("{}");
	TRY(megolm_json_open(&users, found));
	*a = (struct megolm_directory_answer){.users = users.rest,
					      .of_users = part == MEGOLM_ANSWER_MASTER_KEYS ||
							  part == MEGOLM_ANSWER_SELF_SIGNING_KEYS};
out:
	return err;
}

/* Goes to the next user; false behind the last. */
static bool next_user(struct megolm_directory_answer *a, struct megolm_slice *value)
{
	struct megolm_json_members users = {.rest = a->users};

	if (!megolm_json_next(&users))
		return false;
	a->users = users.rest;
	a->user_id = users.name;
	*value = users.value;
	return true;
}

enum megolm_err megolm_directory_answer_next(struct megolm_directory_answer *a, bool *is_there)
{
	struct megolm_json_members devices = {.rest = a->devices};
	struct megolm_slice value;
	enum megolm_err err;

	while (a->of_users || a->devices.p == NULL || !megolm_json_next(&devices)) {
		*is_there = next_user(a, &value);
		if (!*is_there)
			return MEGOLM_OK;
		if (a->of_users) {
			a->value = value;
			return MEGOLM_OK;
		}
		err = megolm_json_open(&devices, value);
		if (err != MEGOLM_OK)
			return err;
		a->devices = devices.rest;
	}
	a->devices = devices.rest;
	a->device_id = devices.name;
	a->value = devices.value;
	*is_there = true;
	return MEGOLM_OK;
}
