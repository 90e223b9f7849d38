#ifndef LIBOLM_INTERPOSED_H
#define LIBOLM_INTERPOSED_H
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>

#include <olm/olm.h>
#include <olm/pk.h>

/*
 * Definitions of the program's own, which stand before libolm's, of every function that megolm/
 * calls and that can fail. For the one file of a test that includes this, after _GNU_SOURCE: it
 * says by fails() which calls do.
 *
 * X(name, parameters, arguments)
 */
#define FUNCTIONS(X)                                                                               \
	X(olm_create_account, (OlmAccount * a, void *r, size_t n), (a, r, n))                      \
	X(olm_pickle_account, (OlmAccount * a, void const *k, size_t k_len, void *p, size_t n),    \
	  (a, k, k_len, p, n))                                                                     \
	X(olm_unpickle_account, (OlmAccount * a, void const *k, size_t k_len, void *p, size_t n),  \
	  (a, k, k_len, p, n))                                                                     \
	X(olm_account_identity_keys, (OlmAccount * a, void *p, size_t n), (a, p, n))               \
	X(olm_account_sign, (OlmAccount * a, void const *m, size_t m_len, void *s, size_t n),      \
	  (a, m, m_len, s, n))                                                                     \
	X(olm_account_one_time_keys, (OlmAccount * a, void *p, size_t n), (a, p, n))               \
	X(olm_account_unpublished_fallback_key, (OlmAccount * a, void *p, size_t n), (a, p, n))    \
	X(olm_account_generate_one_time_keys, (OlmAccount * a, size_t k, void *r, size_t n),       \
	  (a, k, r, n))                                                                            \
	X(olm_account_generate_fallback_key, (OlmAccount * a, void *r, size_t n), (a, r, n))       \
	X(olm_account_mark_keys_as_published, (OlmAccount * a), (a))                               \
	X(olm_remove_one_time_keys, (OlmAccount * a, OlmSession * s), (a, s))                      \
	X(olm_create_outbound_session,                                                             \
	  (OlmSession * s, OlmAccount const *a, void const *k, size_t k_len, void const *o,        \
	   size_t o_len, void *r, size_t n),                                                       \
	  (s, a, k, k_len, o, o_len, r, n))                                                        \
	X(olm_create_inbound_session_from,                                                         \
	  (OlmSession * s, OlmAccount * a, void const *k, size_t k_len, void *m, size_t n),        \
	  (s, a, k, k_len, m, n))                                                                  \
	X(olm_matches_inbound_session_from,                                                        \
	  (OlmSession * s, void const *k, size_t k_len, void *m, size_t n), (s, k, k_len, m, n))   \
	X(olm_encrypt_message_type, (OlmSession const *s), (s))                                    \
	X(olm_encrypt,                                                                             \
	  (OlmSession * s, void const *p, size_t p_len, void *r, size_t r_len, void *m, size_t n), \
	  (s, p, p_len, r, r_len, m, n))                                                           \
	X(olm_decrypt, (OlmSession * s, size_t t, void *m, size_t m_len, void *p, size_t n),       \
	  (s, t, m, m_len, p, n))                                                                  \
	X(olm_pickle_session, (OlmSession * s, void const *k, size_t k_len, void *p, size_t n),    \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_unpickle_session, (OlmSession * s, void const *k, size_t k_len, void *p, size_t n),  \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_ed25519_verify,                                                                      \
	  (OlmUtility * u, void const *k, size_t k_len, void const *m, size_t m_len, void *s,      \
	   size_t n),                                                                              \
	  (u, k, k_len, m, m_len, s, n))                                                           \
	X(olm_init_outbound_group_session, (OlmOutboundGroupSession * s, uint8_t * r, size_t n),   \
	  (s, r, n))                                                                               \
	X(olm_outbound_group_session_id, (OlmOutboundGroupSession * s, uint8_t * p, size_t n),     \
	  (s, p, n))                                                                               \
	X(olm_outbound_group_session_key, (OlmOutboundGroupSession * s, uint8_t * p, size_t n),    \
	  (s, p, n))                                                                               \
	X(olm_group_encrypt,                                                                       \
	  (OlmOutboundGroupSession * s, uint8_t const *p, size_t p_len, uint8_t *m, size_t n),     \
	  (s, p, p_len, m, n))                                                                     \
	X(olm_pickle_outbound_group_session,                                                       \
	  (OlmOutboundGroupSession * s, void const *k, size_t k_len, void *p, size_t n),           \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_unpickle_outbound_group_session,                                                     \
	  (OlmOutboundGroupSession * s, void const *k, size_t k_len, void *p, size_t n),           \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_init_inbound_group_session,                                                          \
	  (OlmInboundGroupSession * s, uint8_t const *k, size_t n), (s, k, n))                     \
	X(olm_import_inbound_group_session,                                                        \
	  (OlmInboundGroupSession * s, uint8_t const *k, size_t n), (s, k, n))                     \
	X(olm_export_inbound_group_session,                                                        \
	  (OlmInboundGroupSession * s, uint8_t * p, size_t n, uint32_t i), (s, p, n, i))           \
	X(olm_inbound_group_session_id, (OlmInboundGroupSession * s, uint8_t * p, size_t n),       \
	  (s, p, n))                                                                               \
	X(olm_group_decrypt,                                                                       \
	  (OlmInboundGroupSession * s, uint8_t * m, size_t m_len, uint8_t * p, size_t n,           \
	   uint32_t * i),                                                                          \
	  (s, m, m_len, p, n, i))                                                                  \
	X(olm_pickle_inbound_group_session,                                                        \
	  (OlmInboundGroupSession * s, void const *k, size_t k_len, void *p, size_t n),            \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_unpickle_inbound_group_session,                                                      \
	  (OlmInboundGroupSession * s, void const *k, size_t k_len, void *p, size_t n),            \
	  (s, k, k_len, p, n))                                                                     \
	X(olm_pk_encryption_set_recipient_key, (OlmPkEncryption * e, void const *k, size_t n),     \
	  (e, k, n))                                                                               \
	X(olm_pk_encrypt,                                                                          \
	  (OlmPkEncryption * e, void const *p, size_t p_len, void *c, size_t c_len, void *m,       \
	   size_t m_len, void *k, size_t k_len, void const *r, size_t n),                          \
	  (e, p, p_len, c, c_len, m, m_len, k, k_len, r, n))                                       \
	X(olm_pk_key_from_private,                                                                 \
	  (OlmPkDecryption * d, void *p, size_t p_len, void const *k, size_t n),                   \
	  (d, p, p_len, k, n))                                                                     \
	X(olm_pk_decrypt,                                                                          \
	  (OlmPkDecryption * d, void const *e, size_t e_len, void const *m, size_t m_len, void *c, \
	   size_t c_len, void *p, size_t n),                                                       \
	  (d, e, e_len, m, m_len, c, c_len, p, n))                                                 \
	X(olm_pk_signing_key_from_seed,                                                            \
	  (OlmPkSigning * s, void *p, size_t p_len, void const *k, size_t n), (s, p, p_len, k, n)) \
	X(olm_pk_sign, (OlmPkSigning * s, uint8_t const *m, size_t m_len, uint8_t *p, size_t n),   \
	  (s, m, m_len, p, n))

enum function {
#define X(name, parameters, arguments) FUNCTION_##name,
	FUNCTIONS(X)
#undef X
		N_FUNCTIONS
};

static const char *const names[] = {
#define X(name, parameters, arguments) #name,
	FUNCTIONS(X)
#undef X
};

static bool fails(enum function which);

static void *libolm(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	return symbol;
}

#define X(name, parameters, arguments)                                                             \
	size_t name parameters                                                                     \
	{                                                                                          \
		static union {                                                                     \
			void *symbol;                                                              \
			size_t(*call) parameters;                                                  \
		} real;                                                                            \
		if (fails(FUNCTION_##name))                                                        \
			return olm_error();                                                        \
		if (real.symbol == NULL)                                                           \
			real.symbol = libolm(#name);                                               \
		return real.call arguments;                                                        \
	}
FUNCTIONS(X)
#undef X

/* Why a call failed, by the function of this name and this type: a reason that nothing else gives,
 * if is_forged. */
#define REASON(name, type, is_forged)                                                              \
	enum OlmErrorCode name(const type *object)                                                 \
	{                                                                                          \
		static union {                                                                     \
			void *symbol;                                                              \
			enum OlmErrorCode (*call)(const type *object);                             \
		} real;                                                                            \
		if (is_forged)                                                                     \
			return OLM_OUTPUT_BUFFER_TOO_SMALL;                                        \
		if (real.symbol == NULL)                                                           \
			real.symbol = libolm(#name);                                               \
		return real.call(object);                                                          \
	}
#endif
