/* Which values of an axis the megolm backend honours, and what they make of a world. */
#include "backends/megolm_world.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	enum gb_megolm_olm olm;
} olm_states[] = {
	{"new", GB_MEGOLM_NEW},
	{"chain", GB_MEGOLM_CHAIN},
	{"ratchet", GB_MEGOLM_RATCHET},
};

/* Words of the axis `backup`. */
static const char *const backups[MEGOLM_BACKUP_ALGORITHMS] = {
	[MEGOLM_BACKUP_CURVE25519] = "pk",
	[MEGOLM_BACKUP_CURVE25519_MAC] = "pk_mac",
	[MEGOLM_BACKUP_SYMMETRIC] = "sym",
};

enum gb_answer gb_megolm_axis(const char *name, const char *value, const char **reason)
{
	unsigned long number = strtoul(value, NULL, 10);

	if (strcmp(name, "olm") == 0) {
		for (size_t i = 0; i < sizeof olm_states / sizeof olm_states[0]; i++)
			if (strcmp(value, olm_states[i].word) == 0)
				return GB_HONOURED;
		*reason = "an Olm session is new, chain or ratchet";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "olm_crypto") == 0) {
		if (strcmp(value, "libolm") == 0 || strcmp(value, "openssl") == 0)
			return GB_HONOURED;
		*reason = "libolm runs on its own primitives or on OpenSSL's";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "backup") == 0) {
		for (size_t i = 0; i < MEGOLM_BACKUP_ALGORITHMS; i++)
			if (strcmp(value, backups[i]) == 0)
				return GB_HONOURED;
		*reason = "keys are kept encrypted by pk, pk_mac or sym";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "identity") == 0) {
		if (number >= GB_MEGOLM_SHORTEST_USER_ID && number <= 255)
			return GB_HONOURED;
		*reason = "a Matrix user id has at most 255 bytes, and here at least 16";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "devices_per_user") == 0 && number >= 1)
		return GB_HONOURED;
	if (strcmp(name, "rotation_messages") == 0 || strcmp(name, "rotation_age") == 0 ||
	    strcmp(name, "rounds") == 0)
		return GB_HONOURED;
	if (strcmp(name, "sender_device_keys") == 0)
		return GB_HONOURED;
	if (strcmp(name, "history") == 0) {
		if (strcmp(value, "joined") == 0 || strcmp(value, "shared") == 0)
			return GB_HONOURED;
		*reason = "history is visible to those who have joined, or shared with newcomers";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "verification") == 0) {
		if (strcmp(value, "device") == 0 || strcmp(value, "cross_signed") == 0)
			return GB_HONOURED;
		*reason = "a device vouches for itself, or its user's self-signing key for it";
		return GB_NOT_SUPPORTED;
	}
	if (strcmp(name, "threads") == 0 && number != 1) {
		*reason = "a Matrix device works on one thread";
		return GB_NOT_SUPPORTED;
	}
	return GB_NOT_APPLICABLE;
}

void gb_megolm_set_axis(struct gb_world *w, const struct gb_axis *axis)
{
	if (strcmp(axis->name, "olm_crypto") == 0 && strcmp(axis->value, "openssl") == 0)
		w->primitives = MEGOLM_PROBE_OPENSSL;
	else if (strcmp(axis->name, "identity") == 0)
		w->user_id_len = (uint32_t)strtoul(axis->value, NULL, 10);
	else if (strcmp(axis->name, "devices_per_user") == 0)
		w->devices_per_user = (uint32_t)strtoul(axis->value, NULL, 10);
	else if (strcmp(axis->name, "sender_device_keys") == 0)
		w->without_device_keys = strcmp(axis->value, "no") == 0;
	else if (strcmp(axis->name, "rotation_messages") == 0)
		w->rotation_messages = (uint32_t)strtoul(axis->value, NULL, 10);
	else if (strcmp(axis->name, "rounds") == 0)
		w->rounds = (uint32_t)strtoul(axis->value, NULL, 10);
	else if (strcmp(axis->name, "rotation_age") == 0)
		w->rotation_ms = (uint32_t)strtoul(axis->value, NULL, 10);
	else if (strcmp(axis->name, "history") == 0)
		w->shared_history = strcmp(axis->value, "shared") == 0;
	else if (strcmp(axis->name, "verification") == 0)
		w->cross_signed = strcmp(axis->value, "cross_signed") == 0;
	else if (strcmp(axis->name, "backup") == 0)
		for (unsigned i = 0; i < MEGOLM_BACKUP_ALGORITHMS; i++)
			w->kept.algorithm = strcmp(axis->value, backups[i]) == 0
						    ? (enum megolm_backup_algorithm)i
						    : w->kept.algorithm;
	else if (strcmp(axis->name, "olm") == 0)
		for (size_t i = 0; i < sizeof olm_states / sizeof olm_states[0]; i++)
			if (strcmp(axis->value, olm_states[i].word) == 0)
				w->olm = olm_states[i].olm;
}
