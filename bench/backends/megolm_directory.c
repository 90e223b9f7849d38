#include "backends/megolm_world.h"
#include "backends/stock.h"
#include <stdlib.h>
#include <string.h>

/* ---- what devices upload ---- */

/* An upload that was made before. */
static enum gb_status send_upload(struct gb_world *w, uint32_t number, struct gb_bytes upload,
				  struct gb_outbox *out)
{
	struct gb_message m = gb_megolm_to_server(GB_KEY_MATERIAL, number);
	struct gb_megolm_end *end = &w->upload_end[number];
	uint8_t *p = out->reserve(out, upload.len);

	if (p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "the outbox is full");
	memcpy(p, upload.p, upload.len);
	m.body = (struct gb_bytes){p, upload.len};
	memcpy(end->bytes, upload.p + upload.len - sizeof end->bytes, sizeof end->bytes);
	end->is_known = true;
	m.raw = gb_megolm_raw_upload(m.body);
	out->commit(out, &m);
	return GB_OK;
}

/* An upload without fallback key: the one that the directory has stands. */
static enum gb_status upload_again(struct gb_world *w, uint32_t number,
				   struct megolm_device *device, struct gb_outbox *out)
{
	size_t cap = megolm_device_upload_max(device, 1), len = 0;
	enum gb_status status = gb_megolm_scratch(w, cap);

	if (status != GB_OK)
		return status;
	status = gb_megolm_status(w, megolm_device_upload(device, w->scratch, cap, &len, 1, false),
				  "upload");
	return status == GB_OK ? send_upload(w, number, (struct gb_bytes){w->scratch, len}, out)
			       : status;
}

enum gb_status gb_megolm_publish(struct gb_world *w, uint32_t device, struct gb_outbox *out)
{
	struct gb_megolm_live *live;
	enum gb_status status = gb_megolm_materialise(w, device);

	if (status != GB_OK)
		return status;
	live = w->live[device];
	status = live->now.has_published
			 ? upload_again(w, device, live->device, out)
			 : send_upload(w, device,
				       (struct gb_bytes){live->upload.p, live->upload.len}, out);
	live->now.has_published = live->now.has_published || status == GB_OK;
	return status;
}

static enum gb_status publish_dormant(struct gb_world *w, uint32_t number, int shelf,
				      struct gb_outbox *out)
{
	struct gb_bytes kept;
	struct megolm_device *device = NULL;
	struct megolm_seeded stream;
	struct gb_megolm_upload upload = {0};
	enum gb_status status;

	if (gb_stock_find(shelf, number, &kept))
		return send_upload(w, number, kept, out);
	status = gb_megolm_account(w, &device, &stream, number, &upload);
	kept = (struct gb_bytes){upload.p, upload.len};
	if (status == GB_OK)
		status = send_upload(w, number, kept, out);
	if (status == GB_OK)
		gb_stock_put(shelf, number, kept);
	megolm_device_free(device);
	free(upload.p);
	return status;
}

enum gb_status gb_megolm_publish_many(struct gb_world *w, uint32_t first, uint32_t n,
				      struct gb_outbox *out)
{
	enum gb_status status = GB_OK;

	/* Making a device also makes what vouches for it. */
	int shelf = w->cross_signed ? GB_STOCK_NONE : gb_megolm_shelf(w, "upload");

	for (uint32_t i = 0; i < n && status == GB_OK; i++)
		status = publish_dormant(w, first + i, shelf, out);
	return status;
}

/* ---- what others ask for ---- */

/* The next signed one-time key, in the scratch. */
static enum gb_status make_key(struct gb_world *w, struct megolm_device *device,
			       struct megolm_slice *signed_key)
{
	size_t len = 0, cap = megolm_device_one_time_key_max(device);
	enum gb_status status = gb_megolm_scratch(w, cap);

	if (status != GB_OK)
		return status;
	status = gb_megolm_status(w, megolm_device_new_one_time_key(device, w->scratch, cap, &len),
				  "one-time key");
	*signed_key = (struct megolm_slice){w->scratch, len};
	return status;
}

/* The keys that others have claimed meanwhile. */
enum gb_status gb_megolm_make_claimed_keys(struct gb_world *w, struct megolm_device *device,
					   size_t n_claimed)
{
	struct megolm_slice key;
	enum gb_status status = GB_OK;

	for (size_t i = 0; i < n_claimed && status == GB_OK; i++)
		status = make_key(w, device, &key);
	return status;
}

enum gb_status gb_megolm_take_apart(struct gb_world *w, const struct gb_megolm_upload *upload,
				    struct megolm_upload *parts)
{
	return gb_megolm_status(
		w, megolm_upload_read(parts, (struct megolm_slice){upload->p, upload->len}),
		"upload");
}

/* A copy in the scratch. */
static enum gb_status to_scratch(struct gb_world *w, struct megolm_slice *s)
{
	enum gb_status status = gb_megolm_scratch(w, s->len);

	if (status != GB_OK)
		return status;
	memcpy(w->scratch, s->p, s->len);
	s->p = w->scratch;
	return GB_OK;
}

enum gb_status gb_megolm_keep_upload(struct gb_world *w, uint32_t device, struct megolm_slice keys)
{
	struct gb_megolm_upload *upload = &w->uploads[device];

	free(upload->p);
	*upload = (struct gb_megolm_upload){malloc(keys.len), keys.len};
	if (upload->p == NULL)
		return gb_megolm_fail(w, GB_FAILED, "out of memory");
	memcpy(upload->p, keys.p, keys.len);
	return GB_OK;
}

enum gb_status gb_megolm_query(struct gb_world *w, uint32_t device, struct megolm_slice *keys)
{
	const struct gb_megolm_upload *upload = &w->uploads[device];
	struct megolm_device *dormant = NULL;
	struct megolm_seeded stream;
	enum gb_status status = GB_OK;

	if (w->live[device] != NULL) {
		*keys = megolm_device_keys(w->live[device]->device);
		return GB_OK;
	}
	if (upload->p != NULL) {
		*keys = (struct megolm_slice){upload->p, upload->len};
		return GB_OK;
	}
	gb_megolm_enter_untimed(w);
	status = gb_megolm_account(w, &dormant, &stream, device, NULL);
	if (status == GB_OK) {
		*keys = megolm_device_keys(dormant);
		status = to_scratch(w, keys);
	}
	megolm_device_free(dormant);
	gb_megolm_enter(w);
	return status;
}

/* The key of a dormant device behind those that are published and claimed; the fallback key when
 * all are, the same each time. */
static enum gb_status claim_dormant(struct gb_world *w, uint32_t number,
				    struct megolm_slice *signed_key)
{
	struct megolm_device *device = NULL;
	struct megolm_seeded stream;
	struct gb_megolm_upload upload = {0};
	struct megolm_upload parts = {0};
	enum gb_status status = gb_megolm_account(w, &device, &stream, number, &upload);

	if (status == GB_OK && w->n_claimed[number] >= GB_MEGOLM_MAX_CLAIMS) {
		status = gb_megolm_take_apart(w, &upload, &parts);
		*signed_key = parts.fallback_keys;
		if (status == GB_OK)
			status = to_scratch(w, signed_key);
	} else if (status == GB_OK) {
		status = gb_megolm_make_claimed_keys(w, device, w->n_claimed[number]);
		if (status == GB_OK)
			status = make_key(w, device, signed_key);
	}
	megolm_device_free(device);
	free(upload.p);
	return status;
}

static enum gb_status claim_unprepared(struct gb_world *w, uint32_t device,
				       struct megolm_slice *signed_key)
{
	bool is_out = w->n_claimed[device] >= GB_MEGOLM_MAX_CLAIMS;
	struct gb_megolm_live *live = w->live[device];
	enum gb_status status = GB_OK;

	if (live == NULL)
		status = claim_dormant(w, device, signed_key);
	else if (is_out)
		*signed_key = gb_megolm_newest_fallback(live);
	else
		status = make_key(w, live->device, signed_key);
	if (status == GB_OK && !is_out)
		w->n_claimed[device]++;
	return status;
}

enum gb_status gb_megolm_claim(struct gb_world *w, struct gb_megolm_live *by, uint32_t device,
			       struct megolm_slice *signed_key)
{
	struct gb_megolm_claimable *ready = by->claimable != NULL ? &by->claimable[device] : NULL;
	const struct gb_megolm_live *live = w->live[device];
	enum gb_status status;

	if (ready != NULL && ready->p != NULL && !ready->claimed) {
		ready->claimed = true;
		*signed_key = (struct megolm_slice){ready->p, ready->len};
		if (live != NULL && gb_megolm_is_fallback(*signed_key))
			*signed_key = gb_megolm_newest_fallback(live);
		return GB_OK;
	}
	gb_megolm_enter_untimed(w);
	status = claim_unprepared(w, device, signed_key);
	gb_megolm_enter(w);
	return status;
}

const uint8_t *gb_megolm_end_of_object(const uint8_t *p, const uint8_t *end)
{
	size_t depth = 0;

	do {
		depth += *p == '{';
		depth -= *p == '}';
		p++;
	} while (p < end && depth > 0);
	return depth == 0 ? p : NULL;
}

/* "NAME":{...} from *at on, without what stands before it, to the end where the object has none;
 * *at moves behind it. */
static bool next_key(struct megolm_slice keys, size_t *at, struct megolm_slice *key)
{
	const uint8_t *end = keys.p + keys.len, *name = keys.p + *at, *value, *behind;

	if (*at + 1 >= keys.len)
		return false;
	name++;
	value = memchr(name, '{', (size_t)(end - name));
	if (value == NULL)
		return false;
	behind = gb_megolm_end_of_object(value, end);
	key->p = name;
	key->len = (size_t)((behind != NULL ? behind : end) - name);
	*at += 1 + key->len;
	return true;
}

uint32_t gb_megolm_count_keys(struct megolm_slice keys)
{
	struct megolm_slice key;
	uint32_t n = 0;

	for (size_t at = 0; next_key(keys, &at, &key);)
		n++;
	return n;
}

enum gb_status gb_megolm_nth_key(struct gb_world *w, struct megolm_slice keys, uint32_t i,
				 struct megolm_slice *signed_key)
{
	struct megolm_slice key = {0};
	size_t at = 0;
	enum gb_status status;

	for (uint32_t n = 0; n <= i; n++)
		if (!next_key(keys, &at, &key))
			return gb_megolm_fail(w, GB_REJECTED, "no one-time key %u", i);
	status = gb_megolm_scratch(w, key.len + 2);
	if (status != GB_OK)
		return status;
	w->scratch[0] = '{';
	memcpy(w->scratch + 1, key.p, key.len);
	w->scratch[key.len + 1] = '}';
	*signed_key = (struct megolm_slice){w->scratch, key.len + 2};
	return GB_OK;
}
