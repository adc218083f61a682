"""Streams numbers through the sample client and holds each verdict against a Python dict.

    stream_against_set.py ADDRESS LIST.txt NUMBERS SEED

Numbers are drawn from three kinds whose verdict is plain: on the list (looked up in the dict),
Belgian mobile and fixed ones of ranges that the plan covers, and foreign ones. Three parts of the
stream go as integers, as text, and as integers with opt-ins.
"""

import datetime
import random
import sys
import time

import grpc

import dedupe_client
from tacet.v1 import dedupe_pb2 as pb
from tacet.v1 import dedupe_pb2_grpc

EPOCH = datetime.date(1970, 1, 1)
BATCH = dedupe_client.BATCH
# First and last number of each range; Belgian: mobile, Brussels, Charleroi.
BELGIAN = [(32_450_000_000, 32_499_999_999), (3_222_000_000, 3_228_999_999),
           (3_271_000_000, 3_271_999_999)]
# Paris, Amsterdam, Berlin, London.
FOREIGN = [(33_140_000_000, 33_149_999_999), (31_202_000_000, 31_209_999_999),
           (493_020_000_000, 493_099_999_999), (442_070_000_000, 442_089_999_999)]


def read_list(path):
    """E.164 number -> day of its registration, from lines such as 0475123456;31/01/2020."""
    days = {}
    listed = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            number, date = line.rstrip("\r\n").split(";")
            if date not in days:
                day, month, year = map(int, date.split("/"))
                days[date] = (datetime.date(year, month, day) - EPOCH).days
            listed[int("32" + number[1:])] = days[date]
    return listed


def draw(rng, listed, keys):
    """BATCH numbers: about a fifth on the list, a fifth foreign, the rest Belgian."""
    share = BATCH // 5
    numbers = rng.choices(keys, k=share)
    for ranges, count in ((FOREIGN, share), (BELGIAN, BATCH - 2 * share)):
        first, last = rng.choice(ranges)
        span = last - first + 1
        numbers += [first + int(rng.random() * span) for _ in range(count)]
    rng.shuffle(numbers)
    return numbers


def written(number, index):
    """The same number as people write it; only Belgian ones have a national writing."""
    digits = str(number)
    if digits.startswith("32") and index % 3 == 1:
        return f"0{digits[2:5]}/{digits[5:7]}.{digits[7:]}"
    return f"00{digits}" if index % 3 == 2 else f"+{digits[:2]} {digits[2:]}"


def expected(number, listed, opt_in, today):
    """The rules, the obvious way."""
    registered = listed.get(number)
    if registered is None:
        return pb.VERDICT_CALLABLE if str(number).startswith("32") else pb.VERDICT_NOT_COVERED
    if registered < opt_in <= today:
        return pb.VERDICT_CALLABLE_OPT_IN
    return pb.VERDICT_BLOCKED


def main():
    address, list_path, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    listed = read_list(list_path)
    keys = list(listed)
    today = (datetime.date.today() - EPOCH).days
    # Opt-ins of any age, none of them of today or tomorrow: clocks may disagree on those.
    opt_in_days = [0] * 4 + list(range(13_000, today - 1)) + [today + 30] * 50
    asked = {}

    def requests():
        for index in range(-(-count // BATCH)):
            numbers = draw(rng, listed, keys)
            opt_ins = rng.choices(opt_in_days, k=BATCH) if index % 10 == 9 else [0] * BATCH
            if index % 10 == 9:
                request = pb.DedupeRequest(numbers=numbers, opt_in_epoch_days=opt_ins)
            elif index % 10 == 8:
                texts = [written(number, at) for at, number in enumerate(numbers)]
                request = pb.DedupeRequest(phone_numbers=texts)
            else:
                request = pb.DedupeRequest(numbers=numbers)
            asked[id(request)] = numbers, opt_ins
            yield request

    wrong = 0
    answered = 0
    summary = None
    started = time.monotonic()
    with grpc.insecure_channel(address) as channel:
        stub = dedupe_pb2_grpc.DedupeServiceStub(channel)
        options = pb.DedupeOptions(job_id="stream-against-set", advertiser="Example nv")
        for request, verdicts in dedupe_client.dedupe(stub, requests(), options):
            if request is None:
                summary = verdicts
                continue
            numbers, opt_ins = asked.pop(id(request), ([], []))
            answered += len(verdicts)
            wrong += sum(
                verdict != expected(number, listed, opt_in, today)
                for number, opt_in, verdict in zip(numbers, opt_ins, verdicts)
            )
        seconds = time.monotonic() - started
        print(f"seed {seed}: {answered} numbers drawn, asked and compared in {seconds:.1f} s")
        again = [pb.DedupeRequest(numbers=draw(rng, listed, keys)) for _ in range(100)] * 6
        started = time.monotonic()
        asked_again = sum(len(verdicts) for request, verdicts in dedupe_client.dedupe(stub, again)
                          if request is not None)
        rate = asked_again / (time.monotonic() - started)
        print(f"the client alone: {asked_again} numbers, {rate:.0f} a second")
    print(f"wrong {wrong}, summary {summary.numbers}, callable {summary.callable}, blocked "
          f"{summary.blocked}, opt-in {summary.callable_opt_in}, not covered {summary.not_covered}")
    whole = answered >= count and summary.numbers == answered and not asked
    kinds = summary.callable and summary.blocked and summary.callable_opt_in and summary.not_covered
    echoed = summary.job_id == "stream-against-set" and summary.advertiser == "Example nv"
    if wrong or not whole or not kinds or not echoed or summary.unreadable:
        sys.exit("the verdicts are not those of the dict")


if __name__ == "__main__":
    main()
