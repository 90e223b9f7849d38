#include "actions.h"
#include "proposals.h"

/* Proposals from outside a group: RFC 9420 12.1.8. */

void actions::NewMemberAddProposal(Parties &parties, const rpc::NewMemberAddProposalRequest &in,
				   rpc::NewMemberAddProposalResponse *out)
{
	struct mls_proposal_request request = {};
	struct mls_outside_sender sender = {};
	struct mls_group_outline group;
	Buffer proposal;

	ok(mls_group_info_read(&group, slice(in.group_info())));

	const auto party = std::make_shared<Party>(group.suite, in.identity());
	const std::string key_package =
		party->publish(out->mutable_init_priv(), out->mutable_encryption_priv());

	sender.group_id = group.group_id;
	sender.epoch = group.epoch;
	sender.is_joining = true;
	request.type = MLS_PROPOSAL_ADD;
	request.key_package = slice(key_package);
	ok(mls_client_propose(party->client, &proposal.buf, &sender, &request));
	out->set_proposal(text(proposal));
	out->set_signature_priv(party->signature_private());
	out->set_transaction_id(parties.add(party));
}

void actions::CreateExternalSigner(Parties &parties, const rpc::CreateExternalSignerRequest &in,
				   rpc::CreateExternalSignerResponse *out)
{
	const auto party = std::make_shared<Party>(code_point(in.cipher_suite()), in.identity());
	struct mls_identity self = {};
	Buffer sender;

	self.credential_type = MLS_CREDENTIAL_BASIC;
	self.credential = slice(in.identity());
	self.signature_key = mls_client_signature_key(party->client);
	ok(mls_external_sender_put(&sender.buf, &self));
	out->set_external_sender(text(sender));
	out->set_signer_id(parties.add(party));
}

void actions::ExternalSignerProposal(Parties &parties, const rpc::ExternalSignerProposalRequest &in,
				     rpc::ProposalResponse *out)
{
	const auto party = parties.find(in.signer_id());
	struct mls_outside_sender sender = {};
	struct mls_group_outline group;
	Proposal proposal;
	Buffer message;

	ok(mls_group_info_read(&group, slice(in.group_info())));
	if (!in.ratchet_tree().empty())
		group.ratchet_tree = slice(in.ratchet_tree());
	describe(&proposal, in.description(),
		 {group.group_id, [&](const std::string &identity) {
			  uint32_t leaf;

			  ok(mls_ratchet_tree_find(&leaf, group.ratchet_tree, MLS_CREDENTIAL_BASIC,
						   slice(identity)));
			  return leaf;
		  }});
	sender.group_id = group.group_id;
	sender.epoch = group.epoch;
	sender.sender_index = in.signer_index();
	ok(mls_client_propose(party->client, &message.buf, &sender, &proposal.request));
	out->set_proposal(text(message));
}
