/*
 * One Matrix room as a client has it, for backends of Olm and Megolm in Node: devices, the directory,
 * requests and events of the backend `megolm`, as long to the byte, and checkpoints. What the objects
 * of the library do is asked of a `library`; those change in place, so a checkpoint is pickles.
 */
import { canonical, objectOf, parsed, textOf, unsigned } from "./matrix_json.mjs";
import { FANOUT, FEATURE, KIND, Rejected, TO, Unsupported, message } from "./groupbench_child.mjs";

const ROOM = "!room:gb.test";
const OLM = "m.olm.v1.curve25519-aes-sha2";
const MEGOLM = "m.megolm.v1.aes-sha2";
const BATCH = 250; // users of a query, devices of a claim, messages of a request
const KEPT_KEYS = 50; // one-time keys of a live device in the directory, which 100 would fill
const END = 32; // characters of an upload that are kept
const MOST_PAIRS = 10100; // of actors and others; what was tried

/* Keys and signatures as the bytes that they are before base64: of a device, which signs its two keys,
 * and of a signed key for one use or of last resort. */
const RAW = { device: 2 * 32 + 64, key: 32 + 64 };
/* Bytes that a text of base64 without padding stands for. */
const rawOf = (base64) => Math.floor((base64.length * 3) / 4);

const utf8 = (text) => new Uint8Array(Buffer.from(text));

/* An object of the library, its pickle at the checkpoint, and whether it has changed since. */
class Held {
  constructor(library, kind, object) {
    Object.assign(this, { library, kind, object, saved: undefined, touched: true });
  }
  get use() {
    this.touched = true;
    return this.object;
  }
  save() {
    if (this.saved === undefined || this.touched) this.saved = this.library.pickle(this.object);
    this.touched = false;
  }
  restore() {
    if (!this.touched) return;
    this.library.free(this.object);
    this.object = this.library.unpickle(this.kind, this.saved);
    this.touched = false;
  }
}

/* ---- devices ---- */

function idsOf(world, device) {
  let name = "";
  for (let i = 0, rest = device; i < 10; i++, rest = Math.floor(rest / 26)) name = String.fromCharCode(65 + (rest % 26)) + name;
  return { user: `@${String(device).padStart(world.identity - 9, "0")}:gb.test`, device: name };
}

function uploadOf(deviceKeys, fallbackKeys, oneTimeKey) {
  return `{"device_keys":${deviceKeys},${fallbackKeys}"one_time_keys":${oneTimeKey}}`;
}

function isPlain(bytes) {
  return bytes.every((c) => c >= 0x20 && c <= 0x7e && c !== 0x22 && c !== 0x5c);
}

export class MatrixRoom {
  features = FEATURE.SEALED | FEATURE.REPLAYS | FEATURE.PER_SENDER | FEATURE.ENVELOPED;
  maxSize = 1000000; // so that larger cells are skipped with a reason, by shape

  /* The library also says name, version and files of the backend, what its axes can have, and which
   * errors of its own are refusals of bad input. */
  constructor(library) {
    const { name, version, files, axes } = library;
    Object.assign(this, { library, name, version, files, axes });
  }

  open(seed, capacity, axes) {
    return {
      seed, capacity, olm: axes.olm ?? "ratchet", identity: Number(axes.identity ?? 16),
      hasGroup: false, members: new Set(),
      live: new Map(), // by device
      directory: new Map(), // by device: its keys, and signed one-time keys that are left
      ends: new Map(), // by device: how its upload ends
      streams: new Map(), // by device; not rolled back
      held: new Set(), saved: undefined,
    };
  }
  close(world) {
    for (const held of world.held) this.library.free(held.object);
  }

  /* What the library refuses is refused, in its words. Whatever else is thrown is a fault. */
  refusing(work) {
    try {
      return work();
    } catch (e) {
      throw this.library.isRefusal(e) ? new Rejected(e.message) : e;
    }
  }

  hold(world, kind, object) {
    const held = new Held(this.library, kind, object);
    world.held.add(held);
    return held;
  }
  /* The library draws for this device from now on. */
  enter(world, device) {
    if (!world.streams.has(device)) world.streams.set(device, this.library.stream(world.seed, device, "operations"));
    this.library.draw(world.streams.get(device));
  }

  sign(account, ids, object) {
    const signature = this.library.sign(account, canonical(object));
    return { ...object, signatures: { [ids.user]: { [`ed25519:${ids.device}`]: signature } } };
  }
  newKeys(account, ids, n) {
    const made = this.library.oneTimeKeys(account, n);
    return made.map(([id, key]) => canonical({ [`signed_curve25519:${id}`]: this.sign(account, ids, { key }) }));
  }
  newFallbackKey(account, ids) {
    const [id, key] = this.library.fallbackKey(account);
    return [key, canonical({ [`signed_curve25519:${id}`]: this.sign(account, ids, { fallback: true, key }) })];
  }
  /* An account with its fallback key and its first one-time key, from the seed and the device's
   * number alone. */
  makeAccount(world, device) {
    const before = this.library.draw(this.library.stream(world.seed, device, "account"));
    const account = this.library.account();
    const ids = idsOf(world, device);
    const identity = this.library.keys(account);
    const keys = canonical(this.sign(account, ids, {
      algorithms: [OLM, MEGOLM], device_id: ids.device,
      keys: { [`curve25519:${ids.device}`]: identity.curve25519, [`ed25519:${ids.device}`]: identity.ed25519 },
      user_id: ids.user,
    }));
    const [fallback, signedFallback] = this.newFallbackKey(account, ids);
    const [first] = this.newKeys(account, ids, 1);
    this.library.draw(before);
    return { account, ids, keys, fallback, upload: uploadOf(keys, `"fallback_keys":${signedFallback},`, first), ...identity };
  }

  verify(key, object, ids) {
    const signature = objectOf(object, "what is signed").signatures?.[ids.user]?.[`ed25519:${ids.device}`];
    this.library.verify(key, unsigned(object), textOf(signature, "signature"));
  }
  /* Device keys whose own signature holds, and which are those of this device. */
  checkedKeys(keys, ids) {
    const [curve25519, ed25519] = ["curve25519", "ed25519"].map((kind) => keys?.keys?.[`${kind}:${ids.device}`]);
    const isOfBoth = typeof curve25519 === "string" && typeof ed25519 === "string";
    if (keys?.user_id !== ids.user || keys.device_id !== ids.device || !isOfBoth) throw new Rejected("device keys of another device");
    this.verify(ed25519, keys, ids);
    return { curve25519, ed25519 };
  }

  device(world, device) {
    const live = world.live.get(device);
    if (live === undefined) throw new Rejected("not live");
    this.enter(world, device);
    return live;
  }
  actor(world, device) {
    const live = this.device(world, device);
    if (!world.members.has(device)) throw new Rejected("not in the room");
    live.fetched = live.fetchedRaw = 0;
    return live;
  }

  /* The keys of a device, and so many others. */
  upload(world, device, text, nKeys) {
    world.ends.set(device, text.slice(-END));
    return message(KIND.KEY_MATERIAL, TO.SERVER, device, utf8(text), [], FANOUT.SERVER, 0, RAW.device + nKeys * RAW.key);
  }
  publish_many(world, first, n) {
    const sent = [];
    for (let device = first; device < first + n; device++) {
      let upload = world.live.get(device)?.upload;
      if (upload === undefined) {
        const made = this.makeAccount(world, device);
        upload = made.upload;
        this.library.free(made.account);
      }
      sent.push(this.upload(world, device, upload, 2));
    }
    return sent;
  }
  /* A one-time key is used once: what is published again has another. */
  publish(world, device) {
    this.materialise(world, device);
    const live = this.device(world, device);
    const isAgain = live.published;
    const text = isAgain ? uploadOf(live.keys, "", this.newKeys(live.account.use, live.ids, 1)[0]) : live.upload;
    live.published = true;
    return [this.upload(world, device, text, isAgain ? 1 : 2)];
  }
  materialise(world, device) {
    if (world.live.has(device)) return;
    const made = this.makeAccount(world, device);
    this.enter(world, device);
    world.directory.set(device, { keys: made.keys, oneTime: this.newKeys(made.account, made.ids, KEPT_KEYS) });
    world.live.set(device, {
      ...made, account: this.hold(world, "Account", made.account), number: device,
      peers: new Map(), // by device: {curve25519, ed25519, sessions, due}
      outbound: undefined, // {held, id, shared}
      inbound: new Map(), // by session id: {held, from}
      newest: new Map(), // by sender: session id
      fetched: 0, fetchedRaw: 0, healed: true, published: false,
    });
  }

  /* ---- groups that are there before ---- */

  shape(world, size, joiners, withoutGroup, live, actors) {
    if ((size + joiners) * actors.length > MOST_PAIRS)
      throw new Unsupported(`${actors.length} senders and ${size + joiners} devices are more than ${MOST_PAIRS} pairs, which this backend has been tried with`);
    for (const device of live) this.materialise(world, device);
    if (!withoutGroup) {
      world.hasGroup = true;
      for (let device = 0; device < size; device++) world.members.add(device);
    }
    for (let device = 0; device < size + joiners; device++)
      for (const actor of actors)
        if (actor !== device) this.introduce(world, actor, device, device < size && !withoutGroup, actors.length);
    if (withoutGroup) return;
    for (const actor of actors) {
      const from = this.device(world, actor);
      this.beginSession(world, from);
      for (const device of world.members) if (device !== actor) from.outbound.shared.add(device);
      for (const device of live) if (device < size && device !== actor) this.takeSession(world, world.live.get(device), actor, this.library.sessionKey(from.outbound.held.object));
    }
  }

  /* What the axis olm says of an actor and another device, which may be there for this only. */
  introduce(world, actor, device, isMember, nActors) {
    const from = this.device(world, actor);
    const live = world.live.get(device);
    const other = live ?? this.makeAccount(world, device);
    const account = live ? live.account.use : other.account;
    if (!world.directory.has(device)) world.directory.set(device, { keys: other.keys, oneTime: [] });
    if (world.olm === "new") {
      if (!live && (isMember || nActors > 1)) {
        const known = world.directory.get(device);
        if (known.oneTime.length === 0) {
          this.library.draw(this.library.stream(world.seed, device, "directory"));
          known.oneTime = this.newKeys(account, other.ids, Math.min(nActors, KEPT_KEYS));
        }
      }
      if (isMember) from.peers.set(device, { keys: other.keys, curve25519: other.curve25519, ed25519: other.ed25519, sessions: [], due: true });
    } else {
      this.library.draw(this.library.stream(world.seed, actor, device, "pair"));
      const theirs = this.library.begin(account, from.curve25519, from.fallback);
      const { body } = this.library.encrypt(theirs, "{}");
      const ours = this.library.accept(from.account.use, other.curve25519, body).session;
      // Of two actors each writes on the session of the other's greeting, which it read last.
      const before = live?.peers.get(actor);
      if (world.olm === "chain") {
        const reply = this.library.encrypt(ours, "{}");
        if (!before) this.library.decrypt(theirs, reply);
      }
      const older = from.peers.get(device)?.sessions ?? [];
      from.peers.set(device, { keys: other.keys, curve25519: other.curve25519, ed25519: other.ed25519, sessions: [this.hold(world, "Session", ours), ...older], due: world.olm === "ratchet" });
      if (before) before.sessions.push(this.hold(world, "Session", theirs));
      else if (live) live.peers.set(actor, { keys: from.keys, curve25519: from.curve25519, ed25519: from.ed25519, sessions: [this.hold(world, "Session", theirs)], due: world.olm === "chain" });
      else this.library.free(theirs);
    }
    if (!live) this.library.free(account);
  }

  /* ---- Megolm sessions ---- */

  beginSession(world, from) {
    const held = this.hold(world, "OutboundGroupSession", this.library.outbound());
    from.outbound = { held, id: this.library.sessionId(held.object), shared: new Set() };
  }
  takeSession(world, to, sender, sessionKey) {
    const held = this.hold(world, "InboundGroupSession", this.library.inbound(sessionKey));
    const id = this.library.sessionId(held.object);
    const known = to.inbound.get(id);
    const first = (it) => this.library.firstKnownIndex(it.object);
    if (known === undefined || known.from !== sender || first(known.held) > first(held)) to.inbound.set(id, { held, from: sender, seen: known?.seen ?? new Map() });
    to.newest.set(sender, id);
    return id;
  }

  /* ---- Olm ---- */

  /* Meets a device by what the directory says: signatures first, then a session. */
  meet(world, from, device, keysJson, oneTimeJson) {
    const ids = idsOf(world, device);
    return this.refusing(() => {
      const { curve25519, ed25519 } = this.checkedKeys(parsed(keysJson, "device keys"), ids);
      const [signed] = Object.values(parsed(oneTimeJson, "one-time key"));
      this.verify(ed25519, signed, ids);
      const session = this.library.begin(from.account.use, curve25519, textOf(signed.key, "one-time key"));
      return { keys: keysJson, curve25519, ed25519, sessions: [this.hold(world, "Session", session)], due: true };
    });
  }
  split(body) {
    const text = Buffer.from(body).toString();
    const [before, fallback, between] = ['{"device_keys":', ',"fallback_keys":', ',"one_time_keys":'];
    const at = text.indexOf(between);
    if (!text.startsWith(before) || at < 0 || !text.endsWith("}")) return this.splitAnyOrder(text);
    const end = text.indexOf(fallback);
    return [text.slice(before.length, end < 0 || end > at ? at : end), text.slice(at + between.length, -1)];
  }
  /* As another client may write it. */
  splitAnyOrder(text) {
    const { device_keys, one_time_keys } = parsed(text, "key material");
    if (device_keys === undefined || one_time_keys === undefined) throw new Rejected("key material: not an upload");
    return [canonical(device_keys), canonical(one_time_keys)];
  }
  isMet(from, device) {
    return (from.peers.get(device)?.sessions.length ?? 0) > 0;
  }
  /* What is known already costs a comparison. Who has a session asks for no key: that the directory
   * gave this upload is all there is to see. */
  isKnown(world, from, device, body) {
    const text = Buffer.from(body).toString();
    if (!this.isMet(from, device) || !text.startsWith(`{"device_keys":${from.peers.get(device).keys},`)) return false;
    if (!text.endsWith(world.ends.get(device) ?? "")) throw new Rejected("key material: not the directory's");
    return true;
  }
  /* A peer whose key nobody has brought: the directory is asked. */
  claim(world, from, device, lengths) {
    const known = world.directory.get(device);
    if (known === undefined || known.oneTime.length === 0) throw new Unsupported("the directory of this backend keeps one-time keys for senders that are live, and for the actors of a group");
    const [key, ...rest] = known.oneTime;
    world.directory.set(device, { ...known, oneTime: rest });
    if (!from.peers.has(device)) lengths.keys.push(known.keys.length);
    lengths.oneTime.push(key.length);
    return this.meet(world, from, device, known.keys, key);
  }

  /* Bytes of the directory's answers about so many devices, with keys of these lengths. */
  answerBytes(world, around, lengths) {
    const one = '"":{"":},'.length + world.identity + 10;
    return lengths.reduce((sum, length, i) => sum + one + length + (i % BATCH === 0 ? around.length - 1 : 0), 0);
  }
  /* What the directory answered: keys of devices and one-time keys of these lengths. */
  countAnswers(world, from, keys, oneTime) {
    from.fetched += this.answerBytes(world, '{"device_keys":{},"failures":{}}', keys) + this.answerBytes(world, '{"failures":{},"one_time_keys":{}}', oneTime);
    from.fetchedRaw += keys.length * RAW.device + oneTime.length * RAW.key;
  }
  requests(world, device, queried, claimed) {
    const sent = [];
    const post = (body) => sent.push(message(KIND.CLAIM, TO.SERVER, device, utf8(body)));
    for (let at = 0; at < queried.length; at += BATCH) {
      const users = queried.slice(at, at + BATCH).map((d) => `"${idsOf(world, d).user}":[]`);
      post(`{"device_keys":{${users.join(",")}}}`);
    }
    for (let at = 0; at < claimed.length; at += BATCH) {
      const users = claimed.slice(at, at + BATCH).map((d) => {
        const ids = idsOf(world, d);
        return `"${ids.user}":{"${ids.device}":"signed_curve25519"}`;
      });
      post(`{"one_time_keys":{${users.join(",")}}}`);
    }
    return sent;
  }

  /* The key of the next message, to every member that lacks it. */
  share(world, device) {
    const from = this.actor(world, device);
    return this.shareFrom(world, from, []);
  }
  isStale(world, from) {
    if (from.outbound === undefined) return true;
    for (const other of from.outbound.shared) if (!world.members.has(other)) return true;
    return false;
  }
  isDue(world, from) {
    if (this.isStale(world, from)) return true;
    return from.outbound.shared.size < world.members.size - 1;
  }
  shareFrom(world, from, met) {
    const queried = [];
    const claimed = [];
    const lengths = { keys: [], oneTime: [] };
    const peers = new Map(met);
    const isNew = this.isStale(world, from);
    const lacking = [...world.members].filter((d) => d !== from.number && (isNew || !from.outbound.shared.has(d)));
    for (const other of lacking) {
      if (peers.has(other) || this.isMet(from, other)) continue;
      if (!from.peers.has(other)) queried.push(other);
      claimed.push(other);
      peers.set(other, this.claim(world, from, other, lengths));
    }
    this.countAnswers(world, from, lengths.keys, lengths.oneTime);
    for (const [other, peer] of peers) from.peers.set(other, peer);
    if (isNew) this.beginSession(world, from);
    const content = canonical({
      algorithm: MEGOLM, room_id: ROOM, session_id: from.outbound.id, session_key: this.library.sessionKey(from.outbound.held.object),
    });
    const sent = this.requests(world, from.number, queried, claimed);
    let healed = true;
    let n = 0;
    for (const other of lacking) {
      const peer = from.peers.get(other);
      healed &&= peer.due;
      const { body, raw } = this.encryptTo(world, from, other, peer, content);
      peer.due = false;
      const uploaded = n++ % BATCH === 0 ? body.length : body.length - '{"messages":{}}'.length + 1;
      sent.push(message(KIND.ROOM_KEY, TO.DEVICES, from.number, body, [other], FANOUT.CLIENT, uploaded, raw));
      from.outbound.shared.add(other);
    }
    if (isNew) from.healed = healed;
    return sent;
  }
  encryptTo(world, from, other, peer, content) {
    const ids = idsOf(world, other);
    const event = `{"content":${content},"keys":{"ed25519":"${from.ed25519}"},"recipient":"${ids.user}","recipient_keys":{"ed25519":"${peer.ed25519}"},"sender":"${from.ids.user}","sender_device_keys":${from.keys},"type":"m.room_key"}`;
    const { type, body } = this.library.encrypt(peer.sessions[0].use, event);
    const text = `{"messages":{"${ids.user}":{"${ids.device}":{"algorithm":"${OLM}","ciphertext":{"${peer.curve25519}":{"body":"${body}","type":${type}}},"sender_key":"${from.curve25519}"}}}}`;
    return { body: utf8(text), raw: rawOf(body) };
  }

  /* ---- operations ---- */

  create(world, device, others) {
    if (world.hasGroup) throw new Error("a world has one room, and it exists");
    world.hasGroup = true;
    world.members.add(device);
    try {
      return this.add(world, device, others);
    } catch (e) {
      world.hasGroup = false;
      world.members.delete(device);
      throw e;
    }
  }
  add(world, device, joining) {
    const from = this.actor(world, device);
    const met = [];
    const lengths = { keys: [], oneTime: [] };
    for (const { device: other, body } of joining) {
      if (world.members.has(other)) throw new Rejected(`device ${other} is in the room already`);
      if (this.isKnown(world, from, other, body)) continue;
      const [keys, oneTime] = this.split(body);
      met.push([other, this.meet(world, from, other, keys, oneTime)]);
      lengths.keys.push(keys.length);
      lengths.oneTime.push(oneTime.length);
    }
    this.countAnswers(world, from, lengths.keys, lengths.oneTime);
    const strangers = met.map(([other]) => other);
    const before = new Set(world.members);
    try {
      for (const { device: other } of joining) world.members.add(other);
      return [...this.requests(world, device, strangers, strangers), ...this.shareFrom(world, from, met)];
    } catch (e) {
      world.members = before;
      throw e;
    }
  }
  remove(world, device, leaving) {
    const from = this.actor(world, device);
    for (const other of leaving) if (other === device || !world.members.has(other)) throw new Rejected(`device ${other} cannot be removed`);
    for (const other of leaving) world.members.delete(other);
    try {
      return this.shareFrom(world, from, []);
    } catch (e) {
      for (const other of leaving) world.members.add(other);
      throw e;
    }
  }
  rekey(world, device) {
    const from = this.actor(world, device);
    const before = from.outbound;
    from.outbound = undefined;
    try {
      return this.shareFrom(world, from, []);
    } catch (e) {
      from.outbound = before;
      throw e;
    }
  }
  send(world, device, plaintext) {
    const from = this.actor(world, device);
    const sent = this.isDue(world, from) ? this.shareFrom(world, from, []) : [];
    const content = isPlain(plaintext)
      ? `{"body":"${Buffer.from(plaintext).toString()}","msgtype":"m.text"}`
      : `{"body":"${Buffer.from(plaintext).toString("base64").replace(/=+$/, "")}","msgtype":"test.gb.bytes"}`;
    const ciphertext = this.library.encryptEvent(from.outbound.held.use, `{"content":${content},"room_id":"${ROOM}","type":"m.room.message"}`);
    const body = `{"algorithm":"${MEGOLM}","ciphertext":"${ciphertext}","device_id":"${from.ids.device}","sender_key":"${from.curve25519}","session_id":"${from.outbound.id}"}`;
    return [...sent, message(KIND.APPLICATION, TO.GROUP, device, utf8(body), [], FANOUT.SERVER, 0, rawOf(ciphertext))];
  }
  skip(world, device, n) {
    const from = this.actor(world, device);
    for (let i = 0; i < n; i++) this.library.encryptEvent(from.outbound.held.use, "");
  }

  /* ---- at the recipients ---- */

  decryptFrom(world, to, sender, sealed, senderKey) {
    const { type, body } = sealed;
    const known = to.peers.get(sender);
    const sessions = known?.curve25519 === senderKey ? known.sessions : [];
    for (const session of sessions) {
      if (type === 0 && !this.library.began(session.object, senderKey, body)) continue;
      try {
        return { text: this.library.decrypt(session.use, sealed), session: undefined };
      } catch (e) {
        if (type === 0 || !this.library.isRefusal(e)) throw e;
      }
    }
    if (type !== 0) throw new Rejected("no Olm session reads it");
    const { session, text } = this.library.accept(to.account.use, senderKey, body);
    return { text, session: this.hold(world, "Session", session) };
  }
  takeRoomKey(world, device, m) {
    const to = this.device(world, device);
    const ids = idsOf(world, m.from);
    if (m.kind !== KIND.ROOM_KEY) throw new Rejected("not a to-device message");
    this.refusing(() => {
      const content = parsed(Buffer.from(m.body).toString(), "room key").messages?.[to.ids.user]?.[to.ids.device];
      const own = content?.ciphertext?.[to.curve25519];
      if (content?.algorithm !== OLM || own === undefined) throw new Rejected("for another recipient");
      const sealed = { type: objectOf(own, "Olm message").type, body: textOf(own.body, "Olm message") };
      if (sealed.type !== 0 && sealed.type !== 1) throw new Rejected("Olm message: of no type");
      const { text, session } = this.decryptFrom(world, to, m.from, sealed, textOf(content.sender_key, "sender key"));
      const event = parsed(text, "room key");
      const known = to.peers.get(m.from);
      if (event.sender !== ids.user || event.recipient !== to.ids.user || event.recipient_keys?.ed25519 !== to.ed25519) throw new Rejected("of or for somebody else");
      const keys = known ?? { ...this.checkedKeys(event.sender_device_keys, ids), keys: canonical(event.sender_device_keys), sessions: [], due: true };
      if (keys.curve25519 !== content.sender_key || keys.ed25519 !== event.keys?.ed25519) throw new Rejected("of another sender");
      if (event.type !== "m.room_key" || event.content?.algorithm !== MEGOLM || event.content.room_id !== ROOM) throw new Rejected("not a room key");
      this.takeSession(world, to, m.from, textOf(event.content.session_key, "session key"));
      to.peers.set(m.from, { ...keys, due: true, sessions: session ? [session, ...keys.sessions] : keys.sessions });
    });
  }
  process(world, device, m) {
    this.takeRoomKey(world, device, m);
  }
  join(world, device, messages) {
    if (messages.length === 0) throw new Rejected("nothing to join by");
    for (const m of messages) this.takeRoomKey(world, device, m);
  }
  receive(world, device, m) {
    const to = this.device(world, device);
    return this.refusing(() => {
      const event = parsed(Buffer.from(m.body).toString(), "event");
      const session = to.inbound.get(event.session_id);
      if (m.kind !== KIND.APPLICATION || event.algorithm !== MEGOLM || session === undefined || session.from !== m.from) throw new Rejected("no session reads it");
      const { plaintext, message_index } = this.library.decryptEvent(session.held.use, textOf(event.ciphertext, "event"));
      const { content, room_id, type } = parsed(plaintext, "event");
      const said = textOf(content?.body, "content");
      if (room_id !== ROOM || type !== "m.room.message") throw new Rejected("not an event that this backend sends");
      if ((session.seen.get(message_index) ?? m.event) !== m.event) throw new Rejected("a replay");
      session.seen.set(message_index, m.event);
      return new Uint8Array(Buffer.from(said, content.msgtype === "m.text" ? "utf8" : "base64"));
    });
  }

  /* ---- beside ---- */

  digest(world, device, sender) {
    const live = this.device(world, device);
    const id = device === sender ? live.outbound?.id : live.newest.get(sender);
    if (id === undefined) throw new Rejected(`device ${device} has no session of device ${sender}`);
    return Buffer.from(id, "base64").subarray(0, 32);
  }
  first_index(world, device, sender) {
    const live = this.device(world, device);
    if (device === sender && live.outbound !== undefined) return this.library.nextIndex(live.outbound.held.object);
    const session = live.inbound.get(live.newest.get(sender));
    if (session === undefined) throw new Rejected(`device ${device} has no session of device ${sender}`);
    return this.library.firstKnownIndex(session.held.object);
  }
  heals(world, device) {
    return this.device(world, device).healed ? 1 : 0;
  }
  fetched(world, device) {
    return this.device(world, device).fetched;
  }
  fetched_raw(world, device) {
    return this.device(world, device).fetchedRaw;
  }
  state_size(world, device) {
    const live = this.device(world, device);
    const held = [live.account, live.outbound?.held, ...[...live.inbound.values()].map((i) => i.held), ...[...live.peers.values()].flatMap((p) => p.sessions)];
    return held.filter((h) => h !== undefined).reduce((sum, h) => sum + this.library.pickle(h.object).length, 0);
  }

  copyOf(world) {
    const live = new Map();
    for (const [number, d] of world.live)
      live.set(number, {
        ...d, outbound: d.outbound && { ...d.outbound, shared: new Set(d.outbound.shared) },
        peers: new Map([...d.peers].map(([other, p]) => [other, { ...p }])), inbound: new Map([...d.inbound].map(([id, i]) => [id, { ...i, seen: new Map(i.seen) }])), newest: new Map(d.newest),
      });
    return { hasGroup: world.hasGroup, members: new Set(world.members), directory: new Map(world.directory), live, held: new Set(world.held) };
  }
  checkpoint(world) {
    for (const held of world.held) held.save();
    world.saved = this.copyOf(world);
  }
  rollback(world) {
    const saved = this.copyOf(world.saved);
    for (const held of world.held) {
      if (saved.held.has(held)) held.restore();
      else this.library.free(held.object);
    }
    Object.assign(world, saved);
  }
}
