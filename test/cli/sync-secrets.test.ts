import { afterAll, expect, it } from 'vitest';
import { Folder, tacet } from './commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());

it('tacet sync refuses a password in the address, and does not repeat it', async () => {
  const from = 'sftp://someone:hunter2@127.0.0.1:2222/dncm.txt';
  const { code, stdout, stderr } = await tacet([
    'sync',
    '--store',
    folder.file('s'),
    '--from',
    from,
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('the address holds a password');
  expect(stdout + stderr).not.toContain('hunter2');
  expect(folder.names()).toEqual([]);
});
