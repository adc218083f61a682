import { expect, it } from 'vitest';
import { readPhoneText } from '#tacet/phone/read.js';
import { Random } from '#tacet/sample/random.js';
import { decodeRequest } from '#tacet/wire/request.js';
import { RequestBatch } from '#tacet/wire/request-batch.js';
import {
  askedOf,
  codeOf,
  day,
  decodeWithProtobufjs,
  delimited,
  key,
  littleEndian,
  tag,
  varint,
} from './messages.ts';
import { readByReference } from './reference.ts';

const MESSAGES = 200_000;
const SEED = 20_261_122;
const NUMBERS_MAX = 5;
const READING = { belgian: true, optionsAllowed: true, numbersMax: NUMBERS_MAX };

const TEXTS = [
  '0475/12.34.56',
  '+32 2 123 45 67',
  '',
  '0049 30 123456',
  '\u0660\u0664',
  '\u00a00',
  'x',
];

/** One field in one of its legal forms. */
function randomField(random: Random, texts: boolean): number[] {
  const some = Array.from({ length: random.below(4) });
  const randomKey = () =>
    key(random.chance(0.5) ? 32_475_000_000 + random.below(9) : random.next());
  const bytesMin = random.chance(0.1) ? random.between(1, 10) : 1;
  switch (random.below(8)) {
    case 0:
      return delimited(1, delimited(3, Buffer.from('job')));
    case 1:
      return delimited(
        4,
        some.flatMap(() => day(random.next())),
      );
    case 2:
      return [...tag(4, 5, bytesMin), ...day(random.next())];
    case 3:
      return [...tag(random.between(5, 40), 0, bytesMin), ...varint(random.next(), bytesMin)];
    case 4:
      return [...tag(9, 3), ...delimited(2, some.flatMap(randomKey)), ...tag(9, 4, bytesMin)];
    default:
      if (texts) return some.flatMap(() => delimited(3, Buffer.from(random.pick(TEXTS))));
      if (random.chance(0.3)) return [...tag(2, 1, bytesMin), ...randomKey()];
      return [
        ...tag(2, 2, bytesMin),
        ...varint(some.length * 8, bytesMin),
        ...some.flatMap(randomKey),
      ];
  }
}

function randomMessage(random: Random): number[] {
  const texts = random.chance(0.5);
  const message = Array.from({ length: random.between(1, 5) }, () =>
    randomField(random, texts),
  ).flat();
  for (let mutations = random.pick([0, 0, 1, 1, 2, 3]); mutations > 0; mutations--) {
    mutate(random, message);
  }
  return message;
}

function mutate(random: Random, message: number[]): void {
  const at = random.below(message.length + 1);
  const length = random.below(5);
  switch (random.below(6)) {
    case 0:
      message[at % (message.length + 1)] = (message[at] ?? 0) ^ (1 << random.below(8));
      break;
    case 1:
      message[at] = random.pick([
        0x00,
        0x01,
        0x7f,
        0x80,
        0xff,
        0x0a,
        0x12,
        0x1a,
        0x22,
        random.below(256),
      ]);
      break;
    case 2:
      message.splice(at, length);
      break;
    case 3:
      message.splice(at, 0, ...littleEndian(random.next(), length));
      break;
    case 4:
      message.splice(at, 0, ...message.slice(random.below(message.length + 1)).slice(0, 12));
      break;
    default:
      message.length = at;
  }
}

/** The keys, or the code of the refusal, of a message that lies in poisoned memory. */
function decodeAmong(
  message: readonly number[],
  memory: Uint8Array,
  start: number,
  inPlace: boolean,
): unknown {
  const batch = new RequestBatch(NUMBERS_MAX);
  const range = { start, end: start + message.length };
  memory.set(message, start);
  const code = codeOf(() => decodeRequest(memory, range, batch, { ...READING, inPlace }));
  return code === 'none' ? askedOf(batch, memory) : code;
}

const keyOf = (written: string): bigint => BigInt(Math.max(readPhoneText(written, true), 0));

it(`reads ${MESSAGES} mutated messages (seed ${SEED}) as the oracles do, or refuses them`, () => {
  const random = new Random(SEED, 0);
  const traceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const seen = {
    read: 0,
    withNumbers: 0,
    byProtobufjs: 0,
    ERR_WIRE: 0,
    ERR_REQUEST: 0,
    ERR_LIMIT: 0,
  };
  // What lies around a message would go on with a varint, begin a field, or be a digit.
  const poisons = [0x80, 0x1a, 0x30];
  const memories = poisons.map((_, i) =>
    i === 1 ? new Uint8Array(new SharedArrayBuffer(2048)) : new Uint8Array(2048),
  );
  for (let i = 0; i < MESSAGES; i++) {
    const message = randomMessage(random);
    const hex = (): string => `message ${i}: ${Buffer.from(message).toString('hex')}`;
    const start = random.below(64);
    const [first, ...others] = memories.map((memory, place) => {
      memory.fill(poisons[place] ?? 0, 0, start + message.length + 64);
      return decodeAmong(message, memory, start, place === 2);
    });
    // Structural equality spelt out: expect() a million times takes minutes.
    const same = (a: unknown, b: unknown): boolean => show(a) === show(b);
    if (!others.every((other) => same(other, first))) expect(others, hex()).toEqual([first, first]);
    const reference = readByReference(Uint8Array.from(message), { numbersMax: NUMBERS_MAX });
    if (typeof first === 'string') {
      if (first !== 'ERR_WIRE' && first !== 'ERR_REQUEST' && first !== 'ERR_LIMIT') {
        expect.fail(`${hex()} failed with ${first}`);
      }
      if (reference !== 'refused') expect.fail(`${hex()} is legal, but ${first}`);
      seen[first]++;
      continue;
    }
    if (reference === 'refused') expect.fail(`${hex()} is to be refused`);
    const texts = reference.texts.map((bytes) => keyOf(Buffer.from(bytes).toString()));
    const expected = { keys: [...reference.keys, ...texts], optIns: reference.optIns };
    if (!same(first, expected)) expect(first, hex()).toEqual(expected);
    seen.read++;
    if (expected.keys.length > 0) seen.withNumbers++;
    if (reference.varintBytes > 5) continue;
    const oracle = protobufjsOf(message);
    if (oracle === undefined) continue;
    const theirs = { keys: [...oracle.keys, ...oracle.texts.map(keyOf)], optIns: oracle.optIns };
    if (!same(first, theirs)) expect(first, hex()).toEqual(theirs);
    seen.byProtobufjs++;
  }
  Error.stackTraceLimit = traceLimit;
  // The fuzz reaches what it is for.
  expect(seen.withNumbers).toBeGreaterThan(MESSAGES / 10);
  expect(seen.byProtobufjs).toBeGreaterThan(seen.read * 0.9);
  for (const code of ['ERR_WIRE', 'ERR_REQUEST', 'ERR_LIMIT'] as const) {
    expect(seen[code], code).toBeGreaterThan(100);
  }
}, 300_000);

/** Undefined where protobufjs cannot read the options inside, which are none of this decoder's. */
function protobufjsOf(message: readonly number[]) {
  try {
    return decodeWithProtobufjs(Uint8Array.from(message));
  } catch {
    return undefined;
  }
}

function show(asked: unknown): string {
  return JSON.stringify(asked, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}
