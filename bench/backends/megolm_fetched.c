/*
 * Bytes of what the key directory answers where no answer is written: to the requests that
 * megolm_invite.c sends, one answer each, in which a user stands once.
 */
#include "backends/megolm_world.h"
#include <string.h>

void gb_megolm_forget_fetched(struct gb_megolm_live *live)
{
	live->now.fetched = live->now.asked = 0;
	live->now.n_fetched_devices = live->now.n_fetched_users = live->now.n_fetched_keys = 0;
}

void gb_megolm_count_key(struct gb_megolm_live *live, size_t len)
{
	live->now.fetched += len;
	live->now.n_fetched_keys++;
}

/* {"@user":{"DEVICE":,...},...}: without the values. */
static size_t bytes_of_names(const struct gb_world *w, size_t n_users, size_t n_devices)
{
	static const char around_user[] = "\"\":{}", around_device[] = "\"\":";
	size_t device_id_len = strlen(gb_megolm_ids(w, 0).device);

	return sizeof "{}" - 1 + n_users * (sizeof around_user - 1 + w->user_id_len) +
	       n_devices * (sizeof around_device - 1 + device_id_len) + (n_devices - 1);
}

void gb_megolm_count_claims(const struct gb_world *w, struct gb_megolm_live *live,
			    const uint32_t *devices, size_t n)
{
	static const char around[] = "{\"failures\":{},\"one_time_keys\":}";

	for (size_t at = 0, end; at < n; at = end) {
		size_t n_users = 0;
		end = n - at > GB_MEGOLM_BATCH ? at + GB_MEGOLM_BATCH : n;
		for (size_t i = at; i < end; i++)
			n_users += i == at || devices[i] / w->devices_per_user !=
						      devices[i - 1] / w->devices_per_user;
		live->now.fetched += sizeof around - 1 + bytes_of_names(w, n_users, end - at);
	}
}

/* {"@user":key,...} of the keys that vouch for users, twice, which are as long at each. */
static size_t bytes_of_vouchers(const struct gb_world *w, const struct gb_megolm_voucher *v,
				size_t n_users)
{
	static const char around[] = ",\"master_keys\":{},\"self_signing_keys\":{}",
			  around_user[] = "\"\":";

	return sizeof around - 1 + 2 * (n_users - 1) +
	       n_users * (2 * (sizeof around_user - 1 + w->user_id_len) + v->master.len +
			  v->self_signing.len);
}

static void count_answer(const struct gb_world *w, struct gb_megolm_live *live, uint32_t device,
			 size_t n_users, size_t n_devices)
{
	static const char around[] = "{\"device_keys\":,\"failures\":{}}";
	const struct gb_megolm_voucher *v = gb_megolm_voucher(w, device);

	live->now.fetched += sizeof around - 1 + bytes_of_names(w, n_users, n_devices) +
			     n_devices * megolm_device_keys(live->device).len;
	if (v != NULL)
		live->now.fetched += bytes_of_vouchers(w, v, n_users);
	live->now.n_fetched_users += n_users;
	live->now.n_fetched_devices += n_devices;
}

size_t gb_megolm_members_of_user(const struct gb_world *w, uint32_t user)
{
	uint64_t first = (uint64_t)user * w->devices_per_user;
	size_t n = 0;

	for (uint64_t d = first; d < first + w->devices_per_user && d < w->config.capacity; d++)
		n += w->is_member[d];
	return n;
}

void gb_megolm_count_queries(const struct gb_world *w, struct gb_megolm_live *live,
			     const uint32_t *devices, size_t n)
{
	uint32_t last = UINT32_MAX;
	size_t n_users = 0, n_devices = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t user = devices[i] / w->devices_per_user;
		if (user != last && n_users == GB_MEGOLM_BATCH) {
			count_answer(w, live, devices[0], n_users, n_devices);
			n_users = n_devices = 0;
		}
		if (user != last) {
			n_users++;
			n_devices += gb_megolm_members_of_user(w, user);
		}
		n_devices += !w->is_member[devices[i]];
		last = user;
	}
	if (n_users > 0)
		count_answer(w, live, devices[0], n_users, n_devices);
}

void gb_megolm_count_more(const struct gb_world *w, struct gb_megolm_live *live, size_t n)
{
	static const char around_device[] = ",\"\":";

	live->now.n_fetched_devices += n;
	live->now.fetched += n * (sizeof around_device - 1 + strlen(gb_megolm_ids(w, 0).device) +
				  megolm_device_keys(live->device).len);
}
