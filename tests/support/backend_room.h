#ifndef TESTS_SUPPORT_BACKEND_ROOM_H
#define TESTS_SUPPORT_BACKEND_ROOM_H
#include "backends/backends.h"
#include "delivery/directory.h"
#include "delivery/outbox.h"

/* A room of the megolm backend by itself: no harness, no oracle, every device listens. */
#define ROOM_BACKEND  (&gb_backend_megolm)
#define ROOM_CAPACITY 600
#define ROOM_JOINERS  3

struct room {
	struct gb_world *world;
	struct gb_mailbox mailbox;
	struct gb_directory directory;
	uint32_t size;
};

enum operation { CREATE, ADD, REKEY, REMOVE };

/* Fails the test with the backend's reason. */
void room_must(const struct room *w, enum gb_status status);

/*
 * open_empty has no group yet and no devices. The others have the group of `size`, its first
 * devices its actors, one unless said otherwise, the first six live, ROOM_JOINERS more published.
 */
void room_open_empty(struct room *w, const struct gb_axis *axes, size_t n_axes);
void room_open_with_actors(struct room *w, uint32_t size, const struct gb_axis *axes, size_t n_axes,
			   bool without_group, size_t n_actors);
void room_open_with(struct room *w, uint32_t size, const struct gb_axis *axes, size_t n_axes,
		    bool without_group);
void room_open(struct room *w, uint32_t size, const char *olm, bool without_group);
void room_close(struct room *w);

/* What a device, or device 0, does, and what it cost. */
struct gb_counts room_act_as(struct room *w, uint32_t device, enum operation operation);
struct gb_counts room_act(struct room *w, enum operation operation);
#endif
