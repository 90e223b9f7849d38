#include "actions.h"
#include "commits.h"

/* Groups that follow from others: RFC 9420 11.2, 11.3. */

void actions::ReInitCommit(Parties &parties, const rpc::CommitRequest &in, rpc::CommitResponse *out)
{
	Commit(parties, in, out);
}

/* A client of the next group's suite, with a key package, for the member of a group that was
 * shut down. */
static void prepare(Parties &parties, const rpc::HandleCommitResponse &handled,
		    rpc::HandleReInitCommitResponse *out)
{
	const auto old = parties.member(handled.state_id());
	struct mls_reinit_parameters parameters;
	std::string init_private, encryption_private;

	if (!mls_group_reinit(old->group, &parameters))
		throw Refused{"the commit did not shut the group down"};

	const auto party = std::make_shared<Party>(parameters.suite, old->identity);

	party->origin = old;
	party->handshake = old->handshake;
	out->set_key_package(party->publish(&init_private, &encryption_private));
	out->set_reinit_id(parties.add(party));
	out->set_epoch_authenticator(handled.epoch_authenticator());
}

void actions::HandlePendingReInitCommit(Parties &parties, const rpc::HandlePendingCommitRequest &in,
					rpc::HandleReInitCommitResponse *out)
{
	rpc::HandleCommitResponse handled;

	HandlePendingCommit(parties, in, &handled);
	prepare(parties, handled, out);
}

void actions::HandleReInitCommit(Parties &parties, const rpc::HandleCommitRequest &in,
				 rpc::HandleReInitCommitResponse *out)
{
	rpc::HandleCommitResponse handled;

	HandleCommit(parties, in, &handled);
	prepare(parties, handled, out);
}

/* The first commit of a new group, which adds all others, and its epoch. */
static void begin(Party *party, rpc::CreateSubgroupResponse *out,
		  const google::protobuf::RepeatedPtrField<std::string> &key_packages,
		  bool force_path, bool external_tree)
{
	Commit what;

	for (const auto &key_package : key_packages)
		what.adds.push_back(slice(key_package));

	const Committed made = commit(party, &what, force_path, external_tree);

	ok(mls_group_merge(party->group));
	out->set_welcome(made.welcome);
	out->set_ratchet_tree(made.ratchet_tree);
	out->set_epoch_authenticator(party->begin_epoch());
}

static void want_origin(const Party *party)
{
	if (!party->origin || party->group)
		throw Refused{"this client does not wait for a successor of its group"};
}

void actions::ReInitWelcome(Parties &parties, const rpc::ReInitWelcomeRequest &in,
			    rpc::CreateSubgroupResponse *out)
{
	const auto party = parties.find(in.reinit_id());

	want_origin(party.get());
	ok(mls_group_create_successor(party->client, &party->group, party->origin->group,
				      MLS_SUCCESSION_REINIT, {}, {}));
	begin(party.get(), out, in.key_package(), in.force_path(), in.external_tree());
	party->origin.reset();
	out->set_state_id(in.reinit_id());
}

void actions::HandleReInitWelcome(Parties &parties, const rpc::HandleReInitWelcomeRequest &in,
				  rpc::JoinGroupResponse *out)
{
	const auto party = parties.find(in.reinit_id());

	want_origin(party.get());
	ok(mls_group_join_successor(party->client, &party->group, party->origin->group,
				    MLS_SUCCESSION_REINIT, slice(in.welcome()),
				    slice(in.ratchet_tree())));
	party->origin.reset();
	out->set_state_id(in.reinit_id());
	out->set_epoch_authenticator(party->begin_epoch());
}

void actions::CreateBranch(Parties &parties, const rpc::CreateBranchRequest &in,
			   rpc::CreateSubgroupResponse *out)
{
	const auto old = parties.member(in.state_id());
	const auto party = std::make_shared<Party>(old->suite, old->identity);
	Buffer extensions;

	put_extensions(&extensions.buf, in.extensions());
	ok(mls_group_create_successor(party->client, &party->group, old->group,
				      MLS_SUCCESSION_BRANCH, slice(in.group_id()),
				      slice(extensions)));
	party->handshake = old->handshake;
	begin(party.get(), out, in.key_packages(), in.force_path(), in.external_tree());
	out->set_state_id(parties.add(party));
}

void actions::HandleBranch(Parties &parties, const rpc::HandleBranchRequest &in,
			   rpc::HandleBranchResponse *out)
{
	const auto old = parties.member(in.state_id());
	const auto party = parties.find(in.transaction_id());

	if (party->group)
		throw Refused{"this client has joined already"};
	ok(mls_group_join_successor(party->client, &party->group, old->group, MLS_SUCCESSION_BRANCH,
				    slice(in.welcome()), slice(in.ratchet_tree())));
	party->handshake = old->handshake;
	out->set_state_id(in.transaction_id());
	out->set_epoch_authenticator(party->begin_epoch());
}
