#include "seal_many.h"

#include "internal.h"

/* Keys are drawn for so many receivers at a time: they are secret, and take memory. One seal
 * takes some hundred microseconds, a thread some ten. */
enum { ROUND = 4096, GRAIN = 2 };

struct round {
	const struct mls_seal_many *many;
	size_t first; /* receiver of this round */
	const uint8_t *ephemerals;
};

static enum mls_err seal_one(void *state, struct mls_crypto *crypto, size_t i)
{
	const struct round *round = state;
	const size_t nsk = crypto->suite->nsk;

	return round->many->one(round->many->state, crypto, round->first + i,
				mls_slice(round->ephemerals + i * nsk, nsk));
}

enum mls_err mls_seal_to_many(struct mls_crypto *crypto, const struct mls_seal_many *many, size_t n)
{
	const size_t nsk = crypto->suite->nsk;
	struct mls_buf ephemerals = {0};
	struct round round = {.many = many};
	const struct mls_work work = {seal_one, &round, GRAIN};
	enum mls_err err = MLS_OK;
	size_t failed;

	TRY(mls_buf_reserve(&ephemerals, (n < ROUND ? n : ROUND) * nsk));
	for (; round.first < n; round.first += ROUND) {
		const size_t now = n - round.first < ROUND ? n - round.first : ROUND;

		for (ephemerals.len = 0; ephemerals.len < now * nsk; ephemerals.len += nsk)
			TRY(mls_private_key_draw(crypto, ephemerals.p + ephemerals.len));
		round.ephemerals = ephemerals.p;
		TRY(mls_work_run(crypto, &work, now, &failed));
	}
out:
	mls_buf_free(&ephemerals);
	return err;
}
