/** The ten inputs that came out wrong before anything was promised of them, with what is right. */
import type { ContactCase, Divided, Form, Output, RightSummary } from './sheet.ts';

interface Example {
  readonly title: string;
  readonly input: string;
  readonly flags?: readonly string[];
  readonly form: Pick<Form, 'columns' | 'dialled'> & Partial<Form>;
  readonly right:
    | { readonly refused: readonly string[] }
    | (Record<Output, string> & {
        readonly rows: number;
        readonly counts: Readonly<Record<string, number>>;
        readonly inDoubt?: Readonly<Record<string, number>>;
        readonly doubts?: RightSummary['doubts'];
      });
}

const counts = (callable: number, blocked: number, unreadable = 0, lookedUp = 0) => ({
  numbers: callable + blocked + unreadable,
  ...{ callable, blocked, unreadable },
  ...{ callable_opt_in: 0, not_covered: 0, looked_up_too: lookedUp },
});

const MARKS = 'tacet_verdict;tacet_reason';
const SEP_FILE = 'sep=;\r\nname;phone;mobile\r\nA;022268852;0475123456\r\n';
const OTHER_FILE = 'name;phone;mobile\nA;022268852;0475123456\n';
const FIRST_CONTACT_FILE = 'Jan;0475123456 (gsm)\nB;0475000000\n';
const COUNTRY_FILE = 'vendor;phone_code;phone_number\n1;32;475123456\n2;33;475000000\n';
const CELLS_FILE = 'id,name,home,mobile\n1,Peeters,022268852,0475000000\n';
const SWALLOWED = '"Chez Paul;0475123456\nB;0470000001\nPizza "Roma";0475000001';

const ONE_TO_FIVE: readonly Example[] = [
  {
    title: '1: lines that end with CR',
    input: 'phone;addr\r0475000000;"Rue 1\nBxl"\r0470000001;x\r',
    form: { columns: ['phone', 'addr'], dialled: [0], lineEnd: '\r' },
    right: {
      callable: 'phone;addr\r0475000000;"Rue 1\nBxl"\r',
      blocked: `phone;addr;${MARKS}\r0470000001;x;blocked;listed\r`,
      undecided: `phone;addr;${MARKS}\r`,
      rows: 2,
      counts: counts(1, 1),
    },
  },
  {
    title: '2: a lone CR between rows',
    input: 'phone;id\r\n0475000000;1\r0470000001;2\r\n0475000002;3\r\n',
    form: { columns: ['phone', 'id'], dialled: [0], lineEnd: '\r\n' },
    right: {
      callable: 'phone;id\r\n0475000002;3\r\n',
      blocked: `phone;id;${MARKS}\r\n`,
      undecided: `phone;id;${MARKS}\r\n0475000000;1\r0470000001;2;undecided;row-structure\r\n`,
      rows: 2,
      counts: counts(1, 0),
      inDoubt: { 'row-structure': 1 },
      doubts: [{ kind: 'lone-line-end', rows: 1, first_line: 2 }],
    },
  },
  {
    title: '3: a stray quote that swallows rows',
    input: `name;phone\nA;0475000000\n${SWALLOWED}\nC;0475000002\n`,
    form: { columns: ['name', 'phone'], dialled: [1] },
    right: {
      callable: 'name;phone\nA;0475000000\nC;0475000002\n',
      blocked: `name;phone;${MARKS}\n`,
      undecided: `name;phone;${MARKS}\n${SWALLOWED};undecided;row-structure\n`,
      rows: 3,
      counts: counts(2, 0),
      inDoubt: { 'row-structure': 1 },
      doubts: [{ kind: 'text-behind-quote', rows: 1, first_line: 3 }],
    },
  },
  {
    title: '4: a row with more cells than the header',
    input: `${CELLS_FILE}2,Peeters, An,0475000001,0475123456\n`,
    flags: ['--column', 'mobile'],
    form: { columns: ['id', 'name', 'home', 'mobile'], dialled: [3], separator: ',' },
    right: {
      callable: CELLS_FILE,
      blocked: 'id,name,home,mobile,tacet_verdict,tacet_reason\n',
      undecided:
        'id,name,home,mobile,tacet_verdict,tacet_reason\n' +
        '2,Peeters, An,0475000001,0475123456,undecided,row-structure\n',
      rows: 2,
      counts: counts(2, 0, 0, 1),
      inDoubt: { 'row-structure': 1 },
      doubts: [{ kind: 'more-cells', rows: 1, first_line: 3 }],
    },
  },
  {
    title: '5: a contact as the first row',
    input: FIRST_CONTACT_FILE,
    form: { columns: ['', ''], dialled: [1], header: false },
    right: { refused: ['--no-header', '--header'] },
  },
  {
    title: '5: a contact as the first row, as the user says',
    input: FIRST_CONTACT_FILE,
    flags: ['--no-header', '--column', '2'],
    form: { columns: ['', ''], dialled: [1], header: false },
    right: {
      callable: 'B;0475000000\n',
      blocked: '',
      undecided: 'Jan;0475123456 (gsm);unreadable;bad-character\n',
      rows: 2,
      counts: counts(1, 0, 1),
    },
  },
];

const SIX_TO_TEN: readonly Example[] = [
  {
    title: '6: a line sep= above two phone columns',
    input: SEP_FILE,
    form: { columns: ['name', 'phone', 'mobile'], dialled: [1], sepLine: 'sep=;\r\n' },
    right: { refused: ['--column'] },
  },
  {
    title: '6: a line sep=, both columns named',
    input: SEP_FILE,
    flags: ['--column', 'phone', '--column', 'mobile'],
    form: { columns: ['name', 'phone', 'mobile'], dialled: [1, 2], sepLine: 'sep=;\r\n' },
    right: {
      callable: 'sep=;\r\nname;phone;mobile\r\n',
      blocked: `sep=;\r\nname;phone;mobile;${MARKS}\r\nA;022268852;0475123456;blocked;listed\r\n`,
      undecided: `sep=;\r\nname;phone;mobile;${MARKS}\r\n`,
      rows: 1,
      counts: counts(1, 1),
    },
  },
  {
    title: '7: two columns that may be meant',
    input: 'Naam;Tel. klant;Tel. verkoper\nA;0475123456;0475000000\n',
    form: { columns: ['Naam', 'Tel. klant', 'Tel. verkoper'], dialled: [1] },
    right: { refused: ['--column'] },
  },
  {
    title: '8: a blank cell beyond the header',
    input: 'name;phone\nA;0475123456;\n',
    form: { columns: ['name', 'phone'], dialled: [1] },
    right: {
      callable: 'name;phone\n',
      blocked: `name;phone;${MARKS}\nA;0475123456;blocked;listed\n`,
      undecided: `name;phone;${MARKS}\n`,
      rows: 1,
      counts: counts(0, 1),
    },
  },
  {
    title: '8: a short row',
    input: 'name;phone;city\nA;0475123456\n',
    form: { columns: ['name', 'phone', 'city'], dialled: [1] },
    right: {
      callable: 'name;phone;city\n',
      blocked: `name;phone;city;${MARKS}\nA;0475123456;;blocked;listed\n`,
      undecided: `name;phone;city;${MARKS}\n`,
      rows: 1,
      counts: counts(0, 1),
    },
  },
  {
    title: '9: a listed number in another column',
    input: OTHER_FILE,
    flags: ['--column', 'phone'],
    form: { columns: ['name', 'phone', 'mobile'], dialled: [1] },
    right: {
      callable: 'name;phone;mobile\n',
      blocked: `name;phone;mobile;${MARKS}\n`,
      undecided: [
        `name;phone;mobile;${MARKS}\n`,
        'A;022268852;0475123456;undecided;other-column-listed\n',
      ].join(''),
      rows: 1,
      counts: counts(1, 1, 0, 1),
      inDoubt: { 'other-column-listed': 1 },
    },
  },
  {
    title: '9: a listed number in a column that nobody dials',
    input: OTHER_FILE,
    flags: ['--column', 'phone', '--not-dialled', 'mobile'],
    form: { columns: ['name', 'phone', 'mobile'], dialled: [1] },
    right: {
      callable: OTHER_FILE,
      blocked: `name;phone;mobile;${MARKS}\n`,
      undecided: `name;phone;mobile;${MARKS}\n`,
      rows: 1,
      counts: counts(1, 0),
    },
  },
  {
    title: '10: a country column',
    input: COUNTRY_FILE,
    form: { columns: ['vendor', 'phone_code', 'phone_number'], dialled: [2] },
    right: { refused: ['--country-column'] },
  },
  {
    title: '10: a country column that is named',
    input: COUNTRY_FILE,
    flags: ['--country-column', 'phone_code'],
    form: { columns: ['vendor', 'phone_code', 'phone_number'], dialled: [2] },
    right: {
      callable: 'vendor;phone_code;phone_number\n',
      blocked: `vendor;phone_code;phone_number;${MARKS}\n1;32;475123456;blocked;listed\n`,
      undecided:
        `vendor;phone_code;phone_number;${MARKS}\n` +
        '2;33;475000000;unreadable;national-writing\n',
      rows: 2,
      counts: counts(0, 1, 1),
    },
  },
];

export const EXAMPLES: readonly ContactCase[] = [...ONE_TO_FIVE, ...SIX_TO_TEN].map(
  ({ title, input, flags = [], form, right }) => ({
    title,
    input: Buffer.from(input),
    flags,
    right: 'refused' in right ? right : divided(right),
    form: {
      ...{ separator: ';', lineEnd: '\n', encoding: 'utf-8' as const },
      ...{ sepLine: '', titles: [], header: true },
      ...form,
    },
  }),
);

function divided(right: Exclude<Example['right'], { refused: readonly string[] }>): Divided {
  const { callable, blocked, undecided, rows, inDoubt = {}, doubts = [] } = right;
  return {
    outputs: {
      callable: Buffer.from(callable),
      blocked: Buffer.from(blocked),
      undecided: Buffer.from(undecided),
    },
    summary: { rows, rowsInDoubt: inDoubt, doubts, counts: right.counts },
  };
}
