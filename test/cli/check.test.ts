import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessFile, tokenOf } from '../server/access/fixture.ts';
import { dateFromToday, Folder, packSource, type Serving, serve, stop, tacet } from './commands.ts';

const folder = new Folder();
let list = '';
let server: Serving;

beforeAll(async () => {
  list = await packSource(folder);
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

/** The same of both engines; what they print. */
async function check(args: readonly string[]): Promise<string> {
  const [embedded, served] = await Promise.all([
    tacet(['check', ...args, '--list', list]),
    tacet(['check', ...args, '--server', server.address]),
  ]);
  expect(embedded).toMatchObject({ code: 0, stderr: '' });
  expect(served).toEqual(embedded);
  return embedded.stdout;
}

describe.concurrent('check, with a list and with a server alike', () => {
  it('prints the verdict of each number and its reason, one a line', async () => {
    const numbers = ['0475/12.34.56', '+32 2 234 56 78', '0499999999', '+33 1 40 00 00 00', '0800'];
    expect(await check([...numbers, '', '04\n75'])).toBe(
      '0475/12.34.56\tblocked\tlisted\t+32475123456\n' +
        '+32 2 234 56 78\tblocked\tlisted\t+3222345678\n' +
        '0499999999\tcallable\tnot-listed\t+32499999999\n' +
        '+33 1 40 00 00 00\tnot-covered\tforeign\t+33140000000\n' +
        '0800\tunreadable\ttoo-short\n' +
        '\tunreadable\tempty\n' +
        '04?75\tunreadable\ttoo-short\n',
    );
  });

  it.each([
    ['2020-02-14', 'callable-opt-in', 'opt-in-later'],
    ['2020-02-13', 'blocked', 'opt-in-not-later'],
    ['2020-02-12', 'blocked', 'opt-in-not-later'],
    ['1969-12-31', 'blocked', 'listed'],
    [dateFromToday(0), 'callable-opt-in', 'opt-in-later'],
    [dateFromToday(1), 'blocked', 'opt-in-in-future'],
  ])('weighs an opt-in of %s: %s, %s', async (day, verdict, reason) => {
    expect(await check(['0475123456', '--opt-in', day])).toBe(
      `0475123456\t${verdict}\t${reason}\t+32475123456\n`,
    );
  });

  it.each([
    ['--purpose service', 'not-applicable\tservice-call', 'not-applicable\tservice-call'],
    ['--channel sms', 'blocked\tchannel-needs-opt-in', 'blocked\tchannel-needs-opt-in'],
    ['--channel automated', 'blocked\tlisted', 'blocked\tchannel-needs-opt-in'],
    [
      '--channel fax --opt-in 2020-01-01',
      'callable-opt-in\topt-in-given',
      'callable-opt-in\topt-in-given',
    ],
    ['--channel automated --opt-in 2020-01-01', 'blocked\tlisted', 'callable-opt-in\topt-in-given'],
  ])('asks for %s: %j of a listed number, %j of another', async (flags, listed, unlisted) => {
    expect(await check(['0475123456', '0499999999', 'x', ...flags.split(' ')])).toBe(
      `0475123456\t${listed}\t+32475123456\n0499999999\t${unlisted}\t+32499999999\n` +
        'x\tunreadable\tno-digits\n',
    );
  });

  it('reads national writing as of the region', async () => {
    expect(await check(['0475123456', '+32475123456', '--region', 'FR'])).toBe(
      '0475123456\tunreadable\tnational-writing\n' +
        '+32475123456\tblocked\tlisted\t+32475123456\n',
    );
  });

  it('takes an advertiser, whom a server without an access file does not know', async () => {
    expect(await check(['0475123456', '--advertiser', 'Café nv'])).toBe(
      '0475123456\tblocked\tlisted\t+32475123456\n',
    );
  });

  it('prints one JSON object a line, keys as in the proto', async () => {
    const lines = (await check(['0475123456', 'x', '--json'])).trimEnd().split('\n');
    const { stdout } = await tacet(['inspect', list, '--json']);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    const version = {
      name: 'dncm',
      sha256: facts['sha256'],
      snapshot_date: dateFromToday(-1),
      entries: 3,
      valid_until_unix: facts['valid_until_unix'],
      source_sha256: facts['source_sha256'],
      override: null,
      revision: 0,
    };
    const usual = { purpose: 'direct-marketing', channel: 'person', notices: [] };
    const rest = { registration_date: '', lists: [version], ...usual };
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ...{ phone_number: '0475123456', verdict: 'blocked', reason: 'listed' },
        ...{ e164: '+32475123456', ...rest, matched_lists: ['dncm'] },
      },
      {
        ...{ phone_number: 'x', verdict: 'unreadable', reason: 'no-digits', e164: '' },
        ...{ ...rest, matched_lists: [] },
      },
    ]);
  });

  it.each([
    ['0475123456 / 022268851', 'several-numbers'],
    ['0475123456 ext 12', 'extension'],
    ['4.75E+08', 'scientific'],
    ['475123456,0', 'decimal'],
    ['0475123456 GSM', 'bad-character'],
    ['0212345678', 'not-in-plan'],
    ['9'.repeat(100), 'too-long'],
  ])('says what is wrong with %j: %s', async (phoneNumber, reason) => {
    expect(await check([phoneNumber])).toBe(`${phoneNumber}\tunreadable\t${reason}\n`);
  });

  it('takes a number that begins with a hyphen behind two', async () => {
    const { code, stdout } = await tacet(['check', '--list', list, '--', '-0475']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '-0475\tunreadable\ttoo-short\n' });
  });
});

describe('check, of two lists', () => {
  it('says which of them a number is on', async () => {
    const own = folder.file('own.tacet');
    const source = folder.write('own.txt', '0475123456;13/02/2020\n0499999999;13/02/2020\n');
    const snapshot = ['--snapshot', dateFromToday(-1)];
    await tacet(['pack', source, '--out', own, '--name', 'own', ...snapshot]);
    const both = await serve(list, ['--list', own]);
    try {
      const numbers = ['0475123456', '0499999999', '022345678', '0499999998'];
      const asked = [
        ['--list', list, '--list', own],
        ['--server', both.address],
      ];
      for (const from of asked) {
        const { stdout, stderr } = await tacet(['check', ...numbers, ...from]);
        expect({ stdout, stderr }).toEqual({
          stderr: '',
          stdout:
            '0475123456\tblocked\tlisted\t+32475123456\t\tdncm,own\n' +
            '0499999999\tblocked\tlisted\t+32499999999\t\town\n' +
            '022345678\tblocked\tlisted\t+3222345678\t\tdncm\n' +
            '0499999998\tcallable\tnot-listed\t+32499999998\n',
        });
        const json = (await tacet(['check', '0475123456', '--json', ...from])).stdout;
        expect(JSON.parse(json)).toMatchObject({ matched_lists: ['dncm', 'own'] });
      }
    } finally {
      await stop(both);
    }
  });
});

describe('check, with a server that knows its clients', () => {
  it('asks for the advertiser named, and is refused for another, and for none', async () => {
    const access = folder.write('access.json', JSON.stringify(accessFile()));
    const tokens = folder.write('token', tokenOf('dialler'));
    const known = await serve(list, ['--access', access]);
    try {
      const ask = (...flags: readonly string[]) =>
        tacet(['check', '0499999999', '--server', known.address, '--token-file', tokens, ...flags]);
      const [own, other, none] = await Promise.all([
        ask('--advertiser', 'alpha'),
        ask('--advertiser', 'beta'),
        ask(),
      ]);
      expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('\tcallable\t') });
      for (const refused of [other, none]) {
        expect(refused).toMatchObject({ code: 1, stdout: '' });
        expect(refused.stderr).toContain('(ERR_ADVERTISER)');
      }
    } finally {
      await stop(known);
    }
  });
});

describe.concurrent('health', () => {
  it('is 0 for a server that serves', async () => {
    const ended = await tacet(['health', '--server', server.address]);
    expect(ended).toMatchObject({ code: 0, stdout: 'serving\n', stderr: '' });
  });

  it('is 1 where there is none, and says where', async () => {
    const { code, stdout, stderr } = await tacet(['health', '--server', '127.0.0.1:1']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^tacet health: 127\.0\.0\.1:1: .*that tacet serve runs there\n$/);
  });
});
