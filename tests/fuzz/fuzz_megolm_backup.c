/*
 * What the homeserver answers to a device that asks for one session of a backup, or for those of a
 * room; the whole backup is an entry of fuzz_megolm_keys. The first byte chooses algorithm and
 * scope; with its high bit the rest is edits to a genuine answer, three bytes each: where (16 bits)
 * and what to turn there. A refusal is never the caller's fault and brings nothing in; what is not
 * refused is counted, and of one session there is one at most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "edits.h"
#include "matrix.h"
#include "megolm_keys.h"
#include "state.h"

enum scope { ROOM, ONE, SCOPES };
enum { N_ENTRIES = MEGOLM_BACKUP_ALGORITHMS * SCOPES };

static const uint8_t secret[32] = {1, 2, 3};
static const struct megolm_import_limits limits = {1 << 20, 3, 3};

static struct matrix_story story;
static struct matrix_device carol;
static struct megolm_backup *backups[MEGOLM_BACKUP_ALGORITHMS];
static struct genuine_text genuine[N_ENTRIES];
static char session_id[44];

static void must(enum megolm_err err)
{
	if (err != MEGOLM_OK)
		abort();
}

/* The value behind a name in an upload, which ends with so many braces of what is around it. */
static void keep(unsigned entry, struct megolm_slice upload, const char *name, size_t around)
{
	size_t len = strlen(name);
	const uint8_t *end = upload.p + upload.len - around;

	for (const uint8_t *at = upload.p; at + len < end; at++)
		if (memcmp(at, name, len) == 0) {
			genuine[entry].len = (size_t)(end - at) - len;
			if (genuine[entry].len > sizeof(genuine[entry].bytes))
				abort();
			memcpy(genuine[entry].bytes, at + len, genuine[entry].len);
			return;
		}
	abort();
}

static void set_up(void)
{
	static uint8_t upload[8192];
	char name[64];
	size_t len = 0, n = 0;

	megolm_probe_use(MEGOLM_PROBE_OPENSSL);
	matrix_story_open(&story);
	matrix_open(&carol, 2, &megolm_default_policy);
	snprintf(session_id, sizeof(session_id), "%s", matrix_story_session(&story));
	snprintf(name, sizeof(name), "\"%s\":", session_id);
	for (unsigned a = 0; a < MEGOLM_BACKUP_ALGORITHMS; a++) {
		must(megolm_backup_open(&backups[a], (enum megolm_backup_algorithm)a, secret, "1"));
		must(megolm_backup_upload(backups[a], story.bob.device, upload, sizeof(upload),
					  &len, &n, 9));
		keep(SCOPES * a + ROOM, (struct megolm_slice){upload, len},
		     "\"" MATRIX_ROOM "\":", 2);
		keep(SCOPES * a + ONE, (struct megolm_slice){upload, len}, name, 4);
	}
	must(megolm_probe_checkpoint(carol.device));
}

static size_t sessions_of(const struct megolm_device *device)
{
	size_t n = 0;

	for (const struct megolm_room *room = device->room; room != NULL; room = room->next)
		n += room->n_inbound;
	return n;
}

static void check(enum scope scope, enum megolm_err err, const struct megolm_imported *n)
{
	enum megolm_err_class class = megolm_err_class(err);
	size_t sessions = sessions_of(carol.device);

	if (class == MEGOLM_CLASS_USAGE || class == MEGOLM_CLASS_RESOURCE)
		abort();
	if (scope == ONE && sessions != (err == MEGOLM_OK))
		abort();
	if (err == MEGOLM_OK && (n->n_new < sessions || n->n_new + n->n_known > 3))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct megolm_imported n = {0};
	struct genuine_text edited;
	struct megolm_slice text;
	enum scope scope;
	size_t entry;

	if (!is_ready)
		set_up();
	is_ready = true;
	if (size == 0)
		return 0;
	entry = choose_text(&text.p, &text.len, &edited, genuine, N_ENTRIES, data, size);
	scope = (enum scope)(entry % SCOPES);
	check(scope,
	      megolm_backup_restore(backups[entry / SCOPES], carol.device, &n, text, MATRIX_ROOM,
				    scope == ONE ? session_id : NULL, &limits),
	      &n);
	must(megolm_probe_rollback(carol.device));
	return 0;
}

void fuzz_seeds(void (*give)(const char *name, struct mls_slice seed))
{
	static const char *const algorithms[] = {"curve25519", "curve25519_mac", "symmetric"};
	static const char *const scopes[] = {"room", "one"};
	uint8_t seed[1 + sizeof(genuine[0].bytes)];
	char name[64];

	set_up();
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		snprintf(name, sizeof(name), "%s_%s", algorithms[i / SCOPES], scopes[i % SCOPES]);
		seed[0] = (uint8_t)i;
		memcpy(seed + 1, genuine[i].bytes, genuine[i].len);
		give(name, (struct mls_slice){seed, 1 + genuine[i].len});
		/* In the middle of what is sealed. */
		memcpy(seed, (const uint8_t[]){(uint8_t)(0x80 | i), 0, 200, 1}, 4);
		snprintf(name, sizeof(name), "%s_%s_edited", algorithms[i / SCOPES],
			 scopes[i % SCOPES]);
		give(name, (struct mls_slice){seed, 4});
	}
}
