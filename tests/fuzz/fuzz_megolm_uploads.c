/*
 * What the megolm backend finds by bytes alone in texts that it handles for the homeserver: a
 * backup's answer of each scope out of uploads, one-time keys one by one, and what of a body is the
 * protocol's. The first byte chooses the entry. What is found lies in the text, and no more of it
 * is the protocol's than there are bytes; of keys it is as much together as one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/megolm_world.h"
#include "corpus.h"
#include "delivery/outbox.h"
#include "matrix.h"
#include "megolm_keys.h"

enum entry { STORED, KEYS, RAW, N_ENTRIES };

static struct gb_world world;
static struct gb_megolm_old old = {.session = "RF3s+E7RkTQTGF2d8Deol0FkQvgII2aJDf3/Jp5mxVU"};
static struct gb_mailbox mailbox;

static void set_up(void)
{
	const struct gb_mailbox_size room = {
		.capacity = 2, .expected_bytes = 1 << 16, .max_kept = 10, .max_recipients = 10};

	if (gb_mailbox_open(&mailbox, &room) != 0)
		abort();
	world.kept.old = &old;
	world.kept.n_old = 1;
}

static void take_stored(struct gb_bytes text)
{
	static const enum gb_scope scopes[] = {GB_SCOPE_ALL, GB_SCOPE_ROOM, GB_SCOPE_ONE};
	const struct gb_message m = {.kind = GB_BACKUP, .body = text};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		gb_mailbox_empty(&mailbox);
		if (gb_megolm_stored(&world, 0, 1, scopes[i], &m, 1, &mailbox.outbox) != GB_OK)
			abort();
	}
}

static void take_keys(struct gb_bytes text)
{
	const struct megolm_slice keys = {text.p, text.len};
	uint32_t n = gb_megolm_count_keys(keys);
	struct megolm_slice key;

	for (uint32_t i = 0; i < n && i < 4; i++)
		if (gb_megolm_nth_key(&world, keys, i, &key) != GB_OK || key.len > text.len + 2)
			abort();
	if (gb_megolm_nth_key(&world, keys, n, &key) != GB_REJECTED)
		abort();
}

static void take_raw(struct gb_bytes text)
{
	size_t around = 0;

	if (gb_megolm_raw_upload(text) > text.len || gb_megolm_raw_device_data(text) > text.len ||
	    gb_megolm_raw_event(text) > text.len || gb_megolm_raw_backup(text, 1) > text.len ||
	    gb_megolm_raw_file(text) > text.len ||
	    gb_megolm_raw_to_device(text, &around) > text.len)
		abort();
}

/* Of so many devices, users and claims as four bytes say, the first whether users vouch. */
static void take_raw_keys(const uint8_t *n)
{
	world.cross_signed = n[0] % 2 == 1;
	if (gb_megolm_raw_keys(&world, n[1], n[2], n[3]) !=
	    n[1] * gb_megolm_raw_keys(&world, 1, 0, 0) +
		    n[2] * gb_megolm_raw_keys(&world, 0, 1, 0) +
		    n[3] * gb_megolm_raw_keys(&world, 0, 0, 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct gb_bytes text;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	text = (struct gb_bytes){data + 1, size - 1};
	switch (data[0] % N_ENTRIES) {
	case STORED:
		take_stored(text);
		break;
	case KEYS:
		take_keys(text);
		break;
	default:
		take_raw(text);
		if (text.len >= 4)
			take_raw_keys(text.p);
		break;
	}
	return 0;
}

static void give_text(void (*give)(const char *name, struct mls_slice seed), const char *name,
		      enum entry entry, struct megolm_slice text)
{
	uint8_t *seed = malloc(1 + text.len);

	if (seed == NULL)
		abort();
	seed[0] = (uint8_t)entry;
	memcpy(seed + 1, text.p, text.len);
	give(name, (struct mls_slice){seed, 1 + text.len});
	free(seed);
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	static const uint8_t secret[MEGOLM_BACKUP_KEY_BYTES] = {1};
	static uint8_t text[1 << 16];
	struct megolm_backup *backup;
	struct megolm_random random;
	struct megolm_device *dry;
	struct megolm_upload parts;
	struct matrix_story s;
	size_t len, n;

	matrix_story_open(&s);
	if (megolm_backup_open(&backup, MEGOLM_BACKUP_CURVE25519, secret, "1") != MEGOLM_OK ||
	    megolm_backup_upload(backup, s.bob.device, text, sizeof(text), &len, &n, 100) !=
		    MEGOLM_OK)
		abort();
	give_text(give, "backup", STORED, (struct megolm_slice){text, len});
	give_text(give, "raw_backup", RAW, (struct megolm_slice){text, len});
	give_text(give, "open_object", STORED, matrix_text("{"));
	give_text(give, "nothing", STORED, matrix_text(""));
	give_text(give, "one_without_value", STORED,
		  matrix_text("{\"RF3s+E7RkTQTGF2d8Deol0FkQvgII2aJDf3/Jp5mxVU\":"));
	if (megolm_device_upload(s.bob.device, text, sizeof(text), &len, 3, true) != MEGOLM_OK ||
	    megolm_upload_read(&parts, (struct megolm_slice){text, len}) != MEGOLM_OK)
		abort();
	give_text(give, "raw_upload", RAW, (struct megolm_slice){text, len});
	give_text(give, "one_time_keys", KEYS, parts.one_time_keys);
	give_text(give, "raw_event", RAW, (struct megolm_slice){s.event, s.event_len});
	if (megolm_key_file_write(s.bob.device, text, sizeof(text), &len, matrix_text("pass"), 1) !=
	    MEGOLM_OK)
		abort();
	give_text(give, "raw_file", RAW, (struct megolm_slice){text, len});
	random = megolm_seeded_random(&s.bob.stream);
	if (megolm_device_new_dehydrated(&dry, s.bob.user_id, &random, &megolm_default_policy) !=
		    MEGOLM_OK ||
	    megolm_device_dehydrate(dry, text, sizeof(text), &len, secret) != MEGOLM_OK)
		abort();
	give_text(give, "raw_device_data", RAW, (struct megolm_slice){text, len});
	megolm_device_free(dry);
	megolm_backup_free(backup);
	matrix_story_close(&s);
}
