/** Processes that write to a store until they are killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeList } from './fixture.ts';

const CHILD = join(import.meta.dirname, 'kill-child.mjs');
const LISTS = 10;

/** Lists for a child to add; the path of the file that names them. */
export async function writeLists(folder: string): Promise<string> {
  const lists: unknown[] = [];
  for (let i = 0; i < LISTS; i++) {
    const path = join(folder, `${i}.tacet`);
    lists.push({ path, record: await writeList(path, 20_000 + i, [32_475_000_000 + i]) });
  }
  writeFileSync(join(folder, 'lists.json'), JSON.stringify(lists));
  return join(folder, 'lists.json');
}

/** A process that writes to a store; see kill-child.mjs for its arguments. */
export class WritingChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting: { readonly dots: number; readonly resolve: () => void }[] = [];
  #dots = 0;
  #errors = '';

  constructor(...args: readonly string[]) {
    const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    child.stderr.on('data', (text) => {
      this.#errors += text;
    });
    child.stdout.on('data', (dots: Buffer) => {
      this.#dots += dots.length;
      for (const waiting of this.#waiting) if (this.#dots >= waiting.dots) waiting.resolve();
    });
  }

  /** Resolves when it has done that many rounds, or has ended. */
  async rounds(count: number): Promise<void> {
    // The first dot is for the start.
    const dots = count + 1;
    if (this.#dots >= dots) return;
    const reached = new Promise<void>((resolve) => this.#waiting.push({ dots, resolve }));
    await Promise.race([reached, this.#exited]);
  }

  /** Ends it at once. It never ends by itself but for an error, which is thrown here. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
    if (this.#process.exitCode !== null) throw new Error(this.#errors);
  }
}
