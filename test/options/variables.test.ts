import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '#tacet/options/help/every-command.js';
import { SERVED } from '#tacet/options/serve/serve.js';
import { optionsOf } from '#tacet/options/table.js';
import { variableName, variableOf } from '#tacet/options/variables.js';
import { Folder, packSource, type Serving, serve, stop, tacet } from '../cli/commands.ts';

/** What the environment may say to commands, and what it may not. */

const folder = new Folder();
let list = '';
/** Of one number that is in no contact file. */
let emptyList = '';
let server: Serving;

const CONTACTS = `name;phone;mobile;country;opted in
An;0475123456;;BE;2026-01-01
Bert;0475999999;;BE;2026-01-01
Chris;0475999998;0475123457;BE;2026-01-01
Dirk;;0475123457;BE;2026-01-01
Els;0475999997;;;2026-01-01
Fons;0475999996;;FR;2026-01-01
Greet;02 345 67 89;;BE;2026-01-01
`;

beforeAll(async () => {
  list = await packSource(folder);
  emptyList = await packSource(folder, { name: 'empty.tacet', source: '0499000000;2020-01-01\n' });
  folder.write('contacts.csv', CONTACTS);
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

describe.concurrent('an option of a command', () => {
  it.each([
    ['check 0475123456', { TACET_LIST: 'LIST', TACET_JSON: 'true' }, /"verdict":"blocked"/],
    ['check 0475123456', { TACET_SERVER: 'SERVER' }, /\tblocked\t/],
    ['health', { TACET_SERVER: 'SERVER' }, /^serving\n$/],
    ['health --json', { TACET_SERVER: 'SERVER' }, /"serving": true/],
    ['verify LIST', { TACET_JSON: 'true' }, /"whole": true/],
    ['sample list', { TACET_ROWS: '3', TACET_SEED: '1' }, /^(.+\n){3}$/],
    ['check 0475123456 --region BE', { TACET_LIST: 'LIST', TACET_REGION: 'FR' }, /\tblocked\t/],
    ['check 0475123456', { TACET_LIST: 'LIST:EMPTY', TACET_REGION: '' }, /\tblocked\t/],
  ])(
    'of "tacet %s" is taken from %j where it is not on the command line',
    async (line, env, said) => {
      expect(await run(line, env)).toMatchObject({ code: 0, stdout: expect.stringMatching(said) });
    },
  );

  it.each([
    ['check 1', { TACET_SERVER: 'here' }, 'TACET_SERVER: expected HOST:PORT such as'],
    ['check 1', { TACET_REGION: 'be' }, 'TACET_REGION: expected an ISO 3166-1 alpha-2 code'],
    ['verify LIST', { TACET_JSON: '1' }, 'TACET_JSON: expected true or false, got "1"'],
    ['sample list --seed 1', {}, '--rows is missing. Give --rows N or set TACET_ROWS'],
    ['pack a.txt', { TACET_OUT: 'b.tacet' }, '--out is missing. Give --out LIST.tacet ('],
    [
      'check 1',
      { TACET_SERVER: 'SERVER', TACET_LIST: 'LIST' },
      'TACET_SERVER and TACET_LIST exclude each other',
    ],
  ])('of "tacet %s" with %j is refused by its name', async (line, env, said) => {
    expect(await run(line, env)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });

  it.each([
    ['--list LIST', { TACET_SERVER: '127.0.0.1:1' }],
    ['--server SERVER', { TACET_LIST: '/none.tacet' }],
    ['--server SERVER', { TACET_LIST: 'EMPTY' }],
    ['--list LIST', { TACET_LIST: 'EMPTY' }],
  ])('is the engine of "%s" alone, whatever %j says', async (flags, env) => {
    const { code, stdout } = await run(`check 0475123456 ${flags}`, env);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('blocked') });
  });
});

/** LIST, EMPTY and SERVER stand for what the tests use. */
function run(line: string, env: Readonly<Record<string, string>>) {
  const filled = (text: string): string =>
    text.replace('LIST', list).replace('EMPTY', emptyList).replace('SERVER', server.address);
  const filledEnv = Object.entries(env).map(([name, value]) => [name, filled(value)]);
  const args = line.split(' ').map(filled);
  return tacet(args, { env: Object.fromEntries(filledEnv), cwd: folder.path });
}

/** The rows of each output of `dedupe`, without the header. */
async function split(env: Readonly<Record<string, string>>, engine = '--list LIST') {
  const names = ['callable', 'blocked', 'undecided'];
  const mark = Math.random().toString(36).slice(2);
  const outputs = names.map((name) => `--${name} ${mark}-${name}.csv`).join(' ');
  const columns = '--column phone --country-column country';
  const line = `dedupe contacts.csv ${engine} ${columns} ${outputs}`;
  expect(await run(line, env)).toMatchObject({ code: 0 });
  return names.map((name) => folder.text(`${mark}-${name}.csv`).split('\n').slice(1, -1));
}

/** A valid value of each option of a server, other than its default. */
function serverEnvironment(region: string): Record<string, string> {
  const values = SERVED.map((option) => {
    const { flag, placeholder, initial = '', parse } = option;
    const candidates = [...placeholder.split('|').reverse(), 'true', '3', '2s', '8KiB', initial];
    const value = candidates.find((text) => text !== initial && parse([text]) !== undefined);
    return [variableName(flag), value ?? initial];
  });
  return { ...Object.fromEntries(values), TACET_LIST: emptyList, TACET_REGION: region };
}

/** What would let a number be called, if commands read it. */
const TEMPTING = {
  ...{ TACET_OPT_IN: '2026-11-01', TACET_OPT_IN_COLUMN: 'opted in', TACET_NOT_DIALLED: 'mobile' },
  ...{ TACET_COLUMN: 'mobile', TACET_SKIP_LINES: '3', TACET_HEADER: 'true' },
  ...{ TACET_BLOCKED_CELLS: 'empty', TACET_COUNTRY_COLUMN: 'name', TACET_SEPARATOR: '|' },
  ...{ TACET_ADVERTISER: 'ACME', TACET_PURPOSE: 'service', TACET_CHANNEL: 'person' },
  ...{ TACET_CALLABLE: 'all.csv', TACET_SUMMARY: 'all.json' },
};

describe('no number is called for what the environment holds:', () => {
  it('a contact file with a column of countries is split as without it', async () => {
    const [callable = [], blocked, undecided] = await split({});
    expect([callable, blocked?.length, undecided?.length]).toEqual([
      ['Bert;0475999999;;BE;2026-01-01', 'Greet;02 345 67 89;;BE;2026-01-01'],
      1,
      4,
    ]);
    for (const [region, engine] of [
      ['BE', '--server SERVER'],
      ['FR', '--list LIST'],
    ] as const) {
      const found = await split({ ...serverEnvironment(region), ...TEMPTING }, engine);
      expect(found).toEqual([callable, blocked, undecided]);
    }
    expect(existsSync(folder.file('all.csv'))).toBe(false);
  });

  it('a single number has the verdict it has without it', async () => {
    const numbers = ['0475123456', '0475999999', '+33123456789', 'x'];
    const verdicts = async (env: Readonly<Record<string, string>>) => {
      const { stdout } = await run(`check ${numbers.join(' ')} --list LIST`, env);
      return stdout.split('\n').map((line) => line.split('\t')[1]);
    };
    const plain = await verdicts({});
    expect(plain).toEqual(['blocked', 'callable', 'not-covered', 'unreadable', undefined]);
    expect(await verdicts({ ...serverEnvironment('BE'), ...TEMPTING })).toEqual(plain);
    const [first, second] = await verdicts({ ...serverEnvironment('FR'), ...TEMPTING });
    expect([first, second]).not.toContain('callable');
  });

  it('`check` and `dedupe` read only what was looked at for that', () => {
    const read = (name: string): string[] => {
      const groups = COMMANDS.find((command) => command.name === name)?.groups ?? [];
      const options = groups.flatMap(({ table }) => optionsOf(table));
      return options.flatMap((option) => variableOf(option) ?? []);
    };
    const looked = [
      ...['TACET_SERVER', 'TACET_PROXY', 'TACET_LIST', 'TACET_REGION', 'TACET_JSON', 'TACET_QUIET'],
      ...['TACET_WORKERS', 'TACET_JOB_ID', 'TACET_NEW_VERSION', 'TACET_RESTARTS_MAX'],
      ...['TACET_TLS_CA', 'TACET_TLS_CERT', 'TACET_TLS_KEY', 'TACET_TLS_SERVER_NAME'],
      ...['TACET_TOKEN_FILE', 'TACET_STATE', 'TACET_LOCK_WAIT'],
    ];
    expect(read('check').filter((name) => !looked.includes(name))).toEqual([]);
    expect(read('dedupe').filter((name) => !looked.includes(name))).toEqual([]);
    expect(read('dedupe').length).toBeGreaterThan(5);
  });
});

describe('what one run does is only ever typed:', () => {
  it.each([
    ['proof verify', ['tsr', 'tsa-ca', 'list', 'files', 'job-secret']],
    ['ledger erase', ['job', 'retain', 'key', 'dry-run', 'by', 'reason']],
    ['list prune', ['keep-days', 'keep-versions', 'dry-run']],
    ['access token', ['expires']],
    ['access licences', ['on']],
    ['pack', ['out', 'snapshot', 'bad-lines-max']],
    ['sample contacts', ['out', 'list', 'truth']],
    ['list diff', ['added', 'removed', 'redated']],
    ['list override', ['by', 'reason', 'for', 'clear']],
    ['sync', ['confirm-layout']],
  ])('of "tacet %s" no variable says %j', (name, flags) => {
    const groups = COMMANDS.find((command) => command.name === name)?.groups ?? [];
    const found = groups.flatMap(({ table, variableOf: named = variableOf }) =>
      optionsOf(table)
        .filter((option) => named(option) === undefined)
        .map(({ flag }) => flag),
    );
    expect(found.toSorted()).toEqual(flags.toSorted());
  });

  it('the licences of today, whatever day the environment names', async () => {
    const access = { parties: { acme: { kind: 'advertiser' } }, clients: {} };
    folder.write('access.json', JSON.stringify(access));
    const line = `access licences ${folder.file('access.json')} --json`;
    const { code, stdout } = await run(line, { TACET_ON: '2001-02-03' });
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('2001-02-03')]);
  });
});

describe('a server', () => {
  it('starts with the variables of other commands around, not with unknown ones', async () => {
    const env = { TACET_SERVER: 'SERVER', TACET_QUIET: 'true', TACET_ROWS: '3' };
    const line = `serve --list LIST --print-config`;
    expect(await run(line, env)).toMatchObject({ code: 0 });
    const { code, stderr } = await run(line, { TACET_SEVER: 'SERVER' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean TACET_SERVER?')]);
  });
});
