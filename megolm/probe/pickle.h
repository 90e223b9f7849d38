#ifndef MEGOLM_PICKLE_H
#define MEGOLM_PICKLE_H
#include "state.h"

#define MEGOLM_PICKLE_KEY "checkpoint"

/*
 * libolm's objects as bytes and back. The encryption of these pickles protects nothing: they
 * never leave the process, and lie beside the objects themselves.
 *
 * Saving replaces what `out` held. Loading sets up the object at its place in memory anew.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_save_account(struct megolm_owned *out,
						      OlmAccount *account);
enum megolm_err MEGOLM_MUST_CHECK megolm_save_session(struct megolm_owned *out,
						      OlmSession *session);
enum megolm_err MEGOLM_MUST_CHECK megolm_save_outbound(struct megolm_owned *out,
						       OlmOutboundGroupSession *session);
enum megolm_err MEGOLM_MUST_CHECK megolm_save_inbound(struct megolm_owned *out,
						      OlmInboundGroupSession *session);

enum megolm_err MEGOLM_MUST_CHECK megolm_load_account(OlmAccount *account,
						      const struct megolm_owned *saved);
enum megolm_err MEGOLM_MUST_CHECK megolm_load_session(OlmSession *session,
						      const struct megolm_owned *saved);
enum megolm_err MEGOLM_MUST_CHECK megolm_load_outbound(OlmOutboundGroupSession *session,
						       const struct megolm_owned *saved);
enum megolm_err MEGOLM_MUST_CHECK megolm_load_inbound(OlmInboundGroupSession *session,
						      const struct megolm_owned *saved);
#endif
