"""A whole client of Tacet in Python, to copy from: phone numbers in, one verdict a line out.

    python3 -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. tacet/v1/dedupe.proto
    python3 dedupe_client.py 127.0.0.1:50051 < phone-numbers.txt > verdicts.tsv
"""

import collections
import itertools
import queue
import sys

import grpc

from tacet.v1 import dedupe_pb2 as pb
from tacet.v1 import dedupe_pb2_grpc

# 8 to 32 thousand numbers a message is the fastest: 64 to 256 KiB of integers.
BATCH = 8192
# Batches sent and not yet answered; what a client holds in memory.
IN_FLIGHT = 16


def dedupe(stub, requests, options=None):
    """Streams DedupeRequests without options; yields (request, verdicts) for each, in order.

    Verdicts are numbers of pb.Verdict, one per number of the request. The last value yielded is
    (None, summary). Raises grpc.RpcError, or ValueError where the answers do not reconcile: then
    none of them may be used.
    """
    unanswered = queue.Queue(maxsize=IN_FLIGHT)

    def sent():
        # Each request gets exactly one response: this one a response without verdicts.
        head = pb.DedupeRequest(options=options or pb.DedupeOptions())
        for request in itertools.chain([head], requests):
            unanswered.put(request)
            yield request

    counts = collections.Counter()
    summary = None
    for response in stub.Dedupe(sent()):
        if response.lists and not applies(response, options):
            raise ValueError("the server did not apply the purpose or channel asked for")
        if response.HasField("summary"):
            summary = response.summary
            continue
        request = unanswered.get_nowait()
        if len(response.verdicts) != len(request.numbers) + len(request.phone_numbers):
            raise ValueError("a response has another number of verdicts than its request")
        counts.update(response.verdicts)
        yield request, response.verdicts
    if summary is None or not unanswered.empty() or not agrees(summary, counts):
        raise ValueError("the answers do not reconcile with the summary")
    yield None, summary


def applies(response, options):
    """Whether a response is for the purpose and channel asked for: an older server ignores them."""
    return options is None or (
        options.purpose in (pb.PURPOSE_UNSPECIFIED, response.purpose)
        and options.channel in (pb.CHANNEL_UNSPECIFIED, response.channel)
    )


def agrees(summary, counts):
    """Whether the server counted what this client received."""
    return sum(counts.values()) == summary.numbers and counts == collections.Counter(
        {
            pb.VERDICT_CALLABLE: summary.callable,
            pb.VERDICT_BLOCKED: summary.blocked,
            pb.VERDICT_CALLABLE_OPT_IN: summary.callable_opt_in,
            pb.VERDICT_NOT_COVERED: summary.not_covered,
            pb.VERDICT_UNREADABLE: summary.unreadable,
            pb.VERDICT_NOT_APPLICABLE: summary.not_applicable,
        }
    )


def batches_of(lines):
    """Requests of up to BATCH phone numbers, as people wrote them."""
    lines = (line.rstrip("\r\n") for line in lines)
    while batch := list(itertools.islice(lines, BATCH)):
        yield pb.DedupeRequest(phone_numbers=batch)


def main():
    address = sys.argv[1]
    with grpc.insecure_channel(address) as channel:
        stub = dedupe_pb2_grpc.DedupeServiceStub(channel)
        try:
            for request, verdicts in dedupe(stub, batches_of(sys.stdin)):
                if request is None:
                    counts = f"{verdicts.numbers} numbers, {verdicts.blocked} blocked"
                    print(counts, file=sys.stderr)
                    continue
                for phone_number, verdict in zip(request.phone_numbers, verdicts):
                    print(phone_number, pb.Verdict.Name(verdict), sep="\t")
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
