import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMAND, Folder, packSource } from '../../cli/commands.ts';

/** What docs/TLS.md shows, run as it stands. */
const folder = new Folder();
const page = readFileSync(new URL('../../../docs/TLS.md', import.meta.url), 'utf8');

beforeAll(async () => {
  await packSource(folder, { name: 'dncm.tacet' });
  mkdirSync(folder.file('bin'));
  symlinkSync(COMMAND, folder.file('bin/tacet'));
});
afterAll(() => folder.remove());

it('the page leads from nothing to a server, its clients and a renewal', () => {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  expect(blocks).toHaveLength(6);
  // A network of its own: the ports of the page may be taken on this machine.
  const script = `set -e -o pipefail
ip link set lo up
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
${blocks.join('\n')}`;
  const said = execFileSync(
    'unshare',
    ['--map-root-user', '--net', 'timeout', '100', 'bash', '-c', script],
    {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder.file('bin')}:${process.env['PATH']}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  expect(said).toContain('{"ready":true,"reasons":[]}');
  expect(said).toContain('serving\n');
  expect(said).toMatch(/^0475123456\tblocked\t/m);
  expect(folder.text('serve.log')).toContain('"msg":"stopped"');
});
