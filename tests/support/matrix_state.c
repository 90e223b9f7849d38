#include "matrix_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bundle.h"
#include "forward.h"
#include "inbound.h"
#include "pickle.h"
#include "user.h"
#include "withheld.h"

static void put_bytes(FILE *out, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	char *text = malloc(2 * n + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	text[2 * n] = '\n';
	fwrite(text, 1, 2 * n + 1, out);
	free(text);
}

/* What was saved is freed. */
static void put_pickle(FILE *out, enum megolm_err err, struct megolm_owned *saved)
{
	ASSERT_DONE(err);
	put_bytes(out, saved->p, saved->len);
	free(saved->p);
	*saved = (struct megolm_owned){0};
}

static void put_peer(FILE *out, const struct megolm_peer *peer)
{
	struct megolm_owned saved = {0};

	fprintf(out, "peer %u: %s %s %s %s tag %llu verified %d %d stranger %d no_olm %d %d %llu\n",
		peer->number, peer->user_id, peer->device_id, peer->curve25519, peer->ed25519,
		(unsigned long long)peer->tag, peer->is_verified, peer->by_signatures,
		peer->is_stranger, peer->told_no_olm, peer->has_recovered,
		(unsigned long long)peer->recovered_ms);
	fprintf(out, "keys %u: ", peer->number);
	put_bytes(out, peer->keys.p, peer->keys.len);
	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS && peer->session[i] != NULL; i++) {
		fprintf(out, "fresh %s %zu: %d\n", peer->device_id, i, peer->session[i]->is_fresh);
		fprintf(out, "olm %s %zu: ", peer->device_id, i);
		put_pickle(out, megolm_save_session(&saved, peer->session[i]->olm), &saved);
	}
}

static int by_index(const void *a, const void *b)
{
	const struct megolm_seen *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* In order: the table has them as they fell. */
static void put_seen(FILE *out, const struct megolm_inbound *inbound)
{
	struct megolm_seen *seen = calloc(inbound->n_seen + 1, sizeof(*seen));
	size_t n = 0;

	assert_non_null(seen);
	for (size_t i = 0; i < inbound->seen_cap; i++)
		if (inbound->seen[i].used)
			seen[n++] = inbound->seen[i];
	assert_int_equal(n, inbound->n_seen);
	qsort(seen, n, sizeof(*seen), by_index);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%u ", seen[i].index);
		put_bytes(out, seen[i].event, sizeof(seen[i].event));
	}
	free(seen);
}

static void put_inbound(FILE *out, struct megolm_inbound *inbound)
{
	const struct megolm_origin *o = inbound->origin;
	struct megolm_owned saved = {0};

	fprintf(out,
		"session %s: sender %d shared %d backed_up %d arrival %llu seen %zu: ", inbound->id,
		inbound->sender != NULL ? (int)inbound->sender->number : -1,
		inbound->shared_history, (int)inbound->backed_up,
		(unsigned long long)inbound->arrival, inbound->n_seen);
	put_seen(out, inbound);
	fputc('\n', out);
	if (o != NULL) {
		fprintf(out, "origin %s: %d %s %s %s %u ", inbound->id, (int)o->source,
			o->curve25519, o->ed25519, o->giver != NULL ? o->giver : "-",
			o->n_forwarded);
		put_bytes(out, o->chain.p, o->chain.len);
	}
	fprintf(out, "inbound %s: ", inbound->id);
	ASSERT_DONE(megolm_inbound_open(inbound));
	put_pickle(out, megolm_save_inbound(&saved, inbound->olm), &saved);
}

static void put_room(FILE *out, const struct megolm_room *room)
{
	struct megolm_owned saved = {0};

	fprintf(out, "room %s: shared %d lacking %zu of %zu\n", room->id, room->shared_history,
		room->n_lacking, room->n_members);
	for (size_t i = 0; i < room->n_members; i++)
		fprintf(out, "member %zu: %u has %d withheld %d told %d\n", i,
			room->member[i].peer->number, room->member[i].has_key,
			(int)room->member[i].withheld, room->member[i].is_told);
	if (room->outbound.olm != NULL) {
		fprintf(out, "outbound %s: %llu ", room->outbound.id,
			(unsigned long long)room->outbound.begun_ms);
		put_pickle(out, megolm_save_outbound(&saved, room->outbound.olm), &saved);
	}
	for (size_t i = 0; i < room->n_inbound; i++)
		put_inbound(out, room->inbound[i]);
}

static void put_rings(FILE *out, const struct megolm_device *device)
{
	for (const struct megolm_request *r = device->request; r != NULL; r = r->next)
		fprintf(out, "request: %s %s %s\n", r->room_id, r->session_id, r->id);
	for (const struct megolm_request *r = device->settled; r != NULL; r = r->next)
		fprintf(out, "settled: %s\n", r->id);
	fprintf(out, "bundles: %zu\n", device->n_bundles);
	for (size_t i = 0; i < device->n_bundles && i < MEGOLM_MAX_BUNDLES; i++) {
		fprintf(out, "bundle %zu: %s %s %s ", i, device->bundle[i].sender,
			device->bundle[i].room_id, device->bundle[i].url);
		put_bytes(out, &device->bundle[i].attachment, sizeof(struct megolm_attachment));
	}
	fprintf(out, "withheld: %zu\n", device->n_withheld);
	for (size_t i = 0; device->withheld != NULL && i < MEGOLM_MAX_WITHHELD; i++) {
		fprintf(out, "withheld %zu: %d ", i, (int)device->withheld[i].code);
		put_bytes(out, device->withheld[i].mark, sizeof(device->withheld[i].mark));
	}
}

char *matrix_state(const struct matrix_device *d)
{
	const struct megolm_device *device = d->device;
	struct megolm_owned saved = {0};
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fprintf(out, "device: %s %s arrivals %llu\n", device->user_id, device->device_id,
		(unsigned long long)device->arrivals);
	fputs("account: ", out);
	put_pickle(out, megolm_save_account(&saved, device->account), &saved);
	fprintf(out, "fallback: %u used %d\n", device->fallback.number, device->fallback.used);
	for (size_t i = 0; i < device->n_users; i++)
		fprintf(out, "user: %s %s %s\n", device->user[i]->user_id, device->user[i]->master,
			device->user[i]->self_signing);
	for (size_t i = 0; i < device->n_peers; i++)
		if (device->peer[i] != NULL)
			put_peer(out, device->peer[i]);
	for (const struct megolm_room *room = device->room; room != NULL; room = room->next)
		put_room(out, room);
	put_rings(out, device);
	assert_int_equal(fclose(out), 0);
	return text;
}

void matrix_assert_same(const struct matrix_device *d, char *before)
{
	char *now = matrix_state(d);

	assert_string_equal(now, before);
	free(now);
	free(before);
}

void matrix_assert_moved_on(const struct matrix_device *d, char *before, const char *what,
			    const char *name)
{
	char *now = matrix_state(d), *rest_of_now = NULL, *rest = NULL, want[80];
	const char *was, *is;
	unsigned n_moved = 0;

	snprintf(want, sizeof(want), "%s %s", what, name);
	is = strtok_r(now, "\n", &rest_of_now);
	was = strtok_r(before, "\n", &rest);
	while (is != NULL && was != NULL) {
		if (strcmp(is, was) != 0) {
			assert_memory_equal(is, want, strlen(want));
			assert_memory_equal(was, want, strlen(want));
			n_moved++;
		}
		is = strtok_r(NULL, "\n", &rest_of_now);
		was = strtok_r(NULL, "\n", &rest);
	}
	assert_null(is);
	assert_null(was);
	assert_int_equal(n_moved, 1);
	free(now);
	free(before);
}
