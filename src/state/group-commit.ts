import { setTimeout as pause } from 'node:timers/promises';
import { errorToData, TacetError } from '../errors.ts';
import type { Database } from './database.ts';
import type { ThreadQuestion, ThreadWord } from './messages.ts';
import { isWriting, OPERATIONS } from './operations.ts';

/** Operations in one transaction; more wait for the next. */
const GROUP_MAX = 1_000;

/**
 * Puts operations that come at the same time into one transaction, since each costs a flush of the
 * disk. Each is answered once it is durable.
 *
 *   add() --> [ waiting ] --groupMs--> [ one transaction ] --> a word for each
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #tell: (word: ThreadWord) => void;
  readonly #groupMs: number;
  #waiting: ThreadQuestion[] = [];
  #running: Promise<void> | undefined;

  constructor(database: Database, tell: (word: ThreadWord) => void, groupMs: number) {
    this.#database = database;
    this.#tell = tell;
    this.#groupMs = groupMs;
  }

  add(question: ThreadQuestion): void {
    this.#waiting.push(question);
    this.#running ??= this.#run();
  }

  /** Does what waits, then closes the database. */
  async close(): Promise<void> {
    await this.#running;
    await this.#database.close();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await pause(this.#groupMs);
      await this.#commit(this.#waiting.splice(0, GROUP_MAX));
    }
    this.#running = undefined;
  }

  async #commit(group: readonly ThreadQuestion[]): Promise<void> {
    const startMs = performance.now();
    const isCommit = group.some(({ name }) => isWriting(name));
    try {
      const answers = await this.#database.transaction(async (statements) => {
        const found: (readonly [number, unknown])[] = [];
        for (const { id, name, input } of group) {
          found.push([id, await OPERATIONS[name](statements, input)]);
        }
        return found;
      });
      const commitMs = isCommit ? performance.now() - startMs : undefined;
      this.#tell({ kind: 'done', answers, commitMs });
    } catch (error) {
      const isRefusal = error instanceof TacetError && error.code !== 'ERR_STATE';
      // One was refused: the others are done without it.
      if (isRefusal && group.length > 1) for (const each of group) await this.#commit([each]);
      else {
        const ids = group.map(({ id }) => id);
        this.#tell({ kind: 'failed', ids, isCommit, error: errorToData(error) });
      }
    }
  }
}
