#include "actions.h"

void actions::GroupInfo(Parties &parties, const rpc::GroupInfoRequest &in,
			rpc::GroupInfoResponse *out)
{
	const auto party = parties.member(in.state_id());
	struct mls_group_info_request request = {};
	Buffer info, tree;

	request.external_pub = true;
	request.ratchet_tree = !in.external_tree();
	ok(mls_group_info(party->group, &info.buf, &request));
	out->set_group_info(text(info));
	if (!in.external_tree())
		return;
	ok(mls_group_ratchet_tree(party->group, &tree.buf));
	out->set_ratchet_tree(text(tree));
}

void actions::StateAuth(Parties &parties, const rpc::StateAuthRequest &in,
			rpc::StateAuthResponse *out)
{
	const auto party = parties.member(in.state_id());

	out->set_state_auth_secret(text(mls_group_epoch_authenticator(party->group)));
}

void actions::Export(Parties &parties, const rpc::ExportRequest &in, rpc::ExportResponse *out)
{
	const auto party = parties.member(in.state_id());
	std::string secret;

	if (in.key_length() > UINT16_MAX)
		throw Refused{"no suite exports that much"};
	secret.resize(in.key_length());
	ok(mls_group_export(party->group, reinterpret_cast<uint8_t *>(secret.data()), secret.size(),
			    slice(in.label()), slice(in.context())));
	out->set_exported_secret(secret);
}

void actions::Protect(Parties &parties, const rpc::ProtectRequest &in, rpc::ProtectResponse *out)
{
	const auto party = parties.member(in.state_id());
	Buffer message;

	ok(mls_group_protect(party->group, &message.buf, slice(in.plaintext()),
			     slice(in.authenticated_data())));
	out->set_ciphertext(text(message));
}

void actions::Unprotect(Parties &parties, const rpc::UnprotectRequest &in,
			rpc::UnprotectResponse *out)
{
	const auto party = parties.member(in.state_id());
	struct mls_event event;

	ok(mls_group_receive(party->group, &event, slice(in.ciphertext())));
	if (event.type != MLS_EVENT_APPLICATION)
		throw Refused{"a message that is no application data"};
	out->set_plaintext(text(event.data));
	out->set_authenticated_data(text(event.authenticated_data));
}

void actions::StorePSK(Parties &parties, const rpc::StorePSKRequest &in, rpc::StorePSKResponse *)
{
	const auto party = parties.find(in.state_or_transaction_id());

	ok(mls_client_set_psk(party->client, slice(in.psk_id()), slice(in.psk_secret())));
}

void actions::Free(Parties &parties, const rpc::FreeRequest &in, rpc::FreeResponse *)
{
	parties.remove(in.state_id());
}
