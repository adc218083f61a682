import { open } from 'node:fs/promises';
import { encodeBatch } from '#tacet/client/batch.js';
import { samplePhoneTexts } from '#tacet/sample/phones.js';
import { truePhoneDigits, trueVerdictOfUnlisted } from '#tacet/sample/truth.js';
import { VERDICT_BLOCKED, VERDICT_NAMES } from '#tacet/verdict/verdict.js';
import {
  closeRegisteredDays,
  columnPlace,
  responseBytesMax,
  writeVerdictsHead,
} from '#tacet/wire/response.js';
import { dedupeService } from '#tacet/wire/service.js';
import type { Queries } from './list-data.ts';

/** A request and the answer it must get. */
export interface Exchange {
  readonly numbers: number;
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
}

/** Writes what load.h reads; returns how many exchanges there are. */
export async function writeExchanges(path: string, exchanges: Iterable<Exchange>): Promise<number> {
  const file = await open(path, 'w');
  let count = 0;
  try {
    for (const { numbers, request, answer } of exchanges) {
      const head = Uint32Array.of(numbers, request.length, answer.length);
      await file.writev([new Uint8Array(head.buffer), request, answer]);
      count++;
    }
  } finally {
    await file.close();
  }
  return count;
}

/** Messages of `batch` numbers of a Dedupe stream, the last ones left out where they do not fit. */
export function* numberExchanges(
  { keys, verdicts, days }: Queries,
  { batch, dates, most }: { batch: number; dates: boolean; most?: number },
): Generator<Exchange> {
  const end = Math.min(keys.length, (most ?? Number.POSITIVE_INFINITY) * batch);
  for (let from = 0; from + batch <= end; from += batch) {
    const part = verdicts.subarray(from, from + batch);
    const listed: number[] = [];
    if (dates) {
      for (let i = 0; i < batch; i++) if (part[i] === VERDICT_BLOCKED) listed.push(days[from + i]!);
    }
    const { request } = encodeBatch({ keys: keys.subarray(from, from + batch) });
    yield { numbers: batch, request, answer: answerOf(part, Uint32Array.from(listed)) };
  }
}

/** Messages of `batch` numbers as people write them. */
export function* textExchanges(
  listed: ReadonlySet<number>,
  { batch, count }: { batch: number; count: number },
): Generator<Exchange> {
  const texts = samplePhoneTexts({ seed: 3, count, listed: Float64Array.from(listed) });
  for (let from = 0; from + batch <= texts.length; from += batch) {
    const part = texts.slice(from, from + batch);
    const verdicts = Uint8Array.from(part, (text) => {
      const digits = truePhoneDigits(text);
      if (digits !== undefined && listed.has(Number(digits))) return VERDICT_BLOCKED;
      return VERDICT_NAMES.indexOf(trueVerdictOfUnlisted(digits));
    });
    const { request } = encodeBatch({ phoneNumbers: part });
    yield { numbers: batch, request, answer: answerOf(verdicts, new Uint32Array()) };
  }
}

function answerOf(verdicts: Uint8Array, days: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(responseBytesMax(verdicts.length));
  const at = writeVerdictsHead(bytes, 0, verdicts.length);
  bytes.set(verdicts, at);
  const end = at + verdicts.length;
  const place = columnPlace(end);
  new Uint32Array(bytes.buffer, place, days.length).set(days);
  return bytes.subarray(0, closeRegisteredDays(bytes, end, place, days.length));
}

/** `Check` calls; the answers are what a response must begin with: verdict and E.164. */
export function* checkExchanges({ keys, verdicts }: Queries, count: number): Generator<Exchange> {
  for (let i = 0; i < Math.min(count, keys.length); i++) {
    const e164 = `+${keys[i]}`;
    const request = dedupeService.Check.requestSerialize({
      phoneNumber: e164,
      optInDate: '',
      region: '',
      advertiser: '',
    });
    const head = Buffer.from([1 << 3, verdicts[i]!, (2 << 3) | 2, e164.length]);
    yield { numbers: 1, request, answer: Buffer.concat([head, Buffer.from(e164)]) };
  }
}

/** The forms of a look-up in Redis; `bits` knows no day and holds no foreign number. */
export const REDIS_FORMS = ['HMGET', 'SMISMEMBER', 'BITFIELD_RO'] as const;
export type RedisForm = (typeof REDIS_FORMS)[number];

/** Commands of `batch` numbers, and the replies of a Redis that was loaded with the same list. */
export function* redisExchanges(
  { keys, verdicts, days }: Queries,
  { form, batch }: { form: RedisForm; batch: number },
): Generator<Exchange> {
  for (let from = 0; from + batch <= keys.length; from += batch) {
    const words: string[] = [form, form.toLowerCase()];
    let reply = `*${batch}\r\n`;
    for (let i = from; i < from + batch; i++) {
      const listed = verdicts[i] === VERDICT_BLOCKED;
      if (form === 'BITFIELD_RO') words.push('GET', 'u1', String(bitOf(keys[i]!)));
      else words.push(String(keys[i]));
      const day = String(days[i]);
      if (form !== 'HMGET') reply += listed ? ':1\r\n' : ':0\r\n';
      else reply += listed ? `$${day.length}\r\n${day}\r\n` : '$-1\r\n';
    }
    yield { numbers: batch, request: resp(words), answer: Buffer.from(reply) };
  }
}

/** Commands that load a list into all three forms, 1,000 numbers each. */
export function* redisLoading(numbers: BigUint64Array, days: Uint16Array): Generator<Exchange> {
  for (let from = 0; from < numbers.length; from += 1000) {
    const part = numbers.subarray(from, from + 1000);
    const words = Array.from(part, String);
    const hash = words.flatMap((word, index) => [word, String(days[from + index])]);
    yield load(['HSET', 'hmget', ...hash], part.length, `:${part.length}\r\n`);
    yield load(['SADD', 'smismember', ...words], part.length, `:${part.length}\r\n`);
    const bits = Array.from(part, (key) => ['SET', 'u1', String(bitOf(key)), '1']).flat();
    const zeros = ':0\r\n'.repeat(part.length);
    yield load(['BITFIELD', 'bitfield_ro', ...bits], part.length, `*${part.length}\r\n${zeros}`);
  }
}

function load(words: readonly string[], numbers: number, reply: string): Exchange {
  return { numbers, request: resp(words), answer: Buffer.from(reply) };
}

/** The national significant number: below 500,000,000, so that all fit a string of 62.5 MB. */
function bitOf(key: bigint): bigint {
  return key < 32_000_000_000n ? key - 3_200_000_000n : key - 32_000_000_000n;
}

function resp(words: readonly string[]): Buffer {
  return Buffer.from(
    `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
  );
}
