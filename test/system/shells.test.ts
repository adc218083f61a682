import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, Folder, tacet } from '../cli/commands.ts';

/** What `tacet completion` and `tacet man` print, in the shells and the reader they are for. */
const folder = new Folder();
const SHELLS = ['bash', 'zsh', 'fish'] as const;

beforeAll(async () => {
  mkdirSync(folder.file('bin'));
  symlinkSync(COMMAND, folder.file('bin/tacet'));
  for (const shell of SHELLS) {
    const { code, stdout } = await tacet(['completion', shell]);
    expect(code).toBe(0);
    writeFileSync(folder.file(`tacet.${shell}`), stdout);
  }
});
afterAll(() => folder.remove());

/** What bash offers for the last word of a line. */
function offeredByBash(line: string): string[] {
  const words = line.split(' ');
  const script = `source ${folder.file('tacet.bash')}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
    _tacet; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  return said.split('\n').filter((word) => word !== '');
}

/** What fish offers: words and what they are for, between tabs. */
function offeredByFish(line: string): string[] {
  const script = `source ${folder.file('tacet.fish')}; complete -C '${line}'`;
  const said = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
  return said.split('\n').flatMap((offer) => offer.split('\t')[0] || []);
}

/** What zsh shows when the tabulator is typed at the end of a line, on a terminal of its own. */
function shownByZsh(line: string): string {
  const typist = `
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0: os.execvp('zsh', ['zsh', '-f', '-i'])
def read(seconds):
    shown, end = b'', time.time() + seconds
    while time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]: shown += os.read(terminal, 65536)
    return shown
setup = "PS1=; autoload -U compinit; compinit -D -u; source ${folder.file('tacet.zsh')}\\n"
os.write(terminal, setup.encode())
read(2)
os.write(terminal, sys.argv[1].encode() + b'\\t\\t')
sys.stdout.buffer.write(read(2))
os.write(terminal, b'\\x03\\x04'); os.kill(pid, 9)
`;
  return execFileSync('python3', ['-c', typist, line], { encoding: 'utf8' });
}

const LINES: [line: string, offered: string[], not: string[]][] = [
  ['tacet d', ['dedupe'], ['pack']],
  ['tacet list ', ['history', 'diff', 'override'], ['dedupe']],
  ['tacet list diff --re', ['--removed', '--redated'], ['--added']],
  ['tacet sample contacts --tr', ['--truth'], ['--snapshot']],
  ['tacet serve --list-', ['--list-poll', '--list-age-warning'], ['--listen']],
  ['tacet serve --verify ', ['full', 'header'], ['--list']],
  ['tacet completion ', ['bash', 'zsh', 'fish'], ['pack']],
];

describe('completion', () => {
  it.each(LINES)('of "%s" by bash', (line, offered, not) => {
    const words = offeredByBash(line);
    expect(words).toEqual(expect.arrayContaining(offered));
    expect(words.filter((word) => not.includes(word))).toEqual([]);
  });

  it.each(LINES)('of "%s" by fish', (line, offered, not) => {
    const words = offeredByFish(line);
    expect(words).toEqual(expect.arrayContaining(offered));
    expect(words.filter((word) => not.includes(word))).toEqual([]);
  });

  it.each(LINES)('of "%s" by zsh', (line, offered) => {
    const shown = shownByZsh(line);
    for (const word of offered) expect(shown).toContain(word);
  });

  it('offers files where a file is meant', () => {
    expect(offeredByBash('tacet pack --out ')).toEqual([]);
    expect(offeredByBash('tacet dedupe ')).toEqual([]);
  });
});

describe('the manual page', () => {
  it('is read without a warning, and has every command and option', async () => {
    const { stdout } = await tacet(['man']);
    const page = folder.file('tacet.1');
    writeFileSync(page, stdout);
    const env = { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' };
    const reading = ['-l', '--warnings=w', '-E', 'ascii', page];
    const read = spawnSync('man', reading, { encoding: 'utf8', env });
    expect(read).toMatchObject({ status: 0, stderr: '' });
    for (const word of ['dedupe', '--callable', '--stream-pin-max', 'TACET_SYNC_FROM', '141']) {
      expect(read.stdout).toContain(word);
    }
  });
});
