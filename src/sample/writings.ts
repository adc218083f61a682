import { type Random, WeightedChoice } from './random.ts';

/** A way people write a Belgian phone number. Tacet can read all of them. */
interface Writing {
  readonly name: string;
  /** How common it is, in relation to the others. */
  readonly weight: number;
  /** @param national the national significant number, `475123456` or `21234567` */
  write(national: string, random: Random): string;
}

const NBSP = '\u00A0';
const NNBSP = '\u202F';
const WORD_JOINER = '\u2060';
const ZERO_WIDTH_SPACE = '\u200B';
const SOFT_HYPHEN = '\u00AD';
const BYTE_ORDER_MARK = '\uFEFF';

/** The zone or mobile prefix without its zero: one digit, two, or three for mobile numbers. */
function areaOf(national: string): string {
  if (national.length === 9) return national.slice(0, 3);
  return national.slice(0, /^[2349]/.test(national) ? 1 : 2);
}

/** What follows the area, in groups: 3-2-2 or 2-2-2. */
function groupsOf(national: string): string[] {
  const rest = national.slice(areaOf(national).length);
  const first = rest.length === 7 ? 3 : 2;
  return [rest.slice(0, first), rest.slice(first, first + 2), rest.slice(first + 2)];
}

/** `475 12 34 56`, with `separator` everywhere. */
function spaced(national: string, separator: string): string {
  return [areaOf(national), ...groupsOf(national)].join(separator);
}

/** `475/12.34.56`, with one separator after the area and another between the groups. */
function areaApart(national: string, [apart, separator]: readonly [string, string]): string {
  return areaOf(national) + apart + groupsOf(national).join(separator);
}

/** `475123456`, `475/123456` or `475 12 34 56`, whatever follows a prefix. */
function loosely(national: string, random: Random): string {
  switch (random.below(4)) {
    case 0:
      return national;
    case 1:
      return areaApart(national, ['/', '.']);
    default:
      return spaced(national, ' ');
  }
}

/** Digits of another script, whose zero is `zero`. */
function inDigits(text: string, zero: number): string {
  return text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
}

const INTERNATIONAL: readonly Writing[] = [
  { name: '+32475123456', weight: 100, write: (n) => `+32${n}` },
  { name: '+32 475 12 34 56', weight: 100, write: (n) => `+32 ${spaced(n, ' ')}` },
  { name: '+32-475-12-34-56', weight: 8, write: (n) => `+32-${spaced(n, '-')}` },
  { name: '+32.475.12.34.56', weight: 6, write: (n) => `+32.${spaced(n, '.')}` },
  { name: '+32 475/12.34.56', weight: 12, write: (n, r) => `+32 ${loosely(n, r)}` },
  { name: '+32 (0)475 12 34 56', weight: 24, write: (n, r) => `+32 (0)${loosely(n, r)}` },
  { name: '+32(0)475123456', weight: 10, write: (n) => `+32(0)${n}` },
  { name: '+32 (0) 475 12 34 56', weight: 4, write: (n) => `+32 (0) ${spaced(n, ' ')}` },
  { name: '+32 [0] 475 12 34 56', weight: 1, write: (n) => `+32 [0] ${spaced(n, ' ')}` },
  { name: '+320475123456', weight: 6, write: (n) => `+320${n}` },
  { name: '+32 0475 12 34 56', weight: 4, write: (n, r) => `+32 0${loosely(n, r)}` },
  { name: '(+32) 475 12 34 56', weight: 5, write: (n, r) => `(+32) ${loosely(n, r)}` },
  { name: '(+32)0475123456', weight: 2, write: (n) => `(+32)0${n}` },
  { name: '0032475123456', weight: 30, write: (n) => `0032${n}` },
  { name: '0032 475 12 34 56', weight: 14, write: (n, r) => `0032 ${loosely(n, r)}` },
  { name: '00 32 475 12 34 56', weight: 3, write: (n) => `00 32 ${spaced(n, ' ')}` },
  { name: '0032 (0)475 12 34 56', weight: 5, write: (n, r) => `0032 (0)${loosely(n, r)}` },
  { name: '00320475123456', weight: 4, write: (n) => `00320${n}` },
  { name: '(0032) 475 12 34 56', weight: 2, write: (n, r) => `(0032) ${loosely(n, r)}` },
  { name: '32475123456', weight: 32, write: (n) => `32${n}` },
  { name: '32 475 12 34 56', weight: 6, write: (n) => `32 ${spaced(n, ' ')}` },
  { name: '32 (0)475 12 34 56', weight: 1, write: (n) => `32 (0)${spaced(n, ' ')}` },
  { name: 'tel:+32475123456', weight: 6, write: (n) => `tel:+32${n}` },
  { name: 'tel:+32-475-12-34-56', weight: 3, write: (n) => `tel:+32-${spaced(n, '-')}` },
];

const NATIONAL: readonly Writing[] = [
  { name: '0475123456', weight: 210, write: (n) => `0${n}` },
  { name: '0475 12 34 56', weight: 150, write: (n) => `0${spaced(n, ' ')}` },
  { name: '0475/12.34.56', weight: 110, write: (n) => `0${areaApart(n, ['/', '.'])}` },
  { name: '0475/12 34 56', weight: 30, write: (n) => `0${areaApart(n, ['/', ' '])}` },
  { name: '0475/123456', weight: 40, write: (n) => `0${areaApart(n, ['/', ''])}` },
  { name: '0475-123456', weight: 15, write: (n) => `0${areaApart(n, ['-', ''])}` },
  { name: '0475 123456', weight: 25, write: (n) => `0${areaApart(n, [' ', ''])}` },
  { name: '0475-12-34-56', weight: 40, write: (n) => `0${spaced(n, '-')}` },
  { name: '0475.12.34.56', weight: 40, write: (n) => `0${spaced(n, '.')}` },
  { name: '0475 / 12 34 56', weight: 8, write: (n) => `0${areaApart(n, [' / ', ' '])}` },
  { name: '0475 - 12.34.56', weight: 3, write: (n) => `0${spaced(n, ' - ')}` },
  { name: '(0475) 12 34 56', weight: 15, write: (n) => `(0${areaOf(n)}) ${groupsOf(n).join(' ')}` },
  { name: '[0475]123456', weight: 1, write: (n) => `[0${areaOf(n)}]${groupsOf(n).join('')}` },
  { name: '(0)475123456', weight: 2, write: (n) => `(0)${n}` },
  { name: '475123456, lost zero', weight: 45, write: (n) => n },
  { name: '475 12 34 56, lost zero', weight: 6, write: (n) => spaced(n, ' ') },
  { name: '475/12.34.56, lost zero', weight: 4, write: (n, r) => loosely(n, r) },
  { name: 'tel:0475123456', weight: 2, write: (n) => `tel:0${n}` },
  { name: 'tel: 0475 12 34 56', weight: 1, write: (n) => `tel: 0${spaced(n, ' ')}` },
];

const ODD: readonly Writing[] = [
  { name: 'spaces around', weight: 10, write: (n, r) => ` 0${loosely(n, r)} ` },
  { name: 'double spaces', weight: 4, write: (n) => `0${spaced(n, '  ')}` },
  { name: 'tab behind', weight: 2, write: (n) => `0${n}\t` },
  { name: 'line feed behind', weight: 1, write: (n) => `0${spaced(n, ' ')}\n` },
  { name: 'no-break spaces', weight: 14, write: (n) => `0${spaced(n, NBSP)}` },
  { name: '+32, no-break spaces', weight: 6, write: (n) => `+32${NBSP}${spaced(n, NBSP)}` },
  { name: 'narrow no-break spaces', weight: 4, write: (n) => `+32 ${spaced(n, NNBSP)}` },
  { name: 'ideographic space', weight: 1, write: (n) => `0${spaced(n, '\u3000')}` },
  { name: 'other hyphens', weight: 6, write: (n, r) => `0${spaced(n, r.pick(HYPHENS))}` },
  { name: 'embedding marks', weight: 5, write: (n, r) => `\u202A+32 ${loosely(n, r)}\u202C` },
  { name: 'isolate marks', weight: 2, write: (n) => `\u2066+32${n}\u2069` },
  { name: 'left-to-right mark', weight: 3, write: (n) => `0${n}\u200E` },
  { name: 'zero-width spaces', weight: 2, write: (n) => `0${spaced(n, ZERO_WIDTH_SPACE)}` },
  { name: 'word joiners', weight: 1, write: (n) => `0${spaced(n, WORD_JOINER)}` },
  { name: 'soft hyphens', weight: 1, write: (n) => `0${spaced(n, SOFT_HYPHEN)}` },
  { name: 'byte order mark', weight: 2, write: (n) => `${BYTE_ORDER_MARK}0${n}` },
  { name: 'full-width digits', weight: 2, write: (n) => inDigits(`0${n}`, 0xff10) },
  {
    name: 'full-width throughout',
    weight: 2,
    write: (n) => inDigits(`\uFF0B32\uFF080\uFF09${areaApart(n, FULL_WIDTH)}`, 0xff10),
  },
  { name: 'Arabic-Indic digits', weight: 1, write: (n) => inDigits(`0${n}`, 0x0660) },
  { name: 'Devanagari digits', weight: 1, write: (n) => inDigits(`+32${n}`, 0x0966) },
  { name: 'mathematical digits', weight: 1, write: (n) => inDigits(`0${n}`, 0x1d7ce) },
  { name: 'mixed separators', weight: 8, write: mixed },
];

const FULL_WIDTH = ['\uFF0F', '\uFF0E'] as const;

const HYPHENS = ['\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE63'];

const MIXTURE = ['', '', '', '', ' ', '.', '-', '/', NBSP, '\u2013'];

/** A separator or none after each digit. */
function mixed(national: string, random: Random): string {
  return Array.from(`0${national}`, (digit) => digit + random.pick(MIXTURE)).join('');
}

/** All writings, most of them rare. Each is named by an example. */
export const WRITINGS: readonly Writing[] = [...INTERNATIONAL, ...NATIONAL, ...ODD];

const choice = new WeightedChoice(WRITINGS);

/** Writes a Belgian number in one of the ways people do. At most 64 bytes of UTF-8. */
export function writeBelgianPhone(national: string, random: Random): string {
  return choice.pick(random).write(national, random);
}
