import { utimesSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../server/free-port.ts';
import {
  COMMAND,
  Folder,
  packSource,
  type Running,
  serve,
  start,
  startProcess,
  tacet,
  until,
} from '../commands.ts';

const lists = new Folder();
const folders: Folder[] = [];
let list = '';

beforeAll(async () => {
  list = await packSource(lists);
});
afterAll(() => {
  for (const folder of [lists, ...folders]) folder.remove();
});

/** A folder of its own for a test: they run side by side. */
function newFolder(): Folder {
  const folder = new Folder();
  folders.push(folder);
  return folder;
}

const HEAD = 'name;phone\n';
const ROWS = 'An;0475123456\nLuc;0475999999\nEva;+33140000000\n'.repeat(1000);
const MANY_ROWS = ROWS.repeat(30);
/** More than is gathered before it is written. */
const ENOUGH_ROWS = ROWS.repeat(150);

/** A run in the middle of its input: its temporary files are there, its input is still open. */
async function underWay(folder: Folder, engine: readonly string[], prefix = ''): Promise<Running> {
  const outputs = ['callable', 'blocked', 'undecided', 'summary'].flatMap((kind) => [
    `--${kind}`,
    folder.file(prefix + kind),
  ]);
  const run = start(['dedupe', '-', ...engine, ...outputs]);
  run.child.stdin?.write(HEAD + ENOUGH_ROWS);
  await until('the run has begun to write', () => {
    if (run.child.exitCode !== null) throw new Error(run.stderr());
    const names = folder.names().filter((name) => name.startsWith(`.${prefix}`));
    const sizes = names.map((name) => folder.read(name).length);
    return sizes.length >= 4 && sizes.some((size) => size > 0);
  });
  return run;
}

describe.concurrent('dedupe in the middle of its input', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing at %s', async (signal) => {
    const folder = newFolder();
    const { child, ended } = await underWay(folder, ['--list', list]);
    child.kill(signal);
    const { code, signal: died, stderr } = await ended;
    expect([code, died]).toEqual([null, signal]);
    expect(stderr).toContain('cancelled; nothing was published (ERR_CANCELLED)\n');
    expect(folder.names()).toEqual([]);
  });

  it('ends the loop of a shell that Ctrl-C ends', async () => {
    const folder = newFolder();
    const words = [process.execPath, COMMAND, 'dedupe', '-', '--list', list];
    const output = folder.file('callable');
    const loop = `for turn in 1 2; do ${words.join(' ')} --callable ${output}; echo went on; done`;
    // A terminal of its own, on which Ctrl-C is typed.
    const typed = "import pty, sys; pty.spawn(['bash', '-c', sys.argv[1]])";
    const shell = startProcess('python3', ['-c', typed, loop]);
    shell.child.stdin?.write(HEAD);
    await until('the run has begun', () => folder.names().length > 0);
    shell.child.stdin?.write('\x03');
    await shell.ended;
    expect(shell.stdout()).not.toContain('went on');
    expect(folder.names()).toEqual([]);
  });

  it('leaves nothing under a final name when it is killed', async () => {
    const folder = newFolder();
    const { child, ended } = await underWay(folder, ['--list', list]);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const names = folder.names();
    expect(names).toHaveLength(4);
    expect(names.filter((name) => !/^\..*\.tmp$/.test(name))).toEqual([]);

    // The next run removes them, but neither what another run still writes nor what is not ours.
    folder.write('.notes.tmp', 'not ours');
    const other = await underWay(folder, ['--list', list], 'other-');
    const callable = ['--callable', folder.file('callable')];
    const next = await tacet(['dedupe', '-', '--list', list, ...callable], { input: HEAD + ROWS });
    expect(next.code).toBe(0);
    const left = folder.names().filter((name) => !name.startsWith('.other-'));
    expect(left).toEqual(['.notes.tmp', 'callable']);
    other.child.stdin?.end();
    expect((await other.ended).code).toBe(0);
    expect(folder.names()).toEqual([
      ...['.notes.tmp', 'callable', 'other-blocked', 'other-callable', 'other-summary'],
      'other-undecided',
    ]);
  });

  it('leaves temporary files of another machine until they are a day old', async () => {
    const folder = newFolder();
    const names = [1, 25].map((hours) => {
      const name = `.callable.00000000-1-${hours}-0123456789ab.tmp`;
      folder.write(name, 'contacts');
      const at = new Date(Date.now() - hours * 3_600_000);
      utimesSync(folder.file(name), at, at);
      return name;
    });
    const callable = ['--callable', folder.file('callable')];
    await tacet(['dedupe', '-', '--list', list, ...callable], { input: HEAD + ROWS });
    expect(folder.names()).toEqual([names[0], 'callable']);
  });

  it('fails without outputs when the server dies', async () => {
    const folder = newFolder();
    const server = await serve(list);
    const { child, ended } = await underWay(folder, ['--server', server.address]);
    server.child.kill('SIGKILL');
    await server.ended;
    child.stdin?.end(MANY_ROWS);
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/the server is not available.*\(ERR_SERVER\)\n$/);
    expect(folder.names()).toEqual([]);
  });

  it('goes on when the server is replaced by one with the same list', async () => {
    const folder = newFolder();
    const port = await freePort();
    const first = await serve(list, ['--drain-timeout', '50ms', ...listenOn(port)]);
    const { child, ended } = await underWay(folder, ['--server', `127.0.0.1:${port}`]);
    first.child.kill('SIGTERM');
    await first.ended;
    const second = await serve(list, listenOn(port));
    child.stdin?.end(MANY_ROWS);
    expect((await ended).code).toBe(0);
    const summary = JSON.parse(folder.text('summary')) as Record<string, unknown>;
    expect(summary).toMatchObject({ numbers: 540_000, callable: 180_000, blocked: 180_000 });
    second.child.kill('SIGTERM');
    await second.ended;
  });
});

function listenOn(port: number): string[] {
  return ['--listen', `127.0.0.1:${port}`];
}

describe.concurrent('a standard output that is closed', () => {
  it('fails dedupe, which says so and publishes nothing', async () => {
    const folder = newFolder();
    const contacts = lists.write('many.csv', HEAD + MANY_ROWS);
    const outputs = ['--callable', '-', '--blocked', folder.file('blocked')];
    const run = start(['dedupe', contacts, '--list', list, ...outputs]);
    run.child.stdout?.once('data', () => run.child.stdout?.destroy());
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('standard output: closed by its reader before the end');
    expect(folder.names()).toEqual([]);
  });

  it.each([
    ['inspect', ['inspect', 'LIST']],
    ['check', ['check', '0475123456', '--list', 'LIST']],
    ['sample', ['sample', 'list', '--rows', '100000', '--seed', '1']],
    ['help', ['--help']],
  ])('ends %s quietly', async (_, args) => {
    const run = start(args.map((arg) => (arg === 'LIST' ? list : arg)));
    run.child.stdout?.destroy();
    const { code, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 141, stderr: '' });
  });
});

describe.concurrent('progress', () => {
  it('is drawn on a terminal: bar, rows, rate and time left', async () => {
    const folder = newFolder();
    const contacts = lists.write('seen.csv', HEAD + MANY_ROWS);
    const outputs = ['--callable', folder.file('callable')];
    const command = [process.execPath, COMMAND, 'dedupe', contacts, '--list', list, ...outputs];
    const log = ['--quiet', '--return', '--command', command.join(' '), '/dev/null'];
    const { ended } = startProcess('script', log);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/\r.{0,4}\[#*-*\] \d+ % {2}[\d,]+ rows {2}[\d,]+ rows\/s {2}\d+ s left/);
    expect(stdout).toContain('90,000 rows in ');
  });

  it('is not drawn into a file', async () => {
    const folder = newFolder();
    const contacts = lists.write('unseen.csv', HEAD + MANY_ROWS);
    const outputs = ['--callable', folder.file('callable')];
    const { stderr } = await tacet(['dedupe', contacts, '--list', list, ...outputs]);
    expect(stderr).toMatch(/^90,000 rows in /);
    expect(stderr).not.toContain('\r');
  });
});
