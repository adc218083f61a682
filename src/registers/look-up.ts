import { type Entry, RegisterTable } from './table.ts';
import type { Layers, RegisterView } from './view.ts';

/** A batch that registers say something about. */
interface LookedUp {
  /** Keys as pairs of u32, low word first. */
  readonly words: Uint32Array;
  readonly count: number;
  /**
   * The request's opt-ins as epoch days, or zeros; becomes the latest that counts or, where none
   * does, what the request said unless it has ended. Undefined = neither has any.
   */
  readonly optInDays: Uint32Array | undefined;
  /** Today in Brussels when the stream began, as an epoch day. */
  readonly todayDay: number;
  /** Receives the places of the keys that are objected to, ascending. */
  readonly objected: Uint32Array;
}

/** Views that a thread keeps open: those of the batches it answers in turn. */
const OPEN_MAX = 16;

/** By id; the oldest first. */
const opened = new Map<number, RegisterLookUp>();

/** Opens a view on this thread, or finds it open. */
export function openView(view: RegisterView): RegisterLookUp {
  const known = opened.get(view.id);
  if (known !== undefined) return known;
  for (const id of opened.keys()) {
    if (opened.size < OPEN_MAX) break;
    opened.delete(id);
  }
  const lookUp = new RegisterLookUp(view);
  opened.set(view.id, lookUp);
  return lookUp;
}

/** The tables of a register, opened; those that are empty cost nothing. */
class OpenLayers {
  readonly tables: readonly RegisterTable[];
  readonly #overlay: RegisterTable | undefined;
  readonly #base: RegisterTable | undefined;

  constructor({ overlay, base }: Layers) {
    this.#overlay = overlay.count > 0 ? new RegisterTable(overlay) : undefined;
    this.#base = base.count > 0 ? new RegisterTable(base) : undefined;
    this.tables = [this.#overlay, this.#base].filter((table) => table !== undefined);
  }

  /** What is said of a key: by the overlay, else by the base; undefined = nothing. */
  find(low: number, high: number): Found | undefined {
    return findIn(this.#overlay, low, high) ?? findIn(this.#base, low, high);
  }
}

type Found = Omit<Entry, 'key'>;

function findIn(table: RegisterTable | undefined, low: number, high: number): Found | undefined {
  const place = table?.find(low, high) ?? -1;
  if (table === undefined || place < 0) return undefined;
  return {
    optInDay: table.optInDayAt(place),
    endDay: table.endDayAt(place),
    isObjected: table.isObjectedAt(place),
  };
}

/** A view opened on this thread. */
class RegisterLookUp {
  /** Whether opt-ins must be looked at though the request has none. */
  readonly hasOptIns: boolean;
  readonly #own: OpenLayers;
  readonly #firm: OpenLayers | undefined;
  readonly #tables: readonly RegisterTable[];
  /** Allocated on first use; grows to the size of the largest batch. */
  #candidates = new Uint32Array(0);

  constructor(view: RegisterView) {
    this.#own = new OpenLayers(view.own);
    this.#firm = view.firm && new OpenLayers(view.firm);
    this.#tables = [...this.#own.tables, ...(this.#firm?.tables ?? [])];
    this.hasOptIns = this.#tables.some(({ packed }) => packed.hasOptIns);
  }

  /** Looks a batch up; returns how many of its keys are objected to. */
  look(batch: LookedUp): number {
    const { words, optInDays, todayDay, objected } = batch;
    const candidates = this.#candidatesOf(batch);
    let objections = 0;
    for (const i of candidates) {
      // In range: candidates are indexes of keys.
      const low = words[i * 2] as number;
      const high = words[i * 2 + 1] as number;
      const own = this.#own.find(low, high);
      const firm = this.#firm?.find(low, high);
      if (own === undefined && firm === undefined) continue;
      if (own?.isObjected || firm?.isObjected) objected[objections++] = i;
      if (optInDays === undefined) continue;
      const endDay = Math.max(own?.endDay ?? 0, firm?.endDay ?? 0);
      optInDays[i] = laterOptIn(optInDays[i] as number, own?.optInDay ?? 0, endDay, todayDay);
    }
    return objections;
  }

  /** The indexes of keys of which something may be said, ascending. */
  #candidatesOf({ words, count }: LookedUp): Uint32Array {
    const tables = this.#tables;
    // The loop writes one beyond the last that it keeps.
    const room = count * tables.length + 1;
    if (this.#candidates.length < room) this.#candidates = new Uint32Array(room);
    const candidates = this.#candidates;
    let end = 0;
    for (const table of tables) end = table.candidates(words, count, candidates, end);
    const found = candidates.subarray(0, end);
    return tables.length < 2 ? found : unique(found.sort());
  }
}

/** Without what is there twice; in place. */
function unique(sorted: Uint32Array): Uint32Array {
  let end = 0;
  for (const value of sorted) {
    if (end === 0 || sorted[end - 1] !== value) sorted[end++] = value;
  }
  return sorted.subarray(0, end);
}

/**
 * The opt-in that a verdict is given by: the later of those that have not ended and are not in the
 * future; if there is none, the request's own unless it has ended. Epoch days, 0 = none.
 */
function laterOptIn(asked: number, registered: number, endDay: number, todayDay: number): number {
  const own = asked > endDay ? asked : 0;
  const kept = registered > endDay && registered <= todayDay ? registered : 0;
  if (own > todayDay) return kept > 0 ? kept : own;
  return Math.max(own, kept);
}
