#ifndef INTEROP_COMMITS_H
#define INTEROP_COMMITS_H
#include "proposals.h"

#include <vector>

/* A commit request of mls.h, filled from proposals by value. */
struct Commit {
	struct mls_commit_request request = {};
	std::vector<struct mls_slice> adds;
	std::vector<uint32_t> removes;
	std::vector<struct mls_psk_name> psks;
	struct mls_reinit_parameters reinit = {};

	/* Later proposals with new extensions or a ReInit replace earlier ones. */
	void include(const struct mls_proposal_request &proposal);
};

/* What all responses with a Welcome have. */
struct Committed {
	std::string commit, welcome, ratchet_tree;
};

/* Commits at the party, whose group then has a pending commit. */
Committed commit(Party *party, Commit *what, bool force_path, bool external_tree);
#endif
