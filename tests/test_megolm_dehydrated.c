/*
 * Devices that wait on the homeserver for one of their user (MSC3814).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto_base64.h"
#include "crypto_seal.h"
#include "matrix.h"
#include "megolm_keys.h"

static const uint8_t secret[MEGOLM_DEHYDRATION_KEY_BYTES] = {5, 4, 3};

struct dry {
	struct matrix_device device; /* of carol's user */
	char id[64];
	struct megolm_slice fallback;
	uint8_t fallback_key[1024];
	uint8_t data[8192];
	size_t len;
};

static void dehydrate(struct dry *d, unsigned n, unsigned owner)
{
	struct megolm_random random;
	size_t len;

	matrix_open_another(&d->device, n, owner);
	megolm_device_free(d->device.device);
	random = megolm_seeded_random(&d->device.stream);
	ASSERT_DONE(megolm_device_new_dehydrated(&d->device.device, d->device.user_id, &random,
						 &megolm_default_policy));
	snprintf(d->id, sizeof(d->id), "%s", megolm_device_curve25519(d->device.device));
	d->device.device_id = d->id;
	matrix_new_key(&d->device);
	ASSERT_DONE(megolm_device_new_fallback_key(d->device.device, d->fallback_key,
						   sizeof(d->fallback_key), &len));
	d->fallback = (struct megolm_slice){d->fallback_key, len};
	assert_true(megolm_device_dehydrated_max(d->device.device) <= sizeof(d->data));
	ASSERT_DONE(megolm_device_dehydrate(d->device.device, d->data, sizeof(d->data), &d->len,
					    secret));
}

static enum megolm_err rehydrate(struct dry *d, struct megolm_device **out, const uint8_t *key)
{
	struct megolm_random random = megolm_seeded_random(&d->device.stream);

	return megolm_device_rehydrate(out, d->device.user_id,
				       (struct megolm_slice){d->data, d->len}, key, &random,
				       &megolm_default_policy);
}

/* While Carol was away, room keys went to the device that waits for her, by a one-time key or by
 * the fallback key. */
static void collect_room_keys(bool by_fallback)
{
	struct matrix_device *all[1];
	struct megolm_imported n = {0};
	struct megolm_device *again;
	struct megolm_slice event;
	struct megolm_event read;
	struct megolm_peer *peer;
	struct matrix_story story;
	struct matrix_device carol;
	struct dry dry;

	matrix_story_open(&story);
	matrix_open(&carol, 2, &megolm_default_policy);
	dehydrate(&dry, 5, 2);
	peer = matrix_learn(&story.alice, &dry.device);
	ASSERT_DONE(megolm_device_open_session(story.alice.device, peer,
					       by_fallback ? dry.fallback : dry.device.key));
	ASSERT_DONE(megolm_room_add(story.alice.room, peer));
	megolm_device_free(dry.device.device);
	ASSERT_DONE(rehydrate(&dry, &again, secret));
	dry.device.device = again;
	ASSERT_DONE(megolm_device_room(again, &dry.device.room, MATRIX_ROOM));
	all[0] = &dry.device;
	matrix_share(&story.alice, all, 1);
	event = matrix_say(&story.alice, "while you were away");
	ASSERT_DONE(megolm_device_adopt(carol.device, &n, again));
	assert_int_equal(n.n_new, 1);
	assert_int_equal(megolm_device_fallback_key_used(again), by_fallback);
	ASSERT_DONE(megolm_room_decrypt(carol.room, &read, story.alice.user_id, "$1", event));
	assert_int_equal(read.source, MEGOLM_SOURCE_FORWARDED);
	ASSERT_ERR(megolm_device_adopt(story.bob.device, &n, again), MEGOLM_ERR_UNVERIFIED);
	matrix_close(&dry.device);
	matrix_close(&carol);
	matrix_story_close(&story);
}

static void a_dehydrated_device_collects_room_keys(void **state)
{
	(void)state;
	collect_room_keys(false);
	collect_room_keys(true);
}

/* What the format of MSC3814 adds to the keys of a device, and who cannot be stored in it. */
static void a_dehydrated_device_says_what_it_is(void **state)
{
	struct matrix_device other;
	struct megolm_slice keys;
	char text[2048], begin[200];
	struct dry dry;
	size_t len;

	(void)state;
	dehydrate(&dry, 5, 2);
	keys = megolm_device_keys(dry.device.device);
	snprintf(text, sizeof(text), "%.*s", (int)keys.len, (const char *)keys.p);
	snprintf(begin, sizeof(begin), "],\"dehydrated\":true,\"device_id\":\"%s\",\"keys\"",
		 dry.id);
	assert_non_null(strstr(text, begin));
	matrix_open(&other, 1, &megolm_default_policy);
	ASSERT_ERR(megolm_device_dehydrate(other.device, dry.data, sizeof(dry.data), &len, secret),
		   MEGOLM_ERR_USAGE);
	ASSERT_ERR(megolm_device_dehydrate(dry.device.device, dry.data, 100, &len, secret),
		   MEGOLM_ERR_OUTPUT);
	matrix_close(&other);
	matrix_close(&dry.device);
}

static void put_base64(struct dry *d, const uint8_t *bytes, size_t n, const char *nonce)
{
	struct megolm_text text = megolm_text(d->data, sizeof(d->data));

	megolm_puts(&text, "{\"algorithm\":\"m.dehydration.v2\",\"device_pickle\":\"");
	megolm_put_base64(&text, (struct megolm_slice){bytes, n});
	megolm_puts(&text, "\",\"nonce\":\"");
	megolm_puts(&text, nonce);
	megolm_puts(&text, "\"}");
	d->len = text.len;
}

/*
 * The layout of MSC3814, written here byte by byte: two one-time keys and a fallback key. The
 * device has the public keys of RFC 7748 6.1 (Alice) and RFC 8032 7.1 (test 1).
 */
static void the_format_is_that_of_the_proposal(void **state)
{
	static const uint8_t curve25519[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
					       0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
					       0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
					       0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
	static const uint8_t seed[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
					 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
					 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
					 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
	static const uint8_t nonce[12] = {0};
	uint8_t plain[4 + 64 + 4 + 64 + 33] = {0x80}, sealed[sizeof(plain) + 16];
	struct megolm_device *device = NULL;
	struct dry dry;

	(void)state;
	dehydrate(&dry, 5, 2);
	memcpy(plain + 4, curve25519, 32);
	memcpy(plain + 36, seed, 32);
	plain[71] = 2;
	memset(plain + 72, 7, 32);
	memset(plain + 104, 8, 32);
	plain[136] = 1;
	memset(plain + 137, 9, 32);
	ASSERT_DONE(megolm_chacha_seal(sealed, (struct megolm_slice){plain, sizeof(plain)}, secret,
				       nonce));
	put_base64(&dry, sealed, sizeof(sealed), "AAAAAAAAAAAAAAAA");
	ASSERT_DONE(rehydrate(&dry, &device, secret));
	assert_string_equal(megolm_device_curve25519(device),
			    "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo");
	assert_string_equal(megolm_device_ed25519(device),
			    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo");
	megolm_device_free(device);
	device = NULL;
	for (size_t i = 0; i < 4; i++) {
		/* version, number of one-time keys (twice), whether there is a fallback key */
		static const struct {
			size_t at;
			uint8_t value;
		} wrong[] = {{0, 0}, {71, 3}, {70, 1}, {136, 2}};
		uint8_t bad[sizeof(plain)];

		memcpy(bad, plain, sizeof(bad));
		bad[wrong[i].at] = wrong[i].value;
		ASSERT_DONE(megolm_chacha_seal(sealed, (struct megolm_slice){bad, sizeof(bad)},
					       secret, nonce));
		put_base64(&dry, sealed, sizeof(sealed), "AAAAAAAAAAAAAAAA");
		ASSERT_ERR(rehydrate(&dry, &device, secret), MEGOLM_ERR_PICKLE);
	}
	put_base64(&dry, sealed, sizeof(sealed), "AAAAAAAAAAAAAAA");
	ASSERT_ERR(rehydrate(&dry, &device, secret), MEGOLM_ERR_PICKLE);
	assert_null(device);
	matrix_close(&dry.device);
}

static void the_device_is_the_same_again(void **state)
{
	struct megolm_device *again;
	struct megolm_slice keys, keys_again;
	struct dry dry;

	(void)state;
	dehydrate(&dry, 5, 2);
	ASSERT_DONE(rehydrate(&dry, &again, secret));
	keys = megolm_device_keys(dry.device.device);
	keys_again = megolm_device_keys(again);
	assert_int_equal(keys.len, keys_again.len);
	assert_memory_equal(keys.p, keys_again.p, keys.len);
	megolm_device_free(again);
	matrix_close(&dry.device);
}

static void changed_device_data_is_refused(void **state)
{
	static const uint8_t other[MEGOLM_DEHYDRATION_KEY_BYTES] = {1};
	struct megolm_device *again = NULL;
	struct dry dry, whole;

	(void)state;
	dehydrate(&dry, 5, 2);
	whole = dry;
	ASSERT_ERR(rehydrate(&dry, &again, other), MEGOLM_ERR_PICKLE);
	dry.data[dry.len / 2] = dry.data[dry.len / 2] == 'A' ? 'B' : 'A';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_PICKLE);
	memcpy(dry.data, whole.data, dry.len);
	dry.data[dry.len / 2] = '*';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_PICKLE);
	memcpy(dry.data, whole.data, dry.len);
	dry.data[strlen("{\"algorithm\":\"m.dehydration.v")] = '9';
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_ALGORITHM);
	dry.len -= 1;
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_JSON);
	dry.len = 0;
	ASSERT_ERR(rehydrate(&dry, &again, secret), MEGOLM_ERR_JSON);
	assert_null(again);
	matrix_close(&dry.device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dehydrated_device_collects_room_keys),
		cmocka_unit_test(a_dehydrated_device_says_what_it_is),
		cmocka_unit_test(the_format_is_that_of_the_proposal),
		cmocka_unit_test(the_device_is_the_same_again),
		cmocka_unit_test(changed_device_data_is_refused),
	};

	return cmocka_run_group_tests_name("megolm dehydrated", tests, NULL, NULL);
}
