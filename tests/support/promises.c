#include "promises.h"

const struct promise promises[] = {
#define X(name, needs) {#name, needs, promise_##name},
#include "promises.def"
#undef X
};
const size_t n_promises = sizeof(promises) / sizeof(promises[0]);
