#include "backend_room.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

void room_must(const struct room *w, enum gb_status status)
{
	if (status != GB_OK)
		fail_msg("status %d: %s", status, ROOM_BACKEND->error(w->world));
}

void room_open_empty(struct room *w, const struct gb_axis *axes, size_t n_axes)
{
	const struct gb_mailbox_size size = {.capacity = ROOM_CAPACITY,
					     .expected_bytes = 4 << 20,
					     .max_kept = 4000,
					     .max_recipients = 4000};
	const struct gb_config config = {.struct_size = sizeof(config),
					 .seed = 11,
					 .capacity = ROOM_CAPACITY,
					 .axes = axes,
					 .n_axes = n_axes};

	memset(w, 0, sizeof(*w));
	assert_int_equal(gb_mailbox_open(&w->mailbox, &size), 0);
	memset(w->mailbox.listening, true, ROOM_CAPACITY * sizeof(w->mailbox.listening[0]));
	room_must(w, ROOM_BACKEND->open(&w->world, &config));
	assert_int_equal(gb_directory_open(&w->directory, 0, ROOM_CAPACITY), 0);
}

/* A world with the group of `size`, its first devices its actors, the first six live. */
void room_open_with_actors(struct room *w, uint32_t size, const struct gb_axis *axes, size_t n_axes,
			   bool without_group, size_t n_actors)
{
	uint32_t live[6];
	struct gb_shape shape = {.struct_size = sizeof(shape),
				 .size = size,
				 .joiners = ROOM_JOINERS,
				 .without_group = without_group,
				 .live = live,
				 .actors = live,
				 .n_actors = n_actors};

	room_open_empty(w, axes, n_axes);
	for (; shape.n_live < 6 && shape.n_live < size + ROOM_JOINERS; shape.n_live++)
		live[shape.n_live] = (uint32_t)shape.n_live;
	room_must(w, ROOM_BACKEND->shape(w->world, &shape));
	room_must(w, ROOM_BACKEND->publish_many(w->world, 0, size + ROOM_JOINERS,
						&w->directory.outbox));
	w->size = size;
	w->mailbox.group_size = size;
}

void room_open_with(struct room *w, uint32_t size, const struct gb_axis *axes, size_t n_axes,
		    bool without_group)
{
	room_open_with_actors(w, size, axes, n_axes, without_group, 1);
}

void room_open(struct room *w, uint32_t size, const char *olm, bool without_group)
{
	const struct gb_axis axis = {"olm", olm};

	room_open_with(w, size, &axis, 1, without_group);
}

void room_close(struct room *w)
{
	ROOM_BACKEND->close(w->world);
	gb_mailbox_close(&w->mailbox);
	gb_directory_close(&w->directory);
}

/* What a device does, and what it cost. */
struct gb_counts room_act_as(struct room *w, uint32_t device, enum operation operation)
{
	struct gb_outbox *out = &w->mailbox.outbox;
	const struct gb_published *published = w->directory.published;
	struct gb_counts before, after;
	const uint32_t leaving = w->size - 1;

	gb_mailbox_empty(&w->mailbox);
	w->mailbox.sender = device;
	w->mailbox.group_size = w->size;
	room_must(w, ROOM_BACKEND->counts(w->world, &before));
	switch (operation) {
	case CREATE:
		room_must(w,
			  ROOM_BACKEND->create(w->world, device, published + 1, w->size - 1, out));
		break;
	case ADD:
		room_must(w, ROOM_BACKEND->add(w->world, device, published + w->size, ROOM_JOINERS,
					       out));
		break;
	case REKEY:
		room_must(w, ROOM_BACKEND->rekey(w->world, device, out));
		break;
	case REMOVE:
		room_must(w, ROOM_BACKEND->remove(w->world, device, &leaving, 1, out));
		break;
	}
	assert_null(w->mailbox.violation);
	room_must(w, ROOM_BACKEND->counts(w->world, &after));
#define SUBTRACT(name, sentence) after.name -= before.name;
	GB_PRIMITIVES(SUBTRACT)
#undef SUBTRACT
	return after;
}

struct gb_counts room_act(struct room *w, enum operation operation)
{
	return room_act_as(w, 0, operation);
}
