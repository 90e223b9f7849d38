/* A groupbench that verifies every signature of MLS twice: tests/test_waste.sh must see it. */
#include "crypto.h"

enum mls_err __real_mls_verify(struct mls_crypto *c, struct mls_slice public_key,
			       const struct mls_slice *parts, size_t n_parts,
			       struct mls_slice signature);
enum mls_err __wrap_mls_verify(struct mls_crypto *c, struct mls_slice public_key,
			       const struct mls_slice *parts, size_t n_parts,
			       struct mls_slice signature);

enum mls_err __wrap_mls_verify(struct mls_crypto *c, struct mls_slice public_key,
			       const struct mls_slice *parts, size_t n_parts,
			       struct mls_slice signature)
{
	enum mls_err err = __real_mls_verify(c, public_key, parts, n_parts, signature);

	return err ? err : __real_mls_verify(c, public_key, parts, n_parts, signature);
}
