#include "pickle.h"

#include "crypto.h"
#include "internal.h"
#include <stdlib.h>

static const char pickle_key[] = MEGOLM_PICKLE_KEY;
#define KEY pickle_key, sizeof pickle_key - 1

/* Makes `out` hold `len` bytes; they were wiped and freed, or were as many. */
static enum megolm_err resize(struct megolm_owned *out, size_t len)
{
	if (out->p != NULL && out->len == len)
		return MEGOLM_OK;
	megolm_wipe_free(out->p, out->len);
	*out = (struct megolm_owned){0};
	out->p = malloc(len);
	if (out->p == NULL)
		return MEGOLM_ERR_NOMEM;
	out->len = len;
	return MEGOLM_OK;
}

/* A copy of a pickle, for libolm decodes where it lies. */
static enum megolm_err copy(struct megolm_owned *out, const struct megolm_owned *saved)
{
	enum megolm_err err = resize(out, saved->len);

	if (err == MEGOLM_OK)
		memcpy(out->p, saved->p, saved->len);
	return err;
}

/*
 * The four kinds of objects differ in the names of libolm's functions only.
 * X(what, type, prefix of pickle and unpickle, constructor, status)
 */
#define OBJECTS(X)                                                                                 \
	X(account, OlmAccount, account, olm_account, megolm_olm_account)                           \
	X(session, OlmSession, session, olm_session, megolm_olm_session)                           \
	X(outbound, OlmOutboundGroupSession, outbound_group_session, olm_outbound_group_session,   \
	  megolm_olm_outbound)                                                                     \
	X(inbound, OlmInboundGroupSession, inbound_group_session, olm_inbound_group_session,       \
	  megolm_olm_inbound)

#define X(what, type, name, construct, status)                                                     \
	enum megolm_err megolm_save_##what(struct megolm_owned *out, type *object)                 \
	{                                                                                          \
		enum megolm_err err = resize(out, olm_pickle_##name##_length(object));             \
		if (err != MEGOLM_OK)                                                              \
			return err;                                                                \
		return status(object, olm_pickle_##name(object, KEY, out->p, out->len));           \
	}                                                                                          \
                                                                                                   \
	enum megolm_err megolm_load_##what(type *object, const struct megolm_owned *saved)         \
	{                                                                                          \
		struct megolm_owned pickle = {0};                                                  \
		enum megolm_err err = copy(&pickle, saved);                                        \
		if (err != MEGOLM_OK)                                                              \
			return err;                                                                \
		object = construct(object);                                                        \
		err = status(object, olm_unpickle_##name(object, KEY, pickle.p, pickle.len));      \
		megolm_wipe_free(pickle.p, pickle.len);                                            \
		return err;                                                                        \
	}
OBJECTS(X)
#undef X
