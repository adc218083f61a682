/**
 * What registers cost a server: its CPU per number with registers against the same server without
 * a state, in alternating pairs, for one stream of integers.
 *
 *     npx tsc -p bench
 *     node build/bench/registers/cost.js [--numbers N] [--entries N] [--batch N] [--pairs N]
 *                                        [--objections N] [--opt-ins N]
 *
 * Every verdict is compared with what the list and the registers say of the number. Exits with 1 if
 * an interval lies above its bar.
 */
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/index.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { openState } from '#tacet/state/state.js';
import { benchQueries, withFolder, writeBenchList } from '../data.js';
import { type Estimate, inPairs } from '../peers/statistics.js';
import { ServerProcess } from '../server-process.js';
import { type Load, stream } from '../stream.js';

export interface RegisterCostOptions {
  readonly entries: number;
  /** Numbers streamed a run, and in a message. */
  readonly numbers: number;
  readonly batch: number;
  readonly pairs: number;
  /** Numbers in the register of objections, and of opt-ins. */
  readonly objections: number;
  readonly optIns: number;
  readonly print: (line: string) => void;
}

export interface RegisterCost {
  readonly what: string;
  readonly ratio: Estimate;
  /** The most that the ratio may be. */
  readonly bar: number;
}

/** Different ones, each sent once to warm up. */
const QUERIES = 1 << 20;
const ADVERTISER = 'acme';
const NUMBERS_AN_EDIT = 10_000;
const TODAY = brusselsDay(Date.now());

interface Contestant {
  readonly server: ServerProcess;
  readonly client: TacetClient;
  readonly load: Load;
}

export async function run(options: RegisterCostOptions): Promise<RegisterCost[]> {
  const { entries, pairs, numbers, batch, print } = options;
  return withFolder(async (folder) => {
    const list = `${folder}/bench.tacet`;
    const listed = await writeBenchList(list, { entries, seed: 1 });
    const queries = { known: [...listed], isListed: (key: number) => listed.has(key) };
    const keys = benchQueries(queries, { count: QUERIES, seed: 2 });
    const opened: Contestant[] = [];
    const open = async (flags: string[], verdictOf: (key: number) => number) => {
      const server = await ServerProcess.start(list, flags);
      const load = loadOf(keys, batch, verdictOf);
      const contestant = { server, client: new TacetClient(server.address), load };
      opened.push(contestant);
      return contestant;
    };
    const usual = (key: number): number => (listed.has(key) ? 2 : 1);
    /** A state with so many numbers in a register, and what they are. */
    const stateOf = async (register: 'objections' | 'opt-ins', count: number) => {
      const location = `${folder}/${register}-${count}`;
      const known = new Set(count > 0 ? sampleKeys({ seed: 3, count }) : []);
      await fill(location, register, [...known]);
      return { location, known };
    };
    try {
      const none = await open([], usual);
      const empty = await stateOf('objections', 0);
      const objections = await stateOf('objections', options.objections);
      const optIns = await stateOf('opt-ins', options.optIns);
      const rows = [
        { what: 'a state, no entries', bar: 1.1, with: await open(flagsOf(empty), usual) },
        {
          what: `${options.objections} objections`,
          bar: 1.4,
          with: await open(flagsOf(objections), (key) =>
            objections.known.has(key) ? 2 : usual(key),
          ),
        },
        {
          what: `${options.optIns} opt-ins`,
          bar: 3,
          with: await open(flagsOf(optIns), (key) =>
            optIns.known.has(key) && listed.has(key) ? 3 : usual(key),
          ),
        },
      ];
      print(`list of ${entries}, messages of ${batch}, ${pairs} pairs of ${numbers} numbers`);
      print('every verdict compared with what list and registers say: 0 differences');
      print('| registers | none, CPU s / 100 M | with them | ratio |');
      print('|---|---|---|---|');
      const results: RegisterCost[] = [];
      for (const { what, bar, with: contestant } of rows) {
        results.push({ what, bar, ratio: await compare(what, none, contestant, options) });
      }
      return results;
    } finally {
      for (const { client, server } of opened) {
        client.close();
        await server.stop();
      }
    }
  });
}

const flagsOf = ({ location }: { location: string }): string[] => ['--state', location];

function loadOf(keys: Float64Array, batch: number, verdictOf: (key: number) => number): Load {
  const requests = Array.from({ length: Math.floor(keys.length / batch) }, (_, index) => {
    const part = keys.subarray(index * batch, (index + 1) * batch);
    return {
      batch: encodeBatch({ keys: part }),
      expected: Buffer.from(Array.from(part, verdictOf)),
    };
  });
  const asked = { registrationDates: false, advertiser: ADVERTISER };
  return { what: 'numbers', batch, requests, ...asked };
}

async function fill(location: string, register: 'objections' | 'opt-ins', numbers: number[]) {
  const state = await openState(location, { create: true });
  try {
    for (let from = 0; from < numbers.length; from += NUMBERS_AN_EDIT) {
      const part = numbers.slice(from, from + NUMBERS_AN_EDIT);
      await state.run('editRegister', {
        ...{ requestId: randomUUID(), register, operation: 'add', advertiser: ADVERTISER },
        ...{ numbers: part, days: part.map(() => TODAY) },
        ...{ isDayGiven: true, atMs: Date.now() },
        ...{ source: 'bench', reference: '', by: 'bench', reason: 'bench' },
      });
    }
  } finally {
    await state.close();
  }
}

async function compare(
  what: string,
  none: Contestant,
  some: Contestant,
  { numbers, pairs, print }: RegisterCostOptions,
): Promise<Estimate> {
  for (const { client, load } of [none, some]) await stream(client, load, QUERIES);
  const cost = async ({ server, client, load }: Contestant): Promise<number> => {
    const before = server.cpuSeconds();
    const sent = await stream(client, load, numbers);
    return ((server.cpuSeconds() - before) / sent) * 1e8;
  };
  const { before, after, ratio } = await inPairs(
    pairs,
    () => cost(none),
    () => cost(some),
  );
  const cells = [before, after, ratio].map(
    ({ median, low, high }) => `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`,
  );
  print(`| ${what} | ${cells.join(' | ')} |`);
  return ratio;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '1500000' },
      numbers: { type: 'string', default: '20000000' },
      batch: { type: 'string', default: '8192' },
      pairs: { type: 'string', default: '9' },
      objections: { type: 'string', default: '100000' },
      'opt-ins': { type: 'string', default: '1000000' },
    },
  });
  const results = await run({
    entries: Number(values.entries),
    numbers: Number(values.numbers),
    batch: Number(values.batch),
    pairs: Number(values.pairs),
    objections: Number(values.objections),
    optIns: Number(values['opt-ins']),
    print: (line) => console.log(line),
  });
  process.exitCode = results.every(({ ratio, bar }) => ratio.low <= bar) ? 0 : 1;
}
