import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipOf } from '../fixtures/zip.ts';
import { dateFromToday, Folder, packSource, SOURCE, tacet } from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

describe('pack, verify and inspect', () => {
  it('tell the same of one list', async () => {
    const out = folder.file('told.tacet');
    const args = ['pack', `${list}.txt`, '--out', out, '--name', 'dncm-test'];
    const packed = await tacet([...args, '--snapshot', dateFromToday(-1)]);
    const verified = await tacet(['verify', out]);
    const inspected = await tacet(['inspect', out, '--json']);
    const facts = JSON.parse(inspected.stdout) as Record<string, unknown>;
    expect(facts).toMatchObject({
      name: 'dncm-test',
      entries: 3,
      snapshot_date: dateFromToday(-1),
      source_sha256: folder.sha256('list.tacet.txt'),
      file_bytes: folder.read('told.tacet').length,
      format_version: 1,
      layout: { columns: ['number', 'date'], dateForm: 'YYYY-MM-DD', separator: ';' },
    });
    expect(facts['sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(['mmap', 'shared']).toContain(facts['mapping']);
    expect(facts['sections']).toHaveLength(4);
    const told = `dncm-test of ${dateFromToday(-1)}, 3 entries`;
    expect(verified.stdout).toBe(`${out}: whole. ${told}, sha256 ${facts['sha256']}\n`);
    const lines = packed.stdout.split('\n');
    expect(lines[0]).toBe(`${out}: ${told}`);
    expect(lines).toContain(`sha256  ${facts['sha256']}`);
    expect(lines).toContain(`source  ${facts['source_sha256']}`);
    expect(lines).toContain(`valid   until ${dateFromToday(5)} 00:00 Brussels time`);
  });

  it('say in words until when the list is valid', async () => {
    const { stdout } = await tacet(['inspect', list]);
    expect(stdout).toContain(`valid_until     ${dateFromToday(5)} 00:00 Brussels time\n`);
    expect(stdout).toContain('entries         3\n');
  });

  it('say that a list is past when it is packed', async () => {
    const snapshot = dateFromToday(-6);
    const args = ['pack', `${list}.txt`, '--out', folder.file('past.tacet')];
    const { code, stdout } = await tacet([...args, '--snapshot', snapshot]);
    expect(code).toBe(0);
    expect(stdout).toContain(`until ${dateFromToday(0)} 00:00 Brussels time, which is past`);
  });

  it('make the same bytes of the same source, plain, gzip or zip', async () => {
    const gz = folder.write('list.txt.gz', Buffer.concat([gzipSync(SOURCE), Buffer.alloc(512)]));
    const zip = folder.write('zipped', zipOf([{ text: SOURCE }]));
    const common = ['--snapshot', dateFromToday(-1), '--out'];
    await tacet(['pack', `${list}.txt`, ...common, folder.file('again.tacet')]);
    await tacet(['pack', gz, ...common, folder.file('gzip.tacet')]);
    await tacet(['pack', zip, ...common, folder.file('zip.tacet')]);
    const bytes = folder.read('list.tacet');
    expect(folder.read('again.tacet').equals(bytes)).toBe(true);
    expect(folder.read('gzip.tacet').equals(bytes)).toBe(true);
    expect(folder.read('zip.tacet').equals(bytes)).toBe(true);
  });

  it('take the newest registration for the snapshot date', async () => {
    const source = `0475123456;2020-02-13\n0475123457;${dateFromToday(-2)}\n`;
    const out = folder.file('newest.tacet');
    const txt = folder.write('newest.txt', source);
    const { stdout } = await tacet(['pack', txt, '--out', out]);
    expect(stdout).toContain(`dncm of ${dateFromToday(-2)}, 2 entries`);
  });

  it('take the layout that inspect shows as a profile', async () => {
    const { stdout } = await tacet(['inspect', list, '--json']);
    const { layout } = JSON.parse(stdout) as { layout: unknown };
    const profile = folder.write('layout.json', JSON.stringify(layout));
    const args = ['pack', `${list}.txt`, '--layout', profile, '--snapshot', dateFromToday(-1)];
    const { code } = await tacet([...args, '--out', folder.file('profile.tacet')]);
    expect(code).toBe(0);
    expect(folder.read('profile.tacet').equals(folder.read('list.tacet'))).toBe(true);
  });

  it('find CR, a time of day and a trailer, show them, and take them as a profile', async () => {
    const lines = SOURCE.replaceAll('\n', ' 10:22:31\r');
    const txt = folder.write('odd.txt', `${lines}TOTAL;3\r`);
    const out = folder.file('odd.tacet');
    const packed = await tacet(['pack', txt, '--out', out, '--snapshot', dateFromToday(-1)]);
    const shown = 'dates as YYYY-MM-DD HH:mm:ss; no header, utf-8, CR, trailer "TOTAL;{count}"';
    expect(packed.stdout).toContain(shown);
    const { stdout } = await tacet(['inspect', out, '--json']);
    const { layout } = JSON.parse(stdout) as { layout: object };
    expect(layout).toMatchObject({ lineEnd: 'cr', trailer: 'TOTAL;{count}' });
    const profile = folder.write('odd.json', JSON.stringify(layout));
    const args = ['--layout', profile, '--snapshot', dateFromToday(-1), '--out'];
    const again = await tacet(['pack', txt, ...args, folder.file('odd-again.tacet')]);
    expect(again.code).toBe(0);
    expect(folder.read('odd-again.tacet').equals(folder.read('odd.tacet'))).toBe(true);
    const cut = folder.write('cut.txt', lines);
    const refused = await tacet(['pack', cut, ...args, folder.file('cut.tacet')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/cut\.txt: the file has no trailer.*ERR_SOURCE_FILE/);
  });

  it('take no more text than --source-bytes-max', async () => {
    const zip = folder.write('bounded.zip', zipOf([{ text: SOURCE }]));
    const out = folder.file('bounded.tacet');
    const args = ['pack', zip, '--out', out, '--snapshot', dateFromToday(-1)];
    const size = String(SOURCE.length);
    expect((await tacet([...args, '--source-bytes-max', size])).code).toBe(0);
    const refused = await tacet([...args, '--source-bytes-max', String(SOURCE.length - 1)]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/bounded\.zip: .*raise --source-bytes-max \(ERR_LIMIT\)/);
    expect((await tacet([...args, '--source-bytes-max', 'much'])).code).toBe(2);
  });

  it('report each malformed line that --bad-lines-max lets pass', async () => {
    const txt = folder.write('bad.txt', `${SOURCE}04751234AB;2020-02-13\n0475123459;2020-02-31\n`);
    const out = folder.file('bad.tacet');
    const args = ['pack', txt, '--out', out, '--snapshot', dateFromToday(-1), '--bad-lines-max'];
    const refused = await tacet([...args, '1']);
    expect(refused.code).toBe(1);
    expect(folder.names()).not.toContain('bad.tacet');
    const { code, stdout } = await tacet([...args, '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^line 4 left out: .+\nline 5 left out: .+\n$/m);
    expect(stdout).toContain('malformed 2');
  });
});

describe('a bad source fails with its reason and leaves nothing behind', () => {
  it.each([
    ['an empty file', '', /empty/],
    ['a binary file', Buffer.from([0, 1, 2, 255, 0, 0]), /ERR_SOURCE/],
    [
      'letters in a number',
      '0475123456;2020-02-13\n04751x3457;2020-02-13\n',
      /:2\b.*ERR_SOURCE_LINE/,
    ],
    ['a date that does not exist', '0475123456;2020-02-13\n0475123457;2021-02-29\n', /:2\b/],
    ['a registration after the snapshot', `0475123456;${dateFromToday(0)}\n`, /snapshot/],
    ['dates that cannot be settled', '0475123456;03/04/2025\n0475123457;05/06/2025\n', /date/],
  ])('%s', async (_, content, message) => {
    const source = folder.write('source.txt', content);
    const before = folder.names();
    const args = ['pack', source, '--out', folder.file('new.tacet')];
    const { code, stderr } = await tacet([...args, '--snapshot', dateFromToday(-1)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('source.txt');
    expect(stderr).not.toMatch(/\d{7}/);
    expect(folder.names()).toEqual(before);
  });

  it('keeps the list file that is there', async () => {
    const bytes = folder.read('list.tacet');
    const source = folder.write('source.txt', 'nothing\n');
    expect((await tacet(['pack', source, '--out', list])).code).toBe(1);
    expect(folder.read('list.tacet').equals(bytes)).toBe(true);
  });
});

it('verify finds one changed bit', async () => {
  const bytes = folder.read('list.tacet');
  bytes.writeUInt8(bytes.readUInt8(65_536) ^ 1, 65_536);
  const damaged = folder.write('damaged.tacet', bytes);
  const { code, stderr } = await tacet(['verify', damaged]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/damaged\.tacet.*ERR_FORMAT_/);
});
