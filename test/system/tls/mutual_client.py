"""A client over TLS that shows a certificate, or a token: prints the verdict of one number.

    python3 mutual_client.py localhost:50051 ca.crt [client.crt client.key]
"""

import pathlib
import sys

import grpc

from tacet.v1 import dedupe_pb2 as pb
from tacet.v1 import dedupe_pb2_grpc


def main():
    address, ca, *own = sys.argv[1:]
    certificate, key = (pathlib.Path(path).read_bytes() for path in own) if own else (None, None)
    credentials = grpc.ssl_channel_credentials(
        pathlib.Path(ca).read_bytes(), private_key=key, certificate_chain=certificate
    )
    with grpc.secure_channel(address, credentials) as channel:
        stub = dedupe_pb2_grpc.DedupeServiceStub(channel)
        try:
            answer = stub.Check(pb.CheckRequest(phone_number="0475 12 34 56"), timeout=10)
            print(pb.Verdict.Name(answer.verdict))
            requests = (pb.DedupeRequest(numbers=[32475123456] * 1000) for _ in range(100))
            *_, last = stub.Dedupe(requests, timeout=30)
            print(last.summary.blocked)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
