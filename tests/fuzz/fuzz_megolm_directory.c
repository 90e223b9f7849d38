/*
 * What the key directory and anybody can hand a device unencrypted. The first byte chooses the
 * entry: an answer of /keys/query or /keys/claim, whose parts are all walked and tried; the two
 * cross-signing keys of a user, a zero byte between them; an m.room_key.withheld. A refusal is
 * never the caller's fault.
 */
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "megolm_withheld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct matrix_device alice, bob;

static void check(enum megolm_err err)
{
	enum megolm_err_class class = megolm_err_class(err);

	if (class == MEGOLM_CLASS_USAGE || class == MEGOLM_CLASS_RESOURCE)
		abort();
}

static void set_up(void)
{
	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	matrix_open(&alice, 0, &megolm_default_policy);
	matrix_open(&bob, 1, &megolm_default_policy);
	if (megolm_probe_checkpoint(alice.device) != MEGOLM_OK)
		abort();
}

/* Every slice lies in the text. */
static void check_inside(struct megolm_slice part, struct megolm_slice text)
{
	if (part.p < text.p || part.len > text.len ||
	    (size_t)(part.p - text.p) > text.len - part.len)
		abort();
}

static void use(enum megolm_directory_part part, const struct megolm_directory_answer *a)
{
	struct megolm_peer *peer = NULL;

	if (part == MEGOLM_ANSWER_DEVICE_KEYS)
		check(megolm_device_learn(alice.device, &peer, a->value, bob.user_id, bob.device_id,
					  0));
	if (part != MEGOLM_ANSWER_ONE_TIME_KEYS)
		return;
	peer = megolm_device_find(alice.device, bob.user_id, bob.device_id);
	if (peer != NULL)
		check(megolm_device_open_session(alice.device, peer, a->value));
}

static void walk(enum megolm_directory_part part, struct megolm_slice text)
{
	struct megolm_directory_answer a;
	bool is_there = true;
	enum megolm_err err = megolm_directory_answer_open(&a, part, text);

	while (err == MEGOLM_OK) {
		err = megolm_directory_answer_next(&a, &is_there);
		if (err != MEGOLM_OK || !is_there)
			break;
		check_inside(a.user_id, text);
		check_inside(a.value, text);
		use(part, &a);
	}
	check(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct megolm_slice text, second;
	enum megolm_withheld code;
	const uint8_t *zero;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	text = (struct megolm_slice){data + 1, size - 1};
	zero = memchr(text.p, 0, text.len);
	switch (data[0] % 3) {
	case 0:
		for (int part = 0; part <= MEGOLM_ANSWER_SELF_SIGNING_KEYS; part++)
			walk((enum megolm_directory_part)part, text);
		break;
	case 1:
		if (zero == NULL)
			return 0;
		second = (struct megolm_slice){zero + 1, text.len - (size_t)(zero + 1 - text.p)};
		text.len = (size_t)(zero - text.p);
		check(megolm_device_learn_user(alice.device, text, second, bob.user_id));
		break;
	default:
		check(megolm_device_receive_withheld(alice.device, &code, text));
		check(megolm_room_why_withheld(alice.room, &code, text));
		break;
	}
	if (megolm_probe_rollback(alice.device) != MEGOLM_OK)
		abort();
	return 0;
}
