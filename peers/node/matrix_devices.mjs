/*
 * The devices of one Matrix room and what the homeserver's key directory has of them, for
 * matrix_room.mjs: accounts, uploads, requests and answers, as long to the byte as those of `megolm`.
 */
import { canonical, objectOf, parsed, textOf, unsigned } from "./matrix_json.mjs";
import { FANOUT, KIND, Rejected, TO, Unsupported, message } from "./groupbench_child.mjs";

export const OLM = "m.olm.v1.curve25519-aes-sha2";
export const MEGOLM = "m.megolm.v1.aes-sha2";
export const BATCH = 250; // users of a query, devices of a claim, messages of a request
export const KEPT_KEYS = 50; // one-time keys of a live device in the directory, which 100 would fill
const END = 32; // characters of an upload that are kept

/* Keys and signatures as the bytes that they are before base64: of a device, which signs its two keys,
 * and of a signed key for one use or of last resort. */
const RAW = { device: 2 * 32 + 64, key: 32 + 64 };

export const utf8 = (text) => new Uint8Array(Buffer.from(text));

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

export function idsOf(world, device) {
  let name = "";
  for (let i = 0, rest = device; i < 10; i++, rest = Math.floor(rest / 26)) name = String.fromCharCode(65 + (rest % 26)) + name;
  return { user: `@${String(device).padStart(world.identity - 9, "0")}:gb.test`, device: name };
}

function uploadOf(deviceKeys, fallbackKeys, oneTimeKeys) {
  return `{"device_keys":${deviceKeys},${fallbackKeys}"one_time_keys":{${oneTimeKeys.map((key) => key.slice(1, -1)).join(",")}}}`;
}

export class MatrixDevices {
  /* The library also says name, version and files of the backend, what its axes can have, and which
   * errors of its own are refusals of bad input. */
  constructor(library) {
    const { name, version, files, axes } = library;
    Object.assign(this, { library, name, version, files, axes });
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
  /* An account with its fallback key and its first one-time keys, from the seed and the device's
   * number alone. */
  makeAccount(world, device, nKeys = 1) {
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
    const oneTime = this.newKeys(account, ids, nKeys);
    this.library.draw(before);
    return { account, ids, keys, fallback, oneTime, upload: uploadOf(keys, `"fallback_keys":${signedFallback},`, oneTime), ...identity };
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

  /* ---- what they upload ---- */

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
    const text = isAgain ? uploadOf(live.keys, "", this.newKeys(live.account.use, live.ids, 1)) : live.upload;
    live.published = true;
    return [this.upload(world, device, text, isAgain ? 1 : 2)];
  }
  materialise(world, device) {
    if (world.live.has(device)) return;
    const made = this.makeAccount(world, device);
    this.enter(world, device);
    this.settle(world, device, made, this.newKeys(made.account, made.ids, KEPT_KEYS));
  }
  /* It is live from now on, and the directory has these keys of it. */
  settle(world, device, made, oneTime) {
    world.directory.set(device, { keys: made.keys, oneTime });
    world.live.set(device, {
      ...made, account: this.hold(world, "Account", made.account), number: device,
      peers: new Map(), // by device: {curve25519, ed25519, sessions, due}
      outbound: undefined, // {held, id, shared, told}: devices that have its key, or the reason why not
      withheld: new Map(), // by device that gets no keys: the reason
      inbound: new Map(), // by session id: {held, from}
      newest: new Map(), // by sender: session id
      told: new Map(), // by session id: the reason why it gets no key
      fetched: 0, fetchedRaw: 0, healed: true, published: false,
    });
  }
  /* A new device uploads so many one-time keys at once. */
  enrol(world, device, n) {
    if (world.live.has(device)) throw new Error(`device ${device} is not new`);
    if (n > this.library.mostOneTimeKeys) throw new Unsupported(`an account of libolm holds at most ${this.library.mostOneTimeKeys} one-time keys`);
    const made = this.makeAccount(world, device, n);
    this.settle(world, device, made, made.oneTime);
    world.live.get(device).published = true;
    return [this.upload(world, device, made.upload, 1 + n)];
  }

  /* ---- what the directory is asked, and answers ---- */

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
}
