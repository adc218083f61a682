import { afterAll, describe, expect, it } from 'vitest';
import { dateFromToday, Folder, packSource, serve, stop, tacet } from '../commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const TODAY = dateFromToday(0);
let states = 0;
/** A state that is not there yet. */
const newState = (): string => folder.file(`state-${++states}`);
const register = (state: string, ...args: string[]) =>
  tacet(['register', ...args, '--state', state]);

describe.concurrent('tacet register', () => {
  it('enters objections, finds them with who did what, and lifts them', async () => {
    const state = newState();
    const notes = [
      '--by',
      'Ann',
      '--source',
      'phone',
      '--reference',
      'call 7',
      '--reason',
      'asked',
    ];
    const request = ['--request-id', 'call-7'];
    const add = ['add', 'objections', '0475 12 34 56', ...notes, ...request];
    expect(await register(state, ...add)).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout:
        'objections of the whole firm: 1 added, 0 so already, 0 refused; ' +
        'revision 1, request call-7\n',
    });
    expect((await register(state, ...add)).stdout).toContain('1 added, 0 so already');
    const lift = ['lift', 'objections', '+32475123456', '--by', 'Bo'];
    expect((await register(state, ...lift)).stdout).toContain('1 lifted');
    const { stdout } = await register(state, 'find', '0475/12.34.56');
    expect(stdout.replace(/entered .*, revision/g, 'entered T, revision')).toBe(
      [
        '+32475123456',
        `  the whole firm: no objection; opt-ins up to ${TODAY} have ended`,
        `${TODAY}  add objections of the whole firm, entered T, revision 1`,
        ...['    by        Ann', '    source    phone', '    reference call 7'],
        '    reason    asked',
        `${TODAY}  lift objections of the whole firm, entered T, revision 2`,
        '    by        Bo\n',
      ].join('\n'),
    );
    const json = await register(state, 'find', '0475123456', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      e164: '+32475123456',
      standing: [{ advertiser: '*', objection_day: '', ended_day: TODAY }],
      acts: [{ op: 'add', by: 'Ann', reference: 'call 7' }, { op: 'lift' }],
    });
    const never = await register(state, 'find', '0475999999');
    expect(never.stdout).toBe('+32475999999\n  nothing was ever entered\n');
  });

  it('says with a line each which numbers it refused, and exits with 1', async () => {
    const state = newState();
    const numbers = ['0475123456', '-', '--', '-1'];
    const args = ['register', 'add', 'objections', '--state', state, ...numbers];
    const input = '0475123457\n\n0475 12 34\nAnn\u0007\n';
    const { code, stdout, stderr } = await tacet(args, { input });
    expect(code).toBe(1);
    expect(stdout).toContain('2 added, 0 so already, 3 refused');
    expect(stderr).toBe(
      'refused: 0475 12 34: too-short\nrefused: Ann?: no-digits\nrefused: -1: too-short\n',
    );
    const optIn = ['add', 'opt-ins', '0475123456', '--advertiser', 'acme', '--day', TODAY];
    const refused = await register(state, ...optIn, '--json');
    expect(refused).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      ...{ register: 'opt-ins', advertiser: 'acme', revision: 2, changed: 0, unchanged: 0 },
      refused: [{ index: 0, reason: 'objection', phone_number: '0475123456' }],
    });
  });

  it('takes back a mistake: of the opt-ins only the one that never was', async () => {
    const state = newState();
    const of = ['0475123456', '--advertiser', 'acme'];
    await register(state, 'add', 'opt-ins', ...of, '--day', '2026-01-31');
    await register(state, 'add', 'opt-ins', ...of, '--day', '2026-02-28');
    await register(state, 'lift', 'opt-ins', ...of, '--mistake', '--reason', 'another number');
    const { stdout } = await register(state, 'find', '0475123456');
    expect(stdout).toContain('  acme: no objection; opt-in of 2026-01-31\n');
    expect(stdout).toContain('the latest  lift-mistake opt-ins of acme, entered');
  });

  it('writes out what stands, as CSV and as JSON', async () => {
    const state = newState();
    await register(state, 'add', 'objections', '0475000001', '--day', '2026-01-31');
    await register(state, 'add', 'objections', '0475000002', '--advertiser', 'acme');
    const day = ['--day', '2026-03-01'];
    await register(state, 'add', 'opt-ins', '0475000003', '--advertiser', 'acme', ...day);
    expect((await register(state, 'export', 'objections')).stdout).toBe(
      `phone_number,advertiser,day\n+32475000001,*,2026-01-31\n+32475000002,acme,${TODAY}\n`,
    );
    const own = await register(state, 'export', 'objections', '--advertiser', 'acme');
    expect(own.stdout.split('\n')).toHaveLength(3);
    const json = await register(state, 'export', 'opt-ins', '--format', 'json');
    expect(json.stdout).toBe(
      '{"phone_number":"+32475000003","advertiser":"acme","day":"2026-03-01"}\n',
    );
  });

  it.each([
    [[], 'the action is missing'],
    [['add'], 'REGISTER is missing'],
    [['add', 'optins', '1'], 'there is no register "optins"'],
    [['add', 'objections'], 'no NUMBER is given'],
    [['add', 'objections', '0475123456'], 'neither a server nor a state'],
    [['add', 'objections', '1', '--state', 's', '--server', 'h:1'], 'exclude each other'],
    [['add', 'objections', '1', '--state', 's', '--advertiser', '*'], '--advertiser: expected'],
    [['add', 'opt-ins', '1', '--state', 's', '--day', TODAY], '--advertiser is missing'],
    [['add', 'opt-ins', '1', '--state', 's', '--advertiser', 'a'], '--day is missing'],
    [['find', '--state', 's'], 'NUMBER is missing'],
    [['export', 'objections', 'more', '--state', 's'], 'one REGISTER expected'],
  ])('%j is wrong usage', async (args, text) => {
    const { code, stderr } = await tacet(['register', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it('does not take a day to come, and does not read a state that is missing', async () => {
    const state = newState();
    const late = ['add', 'objections', '0475123456', '--day', dateFromToday(1)];
    expect(await register(state, ...late)).toMatchObject({
      ...{ code: 1, stdout: '', stderr: expect.stringContaining('not after today in Brussels') },
    });
    expect(await register(newState(), 'find', '0475123456')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('there is no state here') },
    });
  });
});

it('edits of a state and of a server are one, while the server serves', async () => {
  const state = newState();
  const serving = await serve(await packSource(folder), ['--state', state]);
  const asked = ['--server', serving.address];
  const check = async (number: string) => {
    const { stdout } = await tacet(['check', number, ...asked]);
    return stdout.split('\t')[2];
  };
  const add = ['register', 'add', 'objections'];
  expect((await tacet([...add, '0475999991', ...asked])).stdout).toContain('1 added');
  expect(await check('0475999991')).toBe('objection');
  expect((await register(state, 'add', 'objections', '0475999992')).stdout).toContain('1 added');
  const exported = await tacet(['register', 'export', 'objections', ...asked]);
  expect(exported.stdout.split('\n').slice(1, 3)).toEqual([
    ...[`+32475999991,*,${TODAY}`, `+32475999992,*,${TODAY}`],
  ]);
  const found = await tacet(['register', 'find', '0475999992', ...asked]);
  expect(found.stdout).toContain(`the whole firm: objection of ${TODAY}`);
  await tacet(['register', 'lift', 'objections', '0475999991', ...asked]);
  expect(await check('0475999991')).toBe('not-listed');
  await stop(serving);
});
