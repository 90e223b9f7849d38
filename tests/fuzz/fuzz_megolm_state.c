/*
 * A stored state of a device that somebody has changed. The first byte has its high bit set: the
 * rest is edits to a genuine state, three bytes each: where (16 bits) and what to turn there;
 * otherwise the rest is the whole state. It is refused, and the device can be loaded from the
 * genuine one, or the device is as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "edits.h"
#include "matrix.h"

static struct matrix_story story;
static struct genuine_text genuine;

static void must(enum megolm_err err)
{
	if (err != MEGOLM_OK)
		abort();
}

/* Bob has an account, a session with Alice, one of his own in the room, and one of hers. */
static void set_up(void)
{
	struct matrix_outbox out;

	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	matrix_story_open(&story);
	(void)matrix_invite(&story.bob, &story.alice);
	matrix_outbox_open(&out);
	must(megolm_room_share(story.bob.room, NULL, 0, &out.sink));
	matrix_outbox_close(&out);
	must(megolm_probe_store(story.bob.device, genuine.bytes, sizeof(genuine.bytes),
				&genuine.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct genuine_text edited;
	struct megolm_slice state;
	enum megolm_source source;
	enum megolm_err err;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	(void)choose_text(&state.p, &state.len, &edited, &genuine, 1, data, size);
	err = megolm_probe_reload(story.bob.device, state);
	if (err == MEGOLM_OK) {
		must(matrix_story_read(&story, &story.bob, &source));
		return 0;
	}
	if (err != MEGOLM_ERR_PICKLE)
		abort();
	must(megolm_probe_reload(story.bob.device,
				 (struct megolm_slice){genuine.bytes, genuine.len}));
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	uint8_t seed[1 + sizeof(genuine.bytes)] = {0};

	set_up();
	memcpy(seed + 1, genuine.bytes, genuine.len);
	give("whole", (struct mls_slice){seed, 1 + genuine.len});
	give("short", (struct mls_slice){seed, genuine.len});
	/* The length of the first piece, and what is in it. */
	give("length_edited", (struct mls_slice){(const uint8_t[]){0x80, 0, 2, 1}, 4});
	give("account_edited", (struct mls_slice){(const uint8_t[]){0x80, 0, 40, 1}, 4});
}
