#include "run/lookup.h"

int gb_lookup_fetched(struct gb_testbed *t, uint32_t device, struct gb_traffic *down)
{
	const struct gb_backend *b = t->backend;
	uint64_t bytes = 0, raw = 0;

	if (b->fetched(t->world, device, &bytes) != GB_OK ||
	    (b->fetched_raw != NULL && b->fetched_raw(t->world, device, &raw) != GB_OK))
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "asking what it fetched failed: %s",
				       b->error(t->world));
	down->bytes[GB_KEY_MATERIAL] += bytes;
	down->raw[GB_KEY_MATERIAL] += t->mailbox.is_enveloped ? raw : bytes;
	return 0;
}

int gb_lookup_add(struct gb_trial *trial, uint32_t device, struct gb_measure *at)
{
	struct gb_testbed *t = trial->testbed;
	uint64_t asked = 0;

	if (t->backend->asked == NULL || t->backend->fetched == NULL || at == NULL)
		return 0;
	if (t->backend->asked(t->world, device, &asked) != GB_OK)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "asking what it looked up failed: %s",
				       t->backend->error(t->world));
	if (asked == 0)
		return 0;
	at->up.messages[GB_CLAIM]++;
	at->up.bytes[GB_CLAIM] += asked;
	at->up.raw[GB_CLAIM] += t->mailbox.is_enveloped ? 0 : asked;
	at->down.messages[GB_KEY_MATERIAL]++;
	return gb_lookup_fetched(t, device, &at->down);
}

void gb_lookup_serve(struct gb_measure *server, const struct gb_measure *newcomer, uint64_t n)
{
	struct gb_traffic answers = {
		.bytes = {[GB_KEY_MATERIAL] = newcomer->down.bytes[GB_KEY_MATERIAL]},
		.raw = {[GB_KEY_MATERIAL] = newcomer->down.raw[GB_KEY_MATERIAL]}};

	if (gb_traffic_bytes(&newcomer->up) == 0)
		return;
	gb_traffic_add_times(&server->up, &newcomer->up, n);
	gb_traffic_add_times(&server->down, &answers, n);
}
