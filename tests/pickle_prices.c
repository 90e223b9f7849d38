/*
 * What libolm's pickles take: the table of docs/measuring.md. `make prices` runs it. Bytes, and
 * thread CPU time of writing and of reading one, the least of many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "matrix.h"
#include "pairwise.h"
#include "pickle.h"
#include "room.h"
#include "state.h"

enum { ROUNDS = 300, CHAINS = 5 };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* Writes and reads an object of one kind; what is read replaces it, with the same content. */
#define PRICE(kind, name, object)                                                                  \
	do {                                                                                       \
		struct megolm_owned saved = {0};                                                   \
		double write_ns = 1e18, read_ns = 1e18, start;                                     \
		for (int i = 0; i < ROUNDS; i++) {                                                 \
			start = now_ns();                                                          \
			ASSERT_DONE(megolm_save_##kind(&saved, object));                           \
			write_ns = least(write_ns, now_ns() - start);                              \
			start = now_ns();                                                          \
			ASSERT_DONE(megolm_load_##kind(object, &saved));                           \
			read_ns = least(read_ns, now_ns() - start);                                \
		}                                                                                  \
		printf("| %-32s | %5zu | %5.0f | %5.0f |\n", name, saved.len, write_ns / 1e3,      \
		       read_ns / 1e3);                                                             \
		free(saved.p);                                                                     \
	} while (0)

static void price_accounts(void)
{
	struct matrix_device d;
	char name[40];

	matrix_open(&d, 0, &megolm_default_policy);
	for (unsigned n = 0; n <= 100; n += 50) {
		snprintf(name, sizeof(name), "account, %u one-time keys", n);
		PRICE(account, name, d.device->account);
		for (unsigned i = 0; i < 50; i++)
			matrix_new_key(&d);
	}
	matrix_close(&d);
}

static void price_sessions(void)
{
	struct matrix_pair p;
	struct megolm_peer *alice;
	char name[40];

	matrix_pair_open(&p);
	PRICE(session, "Olm session, just begun", p.bob_at_alice->session[0]->olm);
	ASSERT_DONE(matrix_receive(&p.bob, &p.alice, matrix_greet(&p, &p.alice, p.bob_at_alice)));
	alice = matrix_alice_at_bob(&p);
	for (unsigned n = 1; n <= CHAINS; n++) {
		ASSERT_DONE(matrix_receive(&p.alice, &p.bob, matrix_greet(&p, &p.bob, alice)));
		ASSERT_DONE(matrix_receive(&p.bob, &p.alice,
					   matrix_greet(&p, &p.alice, p.bob_at_alice)));
		snprintf(name, sizeof(name), "Olm session, %u receiving chains", n);
		PRICE(session, name, p.bob_at_alice->session[0]->olm);
	}
	matrix_pair_close(&p);
}

static void price_megolm(void)
{
	struct matrix_story s;

	matrix_story_open(&s);
	PRICE(outbound, "Megolm, outbound", s.alice.room->outbound.olm);
	PRICE(inbound, "Megolm, inbound", s.bob.room->inbound[0]->olm);
	matrix_story_close(&s);
}

static void price_all(void **state)
{
	(void)state;
	printf("| object                           | bytes | write, us | read, us |\n");
	price_accounts();
	price_sessions();
	price_megolm();
}

int main(void)
{
	const struct CMUnitTest all[] = {cmocka_unit_test(price_all)};

	return cmocka_run_group_tests(all, NULL, NULL);
}
