/*
 * ts-mls (RFC 9420 in TypeScript, on the WebCrypto of Node) as a backend of groupbench:
 *
 *   groupbench run SCENARIO --plugin 'node build/peers/node/ts-mls.mjs' --backend ts-mls
 *
 * States of this library are values: a checkpoint is a copy of a map. What createCommit and others
 * name as consumed is left as it is, so that one state can be gone on from many times.
 */
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import * as mls from "ts-mls";
import * as errors from "ts-mls/mlsError.js";
import { decodeRatchetTree, ratchetTreeEncoder } from "ts-mls/ratchetTree.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { FEATURE, KIND, Rejected, TO, Unsupported, message, serve } from "./groupbench_child.mjs";
import { derive, seededSuite, signatureKeys } from "./seeded_keys.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const library = JSON.parse(fs.readFileSync(here("node_modules/ts-mls/package.json")));

const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
const MIN_IDENTITY = 10; // digits of a device number
/* Groups are made by playing commits, in time that grows like N and like N * N. */
const MOST_COLD = 1000;
const MOST_FULL = 100;

/* Why a value of an axis cannot be had; "" where it can. */
const AXES = {
  tree: (v) => (v === "cold" || v === "full" ? "" : "groups are made by playing them: only cold and full are"),
  path: (v) => (v === "no" ? "" : "ts-mls makes no UpdatePath in a commit that only adds (createCommit has no option for it)"),
  tree_delivery: () => "",
  handshake: () => "",
  padding: (v) => (v === "0" ? "" : "ts-mls pads to a length or by one (PaddingConfig), not to a multiple"),
  suite: (v) => (v === "1" ? "" : "only suite 1 needs no further packages"),
  identity: (v) => (Number(v) >= MIN_IDENTITY ? "" : "an identity is a device number of at least 10 digits"),
  threads: (v) => (v === "1" ? "" : "ts-mls awaits one operation after the other"),
};

const config = {
  keyRetentionConfig: { retainKeysForGenerations: 10, retainKeysForEpochs: 4, maximumForwardRatchetSteps: 200 },
  lifetimeConfig: { maximumTotalLifetime: 2628000n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: {
    compareKeyPackages: (a, b) => Buffer.compare(a.leafNode.signaturePublicKey, b.leafNode.signaturePublicKey) === 0,
    compareKeyPackageToLeafNode: (a, b) => Buffer.compare(a.leafNode.signaturePublicKey, b.signaturePublicKey) === 0,
  },
  paddingConfig: { kind: "alwaysPad", paddingLength: 0 },
  authService: mls.defaultAuthenticationService,
};
const capabilities = {
  versions: ["mls10"], ciphersuites: [SUITE], extensions: [], proposals: [], credentials: ["basic"],
};

const suite = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(SUITE));
/* For groups of our own making, before anything is timed. */
const trusting = { ...suite, signature: { ...suite.signature, verify: async () => true } };

async function makeDevice(world, device, keys = signatureKeys(derive(world.seed, device, "signature")), using = seededSuite(suite, world.seed, device)) {
  const identity = new TextEncoder().encode(String(device).padStart(world.identity, "0"));
  const made = await mls.generateKeyPackageWithKey(
    { credentialType: "basic", identity }, capabilities, mls.defaultLifetime, [], keys, using);
  const body = mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: made.publicPackage });
  return { keyPackage: made.publicPackage, privatePackage: made.privatePackage, body };
}

/* Of bad input the library says what is wrong, or lets through what WebCrypto says of a key that is
 * none. What it calls its own fault, or any other error, is a fault. */
function isRefusal(e) {
  if (e instanceof DOMException) return e.name === "DataError" || e.name === "OperationError";
  return e instanceof errors.MlsError && !(e instanceof errors.InternalError) && !(e instanceof errors.DependencyError);
}

/* What was said is refused, in the library's words. */
async function refusing(work) {
  try {
    return await work();
  } catch (e) {
    throw isRefusal(e) ? new Rejected(`${e.name}: ${e.message}`) : e;
  }
}

function decode(body, wireformat) {
  const decoded = mls.decodeMlsMessage(body, 0);
  if (decoded === undefined || decoded[1] !== body.length) throw new Rejected("not an MLS message");
  if (wireformat && decoded[0].wireformat !== wireformat) throw new Rejected(`not a ${wireformat}`);
  return decoded[0];
}

const isSame = (a, b) => a.length === b.length && Buffer.compare(a, b) === 0;

class TsMls {
  name = "ts-mls";
  version = `ts-mls ${library.version}, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`;
  features = FEATURE.SETTLES | FEATURE.SEALED | FEATURE.OWN_RANDOM;
  maxSize = 1000000; // so that larger cells are skipped with a reason, by shape
  axes = AXES;
  files = ["ts-mls.mjs", "seeded_keys.mjs", "groupbench_child.mjs", "package-lock.json"].map(here);

  open(seed, capacity, axes) {
    return {
      seed, isPublic: axes.handshake !== "private", withTree: axes.tree_delivery !== "fetched",
      tree: axes.tree ?? "cold", identity: Number(axes.identity ?? 16), groupId: derive(seed, 0, "group"),
      made: new Map(), // key packages of live devices, by device; a new one has all that it uploaded
      groups: new Map(), // {state, pending, commit}, by device
      psks: new Map(), // by device: external ones, by their id in base64; not rolled back
      saved: undefined,
    };
  }

  /* ---- devices ---- */

  async publish_many(world, first, n) {
    const sent = [];
    for (let device = first; device < first + n; device++) {
      const { body } = world.made.get(device) ?? (await makeDevice(world, device));
      sent.push(message(KIND.KEY_MATERIAL, TO.SERVER, device, body));
    }
    return sent;
  }
  async publish(world, device) {
    await this.materialise(world, device);
    return this.publish_many(world, device, 1);
  }
  async materialise(world, device) {
    if (!world.made.has(device)) world.made.set(device, await makeDevice(world, device));
  }

  async shape(world, size, joiners, withoutGroup, live) {
    const most = world.tree === "full" ? MOST_FULL : MOST_COLD;
    if (!withoutGroup && size > most)
      throw new Unsupported(`ts-mls has no way into a group but its commits; ${world.tree} groups are made up to ${most} members`);
    for (const device of live) await this.materialise(world, device);
    if (withoutGroup || size < 2) return;
    const others = [];
    for (let device = 1; device < size; device++)
      others.push({ device, body: (await this.publish_many(world, device, 1))[0].body });
    const members = [...new Set([0, ...live])].filter((device) => device < size);
    await this.materialise(world, 0);
    const [commit, welcome] = await this.create(world, 0, others);
    await this.process(world, 0, commit);
    for (const device of members) if (device !== 0) await this.play_join(world, device, welcome);
    for (let device = 0; world.tree === "full" && device < size; device++) {
      const [commit] = members.includes(device) ? await this.rekey(world, device) : [await this.replace(world, device)];
      for (const other of members) await this.process(world, other, commit, trusting);
    }
    if (!live.includes(0)) world.groups.delete(0);
  }
  /*
   * A member of whom there is no state replaces itself by an external commit (RFC 9420, 12.4.3.2),
   * which leaves the leaf and the path that an empty commit of it leaves.
   */
  async replace(world, device) {
    const { keyPackage, privatePackage } = await makeDevice(world, device);
    const info = await mls.createGroupInfoWithExternalPubAndRatchetTree(world.groups.get(0).state, [], suite);
    const { publicMessage } = await mls.joinGroupExternal(info, keyPackage, privatePackage, true, trusting, undefined, config);
    return { body: mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage }) };
  }
  async play_join(world, device, welcome) {
    const tree = world.withTree ? [] : await this.fetch_tree(world, 0);
    return this.join(world, device, [welcome, ...tree]);
  }

  group(world, device) {
    const group = world.groups.get(device);
    if (group === undefined) throw new Rejected("not a member");
    if (group.state.groupActiveState.kind === "removedFromGroup") throw new Rejected("this device was removed");
    if (group.state.groupActiveState.kind !== "active") throw new Rejected("the group was shut down");
    return group;
  }
  /* Where the library finds PSKs: external ones, and resumption PSKs of this state's group. */
  psksOf(world, device, state) {
    return mls.makePskIndex(state, world.psks.get(device) ?? {});
  }

  /* ---- operations ---- */

  async commit(world, device, state, proposals, joining, pskIndex = this.psksOf(world, device, state)) {
    const made = await mls.createCommit({ state, pskIndex, cipherSuite: suite }, {
      extraProposals: proposals, wireAsPublicMessage: world.isPublic, ratchetTreeExtension: world.withTree,
    });
    const body = mls.encodeMlsMessage(made.commit);
    const sent = [message(KIND.COMMIT, TO.GROUP, device, body)];
    if (made.welcome !== undefined) {
      const welcome = mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome: made.welcome });
      sent.push(message(KIND.WELCOME, TO.DEVICES, device, welcome, joining));
    }
    world.groups.set(device, { state, pending: made.newState, commit: body });
    return sent;
  }
  adds(published) {
    return published.map(({ body }) => ({ proposalType: "add", add: { keyPackage: decode(body, "mls_key_package").keyPackage } }));
  }

  async create(world, device, others) {
    if (world.groups.has(device)) throw new Rejected("the device has a group");
    const { keyPackage, privatePackage } = world.made.get(device);
    return refusing(async () => {
      const state = await mls.createGroup(world.groupId, keyPackage, privatePackage, [], suite, config);
      return this.commit(world, device, state, this.adds(others), others.map((o) => o.device));
    });
  }
  async add(world, device, joining) {
    const { state } = this.group(world, device);
    return refusing(() => this.commit(world, device, state, this.adds(joining), joining.map((j) => j.device)));
  }
  async remove(world, device, leaving) {
    const { state } = this.group(world, device);
    const proposals = leaving.map((d) => ({ proposalType: "remove", remove: { removed: this.leaf(world, state, d) } }));
    return refusing(() => this.commit(world, device, state, proposals, []));
  }
  async rekey(world, device) {
    return this.commit(world, device, this.group(world, device).state, [], []);
  }

  /* Members from the beginning are at the leaf of their number; others are looked for. */
  leaf(world, state, device) {
    const identity = Buffer.from(String(device).padStart(world.identity, "0"));
    const isAt = (leaf) => {
      const node = state.ratchetTree[2 * leaf];
      return node !== undefined && node.nodeType === "leaf" && isSame(node.leaf.credential.identity, identity);
    };
    if (isAt(device)) return device;
    for (let leaf = 0; 2 * leaf < state.ratchetTree.length; leaf++) if (isAt(leaf)) return leaf;
    throw new Rejected("not a member");
  }

  async send(world, device, plaintext) {
    const group = this.group(world, device);
    const { newState, privateMessage } = await mls.createApplicationMessage(group.state, plaintext, suite);
    const body = mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
    world.groups.set(device, { ...group, state: newState });
    return [message(KIND.APPLICATION, TO.GROUP, device, body)];
  }
  async skip(world, device, n) {
    if (n > config.keyRetentionConfig.maximumForwardRatchetSteps)
      throw new Unsupported(`receivers bridge at most ${config.keyRetentionConfig.maximumForwardRatchetSteps} generations of a sender's ratchet, not ${n}`);
    for (let i = 0; i < n; i++) await this.send(world, device, new Uint8Array());
  }

  async read(world, device, body, using = suite) {
    const group = this.group(world, device);
    return refusing(async () => {
      const m = decode(body);
      if (m.wireformat !== "mls_public_message" && m.wireformat !== "mls_private_message") throw new Rejected("not a message to a group");
      const psks = this.psksOf(world, device, group.state);
      if (m.wireformat === "mls_private_message")
        return mls.processPrivateMessage(group.state, m.privateMessage, psks, using, mls.acceptAll);
      return { kind: "newState", ...(await mls.processPublicMessage(group.state, m.publicMessage, psks, using, mls.acceptAll)) };
    });
  }
  async process(world, device, m, using = suite) {
    const { pending, commit } = this.group(world, device);
    if (pending !== undefined && isSame(commit, m.body)) {
      world.groups.set(device, { state: pending });
      return;
    }
    const result = await this.read(world, device, m.body, using);
    if (result.kind !== "newState") throw new Rejected("not a commit");
    world.groups.set(device, { state: result.newState });
  }
  async receive(world, device, m) {
    const group = this.group(world, device);
    const result = await this.read(world, device, m.body);
    if (result.kind !== "applicationMessage") throw new Rejected("not an application message");
    world.groups.set(device, { ...group, state: result.newState });
    return result.message;
  }
  async join(world, device, [welcome, tree]) {
    const known = world.groups.get(device);
    if (known !== undefined && known.state.groupActiveState.kind === "active") throw new Rejected("the device has a group");
    const { keyPackage, privatePackage } = world.made.get(device);
    const old = known?.state.groupActiveState.kind === "suspendedPendingReinit" ? known.state : undefined;
    const state = await refusing(() =>
      mls.joinGroup(decode(welcome.body, "mls_welcome").welcome, keyPackage, privatePackage,
        this.psksOf(world, device, old), suite, this.nodes(tree), old, config));
    world.groups.set(device, { state });
  }
  nodes(tree) {
    if (tree === undefined) return undefined;
    const decoded = decodeRatchetTree(tree.body, 0);
    if (decoded === undefined || decoded[1] !== tree.body.length) throw new Rejected("not a ratchet tree");
    return decoded[0];
  }
  async join_external(world, device, [info, tree]) {
    if (world.groups.get(device)?.state.groupActiveState.kind === "active") throw new Rejected("the device has a group");
    const { keyPackage, privatePackage } = world.made.get(device);
    const { publicMessage, newState } = await refusing(() =>
      mls.joinGroupExternal(decode(info.body, "mls_group_info").groupInfo, keyPackage, privatePackage, false, suite, this.nodes(tree), config));
    world.groups.set(device, { state: newState });
    return [message(KIND.COMMIT, TO.GROUP, device, mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_public_message", publicMessage }))];
  }

  /* ---- PSKs, and groups that go on as others ---- */

  set_psk(world, device, id, psk) {
    world.psks.set(device, { ...world.psks.get(device), [Buffer.from(id).toString("base64")]: psk });
  }
  pskProposal(id) {
    const pskNonce = suite.rng.randomBytes(suite.kdf.size);
    return { proposalType: "psk", psk: { preSharedKeyId: { ...id, pskNonce } } };
  }
  resumptionPsk(state, usage) {
    const { groupId: pskGroupId, epoch: pskEpoch } = state.groupContext;
    return this.pskProposal({ psktype: "resumption", usage, pskGroupId, pskEpoch });
  }
  async commit_psk(world, device, id) {
    const { state } = this.group(world, device);
    return refusing(() => this.commit(world, device, state, [this.pskProposal({ psktype: "external", pskId: id })], []));
  }
  async commit_resumption(world, device) {
    const { state } = this.group(world, device);
    return refusing(() => this.commit(world, device, state, [this.resumptionPsk(state, "application")], []));
  }
  async reinit(world, device) {
    const { state } = this.group(world, device);
    const groupId = suite.rng.randomBytes(32);
    return this.commit(world, device, state, [{ proposalType: "reinit", reinit: { groupId, version: "mls10", cipherSuite: SUITE, extensions: [] } }], []);
  }
  async succeed(world, device, others) {
    const old = world.groups.get(device)?.state;
    if (old?.groupActiveState.kind !== "suspendedPendingReinit") throw new Rejected("the group was not shut down");
    const { keyPackage, privatePackage } = world.made.get(device);
    return refusing(async () => {
      const { groupId, extensions } = old.groupActiveState.reinit;
      const state = await mls.createGroup(groupId, keyPackage, privatePackage, extensions, suite, config);
      const proposals = [...this.adds(others), this.resumptionPsk(old, "reinit")];
      return this.commit(world, device, state, proposals, others.map((o) => o.device), this.psksOf(world, device, old));
    });
  }

  /* ---- a new device ---- */

  async enrol(world, device, n) {
    if (n === 0 || world.made.has(device)) throw new Error("no key, or the device is not new");
    const keys = await suite.signature.keygen();
    const uploaded = [];
    while (uploaded.length < n) uploaded.push(await makeDevice(world, device, keys, suite));
    world.made.set(device, { ...uploaded[0], uploaded });
    return uploaded.map(({ body }) => message(KIND.KEY_MATERIAL, TO.SERVER, device, body));
  }
  /* The tree travels in the Welcome, so that the new device needs nothing else; the commit is forgotten. */
  async reach(world, device, other, i, messages) {
    if (i >= messages.length) throw new Rejected("no such KeyPackage");
    return this.add({ ...world, withTree: true, groups: new Map(world.groups) }, device, [{ device: other, body: messages[i].body }]);
  }
  async reached(world, device, m) {
    const { secrets } = decode(m.body, "mls_welcome").welcome;
    for (const made of world.made.get(device).uploaded ?? []) {
      const ref = await makeKeyPackageRef(made.keyPackage, suite.hash);
      if (secrets.some(({ newMember }) => isSame(newMember, ref)))
        return this.join({ ...world, made: new Map([[device, made]]), groups: new Map() }, device, [m]);
    }
    throw new Rejected("for no KeyPackage of this device");
  }

  /* ---- beside ---- */

  digest(world, device) {
    return this.group(world, device).state.keySchedule.epochAuthenticator;
  }
  discard(world, device) {
    world.groups.set(device, { state: this.group(world, device).state });
  }
  async group_info(world, device) {
    const { state } = this.group(world, device);
    const make = world.withTree ? mls.createGroupInfoWithExternalPubAndRatchetTree : mls.createGroupInfoWithExternalPub;
    const groupInfo = await make(state, [], suite);
    return [message(KIND.GROUP_INFO, TO.SERVER, device, mls.encodeMlsMessage({ version: "mls10", wireformat: "mls_group_info", groupInfo }))];
  }
  fetch_tree(world, device) {
    return [message(KIND.RATCHET_TREE, TO.SERVER, device, encode(ratchetTreeEncoder)(this.group(world, device).state.ratchetTree))];
  }
  checkpoint(world) {
    world.saved = { made: new Map(world.made), groups: new Map(world.groups) };
  }
  rollback(world) {
    world.made = new Map(world.saved.made);
    world.groups = new Map(world.saved.groups);
  }
  fork(world, from, to) {
    world.made.set(to, world.made.get(from));
    world.groups.set(to, world.groups.get(from));
  }
  state_size(world, device) {
    return mls.encodeGroupState(this.group(world, device).state).length;
  }
  store(world, device) {
    world.stored = mls.encodeGroupState(this.group(world, device).state);
    return world.stored.length;
  }
  reload(world) {
    const decoded = mls.decodeGroupState(world.stored, 0);
    if (decoded === undefined || !isSame(mls.encodeGroupState(decoded[0]), world.stored))
      throw new Error("the state differs from what was stored");
  }
}

await serve(new TsMls());
