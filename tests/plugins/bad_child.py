"""The null backend in a process of its own that misbehaves: bad_child.py WHAT [CALL [ANY]].

It does WHAT, one of the functions below, when it is asked CALL, which is rekey by default. Of the
calls that the null backend has no use for it offers CALL, or all where CALL is "any". They give
something of the right form; where WHAT is "repeats", they refuse with their arguments."""

import os
import signal
import struct
import sys
import time

sys.path.insert(0, "peers/python")
import groupbench_child as gb  # noqa: E402
from null_child import Null  # noqa: E402

STDOUT = os.dup(1)
HEAD = 25  # bytes of an answer in front of its results, without counts and error


def dies(server, question):
    print("bad_child: out of cheese", file=sys.stderr, flush=True)
    os._exit(3)


def is_killed(server, question):
    os.kill(os.getpid(), signal.SIGTERM)


def hangs(server, question):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


def leaves_another(server, question):
    """Dies, but what it has started goes on and holds the pipes."""
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(4)


def lies(server, question):
    return server.honest(question)[:HEAD] + struct.pack("<I", 0)


def talks(server, question):
    os.write(STDOUT, b"row null,rekey\nsample 0\n")
    return server.honest(question)


def babbles(server, question):
    return os.urandom(200)


def answers_another(server, question):
    serial = struct.unpack_from("<I", question)[0]
    return struct.pack("<I", serial + 1) + server.honest(question)[4:]


def answers_twice(server, question):
    os.write(STDOUT, gb.frame(server.honest(question)))
    return server.honest(question)


def cuts(server, question):
    return server.honest(question)[:-1]


def adds(server, question):
    return server.honest(question) + b"\0"


def is_overlong(server, question):
    os.write(STDOUT, gb.MARK + struct.pack("<I", 0xffffffff))
    time.sleep(3600)


def stops_halfway(server, question):
    os.write(STDOUT, gb.MARK + struct.pack("<I", gb.MAX_BYTES) + b"abc")
    os._exit(5)


def sends_too_much(server, question):
    sent = [gb.Message(gb.COMMIT, gb.TO_GROUP, 0, bytes(100 << 20))]
    return server.honest(question)[:HEAD] + gb.messages(sent)


def forges(server, question):
    sent = [gb.Message(gb.COMMIT, gb.TO_GROUP, 1, bytes(40))]
    return server.honest(question)[:HEAD] + gb.messages(sent)


def invents(server, question):
    sent = [gb.Message(200, gb.TO_GROUP, 0, bytes(40))]
    return server.honest(question)[:HEAD] + gb.messages(sent)


def has_more_raw_than_bytes(server, question):
    sent = [gb.Message(gb.COMMIT, gb.TO_GROUP, 0, bytes(40), raw=41)]
    return server.honest(question)[:HEAD] + gb.messages(sent)


def speaks_another(server, question):
    gb.PROTOCOL += 1
    return server.honest(question)


def is_old(server, question):
    """As children of version 1 said hello."""
    return server.honest(question)[:HEAD] + struct.pack("<IIIIQB", 1, 2, 1, 1000, 0x7fff0, 0) + (
        gb.text("bad") + gb.text("null 1") + b"\0")


def offers_what_is_no_call(server, question):
    answer = server.honest(question)
    last = HEAD + 4 * 4 + 15  # byte of the calls
    return answer[:last] + b"\x80" + answer[last + 1:]


def has_another_interface(server, question):
    gb.ABI += 1
    return server.honest(question)


def lacks_a_call(server, question):
    delattr(Null, "join")
    return server.honest(question)


def takes_a_name(server, question):
    server.backend.NAME = "null"
    return server.honest(question)


def raises(server, question):
    server.backend.rekey = lambda world, device: 1 // 0
    return server.honest(question)


def counts_down(server, question):
    server.counted = getattr(server, "counted", 3) - 1
    answer = server.honest(question)
    return answer[:HEAD - 3] + struct.pack("<BQ", 1, server.counted) + answer[HEAD - 2:]


def misspells(server, question):
    """Its version is half of a surrogate pair, which is no UTF-8."""
    return server.honest(question).replace(gb.text(server.backend.VERSION), b"\x03\0\xed\xa0\x80")


def rambles(server, question):
    def rekey(world, device):
        raise gb.Rejected("\0\ud800" + 400 * "\u00e4")
    server.backend.rekey = rekey
    return server.honest(question)


def counts_too_far(server, question):
    """At device 0 the largest number there is, at device 1 the next."""
    device = struct.unpack_from("<I", question, 9)[0]
    most = 1 if CALL == "withheld" else 0xffffffff
    return server.honest(question)[:HEAD] + gb.number(most + device)


OPTIONAL = ("first_index advance want give take keys_reused set_psk commit_psk commit_resumption "
            "reinit succeed fetched_raw withhold withheld enrol reach reached").split()


def spelled(argument):
    if isinstance(argument, gb.Message):
        return f"{argument.body.decode()}/{argument.raw}"
    return str(argument)


def something(name):
    def method(self, world, *arguments):
        if WHAT == "repeats":
            flat = [a for b in arguments for a in (b if isinstance(b, list) else [b])]
            raise gb.Rejected(" ".join(map(spelled, flat)))
        sent = [gb.Message(gb.COMMIT, gb.TO_GROUP, 0, bytes(40), raw=40)]
        return {gb.messages: sent, gb.number: 1}.get(gb.TAKES[name][1])
    return method


class Server(gb.Server):
    def honest(self, question):
        return super().answer(question)

    def answer(self, question):
        name = gb.CALLS[question[4]]
        return globals()[WHAT](self, question) if name == CALL else self.honest(question)


if __name__ == "__main__":
    WHAT, CALL = (sys.argv[1:] + ["rekey"])[:2]
    backend = Null()
    backend.NAME = "bad"
    for name in OPTIONAL:
        if CALL in (name, "any"):
            setattr(Null, name, something(name))
    gb.serve(backend, Server)
