#ifndef SHAPES_H
#define SHAPES_H
#include "mls_probe.h"
#include "seeded_random.h"

/*
 * Groups of a shape for tests: suite 1 unless said otherwise, identities of 16 bytes, a group
 * id of 32 bytes; clients share one set of contexts and one seed.
 */
struct shape_world {
	uint16_t suite;
	enum mls_crypto_library crypto;
	uint64_t seed;
	struct mls_seeded_random stream; /* of everything that is not a member's own key */
	struct mls_seeded_random member_stream;
	char identity[17];
	struct mls_client *first; /* owns the contexts */
};

void shape_world_begin(struct shape_world *w, uint16_t suite, uint64_t seed);
/* The same on another library than OpenSSL. */
void shape_world_begin_on(struct shape_world *w, uint16_t suite, enum mls_crypto_library crypto,
			  uint64_t seed);
void shape_world_end(struct shape_world *w);

/* The client of a member number, as every other call with this number makes it. */
struct mls_client *shape_client(struct shape_world *w, uint32_t number);

/* What the member publishes; its client keeps the private part where `keep` is set. */
void shape_publish(struct shape_world *w, struct mls_client *client, uint32_t number,
		   struct mls_buf *message, bool keep);

/* How a group came about; {shape, size} without steps. */
struct shape_story {
	enum mls_probe_shape shape;
	uint32_t size;
	const struct mls_probe_step *steps;
	size_t n_steps;
};

/* The groups of `live` members. */
void shape_groups(struct shape_world *w, const struct shape_story *story, const uint32_t *live,
		  struct mls_client **client, struct mls_group **group, size_t n_live);
#endif
