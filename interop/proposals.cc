#include "proposals.h"

#include "actions.h"

void put_extensions(struct mls_buf *out, const Extensions &extensions)
{
	for (const auto &extension : extensions)
		ok(mls_extension_put(out, code_point(extension.extension_type()),
				     slice(extension.extension_data())));
}

static void set_extensions(Proposal *proposal, const Extensions &extensions)
{
	put_extensions(&proposal->extensions.buf, extensions);
	proposal->request.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
	proposal->request.extensions = slice(proposal->extensions);
}

static void set_reinit(Proposal *proposal, const std::string &group_id, uint32_t suite,
		       const Extensions &extensions)
{
	put_extensions(&proposal->extensions.buf, extensions);
	proposal->request.type = MLS_PROPOSAL_REINIT;
	proposal->request.reinit.group_id = slice(group_id);
	proposal->request.reinit.suite = code_point(suite);
	proposal->request.reinit.extensions = slice(proposal->extensions);
}

static void set_resumption_psk(Proposal *proposal, struct mls_slice group_id, uint64_t epoch)
{
	proposal->request.type = MLS_PROPOSAL_PSK;
	proposal->request.psk.group_id = group_id;
	proposal->request.psk.epoch = epoch;
}

void describe(Proposal *proposal, const rpc::ProposalDescription &asked, const Surroundings &group)
{
	struct mls_proposal_request *request = &proposal->request;
	const std::string &type = asked.proposal_type();

	if (type == "add") {
		request->type = MLS_PROPOSAL_ADD;
		request->key_package = slice(asked.key_package());
	} else if (type == "remove") {
		request->type = MLS_PROPOSAL_REMOVE;
		request->leaf = group.leaf_of(asked.removed_id());
	} else if (type == "externalPSK") {
		request->type = MLS_PROPOSAL_PSK;
		request->psk.id = slice(asked.psk_id());
	} else if (type == "resumptionPSK") {
		set_resumption_psk(proposal, group.group_id, asked.epoch_id());
	} else if (type == "groupContextExtensions") {
		set_extensions(proposal, asked.extensions());
	} else if (type == "reinit") {
		set_reinit(proposal, asked.group_id(), asked.cipher_suite(), asked.extensions());
	} else {
		throw Refused{"unknown proposal type " + type};
	}
}

static void propose(Party *party, const Proposal &proposal, rpc::ProposalResponse *out)
{
	Buffer message;

	ok(mls_group_propose(party->group, &message.buf, &proposal.request, party->handshake));
	out->set_proposal(text(message));
	party->proposals.insert(out->proposal());
}

void actions::AddProposal(Parties &parties, const rpc::AddProposalRequest &in,
			  rpc::ProposalResponse *out)
{
	Proposal proposal;

	proposal.request.type = MLS_PROPOSAL_ADD;
	proposal.request.key_package = slice(in.key_package());
	propose(parties.member(in.state_id()).get(), proposal, out);
}

void actions::UpdateProposal(Parties &parties, const rpc::UpdateProposalRequest &in,
			     rpc::ProposalResponse *out)
{
	Proposal proposal;

	proposal.request.type = MLS_PROPOSAL_UPDATE;
	propose(parties.member(in.state_id()).get(), proposal, out);
}

void actions::RemoveProposal(Parties &parties, const rpc::RemoveProposalRequest &in,
			     rpc::ProposalResponse *out)
{
	const auto party = parties.member(in.state_id());
	Proposal proposal;

	proposal.request.type = MLS_PROPOSAL_REMOVE;
	proposal.request.leaf = party->leaf_of(in.removed_id());
	propose(party.get(), proposal, out);
}

void actions::ExternalPSKProposal(Parties &parties, const rpc::ExternalPSKProposalRequest &in,
				  rpc::ProposalResponse *out)
{
	Proposal proposal;

	proposal.request.type = MLS_PROPOSAL_PSK;
	proposal.request.psk.id = slice(in.psk_id());
	propose(parties.member(in.state_id()).get(), proposal, out);
}

void actions::ResumptionPSKProposal(Parties &parties, const rpc::ResumptionPSKProposalRequest &in,
				    rpc::ProposalResponse *out)
{
	const auto party = parties.member(in.state_id());
	Proposal proposal;

	set_resumption_psk(&proposal, mls_group_id(party->group), in.epoch_id());
	propose(party.get(), proposal, out);
}

void actions::GroupContextExtensionsProposal(Parties &parties,
					     const rpc::GroupContextExtensionsProposalRequest &in,
					     rpc::ProposalResponse *out)
{
	Proposal proposal;

	set_extensions(&proposal, in.extensions());
	propose(parties.member(in.state_id()).get(), proposal, out);
}

void actions::ReInitProposal(Parties &parties, const rpc::ReInitProposalRequest &in,
			     rpc::ProposalResponse *out)
{
	Proposal proposal;

	set_reinit(&proposal, in.group_id(), in.cipher_suite(), in.extensions());
	propose(parties.member(in.state_id()).get(), proposal, out);
}

/* The group's extensions as they are, with one more external sender behind the others. */
void actions::AddExternalSigner(Parties &parties, const rpc::AddExternalSignerRequest &in,
				rpc::ProposalResponse *out)
{
	const auto party = parties.member(in.state_id());
	struct mls_slice rest = mls_group_extensions(party->group), senders = {}, data;
	Proposal proposal;
	Buffer vector;
	uint16_t type;

	while (rest.len > 0) {
		ok(mls_extension_take(&type, &data, &rest));
		if (type == MLS_EXTENSION_EXTERNAL_SENDERS)
			ok(mls_vector_take(&senders, &data));
		else
			ok(mls_extension_put(&proposal.extensions.buf, type, data));
	}
	ok(mls_vector_put(&vector.buf, slice(text(senders) + in.external_sender())));
	ok(mls_extension_put(&proposal.extensions.buf, MLS_EXTENSION_EXTERNAL_SENDERS,
			     slice(vector)));
	proposal.request.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
	proposal.request.extensions = slice(proposal.extensions);
	propose(party.get(), proposal, out);
}
