import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, type Serving, serve, stop } from '../cli/commands.ts';

/** The tarballs, installed into empty projects as users do: from the registry, by npm and pnpm. */
const folder = new Folder();
const ROOT = join(import.meta.dirname, '../..');
const TOOLS = ['typescript-5@npm:typescript@5.4.5', 'typescript-7@npm:typescript@7.0.2', 'pnpm@10'];
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
let server: Serving;

function run(cwd: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(async () => {
  run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', folder.path);
  run(ROOT, process.execPath, 'deploy/npm/pack-client.js', folder.path);
  mkdirSync(folder.file('tools'));
  folder.write('tools/package.json', '{"private":true}');
  run(folder.file('tools'), 'npm', 'install', '--no-audit', '--no-fund', ...TOOLS);
  server = await serve(await packSource(folder));
});
afterAll(async () => {
  if (server !== undefined) await stop(server);
  folder.remove();
});

/** What a service written with the client may look like; `ADDRESS` is its argument. */
const SERVICE = `
import { mayCall, TacetClient, TacetError, type CheckResult, type Verdict } from 'PACKAGE';

const client = new TacetClient(process.argv[2] ?? '');
const { verdict, reason, lists }: CheckResult = await client.check({ phoneNumber: '0475123456' });
const rows = [{ id: 7, phoneNumber: '0475999999' }, { id: 8, phoneNumber: '0475123456' }];
const callable: number[] = [];
for await (const { contacts, verdicts } of client.verdicts(rows)) {
  contacts.forEach(({ id }, i) => {
    if (mayCall(verdicts[i] ?? 0)) callable.push(id);
  });
}
client.close();
const told: Verdict = verdict;
const failed = await client.check({ phoneNumber: '1' }).catch((error: unknown) => error);
const code = failed instanceof TacetError ? failed.code : '';
console.log(JSON.stringify({ told, reason, entries: lists[0]?.entries, callable, code }));
`;
const SAID = { told: 2, reason: 10, entries: 3, callable: [7], code: 'ERR_CANCELLED' };

const COMPILER_OPTIONS = {
  ...{ target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  skipLibCheck: false,
};

/** Installs a tarball into an empty project; returns the project's folder. */
function install(manager: 'npm' | 'pnpm', name: string): string {
  const project = folder.file(`${manager}-${name}`);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  const tarball = join('..', `${name}-${VERSION}.tgz`);
  const packages = [tarball, '@types/node@20'];
  // As pnpm does without being told otherwise: the add-ons are optional, and compile for minutes.
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
  if (manager === 'npm') run(project, 'npm', 'install', ...flags, ...packages);
  else run(project, join(folder.path, 'tools/node_modules/.bin/pnpm'), 'add', ...packages);
  return project;
}

describe.each(['npm', 'pnpm'] as const)('installed by %s', (manager) => {
  it.each(['tacet', 'tacet-client'])(
    '%s compiles, under TypeScript 5.4 and 7, and runs',
    (name) => {
      const project = install(manager, name);
      writeFileSync(join(project, 'service.ts'), SERVICE.replace('PACKAGE', name));
      const options = { compilerOptions: COMPILER_OPTIONS, files: ['service.ts'] };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(options));
      for (const version of ['typescript-5', 'typescript-7']) {
        const tsc = join(folder.path, 'tools/node_modules', version, 'bin/tsc');
        run(project, process.execPath, tsc, '-p', '.');
        const said = run(project, process.execPath, 'service.js', server.address);
        expect(JSON.parse(said)).toEqual(SAID);
      }
    },
  );
});

describe('the package of the client alone', () => {
  it('brings what grpc-js brings, and no native code', () => {
    const modules = join(folder.file('npm-tacet-client'), 'node_modules');
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
    const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names.length).toBeLessThanOrEqual(40);
    expect(names).not.toContain('piscina');
    const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.node') || file.endsWith('.gyp'))).toEqual([]);
  });
});

describe.each(['tacet', 'tacet-client'])('the tarball of %s', (name) => {
  const home = (): string => join(folder.file(`npm-${name}`), 'node_modules', name);
  const files = (extension: string): string[] =>
    readdirSync(home(), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(extension) && !file.startsWith('node_modules'))
      .map((file) => join(home(), file));

  it('has source maps of files that are in it', () => {
    const maps = files('.js.map');
    expect(maps.length).toBeGreaterThan(20);
    const sources = maps.flatMap((map) => {
      const { sources: named } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] };
      return named.map((source) => join(dirname(map), source));
    });
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });

  it('has no dead links', () => {
    const dead = files('.md').flatMap((page) => {
      const links = readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g);
      const paths = [...links].map(([, path = '']) => path).filter((path) => !/^\w+:/.test(path));
      return paths.filter((path) => !existsSync(join(dirname(page), path)));
    });
    expect(dead).toEqual([]);
    expect(statSync(join(home(), 'README.md')).size).toBeGreaterThan(100);
  });
});
