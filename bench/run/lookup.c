#include "run/lookup.h"

int gb_lookup_add(struct gb_trial *trial, uint32_t device, struct gb_measure *at)
{
	struct gb_testbed *t = trial->testbed;
	uint64_t asked = 0, fetched = 0;

	if (t->backend->asked == NULL || t->backend->fetched == NULL || at == NULL)
		return 0;
	if (t->backend->asked(t->world, device, &asked) != GB_OK ||
	    t->backend->fetched(t->world, device, &fetched) != GB_OK)
		return gb_testbed_fail(t, GB_EXIT_INTERNAL, "asking what it looked up failed: %s",
				       t->backend->error(t->world));
	if (asked == 0)
		return 0;
	at->traffic.messages[GB_CLAIM]++;
	at->traffic.bytes[GB_CLAIM] += asked;
	at->traffic.messages[GB_KEY_MATERIAL]++;
	at->traffic.bytes[GB_KEY_MATERIAL] += fetched;
	at->up_bytes += asked;
	at->down_bytes += fetched;
	return 0;
}

void gb_lookup_serve(struct gb_measure *server, const struct gb_measure *newcomer, uint64_t n)
{
	if (newcomer->up_bytes == 0)
		return;
	server->traffic.messages[GB_CLAIM] += n * newcomer->traffic.messages[GB_CLAIM];
	server->traffic.bytes[GB_CLAIM] += n * newcomer->traffic.bytes[GB_CLAIM];
	server->up_bytes += n * newcomer->up_bytes;
	server->down_bytes += n * newcomer->traffic.bytes[GB_KEY_MATERIAL];
}
