/**
 * Who takes the list out, and who does not: walks, hidden walks and customer bases ask a coverage
 * until it stops them.
 *
 *     npx tsc -p bench && node build/bench/coverage/run.js [--seed N] [--thin N] [--only WORD]
 *
 * Prints for each walk how much of the list it was told before it was stopped, and for each base
 * whether it was stopped, and exits with 1 if a walk was told 1 % or a base was stopped. The list
 * is drawn from the same numbers that somebody has as the bases, see population.ts.
 */
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Coverage, PERIOD_DAYS } from '#tacet/access/coverage/coverage.js';
import { CoverageSample } from '#tacet/access/coverage/coverage-sample.js';
import { type ListedSample, ListedSampleBuilder } from '#tacet/access/coverage/listed-sample.js';
import { type Judgement, WALKS } from '#tacet/access/coverage/walk.js';
import type { Asker } from './asker.js';
import { basesOf } from './bases.js';
import { BLOCK_NUMBERS, keyOfIndex, LISTED, Population } from './population.js';
import { hiddenWalks, phoneBook, walksOf } from './walks.js';

/** No walk may be told more. */
const TOLD_SHARE_MAX = 0.01;
/** Numbers a message. */
const BATCH = 1024;
/** Of one asker: enough for a walk to be told several percent. */
const QUESTIONS_MAX = 8_000_000;
/** Fifteen days before a period ends: what takes longer goes on in the next. */
const FIRST_DAY = 112 * PERIOD_DAYS - 15;
const WORD = 0x1_0000_0000;

/** Of the table; the last five are what the last judgement measured. */
const COLUMNS = [
  ...['kind', 'who', 'questions', 'told', 'told to the cover', 'stopped for'],
  ...['listed / chance', 'in blocks', 'in groups', 'empty places', 'runs'],
] as const;

export interface CoverageBenchOptions {
  readonly seed: number;
  /** See {@link Population}: 1 = the whole plan. */
  readonly thin: number;
  /** Only those of this kind, or whose name contains it. */
  readonly only?: string;
  /** The most questions of one asker. */
  readonly questionsMax?: number;
  readonly print: (line: string) => void;
}

/** How one asker fared. */
export interface Played {
  readonly kind: 'walk' | 'hidden walk' | 'base';
  readonly name: string;
  readonly questions: number;
  /** Distinct listed numbers told before the stop; of hidden walks, to the walk alone. */
  readonly told: number;
  /** The same as a share of the list. */
  readonly toldShare: number;
  /** Of a hidden walk, what its cover was told. */
  readonly coverTold: number;
  /** The last judgement; its `walk` is undefined if it was not stopped. */
  readonly last: Judgement;
}

export function run(options: CoverageBenchOptions): Played[] {
  const { seed, thin, only = '', questionsMax = QUESTIONS_MAX, print } = options;
  const population = new Population({ seed, thin });
  const sample = new CoverageSample(createHash('sha256').update(`${seed}`).digest());
  const builder = new ListedSampleBuilder(sample);
  builder.add(population.listWords());
  const list = builder.build();
  print(`${population.used} numbers in use, ${population.listed} on the list, seed ${seed}`);
  for (const [walk, text] of Object.entries(WALKS)) print(`${walk}: ${text}`);
  print(`| ${COLUMNS.join(' | ')} |`);
  print(`|${'---|'.repeat(COLUMNS.length)}`);
  const stage = new Stage(population, sample, list);
  const askers = [
    ...walksOf(population).map((asker) => ['walk', asker] as const),
    ...hiddenWalks(population).map((asker) => ['hidden walk', asker] as const),
    ['hidden walk', phoneBook(population)] as const,
    ...basesOf(population).map((asker) => ['base', asker] as const),
  ];
  return askers
    .filter(([kind, { name }]) => kind === only || name.includes(only))
    .map(([kind, asker]) => {
      const played = stage.play(kind, asker, questionsMax);
      print(lineOf(played));
      return played;
    });
}

/** Where one asker after the other asks. */
class Stage {
  readonly #population: Population;
  readonly #sample: CoverageSample;
  readonly #list: ListedSample;
  /** A byte for each number: whether it was asked. */
  readonly #asked: Uint8Array;

  constructor(population: Population, sample: CoverageSample, list: ListedSample) {
    this.#population = population;
    this.#sample = sample;
    this.#list = list;
    this.#asked = new Uint8Array(population.flags.length);
  }

  play(kind: Played['kind'], asker: Asker, questionsMax: number): Played {
    const { questionsADay = Number.POSITIVE_INFINITY } = asker;
    // All clients of a party have one.
    const coverage = new Coverage(this.#sample);
    const keys = new DataView(new ArrayBuffer(BATCH * 8));
    const told = { walk: 0, cover: 0 };
    for (const first of this.#population.blocks) {
      this.#asked.fill(0, first, first + BLOCK_NUMBERS);
    }
    let questions = 0;
    while (questions < questionsMax) {
      coverage.advance(FIRST_DAY + Math.floor(questions / questionsADay));
      const { count, listed } = this.#ask(asker, keys);
      questions += count;
      coverage.observe(keys, 0, count);
      // As a server does: what is judged too much is not answered.
      if (coverage.isDue && coverage.judge(this.#list).walk !== undefined) break;
      told.walk += listed.walk;
      told.cover += listed.cover;
      if (count < BATCH) break;
    }
    return {
      ...{ kind, name: asker.name, questions, told: told.walk, coverTold: told.cover },
      toldShare: told.walk / this.#population.listed,
      last: coverage.judge(this.#list),
    };
  }

  /** The next batch: how many numbers, and how many listed ones that were not asked before. */
  #ask(asker: Asker, keys: DataView) {
    const listed = { walk: 0, cover: 0 };
    let count = 0;
    for (; count < BATCH; count++) {
      const index = asker.next();
      if (index < 0) break;
      const key = keyOfIndex(index);
      keys.setUint32(count * 8, key % WORD, true);
      keys.setUint32(count * 8 + 4, key / WORD, true);
      if (this.#asked[index] === 0 && this.#population.has(index, LISTED)) {
        listed[asker.isCover === true ? 'cover' : 'walk']++;
      }
      this.#asked[index] = 1;
    }
    return { count, listed };
  }
}

function lineOf({ kind, name, questions, told, toldShare, coverTold, last }: Played): string {
  const { walk, listed, emptyShare, runs, inBlocks, inGroups } = last;
  const chance = (listed.found / listed.expected).toFixed(2);
  const show = ({ value, deviation }: { value: number; deviation: number }): string =>
    `${value.toFixed(2)} ± ${deviation.toFixed(2)}`;
  const columns = [
    ...[kind, name, questions, `${told} (${(toldShare * 100).toFixed(2)} %)`, coverTold],
    ...[walk ?? '-', chance, show(inBlocks), show(inGroups), show(emptyShare), runs],
  ];
  return `| ${columns.join(' | ')} |`;
}

/** What was promised and did not hold: walks that were told too much, bases that were stopped. */
export function failures(played: readonly Played[]): string[] {
  return played.flatMap(({ kind, name, toldShare, last }) => {
    if (kind === 'walk' && (last.walk === undefined || toldShare >= TOLD_SHARE_MAX)) return [name];
    return kind === 'base' && last.walk !== undefined ? [name] : [];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      thin: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const played = run({
    seed: Number(values.seed),
    thin: Number(values.thin),
    only: values.only,
    print: (line) => console.log(line),
  });
  const walks = played.filter(({ kind }) => kind === 'walk');
  const most = walks.reduce((max, { told }) => Math.max(max, told), 0);
  console.log(`told at most before the stop: ${most} numbers`);
  const failed = failures(played);
  if (failed.length > 0) console.log(`FAILED: ${failed.join(', ')}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
