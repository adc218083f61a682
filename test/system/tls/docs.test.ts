import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Folder, packSource } from '../../cli/commands.ts';
import { runPage } from '../run-page.ts';

/** What docs/TLS.md shows, run as it stands. */
const folder = new Folder();
const page = readFileSync(new URL('../../../docs/TLS.md', import.meta.url), 'utf8');

beforeAll(() => packSource(folder, { name: 'dncm.tacet' }));
afterAll(() => folder.remove());

it('the page leads from nothing to a server, its clients and a renewal', () => {
  const { blocks, status, stdout, stderr } = runPage(page, folder);
  expect(blocks).toBe(6);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('{"ready":true,"reasons":[]}');
  expect(stdout).toContain('serving\n');
  expect(stdout).toMatch(/^0475123456\tblocked\t/m);
  expect(folder.text('serve.log')).toContain('"msg":"stopped"');
});
