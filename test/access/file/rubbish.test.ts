import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAccess } from '#tacet/access/file/read-access.js';
import { accessFile, BYTES_MAX, faultsOf } from './fixture.ts';

describe('what is no access file at all', () => {
  const deep = (open: string, close: string) => open.repeat(500_000) + close.repeat(500_000);

  it.each<[string, string | Uint8Array, string]>([
    ['empty', '', ': is empty'],
    ['spaces', ' \n ', ': is empty'],
    ['an array', '[]', ': is an array. Write an object in braces'],
    ['a word', 'null', ': is missing'],
    ['half a file', '{"parties": {', 'line 1, column 14: not JSON: a key in double quotes'],
    [
      'a comma too many',
      '{"parties": {},\n}',
      'line 2, column 1: not JSON: a key in double quotes',
    ],
    ['a text behind it', '{} {}', 'line 1, column 4: not JSON: something follows'],
    ['a text never closed', '{"a', 'line 1, column 2: not JSON: the text that begins here has no'],
    ['a line break in a text', '{"a\nb": 1}', 'line 1, column 2: not JSON: the text that begins'],
    ['a comment', '{ // who\n}', 'line 1, column 3: not JSON'],
    ['a number as no JSON has it', '{"a": 01}', 'line 1, column 8: not JSON: "}" is missing here'],
    ['arrays half a million deep', deep('[', ']'), 'not JSON: nested more than 16 deep'],
    ['objects half a million deep', deep('{"a":', '}'), 'not JSON: nested more than 16 deep'],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), ': is not UTF-8'],
    ['Windows-1252', Buffer.from('{"é": 1}', 'latin1'), ': is not UTF-8'],
    ['zeros', Buffer.alloc(100), 'line 1, column 1: not JSON: a value is missing here'],
  ])('%s', (_, content, fault) => {
    expect(faultsOf(content)[0]).toContain(fault);
  });

  it('a key twice in one object, also when it is written in another way', () => {
    const twice = '{"parties": {}, "clients": {"a": {"party": "x"}, "\\u0061": {"party": "y"}}}';
    expect(faultsOf(twice)[0]).toBe(
      'clients.a: the key is there twice (line 1, column 58). Keep one of them',
    );
  });

  it('a key that objects have from birth is like any other', () => {
    expect(
      faultsOf('{"parties": {"__proto__": {"kind": "x"}}, "clients": {}, "__proto__": 1}'),
    ).toEqual([
      ': unknown key __proto__. Known are parties, clients',
      'parties.__proto__.kind: is "A". Write one of advertiser, service-provider',
    ]);
    const named = '{"parties": {"constructor": {"kind": "advertiser"}}, "clients": {}}';
    expect(faultsOf(named)).toEqual([]);
  });

  it('a folder, a FIFO, nothing, and a file of more bytes than are read', async () => {
    const path = await accessFile(' '.repeat(3000));
    const folder = dirname(path);
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const io = { code: 'ERR_IO', detail: { what: 'is no regular file' } };
    await expect(readAccess(join(folder, 'folder'), BYTES_MAX)).rejects.toMatchObject(io);
    await expect(readAccess(join(folder, 'fifo'), BYTES_MAX)).rejects.toMatchObject(io);
    await expect(readAccess(join(folder, 'none'), BYTES_MAX)).rejects.toThrow(
      'no such file or directory',
    );
    await expect(readAccess(path, 2999)).rejects.toThrow('access.json: has more than 2999 bytes');
  });
});
