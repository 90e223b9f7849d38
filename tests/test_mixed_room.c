/*
 * One Matrix room, devices on libolm and on vodozemac or olm-wasm, each of the two with a world of
 * its own: random lives, in which a device of each is a sender, and all others follow both. Pre-key
 * and normal Olm messages go in both directions. `make peers` builds the peers; beside them, both
 * worlds are libolm's. What is said of withheld keys, and what new devices upload, crosses too.
 *
 *   test_mixed_room [WALKS [FIRST_SEED]]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/backends.h"
#include "backends/plugins.h"
#include "mixed_mail.h"
#include "mutants.h"
#include "stride.h"

/* Device d lives in world d % 2; 0 and 1 are the senders, and never leave. Behind all of them are
 * two that nobody knows. */
enum { DEVICES = 8, FOUNDERS = 4, STEPS = 50, SENDERS = 2, STRANGERS = 2 };

static size_t n_walks;
static uint64_t first_seed = 1;

struct room {
	const struct gb_backend *backend[2];
	struct gb_world *world[2];
	bool is_member[DEVICES];
	uint64_t random;
	unsigned n_olm[2][2]; /* messages by the sender's world, pre-key and normal */
	char why[400];
};

static uint32_t draw(struct room *r, uint32_t below)
{
	r->random = r->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(r->random >> 33) % below;
}

static bool holds(struct room *r, bool condition, const char *what, uint32_t device)
{
	if (!condition && r->why[0] == '\0')
		snprintf(r->why, sizeof(r->why), "%s, device %u: %s", what, device,
			 r->backend[device % 2]->error(r->world[device % 2]));
	return condition;
}

#define CALL(r, function, device, ...)                                                             \
	((r)->backend[(device) % 2]->function((r)->world[(device) % 2], device, __VA_ARGS__))

/* The type of an Olm message stands before the sender's key and five braces and quotes. */
static bool is_pre_key(struct gb_bytes body)
{
	static const char between[] = "}},\"sender_key\":\"";
	size_t behind = sizeof(between) - 1 + 43 + 5;

	return body.len > behind && body.p[body.len - behind - 1] == '0';
}

/* Brings what is in the mail to whoever it is for. Types of Olm messages are counted. */
static bool deliver(struct room *r, const struct mixed_mail *mail)
{
	bool good = true;

	for (size_t i = 0; i < mail->n && good; i++) {
		const struct gb_message *m = &mail->message[i];
		if (m->kind != GB_ROOM_KEY && m->kind != GB_WITHHELD)
			continue;
		good = m->n_to == 1 && holds(r, CALL(r, process, m->to[0], m) == GB_OK,
					     "takes in a room key, or why there is none", m->to[0]);
		if (m->kind == GB_WITHHELD)
			continue;
		r->n_olm[m->from % 2][is_pre_key(m->body)]++;
	}
	return good;
}

static bool agree(struct room *r, uint32_t sender)
{
	uint8_t own[GB_DIGEST_BYTES], other[GB_DIGEST_BYTES];

	if (!holds(r, CALL(r, digest, sender, sender, own) == GB_OK, "has a session", sender))
		return false;
	for (uint32_t d = 0; d < DEVICES; d++) {
		bool same = CALL(r, digest, d, sender, other) == GB_OK &&
			    memcmp(own, other, sizeof(own)) == 0;
		if (!holds(r, same == r->is_member[d], "knows the key if it is a member", d))
			return false;
	}
	return true;
}

/* Everybody publishes anew for each sender: a one-time key is used once. */
static bool change(struct room *r, uint32_t sender, bool is_create, uint32_t first, uint32_t n)
{
	struct mixed_mail keys, mail;
	struct gb_published joining[DEVICES];
	bool good = true;
	size_t n_joining = 0;

	mixed_mail_open(&keys);
	mixed_mail_open(&mail);
	for (uint32_t d = first; d < first + n && good; d++) {
		if (d == sender)
			continue;
		good = holds(r, CALL(r, publish, d, &keys.outbox) == GB_OK, "publishes", d);
		joining[n_joining] = (struct gb_published){d, keys.message[n_joining].body};
		n_joining++;
	}
	if (good)
		good = holds(r,
			     (is_create ? CALL(r, create, sender, joining, n_joining, &mail.outbox)
					: CALL(r, add, sender, joining, n_joining, &mail.outbox)) ==
				     GB_OK,
			     is_create ? "creates" : "adds", sender);
	good = good && deliver(r, &mail);
	mixed_mail_empty(&mail);
	mixed_mail_empty(&keys);
	return good;
}

static bool rekey_or_remove(struct room *r, uint32_t sender, const uint32_t *leaving)
{
	struct mixed_mail mail;
	bool good;

	mixed_mail_open(&mail);
	good = holds(r,
		     (leaving ? CALL(r, remove, sender, leaving, 1, &mail.outbox)
			      : CALL(r, rekey, sender, &mail.outbox)) == GB_OK,
		     leaving ? "removes" : "rekeys", sender) &&
	       deliver(r, &mail);
	mixed_mail_empty(&mail);
	return good && agree(r, sender);
}

/* The same event may be read again; its bytes as another one may not. */
static bool replay(struct room *r, uint32_t device, const struct gb_message *m)
{
	struct gb_message another = *m;
	struct gb_bytes read;

	another.event = 0; /* which no mail gives */
	return holds(r, CALL(r, receive, device, m, &read) == GB_OK, "reads again", device) &&
	       holds(r, CALL(r, receive, device, &another, &read) == GB_REJECTED,
		     "refuses a replay", device);
}

/* Members read what is sent, and others do not. */
static bool send(struct room *r, uint32_t sender)
{
	static const char *const texts[] = {"It's a secret", "\"\\\x01\xff", ""};
	const char *text = texts[draw(r, 3)];
	struct gb_bytes said = {(const uint8_t *)text, strlen(text)}, read = {NULL, 0};
	struct mixed_mail mail;
	bool good;

	mixed_mail_open(&mail);
	good = holds(r, CALL(r, send, sender, said, &mail.outbox) == GB_OK && mail.n == 1, "sends",
		     sender);
	for (uint32_t d = 0; d < DEVICES && good; d++) {
		enum gb_status status;
		if (d == sender)
			continue;
		status = CALL(r, receive, d, &mail.message[0], &read);
		good = r->is_member[d] ? status == GB_OK && read.len == said.len &&
						 memcmp(read.p, said.p, said.len) == 0
				       : status == GB_REJECTED;
		holds(r, good, r->is_member[d] ? "reads" : "is refused", d);
		good = good && (!r->is_member[d] || replay(r, d, &mail.message[0]));
	}
	mixed_mail_empty(&mail);
	return good;
}

static bool found(struct room *r)
{
	uint32_t first = draw(r, SENDERS);

	for (uint32_t d = 0; d < DEVICES; d++) {
		if (!holds(r, r->backend[d % 2]->materialise(r->world[d % 2], d) == GB_OK, "lives",
			   d))
			return false;
		r->is_member[d] = d < FOUNDERS;
	}
	return change(r, first, true, 0, FOUNDERS) && change(r, 1 - first, true, 0, FOUNDERS) &&
	       agree(r, 0) && agree(r, 1);
}

/* Who comes or goes does so in both worlds. */
static bool step(struct room *r)
{
	uint32_t sender = draw(r, SENDERS), other = SENDERS + draw(r, DEVICES - SENDERS);

	switch (draw(r, 3)) {
	case 0:
		return rekey_or_remove(r, sender, NULL);
	case 1:
		return send(r, sender);
	default:
		r->is_member[other] = !r->is_member[other];
		if (r->is_member[other])
			return change(r, sender, false, other, 1) &&
			       change(r, 1 - sender, false, other, 1) && agree(r, 0) && agree(r, 1);
		return rekey_or_remove(r, sender, &other) && rekey_or_remove(r, 1 - sender, &other);
	}
}

static bool begin(struct room *r, const struct gb_backend *peer, uint64_t seed)
{
	const struct gb_config config = {
		.struct_size = sizeof(config), .seed = seed, .capacity = DEVICES + STRANGERS};

	*r = (struct room){.backend = {&gb_backend_megolm, peer}, .random = seed};
	return r->backend[0]->open(&r->world[0], &config) == GB_OK &&
	       r->backend[1]->open(&r->world[1], &config) == GB_OK && found(r);
}

static void end(struct room *r)
{
	for (size_t i = 0; i < 2; i++)
		r->backend[i]->close(r->world[i]);
}

static bool live(struct room *r, const struct gb_backend *peer, uint64_t seed)
{
	bool good = begin(r, peer, seed);

	for (size_t i = 0; i < STEPS && good; i++)
		good = step(r);
	end(r);
	return good;
}

/* ---- what is not in every life ---- */

/* Of two members, one on each library, that `sender` gives no keys: neither reads what it sends,
 * and both know why. */
static bool withhold(struct room *r, uint32_t sender, enum gb_reason reason)
{
	static const uint32_t members[] = {2, 3};
	struct gb_bytes said = {(const uint8_t *)"a", 1}, read;
	struct mixed_mail mail;
	bool good;

	mixed_mail_open(&mail);
	good = holds(r, CALL(r, withhold, sender, reason, members, 2, &mail.outbox) == GB_OK,
		     "withholds", sender) &&
	       deliver(r, &mail);
	mixed_mail_empty(&mail);
	mixed_mail_open(&mail);
	good = good &&
	       holds(r, CALL(r, send, sender, said, &mail.outbox) == GB_OK, "sends", sender);
	for (uint32_t d = 0; d < FOUNDERS && good; d++) {
		bool reads = d < 2, knows = false;
		enum gb_reason why = GB_REASONS;

		if (d == sender)
			continue;
		good = holds(r,
			     CALL(r, receive, d, &mail.message[0], &read) ==
				     (reads ? GB_OK : GB_REJECTED),
			     reads ? "reads" : "has no key", d);
		knows = CALL(r, withheld, d, &mail.message[0], &why) == GB_OK && why == reason;
		good = good && holds(r, knows == !reads, "knows why it has no key", d);
	}
	mixed_mail_empty(&mail);
	return good;
}

/* A new device, which `member` of the other library writes to by each kind of its keys. */
static bool reach(struct room *r, uint32_t device, uint32_t member)
{
	static const uint32_t keys[] = {0, 2, GB_LAST_RESORT};
	struct mixed_mail uploaded, mail;
	bool good;

	mixed_mail_open(&uploaded);
	good = holds(r, CALL(r, enrol, device, 3, &uploaded.outbox) == GB_OK, "is new", device);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && good; i++) {
		mixed_mail_open(&mail);
		good = holds(r,
			     CALL(r, reach, member, device, keys[i], uploaded.message, uploaded.n,
				  &mail.outbox) == GB_OK &&
				     mail.n == 1,
			     "reaches a new device", member) &&
		       holds(r, CALL(r, reached, device, &mail.message[0]) == GB_OK, "is reached",
			     device);
		mixed_mail_empty(&mail);
	}
	mixed_mail_open(&mail);
	good = good && holds(r,
			     CALL(r, reach, member, device, 3, uploaded.message, uploaded.n,
				  &mail.outbox) == GB_REJECTED,
			     "has three keys", device);
	mixed_mail_empty(&mail);
	mixed_mail_empty(&uploaded);
	return good;
}

static void crosses(const struct gb_backend *peer)
{
	struct room room;
	bool good;

	if (peer == NULL)
		skip();
	good = begin(&room, peer, first_seed) && withhold(&room, 0, GB_REASON_UNVERIFIED) &&
	       withhold(&room, 1, GB_REASON_BLACKLISTED) && reach(&room, DEVICES, 1) &&
	       reach(&room, DEVICES + 1, 0);
	end(&room);
	if (!good)
		fail_msg("%s: %s", peer->name, room.why);
}

static const char peer_file[] = "build/peers/rust/vodozemac.so";
static const char child_file[] = "build/peers/node/olm-wasm.mjs";
static const char child_command[] = "node build/peers/node/olm-wasm.mjs";

static const struct gb_backend *peer_named(const char *name)
{
	const struct gb_backend *peer = NULL;

	for (size_t i = 0; (peer = gb_plugin_at(i)) != NULL; i++)
		if (strcmp(peer->name, name) == 0)
			break;
	return peer;
}

static void play(const struct gb_backend *peer)
{
	unsigned n_olm[2][2] = {{0}};
	struct room room;

	for (uint64_t seed = first_seed; seed < first_seed + n_walks; seed++) {
		if (!live(&room, peer, seed))
			fail_msg("%s, seed %llu: %s", peer->name, (unsigned long long)seed,
				 room.why);
		for (size_t i = 0; i < 4; i++)
			n_olm[i / 2][i % 2] += room.n_olm[i / 2][i % 2];
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(n_olm[i / 2][i % 2] >= n_walks);
}

static void devices_in_two_worlds_agree(void **state)
{
	(void)state;
	play(&gb_backend_megolm);
}

static void devices_of_one_room_agree(void **state)
{
	(void)state;
	if (peer_named("vodozemac") == NULL)
		skip();
	play(peer_named("vodozemac"));
}

static void devices_beside_webassembly_agree(void **state)
{
	(void)state;
	if (peer_named("olm-wasm") == NULL)
		skip();
	play(peer_named("olm-wasm"));
}

static void withheld_and_new_keys_cross(void **state)
{
	(void)state;
	crosses(&gb_backend_megolm);
}

static void withheld_and_new_keys_cross_to_vodozemac(void **state)
{
	(void)state;
	crosses(peer_named("vodozemac"));
}

static void withheld_and_new_keys_cross_to_webassembly(void **state)
{
	(void)state;
	crosses(peer_named("olm-wasm"));
}

static void liars_are_found(void **state)
{
	static const char *const mutations[] = {"idle", "constant", "reusing", "unserved", "leaky"};
	struct gb_backend liar;
	struct room room;

	(void)state;
	if (peer_named("vodozemac") == NULL)
		skip();
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
		mutant_of(&liar, peer_named("vodozemac"), mutations[i]);
		if (live(&room, &liar, first_seed))
			fail_msg("%s is not found", mutations[i]);
	}
}

static int load_peers(void **state)
{
	char why[400];

	(void)state;
	if ((access(peer_file, R_OK) != 0 ||
	     gb_plugin_load(peer_file, why, sizeof(why)) == GB_EXIT_DONE) &&
	    (access(child_file, R_OK) != 0 ||
	     gb_plugin_load(child_command, why, sizeof(why)) == GB_EXIT_DONE))
		return 0;
	print_error("%s\n", why);
	return -1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_in_two_worlds_agree),
		cmocka_unit_test(devices_of_one_room_agree),
		cmocka_unit_test(devices_beside_webassembly_agree),
		cmocka_unit_test(withheld_and_new_keys_cross),
		cmocka_unit_test(withheld_and_new_keys_cross_to_vodozemac),
		cmocka_unit_test(withheld_and_new_keys_cross_to_webassembly),
		cmocka_unit_test(liars_are_found),
	};

	n_walks = argc > 1 ? strtoul(argv[1], NULL, 10) : 20 / test_stride(10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, load_peers, NULL);
}
