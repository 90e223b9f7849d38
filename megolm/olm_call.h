#ifndef MEGOLM_OLM_CALL_H
#define MEGOLM_OLM_CALL_H
#include "megolm.h"

#include <olm/olm.h>
#include <olm/pk.h>

/*
 * libolm answers with olm_error() and keeps the reason in the object. Each of these makes
 * one status of the object, what a call on it returned, and whether a primitive under the
 * call failed. Every call of libolm that can fail passes through one of them.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_account(const OlmAccount *account, size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_session(const OlmSession *session, size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_utility(const OlmUtility *utility, size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_outbound(const OlmOutboundGroupSession *session,
						      size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_inbound(const OlmInboundGroupSession *session,
						     size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_pk_encryption(const OlmPkEncryption *encryption,
							   size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_pk_decryption(const OlmPkDecryption *decryption,
							   size_t returned);
enum megolm_err MEGOLM_MUST_CHECK megolm_olm_signing(const OlmPkSigning *key, size_t returned);
#endif
