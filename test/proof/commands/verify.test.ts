import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyListFile } from '#tacet/list/verify.js';
import { fileTag } from '#tacet/proof/rows/rows.js';
import { Folder, packSource, tacet } from '../../cli/commands.ts';
import { dedupeLeaf } from '../leaves.ts';
import { newLedger } from '../new-ledger.ts';
import { checksLeaf, openingOf, SECRET } from '../proofs.ts';

const folder = new Folder();
afterAll(() => folder.remove());

let list: string;
let policy: string;
let receipt: string;
let opening: string;

beforeAll(async () => {
  list = await packSource(folder);
  const { sha256, sourceSha256 } = await verifyListFile(list);
  const tagOf = (name: string, content: string): string => {
    folder.write(name, content);
    return fileTag(SECRET, createHash('sha256').update(content).digest());
  };
  const leaf = dedupeLeaf();
  const lists = 'lists' in leaf ? leaf.lists : [];
  const ledger = await newLedger();
  const entry = await ledger.append(
    dedupeLeaf({
      lists: lists.map((each) => ({ ...each, sha256, source_sha256: sourceSha256 })),
      input: { bytes: 9, rows: 10, tag: tagOf('in.csv', 'contacts') },
      outputs: {
        callable: { rows: 5, tag: tagOf('call.csv', 'callable') },
        blocked: null,
        undecided: null,
      },
    }),
  );
  const rows = await ledger.append(checksLeaf());
  await ledger.close();
  receipt = folder.write('job.tlog-proof', entry.receipt);
  opening = folder.write('7.row.json', openingOf(rows.receipt, 3));
  policy = folder.write('policy', `log ${ledger.verifierKey.text}\nquorum none\n`);
  folder.write('secret', `${SECRET.toString('hex')}\n`);
});

const verify = (proof: string, ...args: readonly string[]) =>
  tacet(['proof', 'verify', proof, '--policy', policy, ...args]);

describe('tacet proof verify', () => {
  it('says that a receipt holds, and what it says, in each language', async () => {
    for (const [language, word] of [
      ['en', 'verified'],
      ['nl', 'geverifieerd'],
      ['fr', 'vérifié'],
      ['de', 'geprüft, in Ordnung'],
    ] as const) {
      const { code, stdout, stderr } = await verify(receipt, '--lang', language);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.split('\n')[0]).toBe(`${receipt}: ${word}`);
      for (const fact of ['Centre d’appels SA (cc)', 'ACME (acme)', 'dncm']) {
        expect(stdout).toContain(fact);
      }
    }
  });

  it('tells the row of an opening', async () => {
    const { code, stdout } = await verify(opening);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('+32475000003 was number 3 of those asked, counted from 0'),
    ]);
  });

  it('compares the list and the files', async () => {
    const files = ['--files', folder.file('in.csv'), '--files', folder.file('call.csv')];
    const secret = ['--job-secret', folder.file('secret')];
    const { code, stdout, stderr } = await verify(receipt, '--list', list, ...files, ...secret);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${list} is the list that was asked, every byte verified`);
    expect(stdout).toContain(`${folder.file('call.csv')} is the file "callable" of this job`);
    const json = JSON.parse((await verify(receipt, ...files, ...secret, '--json')).stdout);
    expect(json).toMatchObject({
      verified: true,
      kind: 'receipt',
      index: 1,
      size: 2,
      cosigned: [],
    });
    expect(json.files.map(({ role }: { role: string }) => role)).toEqual(['input', 'callable']);
    expect(json.leaf.job_id).toBe('acme-2026-11-27');
  });

  it('refuses another list, another file and another secret', async () => {
    const other = await packSource(folder, { name: 'b.tacet', source: '022345678;2018-01-02\n' });
    expect(await verify(receipt, '--list', other)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('NOT verified'),
    });
    const wrong = folder.write('other-secret', '00'.repeat(32));
    for (const [file, secret] of [
      [folder.write('in2.csv', 'contacts2'), folder.file('secret')],
      [folder.file('in.csv'), wrong],
    ] as const) {
      const { code, stdout } = await verify(receipt, '--files', file, '--job-secret', secret);
      expect([code, stdout]).toEqual([1, expect.stringContaining('none of the files of this job')]);
    }
  });

  it('refuses a receipt that was changed, also for programs', async () => {
    const changed = folder.write(
      'x.tlog-proof',
      folder.text('job.tlog-proof').replace('index 1', 'index 0'),
    );
    const text = await verify(changed, '--lang', 'nl');
    expect([text.code, text.stdout]).toEqual([1, expect.stringContaining('NIET geverifieerd')]);
    const json = await verify(changed, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ verified: false, code: 'ERR_PROOF' });
  });

  it.each([
    [['--tsr', 'x'], '--tsr and --tsa-ca belong together'],
    [['--files', 'x'], '--files and --job-secret belong together'],
    [['--lang', 'it'], '--lang: expected en or nl or fr or de'],
  ])('with %j is wrong usage', async (args, what) => {
    const { code, stderr } = await verify(receipt, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
  });

  it('with a policy that is none, or a secret that is none, is wrong usage', async () => {
    const secret = folder.write('short', 'abc');
    const bad = ['proof', 'verify', receipt, '--policy', folder.write('bad', 'log x\n')];
    expect(await tacet(bad)).toMatchObject({ code: 2, stderr: expect.stringContaining('line 1') });
    const args = ['--files', folder.file('in.csv'), '--job-secret', secret];
    expect(await verify(receipt, ...args)).toMatchObject({ code: 2 });
  });
});
