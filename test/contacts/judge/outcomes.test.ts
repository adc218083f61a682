import { describe, expect, it } from 'vitest';
import { SLOT_LOOKED_UP } from '#tacet/contacts/judge/numbers.js';
import {
  OUTCOME_OTHER_COLUMN_LISTED,
  OUTCOME_ROW_STRUCTURE,
} from '#tacet/contacts/judge/outcome.js';
import { settleBlock } from '#tacet/contacts/judge/outcomes.js';

const NOT_LISTED = 1;
const OPT_IN_LATER = 2;
const LISTED = 10;
const OBJECTION = 14;
const FOREIGN = 20;
const NO_DIGITS = 31;
const L = SLOT_LOOKED_UP;

const none = new Int32Array(0);
const NOTHING_UNREAD = {
  onePerRow: false,
  unreadAt: none,
  unread: new Uint8Array(0),
  cellStarts: none,
  cellEnds: none,
};

/** The outcome of one row by the slots and reasons of its numbers; `before`: what was there. */
function outcomeOf(numbers: readonly [slot: number, reason: number][], before = 0): number {
  // A row on either side, callable.
  const all: [number, number][] = [[0, NOT_LISTED], ...numbers, [0, NOT_LISTED]];
  const outcomes = Uint8Array.of(0, before, 0);
  const rows = Int32Array.from(all, (_, i) => (i === 0 ? 0 : i === all.length - 1 ? 2 : 1));
  const slots = Uint8Array.from(all, ([slot]) => slot);
  const reasons = Uint8Array.from(all, ([, reason]) => reason);
  const block = { bytes: new Uint8Array(0), rows: { starts: none, outcomes } };
  settleBlock({ ...NOTHING_UNREAD, count: all.length, rows, slots }, reasons, block, false);
  expect([outcomes[0], outcomes[2]]).toEqual([NOT_LISTED, NOT_LISTED]);
  return outcomes[1] ?? -1;
}

describe('what becomes of a row with several numbers', () => {
  it.each<[string, [number, number][], number]>([
    [
      'callable if all are',
      [
        [0, NOT_LISTED],
        [1, OPT_IN_LATER],
      ],
      NOT_LISTED,
    ],
    [
      'blocked if one is',
      [
        [0, NOT_LISTED],
        [1, LISTED],
      ],
      LISTED,
    ],
    [
      'blocked though one is undecided',
      [
        [0, FOREIGN],
        [1, LISTED],
      ],
      LISTED,
    ],
    [
      'blocked by the first that is',
      [
        [0, OBJECTION],
        [1, LISTED],
      ],
      OBJECTION,
    ],
    [
      'undecided if one is',
      [
        [0, NOT_LISTED],
        [1, NO_DIGITS],
      ],
      NO_DIGITS,
    ],
    [
      'undecided by the first that is',
      [
        [0, FOREIGN],
        [1, NO_DIGITS],
      ],
      FOREIGN,
    ],
    [
      'undecided if another column is listed',
      [
        [0, NOT_LISTED],
        [L, LISTED],
      ],
      OUTCOME_OTHER_COLUMN_LISTED,
    ],
    [
      'the same whatever the opt-in',
      [
        [0, NOT_LISTED],
        [L, OPT_IN_LATER],
      ],
      OUTCOME_OTHER_COLUMN_LISTED,
    ],
    [
      'the same by an objection',
      [
        [0, OPT_IN_LATER],
        [L, OBJECTION],
      ],
      OUTCOME_OTHER_COLUMN_LISTED,
    ],
    [
      'callable if another column is not listed',
      [
        [0, NOT_LISTED],
        [L, NOT_LISTED],
      ],
      NOT_LISTED,
    ],
    [
      'callable if another column is foreign',
      [
        [0, NOT_LISTED],
        [L, FOREIGN],
      ],
      NOT_LISTED,
    ],
    [
      'blocked though another column is listed',
      [
        [0, LISTED],
        [L, OBJECTION],
      ],
      LISTED,
    ],
    [
      'undecided as before, though another is listed',
      [
        [0, FOREIGN],
        [L, LISTED],
      ],
      FOREIGN,
    ],
  ])('%s', (_, numbers, outcome) => {
    expect(outcomeOf(numbers)).toBe(outcome);
  });

  it('a row in doubt stays it', () => {
    expect(outcomeOf([], OUTCOME_ROW_STRUCTURE)).toBe(OUTCOME_ROW_STRUCTURE);
  });

  it('the reason why a cell is no number takes the place of what was answered', () => {
    const reasons = Uint8Array.of(NOT_LISTED, NOT_LISTED, LISTED);
    const outcomes = new Uint8Array(4);
    const block = { bytes: new Uint8Array(0), rows: { starts: none, outcomes } };
    const unread = { unreadAt: Int32Array.of(1), unread: Uint8Array.of(NO_DIGITS) };
    const origins = { ...NOTHING_UNREAD, ...unread, count: 3, rows: none };
    const slots = new Uint8Array(0);
    settleBlock({ ...origins, slots, onePerRow: true }, reasons, block, false);
    expect([...outcomes]).toEqual([NOT_LISTED, NO_DIGITS, LISTED, 0]);
    const byRow = { rows: Int32Array.of(0, 2, 3), slots: new Uint8Array(3) };
    outcomes.fill(0);
    settleBlock({ ...origins, ...byRow }, Uint8Array.of(1, 1, LISTED), block, false);
    expect([...outcomes]).toEqual([NOT_LISTED, 0, NO_DIGITS, LISTED]);
  });
});

describe('where cells are emptied instead', () => {
  /** Settles rows of lines with cells `[reason:text]`; `[L reason:text]` nobody dials. */
  function settle(lines: readonly string[]) {
    let text = '';
    const found = { rows: [] as number[], slots: [] as number[], reasons: [] as number[] };
    const cells = { starts: [] as number[], ends: [] as number[] };
    const bounds = { starts: [] as number[], ends: [] as number[] };
    lines.forEach((line, row) => {
      bounds.starts.push(text.length);
      let slot = 0;
      for (const part of line.split(/(\[[^\]]*\])/)) {
        const [whole, lookedUp, reason, cell] = /^\[(L ?)?(\d+):(.*)\]$/s.exec(part) ?? [];
        if (whole !== undefined) {
          found.rows.push(row);
          found.slots.push(lookedUp === undefined ? slot++ : L);
          found.reasons.push(Number(reason));
          cells.starts.push(text.length);
          cells.ends.push(text.length + (cell ?? '').length);
        }
        text += whole === undefined ? part : cell;
      }
      bounds.ends.push(text.length);
    });
    const bytes = Buffer.from(text);
    const origins = {
      ...NOTHING_UNREAD,
      count: found.rows.length,
      rows: Int32Array.from(found.rows),
      slots: Uint8Array.from(found.slots),
      cellStarts: Int32Array.from(cells.starts),
      cellEnds: Int32Array.from(cells.ends),
    };
    const starts = Int32Array.from(bounds.starts);
    const outcomes = new Uint8Array(lines.length);
    const reasons = Uint8Array.from(found.reasons);
    settleBlock(origins, reasons, { bytes, rows: { starts, outcomes } }, true);
    return [...starts].map((start, row) => [
      bytes.toString('utf8', start, bounds.ends[row]),
      outcomes[row],
    ]);
  }

  it('a row stays callable while one number remains, the others are taken out', () => {
    expect(
      settle([
        'a;[10:0475123456];[1:0475000000];z\n',
        '[1:0475000000];b;[10:0475123456]\n',
        '[10:"0475;123456"];"x;""y""";[14:0475123457];[2:0475000001];[20:+33];z\r\n',
        '[1:0475000000];[1:0475000001]\n',
        '[10:0475123456][1:1]',
      ]),
    ).toEqual([
      ['a;;0475000000;z\n', 1],
      ['0475000000;b;\n', 1],
      [';"x;""y""";;0475000001;;z\r\n', 2],
      ['0475000000;0475000001\n', 1],
      ['1', 1],
    ]);
  });

  it('cells are taken out in whatever order the columns were named', () => {
    expect(settle(['[31:x];[10:0475123456];[1:0475000000]'])).toEqual([[';;0475000000', 1]]);
  });

  it('a row without a number that may be called stays as it is', () => {
    expect(
      settle([
        '[10:0475123456];[31:x]\n',
        '[31:x];[20:+33]\n',
        '[1:0475000000];[L10:0475123456]\n',
      ]),
    ).toEqual([
      ['0475123456;x\n', 10],
      ['x;+33\n', 31],
      ['0475000000;0475123456\n', OUTCOME_OTHER_COLUMN_LISTED],
    ]);
  });

  it('another column that is listed holds a row back, whatever could be emptied', () => {
    expect(settle(['[10:0475123456];[1:0475000000];[L2:0475123457]'])).toEqual([
      ['0475123456;0475000000;0475123457', OUTCOME_OTHER_COLUMN_LISTED],
    ]);
  });
});
