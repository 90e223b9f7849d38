"""The frames between groupbench and a backend in a process of its own: docs/plugin-protocol.md.

A backend is an object. serve() asks it with methods that have the names of the calls, such as
backend.rekey(world, device); what a world is, backend.open() decides. A method that is not there
is not offered. Python 3 and its standard library are all that is needed.

    class Backend:
        NAME, VERSION, FEATURES, MAX_SIZE = "mine", "mine 1", SETTLES, 1000

        def open(self, seed, capacity, axes): ...

    serve(Backend())
"""

import os
import struct
import sys
import time

PROTOCOL = 2
ABI = 3
MARK = b"gbf1"
MAX_BYTES = 1 << 28

CALLS = (
    "hello axis message forget open close publish publish_many materialise shape create add "
    "remove rekey send process join receive digest checkpoint rollback fork save load state_size "
    "propose_update propose_add propose_remove commit_pending discard group_info fetch_tree "
    "join_external heals fetched asked share create_part skip store reload history backup stored "
    "restore read_old single_prepare single single_check first_index advance want give take "
    "keys_reused set_psk commit_psk commit_resumption reinit succeed fetched_raw withhold withheld "
    "enrol reach reached"
).split()

OK, REJECTED, UNSUPPORTED, FAILED = range(4)
HONOURED, NOT_APPLICABLE, NOT_SUPPORTED = range(3)
(KEY_MATERIAL, CLAIM, PROPOSAL, COMMIT, WELCOME, GROUP_INFO, RATCHET_TREE, ROOM_KEY, APPLICATION,
 BACKUP, KEY_REQUEST, DUMMY, WITHHELD) = range(13)
TO_DEVICES, TO_GROUP, TO_SERVER = range(3)
FANOUT_SERVER, FANOUT_CLIENT = range(2)
(SETTLES, SEALED, REPLAYS, OWN_CLOCK, PER_SENDER, REMOTE, FORGERY_SPENDS,
 OWN_RANDOM, ENVELOPED, FALLBACK) = (1 << i for i in range(10))


class Rejected(Exception):
    """The input is refused, as the protocol demands; nothing has changed."""


class Unsupported(Exception):
    """This backend cannot do it, by design; the text names what is missing."""


class Message:
    """What is sent or received; `to` has devices if the address is TO_DEVICES, and `raw` is how
    many bytes of the body are the protocol's own, if the backend is ENVELOPED."""

    def __init__(self, kind, address, sender, body, to=(), fanout=FANOUT_SERVER, uploaded=0,
                 raw=0):
        self.kind, self.address, self.fanout = kind, address, fanout
        self.sender, self.uploaded, self.to, self.body = sender, uploaded, tuple(to), body
        self.raw = raw
        self.event = 0  # of what is received: another number for each message

    def encode(self):
        return b"".join((
            struct.pack("<BBBIIII", self.kind, self.address, self.fanout, self.sender,
                        self.uploaded, self.raw, len(self.to)),
            struct.pack(f"<{len(self.to)}I", *self.to),
            struct.pack("<I", len(self.body)), self.body))


class Reader:
    """The arguments of a question, from its beginning."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def raw(self, length):
        if length > len(self.data) - self.at:
            raise ValueError("a question that ends too early")
        self.at += length
        return self.data[self.at - length:self.at]

    def text(self):
        return self.raw(self.take("H")).decode()

    def bytes(self):
        return self.raw(self.take("I"))

    def numbers(self):
        n = self.take("I")
        return struct.unpack(f"<{n}I", self.raw(4 * n))

    def published(self):
        return [(self.take("I"), self.bytes()) for _ in range(self.take("I"))]

    def message(self):
        kind, address, fanout, sender, uploaded, raw = self.take("BBBIII")
        to = self.numbers()
        return Message(kind, address, sender, self.bytes(), to, fanout, uploaded, raw)


def number(value):
    return struct.pack("<Q", value)


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def in_one_line(error):
    """As much of it as an answer has room for."""
    line = " ".join("".join(c if c.isprintable() else " " for c in error).split())
    return line.encode()[:500].decode(errors="ignore")


def with_length(data):
    return struct.pack("<I", len(data)) + data


def messages(sent):
    return struct.pack("<I", len(sent)) + b"".join(m.encode() for m in sent)


def nothing(_):
    return b""


# What each call takes, by the letters below, and what its result is.
#   u  number of 32 bits        c  number of 8 bits      b  bytes
#   n  numbers                  p  published material    m  messages, by their numbers
#   1  one such message         q  number of 64 bits
TAKES = {
    "publish": ("u", messages), "publish_many": ("uu", messages), "materialise": ("u", nothing),
    "shape": ("uucnn", nothing), "create": ("up", messages), "add": ("up", messages),
    "remove": ("un", messages), "rekey": ("u", messages), "send": ("ub", messages),
    "process": ("u1", nothing), "join": ("um", nothing), "receive": ("u1", with_length),
    "digest": ("uu", bytes), "checkpoint": ("", nothing), "rollback": ("", nothing),
    "fork": ("uu", nothing), "save": ("u", with_length), "load": ("ub", nothing),
    "state_size": ("u", number), "propose_update": ("u", messages),
    "propose_add": ("up", messages), "propose_remove": ("uu", messages),
    "commit_pending": ("u", messages), "discard": ("u", nothing), "group_info": ("u", messages),
    "fetch_tree": ("u", messages), "join_external": ("um", messages), "heals": ("u", number),
    "fetched": ("u", number), "asked": ("u", number), "share": ("u", messages),
    "create_part": ("ucp", messages), "skip": ("uu", nothing), "store": ("u", number),
    "reload": ("u", nothing), "history": ("uuub", messages), "backup": ("u", messages),
    "stored": ("uuum", messages), "restore": ("uum", nothing), "read_old": ("u1", with_length),
    "single_prepare": ("u", nothing), "single": ("u", nothing), "single_check": ("", nothing),
    "first_index": ("uu", number), "advance": ("q", nothing), "want": ("uuu", messages),
    "give": ("uuum", messages), "take": ("uum", nothing), "keys_reused": ("", number),
    "set_psk": ("ubb", nothing), "commit_psk": ("ub", messages),
    "commit_resumption": ("u", messages), "reinit": ("u", messages), "succeed": ("up", messages),
    "fetched_raw": ("u", number), "withhold": ("uun", messages), "withheld": ("u1", number),
    "enrol": ("uu", messages), "reach": ("uuum", messages), "reached": ("u1", nothing),
}


class Place:
    """A world of the backend, with the messages that groupbench has sent for it."""

    def __init__(self, world):
        self.world, self.held = world, {}

    def argument(self, kind, reader):
        if kind == "u":
            return reader.take("I")
        if kind == "c":
            return reader.take("B")
        if kind == "q":
            return reader.take("Q")
        if kind == "b":
            return reader.bytes()
        if kind == "n":
            return reader.numbers()
        if kind == "p":
            return reader.published()
        held = [self.held[i] for i in reader.numbers()]
        return held if kind == "m" else held[0]


class Server:
    def __init__(self, backend):
        self.backend, self.places = backend, {}
        self.clocks = (0, 0)

    def hello(self, _world, _reader):
        b = self.backend
        offered = sum(1 << i for i, name in enumerate(CALLS) if hasattr(b, name))
        files = [os.path.abspath(m.__file__) for m in list(sys.modules.values())
                 if getattr(m, "__file__", None) and is_ours(m.__file__)][:64]
        return (struct.pack("<IIII", PROTOCOL, ABI, b.FEATURES, b.MAX_SIZE)
                + offered.to_bytes(16, "little") + struct.pack("<B", hasattr(b, "counts"))
                + text(b.NAME) + text(b.VERSION)
                + struct.pack("<B", len(files)) + b"".join(map(text, files)))

    def axis(self, _world, reader):
        answer, reason = self.backend.axis(reader.text(), reader.text())
        return struct.pack("<B", answer) + text(reason)

    def open(self, number_of_world, reader):
        seed, capacity, n = reader.take("QII")
        axes = {reader.text(): reader.text() for _ in range(n)}
        self.places[number_of_world] = Place(self.backend.open(seed, capacity, axes))
        return b""

    def close(self, number_of_world, _reader):
        self.places.pop(number_of_world, None)
        return b""

    def message(self, number_of_world, reader):
        at, event = reader.take("IQ")
        held = self.places[number_of_world].held[at] = reader.message()
        held.event = event
        return b""

    def forget(self, number_of_world, reader):
        self.places[number_of_world].held.pop(reader.take("I"), None)
        return b""

    def call(self, name, number_of_world, reader):
        """Everything that is asked of the backend; what it does is timed, and nothing else."""
        place = self.places[number_of_world]
        takes, encode = TAKES[name]
        arguments = [place.argument(kind, reader) for kind in takes]
        method = getattr(self.backend, name)
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        try:
            result = method(place.world, *arguments)
        finally:
            self.clocks = (time.perf_counter_ns() - wall, time.process_time_ns() - cpu)
        return encode(result)

    def answer(self, question):
        serial, call, world = struct.unpack_from("<IBI", question)
        reader, name = Reader(question), CALLS[call]
        reader.at = 9
        self.clocks, status, error, results = (0, 0), OK, "", b""
        try:
            own = getattr(self, name, None) if name not in TAKES else None
            results = own(world, reader) if own else self.call(name, world, reader)
        except Rejected as e:
            status, error = REJECTED, str(e)
        except Unsupported as e:
            status, error = UNSUPPORTED, str(e)
        except Exception as e:  # whatever it is, the run ends with it
            status, error = FAILED, f"{type(e).__name__}: {e}"
        return (struct.pack("<IBBQQ", serial, call, status, *self.clocks) + self.counts(world)
                + text(in_one_line(error)) + results)

    def counts(self, number_of_world):
        place = self.places.get(number_of_world)
        if place is None or not hasattr(self.backend, "counts"):
            return b"\0"
        counts = self.backend.counts(place.world)
        return struct.pack(f"<B{len(counts)}Q", len(counts), *counts)


def is_ours(path):
    """Modules beside the program, not those of Python."""
    return os.path.dirname(os.path.abspath(path)).startswith(
        os.path.dirname(os.path.abspath(sys.argv[0])))


def read_exactly(stream, length):
    data = stream.read(length)
    if len(data) != length:
        sys.exit(0)  # groupbench has ended
    return data


def frame(data):
    return MARK + struct.pack("<I", len(data)) + data


def serve(backend, server=Server):
    """Answers until standard input ends. What the backend prints goes to standard error."""
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = server(backend)
    while True:
        head = read_exactly(questions, 8)
        length = struct.unpack_from("<I", head, 4)[0]
        if head[:4] != MARK or length > MAX_BYTES:
            sys.exit("a frame that is none")
        answer = server.answer(read_exactly(questions, length))
        try:
            answers.write(frame(answer))
            answers.flush()
        except BrokenPipeError:
            os._exit(0)  # groupbench has ended
