#ifndef GB_DELIVERY_DIRECTORY_H
#define GB_DELIVERY_DIRECTORY_H
#include "groupbench_backend.h"
#include <stdbool.h>

/*
 * The key directory: the key material of devices first .. first + n - 1, filled by one
 * publish_many() call. Where others fetch it from; never timed.
 */
struct gb_directory {
	struct gb_outbox outbox; /* first, so that a backend's pointer leads back here */
	uint32_t first, n;
	struct gb_published *published; /* n of them, in order of devices */
	uint32_t n_published;
	struct directory_block *blocks; /* what the bodies lie in */
	uint64_t bytes;                 /* of all bodies */
	const char *violation;          /* the rule that the backend broke, or NULL */
};

/* 0, or -1 when memory ran out; then there is nothing to close. */
int gb_directory_open(struct gb_directory *d, uint32_t first, uint32_t n);
void gb_directory_close(struct gb_directory *d);

/* Whether every device has published exactly once; else *violation says what is wrong. */
bool gb_directory_is_complete(struct gb_directory *d);

/* The key material of `device`, which must be one of the n. */
const struct gb_published *gb_directory_of(const struct gb_directory *d, uint32_t device);
#endif
