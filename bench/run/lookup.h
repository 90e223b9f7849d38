#ifndef GB_RUN_LOOKUP_H
#define GB_RUN_LOOKUP_H
#include "run/trial.h"

/*
 * What recipients look up about a sender before they take in what it sent: requests to the key
 * directory and its answers, which the backend counts.
 *
 *   fetched the answers that `device` had in its last call, added to what it took down
 *   add     what `device` looked up in its last call, added to its row: the request as a claim,
 *           the answer as key material
 *   serve   the same at the server, for n newcomers of whom one was followed
 */
int gb_lookup_fetched(struct gb_testbed *t, uint32_t device, struct gb_traffic *down);
int gb_lookup_add(struct gb_trial *trial, uint32_t device, struct gb_measure *at);
void gb_lookup_serve(struct gb_measure *server, const struct gb_measure *newcomer, uint64_t n);
#endif
