/*
 * What the megolm backend reads of other devices before libolm sees it. The first byte chooses the
 * entry: the content of an event, which is what this backend would write or refused; key material
 * of a device that is let in. With its high bit the rest is edits to a genuine text, three bytes
 * each: where (16 bits) and what to turn there. A refusal is never a failure, and leaves a world
 * that lets the genuine one in.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/backends.h"
#include "backends/megolm_world.h"
#include "corpus.h"
#include "delivery/directory.h"
#include "delivery/outbox.h"
#include "edits.h"

enum entry { PAYLOAD, KEY_MATERIAL, N_ENTRIES };

#define BACKEND (&gb_backend_megolm)
#define DEVICES 3u

static struct gb_world *world;
static struct gb_mailbox mailbox;
static struct gb_directory directory;
static struct genuine_text genuine[N_ENTRIES];

static void must(enum gb_status status)
{
	if (status != GB_OK)
		abort();
}

/* Device 0, without a room, and the keys of the others. */
static void set_up(void)
{
	static const struct gb_axis axes[] = {{"olm", "new"}, {"olm_crypto", "openssl"}};
	static const uint8_t words[] = "what a member says, as text";
	const struct gb_mailbox_size room = {.capacity = DEVICES,
					     .expected_bytes = 1 << 16,
					     .max_kept = 10,
					     .max_recipients = 10};
	const struct gb_config config = {.struct_size = sizeof(config),
					 .seed = 5,
					 .capacity = DEVICES,
					 .axes = axes,
					 .n_axes = 2};
	const uint32_t actor = 0;
	const struct gb_shape shape = {.struct_size = sizeof(shape),
				       .size = DEVICES,
				       .without_group = 1,
				       .live = &actor,
				       .n_live = 1,
				       .actors = &actor,
				       .n_actors = 1};
	struct gb_bytes upload;

	if (gb_mailbox_open(&mailbox, &room) != 0 || gb_directory_open(&directory, 0, DEVICES) != 0)
		abort();
	must(BACKEND->open(&world, &config));
	must(BACKEND->shape(world, &shape));
	must(BACKEND->publish_many(world, 0, DEVICES, &directory.outbox));
	must(BACKEND->checkpoint(world));
	upload = gb_directory_of(&directory, 1)->body;
	if (upload.len > sizeof(genuine[0].bytes))
		abort();
	memcpy(genuine[KEY_MATERIAL].bytes, upload.p, upload.len);
	genuine[KEY_MATERIAL].len = upload.len;
	genuine[PAYLOAD].len = gb_megolm_payload_write(genuine[PAYLOAD].bytes,
						       (struct gb_bytes){words, sizeof(words) - 1});
}

static void take_payload(struct megolm_slice content)
{
	static uint8_t payload[1 << 17], again[1 << 18];
	size_t len = 0;

	if (content.len > sizeof(payload) || !gb_megolm_payload_read(payload, &len, content))
		return;
	if (len > content.len || gb_megolm_payload_max(len) > sizeof(again) ||
	    gb_megolm_payload_write(again, (struct gb_bytes){payload, len}) != content.len ||
	    memcmp(again, content.p, content.len) != 0)
		abort();
}

static enum gb_status create(struct megolm_slice upload)
{
	const struct gb_published others[] = {{1, {upload.p, upload.len}},
					      *gb_directory_of(&directory, 2)};

	gb_mailbox_empty(&mailbox);
	return BACKEND->create(world, 0, others, 2, &mailbox.outbox);
}

static void take_key_material(struct megolm_slice upload)
{
	enum gb_status status = create(upload);

	if (status != GB_OK && status != GB_REJECTED)
		abort();
	if (status == GB_REJECTED)
		must(create((struct megolm_slice){genuine[KEY_MATERIAL].bytes,
						  genuine[KEY_MATERIAL].len}));
	must(BACKEND->rollback(world));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct genuine_text edited;
	struct megolm_slice text;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	if (choose_text(&text.p, &text.len, &edited, genuine, N_ENTRIES, data, size) == PAYLOAD)
		take_payload(text);
	else
		take_key_material(text);
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	static const char another_order[] = "\1{\"one_time_keys\":{},\"device_keys\":{}}";
	static const uint8_t bytes[] = {0, 1, 2, 254};
	uint8_t seed[1 + sizeof(genuine[0].bytes)];

	set_up();
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		seed[0] = (uint8_t)i;
		memcpy(seed + 1, genuine[i].bytes, genuine[i].len);
		give(i == PAYLOAD ? "payload" : "key_material",
		     (struct mls_slice){seed, 1 + genuine[i].len});
		memcpy(seed, (const uint8_t[]){(uint8_t)(0x80 | i), 0, 20, 1}, 4);
		give(i == PAYLOAD ? "payload_edited" : "key_material_edited",
		     (struct mls_slice){seed, 4});
	}
	seed[0] = PAYLOAD;
	give("payload_of_bytes",
	     (struct mls_slice){
		     seed, 1 + gb_megolm_payload_write(seed + 1,
						       (struct gb_bytes){bytes, sizeof(bytes)})});
	give("key_material_in_another_order",
	     (struct mls_slice){(const uint8_t *)another_order, sizeof(another_order) - 1});
}
