#include "party.h"

#include <chrono>

void ok(enum mls_err err)
{
	if (err != MLS_OK)
		throw Refused{std::string(mls_err_name(err)) + ": " + mls_err_sentence(err)};
}

uint16_t code_point(uint32_t number)
{
	if (number > UINT16_MAX)
		throw Refused{"a code point above 65535"};
	return static_cast<uint16_t>(number);
}

/* Not time(), whose clock is up to a tick late, and still in the second before that in which
 * another process has just begun a lifetime. */
static uint64_t now_s()
{
	const auto now = std::chrono::system_clock::now().time_since_epoch();

	return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

/* Scripts name resumption PSKs of earlier epochs, and deliver messages of earlier epochs late. */
static struct mls_policy policy()
{
	struct mls_policy p = mls_policy_default();

	p.past_epochs = 64;
	p.max_lifetime_s = 0; /* of other implementations, which choose their own */
	return p;
}

Party::Party(uint16_t suite_, const std::string &identity_) : suite(suite_), identity(identity_)
{
	const struct mls_policy p = policy();
	const uint16_t suites[] = {1, 2, 3, 4, 5, 6, 7};
	struct mls_client_config config = {};

	config.ephemeral = true;
	config.suite = suite;
	config.suites = {suites, 7};
	config.credential_type = MLS_CREDENTIAL_BASIC;
	config.credential = slice(identity);
	config.random = mls_random_system();
	config.now_s = now_s();
	config.policy = &p;
	config.ephemeral = true;
	ok(mls_client_new(&client, &config));
}

Party::~Party()
{
	mls_group_free(group);
	mls_client_free(client);
}

static std::string take_vector(struct mls_slice *rest)
{
	struct mls_slice body;

	ok(mls_vector_take(&body, rest));
	return text(body);
}

std::string Party::publish(std::string *init_private, std::string *encryption_private)
{
	Buffer message, private_part;

	ok(mls_key_package_new(client, &message.buf, &private_part.buf));
	ok(mls_client_keep_key_package(client, slice(message), slice(private_part)));

	struct mls_slice rest = slice(private_part);

	*init_private = take_vector(&rest);
	*encryption_private = take_vector(&rest);
	return text(message);
}

std::string Party::signature_private() const
{
	Buffer key;

	ok(mls_client_signature_private(client, &key.buf));
	return text(key);
}

void Party::want_group() const
{
	if (!group)
		throw Refused{"this client is in no group"};
}

uint32_t Party::leaf_of(const std::string &wanted) const
{
	for (uint32_t leaf = 0; leaf < mls_group_n_leaves(group); leaf++) {
		struct mls_identity member;

		if (mls_group_member(group, &member, leaf) && text(member.credential) == wanted)
			return leaf;
	}
	throw Refused{"nobody in the group is called " + wanted};
}

void Party::receive_proposal(const std::string &message)
{
	struct mls_event event;

	if (proposals.count(message))
		return;
	ok(mls_group_receive(group, &event, slice(message)));
	if (event.type != MLS_EVENT_PROPOSAL)
		throw Refused{"a message that is no proposal"};
	proposals.insert(message);
}

std::string Party::begin_epoch()
{
	proposals.clear();
	return text(mls_group_epoch_authenticator(group));
}

uint32_t Parties::add(const std::shared_ptr<Party> &party)
{
	parties[++last] = party;
	return last;
}

std::shared_ptr<Party> Parties::find(uint32_t id) const
{
	const auto found = parties.find(id);

	if (found == parties.end())
		throw Refused{"no client or state with this id"};
	/* Others make key packages that are valid from that very second on. */
	mls_client_set_time(found->second->client, now_s());
	return found->second;
}

std::shared_ptr<Party> Parties::member(uint32_t id) const
{
	const auto party = find(id);

	party->want_group();
	return party;
}

void Parties::remove(uint32_t id)
{
	if (parties.erase(id) == 0)
		throw Refused{"no client or state with this id"};
}
