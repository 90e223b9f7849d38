/* All that a device would store, in one piece: a pickle of each object, and the device keys of
 * those it knows. Each piece is its length in four bytes, then its bytes. */
#include "big_endian.h"
#include "crypto.h"
#include "inbound.h"
#include "internal.h"
#include "megolm_probe.h"
#include "pickle.h"

/* What happens to each object on the way through a device. */
struct visitor {
	enum megolm_err (*account)(struct visitor *v, OlmAccount *account);
	enum megolm_err (*session)(struct visitor *v, OlmSession *session);
	enum megolm_err (*outbound)(struct visitor *v, OlmOutboundGroupSession *session);
	enum megolm_err (*inbound)(struct visitor *v, OlmInboundGroupSession *session);
	enum megolm_err (*keys)(struct visitor *v, struct megolm_slice keys);
	struct megolm_text out;   /* storing */
	struct megolm_slice rest; /* reloading */
};

static enum megolm_err put_piece(struct megolm_text *out, struct megolm_slice s)
{
	uint8_t len[4];

	megolm_put_u32(len, (uint32_t)s.len);
	megolm_put(out, megolm_slice(len, sizeof len));
	megolm_put(out, s);
	return megolm_text_full(out) ? MEGOLM_ERR_OUTPUT : MEGOLM_OK;
}

static enum megolm_err take_piece(struct megolm_slice *rest, struct megolm_owned *out)
{
	size_t len;

	if (rest->len < 4)
		return MEGOLM_ERR_PICKLE;
	len = megolm_read_u32(rest->p);
	if (len > rest->len - 4)
		return MEGOLM_ERR_PICKLE;
	/* Loading copies what it is given. */
	*out = (struct megolm_owned){(uint8_t *)(uintptr_t)rest->p + 4, len};
	*rest = megolm_slice(rest->p + 4 + len, rest->len - 4 - len);
	return MEGOLM_OK;
}

/* libolm tells apart what is wrong with a pickle. */
static enum megolm_err of_pickle(enum megolm_err err)
{
	return err == MEGOLM_OK || megolm_err_class(err) == MEGOLM_CLASS_RESOURCE
		       ? err
		       : MEGOLM_ERR_PICKLE;
}

#define OBJECTS(X)                                                                                 \
	X(account, OlmAccount, olm_clear_account)                                                  \
	X(session, OlmSession, olm_clear_session)                                                  \
	X(outbound, OlmOutboundGroupSession, olm_clear_outbound_group_session)                     \
	X(inbound, OlmInboundGroupSession, olm_clear_inbound_group_session)

#define X(name, type, clear)                                                                       \
	static enum megolm_err store_##name(struct visitor *v, type *object)                       \
	{                                                                                          \
		struct megolm_owned pickle = {0};                                                  \
		enum megolm_err err = megolm_save_##name(&pickle, object);                         \
		if (err == MEGOLM_OK)                                                              \
			err = put_piece(&v->out, megolm_slice(pickle.p, pickle.len));              \
		megolm_wipe_free(pickle.p, pickle.len);                                            \
		return err;                                                                        \
	}                                                                                          \
	static enum megolm_err reload_##name(struct visitor *v, type *object)                      \
	{                                                                                          \
		struct megolm_owned pickle;                                                        \
		enum megolm_err err = take_piece(&v->rest, &pickle);                               \
		if (err != MEGOLM_OK)                                                              \
			return err;                                                                \
		clear(object);                                                                     \
		return of_pickle(megolm_load_##name(object, &pickle));                             \
	}
OBJECTS(X)
#undef X

static enum megolm_err store_keys(struct visitor *v, struct megolm_slice keys)
{
	return put_piece(&v->out, keys);
}

static enum megolm_err reload_keys(struct visitor *v, struct megolm_slice keys)
{
	struct megolm_owned stored;
	enum megolm_err err = take_piece(&v->rest, &stored);

	if (err != MEGOLM_OK)
		return err;
	return megolm_equal(keys, megolm_slice(stored.p, stored.len)) ? MEGOLM_OK
								      : MEGOLM_ERR_PICKLE;
}

static enum megolm_err visit_peer(struct visitor *v, struct megolm_peer *peer)
{
	enum megolm_err err = v->keys(v, peer->keys);

	for (size_t i = 0; i < MEGOLM_MAX_SESSIONS && err == MEGOLM_OK; i++)
		if (peer->session[i] != NULL) {
			err = v->session(v, peer->session[i]->olm);
			peer->session[i]->touched = true;
		}
	return err;
}

static enum megolm_err visit_room(struct visitor *v, struct megolm_room *room)
{
	enum megolm_err err = MEGOLM_OK;

	if (room->outbound.olm != NULL)
		TRY(v->outbound(v, room->outbound.olm));
	for (size_t i = 0; i < room->n_inbound; i++) {
		TRY(megolm_inbound_open(room->inbound[i]));
		TRY(v->inbound(v, room->inbound[i]->olm));
	}
out:
	return err;
}

static enum megolm_err visit(struct visitor *v, struct megolm_device *device)
{
	enum megolm_err err = MEGOLM_OK;

	TRY(v->account(v, device->account));
	for (size_t i = 0; i < device->n_peers; i++)
		if (device->peer[i] != NULL)
			TRY(visit_peer(v, device->peer[i]));
	for (struct megolm_room *room = device->room; room != NULL; room = room->next)
		TRY(visit_room(v, room));
out:
	return err;
}

/* The messages seen of each session are beside libolm's objects. */
size_t megolm_probe_store_max(const struct megolm_device *device)
{
	size_t n = megolm_device_state_size(device) + 4 + 4 * device->n_peers;

	for (size_t i = 0; i < device->n_peers; i++)
		n += device->peer[i] != NULL ? 4 * MEGOLM_MAX_SESSIONS : 0;
	for (const struct megolm_room *room = device->room; room != NULL; room = room->next)
		n += 4 + 512 * room->n_inbound;
	return n;
}

enum megolm_err megolm_probe_store(struct megolm_device *device, uint8_t *out, size_t cap,
				   size_t *len)
{
	struct visitor v = {store_account,
			    store_session,
			    store_outbound,
			    store_inbound,
			    store_keys,
			    megolm_text(out, cap),
			    {0}};
	enum megolm_err err = visit(&v, device);

	if (err == MEGOLM_OK)
		*len = v.out.len;
	return err;
}

enum megolm_err megolm_probe_reload(struct megolm_device *device, struct megolm_slice stored)
{
	struct visitor v = {reload_account, reload_session, reload_outbound,
			    reload_inbound, reload_keys,    {0},
			    stored};
	enum megolm_err err = visit(&v, device);

	return err == MEGOLM_OK && v.rest.len > 0 ? MEGOLM_ERR_PICKLE : err;
}
