import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  dateFromToday,
  Folder,
  packSource,
  type Serving,
  serve,
  stop,
  tacet,
} from '../commands.ts';

const folder = new Folder();
const CONTACTS = [
  'name;phone;optin_date',
  'An;0475/12.34.56;14/02/2020',
  '"De ""Smet""; Jan";+32 475 99 99 99;',
  'Zoë;+33 1 40 00 00 00;',
  'Luc;geen;soon',
  'Els;0475123457;13/03/2021',
  'Eva;02 234 56 78;',
  '',
].join('\r\n');
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

/** Runs `tacet dedupe` into files that begin with `name`. */
async function split(name: string, args: readonly string[], { input = contacts, gz = '' } = {}) {
  const outputs = ['callable', 'blocked', 'undecided'].flatMap((kind) => [
    `--${kind}`,
    folder.file(`${name}-${kind}.csv${gz}`),
  ]);
  const summary = ['--summary', folder.file(`${name}.json`)];
  const ended = await tacet(['dedupe', input, ...outputs, ...summary, ...args]);
  expect(ended).toMatchObject({ code: 0, stdout: '' });
  return ended;
}

const evidenceOf = (name: string) =>
  JSON.parse(folder.text(`${name}.json`)) as Record<string, unknown>;

describe.concurrent('the outputs', () => {
  it('partition the rows, byte for byte, verdict and reason behind the others', async () => {
    await split('plain', ['--list', list]);
    expect(folder.text('plain-callable.csv')).toBe(
      'name;phone;optin_date\r\n"De ""Smet""; Jan";+32 475 99 99 99;\r\n',
    );
    expect(folder.text('plain-blocked.csv')).toBe(
      'name;phone;optin_date;tacet_verdict;tacet_reason\r\n' +
        'An;0475/12.34.56;14/02/2020;blocked;listed\r\n' +
        'Els;0475123457;13/03/2021;blocked;listed\r\n' +
        'Eva;02 234 56 78;;blocked;listed\r\n',
    );
    expect(folder.text('plain-undecided.csv')).toBe(
      'name;phone;optin_date;tacet_verdict;tacet_reason\r\n' +
        'Zoë;+33 1 40 00 00 00;;not-covered;foreign\r\n' +
        'Luc;geen;soon;unreadable;no-digits\r\n',
    );
  });

  it('weigh the opt-ins of the column that is named, in its format', async () => {
    const optIn = ['--opt-in-column', 'optin_date', '--opt-in-format', 'DD/MM/YYYY'];
    const { stderr } = await split('optin', ['--list', list, ...optIn]);
    expect(folder.text('optin-callable.csv')).toBe(
      'name;phone;optin_date\r\n' +
        'An;0475/12.34.56;14/02/2020\r\n' +
        '"De ""Smet""; Jan";+32 475 99 99 99;\r\n',
    );
    expect(evidenceOf('optin')).toMatchObject({
      callable: 1,
      blocked: 2,
      callable_opt_in: 1,
      opt_in_unreadable: 1,
      opt_in_columns: [{ number: 3, name: 'optin_date' }],
      reasons: { 'opt-in-later': 1, 'opt-in-not-later': 1, listed: 1 },
    });
    expect(stderr).toContain('1 opt-in dates could not be read and count for nothing\n');
  });

  it('are the same from a server and from the list, gzip or not', async () => {
    const gz = folder.write('contacts.csv.gz', gzipSync(CONTACTS));
    await split('embedded', ['--list', list, '--job-id', 'j', '--advertiser', 'Café']);
    await split('served', ['--server', server.address, '--job-id', 'j', '--advertiser', 'Café']);
    await split('gzip', ['--list', list], { input: gz, gz: '.gz' });
    for (const kind of ['callable', 'blocked', 'undecided']) {
      const bytes = folder.read(`embedded-${kind}.csv`);
      expect(folder.read(`served-${kind}.csv`).equals(bytes)).toBe(true);
      expect(gunzipSync(folder.read(`gzip-${kind}.csv.gz`)).equals(bytes)).toBe(true);
    }
    const timeless = (name: string): string =>
      JSON.stringify(evidenceOf(name), (key, value: unknown) =>
        /^(started|finished)_/.test(key) ? undefined : value,
      ).replaceAll(folder.file(name), '');
    expect(timeless('served')).toBe(timeless('embedded'));
  });

  it('go to standard output, from standard input, at the name of a hyphen', async () => {
    const args = ['dedupe', '-', '--list', list, '--blocked', '-', '--callable', '/dev/null'];
    const { code, stdout, stderr } = await tacet(args, { input: CONTACTS });
    expect(code).toBe(0);
    expect(stdout).toBe(
      'name;phone;optin_date;tacet_verdict;tacet_reason\r\n' +
        'An;0475/12.34.56;14/02/2020;blocked;listed\r\n' +
        'Els;0475123457;13/03/2021;blocked;listed\r\n' +
        'Eva;02 234 56 78;;blocked;listed\r\n',
    );
    expect(stderr).toContain('blocked: 3 rows on standard output\n');
    // No terminal, no progress.
    expect(stderr).not.toContain('\r');
  });

  it('take the column by name or by number, with a header or without', async () => {
    const input = 'x;0475123456\ny;0475999999\n';
    const blocked = async (args: readonly string[], text: string) => {
      const flags = ['--list', list, '--blocked', '-'];
      return (await tacet(['dedupe', '-', ...flags, ...args], { input: text })).stdout;
    };
    const whole = 'x;0475123456;blocked;listed\n';
    expect(await blocked(['--no-header', '--column', '2'], input)).toBe(whole);
    expect(await blocked(['--no-header'], input)).toBe(whole);
    const headed = `a;b\n${input}`;
    expect(await blocked(['--column', 'b'], headed)).toBe(
      `a;b;tacet_verdict;tacet_reason\n${whole}`,
    );
    expect(await blocked(['--column', '2'], headed)).toBe(
      `a;b;tacet_verdict;tacet_reason\n${whole}`,
    );
  });
});

describe.concurrent('the summary', () => {
  it('names everything that proves the run, with the digests of the files', async () => {
    const input = folder.write('proven.csv.gz', gzipSync(CONTACTS));
    const optional = ['--advertiser', 'Café nv', '--job-id', 'job.1', '--opt-in-column', '3'];
    await split('proof', ['--list', list, ...optional], { input, gz: '.gz' });
    const { stdout } = await tacet(['inspect', list, '--json']);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    const file = (name: string, rows: number) => ({
      name: folder.file(name),
      sha256: folder.sha256(name),
      bytes: folder.read(name).length,
      rows,
    });
    const { started_at, finished_at, started_unix_ms, finished_unix_ms, ...evidence } =
      evidenceOf('proof');
    const version = {
      name: 'dncm',
      sha256: facts['sha256'],
      snapshot_date: dateFromToday(-1),
      source_sha256: folder.sha256('list.tacet.txt'),
      valid_until_unix: facts['valid_until_unix'],
      override: null,
    };
    expect(evidence).toEqual({
      tacet_version: (await tacet(['--version'])).stdout.trim(),
      ...version,
      valid_until: facts['valid_until'],
      lists: [{ ...version, entries: 3 }],
      versions: [{ first_number: 1, numbers: 6, list_sha256s: [version.sha256] }],
      advertiser: 'Café nv',
      job_id: 'job.1',
      ...{ purpose: 'direct-marketing', channel: 'person', list_not_applied: null, notices: [] },
      input: file('proven.csv.gz', 6),
      outputs: [
        { kind: 'callable', ...file('proof-callable.csv.gz', 1) },
        { kind: 'blocked', ...file('proof-blocked.csv.gz', 3) },
        { kind: 'undecided', ...file('proof-undecided.csv.gz', 2) },
      ],
      columns: [{ number: 2, name: 'phone' }],
      opt_in_columns: [{ number: 3, name: 'optin_date' }],
      country_column: null,
      not_dialled_columns: [],
      looked_up_columns: [],
      rows: 6,
      registers: [],
      rows_in_doubt: {},
      structure_doubts: [],
      reasons: { listed: 3, 'not-listed': 1, foreign: 1, 'no-digits': 1 },
      looked_up_too: 0,
      numbers: 6,
      callable: 1,
      blocked: 3,
      callable_opt_in: 0,
      not_covered: 1,
      unreadable: 1,
      not_applicable: 0,
      opt_in_unreadable: 3,
      uneven_rows: 0,
      // There is no ledger.
      proof: null,
    });
    expect(Date.parse(String(started_at))).toBe(started_unix_ms);
    expect(Date.parse(String(finished_at))).toBe(finished_unix_ms);
    expect(Number(finished_unix_ms)).toBeGreaterThanOrEqual(Number(started_unix_ms));
    expect(Math.abs(Date.now() - Number(finished_unix_ms))).toBeLessThan(60_000);
  });

  it('holds the digest of what standard input gave', async () => {
    const outputs = ['--callable', '-', '--summary', folder.file('stdin.json')];
    const ended = await tacet(['dedupe', '-', '--list', list, ...outputs], { input: CONTACTS });
    expect(evidenceOf('stdin')).toMatchObject({
      input: { name: '-', sha256: folder.sha256('contacts.csv'), rows: 6 },
      outputs: [
        { name: '-', sha256: createHash('sha256').update(ended.stdoutBytes).digest('hex') },
      ],
    });
  });

  it('is told in short on standard error, with the day until when to dial', async () => {
    const { stderr } = await split('told', ['--list', list]);
    expect(stderr).toMatch(/^6 rows in \d+\.\d s, column "phone"\n/);
    expect(stderr).toMatch(/^ {2}blocked +3$/m);
    const until = `${dateFromToday(5)} 00:00 Brussels time`;
    expect(stderr).toContain(`The callable file may be dialled until ${until}.\n`);
  });
});

describe('a stale list', () => {
  it('answers nothing: exit code 1, no outputs', async () => {
    const stale = await packSource(folder, { name: 'stale.tacet', snapshot: dateFromToday(-6) });
    const before = folder.names();
    const outputs = ['--callable', folder.file('never.csv'), '--summary', folder.file('never')];
    const ended = await tacet(['dedupe', contacts, '--list', stale, ...outputs]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('ERR_LIST_STALE');
    const checked = await tacet(['check', '0475999999', '--list', stale]);
    expect(checked).toMatchObject({ code: 1, stdout: '' });
    const serving = await tacet(['serve', '--list', stale, '--http', '127.0.0.1:0']);
    expect(serving).toMatchObject({ code: 1, stdout: '' });
    expect(folder.names()).toEqual(before);
  });
});
