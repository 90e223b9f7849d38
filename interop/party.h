#ifndef INTEROP_PARTY_H
#define INTEROP_PARTY_H
#include "bytes.h"

#include <map>
#include <memory>
#include <set>

/*
 * Who the runner speaks to by a number: a member with its group (state_id), a client with a
 * key package that waits for a Welcome (transaction_id, reinit_id), an external sender
 * (signer_id). Each has a client of its own, so that nobody knows more than a device of its
 * own would.
 */
struct Party {
	Party(uint16_t suite, const std::string &identity);
	Party(const Party &) = delete;
	Party &operator=(const Party &) = delete;
	~Party();

	/* Publishes a key package, which the client keeps; its MLSMessage. */
	std::string publish(std::string *init_private, std::string *encryption_private);

	/* Refused where there is no group yet, or nobody there with that identity. */
	void want_group() const;
	uint32_t leaf_of(const std::string &identity) const;

	/* Hands a proposal to the group, once. */
	void receive_proposal(const std::string &message);

	/* The epoch authenticator of a group in a new epoch. */
	std::string begin_epoch();

	std::string signature_private() const;

	uint16_t suite;
	std::string identity;
	struct mls_client *client = nullptr;
	struct mls_group *group = nullptr;
	enum mls_handshake handshake = MLS_HANDSHAKE_PUBLIC;
	std::set<std::string> proposals; /* of this epoch, which the group has, own included */
	std::shared_ptr<Party> origin;   /* whose group ours follows from, until it exists */
};

/* All parties of a server. State and transaction ids must differ: StorePSK takes either. */
class Parties
{
      public:
	uint32_t add(const std::shared_ptr<Party> &party);
	std::shared_ptr<Party> find(uint32_t id) const;
	std::shared_ptr<Party> member(uint32_t id) const; /* one who is in a group */
	void remove(uint32_t id);

      private:
	std::map<uint32_t, std::shared_ptr<Party>> parties;
	uint32_t last = 0;
};
#endif
