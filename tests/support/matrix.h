#ifndef MATRIX_H
#define MATRIX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "megolm.h"
#include "megolm_probe.h"

/*
 * Matrix devices for tests: repeatable, all in one room, with what they send to each other kept
 * until somebody hands it over.
 */

#define MATRIX_ROOM     "!room:gb.test"
#define MATRIX_MESSAGES 64

struct matrix_device {
	struct megolm_seeded stream;
	struct megolm_device *device;
	struct megolm_room *room;
	const char *user_id, *device_id;
	struct megolm_slice key; /* its latest signed one-time key */
	uint8_t key_text[1024];
	struct megolm_identity *identity; /* of its user; NULL unless matrix_cross_sign made it */
};

/* A sink that keeps. */
struct matrix_outbox {
	struct megolm_sink sink; /* first */
	uint8_t *body[MATRIX_MESSAGES];
	size_t len[MATRIX_MESSAGES];
	const struct megolm_peer *to[MATRIX_MESSAGES];
	size_t n, limit; /* room for `limit` messages */
};

/* Device number n, "@nnnnnnn:gb.test", in the room. All of these fail the test when they cannot
 * do what they say. */
void matrix_open(struct matrix_device *d, unsigned n, const struct megolm_policy *policy);
/* Another device of the user of device number `owner`. */
void matrix_open_another(struct matrix_device *d, unsigned n, unsigned owner);
void matrix_close(struct matrix_device *d);

/* The default policy, but that devices are verified by cross-signing. */
extern const struct megolm_policy matrix_strict;

/* The user of the device signs it: others learn the user with the device from now on. */
void matrix_cross_sign(struct matrix_device *d);

/* Makes a new one-time key, d->key. */
void matrix_new_key(struct matrix_device *d);

/* `d` learns the keys of `other`, without and with an Olm session; and puts it in the room. */
struct megolm_peer *matrix_learn(struct matrix_device *d, struct matrix_device *other);
struct megolm_peer *matrix_meet(struct matrix_device *d, struct matrix_device *other);
struct megolm_peer *matrix_invite(struct matrix_device *d, struct matrix_device *other);

void matrix_outbox_open(struct matrix_outbox *out);
void matrix_outbox_close(struct matrix_outbox *out);

/* The last message in the outbox. */
struct megolm_slice matrix_last(const struct matrix_outbox *out);

/* Takes a to-device message in, as a homeserver would hand it over. */
enum megolm_err matrix_receive(struct matrix_device *d, const struct matrix_device *from,
			       struct megolm_slice body);

/* Shares the key of the room and hands every message to its recipient among n devices. */
void matrix_share(struct matrix_device *from, struct matrix_device **all, size_t n);

/* An event of type m.room.message with this body, encrypted; in memory that lives until the next
 * call. */
struct megolm_slice matrix_say(struct matrix_device *d, const char *body);

/* Decrypts; on success the content must be the one of matrix_say(body). */
enum megolm_err matrix_read(struct matrix_device *d, const struct matrix_device *from,
			    struct megolm_slice content, const char *event_id, const char *body);

/* Alice is in a room with Bob, who has the key of the one message she has sent. */
struct matrix_story {
	struct matrix_device alice, bob;
	uint8_t event[4096];
	size_t event_len;
};

#define MATRIX_WORDS "once upon a time"

void matrix_story_open(struct matrix_story *s);
/* Both are cross-signed, and take no other devices for verified. */
void matrix_story_open_strict(struct matrix_story *s);
void matrix_story_close(struct matrix_story *s);

/* What a device makes of the message; on success its source. */
enum megolm_err matrix_story_read(const struct matrix_story *s, struct matrix_device *reader,
				  enum megolm_source *source);
const char *matrix_story_session(const struct matrix_story *s);

struct megolm_slice matrix_text(const char *s);

/* Alice, who has opened a session with Bob and sent nothing yet. */
struct matrix_pair {
	struct matrix_device alice, bob;
	struct megolm_peer *bob_at_alice;
	struct matrix_outbox out;
};

void matrix_pair_open(struct matrix_pair *p);
void matrix_pair_close(struct matrix_pair *p);
struct megolm_peer *matrix_alice_at_bob(struct matrix_pair *p);

/* Sends an m.dummy; its /sendToDevice body. */
struct megolm_slice matrix_greet(struct matrix_pair *p, struct matrix_device *from,
				 struct megolm_peer *to);

/* Any plaintext in an Olm message of alice for bob: the body of a /sendToDevice request, in memory
 * that lives until the next call. */
struct megolm_slice matrix_forge(struct matrix_pair *p, const char *plaintext);

/* The plaintext of an event with chosen members; NULL stands for the right value. */
struct matrix_claims {
	const char *sender, *recipient, *recipient_key, *key, *type, *content;
	int without_keys;        /* no sender_device_keys */
	const char *device_keys; /* these instead of alice's */
};

/* The plaintext, which lives until the next call; and in an Olm message. */
const char *matrix_event(const struct matrix_pair *p, struct matrix_claims c);
struct megolm_slice matrix_forge_event(struct matrix_pair *p, struct matrix_claims c);

/* Fails with both names unless `call` gives `want`. */
#define ASSERT_ERR(call, want) assert_string_equal(megolm_err_name(call), megolm_err_name(want))
#define ASSERT_DONE(call)      ASSERT_ERR(call, MEGOLM_OK)

#endif
