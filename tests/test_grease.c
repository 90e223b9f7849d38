/* Clients that put values without a meaning into what they publish: RFC 9420 13.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "members.h"

static size_t n_grease(struct mls_slice code_points)
{
	uint16_t value;
	size_t n = 0;

	while (mls_code_points_next(&code_points, &value))
		n += mls_is_grease(value);
	return n;
}

/* The type of the only GREASE extension of a list; 0: there is none. */
static uint16_t grease_of(struct mls_slice extensions)
{
	uint16_t type, found = 0;
	struct mls_slice data;

	while (extensions.len > 0) {
		OK(mls_extension_take(&type, &data, &extensions));
		if (mls_is_grease(type)) {
			assert_int_equal(found, 0);
			assert_int_equal(data.len, 4);
			found = type;
		}
	}
	return found;
}

static void assert_lists(const struct mls_key_package *package, size_t want)
{
	const struct mls_capabilities *lists = &package->leaf_node.capabilities;

	assert_int_equal(n_grease(lists->versions), 0);
	assert_int_equal(n_grease(lists->cipher_suites), want);
	assert_int_equal(n_grease(lists->extensions), want);
	assert_int_equal(n_grease(lists->proposals), want);
	assert_int_equal(n_grease(lists->credentials), want);
	assert_int_equal(grease_of(package->leaf_node.extensions) != 0, want);
	assert_int_equal(grease_of(package->extensions) != 0, want);
}

static void it_is_there_where_it_was_asked_for(void **state)
{
	(void)state;
	for (int grease = 0; grease < 2; grease++) {
		struct mls_client *client;
		struct mls_buf message = {0};
		struct mls_key_package package;

		members_grease(grease);
		client = member_client(1, 0);
		member_publish(client, &message);
		OK(mls_key_package_message(&package, bytes_of(&message)));
		assert_lists(&package, (size_t)grease);
		mls_client_free(client);
		mls_buf_free(&message);
	}
	members_grease(false);
}

struct counter {
	uint8_t next;
};

static enum mls_err count(void *state, uint8_t *out, size_t len)
{
	struct counter *counter = state;

	for (size_t i = 0; i < len; i++)
		out[i] = counter->next++;
	return MLS_OK;
}

/* The same bytes from the random source, the same key package. */
static void the_random_source_decides(void **state)
{
	struct mls_buf message[3] = {0};

	(void)state;
	for (uint8_t i = 0; i < 3; i++) {
		struct counter counter = {(uint8_t)(i / 2)};
		const struct mls_client_config config = {
			.ephemeral = true,
			.suite = 1,
			.credential_type = MLS_CREDENTIAL_BASIC,
			.grease = true,
			.random = {count, &counter},
			.now_s = TEST_NOW_S,
		};
		struct mls_client *client = NULL;

		OK(mls_client_new(&client, &config));
		member_publish(client, &message[i]);
		mls_client_free(client);
	}
	assert_int_equal(message[0].len, message[1].len);
	assert_memory_equal(message[0].p, message[1].p, message[0].len);
	assert_memory_not_equal(message[0].p, message[2].p, message[0].len);
	for (size_t i = 0; i < 3; i++)
		mls_buf_free(&message[i]);
}

/* An application that has a GREASE extension of its own gets another one beside it. */
static void what_the_application_gave_stays(void **state)
{
	(void)state;
	for (uint8_t first = 0; first < 15; first++) {
		struct counter counter = {first};
		static const uint16_t listed[] = {0x1a1a, 0x2a2a};
		struct mls_buf leaf = {0}, package = {0}, message = {0};
		struct mls_key_package_outline outline;
		struct mls_client_config config = {.ephemeral = true,
						   .suite = 1,
						   .credential_type = MLS_CREDENTIAL_BASIC,
						   .extensions = {listed, 2},
						   .grease = true,
						   .random = {count, &counter},
						   .now_s = TEST_NOW_S};
		struct mls_client *client = NULL;
		uint16_t type;
		struct mls_slice data, rest;

		OK(mls_extension_put(&leaf, 0x1a1a, (struct mls_slice){0}));
		OK(mls_extension_put(&package, 0x2a2a, (struct mls_slice){0}));
		config.leaf_extensions = bytes_of(&leaf);
		config.key_package_extensions = bytes_of(&package);
		OK(mls_client_new(&client, &config));
		member_publish(client, &message);
		OK(mls_key_package_read(&outline, bytes_of(&message)));
		rest = outline.leaf_extensions;
		OK(mls_extension_take(&type, &data, &rest));
		assert_int_equal(type, 0x1a1a);
		OK(mls_extension_take(&type, &data, &rest));
		assert_true(mls_is_grease(type) && type != 0x1a1a && type != 0x2a2a);
		/* All of it was drawn: the source counts. */
		for (size_t i = 0; i + 1 < data.len; i++)
			assert_int_equal(data.p[i + 1], (uint8_t)(data.p[i] + 1));
		assert_int_equal(rest.len, 0);
		mls_client_free(client);
		mls_buf_free(&leaf);
		mls_buf_free(&package);
		mls_buf_free(&message);
	}
}

static void propose_update(struct world *w, uint32_t from)
{
	struct mls_event event;

	w->message.len = 0;
	OK(mls_group_propose(w->group[from], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PRIVATE));
	for (uint32_t i = 0; i < w->n; i++) {
		if (i != from && w->group[i])
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	}
}

static void join_by_itself(struct world *w)
{
	const uint32_t joiner = world_client(w, NULL);
	const struct mls_group_info_request request = {.ratchet_tree = true, .external_pub = true};
	struct mls_event event;

	w->message.len = w->commit.len = 0;
	OK(mls_group_info(w->group[0], &w->message, &request));
	OK(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
				   bytes_of(&w->message), &(struct mls_external_request){0}));
	for (uint32_t i = 0; i < joiner; i++) {
		if (w->group[i])
			OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	}
	world_check(w);
}

/* Members with and without GREASE, on both cryptographic libraries, in one group: they create,
 * join in both ways, update, commit with and without a path, set extensions, remove. */
static void a_group_lives_with_it(void **state)
{
	static const struct mls_slice requires = {
		(const uint8_t *)"\x00\x03\x05\x00\x00\x02\x00\x01", 8};
	const uint32_t third = 2;
	struct mls_slice extensions;

	(void)state;
	for (uint16_t suite = 1; suite <= 3; suite++) {
		struct world *w;
		uint32_t joiner;

		members_grease(true);
		w = world_new(suite, 4, NULL, NULL);
		members_grease(false);
		joiner = world_client(w, NULL);
		world_commit(w, 1, &(struct mls_commit_request){.path_if_required = true}, &joiner,
			     1);
		world_check(w);
		members_grease(true);
		joiner = world_client(w, NULL);
		world_commit(w, 4, &(struct mls_commit_request){.tree_in_welcome = true}, &joiner,
			     1);
		world_check(w);
		join_by_itself(w);
		propose_update(w, 3);
		world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
		world_commit(w, 6,
			     &(struct mls_commit_request){.set_extensions = true,
							  .extensions = requires},
			     NULL, 0);
		world_check(w);
		world_commit(w, 5,
			     &(struct mls_commit_request){.remove = &third,
							  .n_remove = 1,
							  .handshake = MLS_HANDSHAKE_PRIVATE},
			     NULL, 0);
		world_check(w);
		assert_true(mls_group_member_extensions(w->group[4], &extensions, 6));
		assert_true(grease_of(extensions) != 0);
		assert_true(mls_group_member_extensions(w->group[6], &extensions, 4));
		assert_int_equal(extensions.len, 0);
		world_free(w);
		members_grease(false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_there_where_it_was_asked_for),
		cmocka_unit_test(the_random_source_decides),
		cmocka_unit_test(what_the_application_gave_stays),
		cmocka_unit_test(a_group_lives_with_it),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
