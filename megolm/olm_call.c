#include "olm_call.h"

#include "primitives.h"
#include <stdio.h>

static enum megolm_err from_olm(enum OlmErrorCode code)
{
	switch (code) {
	case OLM_BAD_MESSAGE_VERSION:
		return MEGOLM_ERR_MESSAGE_VERSION;
	case OLM_BAD_MESSAGE_FORMAT:
		return MEGOLM_ERR_MESSAGE_FORMAT;
	case OLM_BAD_MESSAGE_MAC:
		return MEGOLM_ERR_MESSAGE_MAC;
	case OLM_BAD_MESSAGE_KEY_ID:
		return MEGOLM_ERR_ONE_TIME_KEY;
	case OLM_INVALID_BASE64:
		return MEGOLM_ERR_BASE64;
	case OLM_BAD_SESSION_KEY:
		return MEGOLM_ERR_SESSION_KEY;
	case OLM_UNKNOWN_MESSAGE_INDEX:
		return MEGOLM_ERR_UNKNOWN_INDEX;
	case OLM_BAD_SIGNATURE:
		return MEGOLM_ERR_SIGNATURE;
	case OLM_BAD_ACCOUNT_KEY:
	case OLM_UNKNOWN_PICKLE_VERSION:
	case OLM_CORRUPTED_PICKLE:
	case OLM_PICKLE_EXTRA_DATA:
	case OLM_BAD_LEGACY_ACCOUNT_PICKLE:
		return MEGOLM_ERR_PICKLE;
	default:
		return MEGOLM_ERR_OLM;
	}
}

/* A primitive that failed matters more than what libolm made of its output. */
static enum megolm_err status(size_t returned, enum OlmErrorCode code)
{
	enum megolm_err err = megolm_primitive_take_failure();

	if (err != MEGOLM_OK)
		return err;
	return returned == olm_error() ? from_olm(code) : MEGOLM_OK;
}

enum megolm_err megolm_olm_account(const OlmAccount *account, size_t returned)
{
	return status(returned, olm_account_last_error_code(account));
}

enum megolm_err megolm_olm_session(const OlmSession *session, size_t returned)
{
	return status(returned, olm_session_last_error_code(session));
}

/* A utility only verifies: libolm calls a signature that does not fit a bad MAC. */
enum megolm_err megolm_olm_utility(const OlmUtility *utility, size_t returned)
{
	enum megolm_err err = status(returned, olm_utility_last_error_code(utility));

	return err == MEGOLM_ERR_MESSAGE_MAC ? MEGOLM_ERR_SIGNATURE : err;
}

enum megolm_err megolm_olm_outbound(const OlmOutboundGroupSession *session, size_t returned)
{
	return status(returned, olm_outbound_group_session_last_error_code(session));
}

enum megolm_err megolm_olm_inbound(const OlmInboundGroupSession *session, size_t returned)
{
	return status(returned, olm_inbound_group_session_last_error_code(session));
}

enum megolm_err megolm_olm_pk_encryption(const OlmPkEncryption *encryption, size_t returned)
{
	return status(returned, olm_pk_encryption_last_error_code(encryption));
}

enum megolm_err megolm_olm_pk_decryption(const OlmPkDecryption *decryption, size_t returned)
{
	return status(returned, olm_pk_decryption_last_error_code(decryption));
}

enum megolm_err megolm_olm_signing(const OlmPkSigning *key, size_t returned)
{
	return status(returned, olm_pk_signing_last_error_code(key));
}

const char *megolm_version(void)
{
	static _Thread_local char version[32];
	uint8_t major, minor, patch;

	olm_get_library_version(&major, &minor, &patch);
	snprintf(version, sizeof version, "libolm %u.%u.%u", major, minor, patch);
	return version;
}
