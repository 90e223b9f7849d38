#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void scene_put(struct scene *s, struct mls_proposal proposal)
{
	forge_proposal(&s->f, &proposal);
}

struct mls_proposal forge_remove(uint32_t leaf)
{
	return (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .remove = leaf};
}

struct mls_proposal forge_external_init(void)
{
	static const uint8_t kem_output[32] = {9};

	return (struct mls_proposal){.type = MLS_PROPOSAL_EXTERNAL_INIT,
				     .external_init = {kem_output, sizeof(kem_output)}};
}

struct mls_proposal forge_psk(uint8_t type, uint8_t usage, size_t nonce_len)
{
	static const uint8_t nonce[64] = {7};
	struct mls_proposal p = {.type = MLS_PROPOSAL_PSK,
				 .psk = {.type = type, .psk_nonce = {nonce, nonce_len}}};

	if (type == MLS_PSK_EXTERNAL)
		p.psk.psk_id = mls_slice_str("known");
	else
		p.psk.usage = usage;
	return p;
}

struct mls_proposal forge_reinit(uint16_t version)
{
	return (struct mls_proposal){.type = MLS_PROPOSAL_REINIT,
				     .reinit = {.version = version, .suite = 1}};
}

struct mls_proposal forge_extensions(struct mls_slice body)
{
	return (struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
				     .set_extensions = body};
}

struct mls_proposal scene_add(const struct scene *s)
{
	struct mls_proposal p = {.type = MLS_PROPOSAL_ADD};

	OK(mls_key_package_message(&p.add, bytes_of(&s->package)));
	return p;
}

/* An Update with the present leaf of a member. */
struct mls_proposal scene_update(const struct scene *s, uint32_t leaf)
{
	struct mls_proposal p = {.type = MLS_PROPOSAL_UPDATE};

	OK(mls_tree_leaf_node(&s->w->group[VICTIM]->epoch->tree, leaf, &p.update));
	return p;
}

void scene_begin(struct scene *s)
{
	*s = (struct scene){.w = world_new(1, N_SCENE, NULL, NULL)};
	for (uint32_t i = 0; i < N_SCENE; i++)
		world_commit(s->w, i, &(struct mls_commit_request){0}, NULL, 0);
	s->outsider = world_client(s->w, NULL);
	member_publish(s->w->client[s->outsider], &s->package);
	forgery_begin(&s->f, s->w->group[FORGER]);
}

void scene_end(struct scene *s)
{
	forgery_end(&s->f);
	mls_buf_free(&s->package);
	mls_buf_free(&s->message);
	world_free(s->w);
}

void scene_expect_refusal(struct scene *s, const char *what, enum mls_err want)
{
	struct mls_event event;
	const enum mls_err err =
		mls_group_receive(s->w->group[VICTIM], &event, bytes_of(&s->message));

	if (err != want)
		fail_msg("%s: %s, want %s", what, mls_err_name(err), mls_err_name(want));
	world_check(s->w);
}
