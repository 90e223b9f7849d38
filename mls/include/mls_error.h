#ifndef MLS_PUBLIC_ERROR_H
#define MLS_PUBLIC_ERROR_H
/* Errors, and how a caller is told of them. */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MLS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MLS_MUST_CHECK
#endif

enum mls_err {
#define X(name, class, section, sentence) MLS_ERR_##name,
#include "mls_errors.def"
#undef X
	MLS_OK = MLS_ERR_OK,
};

/* What a caller can do about an error. */
enum mls_err_class {
	MLS_CLASS_NONE,
	MLS_CLASS_MALFORMED, /* not an encoding of anything */
	MLS_CLASS_INVALID,   /* well formed, and against a rule of the protocol */
	MLS_CLASS_FORGED,    /* a signature, tag or ciphertext does not fit */
	MLS_CLASS_REFUSED,   /* against the policy of this client */
	MLS_CLASS_STALE,     /* of another epoch, or seen before */
	MLS_CLASS_USAGE,     /* the caller's mistake */
	MLS_CLASS_RESOURCE,  /* memory or the cryptographic library */
};

/* Of an error: the name of its row, the section of RFC 9420 ("" where it has none), a
 * sentence for people, its class. Static strings. */
const char *mls_err_name(enum mls_err err);
const char *mls_err_section(enum mls_err err);
const char *mls_err_sentence(enum mls_err err);
enum mls_err_class mls_err_class(enum mls_err err);

#ifdef __cplusplus
}
#endif
#endif
