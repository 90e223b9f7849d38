#ifndef MEGOLM_STATE_H
#define MEGOLM_STATE_H
#include "megolm_withheld.h"
#include "olm_call.h"
#include "table.h"
#include "text.h"

/*
 * What a device is made of. Only the files of this library and its probe look inside.
 *
 * `saved` members hold pickles of the last checkpoint (megolm_probe.h), NULL where there is
 * none; `touched` tells that the object has changed since.
 */

#define MEGOLM_KEY_CHARS       43 /* 32 bytes in unpadded base64 */
#define MEGOLM_SIGNATURE_CHARS 86 /* 64 bytes */
#define MEGOLM_MAX_ID          255
/* E2EE, m.olm.v1: a client keeps at least 4 sessions with a device. */
#define MEGOLM_MAX_SESSIONS 4

#define MEGOLM_OLM_V1    "m.olm.v1.curve25519-aes-sha2"
#define MEGOLM_MEGOLM_V1 "m.megolm.v1.aes-sha2"

/* Bytes that are used again and again. */
struct megolm_scratch {
	uint8_t *p;
	size_t cap;
};

/* Bytes of their own; wiped when they are freed. */
struct megolm_owned {
	uint8_t *p;
	size_t len;
};

/* An Olm session with one other device. */
struct megolm_pairwise {
	OlmSession *olm; /* lies behind this struct */
	bool touched;
	bool is_fresh; /* begun by this device, and nothing sent yet */
	struct megolm_owned saved;
	bool saved_is_fresh;
	struct megolm_pairwise *next_free;
};

struct megolm_peer {
	char *user_id, *device_id;
	char curve25519[MEGOLM_KEY_CHARS + 1], ed25519[MEGOLM_KEY_CHARS + 1];
	struct megolm_slice keys; /* the signed device keys, as they were verified */
	uint64_t tag;
	bool is_verified;   /* may be given keys of others */
	bool by_signatures; /* is_verified follows from cross-signing; otherwise the user says it */
	uint32_t number;    /* place in device->peer[] */
	bool is_stranger;   /* known by what it sent only */
	uint32_t n_begun;   /* inbound sessions that name it as their sender */
	struct megolm_peer *next_forgotten, **forgotten_at; /* NULL: it is known */
	bool told_no_olm; /* since the last session with it began */
	bool has_recovered;
	uint64_t recovered_ms; /* when megolm_device_recover last began a session */
	struct megolm_pairwise *session[MEGOLM_MAX_SESSIONS];     /* the one to send by first */
	struct megolm_pairwise *saved_order[MEGOLM_MAX_SESSIONS]; /* at the checkpoint */
	bool saved_has_recovered, saved_told_no_olm;
	uint64_t saved_recovered_ms;
};

struct megolm_member {
	struct megolm_peer *peer;
	bool has_key; /* of the outbound session's next message */
	enum megolm_withheld withheld;
	bool is_told; /* that the key of this session is withheld */
};

/* One Megolm session of the own device. */
struct megolm_outbound {
	OlmOutboundGroupSession *olm; /* NULL: none */
	char id[MEGOLM_KEY_CHARS + 1];
	uint64_t begun_ms;
	struct megolm_owned saved;
};

/* Which event used which message index. */
struct megolm_seen {
	uint32_t index;
	bool used;
	uint8_t event[16];
};

/* Who else vouches for a session that its sender did not send here: what is said of it. */
struct megolm_origin {
	enum megolm_source source;
	char curve25519[MEGOLM_KEY_CHARS + 1], ed25519[MEGOLM_KEY_CHARS + 1];
	struct megolm_owned chain; /* a JSON array of those who forwarded it */
	uint32_t n_forwarded;
	char *giver; /* the user who gave it in a bundle; NULL: it came another way */
};

struct megolm_inbound {
	char id[MEGOLM_KEY_CHARS + 1];
	struct megolm_peer *sender;   /* NULL: the own device, or see origin */
	struct megolm_origin *origin; /* NULL: the sender gave the key to this device */
	bool shared_history;          /* may be given to those who join later */
	enum megolm_backed_up { MEGOLM_NOT_BACKED_UP, MEGOLM_UPLOADED, MEGOLM_BACKED_UP } backed_up;
	/* NULL: only the session key is here, see megolm_inbound_open. */
	OlmInboundGroupSession *olm;
	struct megolm_owned session_key;
	uint64_t arrival;         /* the newest session has the highest */
	struct megolm_seen *seen; /* open addressing by index, at most half full */
	size_t n_seen, seen_cap;
	struct megolm_owned saved;
	struct megolm_seen *saved_seen;
	size_t saved_n_seen, saved_seen_cap;
	enum megolm_backed_up saved_backed_up;
};

struct megolm_room {
	struct megolm_device *device;
	char id[MEGOLM_MAX_ID + 1];
	struct megolm_member *member;
	size_t n_members, members_cap;
	uint32_t *place; /* by number of a peer: its place in member[], counted from 1 */
	size_t place_cap;
	size_t n_lacking;    /* members with neither has_key nor is_told */
	bool shared_history; /* of the own sessions: may be given to those who join later */
	struct megolm_outbound outbound;
	struct megolm_inbound **inbound;
	size_t n_inbound, inbound_cap;
	struct megolm_table inbound_by_id;
	struct megolm_room *next;
	/* The checkpoint: members, and the inbound sessions that existed. */
	bool is_saved;
	struct megolm_member *saved_member;
	size_t n_saved_members, n_saved_inbound;
	struct megolm_outbound saved_outbound;
};

/* The newest fallback key of an account. */
struct megolm_fallback {
	uint32_t number; /* as libolm counts the keys of an account; 0: there is none */
	bool used;       /* by a message that was accepted */
};

struct megolm_device {
	char *user_id, *device_id;
	char curve25519[MEGOLM_KEY_CHARS + 1], ed25519[MEGOLM_KEY_CHARS + 1];
	bool is_dehydrated;       /* waits at the homeserver; its id is its Curve25519 key */
	uint8_t seed[32];         /* of its Ed25519 key, if so */
	struct megolm_owned keys; /* signed device keys */
	struct megolm_random random;
	struct megolm_policy policy;
	OlmAccount *account;
	struct megolm_fallback fallback, saved_fallback;
	OlmUtility *utility;
	struct megolm_peer **peer; /* NULL where one was forgotten */
	size_t n_peers, peers_cap;
	struct megolm_peer *forgotten; /* a list: each has n_begun > 0 */
	struct megolm_table peer_by_id, peer_by_key;
	struct megolm_room *room; /* a list */
	struct megolm_table room_by_id;
	struct megolm_pairwise *free_session; /* wiped, to be used again */
	struct megolm_request *request;       /* forward.h: keys asked for, a list */
	struct megolm_request *settled;       /* whose keys have come, a list, the newest first */
	struct megolm_request *oldest_settled;
	size_t n_settled;
	struct megolm_bundle *bundle;             /* bundle.h: a ring, NULL while empty */
	size_t n_bundles;                         /* that were put into it */
	struct megolm_withheld_session *withheld; /* withheld.h: a ring, NULL while empty */
	size_t n_withheld, saved_n_withheld;      /* that were put into it */
	uint64_t arrivals;
	struct megolm_scratch plaintext, message, verify;
	struct megolm_user **user; /* by what vouches for devices */
	size_t n_users, users_cap;
	struct megolm_table user_by_id;
	bool is_saved;
	struct megolm_owned saved_account;
	size_t n_saved_peers, n_saved_users;
};

/* A device as megolm_device_new makes it, of an account that was pickled under `key`.
 * Without a device_id it is a dehydrated device. MEGOLM_ERR_PICKLE. */
enum megolm_err MEGOLM_MUST_CHECK
megolm_device_from_pickle(struct megolm_device **out, const char *user_id, const char *device_id,
			  const struct megolm_random *random, const struct megolm_policy *policy,
			  struct megolm_slice pickle, struct megolm_slice key);

/* Makes a scratch at least `len` bytes long; its contents are lost when it grows. */
enum megolm_err MEGOLM_MUST_CHECK megolm_scratch_reserve(struct megolm_scratch *s, size_t len);

/* What a call of libolm wants to be given; wiped by its user. */
struct megolm_entropy {
	uint8_t bytes[256];
	size_t len;
};

/* Draws as many bytes as a libolm function said that it needs. */
enum megolm_err MEGOLM_MUST_CHECK megolm_draw(struct megolm_device *device,
					      struct megolm_entropy *out, size_t needed);

/* Allowed in identifiers: printable ASCII but quotes and backslashes, at most 255. */
bool megolm_is_identifier(struct megolm_slice s, char sigil);

/* Whether `s` is unpadded base64 of this many characters. */
bool megolm_is_base64(struct megolm_slice s, size_t chars);

/* Appends {user_id:{"ed25519:device_id":signature}}, with room for the signature; *at points
 * to that room. */
void megolm_put_signatures(struct megolm_text *out, const struct megolm_device *device,
			   uint8_t **at);

/* The signature of the device's Ed25519 key, MEGOLM_SIGNATURE_CHARS characters. */
enum megolm_err MEGOLM_MUST_CHECK megolm_sign(struct megolm_device *device, uint8_t *signature,
					      struct megolm_slice message);

/*
 * Verifies the signature that `object` carries of the key "ed25519:KEY_ID" of a user, where
 * KEY_ID is that of a device or a cross-signing key; `ed25519` is its public part (base64).
 * MEGOLM_ERR_SIGNATURE when it is bad or not there.
 */
enum megolm_err MEGOLM_MUST_CHECK megolm_verify_signed(struct megolm_device *device,
						       struct megolm_slice object,
						       struct megolm_slice user_id,
						       struct megolm_slice key_id,
						       struct megolm_slice ed25519);
#endif
