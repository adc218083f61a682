/** Runs contact cases against the command, embedded and served, and checks what came out. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import {
  COMMAND,
  Folder,
  packSource,
  type Serving,
  serve,
  stop,
  tacet,
} from '../../cli/commands.ts';
import { decode } from './encodings.ts';
import { LIST, sourceOf } from './numbers.ts';
import { isBlank, nationalDigits, readRows } from './reader.ts';
import { type ContactCase, type Divided, OUTPUTS, type Output } from './sheet.ts';

export const ENGINES = ['embedded', 'served'] as const;
export type EngineName = (typeof ENGINES)[number];

type Ended = Pick<Outcome, 'code' | 'stderr'>;

/** How a run ended; an output that was not written is null. */
export interface Outcome {
  readonly code: number;
  readonly stderr: string;
  readonly outputs: Readonly<Record<Output, Buffer | null>>;
  readonly summary: Readonly<Record<string, unknown>> | null;
  /** What stood in the folder afterwards, the input aside. */
  readonly names: readonly string[];
}

const WARM = fileURLToPath(new URL('warm-command.mjs', import.meta.url));

/** A list, a server of it, and a warm command; for one test file. */
export class Bench {
  readonly folder = new Folder();
  readonly #list: ReadonlyMap<string, string>;
  #packed = '';
  #server: Serving | undefined;
  #warm: ChildProcess | undefined;
  #runs = 0;

  /** `list`: national numbers with the days of their registration. */
  constructor(list: ReadonlyMap<string, string> = LIST) {
    this.#list = list;
  }

  async start(): Promise<void> {
    this.#packed = await packSource(this.folder, { source: sourceOf(this.#list) });
    this.#server = await serve(this.#packed);
    this.#warm = fork(WARM, [pathToFileURL(COMMAND).href], { silent: true });
  }

  async stop(): Promise<void> {
    this.#warm?.disconnect();
    if (this.#server !== undefined) await stop(this.#server);
    this.folder.remove();
  }

  /** The flags that choose an engine. */
  engine(name: EngineName): string[] {
    if (name === 'embedded') return ['--list', this.#packed];
    return ['--server', this.#server?.address ?? ''];
  }

  /** Runs the warm command. */
  run(input: Buffer, flags: readonly string[], engine: EngineName): Promise<Outcome> {
    return this.#inFolder(input, flags, engine, (args) => this.#command(args));
  }

  /** Runs the command as a user does, in a process of its own. */
  spawn(input: Buffer, flags: readonly string[], engine: EngineName): Promise<Outcome> {
    return this.#inFolder(input, flags, engine, async (args) => {
      const { code, stderr } = await tacet(args);
      return { code: code ?? -1, stderr };
    });
  }

  async #inFolder(
    input: Buffer,
    flags: readonly string[],
    engine: EngineName,
    command: (args: readonly string[]) => Promise<Ended>,
  ): Promise<Outcome> {
    this.#runs++;
    const folder = join(this.folder.path, `run-${this.#runs}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'in.csv'), input);
    const outputs = OUTPUTS.flatMap((kind) => [`--${kind}`, join(folder, kind)]);
    const summary = ['--summary', join(folder, 'summary'), '--workers', '1'];
    const files = [join(folder, 'in.csv'), ...outputs, ...summary];
    const ended = await command(['dedupe', ...files, ...this.engine(engine), ...flags]);
    const outcome = { ...ended, ...outcomeIn(folder) };
    rmSync(folder, { recursive: true });
    return outcome;
  }

  #command(args: readonly string[]): Promise<Ended> {
    const warm = this.#warm;
    if (warm === undefined) throw new Error('not started');
    return new Promise((resolve, reject) => {
      const died = (): void => reject(new Error('the command has ended its process'));
      warm.once('exit', died);
      warm.once('message', (ended: Ended) => {
        warm.off('exit', died);
        resolve(ended);
      });
      warm.send(args);
    });
  }
}

/** What a run left in its folder. */
export function outcomeIn(folder: string): Pick<Outcome, 'outputs' | 'summary' | 'names'> {
  const names = readdirSync(folder).filter((name) => name !== 'in.csv');
  const read = (name: string): Buffer | null =>
    names.includes(name) ? readFileSync(join(folder, name)) : null;
  const summary = read('summary')?.toString();
  return {
    names: names.sort(),
    outputs: {
      callable: read('callable'),
      blocked: read('blocked'),
      undecided: read('undecided'),
    },
    summary: summary === undefined ? null : (JSON.parse(summary) as Record<string, unknown>),
  };
}

/** Fails unless a run came out as is right for its case. */
export function expectRight(given: ContactCase, outcome: Outcome): void {
  const { right } = given;
  if ('refused' in right) {
    const { code, names, stderr } = outcome;
    expect({ code, names, stderr }).toEqual({ code: 2, names: [], stderr: expect.any(String) });
    for (const name of right.refused) expect(stderr).toContain(name);
    // Phone numbers never appear in errors.
    expect(stderr).not.toMatch(/\d{7}/);
    return;
  }
  const { code, stderr } = outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  // One character a byte: what differs is printed as text.
  const bytes = (buffer: Buffer | null | undefined) => buffer?.toString('latin1');
  const actual = OUTPUTS.map((kind) => bytes(outcome.outputs[kind]));
  expect(actual).toEqual(OUTPUTS.map((kind) => bytes(right.outputs[kind])));
  expectNoneListed(given, outcome.outputs.callable);
  expectSummary(right, outcome.summary ?? {});
}

/** No dialled cell of the callable file holds a listed number, and no row more than its header. */
export function expectNoneListed(
  { form }: Pick<ContactCase, 'form'>,
  callable: Buffer | null,
  list: ReadonlyMap<string, unknown> = LIST,
): void {
  const text = decode(callable ?? Buffer.alloc(0), form.encoding).slice(form.sepLine.length);
  const rows = readRows(text, { separator: form.separator, cr: form.lineEnd === '\r' });
  for (const { cells, line } of rows.slice(form.header ? 1 : 0)) {
    const dialled = form.dialled.map((column) => nationalDigits(cells[column]?.value ?? ''));
    const wrong = {
      listed: dialled.filter((national) => list.has(national)),
      beyond: cells.slice(form.columns.length).filter((cell) => !isBlank(cell)),
    };
    expect({ line, ...wrong }).toEqual({ line, listed: [], beyond: [] });
  }
}

function expectSummary({ outputs, summary }: Divided, actual: Record<string, unknown>): void {
  const { rows, rowsInDoubt, doubts, counts, reasons } = summary;
  expect(actual).toMatchObject({ rows, ...counts });
  expect(nonZero(actual['rows_in_doubt'])).toEqual(rowsInDoubt);
  for (const doubt of doubts) expect(actual['structure_doubts']).toContainEqual(doubt);
  if (doubts.length === 0) expect(actual['structure_doubts'] ?? []).toEqual([]);
  if (reasons !== undefined) expect(nonZero(actual['reasons'], CALLABLE_REASONS)).toEqual(reasons);
  const written = (actual['outputs'] as { kind: Output; rows: number; bytes: number }[]) ?? [];
  expect(written.map(({ kind }) => kind)).toEqual([...OUTPUTS]);
  expect(written.reduce((sum, output) => sum + output.rows, 0)).toBe(rows);
  for (const { kind, bytes } of written) expect({ kind, bytes }.bytes).toBe(outputs[kind].length);
}

const CALLABLE_REASONS: readonly string[] = ['not-listed', 'opt-in-later'];

/** Counts without those of nothing, and of what may be called. */
function nonZero(counts: unknown, aside: readonly string[] = []): Record<string, number> {
  const pairs = Object.entries((counts ?? {}) as Record<string, number>);
  return Object.fromEntries(pairs.filter(([name, n]) => n !== 0 && !aside.includes(name)));
}
