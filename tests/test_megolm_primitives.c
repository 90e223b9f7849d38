/*
 * libolm's primitives through our definitions of them: both implementations give the values that
 * their standards print, calls are counted, and what would lead libolm astray is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <olm/olm.h>

#include "inbound.h"
#include "matrix.h"
#include "pairwise.h"
#include "primitives.h"

/* As libolm declares them. */
void _olm_crypto_curve25519_generate_key(const uint8_t random[32], struct megolm_x25519_pair *out);
void _olm_crypto_curve25519_shared_secret(const struct megolm_x25519_pair *own,
					  const struct megolm_x25519_public *theirs,
					  uint8_t out[32]);
void _olm_crypto_aes_encrypt_cbc(const struct megolm_aes256_key *key,
				 const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				 uint8_t *out);
size_t _olm_crypto_aes_decrypt_cbc(const struct megolm_aes256_key *key,
				   const struct megolm_aes256_iv *iv, const uint8_t *in, size_t len,
				   uint8_t *out);
void _olm_crypto_sha256(const uint8_t *in, size_t len, uint8_t out[32]);
void _olm_crypto_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len,
			     uint8_t out[32]);
void _olm_crypto_hkdf_sha256(const uint8_t *in, size_t in_len, const uint8_t *salt, size_t salt_len,
			     const uint8_t *info, size_t info_len, uint8_t *out, size_t out_len);

static void from_hex(uint8_t *out, const char *hex)
{
	for (size_t i = 0; hex[i] != '\0'; i++) {
		uint8_t digit = (uint8_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);

		out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
	}
}

static void assert_hex(const uint8_t *is, const char *want)
{
	uint8_t bytes[128];

	from_hex(bytes, want);
	assert_memory_equal(is, bytes, strlen(want) / 2);
}

static const enum megolm_probe_primitives both[] = {MEGOLM_PROBE_LIBOLM, MEGOLM_PROBE_OPENSSL};

static int use_libolm(void **state)
{
	(void)state;
	megolm_probe_use(MEGOLM_PROBE_LIBOLM);
	megolm_probe_count_into(NULL);
	(void)megolm_primitive_take_failure();
	return 0;
}

/* RFC 7748 5.2: one iteration with scalar and point 9. */
static void x25519_is_that_of_its_rfc(void **state)
{
	static const char want[] =
		"422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
	const uint8_t nine[32] = {9};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct megolm_x25519_pair own = {{0}, {0}};
		struct megolm_x25519_public theirs = {{9}};
		uint8_t secret[32];

		megolm_probe_use(both[i]);
		_olm_crypto_curve25519_generate_key(nine, &own);
		assert_hex(own.public_key, want);
		assert_memory_equal(own.private_key, nine, sizeof(nine));
		_olm_crypto_curve25519_shared_secret(&own, &theirs, secret);
		assert_hex(secret, want);
		ASSERT_DONE(megolm_primitive_take_failure());
	}
}

/* FIPS 180-4 (the message "abc"), RFC 4231 (cases 2 and 6), RFC 5869 (A.1). */
static void hashing_is_that_of_its_standards(void **state)
{
	static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char jefe[] = "what do ya want for nothing?";
	uint8_t key[131], salt[13], info[10], out[42];

	(void)state;
	memset(key, 0xaa, sizeof(key));
	from_hex(salt, "000102030405060708090a0b0c");
	from_hex(info, "f0f1f2f3f4f5f6f7f8f9");
	for (size_t i = 0; i < 2; i++) {
		uint8_t ikm[22];

		megolm_probe_use(both[i]);
		_olm_crypto_sha256((const uint8_t *)"abc", 3, out);
		assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		_olm_crypto_hmac_sha256((const uint8_t *)"Jefe", 4, (const uint8_t *)jefe,
					strlen(jefe), out);
		assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
		_olm_crypto_hmac_sha256(key, sizeof(key), (const uint8_t *)larger, strlen(larger),
					out);
		assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
		memset(ikm, 0x0b, sizeof(ikm));
		_olm_crypto_hkdf_sha256(ikm, sizeof(ikm), salt, sizeof(salt), info, sizeof(info),
					out, sizeof(out));
		assert_hex(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
				"34007208d5b887185865");
		ASSERT_DONE(megolm_primitive_take_failure());
	}
}

/* RFC 5869 A.3: no salt, no info. */
static void hkdf_without_salt_is_that_of_its_rfc(void **state)
{
	uint8_t ikm[22], out[42];

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	for (size_t i = 0; i < 2; i++) {
		megolm_probe_use(both[i]);
		_olm_crypto_hkdf_sha256(ikm, sizeof(ikm), NULL, 0, NULL, 0, out, sizeof(out));
		assert_hex(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
				"9d201395faa4b61a96c8");
	}
}

/* NIST SP 800-38A F.2.5, the first block. */
static void cbc_is_that_of_its_standard(void **state)
{
	struct megolm_aes256_key key;
	struct megolm_aes256_iv iv;
	uint8_t plain[16], out[32], back[32];

	(void)state;
	from_hex(key.bytes, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
	from_hex(iv.bytes, "000102030405060708090a0b0c0d0e0f");
	from_hex(plain, "6bc1bee22e409f96e93d7e117393172a");
	for (size_t i = 0; i < 2; i++) {
		megolm_probe_use(both[i]);
		_olm_crypto_aes_encrypt_cbc(&key, &iv, plain, sizeof(plain), out);
		assert_hex(out, "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
		assert_int_equal(_olm_crypto_aes_decrypt_cbc(&key, &iv, out, 32, back), 16);
		assert_memory_equal(back, plain, 16);
	}
}

/* Both implementations agree on ciphertexts whose padding no honest sender makes. */
static void odd_paddings_are_judged_alike(void **state)
{
	struct megolm_aes256_key key = {{1}};
	struct megolm_aes256_iv iv = {{2}};
	uint8_t in[48], out[2][48];

	(void)state;
	for (unsigned seed = 0; seed < 600; seed++) {
		size_t len[2];

		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = (uint8_t)(seed * 131 + i * 7 + seed / 256);
		for (size_t i = 0; i < 2; i++) {
			megolm_probe_use(both[i]);
			len[i] = _olm_crypto_aes_decrypt_cbc(&key, &iv, in, sizeof(in), out[i]);
		}
		assert_int_equal(len[0], len[1]);
		assert_memory_equal(out[0], out[1], sizeof(in));
	}
}

static void ciphertexts_of_no_whole_blocks_are_refused(void **state)
{
	struct megolm_aes256_key key = {{1}};
	struct megolm_aes256_iv iv = {{2}};
	uint8_t in[32] = {0}, out[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		megolm_probe_use(both[i]);
		assert_true(_olm_crypto_aes_decrypt_cbc(&key, &iv, in, 0, out) == SIZE_MAX);
		assert_true(_olm_crypto_aes_decrypt_cbc(&key, &iv, in, 17, out) == SIZE_MAX);
	}
}

/* RFC 7748 6.1: the secret with a point of low order is zero. */
static void points_of_low_order_are_refused(void **state)
{
	struct megolm_x25519_pair own;
	const struct megolm_x25519_public zero = {{0}}, one = {{1}};
	const uint8_t random[32] = {3, 1, 4};
	uint8_t secret[32];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		megolm_probe_use(both[i]);
		_olm_crypto_curve25519_generate_key(random, &own);
		_olm_crypto_curve25519_shared_secret(&own, &zero, secret);
		ASSERT_ERR(megolm_primitive_take_failure(), MEGOLM_ERR_LOW_ORDER);
		_olm_crypto_curve25519_shared_secret(&own, &one, secret);
		ASSERT_ERR(megolm_primitive_take_failure(), MEGOLM_ERR_LOW_ORDER);
		ASSERT_DONE(megolm_primitive_take_failure());
	}
}

/* A claimed key of low order surfaces as the status of the libolm call around it. */
static void a_claimed_key_of_low_order_is_refused(void **state)
{
	static const char bad[] = "{\"signed_curve25519:AAAAAQ\":{\"key\":"
				  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}";
	struct matrix_device alice, bob;
	struct megolm_peer *peer;
	struct megolm_pairwise *session;
	struct megolm_entropy random = {.len = 64};
	struct megolm_slice key, object;

	(void)state;
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	peer = matrix_learn(&alice, &bob);
	ASSERT_DONE(megolm_signed_key_read(&key, &object, matrix_text(bad)));
	ASSERT_DONE(megolm_pairwise_new(alice.device, &session));
	ASSERT_ERR(megolm_olm_session(session->olm,
				      olm_create_outbound_session(
					      session->olm, alice.device->account, peer->curve25519,
					      43, key.p, key.len, random.bytes, random.len)),
		   MEGOLM_ERR_LOW_ORDER);
	megolm_pairwise_release(alice.device, session);
	matrix_close(&alice);
	matrix_close(&bob);
}

/* A session key and message that libolm publishes with its tests. */
static void a_published_megolm_message_is_read(void **state)
{
	static const char key[] =
		"AgAAAAAwMTIzNDU2Nzg5QUJERUYwMTIzNDU2Nzg5QUJDREVGMDEyMzQ1Njc4OUFCREVGMDEyMzQ1Njc4"
		"OUFCQ0RFRjAxMjM0NTY3ODlBQkRFRjAxMjM0NTY3ODlBQkNERUYwMTIzNDU2Nzg5QUJERUYwMTIzNDU2"
		"Nzg5QUJDREVGMDEyMw0bdg1BDq4Px/slBow06q8n/B9WBfwWYyNOB8DlUmXGGwrFmaSb9bR/eY8xgERr"
		"xmP07hFmD9uqA2p8PMHdnV5ysmgufE6oLZ5+8/mWQOW3VVTnDIlnwd8oHUYRuk8TCQ";
	static const char message[] =
		"AwgAEhAcbh6UpbByoyZxufQ+h2B+8XHMjhR69G8F4+qjMaFlnIXusJZX3r8LnRORG9T3DXFdbVuvIWrL"
		"yRfm4i8QRbe8VPwGRFG57B1CtmxanuP8bHtnnYqlwPsD";
	/* The public key in the session key: its bytes 133 to 164. */
	static const char id[] = "DRt2DUEOrg/H+yUGjDTqryf8H1YF/BZjI04HwOVSZcY";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct megolm_inbound *inbound;
		uint8_t copy[sizeof(message)], plaintext[sizeof(message)];
		uint32_t index = 99;
		size_t n;

		megolm_probe_use(both[i]);
		ASSERT_DONE(megolm_inbound_new(&inbound, NULL, matrix_text(id), matrix_text(key)));
		memcpy(copy, message, sizeof(message));
		n = olm_group_decrypt(inbound->olm, copy, sizeof(message) - 1, plaintext,
				      sizeof(plaintext), &index);
		ASSERT_DONE(megolm_olm_inbound(inbound->olm, n));
		assert_int_equal(n, 7);
		assert_memory_equal(plaintext, "Message", 7);
		assert_int_equal(index, 0);
		memcpy(copy, message, sizeof(message));
		copy[60] ^= 1;
		n = olm_group_decrypt(inbound->olm, copy, sizeof(message) - 1, plaintext,
				      sizeof(plaintext), &index);
		ASSERT_ERR(megolm_olm_inbound(inbound->olm, n), MEGOLM_ERR_SIGNATURE);
		megolm_inbound_free(inbound);
	}
}

#define COUNTED(call)                                                                              \
	do {                                                                                       \
		memset(&counts, 0, sizeof(counts));                                                \
		call;                                                                              \
	} while (0)

/* scenarios.md 2.6: what each step must cost, whatever is underneath. */
static void every_call_is_counted(void **state)
{
	struct megolm_counts counts;
	struct matrix_device alice, bob;
	struct matrix_outbox out;
	struct megolm_peer *peer;
	struct megolm_slice content;
	struct megolm_event event;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		megolm_probe_use(both[i]);
		megolm_probe_count_into(&counts);
		matrix_outbox_open(&out);
		COUNTED(matrix_open(&alice, 0, &megolm_default_policy));
		assert_int_equal(counts.keygen, 2); /* identity: Curve25519 and Ed25519 */
		assert_int_equal(counts.sign, 1);   /* device keys */
		matrix_open(&bob, 1, &megolm_default_policy);
		COUNTED(matrix_new_key(&bob));
		assert_int_equal(counts.keygen, 1);
		assert_int_equal(counts.sign, 1);
		assert_int_equal(counts.random_bytes, 32);
		COUNTED(peer = matrix_learn(&alice, &bob));
		assert_int_equal(counts.verify, 1);
		COUNTED(ASSERT_DONE(megolm_device_open_session(alice.device, peer, bob.key)));
		assert_int_equal(counts.verify, 1);
		assert_int_equal(counts.keygen, 2);
		assert_int_equal(counts.dh, 3);
		assert_int_equal(counts.hkdf, 1);
		ASSERT_DONE(megolm_room_add(alice.room, peer));
		/* One new Megolm session (a key pair, a signature) and one Olm message: the
		 * message key, the next chain key and the tag are HMACs, the three keys of the
		 * message HKDF. */
		COUNTED(ASSERT_DONE(megolm_room_share(alice.room, NULL, 0, &out.sink)));
		assert_int_equal(counts.keygen, 1);
		assert_int_equal(counts.sign, 1);
		assert_int_equal(counts.dh, 0);
		assert_int_equal(counts.verify, 0);
		assert_int_equal(counts.cbc, 1);
		assert_int_equal(counts.hmac, 3);
		assert_int_equal(counts.hkdf, 1);
		/* 3 DH of the inbound session, the device keys' signature, the session key's. */
		COUNTED(ASSERT_DONE(matrix_receive(&bob, &alice, matrix_last(&out))));
		assert_int_equal(counts.dh, 3);
		assert_int_equal(counts.keygen, 0);
		assert_int_equal(counts.verify, 2);
		assert_int_equal(counts.cbc, 1);
		/* One key for the message, a tag, and a step of the ratchet. */
		COUNTED(content = matrix_say(&alice, "hello"));
		assert_int_equal(counts.sign, 1);
		assert_int_equal(counts.cbc, 1);
		assert_int_equal(counts.hmac, 2);
		assert_int_equal(counts.hkdf, 1);
		assert_int_equal(counts.hkdf_hmac, 4); /* 80 bytes: one extract, three expands */
		COUNTED(ASSERT_DONE(
			megolm_room_decrypt(bob.room, &event, alice.user_id, NULL, content)));
		assert_int_equal(counts.verify, 1);
		assert_int_equal(counts.cbc, 1);
		assert_int_equal(counts.hkdf, 1);
		matrix_outbox_close(&out);
		matrix_close(&alice);
		matrix_close(&bob);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(x25519_is_that_of_its_rfc, use_libolm),
		cmocka_unit_test_teardown(hashing_is_that_of_its_standards, use_libolm),
		cmocka_unit_test_teardown(hkdf_without_salt_is_that_of_its_rfc, use_libolm),
		cmocka_unit_test_teardown(cbc_is_that_of_its_standard, use_libolm),
		cmocka_unit_test_teardown(odd_paddings_are_judged_alike, use_libolm),
		cmocka_unit_test_teardown(ciphertexts_of_no_whole_blocks_are_refused, use_libolm),
		cmocka_unit_test_teardown(points_of_low_order_are_refused, use_libolm),
		cmocka_unit_test_teardown(a_claimed_key_of_low_order_is_refused, use_libolm),
		cmocka_unit_test_teardown(a_published_megolm_message_is_read, use_libolm),
		cmocka_unit_test_teardown(every_call_is_counted, use_libolm),
	};

	return cmocka_run_group_tests_name("megolm primitives", tests, use_libolm, NULL);
}
