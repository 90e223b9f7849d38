#ifndef MLS_CRYPTO_WORK_H
#define MLS_CRYPTO_WORK_H
#include "crypto.h"

/*
 * The same work on many things that do not depend on each other, on several threads. Threads
 * live as long as the call that needs them; what is kept between calls is a struct mls_crypto
 * for each.
 *
 *   one    does the work on thing number i with the contexts of `crypto`, which draws no
 *          randomness: what is random is drawn before. It writes nothing that another call
 *          reads or writes.
 *   grain  so many things, or fewer, are not worth a thread
 */
struct mls_work {
	enum mls_err (*one)(void *state, struct mls_crypto *crypto, size_t i);
	void *state;
	size_t grain;
};

/*
 * Does the work on the things 0 .. n - 1, and all of it in this thread and in that order where
 * the crypto has one thread. Returns the error of the least i that fails, and its number in
 * *failed, which is n if none does: the same for every number of threads. What stands behind
 * it may have been worked on or not.
 *
 * What the other threads counted is added to crypto->counts.
 */
enum mls_err MLS_MUST_CHECK mls_work_run(struct mls_crypto *crypto, const struct mls_work *work,
					 size_t n, size_t *failed);
#endif
