import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, dateFromToday, Folder, packSource, startProcess, tacet } from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

const TACET = `${process.execPath} ${COMMAND}`;

/** How a line of bash ends that reads only a little of what the command says. */
async function bash(line: string, input = ''): Promise<{ stdout: string; stderr: string }> {
  const shell = startProcess('bash', ['-c', line]);
  shell.child.stdin?.end(input);
  return shell.ended;
}

describe.concurrent('a reader that has enough', () => {
  it.each([
    ['sample list', `sample list --rows 2000000 --seed 1`],
    ['check --json', `check --json --list LIST - <NUMBERS`],
    ['check', `check --list LIST - <NUMBERS`],
  ])('ends %s quietly', async (name, line) => {
    const numbers = folder.write(
      `${name} numbers`.replaceAll(' ', '-'),
      '0475123456\n'.repeat(9e4),
    );
    const words = line.replace('LIST', list).replace('NUMBERS', numbers);
    const { stdout, stderr } = await bash(`${TACET} ${words} | head -n 1; echo \${PIPESTATUS[0]}`);
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(1)).toEqual(['141', '']);
  });
});

describe.concurrent('-', () => {
  it('is standard input for check, one number a line', async () => {
    const input = '0475123456\n0475 99 99 99\r\n\nnone\n';
    const { code, stdout } = await tacet(['check', '--list', list, '-'], { input });
    expect(code).toBe(0);
    const verdicts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2));
    expect(verdicts).toEqual([
      ['0475123456', 'blocked'],
      ['0475 99 99 99', 'callable'],
      ['', 'unreadable'],
      ['none', 'unreadable'],
    ]);
  });

  it('is standard output for sample', async () => {
    const args = ['sample', 'list', '--rows', '50', '--seed', '1'];
    const [dash, none] = await Promise.all([tacet([...args, '--out', '-']), tacet(args)]);
    expect(dash.stdout).toBe(none.stdout);
    expect(dash.stdout.split('\n')).toHaveLength(51);
    expect(folder.names()).not.toContain('-');
  });
});

it('is called standard output in what dedupe says at its end', async () => {
  const contacts = folder.write('dash.csv', 'name;phone\nAn;0475999999\n');
  const { stdout, stderr } = await tacet(['dedupe', contacts, '--list', list, '--callable', '-']);
  expect(stdout).toContain('An;0475999999\n');
  expect(stderr).toContain('callable: 1 row on standard output\n');
});

describe.concurrent('--quiet', () => {
  it('says nothing of what went well', async () => {
    const source = folder.file('list.tacet.txt');
    const contacts = folder.write('quiet.csv', 'name;phone\nAn;0475999999\n');
    const fresh = folder.write('fresh.txt', `0475000001;${dateFromToday(-1)}\n`);
    const store = folder.file('store');
    const person = ['--by', 'An', '--reason', 'tests'];
    for (const args of [
      ['pack', source, '--out', folder.file('quiet.tacet')],
      ['dedupe', contacts, '--list', list, '--callable', folder.file('quiet-callable.csv')],
      ['sync', '--store', store, '--from', `file://${fresh}`, '--confirm-layout'],
      ['list', 'verify', store],
      ['list', 'prune', store],
      ['list', 'diff', store, 'current', 'current'],
      ['list', 'rollback', store, 'current', ...person],
      ['list', 'override', store, ...person, '--for', '1h'],
      ['list', 'override', store, '--clear'],
    ]) {
      const ended = await tacet([...args, '--quiet']);
      expect(ended, args.join(' ')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
    const version = readdirSync(join(store, 'versions')).find((name) => name.endsWith('.tacet'));
    writeFileSync(join(store, 'versions', version ?? ''), 'damaged');
    const { code, stdout } = await tacet(['list', 'verify', store, '--quiet']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\S+: DAMAGED: .*\n$/);
  });

  it('says what went wrong', async () => {
    const { code, stderr } = await tacet(['pack', '/no/such', '--out', '/x', '--quiet']);
    expect(code).toBe(1);
    expect(stderr).toContain('no such file or directory');
  });
});
