/* The cryptographic library fails: each of its allocations in turn. What a client then says is
 * no rule of the protocol, and nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "members.h"

static size_t until_failure = SIZE_MAX; /* allocations that succeed before one fails */

static bool fails(void)
{
	return until_failure != SIZE_MAX && until_failure-- == 0; /* then SIZE_MAX: once */
}

static void *fail_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(size);
}

static void *fail_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, size);
}

static void plain_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* A client, a key package and a group of its own. */
static enum mls_err use_everything(uint16_t suite)
{
	const struct mls_client_config config = {.suite = suite,
						 .credential_type = MLS_CREDENTIAL_BASIC,
						 .now_s = TEST_NOW_S,
						 .ephemeral = true};
	struct mls_buf message = {0}, private_part = {0};
	struct mls_client *client = NULL;
	struct mls_group *group = NULL;
	enum mls_err err = mls_client_new(&client, &config);

	assert_true((client != NULL) == (err == MLS_OK));
	if (err == MLS_OK)
		err = mls_key_package_new(client, &message, &private_part);
	if (err == MLS_OK)
		err = mls_group_create(client, &group, (struct mls_slice){0},
				       (struct mls_slice){0});
	if (err == MLS_OK)
		err = mls_group_protect(group, &message, bytes_of(&private_part),
					(struct mls_slice){0});
	mls_group_free(group);
	mls_client_free(client);
	mls_buf_free(&message);
	mls_buf_free(&private_part);
	return err;
}

static void failures_of_the_library_are_said(void **state)
{
	(void)state;
	for (uint16_t suite = 1; suite <= 2; suite++) {
		size_t n_crypto = 0;
		bool is_over = false;

		OK(use_everything(suite)); /* what OpenSSL allocates once is there */
		for (size_t n = 0; !is_over; n++) {
			enum mls_err err;

			until_failure = n;
			err = use_everything(suite);
			is_over = until_failure != SIZE_MAX;
			until_failure = SIZE_MAX;
			if (err == MLS_OK)
				continue; /* OpenSSL did without */
			REFUSED(err, MLS_ERR_CRYPTO);
			n_crypto++;
		}
		assert_true(n_crypto > 10);
		OK(use_everything(suite));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_of_the_library_are_said),
	};

	if (!CRYPTO_set_mem_functions(fail_malloc, fail_realloc, plain_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
