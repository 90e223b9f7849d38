/*
 * Files of exported keys, and the keys of backups as people copy them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto_seal.h"
#include "matrix.h"
#include "megolm_keys.h"

#define ROUNDS 1000

static struct megolm_slice passphrase(void)
{
	return matrix_text("correct horse");
}

struct file {
	uint8_t text[8192];
	size_t len;
};

static void write_file(struct file *f, struct matrix_device *d)
{
	assert_true(megolm_key_file_max(d->device) <= sizeof(f->text));
	ASSERT_DONE(megolm_key_file_write(d->device, f->text, sizeof(f->text) - 1, &f->len,
					  passphrase(), ROUNDS));
	f->text[f->len] = '\0';
}

static struct megolm_slice whole(const struct file *f)
{
	return (struct megolm_slice){f->text, f->len};
}

static enum megolm_err read_file(struct matrix_device *d, struct megolm_imported *n,
				 const struct file *f)
{
	return megolm_key_file_read(d->device, n, NULL, whole(f), passphrase(),
				    &megolm_default_import_limits);
}

/* What a passphrase costs is counted, once each way, and no HMAC of it beside. */
static void the_rounds_of_a_file_are_counted(void **state)
{
	struct megolm_counts counts = {0};
	struct megolm_imported n = {0};
	struct matrix_story s;
	struct file f;

	(void)state;
	matrix_story_open(&s);
	megolm_probe_count_into(&counts);
	write_file(&f, &s.bob);
	assert_int_equal(counts.pbkdf2_rounds, ROUNDS);
	assert_int_equal(counts.hmac, 1);
	ASSERT_DONE(read_file(&s.bob, &n, &f));
	megolm_probe_count_into(NULL);
	assert_int_equal(counts.pbkdf2_rounds, 2 * ROUNDS);
	assert_int_equal(counts.hmac, 2);
	matrix_story_close(&s);
}

static void a_device_reads_by_an_imported_file(void **state)
{
	struct megolm_imported n = {0};
	struct matrix_story s;
	struct matrix_device carol;
	enum megolm_source source;
	uint32_t rounds = 0;
	struct file f;

	(void)state;
	matrix_story_open(&s);
	matrix_open(&carol, 2, &megolm_default_policy);
	ASSERT_ERR(matrix_story_read(&s, &carol, &source), MEGOLM_ERR_UNKNOWN_SESSION);
	write_file(&f, &s.bob);
	ASSERT_DONE(megolm_key_file_read(carol.device, &n, &rounds, whole(&f), passphrase(),
					 &megolm_default_import_limits));
	assert_int_equal(rounds, ROUNDS);
	assert_int_equal(n.n_new, 1);
	assert_int_equal(n.n_known + n.n_refused, 0);
	ASSERT_DONE(matrix_story_read(&s, &carol, &source));
	assert_int_equal(source, MEGOLM_SOURCE_FILE);
	ASSERT_DONE(read_file(&carol, &n, &f));
	assert_int_equal(n.n_known, 1);
	/* Who got the key from the sender keeps it as that. */
	ASSERT_DONE(read_file(&s.bob, &n, &f));
	assert_int_equal(n.n_known, 1);
	ASSERT_DONE(matrix_story_read(&s, &s.bob, &source));
	assert_int_equal(source, MEGOLM_SOURCE_SENDER);
	matrix_close(&carol);
	matrix_story_close(&s);
}

/* The sender of an imported session is whoever the file names, if that device is known. */
static void an_imported_session_is_of_the_device_it_names(void **state)
{
	struct megolm_event event;
	struct megolm_imported n = {0};
	struct matrix_story s;
	struct matrix_device carol;
	struct file f;

	(void)state;
	matrix_story_open(&s);
	matrix_open(&carol, 2, &megolm_default_policy);
	write_file(&f, &s.bob);
	ASSERT_DONE(read_file(&carol, &n, &f));
	(void)matrix_learn(&carol, &s.alice);
	ASSERT_ERR(megolm_room_decrypt(carol.room, &event, s.bob.user_id, NULL,
				       (struct megolm_slice){s.event, s.event_len}),
		   MEGOLM_ERR_WRONG_SENDER);
	ASSERT_DONE(megolm_room_decrypt(carol.room, &event, s.alice.user_id, NULL,
					(struct megolm_slice){s.event, s.event_len}));
	matrix_close(&carol);
	matrix_story_close(&s);
}

static void the_armour_is_that_of_the_specification(void **state)
{
	static const char first[] = "-----BEGIN MEGOLM SESSION DATA-----\n";
	static const char last[] = "\n-----END MEGOLM SESSION DATA-----\n";
	struct matrix_story s;
	struct file f;

	(void)state;
	matrix_story_open(&s);
	write_file(&f, &s.bob);
	assert_memory_equal(f.text, first, sizeof(first) - 1);
	assert_memory_equal(f.text + f.len - sizeof(last) + 1, last, sizeof(last) - 1);
	matrix_story_close(&s);
}

static void changed_files_are_refused(void **state)
{
	static const struct {
		const char *at;
		int offset;
		char flip;
		enum megolm_err want;
	} rows[] = {
		{"-----BEGIN", 0, 1, MEGOLM_ERR_KEY_FILE},
		{"-----END", 5, 1, MEGOLM_ERR_KEY_FILE},
		{"DATA-----\n", 10, 2, MEGOLM_ERR_KEY_FILE}, /* 'A' becomes 'C': another version */
		{"DATA-----\n", 20, 'x', MEGOLM_ERR_BASE64},
		{"DATA-----\n", 300, 1, MEGOLM_ERR_TAG},
		{"-----END", -20, 1, MEGOLM_ERR_TAG},
	};
	struct megolm_imported n = {0};
	struct matrix_story s;
	struct matrix_device carol;
	enum megolm_source source;
	struct file f, changed;

	(void)state;
	matrix_story_open(&s);
	matrix_open(&carol, 2, &megolm_default_policy);
	write_file(&f, &s.bob);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *at;

		changed = f;
		at = strstr((char *)changed.text, rows[i].at) + rows[i].offset;
		*at = rows[i].flip == 'x' ? '*' : *at == 'A' ? 'C' : *at == 'C' ? 'A' : 'A';
		ASSERT_ERR(read_file(&carol, &n, &changed), rows[i].want);
	}
	changed.len = 0;
	ASSERT_ERR(read_file(&carol, &n, &changed), MEGOLM_ERR_KEY_FILE);
	ASSERT_ERR(megolm_key_file_read(carol.device, &n, NULL, whole(&f), matrix_text("wrong"),
					&megolm_default_import_limits),
		   MEGOLM_ERR_TAG);
	assert_int_equal(n.n_new, 0);
	ASSERT_ERR(matrix_story_read(&s, &carol, &source), MEGOLM_ERR_UNKNOWN_SESSION);
	matrix_close(&carol);
	matrix_story_close(&s);
}

/* Who makes a file chooses the number of rounds; the bound holds before any is done. */
static void bounds_hold(void **state)
{
	struct megolm_import_limits few_rounds = megolm_default_import_limits,
				    few_bytes = few_rounds, no_sessions = few_rounds;
	struct megolm_imported n = {0};
	struct matrix_story s;
	uint32_t rounds = 0;
	struct file f;

	(void)state;
	few_rounds.max_rounds = ROUNDS - 1;
	no_sessions.max_sessions = 0;
	matrix_story_open(&s);
	write_file(&f, &s.bob);
	few_bytes.max_bytes = f.len - 1;
	ASSERT_ERR(megolm_key_file_read(s.alice.device, &n, &rounds, whole(&f), passphrase(),
					&few_rounds),
		   MEGOLM_ERR_ROUNDS);
	assert_int_equal(rounds, ROUNDS);
	ASSERT_ERR(
		megolm_key_file_read(s.alice.device, &n, NULL, whole(&f), passphrase(), &few_bytes),
		MEGOLM_ERR_TOO_LARGE);
	ASSERT_ERR(megolm_key_file_read(s.alice.device, &n, NULL, whole(&f), passphrase(),
					&no_sessions),
		   MEGOLM_ERR_TOO_MANY);
	ASSERT_ERR(megolm_key_file_write(s.bob.device, f.text, sizeof(f.text), &f.len, passphrase(),
					 0),
		   MEGOLM_ERR_USAGE);
	ASSERT_ERR(megolm_key_file_write(s.bob.device, f.text, 100, &f.len, passphrase(), ROUNDS),
		   MEGOLM_ERR_OUTPUT);
	matrix_story_close(&s);
}

/* ---- recovery keys ---- */

static void recovery_keys_have_prefix_and_parity(void **state)
{
	/* RFC 7748, 6.1: the private key of Alice. */
	static const uint8_t key[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
					0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
					0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
					0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
	char text[MEGOLM_RECOVERY_KEY_BYTES];
	uint8_t back[32] = {0};

	(void)state;
	megolm_recovery_key_write(text, key);
	assert_string_equal(text, "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d");
	ASSERT_DONE(megolm_recovery_key_read(back, matrix_text(text)));
	assert_memory_equal(back, key, sizeof(key));
	for (size_t i = 0; text[i] != '\0'; i++) {
		char was = text[i];

		text[i] = was == ' ' ? '1' : was == '2' ? '3' : '2';
		ASSERT_ERR(megolm_recovery_key_read(back, matrix_text(text)),
			   MEGOLM_ERR_RECOVERY_KEY);
		text[i] = was;
	}
	ASSERT_ERR(megolm_recovery_key_read(back, matrix_text("EsTc LW2K")),
		   MEGOLM_ERR_RECOVERY_KEY);
	ASSERT_ERR(megolm_recovery_key_read(back, matrix_text("0sTc")), MEGOLM_ERR_RECOVERY_KEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rounds_of_a_file_are_counted),
		cmocka_unit_test(a_device_reads_by_an_imported_file),
		cmocka_unit_test(an_imported_session_is_of_the_device_it_names),
		cmocka_unit_test(the_armour_is_that_of_the_specification),
		cmocka_unit_test(changed_files_are_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(recovery_keys_have_prefix_and_parity),
	};

	return cmocka_run_group_tests_name("megolm key file", tests, NULL, NULL);
}
