#include "prices/calibrate.h"

#include "prices/price_cases.h"
#include "run/clock.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Quiet minutes come back: a calibration that was disturbed is begun once more. */
#define TRIES 2

struct measured {
	unsigned calls;  /* in a batch */
	unsigned rounds; /* in which the case was measured */
	double *ns[2];   /* of one call, for each round of a pass, ascending */
	double minimum[2], median[2];
};

struct session {
	const struct gb_calibrate_request *request;
	struct gb_case_list list;
	struct measured cases[GB_MAX_CASES];
	char *why;
	size_t why_len;
};

static void name_case(const struct gb_case *c, char *text, size_t len)
{
	snprintf(text, len, "%s %s %s", gb_library_names[c->library],
		 gb_algorithm_names[c->algorithm], gb_case_names[c->kind]);
}

static enum gb_exit fail(struct session *s, enum gb_exit status, const struct gb_case *c,
			 const char *what)
{
	char name[96];

	name_case(c, name, sizeof(name));
	snprintf(s->why, s->why_len, "%s: %s", name, what);
	return status;
}

/* A batch in forty is left out: some are faster than the machine is, by its clock. */
double gb_low_time(const double *sorted, size_t n)
{
	return sorted[n / 40];
}

enum gb_exit gb_calibrate_patiently(gb_calibrator *once, const struct gb_calibrate_request *request,
				    struct gb_calibration *out, char *why, size_t why_len)
{
	enum gb_exit status = GB_EXIT_INCONCLUSIVE;

	for (int i = 0; i < TRIES && status == GB_EXIT_INCONCLUSIVE; i++)
		status = once(request, out, why, why_len);
	return status;
}

/* One batch; *ns is that of all its calls. */
static enum gb_exit time_batch(struct session *s, const struct gb_case *c, unsigned calls,
			       double *ns)
{
	struct gb_instant start = gb_clock_start(GB_CPU_OF_THREAD);
	bool ok = c->run(c->state, calls);
	struct gb_instant took = gb_clock_stop(start, GB_CPU_OF_THREAD);

	*ns = (double)took.cpu_ns;
	return ok ? GB_EXIT_DONE : fail(s, GB_EXIT_INTERNAL, c, "the library failed");
}

/* How many calls fill a batch: twice as many until half of it is filled, then in proportion.
 * This warms the caches up, too. */
static enum gb_exit size_batch(struct session *s, size_t i)
{
	double ns = 0, aim = (double)s->request->batch_ns;
	unsigned calls = 1;
	enum gb_exit status;

	for (;;) {
		status = time_batch(s, &s->list.cases[i], calls, &ns);
		if (status != GB_EXIT_DONE || ns >= aim / 2 || calls >= 1u << 24)
			break;
		calls *= 2;
	}
	if (status == GB_EXIT_DONE && ns > 0)
		calls = (unsigned)((double)calls * aim / ns);
	s->cases[i].calls = calls > 0 ? calls : 1;
	return status;
}

static enum gb_exit open_session(struct session *s)
{
	enum gb_algorithm failed = GB_ALGORITHMS;

	for (unsigned l = 0; l < GB_LIBRARIES; l++) {
		if (gb_case_list_add(&s->list, (enum gb_library)l, s->request->algorithms[l],
				     &failed) == 0)
			continue;
		snprintf(s->why, s->why_len, "%s %s does not work with this library",
			 gb_library_names[l], gb_algorithm_names[failed]);
		return GB_EXIT_INTERNAL;
	}
	for (size_t i = 0; i < 2 * s->list.n; i++) {
		double **ns = &s->cases[i / 2].ns[i % 2];
		*ns = malloc(s->request->max_rounds * sizeof(**ns));
		if (*ns == NULL) {
			snprintf(s->why, s->why_len, "out of memory");
			return GB_EXIT_INTERNAL;
		}
	}
	return GB_EXIT_DONE;
}

static void close_session(struct session *s)
{
	for (size_t i = 0; i < 2 * s->list.n; i++)
		free(s->cases[i / 2].ns[i % 2]);
	gb_case_list_close(&s->list);
}

/* By how much the passes differ in a case. */
static double difference(const struct measured *m)
{
	return fmax(m->minimum[0], m->minimum[1]) / fmin(m->minimum[0], m->minimum[1]) - 1;
}

static bool is_settled(const struct session *s, const struct measured *m)
{
	return m->rounds >= s->request->min_rounds && difference(m) <= s->request->tolerance;
}

static enum gb_exit measure_once(struct session *s, size_t i, unsigned pass)
{
	struct measured *m = &s->cases[i];
	double ns = 0;
	enum gb_exit status = time_batch(s, &s->list.cases[i], m->calls, &ns);

	gb_insert(m->ns[pass], m->rounds, ns / m->calls);
	m->minimum[pass] = gb_low_time(m->ns[pass], m->rounds + 1);
	return status;
}

/* Both passes of all cases that are not settled, in turns first; *left is how many of them
 * there were. */
static enum gb_exit measure_round(struct session *s, size_t *left)
{
	enum gb_exit status = GB_EXIT_DONE;

	*left = 0;
	for (size_t i = 0; status == GB_EXIT_DONE && i < s->list.n; i++) {
		unsigned first = s->cases[i].rounds % 2;

		if (is_settled(s, &s->cases[i]))
			continue;
		++*left;
		status = measure_once(s, i, first);
		if (status == GB_EXIT_DONE)
			status = measure_once(s, i, 1 - first);
		s->cases[i].rounds++;
	}
	return status;
}

/* What a busy machine leaves for this program counts, but not for ever. */
static bool is_in_time(const struct session *s, struct gb_instant start)
{
	struct gb_instant took = gb_clock_stop(start, GB_CPU_OF_THREAD);

	return took.cpu_ns < s->request->limit_ns && took.wall_ns / 3 < s->request->limit_ns;
}

/* A case is measured until its passes agree, but at least min_rounds times. */
static enum gb_exit measure(struct session *s)
{
	struct gb_instant start = gb_clock_start(GB_CPU_OF_THREAD);
	enum gb_exit status = GB_EXIT_DONE;
	size_t left = s->list.n;

	for (size_t i = 0; status == GB_EXIT_DONE && i < s->list.n; i++)
		status = size_batch(s, i);
	for (unsigned i = 0; status == GB_EXIT_DONE && left > 0 && i < s->request->max_rounds;
	     i++) {
		if (i > 0 && !is_in_time(s, start))
			break;
		status = measure_round(s, &left);
	}
	return status;
}

/* The case in which the passes differ most. */
static size_t worst_case(const struct session *s)
{
	size_t worst = 0;

	for (size_t i = 1; i < s->list.n; i++)
		if (difference(&s->cases[i]) > difference(&s->cases[worst]))
			worst = i;
	return worst;
}

static enum gb_exit judge(struct session *s, struct gb_calibration *out)
{
	size_t worst = worst_case(s);
	const struct gb_case *c = &s->list.cases[worst];
	const struct measured *m = &s->cases[worst];
	char what[128];

	out->difference = difference(m);
	name_case(c, out->differing, sizeof(out->differing));
	if (out->difference <= s->request->tolerance)
		return GB_EXIT_DONE;
	snprintf(what, sizeof(what),
		 "two passes of %u batches differ by %.1f %% (%.1f and %.1f ns), wanted %.1f %%",
		 m->rounds, 100 * out->difference, m->minimum[0], m->minimum[1],
		 100 * s->request->tolerance);
	return fail(s, GB_EXIT_INCONCLUSIVE, c, what);
}

/* ---- from times of cases to prices of primitives ---- */

/* A time of an algorithm's case; NAN when it has none. */
static double time_of(const struct session *s, const struct gb_case *like, enum gb_case_kind kind,
		      int pass, enum gb_price_kind which)
{
	for (size_t i = 0; i < s->list.n; i++) {
		const struct gb_case *c = &s->list.cases[i];
		const struct measured *m = &s->cases[i];
		if (c->library == like->library && c->algorithm == like->algorithm &&
		    c->kind == kind)
			return which == GB_PRICE_MINIMUM ? m->minimum[pass] : m->median[pass];
	}
	return NAN;
}

/* fmax would turn "not measured" into 0. */
static double not_below_0(double ns)
{
	return ns < 0 ? 0 : ns;
}

/*
 * A call on n bytes costs call + n bytes' worth: two sizes give both. Hashes: one block, and
 * GB_CASE_LONG bytes with their padding. An HMAC of one block has two blocks beside those of
 * its key.
 */
static void price(const struct session *s, const struct gb_case *c, int pass,
		  enum gb_price_kind which, double out[GB_PRICED_PRIMITIVES])
{
#define TIME(kind) time_of(s, c, GB_CASE_##kind, pass, which)
#define SLOPE(small, large)                                                                        \
	not_below_0((TIME(large) - TIME(small)) / (GB_CASE_LONG - GB_CASE_SHORT))
	double block = c->algorithm == GB_ALGORITHM_sha256 ? 64 : 128;
	double blocks = TIME(HASH_LONG) - TIME(HASH_SHORT), keyed = TIME(HMAC_KEYED);

	out[GB_PRIMITIVE_keygen] = TIME(KEYGEN);
	out[GB_PRIMITIVE_dh] = TIME(DH);
	out[GB_PRIMITIVE_signer_keygen] = TIME(SIGNER_KEYGEN);
	out[GB_PRIMITIVE_sign_bytes] = SLOPE(SIGN_SHORT, SIGN_LONG);
	out[GB_PRIMITIVE_sign] = TIME(SIGN_SHORT) - GB_CASE_SHORT * out[GB_PRIMITIVE_sign_bytes];
	out[GB_PRIMITIVE_verify_bytes] = SLOPE(VERIFY_SHORT, VERIFY_LONG);
	out[GB_PRIMITIVE_verify] =
		TIME(VERIFY_SHORT) - GB_CASE_SHORT * out[GB_PRIMITIVE_verify_bytes];
	out[GB_PRIMITIVE_hash_blocks] = not_below_0(blocks / (GB_CASE_LONG / block));
	out[GB_PRIMITIVE_hash] = not_below_0(TIME(HASH_SHORT) - out[GB_PRIMITIVE_hash_blocks]);
	/* libolm knows no kept key: its HMAC is the whole. */
	out[GB_PRIMITIVE_hmac] =
		not_below_0(isnan(keyed) ? TIME(HMAC) - 4 * out[GB_PRIMITIVE_hash_blocks]
					 : keyed - 2 * out[GB_PRIMITIVE_hash_blocks]);
	out[GB_PRIMITIVE_hmac_keys] =
		isnan(keyed) ? 0
			     : not_below_0(TIME(HMAC) - keyed - 2 * out[GB_PRIMITIVE_hash_blocks]);
	out[GB_PRIMITIVE_aead_bytes] = SLOPE(SEAL_SHORT, SEAL_LONG);
	out[GB_PRIMITIVE_aead] = TIME(SEAL_SHORT) - GB_CASE_SHORT * out[GB_PRIMITIVE_aead_bytes];
	out[GB_PRIMITIVE_cbc_bytes] = SLOPE(CBC_SHORT, CBC_LONG);
	/* Whole blocks are padded by one more, and bytes of ciphertexts are counted. */
	out[GB_PRIMITIVE_cbc] =
		TIME(CBC_SHORT) - (GB_CASE_SHORT + 16) * out[GB_PRIMITIVE_cbc_bytes];
	out[GB_PRIMITIVE_random_bytes] = TIME(RANDOM) / GB_CASE_RANDOM_BYTES;
	out[GB_PRIMITIVE_pbkdf2_rounds] = TIME(PBKDF2) / GB_CASE_ROUNDS;
#undef SLOPE
#undef TIME
}

static void price_pass(const struct session *s, int pass, struct gb_prices *prices)
{
	gb_prices_clear(prices);
	for (size_t i = 0; i < s->list.n; i++) {
		const struct gb_case *c = &s->list.cases[i];
		struct gb_price *of = prices->of[c->library][c->algorithm];
		double minimum[GB_PRICED_PRIMITIVES], median[GB_PRICED_PRIMITIVES];

		price(s, c, pass, GB_PRICE_MINIMUM, minimum);
		price(s, c, pass, GB_PRICE_MEDIAN, median);
		for (unsigned p = 0; p < GB_PRICED_PRIMITIVES; p++)
			if (gb_algorithm_has(c->algorithm, (enum gb_primitive)p))
				of[p] = (struct gb_price){minimum[p], median[p]};
	}
}

enum gb_exit gb_calibrate(const struct gb_calibrate_request *request, struct gb_calibration *out,
			  char *why, size_t why_len)
{
	struct session *s = calloc(1, sizeof(*s));
	enum gb_exit status;

	*out = (struct gb_calibration){.batch_ns = request->batch_ns};
	if (s == NULL) {
		snprintf(why, why_len, "out of memory");
		return GB_EXIT_INTERNAL;
	}
	s->request = request;
	s->why = why;
	s->why_len = why_len;
	status = open_session(s);
	if (status == GB_EXIT_DONE)
		status = measure(s);
	if (status == GB_EXIT_DONE)
		status = judge(s, out);
	for (size_t i = 0; status == GB_EXIT_DONE && i < 2 * s->list.n; i++) {
		struct measured *m = &s->cases[i / 2];
		m->median[i % 2] = gb_median(m->ns[i % 2], m->rounds);
		out->rounds = m->rounds > out->rounds ? m->rounds : out->rounds;
	}
	for (int pass = 0; status == GB_EXIT_DONE && pass < 2; pass++)
		price_pass(s, pass, &out->pass[pass]);
	close_session(s);
	free(s);
	return status;
}

struct gb_calibrate_request gb_calibrate_all(void)
{
	struct gb_calibrate_request request = {
		.algorithms = {(1u << GB_ALGORITHMS) - 1, gb_algorithms_of_olm(),
			       gb_algorithms_of_sodium()},
		.batch_ns = 400000,
		.min_rounds = 150,
		.max_rounds = GB_MAX_ROUNDS,
		.limit_ns = 30000000000,
		.tolerance = 0.03,
	};

	return request;
}

struct gb_calibrate_request gb_calibrate_quick(unsigned suites)
{
	struct gb_calibrate_request request = gb_calibrate_all();

	request.algorithms[GB_LIBRARY_OPENSSL] =
		gb_algorithms_of_matrix(false) | gb_algorithms_of_matrix(true);
	for (unsigned suite = 1; suite <= 7; suite++)
		if (((suites >> suite) & 1) != 0)
			request.algorithms[GB_LIBRARY_OPENSSL] |= gb_algorithms_of_suite(suite);
	if ((suites & GB_WITH_SODIUM) == 0)
		request.algorithms[GB_LIBRARY_SODIUM] = 0;
	request.batch_ns = 300000;
	request.min_rounds = 100;
	request.limit_ns = 7000000000;
	return request;
}
