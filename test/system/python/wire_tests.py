"""The wire forms of requests that are legal but odd, and bytes that are no request at all."""

import struct

import grpc
from service_fixture import (
    BLOCKED, CALLABLE, CALLABLE_OPT_IN, FOREIGN, FREE, LISTED, LISTED_TOO, NOT_COVERED, SERVICE,
    UNREADABLE, ServiceTestCase, field, raw, varint)

from tacet.v1 import dedupe_pb2 as pb


def packed(numbers):
    return field(2, struct.pack(f"<{len(numbers)}Q", *numbers))


def unpacked(numbers):
    return b"".join(b"\x11" + struct.pack("<Q", number) for number in numbers)


class WireForms(ServiceTestCase):
    NUMBERS = [LISTED, FREE, FOREIGN, 7, LISTED_TOO, 0, 2**64 - 1, LISTED]
    VERDICTS = [BLOCKED, CALLABLE, NOT_COVERED, UNREADABLE,
                BLOCKED, UNREADABLE, UNREADABLE, BLOCKED]

    def verdicts(self, request):
        """As BatchCheck and as Dedupe give them; both must agree."""
        batch = raw(self.channel, f"/{SERVICE}/BatchCheck")(request)
        stream = raw(self.channel, f"/{SERVICE}/Dedupe", "stream_stream")
        first, last = stream(iter([request]), timeout=20)
        by_batch = list(pb.BatchCheckResponse.FromString(batch).verdicts)
        self.assertEqual(by_batch, list(pb.DedupeResponse.FromString(first).verdicts))
        self.assertEqual(pb.DedupeResponse.FromString(last).summary.numbers, len(by_batch))
        return by_batch

    def test_all_legal_forms_of_the_numbers_give_the_same_verdicts(self):
        all_, some, rest = self.NUMBERS, self.NUMBERS[:3], self.NUMBERS[3:]
        options = field(1, field(3, b"job"))
        unknown = field(100, b"\x12\x08junk...") + varint(101 << 3) + b"\x05" \
            + varint(102 << 3 | 1) + b"12345678" + varint(103 << 3 | 5) + b"1234"
        for name, request in {
            "packed": packed(all_),
            "unpacked": unpacked(all_),
            "split in two": packed(some) + packed(rest),
            "one field a number": b"".join(packed([number]) for number in all_),
            "packed then unpacked": packed(some) + unpacked(rest),
            "empty chunks": packed([]) + packed(all_) + packed([]),
            "unknown fields between": unknown + packed(some) + unknown + packed(rest) + unknown,
            "options behind": packed(all_) + options,
            "options between": packed(some) + options + packed(rest),
            "a tag and a length longer than need be": b"\x92\x00\xc0\x80\x00" + packed(all_)[2:],
        }.items():
            with self.subTest(name):
                self.assertEqual(self.verdicts(request), self.VERDICTS)

    def test_legal_forms_of_the_opt_ins_give_the_same_verdicts(self):
        day = struct.pack("<I", 18_306)
        for name, opt_ins in {
            "packed": field(4, day * 3),
            "unpacked": (b"\x25" + day) * 3,
            "split": field(4, day) + b"\x25" + day + field(4, day),
        }.items():
            for order in (lambda a, b: a + b, lambda a, b: b + a):
                with self.subTest(name):
                    request = order(packed([LISTED, LISTED_TOO, FREE]), opt_ins)
                    self.assertEqual(self.verdicts(request), [CALLABLE_OPT_IN, BLOCKED, CALLABLE])

    def test_text_that_is_no_utf8_is_unreadable(self):
        texts = [b"0475123456", b"\xff\xfe", b"", b"0475\xc3"]
        request = b"".join(field(3, text) for text in texts)
        self.assertEqual(self.verdicts(request), [BLOCKED, UNREADABLE, UNREADABLE, UNREADABLE])

    def test_bytes_that_are_not_the_message_are_refused(self):
        refused = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL)
        unary = raw(self.channel, f"/{SERVICE}/BatchCheck")
        stream = raw(self.channel, f"/{SERVICE}/Dedupe", "stream_stream")
        for name, request in {
            "no tag": b"\xff" * 20,
            "field number 0": b"\x02\x01a",
            "a cut length": b"\x12",
            "a cut packed field": packed(self.NUMBERS)[:-1],
            "seven bytes of a number": b"\x12\x07" + b"1234567",
            "a cut unpacked number": unpacked([LISTED])[:-1],
            "a length beyond the message": packed([LISTED]) + b"\x1a\x7fabc",
            "a length of 2^63": b"\x12" + b"\xff" * 8 + b"\x7f",
            "wire type 7": b"\x17\x00",
            "three bytes of an opt-in": packed([LISTED]) + b"\x22\x03123",
        }.items():
            with self.subTest(name):
                self.assert_status(refused, lambda: unary(request))
                self.assert_status(refused, lambda: list(stream(iter([request]), timeout=20)))

    def test_text_that_ends_before_its_length_is_refused(self):
        refused = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL)
        check = raw(self.channel, f"/{SERVICE}/Check")
        batch = raw(self.channel, f"/{SERVICE}/BatchCheck")
        # +32 475 12 34 56 with its last digit cut off is another number, not that one.
        self.assert_status(refused, lambda: check(b"\x0a\x0c+3247512345"))
        self.assert_status(refused, lambda: batch(b"\x0a\x03\x1a\x09a" + packed([LISTED])))
