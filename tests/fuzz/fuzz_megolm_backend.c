/*
 * What the megolm backend reads of other devices before libolm sees it. The first byte chooses the
 * entry: the content of an event, which is what this backend would write or refused; key material
 * of a device that is let in; each of the three uploads of a new device and its user, which another
 * reaches by them. With its high bit the rest is edits to a genuine text, three bytes each: where
 * (16 bits) and what to turn there. A refusal is never a failure, and leaves a world that lets the
 * genuine one in; who has reached a device, or has not, is as before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backends.h"
#include "backends/megolm_world.h"
#include "corpus.h"
#include "delivery/directory.h"
#include "delivery/outbox.h"
#include "edits.h"

enum { UPLOADS = 3 };
enum entry {
	PAYLOAD,
	KEY_MATERIAL,
	ENROLMENT, /* the keys of a device; behind them those of its user, and signatures */
	N_ENTRIES = ENROLMENT + UPLOADS
};

#define BACKEND  (&gb_backend_megolm)
#define DEVICES  3u
#define NEWCOMER DEVICES

static struct gb_world *world, *users; /* in the second, users vouch for their devices */
static struct gb_mailbox mailbox;
static struct gb_directory directory;
static struct genuine_text genuine[N_ENTRIES];

static void must(enum gb_status status)
{
	if (status != GB_OK)
		abort();
}

static void keep(unsigned entry, struct gb_bytes text)
{
	if (text.len > sizeof(genuine[entry].bytes))
		abort();
	memcpy(genuine[entry].bytes, text.p, text.len);
	genuine[entry].len = text.len;
}

/* Device 0, without a room. */
static void open_world(struct gb_world **w, const char *verification)
{
	const struct gb_axis axes[] = {
		{"olm", "new"}, {"olm_crypto", "openssl"}, {"verification", verification}};
	const struct gb_config config = {.struct_size = sizeof(config),
					 .seed = 5,
					 .capacity = NEWCOMER + 1,
					 .axes = axes,
					 .n_axes = 3};
	const uint32_t actor = 0;
	const struct gb_shape shape = {.struct_size = sizeof(shape),
				       .size = DEVICES,
				       .without_group = 1,
				       .live = &actor,
				       .n_live = 1,
				       .actors = &actor,
				       .n_actors = 1};

	must(BACKEND->open(w, &config));
	must(BACKEND->shape(*w, &shape));
}

/* Whether device 0 reaches the newcomer by its i-th key. */
static enum gb_status reach(uint32_t i, const struct gb_message *m, size_t n)
{
	enum gb_status status;

	gb_mailbox_empty(&mailbox);
	mailbox.sender = 0;
	status = BACKEND->reach(users, 0, NEWCOMER, i, m, n, &mailbox.outbox);
	if (mailbox.violation != NULL || (status != GB_OK && status != GB_REJECTED) ||
	    (status == GB_OK) != (mailbox.n_kept == 1))
		abort();
	return status;
}

static void list_uploads(struct gb_message uploads[UPLOADS])
{
	for (unsigned i = 0; i < UPLOADS; i++)
		uploads[i] = (struct gb_message){
			.kind = GB_KEY_MATERIAL,
			.address = GB_TO_SERVER,
			.from = NEWCOMER,
			.body = {genuine[ENROLMENT + i].bytes, genuine[ENROLMENT + i].len}};
}

static void enrol(void)
{
	struct gb_message uploads[UPLOADS];

	gb_mailbox_empty(&mailbox);
	mailbox.sender = NEWCOMER;
	mailbox.keeps_uploads = true;
	must(BACKEND->enrol(users, NEWCOMER, 1, &mailbox.outbox));
	mailbox.keeps_uploads = false;
	if (mailbox.n_kept != UPLOADS)
		abort();
	for (unsigned i = 0; i < UPLOADS; i++)
		keep(ENROLMENT + i, mailbox.kept[i].body);
	must(BACKEND->checkpoint(users));
	list_uploads(uploads);
	must(reach(0, uploads, UPLOADS));
}

/* Device 0 in both worlds, the keys of the others in one, a newcomer in the other. */
static void set_up(void)
{
	static const uint8_t words[] = "what a member says, as text";
	const struct gb_mailbox_size room = {.capacity = NEWCOMER + 1,
					     .expected_bytes = 1 << 16,
					     .max_kept = 10,
					     .max_recipients = 10};

	if (gb_mailbox_open(&mailbox, &room) != 0 || gb_directory_open(&directory, 0, DEVICES) != 0)
		abort();
	mailbox.listening[NEWCOMER] = true;
	open_world(&world, "device");
	must(BACKEND->publish_many(world, 0, DEVICES, &directory.outbox));
	must(BACKEND->checkpoint(world));
	keep(KEY_MATERIAL, gb_directory_of(&directory, 1)->body);
	open_world(&users, "cross_signed");
	enrol();
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

/* One of the uploads is another one. That of the device's keys says which there are, and may come
 * alone. */
static void take_upload(unsigned which, struct megolm_slice upload)
{
	struct gb_message uploads[UPLOADS];
	uint64_t before, after;

	list_uploads(uploads);
	uploads[which].body = (struct gb_bytes){upload.p, upload.len};
	must(BACKEND->state_size(users, 0, &before));
	(void)reach(0, uploads, UPLOADS);
	if (which == 0) {
		(void)reach(1, uploads, UPLOADS);
		(void)reach(GB_LAST_RESORT, uploads, UPLOADS);
		(void)reach(0, uploads, 1);
	}
	must(BACKEND->state_size(users, 0, &after));
	if (before != after)
		abort();
	must(BACKEND->rollback(users));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct genuine_text edited;
	struct megolm_slice text;
	size_t entry;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	entry = choose_text(&text.p, &text.len, &edited, genuine, N_ENTRIES, data, size);
	if (entry == PAYLOAD)
		take_payload(text);
	else if (entry == KEY_MATERIAL)
		take_key_material(text);
	else
		take_upload((unsigned)entry - ENROLMENT, text);
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	static const char *const names[] = {"payload", "key_material", "device_keys",
					    "cross_signing_keys", "signatures"};
	static const char another_order[] = "\1{\"one_time_keys\":{},\"device_keys\":{}}";
	static const uint8_t bytes[] = {0, 1, 2, 254};
	uint8_t seed[1 + sizeof(genuine[0].bytes)];
	char name[64];

	set_up();
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		seed[0] = (uint8_t)i;
		memcpy(seed + 1, genuine[i].bytes, genuine[i].len);
		give(names[i], (struct mls_slice){seed, 1 + genuine[i].len});
		memcpy(seed, (const uint8_t[]){(uint8_t)(0x80 | i), 0, 20, 1}, 4);
		snprintf(name, sizeof(name), "%s_edited", names[i]);
		give(name, (struct mls_slice){seed, 4});
	}
	seed[0] = PAYLOAD;
	give("payload_of_bytes",
	     (struct mls_slice){
		     seed, 1 + gb_megolm_payload_write(seed + 1,
						       (struct gb_bytes){bytes, sizeof(bytes)})});
	give("key_material_in_another_order",
	     (struct mls_slice){(const uint8_t *)another_order, sizeof(another_order) - 1});
}
