import { RegisterTable } from './table.ts';
import { type Layers, type RegisterView, totalsOf } from './view.ts';

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

/** The tables of a register, the one that goes before first. */
class OpenLayers {
  readonly overlay: RegisterTable | undefined;
  readonly base: RegisterTable | undefined;

  constructor({ overlay, base }: Layers) {
    // An empty table costs nothing.
    this.overlay = overlay.count > 0 ? new RegisterTable(overlay) : undefined;
    this.base = base.count > 0 ? new RegisterTable(base) : undefined;
  }
}

/** A view opened on this thread. */
class RegisterLookUp {
  /** Whether opt-ins must be looked at though the request has none. */
  readonly hasOptIns: boolean;
  readonly #own: OpenLayers;
  readonly #firm: OpenLayers | undefined;
  readonly #isEmpty: boolean;
  readonly #movesOptIns: boolean;

  constructor(view: RegisterView) {
    const { hasOptIns, hasEnds, hasObjections } = totalsOf(view);
    this.hasOptIns = hasOptIns;
    this.#movesOptIns = hasOptIns || hasEnds;
    this.#isEmpty = !this.#movesOptIns && !hasObjections;
    this.#own = new OpenLayers(view.own);
    this.#firm = view.firm && new OpenLayers(view.firm);
  }

  /** Looks a batch up; returns how many of its keys are objected to. */
  look({ words, count, optInDays, todayDay, objected }: LookedUp): number {
    if (this.#isEmpty) return 0;
    const days = this.#movesOptIns ? optInDays : undefined;
    const ownOverlay = this.#own.overlay;
    const ownBase = this.#own.base;
    const firmOverlay = this.#firm?.overlay;
    const firmBase = this.#firm?.base;
    let objections = 0;
    for (let i = 0; i < count; i++) {
      // In range: count is at most the length of each.
      const low = words[i * 2] as number;
      const high = words[i * 2 + 1] as number;
      let optInDay = 0;
      let endDay = 0;
      let isObjected = false;
      let table = ownOverlay;
      let place = table === undefined ? -1 : table.find(low, high);
      if (place < 0) {
        table = ownBase;
        place = table === undefined ? -1 : table.find(low, high);
      }
      if (place >= 0 && table !== undefined) {
        optInDay = table.optInDayAt(place);
        endDay = table.endDayAt(place);
        isObjected = table.isObjectedAt(place);
      }
      table = firmOverlay;
      place = table === undefined ? -1 : table.find(low, high);
      if (place < 0) {
        table = firmBase;
        place = table === undefined ? -1 : table.find(low, high);
      }
      if (place >= 0 && table !== undefined) {
        endDay = Math.max(endDay, table.endDayAt(place));
        isObjected = isObjected || table.isObjectedAt(place);
      }
      if (isObjected) objected[objections++] = i;
      if (days !== undefined) {
        days[i] = laterOptIn(days[i] as number, optInDay, endDay, todayDay);
      }
    }
    return objections;
  }
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
