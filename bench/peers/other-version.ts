/** What the benches share that compare this checkout with another one. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Ratio } from './contest.ts';
import { killAll, TACET } from './processes.ts';
import type { Estimate } from './statistics.ts';

export interface OtherVersionOptions {
  /** The other checkout, built. */
  readonly against: string;
  readonly entries: number;
  readonly pairs: number;
  readonly print: (line: string) => void;
}

/** What this version does a second, of what the other does. */
const RATE_MIN = 0.97;

/** `tacet` of this checkout and of the one in `against`. */
export function commandsOf(against: string): Record<'this' | 'other', readonly string[]> {
  const cli = join(resolve(against), 'dist/cli/index.js');
  if (!existsSync(cli)) throw new Error(`${cli} is not there: run make build in that checkout`);
  return { this: TACET, other: [process.execPath, cli] };
}

/** @param what counted a second, "rows/s" say */
export function ratiosOf(what: string): Ratio[] {
  const between = { of: 'this', by: 'other' };
  return [
    { what: `${what}, this / other`, metric: 'millionsPerSecond', ...between, atLeast: RATE_MIN },
    { what: 'CPU s, this / other', metric: 'cpuSeconds', ...between },
  ];
}

/**
 * Runs a bench with the options of the command line; `defaults` are those of its own. The exit code
 * is 1 where a rate that `run` returns is below the bar, interval and all.
 */
export async function runCommandLine<Name extends string>(
  defaults: Readonly<Record<Name, string>>,
  run: (options: OtherVersionOptions, own: Record<Name, string>) => Promise<readonly Estimate[]>,
): Promise<void> {
  const all = { pairs: '9', entries: '1500000', ...defaults };
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      ...Object.fromEntries(
        Object.entries<string>(all).map(([name, text]) => [
          name,
          { type: 'string' as const, default: text },
        ]),
      ),
    },
  });
  const { against } = values;
  if (typeof against !== 'string') throw new Error('--against DIR: which checkout?');
  // What was started ends, and with it the run: folders go as after any failure.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, killAll);
  const cpu = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`;
  console.log(`Node ${process.versions.node}, ${cpu}`);
  const given = { ...all, ...values };
  const rates = await run(
    {
      against,
      pairs: Number(given.pairs),
      entries: Number(given.entries),
      print: (line) => console.log(line),
    },
    given,
  );
  if (rates.some(({ high }) => high < RATE_MIN)) process.exitCode = 1;
}
