#!/usr/bin/env python3
"""The null backend as a process of its own, to copy from. It protects nothing and does nothing
but send: its group is one number, which every commit replaces. See bench/backends/null.c.

    groupbench run SCENARIO --plugin 'python3 peers/python/null_child.py' --backend null_python
"""

import copy
import struct

import groupbench_child as gb

BODY_BYTES = 32


class Device:
    def __init__(self, is_member=False, group=0):
        self.is_member, self.group = is_member, group
        self.pending = 0  # of a commit that has not come back


class World:
    def __init__(self, seed):
        self.counter = seed  # makes every commit and message different
        self.devices, self.saved = {}, {}


def body_of(number):
    return struct.pack("<Q", number & (2**64 - 1)).ljust(BODY_BYTES, b"\0")


def number_in(body):
    return struct.unpack_from("<Q", body)[0]


class Null:
    NAME, VERSION, FEATURES, MAX_SIZE = "null_python", "null in Python 1", gb.SETTLES, 10000000

    def axis(self, name, value):
        return gb.NOT_APPLICABLE, ""

    def open(self, seed, capacity, axes):
        return World(seed)

    def publish_many(self, world, first, n):
        return [gb.Message(gb.KEY_MATERIAL, gb.TO_SERVER, device, body_of(device))
                for device in range(first, first + n)]

    def publish(self, world, device):
        world.devices.setdefault(device, Device())
        return self.publish_many(world, device, 1)

    def materialise(self, world, device):
        world.devices[device] = Device()

    def shape(self, world, size, joiners, without_group, live, actors):
        for device in live:
            world.devices[device] = Device(device < size and not without_group, 1)

    def add(self, world, device, joining):
        sent = self.rekey(world, device)
        to = [other for other, _ in joining]
        if to:
            sent.append(gb.Message(gb.WELCOME, gb.TO_DEVICES, device, sent[0].body, to))
        return sent

    create = add

    def remove(self, world, device, leaving):
        return self.rekey(world, device)

    def rekey(self, world, device):
        world.counter += 1
        self.device(world, device).pending = world.counter
        return [gb.Message(gb.COMMIT, gb.TO_GROUP, device, body_of(world.counter))]

    def send(self, world, device, plaintext):
        self.member(world, device)
        world.counter += 1
        body = body_of(world.counter) + plaintext
        return [gb.Message(gb.APPLICATION, gb.TO_GROUP, device, body)]

    def process(self, world, device, message):
        known = self.device(world, device)
        if len(message.body) != BODY_BYTES or not (known.is_member or known.pending):
            raise gb.Rejected("not a commit for this device")
        world.devices[device] = Device(True, number_in(message.body))

    def join(self, world, device, messages):
        if len(messages) != 1 or len(messages[0].body) != BODY_BYTES:
            raise gb.Rejected("not a Welcome")
        world.devices[device] = Device(True, number_in(messages[0].body))

    def receive(self, world, device, message):
        self.member(world, device)
        return message.body[BODY_BYTES:]

    def digest(self, world, device, sender):
        return body_of(self.member(world, device).group)

    def checkpoint(self, world):
        world.saved = copy.deepcopy(world.devices)

    def rollback(self, world):
        world.devices = copy.deepcopy(world.saved)

    def skip(self, world, device, n):
        """There is no ratchet: the next message is the next message."""

    @staticmethod
    def device(world, device):
        if device not in world.devices:
            raise gb.Rejected("not live")
        return world.devices[device]

    @staticmethod
    def member(world, device):
        if not Null.device(world, device).is_member:
            raise gb.Rejected("not a member")
        return world.devices[device]


if __name__ == "__main__":
    gb.serve(Null())
