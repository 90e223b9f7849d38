#ifndef GROUPBENCH_BACKEND_H
#define GROUPBENCH_BACKEND_H
#include <stddef.h>
#include <stdint.h>

/*
 * What a group-messaging protocol must offer to be measured by groupbench. It is
 * implemented by the built-in backends (null, mls, megolm) and by shared objects
 * (groupbench run --plugin FILE.so).
 *
 * The harness owns the network, the clock and the list of members. A backend owns
 * the cryptographic state of every live device of one world. Devices are small
 * numbers chosen by the harness; a device number fixes the device's credential
 * (its identity is a function of the number alone), so that devices of different
 * implementations can be members of one group.
 *
 * A device is *live* when the backend holds its private state. All others are
 * *dormant*: they exist as published key material only, which publish_many()
 * makes from (seed, device) without keeping anything, and materialise() turns a
 * dormant device into a live one, from the same (seed, device), at any time.
 *
 * One thread uses a world at a time. Pointers a backend hands out stay valid until
 * the next call on the same world unless said otherwise. Pointers passed in are
 * valid during the call. No pointer is NULL unless its description allows it.
 */

#define GB_ABI          3u
#define GB_DIGEST_BYTES 32

enum gb_status {
	GB_OK = 0,
	GB_REJECTED,    /* the input was refused, as the protocol demands; state unchanged */
	GB_UNSUPPORTED, /* this backend cannot do this, by design; error() names what is missing */
	GB_FAILED,      /* anything else; error() says what. Ends the run. */
};

struct gb_bytes {
	const uint8_t *p;
	size_t len;
};

/*
 * What a message is for. Every byte a backend sends has one of these kinds.
 *
 * All but CLAIM, GROUP_INFO, RATCHET_TREE, KEY_REQUEST and WITHHELD are authenticated. The oracle
 * forges by flipping the lowest bit of the 24th byte from the end of a body, which must therefore
 * be covered by a signature, tag or ciphertext: receivers answer GB_REJECTED.
 */
enum gb_kind {
	GB_KEY_MATERIAL, /* MLS KeyPackage; Matrix device keys with one-time or fallback key */
	GB_CLAIM,        /* a request to the key directory */
	GB_PROPOSAL,
	GB_COMMIT,
	GB_WELCOME,
	GB_GROUP_INFO,
	GB_RATCHET_TREE,
	GB_ROOM_KEY, /* m.room_key, m.room_key_bundle or m.forwarded_room_key inside an Olm message,
		      * with its to-device envelope; see GB_ROOM_KEY_BUNDLE */
	GB_APPLICATION,
	GB_BACKUP,
	GB_KEY_REQUEST, /* m.room_key_request, to-device and in the clear */
	GB_DUMMY,    /* m.dummy inside an Olm message, with its to-device envelope: it brings a new
		      * session to who gets it, and says nothing */
	GB_WITHHELD, /* m.room_key.withheld, to-device and in the clear */
	GB_KINDS,
	/* m.room_key_bundle, of who sends it: counted and handed on as a GB_ROOM_KEY, and told
	 * from one where it is asked who was sent what. The largest number that the pipe protocol
	 * has room for: no kind that is added moves it. */
	GB_ROOM_KEY_BUNDLE = 255,
};

enum gb_address {
	GB_TO_DEVICES, /* the devices listed in to[] */
	GB_TO_GROUP,   /* every member of the group, the sender included */
	GB_TO_SERVER,  /* the delivery service or key directory itself */
};

/*
 * Who multiplies a message with many recipients. SERVER: uploaded once, delivered
 * n times (an MLS commit, a room event). CLIENT: the sender encrypts and uploads
 * one message for each recipient (an Olm message), so n_to is 1.
 */
enum gb_fanout { GB_FANOUT_SERVER, GB_FANOUT_CLIENT };

struct gb_message {
	enum gb_kind kind;
	enum gb_address address;
	enum gb_fanout fanout;
	uint32_t from;
	size_t n_to;        /* length of to[]; 0 unless address is GB_TO_DEVICES */
	const uint32_t *to; /* may point into the arguments of the call that sends */
	struct gb_bytes body;
	/* What the message adds to an upload that others are in too, such as a request with many
	 * to-device messages; 0 when it is uploaded alone, as the body. */
	uint32_t uploaded;
	/* With GB_ENVELOPED: the bytes of ciphertexts, keys and signatures in the body, before
	 * base64 and JSON. Else not looked at. */
	uint32_t raw;
	/* What the delivery service calls it, another number for each message; of no meaning in
	 * what is sent. Matrix: the event id. */
	uint64_t event;
};

/*
 * Where an operation puts what it sends. Memory behind it is already mapped: no
 * allocation and no copy happens while the clock runs.
 *
 *   reserve  room for up to `capacity` bytes, writable until commit; NULL when the
 *            outbox is full, which the backend reports as GB_FAILED.
 *   commit   sends m. m->body.p is what the last reserve returned, m->body.len at
 *            most its capacity. The outbox keeps the bytes, or counts and drops
 *            them when no recipient is live; m itself is not kept.
 *
 * A call that does not return GB_OK must not have committed anything.
 */
struct gb_outbox {
	uint8_t *(*reserve)(struct gb_outbox *self, size_t capacity);
	void (*commit)(struct gb_outbox *self, const struct gb_message *m);
};

/* The key material of one device, as fetched from the key directory. */
struct gb_published {
	uint32_t device;
	struct gb_bytes body; /* one GB_KEY_MATERIAL message, as publish() sent it */
};

/* An axis of the comparison set to a value; names and values: bench/axes.def. */
struct gb_axis {
	const char *name;
	const char *value;
};

enum gb_answer {
	GB_HONOURED,
	GB_NOT_APPLICABLE, /* the axis means nothing to this protocol: its cells collapse */
	GB_NOT_SUPPORTED,  /* it means something, and this backend cannot do it: *reason says why */
};

struct gb_config {
	size_t struct_size;
	uint64_t seed;     /* all randomness derives from it; two worlds with equal seeds agree */
	uint32_t capacity; /* devices 0 .. capacity - 1 may appear */
	const struct gb_axis *axes; /* only axes this backend answered with GB_HONOURED */
	size_t n_axes;
};

/*
 * A group made outside the clock: members are devices 0 .. size - 1, in that order,
 * in the state the axes describe (MLS: tree; Megolm: olm). Devices size ..
 * size + joiners - 1 are not members but may be added; whatever pairwise state the axes
 * put between them and an actor exists afterwards too (Megolm: Olm sessions).
 *
 * Devices in live[] become live, the others stay dormant; live[] may name joiners.
 * actors[] (a subset of live[]) will act on the group: Megolm gives each of them a
 * session that all live members hold, and the pairwise state towards everybody.
 *
 * With without_group the same holds except that there is no group yet: the actor's
 * create() makes it. (MLS: the live devices and nothing else. Megolm: the Olm sessions
 * of the axes, and no Megolm session.)
 */
struct gb_shape {
	size_t struct_size;
	uint32_t size;
	uint32_t joiners;
	int without_group;
	const uint32_t *live;
	size_t n_live;
	const uint32_t *actors;
	size_t n_actors;
};

/* Cumulative numbers of primitive operations since open(). X(name, sentence) */
#define GB_PRIMITIVES(X)                                                                           \
	X(keygen, "key pairs generated or derived: multiplications of the base point")             \
	X(dh, "Diffie-Hellman operations: multiplications of a peer's public key")                 \
	X(sign, "signatures made")                                                                 \
	X(verify, "signatures verified")                                                           \
	X(hpke_seal, "HPKE messages sealed (each also counts 1 keygen and 1 dh)")                  \
	X(hpke_open, "HPKE messages opened (each also counts 1 dh)")                               \
	X(hash, "hash computations, those inside HMAC and signatures not counted")                 \
	X(hash_blocks, "compression blocks of all hashing outside signatures")                     \
	X(hmac, "HMAC computations, those inside HKDF included")                                   \
	X(hkdf, "HKDF extract and expand calls")                                                   \
	X(aead, "AEAD seals and opens")                                                            \
	X(aead_bytes, "bytes through the AEAD")                                                    \
	X(cbc, "AES-CBC encryptions and decryptions")                                              \
	X(cbc_bytes, "bytes through AES-CBC")                                                      \
	X(random_bytes, "random bytes drawn")                                                      \
	X(pbkdf2_rounds, "rounds of PBKDF2, each an HMAC-SHA-512 that no other count has")

struct gb_counts {
#define GB_PRIMITIVE_FIELD(name, sentence) uint64_t name;
	GB_PRIMITIVES(GB_PRIMITIVE_FIELD)
#undef GB_PRIMITIVE_FIELD
};

/* How long the last operation took by the backend's own clocks. */
struct gb_clocks {
	uint64_t wall_ns;
	uint64_t cpu_ns;
};

/* How much of what is kept is asked for. */
enum gb_scope { GB_SCOPE_ONE, GB_SCOPE_ROOM, GB_SCOPE_ALL };

/* How keys of the past come from a device that has them to another one of its user. */
enum gb_way {
	GB_WAY_FORWARDED, /* asked for one by one, and forwarded */
	GB_WAY_FILE,      /* in a file under a passphrase; nobody has to ask: no want() */
	/* To a device that the homeserver keeps for the user, until it is read by another: want()
	 * makes it, give() begins as many sessions as history() had, shares them with it and sends
	 * a message of each with history()'s plaintext, and take() gets what want() sent to the
	 * server first. */
	GB_WAY_DEHYDRATED,
	/* As FORWARDED, after who lacks them has lost its pairwise session with who has them: it
	 * begins another. */
	GB_WAY_RECOVERED,
	GB_WAYS,
};

/* A key of a device that can be taken again and again. */
#define GB_LAST_RESORT UINT32_MAX

/* Why a device is given no key: it is blocked, or nobody has verified it. */
enum gb_reason { GB_REASON_BLACKLISTED, GB_REASON_UNVERIFIED, GB_REASONS };

struct gb_world; /* the backend's own */

/*
 * What a backend is like.
 *
 *   SETTLES     an actor's own commit must come back to it (process) to take effect
 *   SEALED      protects: newcomers, removed and forged input are refused. Only the null
 *               backend lacks it.
 *   REPLAYS     receive() of the same message twice succeeds (Megolm), as long as it is the same
 *               event; without it, and as another event, it is refused
 *   OWN_CLOCK   clocks() replaces the harness's clock
 *   PER_SENDER  keys belong to a sender: digest(device, sender) is defined only once that
 *               sender has acted, and rekey changes that sender's only
 *   REMOTE      all devices live in another process
 *   FORGERY_SPENDS  a forged message in a genuine one's place takes the key of it: receivers
 *               refuse both. (RFC 9420, 9.2: keys are deleted once they decrypted successfully.)
 *   ENVELOPED   bodies are base64 in JSON, as Matrix carries them; gb_message.raw and fetched_raw()
 *               say what of them is the protocol's. Else they are what the protocol makes.
 *   OWN_RANDOM  operations draw randomness that no seed reaches: of two worlds with equal seeds
 *               only key material, and the form and length of messages, are the same
 *   FALLBACK    what enrol() sends has a key of last resort: reach() by GB_LAST_RESORT succeeds
 */
enum gb_feature {
	GB_SETTLES = 1 << 0,
	GB_SEALED = 1 << 1,
	GB_REPLAYS = 1 << 2,
	GB_OWN_CLOCK = 1 << 3,
	GB_PER_SENDER = 1 << 4,
	GB_REMOTE = 1 << 5,
	GB_FORGERY_SPENDS = 1 << 6,
	GB_OWN_RANDOM = 1 << 7,
	GB_ENVELOPED = 1 << 8,
	GB_FALLBACK = 1 << 9,
};

/* What create() consists of where a group is made of a session with each member (Megolm). */
enum gb_part {
	GB_PART_CLAIM,   /* the key directory is asked, and its answers are read */
	GB_PART_VERIFY,  /* the signatures on what it gave */
	GB_PART_SESSION, /* a pairwise session with each device */
	GB_PART_ENCRYPT, /* the group's key, to each device */
	GB_PARTS,
};

/*
 * One primitive alone. Signatures and AEAD are over GB_SINGLE_LONG bytes; hashes, HMACs (under a
 * new key) and CBC over GB_SINGLE_SHORT, which with its padding is one block of SHA-256.
 */
enum gb_single {
	GB_SINGLE_KEYGEN,
	GB_SINGLE_DH, /* with a peer's serialized key */
	GB_SINGLE_SIGN,
	GB_SINGLE_VERIFY, /* with a serialized key */
	GB_SINGLE_HASH,
	GB_SINGLE_HMAC,
	GB_SINGLE_AEAD, /* encryption, under a new key */
	GB_SINGLE_CBC,  /* likewise */
	GB_SINGLES,
};

#define GB_SINGLE_LONG  64
#define GB_SINGLE_SHORT 55

struct gb_backend {
	size_t struct_size; /* sizeof(struct gb_backend) of whoever compiled the backend */
	uint32_t abi;       /* GB_ABI */
	uint32_t features;  /* enum gb_feature */
	const char *name;   /* [a-z0-9_-]+ */

	/* ---- required ---- */

	/* Can `name` be set to `value`? Needs no world. *reason is a static sentence, set for
	 * GB_NOT_SUPPORTED only. */
	enum gb_answer (*axis)(const char *name, const char *value, const char **reason);

	/* Largest group this backend can hold, in members. */
	uint32_t max_size;

	/* On any status but GB_OK *out is NULL or a world that only serves error() and close().
	 * GB_UNSUPPORTED: axes that this backend cannot have together, or at this size. */
	enum gb_status (*open)(struct gb_world **out, const struct gb_config *config);
	void (*close)(struct gb_world *w); /* wipes and frees; NULL is allowed */

	/* "libolm 3.2.13": the libraries as they report themselves. Static. */
	const char *(*version)(void);
	/* The last failure in one line; "" when there was none. */
	const char *(*error)(const struct gb_world *w);

	/*
	 * Key material. publish makes `device` live if it is not and sends one KEY_MATERIAL
	 * of it (Matrix: with another one-time key each time). publish_many sends one for each
	 * of n dormant devices, in order, and keeps nothing. materialise makes a dormant device
	 * live, with the private part of the material that publish_many sends for it. Where
	 * signatures draw randomness that no seed reaches (ECDSA in OpenSSL), that holds only
	 * for material published once the device is live.
	 */
	enum gb_status (*publish)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	enum gb_status (*publish_many)(struct gb_world *w, uint32_t first, uint32_t n,
				       struct gb_outbox *out);
	enum gb_status (*materialise)(struct gb_world *w, uint32_t device);

	/* Builds the group of `shape` in an otherwise unused world. Not timed. The live devices
	 * are as if materialise() had been called for them: key material that publish_many()
	 * sends later for one of them fits its private state. GB_UNSUPPORTED: it cannot make this
	 * group; a full tree of MLS the harness then has from mls/, and the devices join it. */
	enum gb_status (*shape)(struct gb_world *w, const struct gb_shape *shape);

	/*
	 * The operations. Each is one timed call by a live device: no I/O, no logging, no
	 * retry. On any status but GB_OK nothing was sent and nothing changed, except that
	 * a message key once used is gone.
	 *
	 *   create   a new group of `device` and the n others; sends what they must receive.
	 *   add      lets in n devices; until they and the group have received what it sends
	 *            nothing changes for them.
	 *   remove   shuts out n members. Whoever has received what it sends, and `device`
	 *            itself, sends nothing they can read from then on.
	 *   rekey    new keys for the group (MLS: empty commit with path; Megolm: a new
	 *            session of this sender, shared with everybody).
	 *   send     protects `plaintext` for the present members. The payload is opaque.
	 *   process  takes in what changes the group: a commit, a room key for a member.
	 *            An actor with GB_SETTLES receives its own commit through it.
	 *   join     makes a device a member from the messages addressed to it: a Welcome,
	 *            with the ratchet tree behind it where that travels apart; a room key.
	 *            An attachment (BACKUP) that they tell of is among them, and may come
	 *            again alone, genuine or forged, once the device has joined.
	 *   receive  gives `device` an application message; *plaintext is the backend's.
	 */
	enum gb_status (*create)(struct gb_world *w, uint32_t device,
				 const struct gb_published *others, size_t n,
				 struct gb_outbox *out);
	enum gb_status (*add)(struct gb_world *w, uint32_t device,
			      const struct gb_published *joining, size_t n, struct gb_outbox *out);
	enum gb_status (*remove)(struct gb_world *w, uint32_t device, const uint32_t *leaving,
				 size_t n, struct gb_outbox *out);
	enum gb_status (*rekey)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	enum gb_status (*send)(struct gb_world *w, uint32_t device, struct gb_bytes plaintext,
			       struct gb_outbox *out);
	enum gb_status (*process)(struct gb_world *w, uint32_t device, const struct gb_message *m);
	enum gb_status (*join)(struct gb_world *w, uint32_t device, const struct gb_message *m,
			       size_t n);
	enum gb_status (*receive)(struct gb_world *w, uint32_t device, const struct gb_message *m,
				  struct gb_bytes *plaintext);

	/*
	 * digest: GB_DIGEST_BYTES bytes, equal for two live devices exactly if they agree on
	 * the group and its keys (MLS: from the epoch authenticator, `sender` is ignored;
	 * Megolm: from the session of `sender`). GB_REJECTED when the device has no such
	 * group or session. Never timed, changes nothing.
	 */
	enum gb_status (*digest)(struct gb_world *w, uint32_t device, uint32_t sender,
				 uint8_t out[GB_DIGEST_BYTES]);

	/* ---- optional: NULL where the backend does not offer it ---- */

	/*
	 * checkpoint remembers the state of every live device; rollback returns to it and
	 * keeps it, any number of times. Randomness is not rolled back. Without them the
	 * harness opens and shapes a new world for each sample. Not timed.
	 */
	enum gb_status (*checkpoint)(struct gb_world *w);
	enum gb_status (*rollback)(struct gb_world *w);

	/* `to` becomes a live, independent copy of `from`, replacing what `to` was. */
	enum gb_status (*fork)(struct gb_world *w, uint32_t from, uint32_t to);
	/* The whole state of a device, as it would be stored; load replaces `device`. */
	enum gb_status (*save)(struct gb_world *w, uint32_t device, struct gb_bytes *state);
	enum gb_status (*load)(struct gb_world *w, uint32_t device, struct gb_bytes state);
	/* Bytes that `device` would have to store to go on later. */
	enum gb_status (*state_size)(struct gb_world *w, uint32_t device, uint64_t *bytes);

	/* MLS life beside the operations above; for protocols without it, NULL. */
	enum gb_status (*propose_update)(struct gb_world *w, uint32_t device,
					 struct gb_outbox *out);
	enum gb_status (*propose_add)(struct gb_world *w, uint32_t device,
				      const struct gb_published *joining, struct gb_outbox *out);
	enum gb_status (*propose_remove)(struct gb_world *w, uint32_t device, uint32_t leaving,
					 struct gb_outbox *out);
	enum gb_status (*commit_pending)(struct gb_world *w, uint32_t device,
					 struct gb_outbox *out);
	/* Forgets a commit of `device` that has not come back. */
	enum gb_status (*discard)(struct gb_world *w, uint32_t device);
	/* Sends GROUP_INFO (with external_pub), or RATCHET_TREE, to the server. With the axis
	 * tree_delivery = fetched the harness calls fetch_tree, outside the clock, once the
	 * actor has its commit back, and hands the tree to join() behind the Welcome. */
	enum gb_status (*group_info)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	enum gb_status (*fetch_tree)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	/* Joins by external commit from GROUP_INFO (and RATCHET_TREE behind it). `device` is a
	 * member at once, and its commit does not come back to it. */
	enum gb_status (*join_external)(struct gb_world *w, uint32_t device,
					const struct gb_message *m, size_t n,
					struct gb_outbox *out);

	/* Whether the last rekey or remove of `device` heals: a Diffie-Hellman step was due
	 * on every pair it used. NULL means always. Asked where it sent keys or a commit. */
	enum gb_status (*heals)(struct gb_world *w, uint32_t device, int *yes);

	/*
	 * Bytes of key material that the directory gave `device` for its last operation. NULL
	 * means all that the call was given.
	 */
	enum gb_status (*fetched)(struct gb_world *w, uint32_t device, uint64_t *bytes);
	/* Bytes of the requests to the key directory that its last process() or join() had to make;
	 * fetched() has what was answered. Optional: NULL when recipients ask nothing. */
	enum gb_status (*asked)(struct gb_world *w, uint32_t device, uint64_t *bytes);

	/*
	 * With GB_PER_SENDER: sends what members lack to read the next message of `device`,
	 * after another device has created the group or changed its membership: its current
	 * key to newcomers, a new key to everybody when somebody has left.
	 */
	enum gb_status (*share)(struct gb_world *w, uint32_t device, struct gb_outbox *out);

	/*
	 * One part of create(), with its arguments. All of them in order do what create() does,
	 * and each is timed for itself.
	 */
	enum gb_status (*create_part)(struct gb_world *w, uint32_t device, enum gb_part part,
				      const struct gb_published *others, size_t n,
				      struct gb_outbox *out);

	/*
	 * The next message of `device` will be as if it had sent n others before that nobody has
	 * received. Not timed. GB_UNSUPPORTED when receivers do not bridge so many.
	 */
	enum gb_status (*skip)(struct gb_world *w, uint32_t device, uint32_t n);

	/*
	 * store writes the whole state of `device`, as it would be stored, to memory of the
	 * backend; *bytes is its length. Timed. reload makes the state of the device again from
	 * what store wrote last, and fails when it is not the same. Not timed.
	 */
	enum gb_status (*store)(struct gb_world *w, uint32_t device, uint64_t *bytes);
	enum gb_status (*reload)(struct gb_world *w, uint32_t device);

	/*
	 * Keys of the past, kept on the server for devices that lost theirs or are new; for
	 * protocols that delete them, NULL or GB_UNSUPPORTED.
	 *
	 *   history  `device` comes to hold the keys of n sessions of the past that are in no
	 *            backup, and sends to the server n_old old messages with this plaintext, of
	 *            as many of them: the first, and others spread evenly. Not timed.
	 *   backup   sends the server the keys of all sessions that it lacks. Timed.
	 *   stored   what the server answers, from the n messages that backup sent, to `reader`,
	 *            which asks for the first session, for all of the first session's room, or
	 *            for all. Sent in the name of `device`. Not timed.
	 *   restore  `device` takes such an answer in. Timed.
	 *   read_old gives `device` an old message.
	 */
	enum gb_status (*history)(struct gb_world *w, uint32_t device, uint32_t n, uint32_t n_old,
				  struct gb_bytes plaintext, struct gb_outbox *out);
	enum gb_status (*backup)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	enum gb_status (*stored)(struct gb_world *w, uint32_t device, uint32_t reader,
				 enum gb_scope scope, const struct gb_message *m, size_t n,
				 struct gb_outbox *out);
	enum gb_status (*restore)(struct gb_world *w, uint32_t device, enum gb_scope scope,
				  const struct gb_message *m, size_t n);
	enum gb_status (*read_old)(struct gb_world *w, uint32_t device, const struct gb_message *m,
				   struct gb_bytes *plaintext);

	/*
	 * Primitives as the protocol's own code reaches them, to set beside raw calls of the
	 * library.
	 *
	 *   single_prepare  makes the inputs. Not timed. GB_UNSUPPORTED: the protocol has no use
	 *                   for this one.
	 *   single          n calls of what was prepared last. Timed.
	 *   single_check    whether they did what they should: a signature verifies, a ciphertext
	 *                   opens, both sides agree, a digest is the known one. GB_REJECTED when
	 *                   not. Not timed.
	 */
	enum gb_status (*single_prepare)(struct gb_world *w, enum gb_single which);
	enum gb_status (*single)(struct gb_world *w, uint32_t n);
	enum gb_status (*single_check)(struct gb_world *w);

	enum gb_status (*counts)(struct gb_world *w, struct gb_counts *counts);
	enum gb_status (*clocks)(struct gb_world *w, struct gb_clocks *last);

	/* Allocation calls that the backend's own code has made so far, those of the
	 * libraries beneath it not counted. */
	enum gb_status (*allocations)(struct gb_world *w, uint64_t *calls);

	/*
	 * External pre-shared keys (RFC 9420, 8.4), for protocols that have them. Not timed.
	 *
	 *   set_psk     `device` has `psk` under `id` from now on, in the place of an older one. A
	 *               rollback may lose it.
	 *   commit_psk  new keys for the group, that depend on the PSK of this id. Whoever has none
	 *               of this id, or another, is refused: `device` here, others in process().
	 */
	enum gb_status (*set_psk)(struct gb_world *w, uint32_t device, struct gb_bytes id,
				  struct gb_bytes psk);
	enum gb_status (*commit_psk)(struct gb_world *w, uint32_t device, struct gb_bytes id,
				     struct gb_outbox *out);

	/* The clock of all devices, which begins at 0 and stands still otherwise, goes on by so
	 * many milliseconds. Not timed; a rollback turns it back. */
	enum gb_status (*advance)(struct gb_world *w, uint64_t ms);

	/*
	 * With GB_PER_SENDER, of the keys of `sender` that digest() is about: the number of the
	 * first message that `device` can read with them, 0 being the first there was; of `sender`
	 * itself, of the message that it would send next. GB_REJECTED where digest() is. Never
	 * timed, changes nothing.
	 */
	enum gb_status (*first_index)(struct gb_world *w, uint32_t device, uint32_t sender,
				      uint32_t *index);

	/* With GB_ENVELOPED: of fetched(), the bytes of keys and signatures. NULL: raw bytes are
	 * not known, of this backend's messages neither. */
	enum gb_status (*fetched_raw)(struct gb_world *w, uint32_t device, uint64_t *bytes);

	/*
	 * The keys of the sessions of history(), from the device that has them to another. Timed,
	 * in this order; afterwards read_old() succeeds at the other. GB_UNSUPPORTED: this way is
	 * none of the protocol's, or none for these two devices or so many sessions.
	 *
	 *   want  what `device` has to do and send before `holder` can give it the keys.
	 *   give  `device` sends them to `reader`, in answer to the n messages that want() sent.
	 *   take  `device` takes in the n messages that give() sent to it, and sends what those
	 *         need to know who were asked.
	 */
	enum gb_status (*want)(struct gb_world *w, uint32_t device, enum gb_way way,
			       uint32_t holder, struct gb_outbox *out);
	enum gb_status (*give)(struct gb_world *w, uint32_t device, enum gb_way way,
			       uint32_t reader, const struct gb_message *m, size_t n,
			       struct gb_outbox *out);
	enum gb_status (*take)(struct gb_world *w, uint32_t device, enum gb_way way,
			       const struct gb_message *m, size_t n, struct gb_outbox *out);

	/* How many keys that are for one use were used a second time, since the checkpoint, whoever
	 * they are of: dormant devices too, which cannot refuse. GB_REJECTED when none was used.
	 * Never timed. NULL: cannot tell. */
	enum gb_status (*keys_reused)(struct gb_world *w, uint64_t *n);

	/*
	 * Resumption PSKs (RFC 9420, 8.6), for protocols that have them. Not timed.
	 *
	 *   commit_resumption
	 *            new keys for the group, that depend on the resumption PSK of the
	 *            present epoch (usage application)
	 *   reinit   a commit that shuts the group down (11.2): its members can do nothing
	 *            more but publish() again and go on in the successor
	 *   succeed  founds the successor of a group that was shut down, from the key
	 *            material of all its other members, which join() it by the WELCOME; also
	 *            sends a COMMIT to the group where `device`, and nobody else, has to
	 *            process it to be a member
	 */
	enum gb_status (*commit_resumption)(struct gb_world *w, uint32_t device,
					    struct gb_outbox *out);
	enum gb_status (*reinit)(struct gb_world *w, uint32_t device, struct gb_outbox *out);
	enum gb_status (*succeed)(struct gb_world *w, uint32_t device,
				  const struct gb_published *others, size_t n,
				  struct gb_outbox *out);

	/*
	 * With GB_PER_SENDER: keys that some members are not given (Matrix: m.room_key.withheld).
	 * NULL where every member gets them.
	 *
	 *   withhold  from now on n members get no keys of `device`, and are told the reason
	 *             instead; the others get new ones. An operation like remove(), but they
	 *             stay members.
	 *   withheld  what `device` was told of why it cannot read an application message.
	 *             GB_REJECTED when it was told nothing. Never timed, changes nothing.
	 */
	enum gb_status (*withhold)(struct gb_world *w, uint32_t device, enum gb_reason reason,
				   const uint32_t *members, size_t n, struct gb_outbox *out);
	enum gb_status (*withheld)(struct gb_world *w, uint32_t device, const struct gb_message *m,
				   enum gb_reason *reason);

	/*
	 * What a new device uploads, so that others can reach it.
	 *
	 *   enrol    makes `device`, whom nobody knows yet, and sends all that it uploads, with n
	 *            keys, one for each of those who will reach it (MLS: KeyPackages; Matrix:
	 *            one-time keys). Timed. A rollback takes it back.
	 *   reach    `device`, a member, takes the i-th of these keys from the n messages that
	 *            enrol of `other` sent, verifies all that it verifies before it first writes
	 *            to `other`, and does so; then it is as before. GB_LAST_RESORT is the key
	 *            that serves when all are taken, with GB_FALLBACK. GB_REJECTED also where
	 *            there is no such key. Not timed.
	 *   reached  `device` reads what reach sent it, and refuses what was forged. Not timed.
	 */
	enum gb_status (*enrol)(struct gb_world *w, uint32_t device, uint32_t n,
				struct gb_outbox *out);
	enum gb_status (*reach)(struct gb_world *w, uint32_t device, uint32_t other, uint32_t i,
				const struct gb_message *m, size_t n, struct gb_outbox *out);
	enum gb_status (*reached)(struct gb_world *w, uint32_t device, const struct gb_message *m);
};

/* The one symbol that a shared-object backend exports, by this name. */
const struct gb_backend *groupbench_backend(void);
#endif
