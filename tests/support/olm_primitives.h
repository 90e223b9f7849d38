#ifndef OLM_PRIMITIVES_H
#define OLM_PRIMITIVES_H
#include <stdint.h>

/*
 * One call each of libolm's primitives: raw, as libolm defines them, and through the definitions
 * of megolm/ that libolm's calls find, which count and look before they hand on. Inputs are as long
 * as those of the other rows of crypto_prices.c.
 */
#define OLM_PRIMITIVES(X) X(keygen) X(dh) X(sign) X(verify) X(hash) X(hmac) X(cbc)

#define OLM_DECLARE(name)                                                                          \
	void olm_raw_##name(void);                                                                 \
	void olm_counted_##name(void);
OLM_PRIMITIVES(OLM_DECLARE)
#undef OLM_DECLARE

/* Looks libolm up and makes keys; false when something is missing or does not verify. */
int olm_primitives_prepare(void);

extern char olm_primitives_version[32]; /* once prepared */
#endif
