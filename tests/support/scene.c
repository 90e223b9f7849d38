#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "public_message.h"

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

void scene_joins(struct scene *s, uint32_t client, const struct mls_external_request *request,
		 struct mls_buf *honest)
{
	const struct mls_group_info_request open_to_all = {.ratchet_tree = true,
							   .external_pub = true};
	struct mls_client *joiner = s->w->client[client];
	struct mls_group *group = NULL;
	struct mls_buf info = {0};
	struct mls_public_message message;

	OK(mls_group_info(s->w->group[VICTIM], &info, &open_to_all));
	OK(mls_group_join_external(joiner, &group, honest, bytes_of(&info), request));
	OK(mls_public_message_decode(mls_slice(honest->p + 4, honest->len - 4), &message));
	honest->len = 0;
	s->f.path = message.content.content.commit.path.leaf_node.encoded;
	s->f.path.len = (size_t)(message.content.encoded.p + message.content.content_end -
				 s->f.path.p); /* the path is the last part of the commit */
	s->f.sender = (struct mls_sender){.type = MLS_SENDER_NEW_MEMBER_COMMIT};
	s->f.signer = joiner->signer;
	mls_group_free(group);
	mls_buf_free(&info);
}

/* The state of a group as if `keys` were what it has of message keys. */
static void save_with(struct mls_group *group, struct mls_buf *out, struct mls_secret_tree *keys)
{
	const struct mls_secret_tree present = group->secret_tree;

	group->secret_tree = *keys;
	OK(mls_group_save(group, out));
	group->secret_tree = present;
}

static void expect_same(const struct mls_buf *is, const struct mls_buf *was, const char *what)
{
	if (!mls_slice_equal(bytes_of(is), bytes_of(was)))
		fail_msg("%s: the refusal has changed the state", what);
}

/* The only thing that a refusal may change is the key that decrypted a PrivateMessage (9.2). */
static bool uses_a_key(const struct scene *s, enum mls_err err)
{
	return s->message.p[3] == MLS_WIRE_PRIVATE_MESSAGE && err != MLS_ERR_SENDER_DATA &&
	       err != MLS_ERR_SENDER_BLANK && err != MLS_ERR_DECRYPT && err != MLS_ERR_CONTENT_TYPE;
}

void scene_refuses(struct scene *s, const char *what, enum mls_err want)
{
	struct mls_group *victim = s->w->group[VICTIM];
	struct mls_buf before = {0}, after = {0};
	struct mls_secret_tree keys;
	struct mls_event event;
	uint64_t position;
	enum mls_err err;

	/* Looking at a ratchet writes down what it follows from, which changes nothing else. */
	OK(mls_secret_tree_position(victim->client->crypto, &victim->secret_tree, &position, FORGER,
				    MLS_RATCHET_HANDSHAKE));
	mls_secret_tree_fork(&keys, &victim->secret_tree);
	OK(mls_group_save(victim, &before));
	err = mls_group_receive(victim, &event, bytes_of(&s->message));
	if (err != want)
		fail_msg("%s: %s, want %s", what, mls_err_name(err), mls_err_name(want));
	save_with(victim, &after, uses_a_key(s, err) ? &keys : &victim->secret_tree);
	expect_same(&after, &before, what);
	mls_secret_tree_clear(&keys);
	mls_buf_free(&before);
	mls_buf_free(&after);
}

void scene_expect_refusal(struct scene *s, const char *what, enum mls_err want)
{
	scene_refuses(s, what, want);
	world_check(s->w);
}
