/** Seeded phone number writings: good, odd and broken, Belgian and foreign. */

/** A xorshift32 generator: the same `seed` (not 0) gives the same run. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

type Random = (below: number) => number;

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T; // proof: the index is below the length, none is empty
}

function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += random(10);
  return text;
}

// biome-ignore format: a table
const BELGIAN_STARTS = [
  // fixed, one start at least of each part of the pattern
  '802', '808', '10', '16', '19', '2', '22', '28', '3', '32', '33', '38', '42', '43', '50', '59',
  '60', '61', '63', '64', '65', '67', '69', '71', '81', '87', '89', '92', '93', '94',
  // special
  '8001', '8009', '7879', '7020', '7025', '7034', '7044', '7066', '7079', '900', '909', '7805',
  '7811', '7822', '7835', '7848', '7855', '7860', '7877', '7899',
  // in none of the ranges
  '17', '18', '21', '29', '31', '39', '40', '44', '62', '66', '72', '77', '80', '8000', '88', '91',
  '95', '99', '7026', '7806',
] as const;

function belgianNational(random: Random): string {
  const kind = random(8);
  if (kind < 3) return `4${random(4) === 0 ? random(10) : 5 + random(5)}${digits(random, 7)}`;
  if (kind < 7) {
    const start = pick(random, BELGIAN_STARTS);
    return start + digits(random, 8 - start.length);
  }
  return String(1 + random(9)) + digits(random, random(11));
}

const JOINTS = [' ', ' ', '.', '/', '-', '', '  ', ' - ', '\u00a0', '\u202f'] as const;

function grouped(random: Random, national: string): string {
  const joint = pick(random, JOINTS);
  const first = 1 + random(3);
  const size = 2 + random(2);
  let text = national.slice(0, first);
  for (let at = first; at < national.length; at += size) {
    text += (random(6) === 0 ? pick(random, JOINTS) : joint) + national.slice(at, at + size);
  }
  return text;
}

function belgianWriting(random: Random): string {
  const national =
    random(3) === 0 ? belgianNational(random) : grouped(random, belgianNational(random));
  switch (random(12)) {
    case 0:
      return `+32${national}`;
    case 1:
      return `+32 ${national}`;
    case 2:
      return `+32 (0)${national}`;
    case 3:
      return `0032 ${random(2) === 0 ? '0' : ''}${national}`;
    case 4:
      return `32${random(8) === 0 ? '0' : ''}${national}`;
    case 5:
      return national;
    case 6:
      return `(0${national.slice(0, 2)})${national.slice(2)}`;
    case 7:
      return `${pick(random, ['tel:', 'TEL:', 'Tel: ', ' tel:'])}+32${national}`;
    case 8:
      return `${pick(random, ['(+32)', '[+32]', ' +32', '+ 32', '(0032)', '+(32)'])} ${national}`;
    default:
      return `0${national}`;
  }
}

// biome-ignore format: a table
const FOREIGN_CODES = [
  '1', '7', '20', '27', '30', '31', '33', '34', '39', '40', '41', '44', '49', '352', '353', '351',
  '212', '213', '216', '225', '237', '242', '243', '250', '36', '370', '375', '377', '378', '379',
  '380', '45', '48', '509', '52', '54', '55', '56', '599', '61', '65', '681', '76', '800', '808',
  '81', '84', '86', '870', '878', '881', '882', '883', '888', '90', '91', '979', '993', '998',
  // assigned to nobody
  '210', '259', '28', '384', '422', '671', '693', '801', '854', '969', '991', '999', '0',
] as const;

function foreignWriting(random: Random): string {
  const code = pick(random, FOREIGN_CODES);
  const rest = digits(random, random(5) === 0 ? random(15) : 7 + random(4));
  const prefix = pick(random, ['+', '+', '00', '00 ', '\uff0b']);
  const zero = pick(random, ['', '', '', '(0)', '0', ' (0) ', '[0]']);
  return `${prefix}${code}${zero}${random(2) === 0 ? rest : grouped(random, rest)}`;
}

const ZEROS = [
  0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x17e0, 0xff10, 0x104a0, 0x1d7ce, 0x1fbf0,
] as const;
const MARKS = [
  '\u200b',
  '\u200e',
  '\u202a',
  '\u202c',
  '\u2060',
  '\u2066',
  '\ufeff',
  '\u00ad',
] as const;

function otherScript(random: Random, text: string): string {
  const zero = pick(random, ZEROS);
  const share = random(2) === 0 ? 1 : 3;
  return text.replace(/\d/g, (digit) =>
    random(share) === 0 ? String.fromCodePoint(zero + Number(digit)) : digit,
  );
}

const FULL_WIDTH = new Map([
  ['+', '\uff0b'],
  ['-', '\uff0d'],
  ['.', '\uff0e'],
  ['/', '\uff0f'],
  ['(', '\uff08'],
  [')', '\uff09'],
  ['[', '\uff3b'],
  [']', '\uff3d'],
  [' ', '\u3000'],
]);

// biome-ignore format: a table
const INSERTS = [
  '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ' ', '.', '-', '/', '(', ')', '+', '\t', '\n',
  '(0)', 'x', 'A', 'E', ',', ';', "'", '~', '#', '*', '\u2013', '\u2212', '\u2007', '\u00b2',
  '\ufffd',
] as const;

function mutated(random: Random, text: string): string {
  const at = random(text.length + 1);
  switch (random(3)) {
    case 0:
      return text.slice(0, at) + pick(random, INSERTS) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    default:
      return text.slice(0, at) + pick(random, INSERTS) + text.slice(at + 1);
  }
}

// biome-ignore format: a table
const TAILS = [
  ' ext. 12', ' x12', ';ext=12', ' poste 3', ',123', '#4', ' GSM', ' (bureau)', '.0', '.00', '.000',
  'E+08', ' / 02 123 45 67', ' of 0475123456', '  ', '\r', '/68', ')',
  ' '.repeat(40), ' -'.repeat(30),
] as const;

/** One writing; the mix is about a third each of Belgian, foreign and damaged ones. */
export function writing(random: Random): string {
  let text = random(4) === 0 ? foreignWriting(random) : belgianWriting(random);
  const twist = random(24);
  if (twist === 0) text = otherScript(random, text);
  else if (twist === 1) text = text.replace(/./g, (c) => FULL_WIDTH.get(c) ?? c);
  else if (twist === 2) text = pick(random, MARKS) + text + pick(random, MARKS);
  else if (twist === 3) text += pick(random, TAILS);
  else if (twist === 4) text = `${belgianNational(random)}${pick(random, ['.0', '.00', '.000'])}`;
  else if (twist === 5) text = `0${grouped(random, belgianNational(random))} ${text}`;
  else if (twist < 13) text = mutated(random, text);
  if (twist === 12) text = mutated(random, mutated(random, text));
  return text;
}
