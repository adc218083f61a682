/** What else contact files contain: foreign and special numbers, and text that is no number. */
import { type Random, WeightedChoice } from './random.ts';
import { writeBelgianPhone } from './writings.ts';

/** A country whose numbers contact files have: its code, and how many digits may follow. */
interface Country {
  readonly code: string;
  /** Leading digits of the national number, without trunk zero. */
  readonly prefixes: readonly string[];
  /** Digits of the national number, the prefix included. */
  readonly digits: number;
  /** Whether people like to add the trunk zero in brackets. */
  readonly trunkZero: boolean;
  readonly weight: number;
}

const country = (
  code: string,
  prefixes: string,
  options: { digits: number; trunkZero?: boolean; weight: number },
): Country => ({ code, prefixes: prefixes.split(' '), trunkZero: false, ...options });

const COUNTRIES = new WeightedChoice<Country>([
  // The French 04 has the digits of Belgian mobile numbers.
  country('33', '1 3 475 478 6 7 9', { digits: 9, trunkZero: true, weight: 30 }),
  country('31', '20 10 6', { digits: 9, trunkZero: true, weight: 30 }),
  country('49', '30 89 151 170 2', { digits: 10, trunkZero: true, weight: 18 }),
  country('49', '241 221', { digits: 11, trunkZero: true, weight: 4 }),
  country('352', '621 661 691', { digits: 9, weight: 10 }),
  country('352', '2', { digits: 6, weight: 4 }),
  country('44', '20 161 77 79', { digits: 10, trunkZero: true, weight: 12 }),
  country('39', '06 02', { digits: 10, weight: 5 }), // the zero is dialled
  country('39', '33 34', { digits: 10, weight: 4 }),
  country('34', '6 9', { digits: 9, weight: 5 }),
  country('41', '22 44 79', { digits: 9, trunkZero: true, weight: 3 }),
  country('48', '5 6', { digits: 9, weight: 3 }),
  country('40', '7', { digits: 9, weight: 3 }),
  country('212', '6', { digits: 9, weight: 3 }),
  country('90', '53', { digits: 10, weight: 2 }),
  country('1', '212 415', { digits: 10, weight: 3 }),
  country('243', '81 99', { digits: 9, weight: 2 }),
  country('86', '13', { digits: 11, weight: 1 }),
]);

/** A number of another country, in international writing. */
export function foreignPhone(random: Random): string {
  const { code, prefixes, digits, trunkZero } = COUNTRIES.pick(random);
  const prefix = random.pick(prefixes);
  const national = prefix + random.digits(digits - prefix.length);
  const grouped = national.replace(/(\d\d)(?=\d)/g, '$1 ');
  switch (random.below(7)) {
    case 0:
    case 1:
      return `+${code}${national}`;
    case 2:
      return `+${code} ${grouped}`;
    case 3:
      return `00${code}${national}`;
    case 4:
      return `00 ${code} ${grouped}`;
    case 5:
      return trunkZero ? `+${code} (0)${grouped}` : `(+${code}) ${grouped}`;
    default:
      return `tel:+${code}-${national}`;
  }
}

/** Leading digits of special numbers: toll free, shared cost, premium, universal access. */
const SPECIAL_PREFIXES = [
  ...['8001', '8005', '8009', '7879', '7020', '7025', '7030', '7037', '7044', '7066', '7077'],
  ...['9002', '9030', '9070', '7805', '7810', '7815', '7822', '7835', '7848', '7855', '7890'],
] as const;

/** A Belgian special number, which the list does not cover. */
export function specialPhone(random: Random): string {
  const national = random.pick(SPECIAL_PREFIXES) + random.digits(4);
  if (random.chance(0.7)) return writeBelgianPhone(national, random);
  return `0${national.slice(0, national.startsWith('800') ? 3 : 2)} ${national.slice(-5)}`;
}

/** Leading digits that belong to no zone; some once did. */
const UNASSIGNED_PREFIXES = ['17', '18', '20', '21', '29', '30', '39', '40', '41', '44', '62'];

/** Digits that look Belgian but are not: no such zone, one too few, one too many. */
export function unassignedPhone(random: Random): string {
  switch (random.below(5)) {
    case 0:
      return writeBelgianPhone(`4${random.between(0, 4)}${random.digits(7)}`, random);
    case 1:
      return writeBelgianPhone(`47${random.digits(6)}`, random);
    case 2:
      return `+32 47${random.digits(8)}`;
    default:
      return writeBelgianPhone(random.pick(UNASSIGNED_PREFIXES) + random.digits(6), random);
  }
}

/** A text that is not a phone number. */
interface Unreadable {
  readonly name: string;
  readonly weight: number;
  /** @param national a Belgian number that went into it */
  write(national: string, random: Random): string;
}

/** A Belgian mobile number as a spreadsheet shows it in a narrow column. */
function scientific(national: string, comma: string): string {
  return `${national[0]}${comma}${national.slice(1, 3)}E+0${national.length - 1}`;
}

const WORDS = ['inconnu', 'onbekend', 'n/a', 'privé', 'geheim', 'geen', 'bellen na 18u', 'N.C.'];

/**
 * Every kind of unreadable text, named by an example or a description. Three of them, the
 * apostrophe, the formula and the text made too long by spaces, are only wrapped: in a cell of a
 * contact file they are read as the number they hold.
 */
export const UNREADABLE: readonly Unreadable[] = [
  { name: 'empty', weight: 30, write: () => '' },
  { name: 'only separators', weight: 8, write: (_, random) => random.pick(['-', '/', '...', ' ']) },
  { name: 'words', weight: 18, write: (_, random) => random.pick(WORDS) },
  { name: 'question mark', weight: 4, write: (n) => `0${n} ?` },
  {
    name: 'letters among digits',
    weight: 8,
    write: (n) => `0${n.slice(0, 3)} XX XX ${n.slice(-2)}`,
  },
  { name: 'letter O for zero', weight: 4, write: (n) => `O${n}` },
  { name: '4.75E+08', weight: 20, write: (n) => scientific(n, '.') },
  { name: '4,75E+08', weight: 12, write: (n) => scientific(n, ',') },
  { name: '475123456.0', weight: 6, write: (n) => `${n}.0` },
  { name: 'apostrophe', weight: 6, write: (n) => `'0${n}` },
  { name: 'formula', weight: 4, write: (n) => `="0${n}"` },
  { name: 'two numbers', weight: 14, write: (n, r) => `0${n} / ${writeBelgianPhone(n, r)}` },
  { name: 'two numbers and a word', weight: 8, write: (n) => `0${n} ou +32${n}` },
  { name: 'two numbers and a comma', weight: 4, write: (n) => `0${n}, 0${n}` },
  { name: 'extension', weight: 8, write: (n, r) => `0${n} ext. ${r.between(10, 99)}` },
  { name: 'extension x', weight: 4, write: (n, r) => `+32${n}x${r.between(1, 99)}` },
  { name: 'extension #', weight: 2, write: (n, r) => `0${n} #${r.between(1, 99)}` },
  { name: 'tel: parameter', weight: 2, write: (n) => `tel:+32${n};ext=1` },
  { name: 'tel: behind', weight: 2, write: (n) => `0${n} tel:` },
  { name: 'plus behind', weight: 3, write: (n) => `0${n}+` },
  { name: 'two pluses', weight: 4, write: (n) => `++32${n}` },
  { name: 'plus and 00', weight: 6, write: (n) => `+0032${n}` },
  { name: 'plus and trunk zero', weight: 6, write: (n) => `+0${n}` },
  { name: 'three zeros', weight: 4, write: (n) => `00032${n}` },
  { name: 'too long a text', weight: 4, write: (n) => `0${n}${' '.repeat(64)}` },
  { name: 'sixteen digits', weight: 4, write: (n) => `+32${n}${n}`.slice(0, 17) },
  { name: 'country code not in use', weight: 2, write: (n) => `+999 ${n}` },
  { name: 'circled digits', weight: 1, write: (n) => `0${n.slice(0, -1)}\u2460` },
  { name: 'e-mail address', weight: 3, write: (_, r) => `info${r.between(1, 999)}@example.be` },
];

const unreadable = new WeightedChoice(UNREADABLE);

/** A text made from `national` that, wrappings aside, cannot be read as a number. */
export function unreadablePhone(national: string, random: Random): string {
  return unreadable.pick(random).write(national, random);
}
