import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Batch, VERDICT_NAMES } from '#tacet/client/index.js';
import { sampleList } from '#tacet/sample/list.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { samplePhoneTexts } from '#tacet/sample/phones.js';
import { truePhoneDigits, trueVerdictOfUnlisted } from '#tacet/sample/truth.js';
import { connect } from '../client/fixture.ts';
import { SCALE, SNAPSHOT, startServer, TODAY, temporaryFolder, writeList } from './fixture.ts';

const SEED = 20_261_124;

/** mulberry32: every run asks the same. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const { keys, days } = sampleList({ rows: 200_000, seed: SEED, snapshotDay: SNAPSHOT });
/** The list as anybody would write it: a Map. */
const list = new Map(Array.from(keys, (key, i) => [key, days[i] ?? 0]));

/** The rules as anybody would write them. */
function verdictOf(digits: string | undefined, optInDay: number): number {
  const registered = digits === undefined ? undefined : list.get(Number(digits));
  if (registered === undefined) return VERDICT_NAMES.indexOf(trueVerdictOfUnlisted(digits));
  return registered > 0 && optInDay > registered && optInDay <= TODAY ? 3 : 2;
}

/** Streams `batches`; how many verdicts differ from those of the Map, and of how many. */
async function differences(
  batches: Iterable<{ batch: Batch; expected: Uint8Array }>,
): Promise<{ differ: number; numbers: number }> {
  const path = await writeList(join(temporaryFolder(), 'list.tacet'), list);
  const { address } = await startServer(path, { workers: '2' });
  const call = connect(address).dedupe();
  let differ = 0;
  let inFlight: Promise<void>[] = [];
  for (const { batch, expected } of batches) {
    inFlight.push(
      call.send(batch).then(({ verdicts }) => {
        for (let i = 0; i < expected.length; i++) if (verdicts[i] !== expected[i]) differ++;
      }),
    );
    if (inFlight.length < 16) continue;
    await Promise.all(inFlight);
    inFlight = [];
  }
  await Promise.all(inFlight);
  return { differ, numbers: (await call.finish()).numbers };
}

/** Sizes of batches that are answered inline and by workers, mixed. */
const SIZES = [1, 3, 500, 513, 8192, 40_000];

describe(`verdicts of seed ${SEED}`, () => {
  it('equal those of a Map for numbers, with opt-ins now and then', async () => {
    const total = 1_000_000 * SCALE;
    const random = seeded(SEED);
    const strangers = sampleKeys({ seed: SEED + 1, count: 200_000 });
    function* batches() {
      for (let sent = 0, turn = 0; sent < total; turn++) {
        const count = Math.min(SIZES[turn % SIZES.length] ?? 1, total - sent);
        sent += count;
        const asked = new Float64Array(count);
        const optInDays = turn % 3 === 0 ? new Uint32Array(count) : undefined;
        const expected = new Uint8Array(count);
        for (let i = 0; i < count; i++) {
          const kind = random();
          const pool = kind < 0.3 ? keys : strangers;
          asked[i] =
            kind < 0.9
              ? (pool[Math.floor(random() * pool.length)] ?? 0)
              : Math.floor(random() * 10 ** Math.floor(1 + random() * 15));
          const day = optInDays === undefined ? 0 : Math.floor(TODAY + 300 - random() * 8000);
          if (optInDays !== undefined) optInDays[i] = day;
          expected[i] = verdictOf(String(asked[i]), day);
        }
        yield { batch: { keys: asked, ...(optInDays && { optInDays }) }, expected };
      }
    }
    expect(await differences(batches())).toEqual({ differ: 0, numbers: total });
  });

  it('equal those of a Map for text in every writing', async () => {
    const total = 200_000 * SCALE;
    function* batches() {
      for (let sent = 0, turn = 0; sent < total; turn++) {
        const count = Math.min(SIZES[turn % SIZES.length] ?? 1, total - sent);
        sent += count;
        const phoneNumbers = samplePhoneTexts({ seed: SEED + turn, count, listed: keysOf(turn) });
        const expected = Uint8Array.from(phoneNumbers, (text) =>
          verdictOf(truePhoneDigits(text), 0),
        );
        yield { batch: { phoneNumbers }, expected };
      }
    }
    /** A part of the list: making the sampler takes time for each of its numbers. */
    const keysOf = (turn: number): Float64Array =>
      keys.subarray((turn * 1000) % 199_000, ((turn * 1000) % 199_000) + 1000);
    expect(await differences(batches())).toEqual({ differ: 0, numbers: total });
  });
});
