#ifndef MLS_H
#define MLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messaging Layer Security (RFC 9420).
 *
 * Conventions of this header. Pointers are not NULL unless a description allows it.
 * Parameters stand in the order: context, outputs, inputs. Every function that can fail
 * returns enum mls_err, which must be looked at; on failure outputs are untouched and
 * the object is as it was, unless its description says otherwise. There is no hidden
 * state, no logging, no clock: randomness and time come in through the client.
 */

#if defined(__GNUC__)
#define MLS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MLS_MUST_CHECK
#endif

/* Borrowed bytes. */
struct mls_slice {
	const uint8_t *p;
	size_t len;
};

/* Owned bytes; {0} is empty. Whoever declared it ends it with mls_buf_free. */
struct mls_buf {
	uint8_t *p;
	size_t len, cap;
};

/* Wipes and frees the bytes; b is empty afterwards. */
void mls_buf_free(struct mls_buf *b);

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
#endif
