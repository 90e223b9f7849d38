#include "state.h"

uint64_t megolm_device_state_size(const struct megolm_device *device)
{
	uint64_t n = olm_pickle_account_length(device->account);

	for (size_t i = 0; i < device->n_peers; i++) {
		const struct megolm_peer *peer = device->peer[i];
		if (peer == NULL)
			continue;
		n += peer->keys.len;
		for (size_t k = 0; k < MEGOLM_MAX_SESSIONS && peer->session[k] != NULL; k++)
			n += olm_pickle_session_length(peer->session[k]->olm);
	}
	for (const struct megolm_room *room = device->room; room != NULL; room = room->next) {
		if (room->outbound.olm != NULL)
			n += olm_pickle_outbound_group_session_length(room->outbound.olm);
		for (size_t i = 0; i < room->n_inbound; i++)
			n += room->inbound[i]->olm != NULL
				     ? olm_pickle_inbound_group_session_length(
					       room->inbound[i]->olm)
				     : room->inbound[i]->session_key.len;
	}
	return n;
}
