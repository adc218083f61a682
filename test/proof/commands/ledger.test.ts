import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { parseVerifierKey } from '#tacet/proof/format/note.js';
import { Folder, tacet } from '../../cli/commands.ts';
import { dedupeLeaf } from '../leaves.ts';
import { openLedger } from '../new-ledger.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const ORIGIN = 'ledger.firm.example/be1';

async function init(name: string, ...more: readonly string[]): Promise<string> {
  const origin = more.includes('--previous') ? `${ORIGIN}-2` : ORIGIN;
  const args = ['ledger', 'init', '--ledger', folder.file(name), '--origin', origin, ...more];
  const { code, stdout, stderr } = await tacet(args);
  expect([code, stderr]).toEqual([0, expect.stringContaining('log KEY')]);
  return stdout;
}

describe('tacet ledger', () => {
  it('init prints the verifier key on a line of its own, and not twice', async () => {
    const key = await init('one');
    expect(key).toMatch(/^ledger\.firm\.example\/be1\+[0-9a-f]{8}\+\S+\n$/);
    expect(parseVerifierKey(key.trim()).name).toBe(ORIGIN);
    const again = ['ledger', 'init', '--ledger', folder.file('one'), '--origin', ORIGIN];
    expect(await tacet(again)).toMatchObject({ code: 1, stdout: '' });
  });

  it('init takes a key that is there, as systemd hands one over', async () => {
    await init('two');
    const key = folder.write('credential', readFileSync(`${folder.file('two')}/key.pem`));
    expect(statSync(key).mode & 0o007).not.toBe(0);
    const refused = ['ledger', 'init', '--ledger', folder.file('x'), '--origin', 'a', '--key', key];
    const { code, stderr } = await tacet(refused);
    expect([code, stderr]).toEqual([1, expect.stringContaining('everybody may read the key')]);
    chmodSync(key, 0o400);
    const printed = await init('three', '--key', key);
    expect(readdirSync(folder.file('three'))).not.toContain('key.pem');
    expect(printed.split('+').slice(2)).toEqual((await tacetKey('two')).split('+').slice(2));
  });

  const tacetKey = async (name: string): Promise<string> => {
    const { stdout } = await tacet(['ledger', 'verify', '--ledger', folder.file(name), '--json']);
    return `${(JSON.parse(stdout) as { keys: string[] }).keys[0]}\n`;
  };

  it('init names the head of the log that it continues', async () => {
    await init('old');
    const head = `${folder.file('old')}/checkpoint`;
    await init('new', '--previous', head);
    const log = readFileSync(`${folder.file('new')}/entries.log`, 'utf8');
    expect(log).toContain(JSON.stringify(readFileSync(head, 'utf8')));
    const wrong = ['--ledger', folder.file('y'), '--origin', 'a', '--previous', folder.path];
    expect((await tacet(['ledger', 'init', ...wrong])).code).toBe(1);
  });

  it('status, verify, export and erase say what they found and did', async () => {
    await init('four');
    const directory = folder.file('four');
    const ledger = await openLedger(directory);
    const day = 86_400_000;
    const ended = (daysAgo: number) => {
      const finished = Date.now() - daysAgo * day;
      return { started: finished - 1, finished };
    };
    await ledger.append(dedupeLeaf({ job_id: 'new', ...ended(1) }));
    await ledger.append(dedupeLeaf({ job_id: 'older', ...ended(400) }));
    await ledger.append(dedupeLeaf({ job_id: 'oldest', ...ended(900) }));
    await ledger.close();
    const run = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await tacet(['ledger', ...args, '--ledger', directory]);
      expect([code, stderr]).toEqual([0, '']);
      return stdout;
    };
    expect(await run('status')).toMatch(/^log +ledger\.firm.*\nentries +4, [\d,]+ bytes\n/);
    const status = JSON.parse(await run('status', '--json'));
    expect(status).toMatchObject({ origin: ORIGIN, entries: 4, kept_heads: [] });
    expect(await run('verify')).toContain('whole. 4 entries (1 open, 3 dedupe; 0 erased)');
    const person = ['--by', 'An', '--reason', 'retention'];
    expect(await run('erase', '--retain', '2y', ...person, '--dry-run')).toBe(
      'would erase 1 entries\n',
    );
    expect(await run('erase', '--retain', '2y', ...person)).toBe('erased 1 entries\n');
    const erased = JSON.parse(await run('erase', '--job', 'older', ...person, '--json'));
    expect(erased).toEqual({ entries: [2], dry_run: false });
    expect(await run('erase', '--job', 'older', ...person, '--quiet')).toBe('');
    expect(await run('verify')).toContain('6 entries (1 open, 1 dedupe, 2 erase; 2 erased)');
    const out = folder.file('site');
    expect(await run('export', '--out', out)).toBe(`${ORIGIN}: 6 entries in 3 files\n`);
    expect(readFileSync(`${out}/checkpoint`)).toEqual(readFileSync(`${directory}/checkpoint`));
    expect(statSync(`${out}/tile/0/000.p/6`).size).toBe(6 * 32);
    const entries = readFileSync(`${out}/tile/entries/000.p/6`);
    expect(entries.includes('"job_id":"new"')).toBe(true);
    expect(entries.includes('oldest')).toBe(false);
    const next = await tacet(['ledger', 'rotate', '--ledger', directory]);
    expect(next.stdout).toMatch(/^ledger\.firm\.example\/be1\+[0-9a-f]{8}\+\S+\n$/);
    expect(await run('verify')).toContain(next.stdout);
  });

  it.each([
    [[], 'the action is missing'],
    [['inti'], 'Did you mean init?'],
    [['verify'], '--ledger is missing'],
    [['init', '--ledger', 'x', '--origin', 'a b'], '--origin: expected a name such as'],
    [['erase', '--ledger', 'x', '--by', 'An', '--reason', 'x'], 'either --job or --retain'],
    [
      ['erase', '--ledger', 'x', '--by', 'An', '--reason', 'x', '--retain', '5'],
      '--retain: expected a time such as 400d or 5y',
    ],
  ])('%j is wrong usage', async (args, what) => {
    const { code, stderr } = await tacet(['ledger', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
  });

  it.each(['status', 'verify', 'rotate'])(
    '%s of files that cannot be read says so',
    async (action) => {
      await init(`unread-${action}`);
      const directory = folder.file(`unread-${action}`);
      rmSync(`${directory}/entries.log`);
      mkdirSync(`${directory}/entries.log`);
      const { code, stderr } = await tacet(['ledger', action, '--ledger', directory]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/cannot \w+ the ledger: is a directory/),
      ]);
    },
  );

  it.each(['status', 'verify'])('%s of a folder without a ledger fails', async (action) => {
    const { code, stderr } = await tacet(['ledger', action, '--ledger', folder.path]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no ledger there')]);
  });
});
