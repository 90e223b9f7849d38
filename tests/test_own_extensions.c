/*
 * Extensions that an application puts into its leaves, key packages and GroupInfos, and reads
 * from those of others: RFC 9420 5.3.3, 7.2, 10, 12.4.3, 13.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "members.h"

#define SLICE(text) ((struct mls_slice){(const uint8_t *)(text), sizeof(text) - 1})
#define NOTHING     ((struct mls_slice){0})

enum { OWN_TYPE = 0xf001, LAST_RESORT = 0x000a };

static const uint16_t listed[] = {OWN_TYPE, LAST_RESORT};

static struct mls_buf list_of(uint16_t type, struct mls_slice data)
{
	struct mls_buf list = {0};

	OK(mls_extension_put(&list, type, data));
	return list;
}

static struct mls_client_config config_of(struct mls_slice leaf_extensions,
					  struct mls_slice key_package_extensions)
{
	return (struct mls_client_config){.ephemeral = true,
					  .suite = 1,
					  .credential_type = MLS_CREDENTIAL_BASIC,
					  .credential = SLICE("someone"),
					  .extensions = {listed, 2},
					  .leaf_extensions = leaf_extensions,
					  .key_package_extensions = key_package_extensions,
					  .now_s = TEST_NOW_S};
}

/* A client whose leaves have an application_id and an extension of another type. */
static struct mls_client *with_extensions(struct mls_buf *leaf, struct mls_buf *package)
{
	struct mls_client_config config;
	struct mls_client *client = NULL;
	uint8_t copied[8];

	*leaf = list_of(MLS_EXTENSION_APPLICATION_ID, SLICE("an app"));
	OK(mls_extension_put(leaf, OWN_TYPE, SLICE("\x01\x02")));
	*package = list_of(LAST_RESORT, NOTHING);
	config = config_of(bytes_of(leaf), bytes_of(package));
	OK(mls_client_new(&client, &config));
	/* They were copied. */
	memcpy(copied, leaf->p, sizeof(copied));
	memset(leaf->p, 0xee, sizeof(copied));
	OK(mls_key_package_new(
		client, &(struct mls_buf){.p = (uint8_t[4096]){0}, .cap = 4096, .fixed = true},
		&(struct mls_buf){.p = (uint8_t[256]){0}, .cap = 256, .fixed = true}));
	memcpy(leaf->p, copied, sizeof(copied));
	return client;
}

static void everybody_sees(const struct world *w, uint32_t leaf, struct mls_slice want)
{
	struct mls_slice is;

	for (uint32_t i = 0; i < w->n; i++) {
		if (!w->group[i])
			continue;
		assert_true(mls_group_member_extensions(w->group[i], &is, leaf));
		assert_same(is, want);
	}
}

/* A client of a world with these leaf and key package extensions; *leaf and *package own them. */
static uint32_t join_world(struct world *w, struct mls_buf *leaf, struct mls_buf *package)
{
	w->client[w->n] = with_extensions(leaf, package);
	return w->n++;
}

static void a_key_package_shows_its_extensions(void **state)
{
	struct mls_buf leaf, package, message = {0};
	struct mls_client *client = with_extensions(&leaf, &package);
	struct mls_key_package_outline outline = {.suite = 99};

	(void)state;
	REFUSED(mls_key_package_read(&outline, SLICE("\x00\x01\x00\x05\x00")), MLS_ERR_TRUNCATED);
	REFUSED(mls_key_package_read(&outline, SLICE("\x00\x01\x00\x04\x00")), MLS_ERR_WIRE_FORMAT);
	REFUSED(mls_key_package_read(
			&outline, (struct mls_slice){(const uint8_t *)"", ((size_t)64 << 20) + 1}),
		MLS_ERR_MESSAGE_TOO_LONG);
	assert_int_equal(outline.suite, 99);
	member_publish(client, &message);
	OK(mls_key_package_read(&outline, bytes_of(&message)));
	assert_int_equal(outline.suite, 1);
	assert_same(outline.member.credential, SLICE("someone"));
	assert_same(outline.member.signature_key, mls_client_signature_key(client));
	assert_int_equal(outline.not_before_s, TEST_NOW_S - 3600);
	assert_int_equal(outline.not_after_s, TEST_NOW_S + 90 * 24 * 3600);
	assert_same(outline.leaf_extensions, bytes_of(&leaf));
	assert_same(outline.extensions, bytes_of(&package));
	mls_client_free(client);
	mls_buf_free(&leaf);
	mls_buf_free(&package);
	mls_buf_free(&message);
}

/* From its key package to its Update and its commits. */
static void every_leaf_of_a_member_has_its_extensions(void **state)
{
	struct world *w = world_new(1, 3, NULL, NULL);
	struct mls_buf leaf, package;
	const uint32_t joiner = join_world(w, &leaf, &package);
	struct mls_event event;
	struct mls_waiting_proposal waiting;

	(void)state;
	world_commit(w, 0, &(struct mls_commit_request){0}, &joiner, 1);
	everybody_sees(w, joiner, bytes_of(&leaf));
	everybody_sees(w, 1, NOTHING);
	world_commit(w, joiner, &(struct mls_commit_request){0}, NULL, 0);
	everybody_sees(w, joiner, bytes_of(&leaf));
	w->message.len = 0;
	OK(mls_group_propose(w->group[joiner], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_UPDATE},
			     MLS_HANDSHAKE_PUBLIC));
	for (uint32_t i = 0; i < joiner; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->message)));
	assert_true(mls_group_proposal(w->group[0], &waiting, 0));
	assert_same(waiting.leaf_extensions, bytes_of(&leaf));
	assert_same(waiting.extensions, NOTHING);
	world_commit(w, 1, &(struct mls_commit_request){0}, NULL, 0);
	everybody_sees(w, joiner, bytes_of(&leaf));
	world_check(w);
	assert_false(mls_group_member_extensions(w->group[0], &waiting.extensions, joiner + 1));
	world_free(w);
	mls_buf_free(&leaf);
	mls_buf_free(&package);
}

static void a_proposed_newcomer_shows_its_extensions(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf leaf, package, message = {0};
	const uint32_t joiner = join_world(w, &leaf, &package);
	struct mls_waiting_proposal waiting;

	(void)state;
	member_publish(w->client[joiner], &message);
	w->message.len = 0;
	OK(mls_group_propose(w->group[0], &w->message,
			     &(struct mls_proposal_request){.type = MLS_PROPOSAL_ADD,
							    .key_package = bytes_of(&message)},
			     MLS_HANDSHAKE_PUBLIC));
	assert_true(mls_group_proposal(w->group[0], &waiting, 0));
	assert_same(waiting.leaf_extensions, bytes_of(&leaf));
	assert_same(waiting.extensions, bytes_of(&package));
	world_free(w);
	mls_buf_free(&leaf);
	mls_buf_free(&package);
	mls_buf_free(&message);
}

/* The creator's leaf has them; so has the leaf of an external commit, which is made from a
 * GroupInfo that has extensions of its own. */
static void founders_and_those_who_join_by_themselves_have_them(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf leaf, package, more = list_of(OWN_TYPE, SLICE("hello"));
	const uint32_t joiner = join_world(w, &leaf, &package);
	const struct mls_group_info_request request = {
		.ratchet_tree = true, .external_pub = true, .extensions = bytes_of(&more)};
	struct mls_group_outline outline;
	struct mls_event event;
	struct mls_group *group = NULL;
	struct mls_slice is, data;
	uint16_t type;

	(void)state;
	OK(mls_group_create(w->client[joiner], &group, SLICE("another"), NOTHING));
	assert_true(mls_group_member_extensions(group, &is, 0));
	assert_same(is, bytes_of(&leaf));
	mls_group_free(group);
	w->message.len = 0;
	OK(mls_group_info(w->group[0], &w->message, &request));
	OK(mls_group_info_read(&outline, bytes_of(&w->message)));
	is = outline.own_extensions;
	for (uint16_t want = MLS_EXTENSION_RATCHET_TREE; want <= MLS_EXTENSION_EXTERNAL_PUB;
	     want += 2) {
		OK(mls_extension_take(&type, &data, &is));
		assert_int_equal(type, want);
	}
	assert_same(is, bytes_of(&more));
	w->commit.len = 0;
	OK(mls_group_join_external(w->client[joiner], &w->group[joiner], &w->commit,
				   bytes_of(&w->message), &(struct mls_external_request){0}));
	for (uint32_t i = 0; i < joiner; i++)
		OK(mls_group_receive(w->group[i], &event, bytes_of(&w->commit)));
	everybody_sees(w, joiner, bytes_of(&leaf));
	world_check(w);
	world_free(w);
	mls_buf_free(&leaf);
	mls_buf_free(&package);
	mls_buf_free(&more);
}

static void assert_welcome_brought(const struct mls_group *group, struct mls_slice want)
{
	assert_same(mls_group_welcome_extensions(group), want);
}

static void save_and_load(struct world *w, uint32_t member)
{
	struct mls_buf saved = {0};

	OK(mls_group_save(w->group[member], &saved));
	mls_group_free(w->group[member]);
	OK(mls_group_load(w->client[member], &w->group[member], bytes_of(&saved)));
	mls_buf_free(&saved);
}

/* With the tree inside or beside it. Whoever does not join by it has none of them. */
static void a_welcome_brings_extensions(void **state)
{
	struct mls_buf list = list_of(OWN_TYPE, SLICE("hello"));

	(void)state;
	OK(mls_extension_put(&list, LAST_RESORT, NOTHING));
	for (int inside = 0; inside < 2; inside++) {
		struct world *w = world_new(1, 2, NULL, NULL);
		const uint32_t joining[] = {world_client(w, NULL), world_client(w, NULL)};
		const struct mls_commit_request request = {.tree_in_welcome = inside,
							   .welcome_extensions = bytes_of(&list)};

		world_commit(w, 0, &request, joining, 2);
		for (uint32_t i = 0; i < w->n; i++)
			assert_welcome_brought(w->group[i], i < 2 ? NOTHING : bytes_of(&list));
		save_and_load(w, joining[0]);
		assert_welcome_brought(w->group[joining[0]], NOTHING);
		world_check(w);
		world_commit(w, joining[1], &(struct mls_commit_request){0}, NULL, 0);
		assert_welcome_brought(w->group[joining[1]], NOTHING);
		world_check(w);
		world_free(w);
	}
	mls_buf_free(&list);
}

static void refuse_in_welcome(struct world *w, struct mls_slice add, struct mls_slice extensions,
			      enum mls_err want)
{
	const struct mls_commit_output output = {.commit = &w->commit, .welcome = &w->welcome};
	const struct mls_commit_request request = {
		.add = &add, .n_add = 1, .welcome_extensions = extensions};

	w->commit.len = w->welcome.len = 0;
	REFUSED(mls_group_commit(w->group[0], &output, &request), want);
	assert_int_equal(w->commit.len + w->welcome.len, 0);
	assert_false(mls_group_is_pending(w->group[0]));
}

static void a_welcome_has_no_extensions_that_are_not_its_own(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_buf package = {0};

	(void)state;
	member_publish(w->client[world_client(w, NULL)], &package);
	for (uint16_t type = 1; type <= 5; type++) {
		struct mls_buf list = list_of(type, SLICE("x"));

		refuse_in_welcome(w, bytes_of(&package), bytes_of(&list), MLS_ERR_EXTENSION_PLACE);
		mls_buf_free(&list);
	}
	refuse_in_welcome(w, bytes_of(&package), SLICE("\xf0\x01\x00\xf0\x01\x00"),
			  MLS_ERR_EXTENSION_TWICE);
	refuse_in_welcome(w, bytes_of(&package), SLICE("\xf0\x01\x01"), MLS_ERR_TRUNCATED);
	world_check(w);
	mls_buf_free(&package);
	world_free(w);
}

static void refuse(struct mls_slice leaf_extensions, struct mls_slice key_package_extensions,
		   enum mls_err want)
{
	const struct mls_client_config config = config_of(leaf_extensions, key_package_extensions);
	struct mls_client *client = NULL;

	REFUSED(mls_client_new(&client, &config), want);
	assert_null(client);
}

static void a_client_has_no_extensions_that_others_refuse(void **state)
{
	static const uint8_t zeros[65536];
	struct mls_buf longer = list_of(OWN_TYPE, (struct mls_slice){zeros, sizeof(zeros)});

	(void)state;
	for (uint16_t type = 1; type <= 5; type++) {
		struct mls_buf list = list_of(type, SLICE("x"));

		if (type != MLS_EXTENSION_APPLICATION_ID)
			refuse(bytes_of(&list), NOTHING, MLS_ERR_EXTENSION_PLACE);
		refuse(NOTHING, bytes_of(&list), MLS_ERR_EXTENSION_PLACE);
		mls_buf_free(&list);
	}
	refuse(SLICE("\xf0\x01\x00\xf0\x01\x00"), NOTHING, MLS_ERR_EXTENSION_TWICE);
	refuse(NOTHING, SLICE("\xf0\x01\x00\xf0\x01\x00"), MLS_ERR_EXTENSION_TWICE);
	refuse(SLICE("\xf0\x01\x01"), NOTHING, MLS_ERR_TRUNCATED);
	refuse(NOTHING, SLICE("\xf0"), MLS_ERR_TRUNCATED);
	refuse(SLICE("\xf0\x02\x00"), NOTHING, MLS_ERR_EXTENSION_NOT_LISTED);
	refuse(NOTHING, SLICE("\xf0\x01\x00\xf0\x02\x00"), MLS_ERR_EXTENSION_NOT_LISTED);
	refuse(bytes_of(&longer), NOTHING, MLS_ERR_LEAF_TOO_LONG);
	mls_buf_free(&longer);
}

/* At the bound, which counts its credential type twice, as listed and in use, others take it in. */
static void a_client_lists_no_more_than_a_group_keeps_track_of(void **state)
{
	enum { MOST = 4096 - 2 };
	static uint16_t list[MOST + 1];
	struct mls_client_config config = {.ephemeral = true,
					   .suite = 1,
					   .credential_type = MLS_CREDENTIAL_BASIC,
					   .extensions = {list, MOST + 1},
					   .now_s = TEST_NOW_S};
	struct world *w = world_new(1, 2, NULL, NULL);
	const uint32_t long_one = w->n++;

	(void)state;
	for (uint16_t i = 0; i <= MOST; i++)
		list[i] = (uint16_t)(0x7000 + i);
	REFUSED(mls_client_new(&w->client[long_one], &config), MLS_ERR_CODE_POINTS);
	config.extensions.n--;
	OK(mls_client_new(&w->client[long_one], &config));
	world_commit(w, 0, &(struct mls_commit_request){0}, &long_one, 1);
	world_check(w);
	world_free(w);
}

static void a_group_info_has_no_extensions_that_are_not_its_own(void **state)
{
	struct world *w = world_new(1, 2, NULL, NULL);
	struct mls_group_info_request request = {.external_pub = true};

	(void)state;
	w->message.len = 0;
	for (uint16_t type = 1; type <= 5; type++) {
		struct mls_buf list = list_of(type, SLICE("x"));

		request.extensions = bytes_of(&list);
		REFUSED(mls_group_info(w->group[0], &w->message, &request),
			MLS_ERR_EXTENSION_PLACE);
		mls_buf_free(&list);
	}
	request.extensions = SLICE("\xf0\x01\x00\xf0\x01\x00");
	REFUSED(mls_group_info(w->group[0], &w->message, &request), MLS_ERR_EXTENSION_TWICE);
	request.extensions = SLICE("\xf0\x01\x01");
	REFUSED(mls_group_info(w->group[0], &w->message, &request), MLS_ERR_TRUNCATED);
	assert_int_equal(w->message.len, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_package_shows_its_extensions),
		cmocka_unit_test(every_leaf_of_a_member_has_its_extensions),
		cmocka_unit_test(a_proposed_newcomer_shows_its_extensions),
		cmocka_unit_test(founders_and_those_who_join_by_themselves_have_them),
		cmocka_unit_test(a_client_has_no_extensions_that_others_refuse),
		cmocka_unit_test(a_client_lists_no_more_than_a_group_keeps_track_of),
		cmocka_unit_test(a_group_info_has_no_extensions_that_are_not_its_own),
		cmocka_unit_test(a_welcome_brings_extensions),
		cmocka_unit_test(a_welcome_has_no_extensions_that_are_not_its_own),
	};

	return cmocka_run_group_tests(tests, members_on_either, NULL);
}
