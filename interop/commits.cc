#include "commits.h"

#include "actions.h"

#include <list>

void Commit::include(const struct mls_proposal_request &proposal)
{
	switch (proposal.type) {
	case MLS_PROPOSAL_ADD:
		adds.push_back(proposal.key_package);
		break;
	case MLS_PROPOSAL_REMOVE:
		removes.push_back(proposal.leaf);
		break;
	case MLS_PROPOSAL_PSK:
		psks.push_back(proposal.psk);
		break;
	case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		request.set_extensions = true;
		request.extensions = proposal.extensions;
		break;
	case MLS_PROPOSAL_REINIT:
		reinit = proposal.reinit;
		request.reinit = &reinit;
		break;
	default:
		throw Refused{"this proposal cannot be made by value"};
	}
}

Committed commit(Party *party, Commit *what, bool force_path, bool external_tree)
{
	struct mls_commit_request *request = &what->request;
	struct mls_commit_output output = {};
	Buffer message, welcome, ratchet_tree;

	request->add = what->adds.data();
	request->n_add = what->adds.size();
	request->remove = what->removes.data();
	request->n_remove = what->removes.size();
	request->psks = what->psks.data();
	request->n_psks = what->psks.size();
	request->path_if_required = !force_path;
	request->tree_in_welcome = !external_tree;
	request->handshake = party->handshake;
	output.commit = &message.buf;
	output.welcome = &welcome.buf;
	output.ratchet_tree = external_tree ? &ratchet_tree.buf : nullptr;
	ok(mls_group_commit(party->group, &output, request));
	return {text(message), text(welcome), text(ratchet_tree)};
}

void actions::Commit(Parties &parties, const rpc::CommitRequest &in, rpc::CommitResponse *out)
{
	const auto party = parties.member(in.state_id());
	const Surroundings group = {mls_group_id(party->group), [&](const std::string &identity) {
					    return party->leaf_of(identity);
				    }};
	std::list<Proposal> by_value; /* which do not move */
	::Commit what;

	for (const auto &message : in.by_reference())
		party->receive_proposal(message);
	for (const auto &asked : in.by_value()) {
		by_value.emplace_back();
		describe(&by_value.back(), asked, group);
		what.include(by_value.back().request);
	}

	const Committed made = commit(party.get(), &what, in.force_path(), in.external_tree());

	out->set_commit(made.commit);
	out->set_welcome(made.welcome);
	out->set_ratchet_tree(made.ratchet_tree);
}

void actions::HandleCommit(Parties &parties, const rpc::HandleCommitRequest &in,
			   rpc::HandleCommitResponse *out)
{
	const auto party = parties.member(in.state_id());
	struct mls_event event;

	for (const auto &message : in.proposal())
		party->receive_proposal(message);
	ok(mls_group_receive(party->group, &event, slice(in.commit())));
	if (event.type == MLS_EVENT_APPLICATION || event.type == MLS_EVENT_PROPOSAL)
		throw Refused{"a message that is no commit"};
	out->set_state_id(in.state_id());
	out->set_epoch_authenticator(party->begin_epoch());
}

void actions::HandlePendingCommit(Parties &parties, const rpc::HandlePendingCommitRequest &in,
				  rpc::HandleCommitResponse *out)
{
	const auto party = parties.member(in.state_id());

	ok(mls_group_merge(party->group));
	out->set_state_id(in.state_id());
	out->set_epoch_authenticator(party->begin_epoch());
}
