/** Several columns: dialled, not dialled, of a country, of opt-ins. */

import {
  callableNational,
  foreign,
  LIST,
  listedNational,
  pick,
  type Random,
  written,
  writtenOtherwise,
} from '../numbers.ts';
import {
  type Asked,
  CALLABLE,
  type ContactCase,
  FOREIGN,
  LISTED,
  OPTED_IN,
  Sheet,
  unreadable,
} from '../sheet.ts';
import { formOf } from './structure.ts';

const PHONE_NAMES = [
  ['phone', 'mobile'],
  ['Tel. klant', 'Tel. verkoper'],
  ['gsm', 'telefoon'],
  ['Téléphone', 'Portable'],
  ['Home phone', 'Work phone'],
  ['tel1', 'tel2'],
  ['gsm privé', 'gsm werk'],
  ['contact', 'reserve'],
  ['Phone', 'Fax'],
] as const;

/** A filled cell with the answer to it; listed in one of three. */
function number(random: Random): [string, Asked] {
  if (random(3) === 0) return [written(random, listedNational(random)), LISTED];
  return [written(random, callableNational(random)), CALLABLE];
}

export function twoPhoneColumns(random: Random, title: string): ContactCase {
  const [one, other] = pick(random, PHONE_NAMES);
  const columns = random(2) === 0 ? ['name', one, other] : [one, 'city', other];
  const sepLine = random(3) === 0;
  const form = formOf(random);
  const line = sepLine ? `sep=${form.separator}${form.lineEnd}` : '';
  const sheet = new Sheet({ ...form, columns, sepLine: line });
  for (let row = 0; row < 8; row++) {
    const [[first], [second]] = [number(random), number(random)];
    sheet.judged(columns[0] === 'name' ? ['An', first, second] : [first, 'Gent', second], []);
  }
  return sheet.refused(title, ['--column'], []);
}

/** Blocked if one is, else undecided if one is, else callable; empty ones aside. */
export function severalColumns(random: Random, title: string): ContactCase {
  const columns = ['home', 'name', 'mobile', 'work'];
  const sheet = new Sheet(formOf(random, { columns, dialled: [0, 2, 3] }));
  for (let row = 0; row < 14; row++) {
    const cells = ['', 'An', '', ''];
    const asked: Asked[] = [];
    for (const column of [0, 2, 3]) {
      const choice = random(6);
      const [text, answer] = choice === 0 ? [foreign(random), FOREIGN] : number(random);
      if (choice === 1) continue;
      cells[column] = text;
      asked.push(answer);
    }
    const worst = (verdict: string) => asked.filter((one) => one.verdict === verdict);
    const [decides] = [...worst('blocked'), ...worst('not-covered'), ...asked];
    const printed = decides === undefined ? [] : [decides];
    sheet.judged(cells, printed, asked.length > 0 ? { asked } : {});
  }
  return sheet.case(
    title,
    ['home', 'mobile', '4'].flatMap((name) => ['--column', name]),
  );
}

/** Cells of numbers that are blocked are emptied; a row without any other is blocked as it came. */
export function emptiedCells(random: Random, title: string): ContactCase {
  const columns = ['name', 'home', 'mobile', 'city'];
  const sheet = new Sheet(formOf(random, { columns, dialled: [1, 2] }));
  const { separator } = sheet.form;
  for (let row = 0; row < 14; row++) {
    const answers = [number(random), number(random)];
    const [[home, first], [mobile, second]] = answers as [[string, Asked], [string, Asked]];
    const cells = pick(random, [
      ['An', home, mobile, 'Gent'],
      ['An', home, mobile, 'Gent'],
      ['"An"', '', mobile, 'x'],
      ['An', home, mobile],
    ]);
    const asked = cells[1] === '' ? [second] : [first, second];
    if (!asked.includes(CALLABLE)) sheet.judged(cells, [LISTED], { asked });
    else {
      const stays = [true, cells[1] === '' || first === CALLABLE, second === CALLABLE, true];
      const kept = cells.map((cell, column) => (stays[column] ? cell : '')).join(separator);
      sheet.judged(cells, [CALLABLE], { asked, written: kept });
    }
  }
  return sheet.case(title, [
    ...['--column', 'home', '--column', 'mobile'],
    ...['--blocked-cells', 'empty'],
  ]);
}

/** What stands in a column that is not dialled. */
interface Other {
  readonly name: string;
  readonly listed: (random: Random) => string;
  readonly callable: (random: Random) => string;
  /** Read and asked; false: a column whose name says what else its digits are. */
  readonly lookedUp: boolean;
}

const inAnyWriting = (national: (random: Random) => string) => (random: Random) =>
  pick(random, [written, writtenOtherwise])(random, national(random));
const inClearWriting = (national: (random: Random) => string) => (random: Random) =>
  written(random, national(random));

function otherOf(random: Random, kind: 'name' | 'content' | 'cell' | 'aside'): Other {
  const writing = kind === 'cell' || kind === 'aside' ? inClearWriting : inAnyWriting;
  const names = {
    name: ['mobile', 'gsm', 'Tel. werk', 'téléphone 2', 'telefoon thuis', 'phone2'],
    content: ['b', 'reserve', 'contact', 'x1'],
    cell: ['note', 'opmerking', 'memo', 'b'],
    aside: ['ondernemingsnummer', 'BTW-nummer', 'TVA', 'VAT number', 'IBAN', 'rekening', 'KBO'],
  };
  return {
    name: pick(random, names[kind]),
    listed: writing(listedNational),
    callable: writing(callableNational),
    lookedUp: kind !== 'aside',
  };
}

/** How many of ten cells of the column are numbers. */
const NUMBERS_OF_TEN = { name: 4, content: 8, cell: 2, aside: 2 } as const;

/** A column beside the dialled one that may hold numbers too. */
export function otherColumns(kind: 'name' | 'content' | 'cell' | 'aside') {
  return (random: Random, title: string): ContactCase => {
    const other = otherOf(random, kind);
    const columns = ['name', 'phone', other.name];
    const sheet = new Sheet(formOf(random, { columns }));
    const said = other.lookedUp && random(4) === 0;
    const isAsked = other.lookedUp && !said;
    for (let row = 0; row < 20; row++) {
      const [phone, answer] = number(random);
      const isNumber = row % 10 < NUMBERS_OF_TEN[kind];
      const listed = isNumber && random(2) === 0;
      // In columns that are looked up whole, other cells are empty: what is asked is determined.
      const text = kind === 'cell' || kind === 'aside' ? pick(random, ['bel later', '', '12']) : '';
      const cell = isNumber ? other[listed ? 'listed' : 'callable'](random) : text;
      const cells = ['An', phone, cell];
      const too = isNumber && isAsked ? [listed ? LISTED : CALLABLE] : [];
      if (listed && isAsked && answer === CALLABLE) sheet.otherListed(cells, [CALLABLE, LISTED], 1);
      else sheet.judged(cells, [answer, ...too], { lookedUp: too.length });
    }
    const flags = said ? ['--not-dialled', other.name] : [];
    return sheet.case(title, ['--column', 'phone', ...flags]);
  };
}

const BELGIUM = ['BE', '32', '+32', '0032'] as const;
const ELSEWHERE = ['FR', 'NL', '33', '+33', '0033', '31'] as const;
const COUNTRY_NAMES = ['country', 'land', 'pays', 'country_code', 'phone_code'] as const;

/** What is written nationally is read as the country beside it says. */
export function countries(random: Random, title: string): ContactCase {
  const name = pick(random, COUNTRY_NAMES);
  const region = random(2) === 0;
  const sheet = new Sheet(formOf(random, { columns: ['vendor', name, 'phone_number'] }));
  const here = new Sheet({ ...sheet.form, dialled: [2] });
  for (let row = 0; row < 4; row++) {
    const national = pick(random, [listedNational, callableNational])(random);
    const answer = LIST.has(national) ? LISTED : CALLABLE;
    const text = pick(random, [
      `0${national}`,
      national,
      `0${national.slice(0, 3)} ${national.slice(3)}`,
    ]);
    here.judged(['1', pick(random, BELGIUM), text], [answer]);
    here.judged(['2', pick(random, ELSEWHERE), text], [unreadable('national-writing')]);
    here.judged(['3', pick(random, ELSEWHERE), `+32${national}`], [answer]);
    here.judged(['4', pick(random, ELSEWHERE), foreign(random)], [FOREIGN]);
    here.judged(['5', '', text], [region ? answer : unreadable('national-writing')]);
  }
  const flags = ['--column', 'phone_number', '--country-column', name];
  return here.case(title, region ? [...flags, '--region', 'BE'] : flags);
}

export function countriesUnsaid(random: Random, title: string): ContactCase {
  const columns = ['vendor', pick(random, COUNTRY_NAMES), 'phone_number'];
  const sheet = new Sheet(formOf(random, { columns, dialled: [2] }));
  const pairs = pick(random, [
    ['BE', 'FR'],
    ['32', '33'],
    ['+32', '+31'],
    ['0032', '0033'],
  ]);
  for (let row = 0; row < 8; row++) {
    sheet.judged(['1', pick(random, pairs), callableNational(random)], [CALLABLE]);
  }
  const column = random(2) === 0 ? ['--column', 'phone_number'] : [];
  return sheet.refused(title, ['--country-column'], column);
}

/** A day after the registration of a number, the day itself, or none. */
function optIn(random: Random, national: string): [string, Asked] {
  const day = LIST.get(national);
  if (day === undefined) return [pick(random, ['', '2024-05-01']), CALLABLE];
  return pick<[string, Asked]>(random, [
    ['', LISTED],
    ['2024-05-01', OPTED_IN],
    [day, { verdict: 'blocked', reason: 'opt-in-not-later' }],
  ]);
}

/** One opt-in column for each number: the opt-in of one does not help the other. */
export function severalOptIns(random: Random, title: string): ContactCase {
  const columns = ['home', 'home_ok', 'mobile', 'mobile_ok'];
  const sheet = new Sheet(formOf(random, { columns, dialled: [] }));
  for (let row = 0; row < 14; row++) {
    const numbers = [
      listedNational(random),
      pick(random, [listedNational, callableNational])(random),
    ];
    const [[homeOk, first], [mobileOk, second]] = numbers.map((one) => optIn(random, one)) as [
      [string, Asked],
      [string, Asked],
    ];
    const texts = numbers.map((national) => written(random, national));
    const asked = [first, second];
    const decides = asked.find((one) => one.verdict === 'blocked') ?? second;
    sheet.judged([texts[0] ?? '', homeOk, texts[1] ?? '', mobileOk], [decides], { asked });
  }
  return sheet.case(title, [
    ...['--column', 'home', '--column', 'mobile'],
    ...['--opt-in-column', 'home_ok', '--opt-in-column', 'mobile_ok'],
  ]);
}
