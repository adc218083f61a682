import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isoDate, matchedNames, TacetClient } from '#tacet/client/index.js';
import { Engine } from '#tacet/embedded/index.js';
import { Random } from '#tacet/sample/random.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { decodeBatchResponse } from '#tacet/wire/response-reader.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { BatchCheckResponse } from '../wire/messages.ts';
import {
  afterTest,
  CALLABLE,
  dedupe,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  rawClient,
  startServer,
  status,
  TODAY,
  temporaryFolder,
  unary,
  writeList,
} from './fixture.ts';

type Registrations = Map<number, number>;

const NATIONAL: Registrations = new Map([
  [LISTED, LISTED_DAY],
  [LISTED_UNDATED, 0],
]);
const OWN: Registrations = new Map([
  [LISTED, LISTED_DAY + 5],
  [CALLABLE, LISTED_DAY],
]);
const KEYS = [LISTED, CALLABLE, LISTED_UNDATED, CALLABLE + 1, 0];

/** Writes lists named list-0, list-1 ...; returns their paths. */
async function writeLists(contents: readonly Registrations[]): Promise<string[]> {
  const folder = temporaryFolder();
  const paths = contents.map((content, at) => {
    const name = `list-${at}`;
    return writeList(join(folder, `${name}.tacet`), content, { name });
  });
  return Promise.all(paths);
}

function clientOf(address: string): TacetClient {
  const client = new TacetClient(address);
  afterTest(() => client.close());
  return client;
}

async function engineOf(lists: readonly string[]): Promise<Engine> {
  const engine = await Engine.open(lists, { workers: 1, discloseDates: true });
  afterTest(() => engine.close());
  return engine;
}

/** The answer by the rules as written, number by number. */
function obvious(
  lists: readonly Registrations[],
  { keys, optInDays }: { keys: readonly number[]; optInDays: readonly number[] },
) {
  const answer = { blocked: [] as boolean[], days: [] as number[], sets: [] as number[] };
  keys.forEach((key, at) => {
    const on = lists.flatMap((list, bit) => (list.has(key) ? [bit] : []));
    const days = on.map((bit) => lists[bit]?.get(key) ?? 0);
    const day = days.includes(0) ? 0 : Math.max(...days);
    const optIn = optInDays[at] ?? 0;
    answer.blocked.push(on.length > 0 && !(day > 0 && optIn > day && optIn <= TODAY));
    if (on.length === 0) return;
    answer.days.push(day);
    answer.sets.push(on.reduce((set, bit) => set + 2 ** bit, 0));
  });
  return answer;
}

/** Lists that overlap, one of unknown days, with numbers of 2^36 and more, and what to ask. */
function drawn(seed: number) {
  const random = new Random(seed, 21);
  const bases = [LISTED, LISTED_UNDATED, 4_930_000_000_000, 68_719_476_736];
  const draw = () => random.pick(bases) + random.below(6000);
  const lists = Array.from({ length: 2 + (seed % 2) }, (_, at) => {
    const day = () => (at === 1 && random.chance(0.3) ? 0 : LISTED_DAY + random.below(20));
    return new Map(Array.from({ length: 4000 }, () => [draw(), day()]));
  });
  const keys = Array.from({ length: 20_000 }, draw);
  const optInDays = keys.map(() => random.pick([0, LISTED_DAY + random.below(25), TODAY + 1]));
  return { lists, batch: { keys, optInDays } };
}

describe.each(['wasm', 'binary-search'])('several lists, kernel %s', (kernel) => {
  it.each([1, 2])('answer by the rules, served and embedded, seed %i', async (seed) => {
    const { lists, batch } = drawn(seed);
    const paths = await writeLists(lists);
    const { address } = await startServer(paths, {
      ...{ kernel, 'disclose-dates': 'true', 'batch-check-numbers-max': '20000' },
    });
    const client = clientOf(address);
    const engine = await engineOf(paths);
    const asked = { reasons: true, registrationDates: true, matchedLists: true };
    const call = client.dedupe(asked);
    const answers = [
      await client.batchCheck(batch, asked),
      await call.send(batch),
      await engine.judge(batch, asked),
    ];
    await call.finish();
    const expected = obvious(lists, batch);
    for (const { verdicts, registeredDays, matchedLists } of answers) {
      expect([...verdicts].map((verdict) => verdict === 2)).toEqual(expected.blocked);
      expect([...registeredDays]).toEqual(expected.days);
      expect([...matchedLists]).toEqual(expected.sets);
    }
    expect(new Set(expected.sets).size).toBe(2 ** lists.length - 1);
    const bare = await client.batchCheck({ keys: batch.keys });
    expect([...bare.verdicts].map((verdict) => verdict === 2)).toEqual(
      obvious(lists, { ...batch, optInDays: [] }).blocked,
    );
    expect(bare.matchedLists).toHaveLength(0);
  });

  it('say of one number which it is on', async () => {
    const paths = await writeLists([NATIONAL, OWN]);
    const client = clientOf((await startServer(paths, { kernel })).address);
    const engine = await engineOf(paths);
    for (const [phoneNumber, names, verdict, optIn] of [
      ['0475 12 34 56', ['list-0', 'list-1'], 2, LISTED_DAY + 1],
      ['0475 12 34 56', ['list-0', 'list-1'], 3, LISTED_DAY + 6],
      ['0475 12 34 57', ['list-1'], 2, LISTED_DAY],
      ['02 123 45 67', ['list-0'], 2, TODAY],
      ['0475 12 34 58', [], 1, TODAY],
      ['04', [], 5, TODAY],
    ] as const) {
      for (const asked of [client, engine]) {
        const answer = await asked.check({ phoneNumber, optInDate: isoDate(optIn) });
        expect(answer.verdict).toBe(verdict);
        expect(matchedNames(answer.matchedLists, answer.lists)).toEqual(names);
      }
    }
    const service = await client.check({ phoneNumber: '0475 12 34 56', purpose: 'service' });
    expect(service).toMatchObject({ verdict: 6, matchedLists: 0 });
  });

  it('keep their sets beside verdicts that the channel gives', async () => {
    const client = clientOf((await startServer(await writeLists([NATIONAL, OWN]))).address);
    const keys = [CALLABLE + 1, LISTED, CALLABLE, LISTED_UNDATED, 33_612_345_678];
    const optInDays = [0, 0, TODAY, 0, 0];
    const asked = { channel: 'sms', matchedLists: true } as const;
    const answer = await client.batchCheck({ keys, optInDays }, asked);
    expect([...answer.verdicts]).toEqual([2, 2, 3, 2, 4]);
    expect([...answer.matchedLists]).toEqual([0, 3, 2, 1]);
    const service = { purpose: 'service', matchedLists: true } as const;
    expect((await client.batchCheck({ keys }, service)).matchedLists).toHaveLength(0);
  });

  it('can be asked by name, in any order', async () => {
    const paths = await writeLists([NATIONAL, OWN, new Map([[LISTED, LISTED_DAY]])]);
    const client = clientOf((await startServer(paths, { kernel })).address);
    const engine = await engineOf(paths);
    const asked = { lists: ['list-2', 'list-1'], matchedLists: true };
    const call = client.dedupe(asked);
    const answered = await call.send({ keys: KEYS });
    const { versions, notices } = await call.finish();
    expect(versions[0]?.lists.map(({ name }) => name)).toEqual(['list-1', 'list-2']);
    const notice =
      'Not every list was asked: a number that is on list-0 alone passes for one that is on none.';
    expect(notices).toEqual([notice]);
    const others = [await client.batchCheck({ keys: KEYS }, asked)];
    others.push(await engine.judge({ keys: KEYS }, asked));
    for (const { verdicts, matchedLists } of [answered, ...others]) {
      expect([...verdicts]).toEqual([2, 2, 5, 1, 5]);
      expect([...matchedLists]).toEqual([3, 1]);
    }
    for (const { lists, notices: told } of others) {
      expect(lists.map(({ name }) => name)).toEqual(['list-1', 'list-2']);
      expect(told).toEqual([notice]);
    }
    const all = { lists: ['list-0', 'list-1', 'list-2'] };
    expect((await client.batchCheck({ keys: KEYS }, all)).notices).toEqual([]);
  });
});

describe('a list that is asked by name', () => {
  const failed = { code: 'ERR_LIST_UNKNOWN' };

  it('and not served is FAILED_PRECONDITION, whoever asks', async () => {
    const paths = await writeLists([NATIONAL, OWN]);
    const { address } = await startServer(paths);
    const client = clientOf(address);
    const lists = ['list-0', '0475123456'];
    await expect(client.batchCheck({ keys: KEYS }, { lists })).rejects.toMatchObject(failed);
    await expect(client.dedupe({ lists }).send({ keys: KEYS })).rejects.toMatchObject(failed);
    const engine = await engineOf(paths);
    await expect(engine.judge({ keys: KEYS }, { lists })).rejects.toMatchObject(failed);
    const request = Buffer.concat([encodeOptions({ lists }), encodeKeys(KEYS)]);
    const { code, details } = await dedupe(rawClient(address), [request]);
    expect(code).toBe(status.FAILED_PRECONDITION);
    expect(details).toContain('list-0 or list-1');
    expect(details).not.toContain('0475123456');
  });

  it('must have the version asked for, whatever the others have', async () => {
    const paths = await writeLists([NATIONAL, OWN]);
    const client = clientOf((await startServer(paths)).address);
    const [first, second] = (await client.getLists()).lists.map(({ sha256 }) => sha256);
    const ask = (listSha256 = '') =>
      client.dedupe({ lists: ['list-1'], listSha256, versionTriesMax: 0 }).send({ keys: KEYS });
    expect([...(await ask(second)).verdicts]).toEqual([2, 2, 5, 1, 5]);
    await expect(ask(first)).rejects.toMatchObject({ code: 'ERR_LIST_VERSION' });
  });
});

describe('matched lists', () => {
  it('are one bit of one list, in the field of each method, for those who ask', async () => {
    const { address } = await startServer(await writeLists([NATIONAL]));
    const client = rawClient(address);
    const asked = Buffer.concat([encodeOptions({ matchedLists: true }), encodeKeys(KEYS)]);
    const { responses } = await dedupe(client, [asked, encodeKeys([LISTED])]);
    expect(responses.map(({ matchedLists }) => [...matchedLists])).toEqual([[1, 1], [1], []]);
    const { response } = await unary(client, dedupeService.BatchCheck, asked);
    const bytes = response ?? Buffer.alloc(0);
    expect([...decodeBatchResponse(bytes).matchedLists]).toEqual([1, 1]);
    const theirs = BatchCheckResponse.toObject(BatchCheckResponse.decode(bytes));
    expect(theirs).toMatchObject({ verdicts: [2, 1, 2, 1, 5], matchedLists: [1, 1] });
    const plain = await dedupe(client, [encodeKeys(KEYS)]);
    expect(plain.responses[0]?.matchedLists).toHaveLength(0);
  });
});
