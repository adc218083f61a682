/**
 * Plays the faults of the catalogue against a `tacet serve`, one after the other, while good
 * clients ask on, and prints how each was borne.
 *
 *     node build/bench/faults/run.js [--only rapid-reset,ping-flood] [--seconds 3] [--seed 1]
 *                                    [--entries 100000] [--list]
 *
 * Exit code 1 if an answer was wrong, good clients waited more than 2 s, memory grew by 64 MiB, or
 * something was left after 2 s. The ratio of the p99 is a measurement and fails nothing.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withFolder } from '../data.js';
import { FAULTS } from './catalogue.js';
import type { Fault } from './fault.js';
import { type Trial, Trials } from './trials.js';

/** What is promised of every fault. */
const UNSERVED_MS_MAX = 2000;
const GROWN_MIB_MAX = 64;

/** The promises that a trial has broken. */
export function brokenBy(trial: Trial): string[] {
  const broken: string[] = [];
  const check = (isKept: boolean, what: string): void => void (isKept || broken.push(what));
  check(trial.isAlive, 'the server has ended');
  check(trial.wrong === 0, `${trial.wrong} answers were wrong`);
  check(trial.unservedMs < UNSERVED_MS_MAX, `calls waited ${inMs(trial.unservedMs)}`);
  check(trial.newcomerUnservedMs < UNSERVED_MS_MAX, `newcomers ${inMs(trial.newcomerUnservedMs)}`);
  check(trial.probeUnservedMs < UNSERVED_MS_MAX, `probes ${inMs(trial.probeUnservedMs)}`);
  check(trial.grownMib < GROWN_MIB_MAX, `memory grew by ${trial.grownMib.toFixed(0)} MiB`);
  check(trial.left === '', `left: ${trial.left}`);
  check(trial.attacked.steps > 0, 'nothing was played');
  return broken;
}

const inMs = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const HEAD = [
  'fault',
  'steps',
  'connections (closed by the server)',
  'p99 calm',
  'p99',
  'ratio',
  'longest wait: calls, newcomers, probes',
  'failed',
  'MiB',
  'gone after',
  'broken',
];

function lineOf(trial: Trial): string {
  const { attacked } = trial;
  const cells = [
    trial.fault,
    attacked.steps,
    `${attacked.connections} (${attacked.closed})`,
    inMs(trial.calmP99Ms),
    inMs(trial.p99Ms),
    (trial.p99Ms / trial.calmP99Ms).toFixed(2),
    [trial.unservedMs, trial.newcomerUnservedMs, trial.probeUnservedMs].map(inMs).join(', '),
    trial.failed,
    trial.grownMib.toFixed(1),
    inMs(trial.settledMs),
    brokenBy(trial).join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

interface RunOptions {
  readonly faults: readonly Fault[];
  readonly seconds: number;
  readonly seed: number;
  readonly entries: number;
  readonly print: (line: string) => void;
}

/** Plays faults one after the other; resolves with how each was borne. */
export async function run({ faults, print, ...options }: RunOptions): Promise<Trial[]> {
  return withFolder(async (folder) => {
    const told = new Set<string>();
    const trials = await Trials.start(folder, options.entries, (who, error) => {
      if (told.size < 5) told.add(`${who}: ${String(error)}`);
    });
    try {
      print(`| ${HEAD.join(' | ')} |`);
      print(`|${'---|'.repeat(HEAD.length)}`);
      const borne: Trial[] = [];
      for (const [index, fault] of faults.entries()) {
        const ms = options.seconds * 1000;
        const play = { ms, calmMs: ms, seed: options.seed + index };
        const trial = await trials.play(fault, play);
        borne.push(trial);
        print(lineOf(trial));
        if (!trial.isAlive) break;
      }
      for (const failure of told) print(failure);
      return borne;
    } finally {
      await trials.stop();
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      entries: { type: 'string', default: '100000' },
      list: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',');
  const faults = FAULTS.filter(({ name }) => only?.includes(name) ?? true);
  const print = (line: string): void => console.log(line);
  if (values.list) {
    for (const { name, report, how } of faults) print(`| ${name} | ${report} | ${how} |`);
  } else {
    const { seconds, seed, entries } = values;
    const sizes = { seconds: Number(seconds), seed: Number(seed), entries: Number(entries) };
    const borne = await run({ faults, ...sizes, print });
    const isGood =
      borne.length === faults.length && borne.every((one) => brokenBy(one).length === 0);
    if (!isGood) process.exitCode = 1;
  }
}
