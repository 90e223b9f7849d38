#include "crypto_work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "crypto_provider.h"
#include "internal.h"
#include "memory.h"

/* The contexts of the threads beside the caller's. */
struct mls_crypto_helpers {
	size_t n;
	struct mls_crypto *crypto[];
};

/* What a helper asks for is a mistake: its bytes would depend on which thread came first. */
static enum mls_err no_random(void *state, uint8_t *out, size_t len)
{
	(void)state;
	(void)out;
	(void)len;
	return MLS_ERR_RANDOM;
}

void mls_crypto_helpers_free(struct mls_crypto_helpers *helpers)
{
	if (!helpers)
		return;
	for (size_t i = 0; i < helpers->n; i++)
		mls_crypto_free(helpers->crypto[i]);
	free(helpers);
}

enum mls_err mls_crypto_set_threads(struct mls_crypto *c, unsigned n_threads)
{
	const struct mls_random random = {no_random, NULL};
	struct mls_crypto_helpers *helpers = NULL;
	enum mls_err err = MLS_OK;

	if (n_threads > MLS_MAX_THREADS)
		return MLS_ERR_USAGE;
	if (n_threads > 1) {
		helpers = mls_calloc(1, sizeof(*helpers) +
						(n_threads - 1) * sizeof(helpers->crypto[0]));
		if (!helpers)
			return MLS_ERR_NOMEM;
		for (; helpers->n < n_threads - 1; helpers->n++)
			TRY(mls_crypto_new(&helpers->crypto[helpers->n], c->library, c->suite,
					   &random));
	}
	mls_crypto_helpers_free(c->helpers);
	c->helpers = helpers;
	helpers = NULL;
out:
	mls_crypto_helpers_free(helpers);
	return err;
}

/* One call of mls_work_run; the lock covers what follows it. */
struct run {
	const struct mls_work *work;
	size_t n;
	pthread_mutex_t lock;
	size_t next;
	size_t failed; /* the least that failed; n: none did */
	enum mls_err err;
};

/* The next things to work on. None once one has failed: all that are left stand behind it. */
static bool take(struct run *run, size_t *first, size_t *end)
{
	bool more;

	pthread_mutex_lock(&run->lock);
	more = run->next < run->failed;
	*first = run->next;
	*end = run->n - run->next > run->work->grain ? run->next + run->work->grain : run->n;
	run->next = *end;
	pthread_mutex_unlock(&run->lock);
	return more;
}

static void report(struct run *run, size_t i, enum mls_err err)
{
	pthread_mutex_lock(&run->lock);
	if (i < run->failed) {
		run->failed = i;
		run->err = err;
	}
	pthread_mutex_unlock(&run->lock);
}

static void work_along(struct run *run, struct mls_crypto *crypto)
{
	const struct mls_work *work = run->work;
	enum mls_err err = MLS_OK;
	size_t i, end;

	while (take(run, &i, &end)) {
		for (; i < end && err == MLS_OK; i++)
			err = work->one(work->state, crypto, i);
		if (err) {
			report(run, i - 1, err);
			return;
		}
	}
}

struct helper {
	struct run *run;
	struct mls_crypto *crypto;
	pthread_t thread;
	uint64_t allocations;
};

static void *helper_main(void *state)
{
	struct helper *helper = state;

	work_along(helper->run, helper->crypto);
	helper->allocations = mls_allocations();
	return NULL;
}

/* Starts up to `want` threads, which take no signals: those are the application's. One that
 * cannot be had is done without. */
static size_t start(struct helper *threads, size_t want, struct run *run,
		    struct mls_crypto_helpers *helpers)
{
	sigset_t all, before;
	size_t n = 0;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return 0;
	for (; n < want; n++) {
		threads[n].run = run;
		threads[n].crypto = helpers->crypto[n];
		if (pthread_create(&threads[n].thread, NULL, helper_main, &threads[n]) != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return n;
}

static void finish(struct helper *threads, size_t n, struct mls_crypto *crypto)
{
	for (size_t i = 0; i < n; i++) {
		pthread_join(threads[i].thread, NULL);
		mls_counts_add(&crypto->counts, &threads[i].crypto->counts);
		threads[i].crypto->counts = (struct mls_counts){0};
		mls_allocations_add(threads[i].allocations);
	}
}

static enum mls_err run_alone(struct mls_crypto *crypto, const struct mls_work *work, size_t n,
			      size_t *failed)
{
	enum mls_err err = MLS_OK;
	size_t i = 0;

	while (i < n && (err = work->one(work->state, crypto, i)) == MLS_OK)
		i++;
	*failed = i;
	return err;
}

enum mls_err mls_work_run(struct mls_crypto *crypto, const struct mls_work *work, size_t n,
			  size_t *failed)
{
	struct run run = {.work = work, .n = n, .failed = n};
	struct helper threads[MLS_MAX_THREADS - 1];
	struct mls_crypto_helpers *helpers = crypto->helpers;
	size_t want, n_started;

	if (!helpers || n <= work->grain || pthread_mutex_init(&run.lock, NULL) != 0)
		return run_alone(crypto, work, n, failed);
	want = (n - 1) / work->grain;
	n_started = start(threads, want < helpers->n ? want : helpers->n, &run, helpers);
	work_along(&run, crypto);
	finish(threads, n_started, crypto);
	pthread_mutex_destroy(&run.lock);
	*failed = run.failed;
	return run.err;
}
