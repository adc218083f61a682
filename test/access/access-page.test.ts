import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { PERMISSIONS } from '#tacet/access/access.js';
import { checkAccess } from '#tacet/access/file/read-access.js';
import { Folder, tacet } from '../cli/commands.ts';

const page = readFileSync('docs/ACCESS.md', 'utf8');
const [, file = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
const folder = new Folder();
afterAll(() => folder.remove());

/** All keys of a value, but for those that are ids. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isNamed = key === 'parties' || key === 'clients';
    const inners = isNamed ? Object.values(inner as object) : [inner];
    return [...(Array.isArray(value) ? [] : [key]), ...inners.flatMap(keysOf)];
  });
}

describe('docs/ACCESS.md', () => {
  it('has a file without fault, and explains every key of it and every permission', () => {
    expect(checkAccess(Buffer.from(file)).faults.listed).toEqual([]);
    const explained = page.replace(file, '');
    for (const key of new Set(keysOf(JSON.parse(file)))) expect(explained).toContain(key);
    for (const permission of PERMISSIONS) expect(explained).toContain(`\`${permission}\``);
  });

  it('shows what the command prints for it', async () => {
    const path = folder.write('ACCESS.json', file);
    const { stdout } = await tacet(['access', 'licences', path, '--on', '2026-12-10']);
    expect(page).toContain(`\`\`\`\n${stdout}\`\`\`\n`);
  });

  it('names commands and flags that exist', async () => {
    for (const [, words = ''] of page.matchAll(/^ {4}tacet (.*)$/gm)) {
      const { stdout } = await tacet([...words.split(' ').slice(0, 2), '--help']);
      for (const [flag] of words.matchAll(/--[a-z-]+/g)) expect(stdout).toContain(flag);
    }
  });
});
