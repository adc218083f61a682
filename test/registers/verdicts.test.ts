import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeBatch } from '#tacet/client/batch.js';
import { mappedSource } from '#tacet/engine/judge.js';
import { KeyJudge } from '#tacet/engine/key-judge.js';
import { openView } from '#tacet/registers/look-up.js';
import { type Entry, packTable } from '#tacet/registers/table.js';
import { type Layers, type RegisterView, saying } from '#tacet/registers/view.js';
import { MatchPool } from '#tacet/threads/pool.js';
import type { Channel, Purpose } from '#tacet/verdict/approach.js';
import { CHANNELS, PURPOSES } from '#tacet/verdict/approach.js';
import { REASON_NAMES } from '#tacet/verdict/reason.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import { CONTEXT, setOf, TODAY } from '../threads/fixture.ts';

/**
 * Every combination of what a list, registers and a request can say of a number, against the rules
 * as CONTRACT has them, written out again here without a look at the engine.
 */

const REGISTERED = TODAY - 50;
const DAYS = {
  none: 0,
  before: TODAY - 80,
  same: REGISTERED,
  after: TODAY - 20,
  future: TODAY + 9,
};
const ENDS = { none: 0, early: TODAY - 60, late: TODAY - 10 };

interface Said {
  readonly listed: 'no' | 'dated' | 'undated' | 'foreign' | 'unreadable';
  readonly objector: 'nobody' | 'own' | 'firm' | 'lifted';
  readonly asked: keyof typeof DAYS;
  readonly registered: keyof typeof DAYS;
  readonly ended: keyof typeof ENDS;
  readonly endedBy: 'own' | 'firm';
}

function* combinations(): Iterable<Said> {
  for (const listed of ['no', 'dated', 'undated', 'foreign', 'unreadable'] as const)
    for (const objector of ['nobody', 'own', 'firm', 'lifted'] as const)
      for (const asked of Object.keys(DAYS) as (keyof typeof DAYS)[])
        for (const registered of Object.keys(DAYS) as (keyof typeof DAYS)[])
          for (const ended of Object.keys(ENDS) as (keyof typeof ENDS)[])
            for (const endedBy of ['own', 'firm'] as const)
              yield { listed, objector, asked, registered, ended, endedBy };
}

/** The rules, one after another. */
function oracle(said: Said, purpose: Purpose, channel: Channel): string {
  if (said.listed === 'unreadable') return 'too-short';
  if (purpose === 'service') return 'service-call';
  if (said.objector === 'own' || said.objector === 'firm') return 'objection';
  const end = ENDS[said.ended];
  const counting = [DAYS[said.asked], DAYS[said.registered]].filter(
    (day) => day > 0 && day <= TODAY && day > end,
  );
  const optIn = Math.max(0, ...counting);
  const isOnList = said.listed === 'dated' || said.listed === 'undated';
  const isLater = said.listed === 'dated' && optIn > REGISTERED;
  if (channel === 'sms' || channel === 'fax') {
    if (said.listed === 'foreign') return 'foreign';
    return optIn > 0 ? 'opt-in-given' : 'channel-needs-opt-in';
  }
  if (said.listed === 'foreign') return 'foreign';
  if (channel === 'automated') {
    if (isOnList) return isLater ? 'opt-in-given' : 'listed';
    return optIn > 0 ? 'opt-in-given' : 'channel-needs-opt-in';
  }
  if (!isOnList) return 'not-listed';
  if (isLater) return 'opt-in-later';
  const future = DAYS[said.asked] > TODAY && DAYS[said.asked] > end;
  if (optIn === 0 && !future) return 'listed';
  if (said.listed === 'undated') return 'registration-undated';
  return optIn > 0 ? 'opt-in-not-later' : 'opt-in-in-future';
}

const all = [...combinations()];
/** A number of its own for each. */
const keys = all.map(({ listed }, index) => {
  if (listed === 'foreign') return 33_612_000_000 + index;
  return listed === 'unreadable' ? 320 : 32_470_000_000 + index;
});

function entriesOf(whose: 'own' | 'firm'): Entry[] {
  return all.flatMap(({ objector, registered, ended, endedBy, listed }, index) => {
    if (listed === 'unreadable') return [];
    const isOwn = whose === 'own';
    const entry = {
      key: keys[index] as number,
      optInDay: isOwn ? DAYS[registered] : 0,
      endDay: endedBy === whose ? ENDS[ended] : 0,
      isObjected: objector === whose,
    };
    const saysNothing = entry.optInDay === 0 && entry.endDay === 0 && !entry.isObjected;
    return saysNothing && objector !== 'lifted' ? [] : [entry];
  });
}

const EMPTY = packTable([], 0);

/** Base alone, overlay alone, or a base that says the opposite under a right overlay. */
function layersOf(entries: Entry[], form: 'base' | 'overlay' | 'overridden'): Layers {
  const right = packTable(entries, entries.length);
  if (form === 'base') return { base: right, overlay: EMPTY };
  if (form === 'overlay') return { base: EMPTY, overlay: right };
  const wrong = entries.map((entry) => ({
    ...entry,
    ...{ optInDay: TODAY - 1, endDay: 0, isObjected: !entry.isObjected },
  }));
  return { base: packTable(wrong, wrong.length), overlay: right };
}

let id = 1_000_000;
const viewOf = (form: Parameters<typeof layersOf>[1]): RegisterView => ({
  id: ++id,
  revision: 1,
  own: layersOf(entriesOf('own'), form),
  firm: layersOf(entriesOf('firm'), form),
});

const list = new Map(
  all.flatMap(({ listed }, index) => {
    if (listed !== 'dated' && listed !== 'undated') return [];
    return [[keys[index] as number, listed === 'dated' ? REGISTERED : 0] as const];
  }),
);

const optInDays = all.map(({ asked }) => DAYS[asked]);
let pool: MatchPool;
beforeAll(() => {
  pool = new MatchPool({ workers: 2, inlineBytesMax: 0 });
});
afterAll(() => pool.destroy());

const wholes = PURPOSES.flatMap((purpose) =>
  CHANNELS.flatMap((channel) =>
    (['base', 'overlay', 'overridden'] as const).map((form) => ({ purpose, channel, form })),
  ),
);

it('there are combinations of every kind', () => {
  const expected = new Set(all.map((said) => oracle(said, 'direct-marketing', 'person')));
  expect(all.length).toBe(3_000);
  expect([...expected].sort()).toEqual(
    [
      ...['foreign', 'listed', 'not-listed', 'objection', 'opt-in-in-future', 'opt-in-later'],
      ...['opt-in-not-later', 'registration-undated', 'too-short'],
    ].sort(),
  );
});

it.each(wholes)('$purpose, $channel, from $form: as the rules say', async (asked) => {
  const { purpose, channel, form } = asked;
  const set = await setOf(list, form === 'base' ? 'wasm' : 'mapped');
  const approach = { purpose, channel };
  const expected = all.map((said) => oracle(said, purpose, channel));
  const view = viewOf(form);

  const judge = KeyJudge.open(mappedSource(set, KeyJudge.bytesOf(keys.length)), keys.length);
  keys.forEach((key, index) => {
    judge.words[index * 2] = key % 2 ** 32;
    judge.words[index * 2 + 1] = Math.floor(key / 2 ** 32);
    judge.optInDays[index] = optInDays[index] as number;
  });
  const call = { hasOptIns: true, todayDay: TODAY, approach, registers: view };
  const embedded = [...judge.reasons(keys.length, call)].map((reason) => REASON_NAMES[reason]);
  expect(embedded).toEqual(expected);

  const { request } = encodeBatch({ keys, optInDays: Uint32Array.from(optInDays) });
  const context = { ...CONTEXT, approach, reasonsField: 6 as const, registers: view };
  const answer = await pool.answer(request, set, context, { optionsAllowed: false });
  const { reasons } = decodeResponse(answer.body);
  expect([...reasons].map((reason) => REASON_NAMES[reason])).toEqual(expected);
});

it('a view is opened once on a thread, whatever copies of it arrive', () => {
  const view = viewOf('base');
  expect(openView({ ...view })).toBe(openView(view));
});

it('a view of nothing is not looked into', () => {
  const nothing = { base: EMPTY, overlay: EMPTY };
  const none: RegisterView = { id: 1, revision: 7, own: nothing, firm: nothing };
  const said = viewOf('overlay');
  expect(saying(undefined)).toBe(undefined);
  expect(saying(none)).toBe(undefined);
  expect(saying({ ...none, own: said.own })).toMatchObject({ own: said.own });
  expect(saying({ ...none, firm: said.own })).toMatchObject({ firm: said.own });
  expect(saying({ ...none, own: said.own, firm: undefined })).toBeDefined();
});
