/*
 * One Matrix room as a client has it, for backends of Olm and Megolm in Node: its members, sessions and
 * events, as long to the byte as those of the backend `megolm`, and checkpoints. What the objects of the
 * library do is asked of a `library`; those change in place, so a checkpoint is pickles.
 */
import { canonical, objectOf, parsed, textOf } from "./matrix_json.mjs";
import { BATCH, KEPT_KEYS, MEGOLM, MatrixDevices, OLM, idsOf, utf8 } from "./matrix_devices.mjs";
import { FANOUT, FEATURE, KIND, Rejected, TO, Unsupported, message } from "./groupbench_child.mjs";

const ROOM = "!room:gb.test";
const MOST_PAIRS = 10100; // of actors and others; what was tried
const MOST_TOLD = 1024; // sessions of which a device remembers why it has no key
const LAST_RESORT = 0xffffffff; // the key of a device that can be taken again and again

/* Codes of m.room_key.withheld, by enum gb_reason. */
const REASONS = ["m.blacklisted", "m.unverified"];

/* Bytes that a text of base64 without padding stands for. */
const rawOf = (base64) => Math.floor((base64.length * 3) / 4);

function toDevice(ids, content) {
  return `{"messages":{"${ids.user}":{"${ids.device}":${content}}}}`;
}
/* What the i-th of such messages adds to the requests that they travel in. */
function inRequest(i, body) {
  return i % BATCH === 0 ? body.length : body.length - '{"messages":{}}'.length + 1;
}
function isKey(text) {
  return /^[A-Za-z0-9+/]{43}$/.test(text);
}

function isPlain(bytes) {
  return bytes.every((c) => c >= 0x20 && c <= 0x7e && c !== 0x22 && c !== 0x5c);
}

export class MatrixRoom extends MatrixDevices {
  features = FEATURE.SEALED | FEATURE.REPLAYS | FEATURE.PER_SENDER | FEATURE.ENVELOPED | FEATURE.FALLBACK;
  maxSize = 1000000; // so that larger cells are skipped with a reason, by shape

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

  actor(world, device) {
    const live = this.device(world, device);
    if (!world.members.has(device)) throw new Rejected("not in the room");
    live.fetched = live.fetchedRaw = 0;
    return live;
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
    from.outbound = { held, id: this.library.sessionId(held.object), shared: new Set(), told: new Set() };
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
    return from.outbound.shared.size + from.outbound.told.size < world.members.size - 1;
  }
  shareFrom(world, from, met) {
    const queried = [];
    const claimed = [];
    const lengths = { keys: [], oneTime: [] };
    const peers = new Map(met);
    const isNew = this.isStale(world, from);
    const others = [...world.members].filter((d) => d !== from.number);
    const lacking = others.filter((d) => !from.withheld.has(d) && (isNew || !from.outbound.shared.has(d)));
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
    lacking.forEach((other, i) => {
      const peer = from.peers.get(other);
      healed &&= peer.due;
      const { body, raw } = this.encryptTo(world, from, other, peer, peer.sessions[0].use, content, "m.room_key");
      peer.due = false;
      sent.push(message(KIND.ROOM_KEY, TO.DEVICES, from.number, body, [other], FANOUT.CLIENT, inRequest(i, body), raw));
      from.outbound.shared.add(other);
    });
    if (isNew) from.healed = healed;
    const untold = others.filter((d) => from.withheld.has(d) && !from.outbound.told.has(d));
    untold.forEach((other, i) => sent.push(this.tell(world, from, other, i)));
    return sent;
  }
  /* In the clear: why a device gets no key. It is made of names. */
  tell(world, from, other, i) {
    const content = `{"algorithm":"${MEGOLM}","code":"${from.withheld.get(other)}","room_id":"${ROOM}","sender_key":"${from.curve25519}","session_id":"${from.outbound.id}"}`;
    const body = utf8(toDevice(idsOf(world, other), content));
    from.outbound.told.add(other);
    return message(KIND.WITHHELD, TO.DEVICES, from.number, body, [other], FANOUT.CLIENT, inRequest(i, body));
  }
  encryptTo(world, from, other, peer, session, content, type) {
    const ids = idsOf(world, other);
    const event = `{"content":${content},"keys":{"ed25519":"${from.ed25519}"},"recipient":"${ids.user}","recipient_keys":{"ed25519":"${peer.ed25519}"},"sender":"${from.ids.user}","sender_device_keys":${from.keys},"type":"${type}"}`;
    const sealed = this.library.encrypt(session, event);
    const text = toDevice(ids, `{"algorithm":"${OLM}","ciphertext":{"${peer.curve25519}":{"body":"${sealed.body}","type":${sealed.type}}},"sender_key":"${from.curve25519}"}`);
    return { body: utf8(text), raw: rawOf(sealed.body) };
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
      const sent = this.shareFrom(world, from, []);
      for (const live of world.live.values()) for (const other of leaving) this.forgive(live, other);
      return sent;
    } catch (e) {
      for (const other of leaving) world.members.add(other);
      throw e;
    }
  }
  /* Why it got no keys ends with its membership. */
  forgive(live, other) {
    live.withheld.delete(other);
    live.outbound?.told.delete(other);
  }
  /* The session that they can read ends with the first of them. */
  withhold(world, device, reason, members) {
    const from = this.actor(world, device);
    const { withheld, outbound } = from;
    for (const other of members) if (other === device || !world.members.has(other)) throw new Rejected(`device ${other} is no other member`);
    const canRead = members.some((other) => outbound?.shared.has(other));
    from.withheld = new Map([...withheld, ...members.map((other) => [other, REASONS[reason]])]);
    from.outbound = canRead ? undefined : outbound && { ...outbound, told: new Set([...outbound.told].filter((d) => !members.includes(d))) };
    try {
      return this.shareFrom(world, from, []);
    } catch (e) {
      Object.assign(from, { withheld, outbound });
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
  /* What came sealed to this device, by whom it says: `use` takes the event in. */
  takeSealed(world, to, m, use) {
    const ids = idsOf(world, m.from);
    this.refusing(() => {
      const content = this.contentFor(to, m);
      const own = content?.ciphertext?.[to.curve25519];
      if (content?.algorithm !== OLM || own === undefined) throw new Rejected("for another recipient");
      const sealed = { type: objectOf(own, "Olm message").type, body: textOf(own.body, "Olm message") };
      if (sealed.type !== 0 && sealed.type !== 1) throw new Rejected("Olm message: of no type");
      const { text, session } = this.decryptFrom(world, to, m.from, sealed, textOf(content.sender_key, "sender key"));
      const event = parsed(text, "to-device event");
      const known = to.peers.get(m.from);
      if (event.sender !== ids.user || event.recipient !== to.ids.user || event.recipient_keys?.ed25519 !== to.ed25519) throw new Rejected("of or for somebody else");
      const keys = known ?? { ...this.checkedKeys(event.sender_device_keys, ids), keys: canonical(event.sender_device_keys), sessions: [], due: true };
      if (keys.curve25519 !== content.sender_key || keys.ed25519 !== event.keys?.ed25519) throw new Rejected("of another sender");
      use(event);
      to.peers.set(m.from, { ...keys, due: true, sessions: session ? [session, ...keys.sessions] : keys.sessions });
    });
  }
  contentFor(to, m) {
    return parsed(Buffer.from(m.body).toString(), "to-device message").messages?.[to.ids.user]?.[to.ids.device];
  }
  takeRoomKey(world, device, m) {
    const to = this.device(world, device);
    if (m.kind !== KIND.ROOM_KEY) throw new Rejected("not a room key");
    this.takeSealed(world, to, m, ({ type, content }) => {
      if (type !== "m.room_key" || content?.algorithm !== MEGOLM || content.room_id !== ROOM) throw new Rejected("not a room key");
      this.takeSession(world, to, m.from, textOf(content.session_key, "session key"));
    });
  }
  /* Anybody can say so: it is neither sealed nor signed. */
  takeWithheld(world, device, m) {
    const to = this.device(world, device);
    const content = objectOf(this.contentFor(to, m), "withheld key");
    const [algorithm, code, room, key, id] = ["algorithm", "code", "room_id", "sender_key", "session_id"].map((name) => textOf(content[name], name));
    if (algorithm !== MEGOLM || room !== ROOM || !isKey(key) || !isKey(id)) throw new Rejected("not about a session of this room");
    to.told.delete(id);
    to.told.set(id, code);
    if (to.told.size > MOST_TOLD) to.told.delete(to.told.keys().next().value);
  }
  withheld(world, device, m) {
    const code = this.device(world, device).told.get(parsed(Buffer.from(m.body).toString(), "event").session_id);
    if (!REASONS.includes(code)) throw new Rejected("nothing was said of why there is no key");
    return REASONS.indexOf(code);
  }
  process(world, device, m) {
    if (m.kind === KIND.WITHHELD) this.takeWithheld(world, device, m);
    else this.takeRoomKey(world, device, m);
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

  /* ---- a new device ---- */

  /* What was met here is forgotten at once. */
  reach(world, device, other, i, messages) {
    const from = this.device(world, device);
    const ids = idsOf(world, other);
    if (!world.members.has(device)) throw new Rejected("not in the room");
    if (messages.length !== 1) throw new Rejected("not what one device uploads");
    return this.refusing(() => {
      const upload = parsed(Buffer.from(messages[0].body).toString(), "key material");
      const { curve25519, ed25519 } = this.checkedKeys(upload.device_keys, ids);
      const keys = Object.values(objectOf(i === LAST_RESORT ? upload.fallback_keys : upload.one_time_keys, "keys"));
      const signed = keys[i === LAST_RESORT ? 0 : i];
      if (signed === undefined) throw new Rejected("no such key");
      this.verify(ed25519, signed, ids);
      const session = this.library.begin(from.account.object, curve25519, textOf(signed.key, "key"));
      try {
        const { body, raw } = this.encryptTo(world, from, other, { curve25519, ed25519 }, session, "{}", "m.dummy");
        return [message(KIND.DUMMY, TO.DEVICES, device, body, [other], FANOUT.CLIENT, body.length, raw)];
      } finally {
        this.library.free(session);
      }
    });
  }
  reached(world, device, m) {
    if (m.kind !== KIND.DUMMY) throw new Rejected("not from who reached this device");
    this.takeSealed(world, this.device(world, device), m, ({ type }) => {
      if (type !== "m.dummy") throw new Rejected("not from who reached this device");
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
        ...d, outbound: d.outbound && { ...d.outbound, shared: new Set(d.outbound.shared), told: new Set(d.outbound.told) },
        withheld: new Map(d.withheld), told: new Map(d.told),
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
