import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Folder, packSource, serve, startProcess, tacet } from './commands.ts';

/** What the README shows works as it stands there. */
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const folder = new Folder();
afterAll(() => folder.remove());

describe('the README', () => {
  it('has an example for Node that runs and prints verdicts', async () => {
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    expect(example).toContain("from 'tacet'");
    const serving = await serve(await packSource(folder));
    try {
      // Inside the package, so that its own name resolves to it.
      const build = new URL('../../build/', import.meta.url);
      mkdirSync(build, { recursive: true });
      const file = fileURLToPath(new URL('readme-example.mjs', build));
      writeFileSync(file, example.replace('127.0.0.1:50051', serving.address));
      const { code, stdout, stderr } = await startProcess(process.execPath, [file]).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n')).toEqual(['do not call: blocked', '[ 1 ]', 'true 0 of 1', '']);
    } finally {
      serving.child.kill('SIGTERM');
      await serving.ended;
    }
  });

  it('names commands and flags that exist', async () => {
    const used = readme.matchAll(/^ {4}(?: {4})?tacet (\w+)((?: .*\\\n.*)*.*)$/gm);
    let commands = 0;
    for (const [, command = '', rest = ''] of used) {
      const [, action] = /^ ([a-z]+) /.exec(rest) ?? [];
      const { stdout } = await tacet([command, ...(action ? [action] : []), '--help']);
      for (const [flag] of rest.replace(/#.*$/gm, '').matchAll(/--[a-z-]+/g)) {
        expect(stdout, `tacet ${command} ${flag}`).toContain(flag);
      }
      commands++;
    }
    expect(commands).toBeGreaterThanOrEqual(6);
  });
});
