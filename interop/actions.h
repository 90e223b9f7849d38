#ifndef INTEROP_ACTIONS_H
#define INTEROP_ACTIONS_H
#include "party.h"

/* What each call of the service does; throws Refused. */
namespace actions
{
#define X(name, request, response)                                                                 \
	void name(Parties &parties, const rpc::request &in, rpc::response *out);
#include "rpcs.def"
#undef X
} // namespace actions
#endif
