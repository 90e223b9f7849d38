#ifndef INTEROP_PROPOSALS_H
#define INTEROP_PROPOSALS_H
#include "party.h"

#include <functional>

using Extensions = google::protobuf::RepeatedPtrField<rpc::Extension>;

/* Appends extensions to the encoded body of a list. */
void put_extensions(struct mls_buf *out, const Extensions &extensions);

/* A proposal in the words of mls.h; what it points to is here or in the runner's request. */
struct Proposal {
	struct mls_proposal_request request = {};
	Buffer extensions;
};

/* What a description needs to know of its group. */
struct Surroundings {
	struct mls_slice group_id;
	std::function<uint32_t(const std::string &identity)> leaf_of;
};

void describe(Proposal *proposal, const rpc::ProposalDescription &asked, const Surroundings &group);
#endif
