import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobLeaf } from '#tacet/proof/format/leaf.js';
import { verifyLedger, walk, withLedger } from '#tacet/proof/ledger/walk.js';
import { openLedger } from '../../proof/new-ledger.ts';
import { Folder, packSource, start, tacet } from '../commands.ts';

const ORIGIN = 'ledger.firm.example/be1';
const CONTACTS = 'name;phone\nAn;0475123456\nBo;0475999999\nEls;+33123456789\nEva;\n';
const folder = new Folder();
const ledger = folder.file('ledger');
let list = '';
let policy = '';
let contacts = '';

beforeAll(async () => {
  list = await packSource(folder);
  contacts = folder.write('in.csv', CONTACTS);
  const { stdout } = await tacet(['ledger', 'init', '--ledger', ledger, '--origin', ORIGIN]);
  policy = folder.write('policy', `log ${stdout.trim()}\nquorum none\n`);
});
afterAll(() => folder.remove());

const outputsOf = (name: string): string[] =>
  ['callable', 'blocked', 'undecided'].flatMap((kind) => [
    `--${kind}`,
    folder.file(`${name}-${kind}.csv`),
  ]);
const argsOf = (name: string, ...more: readonly string[]): string[] => [
  ...['dedupe', contacts, '--list', list, ...outputsOf(name)],
  ...['--summary', folder.file(`${name}.json`), ...more],
];
const summaryOf = (name: string) => JSON.parse(folder.text(`${name}.json`));
const isWritten = (name: string): boolean[] =>
  [`${name}-callable.csv`, `${name}.json`, `${name}.tlog-proof`].map((file) =>
    existsSync(folder.file(file)),
  );

async function leaves(): Promise<JobLeaf[]> {
  const found: JobLeaf[] = [];
  await withLedger(ledger, async (read) => {
    for await (const { leaf } of walk(read)) if (leaf?.type === 'dedupe') found.push(leaf);
  });
  return found;
}

describe('tacet dedupe --ledger', () => {
  it('gives a receipt that proves the run, its list and its files', async () => {
    const receipt = folder.file('one.tlog-proof');
    const secret = folder.file('one.secret');
    const args = argsOf('one', '--ledger', ledger, '--receipt', receipt, '--job-secret', secret);
    const { code, stderr } = await tacet([...args, '--advertiser', 'acme', '--job-id', 'job-1']);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`proved: entry 1 of ${ORIGIN}`)]);
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    expect(readFileSync(secret, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    const summary = summaryOf('one');
    expect(summary.proof).toEqual({ origin: ORIGIN, index: 1 });

    const files = ['one-callable.csv', 'one-blocked.csv', 'one-undecided.csv', 'in.csv'];
    const verify = ['proof', 'verify', receipt, '--policy', policy, '--list', list, '--json'];
    const given = files.flatMap((name) => ['--files', folder.file(name)]);
    const verified = await tacet([...verify, ...given, '--job-secret', secret]);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    const proved = JSON.parse(verified.stdout);
    expect(proved.files.map(({ role }: { role: string }) => role)).toEqual([
      ...['callable', 'blocked', 'undecided', 'input'],
    ]);
    expect(proved.leaf).toMatchObject({
      ...{ type: 'dedupe', job_id: 'job-1', provider: null, client: null, licences: [] },
      advertiser: { id: 'acme', name: null },
      ...{ purpose: 'direct-marketing', channel: 'person', region: 'BE', registers: [] },
      lists: [
        {
          ...{ name: summary.name, sha256: summary.sha256, source_sha256: summary.source_sha256 },
          ...{ snapshot_date: summary.snapshot_date, entries: 3, override: null },
          valid_until: summary.valid_until.replace('.000Z', 'Z'),
        },
      ],
      counts: {
        ...{ numbers: 4, callable: 1, blocked: 1, callable_opt_in: 0, not_covered: 1 },
        ...{ unreadable: 1, not_applicable: 0, opt_in_unreadable: 0 },
      },
      input: { bytes: CONTACTS.length, rows: 4 },
      outputs: { callable: { rows: 1 }, blocked: { rows: 1 }, undecided: { rows: 2 } },
      ...{ rows: null, parts: null, engine: { name: 'tacet', version: summary.tacet_version } },
      ...{ started: summary.started_unix_ms, finished: summary.finished_unix_ms },
    });
    expect((await withLedger(ledger, verifyLedger)).types).toEqual({ open: 1, dedupe: 1 });
  });

  it('without a secret names no file, and keeps no receipt that nobody asked for', async () => {
    const { code, stderr } = await tacet(argsOf('two', '--ledger', ledger, '--purpose', 'service'));
    expect([code, stderr]).toEqual([0, expect.stringContaining('no receipt was kept')]);
    expect(await leaves()).toMatchObject([
      {},
      {
        ...{ input: null, outputs: null, job_id: null, advertiser: null, purpose: 'service' },
        counts: { numbers: 4, not_applicable: 3, unreadable: 1 },
      },
    ]);
    expect(isWritten('two')).toEqual([true, true, false]);
  });

  it('takes a secret that is there, and leaves it as it is', async () => {
    const secret = folder.write('given.secret', 'ab'.repeat(32));
    const args = argsOf('given', '--ledger', ledger, '--job-secret', secret);
    expect((await tacet(args)).code).toBe(0);
    expect(readFileSync(secret, 'utf8')).toBe('ab'.repeat(32));
    const wrong = folder.write('wrong.secret', 'ab');
    const refused = await tacet(argsOf('wrong', '--ledger', ledger, '--job-secret', wrong));
    expect(refused).toMatchObject({ code: 2 });
    expect(isWritten('wrong')).toEqual([false, false, false]);
  });

  it('says that nothing is proved, with --proof none or without a ledger', async () => {
    const before = (await leaves()).length;
    for (const [name, more] of [
      ['none', ['--ledger', ledger, '--proof', 'none']],
      ['plain', []],
    ] as const) {
      const { code, stderr } = await tacet(argsOf(name, ...more));
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('proved')]);
      expect(summaryOf(name).proof).toBeNull();
    }
    expect(await leaves()).toHaveLength(before);
  });
});

describe('nothing is published', () => {
  const receipt = (name: string): string[] => ['--receipt', folder.file(`${name}.tlog-proof`)];

  it('where there is no ledger, or somebody else holds it', async () => {
    const missing = await tacet(argsOf('a', '--ledger', folder.file('none'), ...receipt('a')));
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('no ledger there') });
    const held = await openLedger(ledger, { doing: 'serve' });
    const args = argsOf('b', '--ledger', ledger, ...receipt('b'), '--lock-wait', '0s');
    expect(await tacet(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(serve) writes to the ledger'),
    });
    await held.close();
    for (const name of ['a', 'b']) expect(isWritten(name)).toEqual([false, false, false]);
  });

  it('where the entry cannot be added at the end', async () => {
    const args = argsOf('c', '--ledger', ledger, ...receipt('c'), '--lock-wait', '0s');
    args[1] = '-';
    const { child, ended } = start(args);
    const before = (await leaves()).length;
    // Its temporary files are there: it has looked at the ledger, and waits for its input.
    while (!folder.names().some((name) => name.includes('c.tlog-proof'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const held = await openLedger(ledger, { doing: 'serve' });
    child.stdin?.end(CONTACTS);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('writes to the ledger')]);
    await held.close();
    expect(isWritten('c')).toEqual([false, false, false]);
    expect(folder.names().filter((name) => /(^|\.)c[-.]/.test(name))).toEqual([]);
    expect(await leaves()).toHaveLength(before);
  });

  it.each([
    [['--receipt', 'r'], '--receipt without a proof'],
    [['--job-secret', 's'], '--job-secret without a proof'],
    [['--proof', 'job'], '--proof job without --ledger'],
    [['--ledger', ledger, '--proof', 'none', '--receipt', 'r'], '--receipt without a proof'],
    [['--ledger', ledger, '--receipt', '-'], '--receipt takes a file'],
    [['--ledger', ledger, '--proof', 'rows'], '--proof: expected job or none'],
    [['--ledger', ledger, '--advertiser', 'A B'], 'with --ledger expected 1 to 64 of'],
    [['--ledger', ledger, '--receipt', `${ledger}/r`], 'is inside the ledger'],
    [
      ['--ledger', ledger, '--receipt', folder.file('same'), '--job-secret', folder.file('same')],
      'is the same file as --receipt',
    ],
  ])('with %j, which is wrong usage', async (more, what) => {
    const { code, stderr } = await tacet(argsOf('u', ...more));
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
    expect(isWritten('u')).toEqual([false, false, false]);
  });

  it('with a server, which has a ledger of its own', async () => {
    const args = ['dedupe', contacts, '--server', '127.0.0.1:1', ...outputsOf('s')];
    const { code, stderr } = await tacet([...args, '--ledger', ledger]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('a ledger of its own')]);
  });
});
