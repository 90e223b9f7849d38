#include "actions.h"
#include "proposals.h"

static enum mls_handshake handshake(bool encrypt)
{
	return encrypt ? MLS_HANDSHAKE_PRIVATE : MLS_HANDSHAKE_PUBLIC;
}

void actions::CreateGroup(Parties &parties, const rpc::CreateGroupRequest &in,
			  rpc::CreateGroupResponse *out)
{
	const auto party = std::make_shared<Party>(code_point(in.cipher_suite()), in.identity());

	ok(mls_group_create(party->client, &party->group, slice(in.group_id()), {}));
	party->handshake = handshake(in.encrypt_handshake());
	out->set_state_id(parties.add(party));
}

void actions::CreateKeyPackage(Parties &parties, const rpc::CreateKeyPackageRequest &in,
			       rpc::CreateKeyPackageResponse *out)
{
	const auto party = std::make_shared<Party>(code_point(in.cipher_suite()), in.identity());

	out->set_key_package(
		party->publish(out->mutable_init_priv(), out->mutable_encryption_priv()));
	out->set_signature_priv(party->signature_private());
	out->set_transaction_id(parties.add(party));
}

void actions::JoinGroup(Parties &parties, const rpc::JoinGroupRequest &in,
			rpc::JoinGroupResponse *out)
{
	const auto party = parties.find(in.transaction_id());

	if (party->group)
		throw Refused{"this client has joined already"};
	ok(mls_group_join(party->client, &party->group, slice(in.welcome()),
			  slice(in.ratchet_tree())));
	party->handshake = handshake(in.encrypt_handshake());
	out->set_state_id(in.transaction_id());
	out->set_epoch_authenticator(party->begin_epoch());
}

void actions::ExternalJoin(Parties &parties, const rpc::ExternalJoinRequest &in,
			   rpc::ExternalJoinResponse *out)
{
	struct mls_external_request request = {};
	std::vector<struct mls_psk_name> psks;
	struct mls_group_outline group;
	Buffer commit;

	ok(mls_group_info_read(&group, slice(in.group_info())));

	const auto party = std::make_shared<Party>(group.suite, in.identity());

	for (const auto &psk : in.psks()) {
		ok(mls_client_set_psk(party->client, slice(psk.psk_id()), slice(psk.psk_secret())));
		psks.push_back({});
		psks.back().id = slice(psk.psk_id());
	}
	request.psks = psks.data();
	request.n_psks = psks.size();
	request.ratchet_tree =
		in.ratchet_tree().empty() ? group.ratchet_tree : slice(in.ratchet_tree());
	request.replaces = in.remove_prior();
	if (in.remove_prior())
		ok(mls_ratchet_tree_find(&request.leaf, request.ratchet_tree, MLS_CREDENTIAL_BASIC,
					 slice(in.identity())));
	ok(mls_group_join_external(party->client, &party->group, &commit.buf,
				   slice(in.group_info()), &request));
	party->handshake = handshake(in.encrypt_handshake());
	out->set_state_id(parties.add(party));
	out->set_commit(text(commit));
	out->set_epoch_authenticator(party->begin_epoch());
}
