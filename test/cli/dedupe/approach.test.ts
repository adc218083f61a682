import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, Folder, packSource, type Serving, serve, stop, tacet } from '../commands.ts';

const folder = new Folder();
const NAMES = ['listed', 'listed, opted in', 'free', 'free, opted in', 'foreign', 'none'];
const CONTACTS = [
  'name;phone;optin',
  'listed;0475/12.34.56;',
  'listed, opted in;0475123457;2021-03-15',
  'free;0499 99 99 99;',
  'free, opted in;0499999998;2020-01-01',
  'foreign;+33 1 40 00 00 00;2020-01-01',
  'none;geen;2020-01-01',
  '',
].join('\n');
let list = '';
let contacts = '';
let server: Serving;

beforeAll(async () => {
  list = await packSource(folder);
  contacts = folder.write('contacts.csv', CONTACTS);
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

const KINDS = ['callable', 'blocked', 'undecided'] as const;

/** A run: how it ended, the rows of each output, and its summary. */
async function split(name: string, args: readonly string[], input = contacts) {
  const path = (kind: string) => folder.file(`${name}-${kind}`);
  const outputs = [...KINDS, 'summary'].flatMap((kind) => [`--${kind}`, path(kind)]);
  const ended = await tacet(['dedupe', input, '--column', 'phone', ...outputs, ...args]);
  expect(ended).toMatchObject({ code: 0, stdout: '' });
  const rows = KINDS.map((kind) => folder.text(`${name}-${kind}`).trimEnd().split('\n').slice(1));
  const summary = JSON.parse(folder.text(`${name}-summary`)) as Record<string, unknown>;
  return { ended, rows, summary };
}

/** The same with the list and with a server; what both gave. */
async function both(name: string, args: readonly string[], input = contacts) {
  const embedded = await split(`${name}-e`, ['--list', list, ...args], input);
  const served = await split(`${name}-s`, ['--server', server.address, ...args], input);
  expect(served.rows).toEqual(embedded.rows);
  const timeless = ({ summary }: typeof served) =>
    JSON.stringify(summary, (key, value: unknown) =>
      /^(started|finished)_|^outputs$/.test(key) ? undefined : value,
    );
  expect(timeless(served)).toBe(timeless(embedded));
  return embedded;
}

const OPT_INS = ['--opt-in-column', 'optin'];

describe.concurrent('rows go to the file of their verdict, from a list and a server alike', () => {
  it.each([
    ['', [1, 2, 3], [0], [4, 5]],
    ['--purpose direct-marketing --channel person', [1, 2, 3], [0], [4, 5]],
    ['--channel automated', [1, 3], [0, 2], [4, 5]],
    ['--channel sms', [1, 3], [0, 2], [4, 5]],
    ['--channel fax', [1, 3], [0, 2], [4, 5]],
    ['--purpose service', [0, 1, 2, 3, 4], [], [5]],
    ['--purpose service --channel sms', [0, 1, 2, 3, 4], [], [5]],
  ])('%s: callable %j, blocked %j, undecided %j', async (flags, ...expected) => {
    const args = flags === '' ? [] : flags.split(' ');
    const { rows } = await both(`rows${flags.replaceAll(' ', '')}`, [...OPT_INS, ...args]);
    const names = rows.map((lines) => lines.map((line) => line.split(';')[0]));
    expect(names).toEqual(expected.map((places) => places.map((place) => NAMES[place])));
  });
});

/** The last lines of a report. */
const words = ({ stderr }: Ended): string => stderr.trimEnd().split('\n').slice(-3).join('\n');

describe.concurrent('the summary and the closing words', () => {
  it('say of service calls that the list was not applied, and on whose word', async () => {
    const { ended, summary } = await both('service', ['--purpose', 'service']);
    expect(summary).toMatchObject({
      ...{ purpose: 'service', channel: 'person', notices: [] },
      list_not_applied: 'the caller declared service calls',
      ...{ numbers: 6, callable: 0, blocked: 0, not_covered: 0, unreadable: 1, not_applicable: 5 },
      reasons: { 'service-call': 5, 'no-digits': 1 },
    });
    expect(words(ended)).toContain(
      'The list was not applied: the caller declared service calls.\n',
    );
    expect(ended.stderr).toMatch(/^ {2}not-applicable +5$/m);
  });

  it('say what decides by SMS, and by machine', async () => {
    const sms = await both('sms', ['--channel', 'sms', ...OPT_INS]);
    expect(sms.summary).toMatchObject({
      ...{ purpose: 'direct-marketing', channel: 'sms', not_applicable: 0 },
      list_not_applied: 'the caller declared SMS, where opt-ins alone decide',
      reasons: { 'opt-in-given': 2, 'channel-needs-opt-in': 2, foreign: 1, 'no-digits': 1 },
    });
    expect(words(sms.ended)).toContain('The list was not applied: the caller declared SMS');
    const automated = await both('automated', ['--channel', 'automated']);
    expect(automated.summary).toMatchObject({ channel: 'automated', list_not_applied: null });
    expect(words(automated.ended)).toContain('For automated calls:');
  });

  it.each([
    ['', 'The callable file may be dialled until'],
    ['--channel automated', 'The callable file may be dialled by machine until'],
    ['--channel sms', 'The callable file may be sent SMS until'],
    ['--channel fax', 'The callable file may be sent faxes until'],
    ['--purpose service', 'The callable file may be dialled, for service alone, until'],
  ])('say what the callable file is for: %s', async (flags, said) => {
    const args = flags === '' ? [] : flags.split(' ');
    const { ended } = await split(`for${flags.replaceAll(' ', '')}`, ['--list', list, ...args]);
    expect(words(ended)).toContain(said);
  });

  it('say nothing of it where it is as usual', async () => {
    const { ended, summary } = await both('usual', []);
    expect(summary).toMatchObject({
      ...{ purpose: 'direct-marketing', channel: 'person', list_not_applied: null },
      ...{ not_applicable: 0, notices: [] },
    });
    expect(ended.stderr).not.toContain('not applied');
    expect(ended.stderr).not.toContain('not-applicable');
  });
});

describe.concurrent('a listed number in a column that nobody dials', () => {
  const twoColumns = [
    'name;phone;home phone;optin',
    'home is listed;0499999999;0475123456;2020-01-01',
    'home is free;0499999998;0499999997;2020-01-01',
    '',
  ].join('\n');

  it.each([
    ['--channel person', ['home is free'], ['home is listed']],
    ['--channel automated', ['home is free'], ['home is listed']],
    ['--channel sms', ['home is listed', 'home is free'], []],
    ['--purpose service', ['home is listed', 'home is free'], []],
  ])('matters where the list does, %s: callable %j, undecided %j', async (flags, ...expected) => {
    const input = folder.write(`two${flags.replaceAll(' ', '')}.csv`, twoColumns);
    const args = [...OPT_INS, ...flags.split(' ')];
    const { rows, summary } = await both(`two${flags.replaceAll(' ', '')}`, args, input);
    const [callable = [], , undecided = []] = rows;
    const names = [callable, undecided].map((lines) => lines.map((line) => line.split(';')[0]));
    expect(names).toEqual(expected);
    expect(summary).toMatchObject({ looked_up_too: 2 });
  });
});

it.each([
  ['--purpose', 'marketing'],
  ['--channel', 'letter'],
])('%s %s is wrong usage', async (flag, word) => {
  for (const args of [
    ['dedupe', contacts, '--callable', folder.file('never')],
    ['check', '0475123456'],
  ]) {
    const { code, stderr } = await tacet([...args, '--list', list, flag, word]);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
  }
});
