/*
 * Megolm on @matrix-org/olm, which is libolm compiled to WebAssembly, as a backend of groupbench:
 *
 *   groupbench run SCENARIO --plugin 'node build/peers/node/olm-wasm.mjs' --backend olm-wasm
 *
 * The room is matrix_room.mjs; here is what Olm and Megolm do, as calls of the library.
 */
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { serve } from "./groupbench_child.mjs";
import { MatrixRoom } from "./matrix_room.mjs";

const require = createRequire(import.meta.url);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { version } = JSON.parse(fs.readFileSync(here("node_modules/@matrix-org/olm/package.json")));

/* The library asks this module's randomBytes: what it gets follows from the seed. */
let stream = null;
const systemBytes = crypto.randomBytes;
crypto.randomBytes = (n, ...more) => (stream === null ? systemBytes(n, ...more) : stream.update(Buffer.alloc(n)));

const Olm = require("@matrix-org/olm");
await Olm.init();

/* Why a value of an axis cannot be had; "" where it can. */
const AXES = {
  olm: () => "",
  olm_crypto: (v) => (v === "libolm" ? "" : "the primitives are compiled into the WebAssembly"),
  identity: (v) => (v >= 16 && v <= 255 ? "" : "a Matrix user id has at most 255 bytes, and here at least 16"),
  threads: (v) => (v === "1" ? "" : "a Matrix device works on one thread"),
  devices_per_user: (v) => (v === "1" ? "" : "this backend has one device of each user"),
  verification: (v) => (v === "device" ? "" : "this backend has no cross-signing"),
  rotation_messages: (v) => (v === "0" ? "" : "sessions are replaced on demand, not by their use or age"),
  rotation_age: (v) => (v === "0" ? "" : "sessions are replaced on demand, not by their use or age"),
  sender_device_keys: (v) => (v === "yes" ? "" : "this backend always sends them"),
  history: (v) => (v === "joined" ? "" : "this backend has no key bundles"),
};

/* What libolm says of input that is bad; the other errors that it has are of its caller, of pickles
 * and of memory. */
const REFUSALS = new Set([
  "OLM.BAD_MESSAGE_VERSION", "OLM.BAD_MESSAGE_FORMAT", "OLM.BAD_MESSAGE_MAC", "OLM.BAD_MESSAGE_KEY_ID",
  "OLM.INVALID_BASE64", "OLM.UNKNOWN_MESSAGE_INDEX", "OLM.BAD_SESSION_KEY", "OLM.BAD_SIGNATURE",
  "OLM.INPUT_BUFFER_TOO_SMALL",
]);

const PICKLE = "k";
const utility = new Olm.Utility();
const any = new Olm.Account();
const mostOneTimeKeys = any.max_number_of_one_time_keys();
any.free();

const library = {
  name: "olm-wasm",
  version: `@matrix-org/olm ${version} (libolm ${Olm.get_library_version().join(".")}), Node ${process.versions.node}`,
  files: ["olm-wasm.mjs", "matrix_room.mjs", "matrix_devices.mjs", "matrix_json.mjs", "groupbench_child.mjs", "package-lock.json"].map(here),
  axes: AXES,
  mostOneTimeKeys,
  isRefusal: (e) => e instanceof Error && REFUSALS.has(e.message),

  /* A stream of bytes that follows from these words, and what the library draws from from now on. */
  stream(...words) {
    const key = crypto.createHash("sha256").update(words.join(" ")).digest();
    return crypto.createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  },
  draw(from) {
    const before = stream;
    stream = from;
    return before;
  },

  account() {
    const account = new Olm.Account();
    account.create();
    return account;
  },
  keys: (account) => JSON.parse(account.identity_keys()),
  sign: (account, text) => account.sign(text),
  verify: (key, text, signature) => utility.ed25519_verify(key, text, signature),
  oneTimeKeys(account, n) {
    account.generate_one_time_keys(n);
    const made = Object.entries(JSON.parse(account.one_time_keys()).curve25519);
    account.mark_keys_as_published();
    return made;
  },
  fallbackKey(account) {
    account.generate_fallback_key();
    const [made] = Object.entries(JSON.parse(account.unpublished_fallback_key()).curve25519);
    account.mark_keys_as_published();
    return made;
  },

  begin(account, theirs, oneTimeKey) {
    const session = new Olm.Session();
    session.create_outbound(account, theirs, oneTimeKey);
    return session;
  },
  /* The session that a pre-key message begins, and what the message says. */
  accept(account, theirs, body) {
    const session = new Olm.Session();
    try {
      session.create_inbound_from(account, theirs, body);
      const text = session.decrypt(0, body);
      account.remove_one_time_keys(session);
      return { session, text };
    } catch (e) {
      session.free();
      throw e;
    }
  },
  began: (session, theirs, body) => session.matches_inbound_from(theirs, body),
  encrypt: (session, text) => session.encrypt(text),
  decrypt: (session, { type, body }) => session.decrypt(type, body),

  outbound() {
    const session = new Olm.OutboundGroupSession();
    session.create();
    return session;
  },
  inbound(sessionKey) {
    const session = new Olm.InboundGroupSession();
    session.create(sessionKey);
    return session;
  },
  sessionId: (session) => session.session_id(),
  sessionKey: (session) => session.session_key(),
  nextIndex: (session) => session.message_index(),
  firstKnownIndex: (session) => session.first_known_index(),
  encryptEvent: (session, event) => session.encrypt(event),
  decryptEvent: (session, ciphertext) => session.decrypt(ciphertext),

  pickle: (object) => object.pickle(PICKLE),
  unpickle(kind, pickle) {
    const object = new Olm[kind]();
    object.unpickle(PICKLE, pickle);
    return object;
  },
  free: (object) => object.free(),
};

await serve(new MatrixRoom(library));
