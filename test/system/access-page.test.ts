import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Folder } from '../cli/commands.ts';
import { ROOT } from '../deploy/dashboards.ts';
import { runPage } from './run-page.ts';

/** What docs/ACCESS.md shows, run as it stands. */
const page = readFileSync(join(ROOT, 'docs/ACCESS.md'), 'utf8');
const folder = new Folder();
afterAll(() => folder.remove());

describe('the walk of docs/ACCESS.md', () => {
  it('leads from nothing to two diallers over mutual TLS, of which one is taken out', () => {
    const { blocks, status, stdout, stderr } = runPage(page, folder);
    expect(blocks).toBe(6);
    expect(status, stderr).toBe(0);
    const [before = '', after = ''] = stdout.split('access.json: 3 parties, 2 clients, no fault');
    expect(before).not.toContain('callable');
    expect(after).toContain('without-b.json: 3 parties, 1 clients, no fault');
    expect(after).toMatch(/\nEND\n$/);
    const answers = after.match(/^0470000000\tcallable\tnot-listed\t\+32470000000$/gm) ?? [];
    expect(answers.length).toBeGreaterThanOrEqual(3);
    const expected = [
      'PERMISSION_DENIED: the advertiser named is none that this client may act for',
      ...Array.from({ length: 2 }, () => 'UNAUTHENTICATED: no valid credentials'),
    ];
    const refusals = stderr.match(/^tacet check: .*$/gm) ?? [];
    expect(refusals).toEqual(expected.map((text): unknown => expect.stringContaining(text)));
    const shown = page.replaceAll('\n', ' ');
    for (const text of expected) expect(shown).toContain(text);
  }, 120_000);
});
