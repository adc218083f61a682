import { formatIsoDay } from '../../calendar/day.ts';
import { formatE164 } from '../../phone/plan.ts';
import { readPhoneText } from '../../phone/read.ts';
import { endOf, type Register } from '../../registers/standing.ts';
import type {
  EditRequestMessage,
  EditResponseMessage,
  ExportedEntryMessage,
  FindResponseMessage,
  RegisterEntryMessage,
} from '../../wire/gen/messages.ts';
import { EDIT_OPERATIONS } from '../../wire/registers/edit.ts';
import type { AnswerOf } from '../operations.ts';
import type { State } from '../state.ts';
import { invalid, readEdit, readRegister } from './read-edit.ts';

/** Whose registers somebody may see; the firm's are those of `*`. */
export type MayRead = (advertiser: string) => boolean;

/** Standings that are read at once. */
const PAGE_ENTRIES = 5_000;

const OPERATIONS: readonly (string | undefined)[] = EDIT_OPERATIONS;

type FoundStanding = AnswerOf<'registerStandings'>[number];

/** Where registers are edited and read by people, in the terms of the wire. */
export class RegisterDesk {
  readonly #state: Pick<State, 'run'>;
  readonly #belgian: boolean;

  /** @param region of numbers written nationally */
  constructor(state: Pick<State, 'run'>, region: string) {
    this.#state = state;
    this.#belgian = region === 'BE';
  }

  /**
   * Does an edit; resolves once it is durable. Errors: ERR_REQUEST, also for a request_id that was
   * used for something else; ERR_LIMIT, ERR_STATE.
   *
   * @param client what asks for it; noted beside the person
   */
  async edit(request: EditRequestMessage, client?: string): Promise<EditResponseMessage> {
    const reading = { belgian: this.#belgian, nowMs: Date.now() };
    const { edit: asked, indexes, refused } = readEdit(request, reading);
    const by = client === undefined ? asked.by : `${asked.by} (client ${client})`.trim();
    const edit = { ...asked, by };
    if (edit.numbers.length === 0) {
      const counts = { changed: 0, unchanged: 0, refused: refused.length };
      return { revision: await this.revision(), counts, refused: [...refused] };
    }
    const { revision, changed, unchanged, objected } = await this.#state.run('editRegister', edit);
    const objections = objected.flatMap((place) => indexes[place] ?? []);
    const all = [...refused, ...objections.map((index) => ({ index, reason: 'objection' }))];
    all.sort((one, other) => one.index - other.index);
    return { revision, counts: { changed, unchanged, refused: all.length }, refused: all };
  }

  /** The revision of the registers. Errors: ERR_STATE. */
  revision(): Promise<number> {
    return this.#state.run('registerRevision');
  }

  /** What stands of a number, and what led to it. Errors: ERR_REQUEST, ERR_STATE. */
  async find(phoneNumber: string, mayRead: MayRead): Promise<FindResponseMessage> {
    const number = readPhoneText(phoneNumber, this.#belgian);
    if (number <= 0) throw invalid('no phone number can be read', 'one phone number');
    const [standings, acts] = await Promise.all([
      this.#state.run('registerStandings', { number }),
      this.#state.run('registerHistory', { number }),
    ]);
    return {
      e164: formatE164(number),
      standing: standings.filter(({ advertiser }) => mayRead(advertiser)).map(entryOf),
      acts: acts
        .filter(({ advertiser }) => mayRead(advertiser))
        .map(({ operation, day, atMs, ...act }) => ({
          ...act,
          op: OPERATIONS.indexOf(operation),
          day: dayText(day),
          atUnixMs: atMs,
        })),
    };
  }

  /**
   * All that stands in a register: objections that were not lifted, opt-ins that have not ended. In
   * pages, in the order of advertisers and numbers.
   *
   * @param advertiser '' = everybody
   */
  async *export(
    { register, advertiser }: { readonly register: string; readonly advertiser: string },
    mayRead: MayRead,
  ): AsyncGenerator<ExportedEntryMessage[]> {
    const stands = STANDS[readRegister(register)];
    let after = { advertiser, number: 0 };
    for (;;) {
      const page = await this.#state.run('registerPage', { ...after, max: PAGE_ENTRIES });
      const own = page.filter((each) => advertiser === '' || each.advertiser === advertiser);
      const entries = own
        .filter((each) => stands(each) && mayRead(each.advertiser))
        .map((each) => ({ e164: formatE164(each.number), standing: entryOf(each) }));
      if (entries.length > 0) yield entries;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ENTRIES || own.length < page.length) return;
      after = last;
    }
  }
}

const STANDS: Readonly<Record<Register, (standing: FoundStanding) => boolean>> = {
  objections: ({ objectionDay }) => objectionDay > 0,
  'opt-ins': (standing) => standing.optInDay > endOf(standing),
};

function entryOf(found: FoundStanding): RegisterEntryMessage {
  return {
    advertiser: found.advertiser,
    objectionDay: dayText(found.objectionDay),
    endedDay: dayText(found.endedDay),
    optInDay: dayText(found.optInDay),
  };
}

/** 0 = none. */
function dayText(epochDay: number): string {
  return epochDay === 0 ? '' : formatIsoDay(epochDay);
}
