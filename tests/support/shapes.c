#include "shapes.h"

#include <stdio.h>

#include "members.h"

static void config(void *state, uint32_t member, struct mls_client_config *out)
{
	struct shape_world *w = state;

	snprintf(w->identity, sizeof(w->identity), "member%010u", (unsigned)member);
	mls_seeded_random_begin(&w->member_stream, w->seed, "member", member);
	*out = (struct mls_client_config){
		.ephemeral = true,
		.suite = w->suite,
		.crypto = w->crypto,
		.credential_type = MLS_CREDENTIAL_BASIC,
		.credential = {(const uint8_t *)w->identity, 16},
		.now_s = TEST_NOW_S,
		.random = mls_seeded_random_source(&w->member_stream),
	};
}

void shape_world_begin(struct shape_world *w, uint16_t suite, uint64_t seed)
{
	shape_world_begin_on(w, suite, MLS_CRYPTO_OPENSSL, seed);
}

void shape_world_begin_on(struct shape_world *w, uint16_t suite, enum mls_crypto_library crypto,
			  uint64_t seed)
{
	struct mls_client_config first;

	*w = (struct shape_world){.suite = suite, .crypto = crypto, .seed = seed};
	mls_seeded_random_begin(&w->stream, seed, "world", 0);
	config(w, UINT32_MAX, &first);
	first.random = mls_seeded_random_source(&w->stream);
	OK(mls_client_new(&w->first, &first));
}

void shape_world_end(struct shape_world *w)
{
	mls_client_free(w->first);
}

struct mls_client *shape_client(struct shape_world *w, uint32_t number)
{
	struct mls_client_config c;
	struct mls_client *client = NULL;

	config(w, number, &c);
	OK(mls_probe_client_new(&client, &c, w->first));
	return client;
}

void shape_publish(struct shape_world *w, struct mls_client *client, uint32_t number,
		   struct mls_buf *message, bool keep)
{
	struct mls_client_config c;
	struct mls_client *again = NULL;
	struct mls_buf private_part = {0};
	const size_t start = message->len;

	config(w, number, &c);
	OK(mls_probe_client_new(&again, &c, w->first));
	OK(mls_probe_key_package_new(again, message, &private_part, &c.random));
	if (keep)
		OK(mls_client_keep_key_package(
			client, (struct mls_slice){message->p + start, message->len - start},
			bytes_of(&private_part)));
	mls_buf_free(&private_part);
	mls_client_free(again);
}

void shape_groups(struct shape_world *w, const struct shape_story *story, const uint32_t *live,
		  struct mls_client **client, struct mls_group **group, size_t n_live)
{
	static const uint8_t group_id[32] = "a group id of thirty-two bytes..";
	struct mls_seeded_random stream;
	struct mls_probe_shape_request request = {
		.shape = story->shape,
		.size = story->size,
		.steps = story->steps,
		.n_steps = story->n_steps,
		.group_id = {group_id, sizeof(group_id)},
		.members = {.config = config, .state = w},
		.live = live,
		.client = client,
		.n_live = n_live,
	};

	mls_seeded_random_begin(&stream, w->seed, "shape", story->size);
	request.random = mls_seeded_random_source(&stream);
	OK(mls_probe_make_groups(group, &request));
}
