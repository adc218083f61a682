"""What the tests of the gRPC service share: servers, raw calls, the bytes of protobuf."""

import contextlib
import os
import re
import shlex
import subprocess
import unittest

import grpc

from tacet.v1 import dedupe_pb2_grpc

CALLABLE, BLOCKED, CALLABLE_OPT_IN, NOT_COVERED, UNREADABLE = 1, 2, 3, 4, 5
LISTED, LISTED_TOO, FREE, FOREIGN = 32_475_123_456, 32_475_123_457, 32_475_999_999, 33_140_000_000
SERVICE = "tacet.v1.DedupeService"


@contextlib.contextmanager
def serving(*flags):
    """A server of its own; gives its address and process, ends it if it still runs."""
    command = shlex.split(os.environ["SERVE"]) + [
        "--list", os.environ["LIST"], "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", *flags]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in process.stdout:
            if match := re.match(r"gRPC +(\S+)", line):
                yield match[1], process
                return
        raise AssertionError("the server ended before it served")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, body):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def fields(message):
    """(number, value) of each field of a message; only varints and length-delimited ones."""
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag, value = read(), read()
        if tag & 7 == 2:
            at, value = at + value, message[at:at + value]
        yield tag >> 3, value


def raw(channel, method, kind="unary_unary"):
    """A method that takes and gives bytes as they are on the wire."""
    same = lambda data: data
    return getattr(channel, kind)(method, request_serializer=same, response_deserializer=same)


class ServiceTestCase(unittest.TestCase):
    flags = ()

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.address, cls.process = stack.enter_context(serving(*cls.flags))
        cls.channel = stack.enter_context(grpc.insecure_channel(cls.address))
        cls.stub = dedupe_pb2_grpc.DedupeServiceStub(cls.channel)

    def assert_status(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertIn(caught.exception.code(), code if isinstance(code, tuple) else (code,))
        for secret in ("475", " /", ".js", "    at "):
            self.assertNotIn(secret, caught.exception.details())

    def dedupe(self, *requests):
        return list(self.stub.Dedupe(iter(requests), timeout=20))
