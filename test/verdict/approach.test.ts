import { describe, expect, it } from 'vitest';
import { type Approach, isUsual } from '#tacet/verdict/approach.js';
import { REASON_NAMES, verdictOfReason } from '#tacet/verdict/reason.js';
import { reasonOf, reasonOfListed } from '#tacet/verdict/rules.js';
import { APPROACHES, reasonFor, verdictFor } from '../threads/reasons.ts';

const TODAY = 20_779;
const REGISTERED = 20_000;
const KEY = 32_475_123_456;

/** The days of opt-ins, in the order of the columns below. */
const OPT_INS = {
  none: 0,
  before: REGISTERED - 1,
  'same day': REGISTERED,
  after: REGISTERED + 1,
  today: TODAY,
  future: TODAY + 1,
};

/** Of what the list covers: on it, on it since an unknown day, or not on it. */
const NUMBERS = { listed: REGISTERED, undated: 0, unlisted: undefined };

// The contract's table, *Purpose and channel*, written out. Sources: Code of Economic Law, VI.110
// to VI.115 (direct marketing by phone); directive 2002/58/EC, art. 13(1) (automated calls, fax and
// electronic mail, which SMS is); DNCM's FAQ for companies (informational calls).
const LISTED = 'listed';
const NEEDED = 'channel-needs-opt-in';
const GIVEN = 'opt-in-given';
const FREE = 'not-listed';
const LATER = 'opt-in-later';
const NOT_LATER = 'opt-in-not-later';
const FUTURE = 'opt-in-in-future';
const UNDATED = 'registration-undated';

const OPT_IN_ALONE = [NEEDED, GIVEN, GIVEN, GIVEN, GIVEN, NEEDED];
const TABLE: Readonly<Record<string, Record<keyof typeof NUMBERS, readonly string[]>>> = {
  person: {
    listed: [LISTED, NOT_LATER, NOT_LATER, LATER, LATER, FUTURE],
    undated: [LISTED, UNDATED, UNDATED, UNDATED, UNDATED, UNDATED],
    unlisted: [FREE, FREE, FREE, FREE, FREE, FREE],
  },
  automated: {
    listed: [LISTED, LISTED, LISTED, GIVEN, GIVEN, LISTED],
    undated: [LISTED, LISTED, LISTED, LISTED, LISTED, LISTED],
    unlisted: OPT_IN_ALONE,
  },
  sms: { listed: OPT_IN_ALONE, undated: OPT_IN_ALONE, unlisted: OPT_IN_ALONE },
};

/** What the table says of one number, for one approach. */
function expected(
  { purpose, channel }: Approach,
  number: keyof typeof NUMBERS,
  optIn: keyof typeof OPT_INS,
): string | undefined {
  if (purpose === 'service') return 'service-call';
  const row = TABLE[channel === 'fax' ? 'sms' : channel]?.[number];
  return row?.[Object.keys(OPT_INS).indexOf(optIn)];
}

// The keys of object literals.
const numbers = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
const optIns = Object.keys(OPT_INS) as (keyof typeof OPT_INS)[];

describe.each(APPROACHES)('$purpose, $channel', (approach) => {
  it.each(numbers)('of a number that is %s follows the table', (number) => {
    const registered = NUMBERS[number];
    for (const optIn of optIns) {
      const optInDay = OPT_INS[optIn];
      const reason = reasonOf(approach, registered !== undefined, registered ?? 0, optInDay, TODAY);
      expect(REASON_NAMES[reason], optIn).toBe(expected(approach, number, optIn));
      // The reference of the other tests says the same.
      const state = { registered, optIn: optInDay, today: TODAY };
      expect(reasonFor(approach, KEY, state), optIn).toBe(reason);
      expect(verdictFor(reason), optIn).toBe(verdictOfReason(reason));
    }
  });

  it('is that of the reference for all small days, the greatest, and no number', () => {
    const days = [0, 1, 2, 3, 4, 65_535, 0xffff_ffff];
    for (const registered of [undefined, 0, 1, 2, 3, 4, 65_535]) {
      for (const optIn of days) {
        for (const today of [1, 2, 3, 65_535]) {
          const reason = reasonOf(
            approach,
            registered !== undefined,
            registered ?? 0,
            optIn,
            today,
          );
          const state = { registered, optIn, today };
          expect(reason, `${registered} ${optIn} ${today}`).toBe(reasonFor(approach, KEY, state));
        }
      }
    }
    const none = reasonOf(approach, false, 0, Number.NaN, TODAY);
    expect(none).toBe(reasonFor(approach, KEY, { registered: undefined, today: TODAY }));
  });
});

it('an opt-in that counts for a machine counts for a person, and never the other way round', () => {
  for (let registered = 0; registered < 5; registered++) {
    for (let optIn = 0; optIn < 6; optIn++) {
      const automated = { purpose: 'direct-marketing', channel: 'automated' } as const;
      const byMachine = verdictOfReason(reasonOf(automated, true, registered, optIn, 4));
      expect(byMachine).toBe(verdictOfReason(reasonOfListed(registered, optIn, 4)));
    }
  }
});

it('only direct marketing by a person is usual', () => {
  expect(APPROACHES.filter(isUsual)).toEqual([{ purpose: 'direct-marketing', channel: 'person' }]);
});
