/*
 * The frames between groupbench and a backend in a process of its own, for Node: see
 * docs/plugin-protocol.md. A backend is an object whose methods have the names of the calls, take
 * the world first, and may be asynchronous; what a method returns is its result, a list of message()
 * where the call sends. A method that is not there is not offered. Beside them it has name, version,
 * features, maxSize, files, and axes: for each axis that means something to it a function of the
 * value, which gives the reason why it cannot be had, or "". Node's own modules are all that is needed.
 */
import fs from "node:fs";

const PROTOCOL = 2;
const ABI = 3;
const MARK = 0x31666267; // "gbf1"
const MAX_BYTES = 1 << 28;
const MOST_U64 = (1n << 64n) - 1n;

const CALLS = (
  "hello axis message forget open close publish publish_many materialise shape create add " +
  "remove rekey send process join receive digest checkpoint rollback fork save load state_size " +
  "propose_update propose_add propose_remove commit_pending discard group_info fetch_tree " +
  "join_external heals fetched asked share create_part skip store reload history backup stored " +
  "restore read_old single_prepare single single_check first_index advance want give take " +
  "keys_reused set_psk commit_psk commit_resumption reinit succeed fetched_raw withhold withheld " +
  "enrol reach reached"
).split(" ");

const STATUS = { OK: 0, REJECTED: 1, UNSUPPORTED: 2, FAILED: 3 };
const ANSWER = { HONOURED: 0, NOT_APPLICABLE: 1, NOT_SUPPORTED: 2 };
export const KIND = {
  KEY_MATERIAL: 0, CLAIM: 1, PROPOSAL: 2, COMMIT: 3, WELCOME: 4, GROUP_INFO: 5, RATCHET_TREE: 6,
  ROOM_KEY: 7, APPLICATION: 8, BACKUP: 9, KEY_REQUEST: 10, DUMMY: 11, WITHHELD: 12,
};
export const TO = { DEVICES: 0, GROUP: 1, SERVER: 2 };
export const FANOUT = { SERVER: 0, CLIENT: 1 };
export const FEATURE = { SETTLES: 1, SEALED: 2, REPLAYS: 4, OWN_CLOCK: 8, PER_SENDER: 16, REMOTE: 32, FORGERY_SPENDS: 64, OWN_RANDOM: 128, ENVELOPED: 256, FALLBACK: 512 };

/* The input is refused, as the protocol demands; nothing has changed. */
export class Rejected extends Error {}
/* This backend cannot do it, by design; the text names what is missing. */
export class Unsupported extends Error {}

/* raw: how many bytes of the body are the protocol's own, where the backend is ENVELOPED. */
export function message(kind, address, from, body, to = [], fanout = FANOUT.SERVER, uploaded = 0, raw = 0) {
  return { kind, address, fanout, from, uploaded, raw, to, body };
}

/* ---- reading ---- */

class Reader {
  constructor(data, at) {
    this.data = data;
    this.at = at;
  }
  u8() {
    return this.data.readUInt8(this.advance(1));
  }
  u16() {
    return this.data.readUInt16LE(this.advance(2));
  }
  u32() {
    return this.data.readUInt32LE(this.advance(4));
  }
  u64() {
    return this.data.readBigUInt64LE(this.advance(8));
  }
  advance(n) {
    if (n > this.data.length - this.at) throw new Error("a question that ends too early");
    this.at += n;
    return this.at - n;
  }
  raw(n) {
    const at = this.advance(n);
    return new Uint8Array(this.data.buffer, this.data.byteOffset + at, n);
  }
  text() {
    return Buffer.from(this.raw(this.u16())).toString();
  }
  bytes() {
    return this.raw(this.u32());
  }
  list(read) {
    const n = this.u32();
    const list = [];
    for (let i = 0; i < n; i++) list.push(read());
    return list;
  }
  numbers() {
    return this.list(() => this.u32());
  }
  published() {
    return this.list(() => ({ device: this.u32(), body: this.bytes() }));
  }
  message() {
    const [kind, address, fanout] = [this.u8(), this.u8(), this.u8()];
    const [from, uploaded, raw] = [this.u32(), this.u32(), this.u32()];
    const to = this.numbers();
    return { kind, address, fanout, from, uploaded, raw, to, body: this.bytes() };
  }
}

/* ---- writing ---- */

function u8(value) {
  return Buffer.of(value);
}
function u16(value) {
  const b = Buffer.alloc(2);
  b.writeUInt16LE(value);
  return b;
}
function u32(value) {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(value);
  return b;
}
function u64(value) {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt(value));
  return b;
}
function text(value) {
  const b = Buffer.from(value);
  return Buffer.concat([u16(b.length), b]);
}
function bytes(value) {
  return Buffer.concat([u32(value.length), value]);
}
function messages(list) {
  const parts = [u32(list.length)];
  for (const m of list) {
    parts.push(u8(m.kind), u8(m.address), u8(m.fanout), u32(m.from), u32(m.uploaded), u32(m.raw));
    parts.push(u32(m.to.length), ...m.to.map(u32), u32(m.body.length), m.body);
  }
  return Buffer.concat(parts);
}
const nothing = () => Buffer.alloc(0);
const raw = (value) => Buffer.from(value);

/*
 * What each call takes, and what its result is:
 *   u  number of 32 bits        c  number of 8 bits      b  bytes
 *   n  numbers                  p  published material    m  messages, by their numbers
 *   1  one such message         q  number of 64 bits, a BigInt
 */
const TAKES = {
  publish: ["u", messages], publish_many: ["uu", messages], materialise: ["u", nothing],
  shape: ["uucnn", nothing], create: ["up", messages], add: ["up", messages],
  remove: ["un", messages], rekey: ["u", messages], send: ["ub", messages],
  process: ["u1", nothing], join: ["um", nothing], receive: ["u1", bytes], digest: ["uu", raw],
  checkpoint: ["", nothing], rollback: ["", nothing], fork: ["uu", nothing], save: ["u", bytes],
  load: ["ub", nothing], state_size: ["u", u64], propose_update: ["u", messages],
  propose_add: ["up", messages], propose_remove: ["uu", messages],
  commit_pending: ["u", messages], discard: ["u", nothing], group_info: ["u", messages],
  fetch_tree: ["u", messages], join_external: ["um", messages], heals: ["u", u64],
  fetched: ["u", u64], asked: ["u", u64], share: ["u", messages], create_part: ["ucp", messages],
  skip: ["uu", nothing], store: ["u", u64], reload: ["u", nothing], history: ["uuub", messages],
  backup: ["u", messages], stored: ["uuum", messages], restore: ["uum", nothing],
  read_old: ["u1", bytes], single_prepare: ["u", nothing], single: ["u", nothing],
  single_check: ["", nothing], first_index: ["uu", u64], advance: ["q", nothing],
  want: ["uuu", messages], give: ["uuum", messages], take: ["uum", nothing], keys_reused: ["", u64],
  set_psk: ["ubb", nothing], commit_psk: ["ub", messages], commit_resumption: ["u", messages],
  reinit: ["u", messages], succeed: ["up", messages], fetched_raw: ["u", u64],
  withhold: ["uun", messages], withheld: ["u1", u64], enrol: ["uu", messages],
  reach: ["uuum", messages], reached: ["u1", nothing],
};

class Server {
  constructor(backend) {
    this.backend = backend;
    this.places = new Map(); // by number: a world, and the messages that were sent for it
  }

  hello() {
    const b = this.backend;
    let offered = 0n;
    CALLS.forEach((name, i) => {
      if (typeof b[name] === "function") offered |= 1n << BigInt(i);
    });
    return Buffer.concat([
      u32(PROTOCOL), u32(ABI), u32(b.features), u32(b.maxSize), u64(offered & MOST_U64), u64(offered >> 64n), u8(0),
      text(b.name), text(b.version), u8(b.files.length), ...b.files.map(text),
    ]);
  }
  axis(_number, reader) {
    const [name, value] = [reader.text(), reader.text()];
    const why = this.backend.axes[name]?.(value);
    const answer = why === undefined ? ANSWER.NOT_APPLICABLE : why === "" ? ANSWER.HONOURED : ANSWER.NOT_SUPPORTED;
    return Buffer.concat([u8(answer), text(why ?? "")]);
  }
  async open(number, reader) {
    const seed = reader.u64();
    const capacity = reader.u32();
    const axes = Object.fromEntries(reader.list(() => [reader.text(), reader.text()]));
    const world = await this.backend.open(seed, capacity, axes);
    this.places.set(number, { world, held: new Map() });
    return nothing();
  }
  close(number) {
    const place = this.places.get(number);
    if (place && this.backend.close) this.backend.close(place.world);
    this.places.delete(number);
    return nothing();
  }
  message(number, reader) {
    const [at, event] = [reader.u32(), reader.u64()];
    this.places.get(number).held.set(at, { event, ...reader.message() });
    return nothing();
  }
  forget(number, reader) {
    this.places.get(number).held.delete(reader.u32());
    return nothing();
  }

  argument(kind, reader, held) {
    if (kind === "u") return reader.u32();
    if (kind === "c") return reader.u8();
    if (kind === "q") return reader.u64();
    if (kind === "b") return reader.bytes();
    if (kind === "n") return reader.numbers();
    if (kind === "p") return reader.published();
    const named = reader.numbers().map((i) => held.get(i));
    return kind === "m" ? named : named[0];
  }

  /* What is asked of the backend; only its method is timed. */
  async call(name, number, reader, took) {
    const { world, held } = this.places.get(number);
    const [takes, encode] = TAKES[name];
    const args = [...takes].map((kind) => this.argument(kind, reader, held));
    const cpu = process.cpuUsage();
    const wall = process.hrtime.bigint();
    try {
      const result = await this.backend[name](world, ...args);
      this.stop(took, wall, cpu);
      return encode(result);
    } catch (e) {
      this.stop(took, wall, cpu);
      throw e;
    }
  }
  stop(took, wall, cpu) {
    if (took.wall !== 0n) return;
    took.wall = process.hrtime.bigint() - wall;
    const used = process.cpuUsage(cpu);
    took.cpu = (used.user + used.system) * 1000;
  }

  async answer(question) {
    const [serial, call, number] = [question.readUInt32LE(0), question.readUInt8(4), question.readUInt32LE(5)];
    const reader = new Reader(question, 9);
    const name = CALLS[call];
    const took = { wall: 0n, cpu: 0 };
    let [status, error, results] = [STATUS.OK, "", nothing()];
    try {
      results = TAKES[name] ? await this.call(name, number, reader, took) : await this[name](number, reader);
    } catch (e) {
      status = e instanceof Rejected ? STATUS.REJECTED : e instanceof Unsupported ? STATUS.UNSUPPORTED : STATUS.FAILED;
      error = status === STATUS.FAILED ? `${e.name}: ${e.message}` : e.message;
      if (status === STATUS.FAILED) console.error(e);
    }
    return Buffer.concat([
      u32(serial), u8(call), u8(status), u64(took.wall), u64(took.cpu), u8(0),
      text(error.replace(/[\x00-\x1f\x7f]+/g, " ").slice(0, 160)), results,
    ]);
  }
}

/* So many bytes of standard input, or the end of the program where it ends. */
function take(n) {
  const data = Buffer.alloc(n);
  for (let at = 0; at < n; ) {
    const got = fs.readSync(0, data, at, n - at, null);
    if (got === 0) process.exit(0);
    at += got;
  }
  return data;
}

function give(data) {
  for (let at = 0; at < data.length; ) at += fs.writeSync(1, data, at);
}

/* Answers until standard input ends. Nothing else may write to standard output. */
export async function serve(backend) {
  const server = new Server(backend);
  console.log = console.info = console.debug = console.error;
  for (;;) {
    const head = take(8);
    const length = head.readUInt32LE(4);
    if (head.readUInt32LE(0) !== MARK || length > MAX_BYTES) throw new Error("a frame that is none");
    const answer = await server.answer(take(length));
    give(Buffer.concat([u32(MARK), u32(answer.length), answer]));
  }
}
