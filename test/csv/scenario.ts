import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Answerer, ContactBatch } from '#tacet/csv/dedupe.js';

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
  readonly texts: Buffer[];
  readonly optIns: number[] | null;
}

/** Reads a request the obvious way: field 3 entries, then field 4 if there is one. */
export function readQuestion(request: Uint8Array): Question {
  const bytes = Buffer.from(request);
  const texts: Buffer[] = [];
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
    if (tag === 0x1a && optIns === null) texts.push(value);
    else if (tag === 0x22 && optIns === null && length % 4 === 0) {
      optIns = Array.from({ length: length / 4 }, (_, index) => value.readUInt32LE(index * 4));
    } else throw new Error(`unexpected field, tag ${tag}`);
  }
  return { texts, optIns };
}

/** Answers by a rule and remembers what it was asked. */
export class TestAnswerer implements Answerer {
  numbersMax = 131_072;
  bytesMax = 2 << 20;
  inFlightMax = 4;
  readonly questions: Question[] = [];
  inFlight = 0;
  inFlightSeen = 0;
  readonly #verdict: (text: Buffer, index: number) => number;
  readonly #turns: () => number;
  #asked = 0;

  /** `index`: how many numbers were asked before; `turns`: event loop turns until the answer. */
  constructor(verdict: (text: Buffer, index: number) => number, turns: () => number = () => 0) {
    this.#verdict = verdict;
    this.#turns = turns;
  }

  get texts(): string[] {
    return this.questions.flatMap((question) => question.texts.map((text) => text.toString()));
  }

  get optIns(): number[] {
    return this.questions.flatMap(({ texts, optIns }) => optIns ?? texts.map(() => 0));
  }

  async answer(batch: ContactBatch): Promise<Uint8Array> {
    this.inFlight++;
    this.inFlightSeen = Math.max(this.inFlightSeen, this.inFlight);
    const question = readQuestion(batch.request);
    if (question.texts.length !== batch.count) throw new Error('count differs from the request');
    if (question.optIns !== null && question.optIns.length !== batch.count) {
      throw new Error('as many opt-ins as numbers, or none');
    }
    if (batch.count > this.numbersMax || batch.request.length > this.bytesMax) {
      throw new Error('the batch is beyond the limits');
    }
    this.questions.push(question);
    const verdicts = question.texts.map((text) => this.#verdict(text, this.#asked++));
    for (let turn = this.#turns(); turn > 0; turn--) await new Promise(setImmediate);
    this.inFlight--;
    return Uint8Array.from(verdicts);
  }
}

/** A verdict by the last digit of the text: 0-4 callable, 5-6 blocked, 7 opt-in, 8 and 9 not. */
export function byLastDigit(text: Buffer): number {
  const digit = /(\d)\D*$/.exec(text.toString())?.[1];
  return digit === undefined ? 5 : ([1, 1, 1, 1, 1, 2, 2, 3, 4, 5][Number(digit)] ?? 5);
}

/** Names of what is in a folder. */
export function filesIn(folder: string): string[] {
  return fs.readdirSync(folder).sort();
}
