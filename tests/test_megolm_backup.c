/*
 * Backups on the homeserver: who can read them, who can write them, what a changed one does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inbound.h"
#include "matrix.h"
#include "megolm_keys.h"
#include "session_data.h"

static const uint8_t secret[32] = {1, 2, 3};

struct backed_up {
	struct matrix_story story;
	struct megolm_backup *backup;
	char body[8192];
	size_t len;
};

/* Bob has uploaded what he has. */
static void open_backed_up(struct backed_up *b, enum megolm_backup_algorithm algorithm)
{
	size_t n = 0;

	matrix_story_open(&b->story);
	ASSERT_DONE(megolm_backup_open(&b->backup, algorithm, secret, "1"));
	assert_int_equal(megolm_backup_missing(b->story.bob.device), 1);
	ASSERT_DONE(megolm_backup_upload(b->backup, b->story.bob.device, (uint8_t *)b->body,
					 sizeof(b->body) - 1, &b->len, &n, 100));
	assert_int_equal(n, 1);
	b->body[b->len] = '\0';
}

static void close_backed_up(struct backed_up *b)
{
	megolm_backup_free(b->backup);
	matrix_story_close(&b->story);
}

static enum megolm_err restore(struct backed_up *b, struct matrix_device *d,
			       struct megolm_imported *n, const char *room_id,
			       const char *session_id, const char *answer)
{
	return megolm_backup_restore(b->backup, d->device, n, matrix_text(answer), room_id,
				     session_id, &megolm_default_import_limits);
}

/* The value of a member of the body, as a string of its own: from its brace to the matching one. */
static void cut(char out[8192], const char *body, const char *name)
{
	const char *from = strstr(body, name) + strlen(name), *p = from;
	int depth = 0;

	do {
		depth += (*p == '{') - (*p == '}');
		p++;
	} while (depth > 0);
	snprintf(out, 8192, "%.*s", (int)(p - from), from);
}

static void one_a_room_and_all_are_restored(void **state)
{
	static const enum megolm_source sources[] = {MEGOLM_SOURCE_BACKUP, MEGOLM_SOURCE_SEALED,
						     MEGOLM_SOURCE_SEALED};

	(void)state;
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++)
		for (unsigned scope = 0; scope < 3; scope++) {
			struct megolm_imported n = {0};
			struct matrix_device carol;
			enum megolm_source source;
			struct backed_up b;
			char name[100], answer[8192];

			open_backed_up(&b, (enum megolm_backup_algorithm)a);
			matrix_open(&carol, 2, &megolm_default_policy);
			snprintf(name, sizeof(name), "\"%s\":",
				 scope == 1 ? MATRIX_ROOM : matrix_story_session(&b.story));
			if (scope > 0)
				cut(answer, b.body, name);
			ASSERT_DONE(restore(&b, &carol, &n, scope > 0 ? MATRIX_ROOM : NULL,
					    scope > 1 ? matrix_story_session(&b.story) : NULL,
					    scope > 0 ? answer : b.body));
			assert_int_equal(n.n_new, 1);
			ASSERT_DONE(matrix_story_read(&b.story, &carol, &source));
			assert_int_equal(source, sources[a]);
			/* What came from there need not go there. */
			assert_int_equal(megolm_backup_missing(carol.device), 0);
			matrix_close(&carol);
			close_backed_up(&b);
		}
}

static void an_upload_counts_once_it_is_confirmed(void **state)
{
	struct backed_up b;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_SYMMETRIC);
	assert_int_equal(megolm_backup_missing(b.story.bob.device), 1);
	megolm_backup_confirm(b.story.bob.device);
	assert_int_equal(megolm_backup_missing(b.story.bob.device), 0);
	close_backed_up(&b);
}

/* What Bob has is in the backup already, as good; unless he can say of it that he has verified
 * whose it is. */
static void what_the_backup_has_is_not_missing(void **state)
{
	(void)state;
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++)
		for (int verifies = 0; verifies < 2; verifies++) {
			struct megolm_imported n = {0};
			struct backed_up b;
			struct matrix_device *bob = &b.story.bob, *alice = &b.story.alice;

			open_backed_up(&b, (enum megolm_backup_algorithm)a);
			if (verifies)
				ASSERT_DONE(megolm_peer_set_verified(
					megolm_device_find(bob->device, alice->user_id,
							   alice->device_id),
					true));
			ASSERT_DONE(restore(&b, bob, &n, NULL, NULL, b.body));
			assert_int_equal(n.n_known, 1);
			assert_int_equal(megolm_backup_missing(bob->device), verifies);
			close_backed_up(&b);
		}
}

/* The session as Bob would export it; `key` holds the key of it. */
static struct megolm_session_data exported(const struct matrix_story *s,
					   char key[MEGOLM_EXPORT_CHARS + 1])
{
	const char *id = matrix_story_session(s);
	struct megolm_session_data data = {
		.room_id = matrix_text(MATRIX_ROOM),
		.session_id = matrix_text(id),
		.curve25519 = matrix_text(megolm_device_curve25519(s->alice.device)),
		.ed25519 = matrix_text(megolm_device_ed25519(s->alice.device)),
	};
	uint32_t index;

	ASSERT_DONE(megolm_inbound_export(megolm_inbound_find(s->bob.room, matrix_text(id)),
					  (uint8_t *)key, &index));
	key[MEGOLM_EXPORT_CHARS] = '\0';
	data.session_key = matrix_text(key);
	return data;
}

/* Who writes a file, or into the first sort of backup, could put any number of them there; what is
 * kept can be given on. */
static void a_chain_is_kept_without_its_spaces(void **state)
{
	static const char *const links[] = {"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
					    "\"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\""};
	char key[MEGOLM_EXPORT_CHARS + 1], chain[8192], want[128];
	const struct megolm_inbound *inbound;
	struct megolm_session_data data;
	struct matrix_device carol;
	struct matrix_story s;
	bool is_new = false;

	(void)state;
	matrix_story_open(&s);
	matrix_open(&carol, 2, &megolm_default_policy);
	snprintf(chain, sizeof(chain), "[%3000s%s\n,%3000s%s ]", "", links[0], "", links[1]);
	snprintf(want, sizeof(want), "[%s,%s]", links[0], links[1]);
	data = exported(&s, key);
	data.chain = matrix_text(chain);
	ASSERT_DONE(megolm_chain_read(&data.n_forwarded, data.chain));
	ASSERT_DONE(megolm_session_data_accept(carol.device, &is_new, &data, MEGOLM_SOURCE_FILE));
	inbound = megolm_inbound_find(carol.room, data.session_id);
	assert_non_null(inbound);
	assert_int_equal(inbound->origin->n_forwarded, 2);
	assert_int_equal(inbound->origin->chain.len, strlen(want));
	assert_memory_equal(inbound->origin->chain.p, want, strlen(want));
	matrix_close(&carol);
	matrix_story_close(&s);
}

/* Dave, who came after the first message, has uploaded it from the second on. Carol, who has all of
 * it from a file, trusts the backup more, and has more than is there. */
static void what_the_backup_has_a_part_of_is_missing(void **state)
{
	struct matrix_device carol, dave, *all[] = {&dave};
	struct megolm_imported n = {0};
	struct megolm_session_data data;
	enum megolm_source source;
	struct backed_up b;
	char key[MEGOLM_EXPORT_CHARS + 1];
	bool is_new = false;
	size_t n_written;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_SYMMETRIC);
	matrix_open(&carol, 2, &megolm_default_policy);
	matrix_open(&dave, 3, &megolm_default_policy);
	(void)matrix_invite(&b.story.alice, &dave);
	matrix_share(&b.story.alice, all, 1);
	ASSERT_DONE(megolm_backup_upload(b.backup, dave.device, (uint8_t *)b.body,
					 sizeof(b.body) - 1, &b.len, &n_written, 1));
	b.body[b.len] = '\0';
	assert_non_null(strstr(b.body, "\"first_message_index\":1,"));
	data = exported(&b.story, key);
	ASSERT_DONE(megolm_session_data_accept(carol.device, &is_new, &data, MEGOLM_SOURCE_FILE));
	assert_true(is_new);
	ASSERT_DONE(restore(&b, &carol, &n, NULL, NULL, b.body));
	assert_int_equal(n.n_new, 1);
	ASSERT_DONE(matrix_story_read(&b.story, &carol, &source));
	assert_int_equal(source, MEGOLM_SOURCE_SEALED);
	assert_int_equal(megolm_backup_missing(carol.device), 1);
	matrix_close(&dave);
	matrix_close(&carol);
	close_backed_up(&b);
}

/* The plain text, in the hand of the specification. */
static void entries_have_the_members_of_the_specification(void **state)
{
	static const char *const members[] = {
		("\"first_message_index\":0,\"forwarded_count\":0,\"is_verified\":false,"
		 "\"session_data\":{\"ciphertext\":\""),
		"\",\"ephemeral\":\"", "\",\"mac\":\""};
	struct backed_up b;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_CURVE25519);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(b.body, members[i]));
	close_backed_up(&b);
}

/* Turns a character of a base64 string into another. */
static void turn(char *c)
{
	*c = *c == 'A' ? 'B' : 'A';
}

/*
 * The specification warns of it: the MAC of the first algorithm is that of the empty string. A
 * homeserver that turns a bit of the first block, whose plaintext it knows to begin with
 * {"algorithm":, garbles that block, and flips the same bit of the next one, without anybody
 * noticing anything but broken JSON; bits of the last blocks, where spaces would do, not even
 * that. Here the last but one block is turned: the decryption succeeds.
 */
static void the_first_algorithm_does_not_notice_changes(void **state)
{
	(void)state;
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		struct megolm_imported n = {0};
		struct matrix_device carol;
		struct backed_up b;
		char name[100], answer[8192];
		enum megolm_err err;

		open_backed_up(&b, (enum megolm_backup_algorithm)a);
		matrix_open(&carol, 2, &megolm_default_policy);
		snprintf(name, sizeof(name), "\"%s\":", matrix_story_session(&b.story));
		cut(answer, b.body, name);
		turn(strstr(answer, "ciphertext\":\"") + strlen("ciphertext\":\"") + 350);
		err = restore(&b, &carol, &n, MATRIX_ROOM, matrix_story_session(&b.story), answer);
		if (a != MEGOLM_BACKUP_CURVE25519) {
			ASSERT_ERR(err, MEGOLM_ERR_TAG);
		} else {
			/* Not the tag: what the garbled text happens to be decides. */
			assert_int_not_equal(err, MEGOLM_ERR_TAG);
			assert_int_not_equal(err, MEGOLM_ERR_MESSAGE_MAC);
		}
		matrix_close(&carol);
		close_backed_up(&b);
	}
}

/* Worse: whoever knows the public key can put sessions of his own there, of anybody's name. */
static void who_knows_the_public_key_can_write_to_the_first(void **state)
{
	struct megolm_imported n = {0};
	struct matrix_device mallory, carol;
	struct megolm_backup *forger;
	OlmPkEncryption *pk;
	struct backed_up b;
	uint8_t info[1024], ephemeral[43], mac[11], ciphertext[2048], random[32] = {9};
	char plain[1024], answer[4096], key[MEGOLM_EXPORT_CHARS + 1] = "";
	const char *id, *public_key;
	size_t len = 0, n_ciphertext;
	uint32_t index;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_CURVE25519);
	matrix_open(&mallory, 3, &megolm_default_policy);
	matrix_open(&carol, 2, &megolm_default_policy);
	(void)matrix_learn(&carol, &b.story.alice);
	/* What the homeserver sees of the backup. */
	ASSERT_DONE(
		megolm_backup_info_write(b.backup, b.story.bob.device, info, sizeof(info), &len));
	public_key = strstr((char *)info, "public_key\":\"") + strlen("public_key\":\"");
	ASSERT_DONE(megolm_probe_share_silently(mallory.room, 0));
	id = megolm_room_session_id(mallory.room, mallory.user_id, mallory.device_id);
	ASSERT_DONE(megolm_inbound_export(megolm_inbound_find(mallory.room, matrix_text(id)),
					  (uint8_t *)key, &index));
	snprintf(plain, sizeof(plain),
		 "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"forwarding_curve25519_key_chain\":[],"
		 "\"sender_claimed_keys\":{\"ed25519\":\"%s\"},\"sender_key\":\"%s\","
		 "\"session_key\":\"%s\"}",
		 megolm_device_ed25519(b.story.alice.device),
		 megolm_device_curve25519(b.story.alice.device), key);
	pk = olm_pk_encryption(malloc(olm_pk_encryption_size()));
	(void)olm_pk_encryption_set_recipient_key(pk, public_key, 43);
	n_ciphertext = olm_pk_ciphertext_length(pk, strlen(plain));
	(void)olm_pk_encrypt(pk, plain, strlen(plain), ciphertext, n_ciphertext, mac, 11, ephemeral,
			     43, random, 32);
	snprintf(answer, sizeof(answer),
		 "{\"session_data\":{\"ciphertext\":\"%.*s\",\"ephemeral\":\"%.43s\","
		 "\"mac\":\"%.11s\"}}",
		 (int)n_ciphertext, (char *)ciphertext, (char *)ephemeral, (char *)mac);
	ASSERT_DONE(restore(&b, &carol, &n, MATRIX_ROOM, id, answer));
	/* Alice's words, as Carol sees it; but with their source. */
	{
		struct megolm_slice forged = matrix_say(&mallory, "send money");
		struct megolm_event event;
		ASSERT_DONE(megolm_room_decrypt(carol.room, &event, b.story.alice.user_id, "$f",
						forged));
		assert_int_equal(event.source, MEGOLM_SOURCE_BACKUP);
	}
	/* The other form asks for a MAC that he cannot make. */
	ASSERT_DONE(megolm_backup_open(&forger, MEGOLM_BACKUP_CURVE25519_MAC, secret, "1"));
	ASSERT_ERR(megolm_backup_restore(forger, mallory.device, &n, matrix_text(answer),
					 MATRIX_ROOM, id, &megolm_default_import_limits),
		   MEGOLM_ERR_JSON_MEMBER);
	megolm_backup_free(forger);
	olm_clear_pk_encryption(pk);
	free(pk);
	matrix_close(&carol);
	matrix_close(&mallory);
	close_backed_up(&b);
}

/* A session with the id of a known one and another ratchet would make its messages unreadable. */
static void a_key_that_contradicts_the_one_here_is_refused(void **state)
{
	struct matrix_story s;
	struct megolm_session_data data;
	char key[MEGOLM_EXPORT_CHARS + 1];
	enum megolm_source source;
	bool is_new = true;

	(void)state;
	matrix_story_open(&s);
	data = exported(&s, key);
	ASSERT_DONE(megolm_session_data_accept(s.bob.device, &is_new, &data, MEGOLM_SOURCE_BACKUP));
	assert_false(is_new);
	turn(key + 50);
	ASSERT_ERR(megolm_session_data_accept(s.bob.device, &is_new, &data, MEGOLM_SOURCE_BACKUP),
		   MEGOLM_ERR_RATCHET);
	data.curve25519 = matrix_text(megolm_device_curve25519(s.bob.device));
	ASSERT_ERR(megolm_session_data_accept(s.bob.device, &is_new, &data, MEGOLM_SOURCE_BACKUP),
		   MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(matrix_story_read(&s, &s.bob, &source));
	matrix_story_close(&s);
}

/* What came from a backup first becomes the sender's when he says so. */
/* The homeserver keeps the better of two, and that is Carol's as soon as she trusts who sent it. */
static void a_better_source_takes_over(void **state)
{
	(void)state;
	for (int verifies = 0; verifies < 2; verifies++) {
		struct matrix_device *all[1], carol;
		struct megolm_imported n = {0};
		enum megolm_source source;
		struct backed_up b;

		open_backed_up(&b, MEGOLM_BACKUP_CURVE25519);
		matrix_open(&carol, 2, &megolm_default_policy);
		ASSERT_DONE(restore(&b, &carol, &n, NULL, NULL, b.body));
		ASSERT_DONE(matrix_story_read(&b.story, &carol, &source));
		assert_int_equal(source, MEGOLM_SOURCE_BACKUP);
		assert_int_equal(megolm_backup_missing(carol.device), 0);
		all[0] = &carol;
		(void)matrix_invite(&b.story.alice, &carol);
		if (verifies)
			ASSERT_DONE(megolm_peer_set_verified(matrix_learn(&carol, &b.story.alice),
							     true));
		matrix_share(&b.story.alice, all, 1); /* from index 1 on */
		ASSERT_DONE(matrix_story_read(&b.story, &carol, &source));
		assert_int_equal(source, MEGOLM_SOURCE_SENDER);
		assert_int_equal(megolm_backup_missing(carol.device), verifies);
		matrix_close(&carol);
		close_backed_up(&b);
	}
}

static void a_backup_is_known_by_its_key(void **state)
{
	static const uint8_t other[32] = {7};
	uint8_t info[1024];
	size_t len;
	bool is_signed;

	(void)state;
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		enum megolm_backup_algorithm algorithm = (enum megolm_backup_algorithm)a;
		struct megolm_backup *wrong;
		struct backed_up b;

		open_backed_up(&b, algorithm);
		ASSERT_DONE(megolm_backup_info_write(b.backup, b.story.bob.device, info,
						     sizeof(info), &len));
		is_signed = false;
		ASSERT_DONE(megolm_backup_info_check(b.backup, b.story.bob.device, &is_signed,
						     (struct megolm_slice){info, len}));
		assert_true(is_signed);
		ASSERT_DONE(megolm_backup_info_check(b.backup, b.story.alice.device, &is_signed,
						     (struct megolm_slice){info, len}));
		assert_false(is_signed);
		ASSERT_DONE(megolm_backup_open(&wrong, algorithm, other, "1"));
		ASSERT_ERR(megolm_backup_info_check(wrong, b.story.bob.device, NULL,
						    (struct megolm_slice){info, len}),
			   MEGOLM_ERR_BACKUP_KEY);
		megolm_backup_free(wrong);
		ASSERT_DONE(megolm_backup_open(
			&wrong, a == 2 ? MEGOLM_BACKUP_CURVE25519 : MEGOLM_BACKUP_SYMMETRIC, secret,
			"1"));
		ASSERT_ERR(megolm_backup_info_check(wrong, b.story.bob.device, NULL,
						    (struct megolm_slice){info, len}),
			   MEGOLM_ERR_BACKUP_KEY);
		megolm_backup_free(wrong);
		close_backed_up(&b);
	}
}

static void another_key_or_version_opens_nothing(void **state)
{
	static const uint8_t other[32] = {7};
	static const enum megolm_err wrong_key[] = {MEGOLM_ERR_MESSAGE_MAC, MEGOLM_ERR_TAG,
						    MEGOLM_ERR_TAG};

	(void)state;
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		struct megolm_imported n = {0};
		struct megolm_backup *wrong;
		struct matrix_device carol;
		struct backed_up b;
		char name[100], answer[8192];

		open_backed_up(&b, (enum megolm_backup_algorithm)a);
		matrix_open(&carol, 2, &megolm_default_policy);
		snprintf(name, sizeof(name), "\"%s\":", matrix_story_session(&b.story));
		cut(answer, b.body, name);
		ASSERT_DONE(
			megolm_backup_open(&wrong, (enum megolm_backup_algorithm)a, other, "1"));
		ASSERT_ERR(megolm_backup_restore(wrong, carol.device, &n, matrix_text(answer),
						 MATRIX_ROOM, matrix_story_session(&b.story),
						 &megolm_default_import_limits),
			   wrong_key[a]);
		megolm_backup_free(wrong);
		if (a == MEGOLM_BACKUP_SYMMETRIC) {
			ASSERT_DONE(
				megolm_backup_open(&wrong, MEGOLM_BACKUP_SYMMETRIC, secret, "2"));
			ASSERT_ERR(megolm_backup_restore(wrong, carol.device, &n,
							 matrix_text(answer), MATRIX_ROOM,
							 matrix_story_session(&b.story),
							 &megolm_default_import_limits),
				   MEGOLM_ERR_TAG);
			megolm_backup_free(wrong);
		}
		ASSERT_ERR(megolm_backup_open(&wrong, MEGOLM_BACKUP_SYMMETRIC, secret, "1\""),
			   MEGOLM_ERR_IDENTIFIER);
		matrix_close(&carol);
		close_backed_up(&b);
	}
}

/* Its MAC is right still: that is of nothing. The device has decrypted nothing before. */
static void an_entry_without_ciphertext_is_refused(void **state)
{
	struct megolm_imported n = {0};
	struct matrix_device carol;
	struct backed_up b;
	char name[100], answer[8192], *from;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_CURVE25519);
	matrix_open(&carol, 2, &megolm_default_policy);
	snprintf(name, sizeof(name), "\"%s\":", matrix_story_session(&b.story));
	cut(answer, b.body, name);
	from = strstr(answer, "\"ciphertext\":\"") + strlen("\"ciphertext\":\"");
	memmove(from, strchr(from, '"'), strlen(strchr(from, '"')) + 1);
	ASSERT_ERR(restore(&b, &carol, &n, MATRIX_ROOM, matrix_story_session(&b.story), answer),
		   MEGOLM_ERR_MESSAGE_MAC);
	matrix_close(&carol);
	close_backed_up(&b);
}

static void answers_of_another_shape_are_refused(void **state)
{
	static const struct {
		const char *answer;
		enum megolm_err want;
	} rows[] = {
		{"{\"rooms\":{}}", MEGOLM_OK},
		{"{\"rooms\":[]}", MEGOLM_ERR_JSON_MEMBER},
		{"{\"rooms\":{\"!r:s\":{}}}", MEGOLM_ERR_JSON_MEMBER},
		{"{}", MEGOLM_ERR_JSON_MEMBER},
		{"[]", MEGOLM_ERR_JSON},
		{"", MEGOLM_ERR_JSON},
	};
	struct megolm_import_limits tight = megolm_default_import_limits;
	struct megolm_imported n = {0};
	struct backed_up b;
	char *session;

	(void)state;
	open_backed_up(&b, MEGOLM_BACKUP_SYMMETRIC);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ASSERT_ERR(restore(&b, &b.story.alice, &n, NULL, NULL, rows[i].answer),
			   rows[i].want);
	tight.max_bytes = b.len - 1;
	ASSERT_ERR(megolm_backup_restore(b.backup, b.story.alice.device, &n, matrix_text(b.body),
					 NULL, NULL, &tight),
		   MEGOLM_ERR_TOO_LARGE);
	tight = megolm_default_import_limits;
	tight.max_sessions = 0;
	ASSERT_ERR(megolm_backup_restore(b.backup, b.story.alice.device, &n, matrix_text(b.body),
					 NULL, NULL, &tight),
		   MEGOLM_ERR_TOO_MANY);
	/* One that cannot be opened is left out of many. */
	session = strstr(b.body, "ciphertext");
	turn(session + 50);
	ASSERT_DONE(restore(&b, &b.story.alice, &n, NULL, NULL, b.body));
	assert_int_equal(n.n_refused, 1);
	close_backed_up(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_a_room_and_all_are_restored),
		cmocka_unit_test(an_upload_counts_once_it_is_confirmed),
		cmocka_unit_test(what_the_backup_has_is_not_missing),
		cmocka_unit_test(what_the_backup_has_a_part_of_is_missing),
		cmocka_unit_test(entries_have_the_members_of_the_specification),
		cmocka_unit_test(the_first_algorithm_does_not_notice_changes),
		cmocka_unit_test(who_knows_the_public_key_can_write_to_the_first),
		cmocka_unit_test(a_key_that_contradicts_the_one_here_is_refused),
		cmocka_unit_test(a_better_source_takes_over),
		cmocka_unit_test(a_backup_is_known_by_its_key),
		cmocka_unit_test(another_key_or_version_opens_nothing),
		cmocka_unit_test(a_chain_is_kept_without_its_spaces),
		cmocka_unit_test(an_entry_without_ciphertext_is_refused),
		cmocka_unit_test(answers_of_another_shape_are_refused),
	};

	return cmocka_run_group_tests_name("megolm backup", tests, NULL, NULL);
}
