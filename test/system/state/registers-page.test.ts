import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Folder } from '../../cli/commands.ts';
import { ROOT } from '../../deploy/dashboards.ts';
import { runPage } from '../run-page.ts';

/** What docs/REGISTERS.md shows, run as it stands. */
const page = readFileSync(join(ROOT, 'docs/REGISTERS.md'), 'utf8');
const folder = new Folder();
afterAll(() => folder.remove());

it('docs/REGISTERS.md leads from a call to the proof that it was heeded', () => {
  const { blocks, status, stdout, stderr } = runPage(page, folder);
  expect(blocks).toBe(6);
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/\nobjections of the whole firm: 1 added, 0 so already, 0 refused;/);
  expect(stdout).toContain('0470000000\tblocked\tobjection\t+32470000000');
  expect(stdout).toMatch(/ {4}by {8}An Peeters\n {4}source {4}telephone\n {4}reference call 2026/);
  expect(stdout).toMatch(/\nopt-ins of acme: 1 lifted, 0 so already, 0 refused;/);
  expect(stdout).toMatch(/,day\n\+32470000002,\*,\S+\n\+32470000003,\*,\S+\nEND\n$/);
}, 120_000);
