"""Every method and every status of Tacet's gRPC service, asked from Python.

    export LIST=list.tacet SERVE="node dist/cli/index.js serve"
    python3 -m unittest service_tests wire_tests

The list holds +32 475 12 34 56 (registered 2020-02-13), +32 475 12 34 57 (2021-03-14) and one more
number; each server is started here and listens on a free port.
"""

import signal
import threading

import grpc
from google.protobuf import descriptor_pb2
from service_fixture import (
    BLOCKED, CALLABLE, CALLABLE_OPT_IN, FOREIGN, FREE, LISTED, LISTED_TOO, NOT_COVERED, SERVICE,
    UNREADABLE, ServiceTestCase, field, fields, raw, serving)

from tacet.v1 import dedupe_pb2 as pb
from tacet.v1 import dedupe_pb2_grpc


class Methods(ServiceTestCase):
    def test_check_gives_the_verdict_of_one_number(self):
        check = lambda text, **more: self.stub.Check(pb.CheckRequest(phone_number=text, **more))
        blocked = check("0475/12.34.56")
        self.assertEqual((blocked.verdict, blocked.e164), (BLOCKED, "+32475123456"))
        self.assertEqual(blocked.registration_date, "")
        self.assertEqual([version.name for version in blocked.lists], ["dncm"])
        self.assertEqual(check("0475123456", opt_in_date="2020-02-14").verdict, CALLABLE_OPT_IN)
        self.assertEqual(check("0475123456", opt_in_date="2020-02-13").verdict, BLOCKED)
        self.assertEqual(check("0475123456", region="FR").verdict, UNREADABLE)
        self.assertEqual(check("+33 1 40 00 00 00").verdict, NOT_COVERED)
        self.assertEqual(check("hello").verdict, UNREADABLE)

    def test_batch_check_answers_integers_and_text_alike(self):
        by_number = self.stub.BatchCheck(pb.BatchCheckRequest(numbers=[LISTED, FREE, FOREIGN, 7]))
        by_text = self.stub.BatchCheck(pb.BatchCheckRequest(
            phone_numbers=["+32475123456", "0475999999", "0033 1 40 00 00 00", "7"]))
        self.assertEqual(list(by_number.verdicts), [BLOCKED, CALLABLE, NOT_COVERED, UNREADABLE])
        self.assertEqual(list(by_text.verdicts), list(by_number.verdicts))
        self.assertEqual(by_number.lists, by_text.lists)

    def test_batch_check_weighs_the_opt_ins(self):
        # 2020-02-13 is day 18305, 2021-03-14 is day 18700.
        answer = self.stub.BatchCheck(pb.BatchCheckRequest(
            numbers=[LISTED, LISTED, LISTED_TOO, LISTED],
            opt_in_epoch_days=[18306, 18305, 18306, 0]))
        self.assertEqual(list(answer.verdicts), [CALLABLE_OPT_IN, BLOCKED, BLOCKED, BLOCKED])

    def test_get_lists_names_the_list_and_the_limits(self):
        answer = self.stub.GetLists(pb.GetListsRequest())
        version, limits = answer.lists[0], answer.limits
        self.assertEqual((version.name, version.entries), ("dncm", 3))
        self.assertRegex(version.sha256, "^[0-9a-f]{64}$")
        self.assertRegex(version.source_sha256, "^[0-9a-f]{64}$")
        self.assertGreater(version.valid_until_unix, 1_700_000_000)
        self.assertEqual(limits.numbers_per_message_max, 131_072)
        self.assertEqual(limits.message_bytes_max, 2 << 20)
        self.assertFalse(limits.registration_dates)

    def test_dedupe_gives_one_response_per_request_in_order_then_the_summary(self):
        options = pb.DedupeOptions(job_id="j.1", advertiser="Café")
        first, empty, second, last = self.dedupe(
            pb.DedupeRequest(options=options, numbers=[LISTED]),
            pb.DedupeRequest(),
            pb.DedupeRequest(phone_numbers=["0475 99 99 99", "?"]))
        responses = (first, empty, second, last)
        self.assertEqual([len(r.lists) for r in responses], [1, 0, 0, 1])
        self.assertEqual([list(r.verdicts) for r in responses],
                         [[BLOCKED], [], [CALLABLE, UNREADABLE], []])
        summary = last.summary
        self.assertEqual((summary.numbers, summary.callable), (3, 1))
        self.assertEqual((summary.blocked, summary.unreadable), (1, 1))
        self.assertEqual((summary.job_id, summary.advertiser), ("j.1", "Café"))
        self.assertGreaterEqual(summary.finished_unix_ms, summary.started_unix_ms)

    def test_a_stream_without_a_request_gets_the_summary_alone(self):
        (last,) = self.dedupe()
        self.assertTrue(last.HasField("summary"))
        self.assertEqual((last.summary.numbers, len(last.lists)), (0, 1))

    def test_health_says_serving(self):
        check = raw(self.channel, "/grpc.health.v1.Health/Check")
        self.assertEqual(check(field(1, SERVICE.encode())), b"\x08\x01")
        self.assertEqual(check(b""), b"\x08\x01")
        self.assert_status(grpc.StatusCode.NOT_FOUND, lambda: check(field(1, b"other.Service")))

    def test_reflection_serves_the_file_this_client_was_built_from(self):
        for version in ("v1", "v1alpha"):
            method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
            info = raw(self.channel, method, "stream_stream")
            listed, described = info(iter([field(7, b""), field(4, SERVICE.encode())]), timeout=20)
            services = [dict(fields(value))[1] for _, value in fields(dict(fields(listed))[6])]
            self.assertIn(SERVICE.encode(), services)
            (file,) = (value for _, value in fields(dict(fields(described))[4]))
            own = descriptor_pb2.FileDescriptorProto()
            pb.DESCRIPTOR.CopyToProto(own)
            served = descriptor_pb2.FileDescriptorProto.FromString(file)
            self.assertEqual(shape_of(served), shape_of(own))


def shape_of(file):
    """Everything a client is built from: fields, values of enums, and methods."""
    return (
        file.package,
        {message.name: {f.name: (f.number, f.type, f.label) for f in message.field}
         for message in file.message_type},
        {enum.name: {value.name: value.number for value in enum.value} for enum in file.enum_type},
        {method.name: (method.client_streaming, method.server_streaming)
         for service in file.service for method in service.method},
    )


class DisclosedDates(ServiceTestCase):
    flags = ("--disclose-dates",)

    def test_registration_days_come_for_listed_numbers_alone(self):
        options = pb.DedupeOptions(registration_dates=True)
        numbers = [FREE, LISTED_TOO, FOREIGN, LISTED]
        first, _ = self.dedupe(pb.DedupeRequest(options=options, numbers=numbers))
        self.assertEqual(list(first.registered_epoch_days), [18_700, 18_305])
        answer = self.stub.BatchCheck(pb.BatchCheckRequest(options=options, numbers=[LISTED]))
        self.assertEqual(list(answer.registered_epoch_days), [18_305])
        check = self.stub.Check(pb.CheckRequest(phone_number="0475123456"))
        self.assertEqual(check.registration_date, "2020-02-13")


class Statuses(ServiceTestCase):
    def test_invalid_argument(self):
        code = grpc.StatusCode.INVALID_ARGUMENT
        batch, check, Request = self.stub.BatchCheck, self.stub.Check, pb.BatchCheckRequest
        options = pb.DedupeOptions
        for name, call in {
            "numbers in both fields": lambda: batch(Request(numbers=[1], phone_numbers=["1"])),
            "fewer opt-ins than numbers": lambda: batch(
                Request(numbers=[1, 2], opt_in_epoch_days=[1])),
            "opt-ins without numbers": lambda: batch(Request(opt_in_epoch_days=[1])),
            "unknown region": lambda: batch(Request(options=options(region="XX"), numbers=[1])),
            "unknown region of Check": lambda: check(
                pb.CheckRequest(phone_number="1", region="be")),
            "malformed date": lambda: check(
                pb.CheckRequest(phone_number="1", opt_in_date="2026-02-30")),
            "malformed job": lambda: batch(Request(options=options(job_id="a b"), numbers=[1])),
            "malformed version": lambda: batch(
                Request(options=options(list_sha256="AB"), numbers=[1])),
            "long advertiser": lambda: batch(
                Request(options=options(advertiser="a" * 257), numbers=[1])),
            "both fields in a stream": lambda: self.dedupe(
                pb.DedupeRequest(numbers=[1], phone_numbers=["1"])),
            "options after the first message": lambda: self.dedupe(
                pb.DedupeRequest(numbers=[1]), pb.DedupeRequest(options=options(job_id="late"))),
        }.items():
            with self.subTest(name):
                self.assert_status(code, call)

    def test_the_answers_before_a_bad_request_still_come(self):
        responses = self.stub.Dedupe(iter([
            pb.DedupeRequest(numbers=[LISTED]),
            pb.DedupeRequest(numbers=[1], phone_numbers=["1"])]))
        self.assertEqual(list(next(responses).verdicts), [BLOCKED])
        self.assert_status(grpc.StatusCode.INVALID_ARGUMENT, lambda: next(responses))

    def test_resource_exhausted(self):
        code = grpc.StatusCode.RESOURCE_EXHAUSTED
        many = [FREE] * 131_072
        self.assertEqual(len(self.dedupe(pb.DedupeRequest(numbers=many))[0].verdicts), 131_072)
        self.assert_status(code, lambda: self.dedupe(pb.DedupeRequest(numbers=many + [FREE])))
        batch = pb.BatchCheckRequest(numbers=many[:10_001])
        self.assert_status(code, lambda: self.stub.BatchCheck(batch))
        long = pb.DedupeRequest(phone_numbers=["0475999999" * 6] * 40_000)
        self.assert_status(code, lambda: self.dedupe(long))

    def test_failed_precondition(self):
        options = pb.DedupeOptions(list_sha256="0" * 64)
        code = grpc.StatusCode.FAILED_PRECONDITION
        request = pb.DedupeRequest(options=options, numbers=[1])
        self.assert_status(code, lambda: self.dedupe(request))
        batch = pb.BatchCheckRequest(options=options, numbers=[1])
        self.assert_status(code, lambda: self.stub.BatchCheck(batch))

    def test_permission_denied(self):
        options = pb.DedupeOptions(registration_dates=True)
        code = grpc.StatusCode.PERMISSION_DENIED
        request = pb.DedupeRequest(options=options, numbers=[1])
        self.assert_status(code, lambda: self.dedupe(request))
        batch = pb.BatchCheckRequest(options=options, numbers=[1])
        self.assert_status(code, lambda: self.stub.BatchCheck(batch))

    def test_unimplemented(self):
        gzip = grpc.Compression.Gzip
        request = pb.BatchCheckRequest(numbers=[LISTED] * 1000)
        code = grpc.StatusCode.UNIMPLEMENTED
        self.assert_status(code, lambda: self.stub.BatchCheck(request, compression=gzip))
        self.assert_status(code, lambda: list(self.stub.Dedupe(
            iter([pb.DedupeRequest(numbers=[LISTED] * 1000)]), compression=gzip)))

    def test_unavailable_behind_the_answers_owed_when_the_server_stops(self):
        with serving("--drain-timeout", "100ms") as (address, process):
            with grpc.insecure_channel(address) as channel:
                stopped = threading.Event()

                def requests():
                    yield pb.DedupeRequest(numbers=[LISTED])
                    stopped.wait(20)

                responses = dedupe_pb2_grpc.DedupeServiceStub(channel).Dedupe(requests())
                self.assertEqual(list(next(responses).verdicts), [BLOCKED])
                process.send_signal(signal.SIGTERM)
                self.assert_status(grpc.StatusCode.UNAVAILABLE, lambda: next(responses))
                stopped.set()
                self.assertEqual(process.wait(20), 0)
