import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import type { ContactBatch } from '#tacet/contacts/judge/batch.js';
import { PhoneColumnsFound } from '#tacet/contacts/judge/findings.js';
import type { Answerer, DedupeFilesOptions, DedupeFilesResult } from '#tacet/contacts/options.js';
import { readPhoneText } from '#tacet/phone/read.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import {
  REASON_FOREIGN,
  REASON_LISTED,
  REASON_NOT_IN_PLAN,
  REASON_NOT_LISTED,
  REASON_OPT_IN_LATER,
} from '#tacet/verdict/reason.js';

/** A seeded generator of whole numbers below `below`: xorshift, 32 bits. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Runs `test` with a new folder, which is removed afterwards. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tacet-csv-'));
  try {
    await test(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export interface Question {
  readonly keys: number[];
  readonly optIns: number[] | null;
}

/** Reads a request the obvious way: field 2, then field 4 if there is one, both packed. */
export function readQuestion(request: Uint8Array): Question {
  const bytes = Buffer.from(request);
  let keys: number[] | null = null;
  let optIns: number[] | null = null;
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++);
    const length = varint();
    const value = bytes.subarray(at, at + length);
    if (value.length !== length) throw new Error('the request ends inside a field');
    at += length;
    if (tag === 0x12 && keys === null && length % 8 === 0) {
      keys = Array.from({ length: length / 8 }, (_, i) => Number(value.readBigUInt64LE(i * 8)));
    } else if (tag === 0x22 && optIns === null && length % 4 === 0) {
      optIns = Array.from({ length: length / 4 }, (_, index) => value.readUInt32LE(index * 4));
    } else throw new Error(`unexpected field, tag ${tag}`);
  }
  return { keys: keys ?? [], optIns };
}

/** A dedupe of a file in which no column nobody named turns out to hold phone numbers. */
export async function dedupeOnce(
  options: DedupeFilesOptions,
  answerer: Answerer,
): Promise<DedupeFilesResult> {
  const result = await dedupeFiles(options, answerer);
  if (result instanceof PhoneColumnsFound) throw result;
  return result;
}

/** Answers by a rule, with reasons, and remembers what it was asked. */
export class TestAnswerer implements Answerer {
  readonly belgian = true;
  readonly approach = USUAL_APPROACH;
  numbersMax = 131_072;
  bytesMax = 2 << 20;
  inFlightMax = 4;
  readonly questions: Question[] = [];
  inFlight = 0;
  inFlightSeen = 0;
  readonly #reason: (key: number, index: number) => number;
  readonly #turns: () => number;
  #asked = 0;

  /** `index`: how many numbers were asked before; `turns`: event loop turns until the answer. */
  constructor(reason: (key: number, index: number) => number, turns: () => number = () => 0) {
    this.#reason = reason;
    this.#turns = turns;
  }

  get keys(): number[] {
    return this.questions.flatMap((question) => question.keys);
  }

  get optIns(): number[] {
    return this.questions.flatMap(({ keys, optIns }) => optIns ?? keys.map(() => 0));
  }

  async answer(batch: ContactBatch): Promise<Uint8Array> {
    this.inFlight++;
    this.inFlightSeen = Math.max(this.inFlightSeen, this.inFlight);
    const question = readQuestion(batch.request);
    if (question.keys.length !== batch.count) throw new Error('count differs from the request');
    if (question.optIns !== null && question.optIns.length !== batch.count) {
      throw new Error('as many opt-ins as numbers, or none');
    }
    if (batch.count > this.numbersMax || batch.request.length > this.bytesMax) {
      throw new Error('the batch is beyond the limits');
    }
    this.questions.push(question);
    const reasons = question.keys.map((key) => this.#reason(key, this.#asked++));
    for (let turn = this.#turns(); turn > 0; turn--) await new Promise(setImmediate);
    this.inFlight--;
    return Uint8Array.from(reasons);
  }
}

/** Reasons by the last digit: 0-4 callable, 5-6 blocked, 7 opt-in, 8 and 9 undecided. */
const BY_LAST_DIGIT = [
  ...[REASON_NOT_LISTED, REASON_NOT_LISTED, REASON_NOT_LISTED, REASON_NOT_LISTED],
  ...[REASON_NOT_LISTED, REASON_LISTED, REASON_LISTED, REASON_OPT_IN_LATER],
  ...[REASON_FOREIGN, REASON_NOT_IN_PLAN],
];

/** Whoever asked knows why a cell is no number: what is answered for one does not matter. */
export function byLastDigit(key: number): number {
  return key === 0 ? REASON_NOT_IN_PLAN : (BY_LAST_DIGIT[key % 10] ?? 0);
}

/** The keys of phone numbers as they are asked: 0 for what is none. */
export function keysOf(...texts: string[]): number[] {
  return texts.map((text) => Math.max(0, readPhoneText(text, true)));
}

/** Names of what is in a folder. */
export function filesIn(folder: string): string[] {
  return fs.readdirSync(folder).sort();
}
