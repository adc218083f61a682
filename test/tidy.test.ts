import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The house rules that a script can check. */

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));
// AssemblyScript is another language, with its own compiler.
const sources = tracked.filter((path) => /^src\/(?!\w+\/assembly\/).*\.ts$/.test(path));
const tests = tracked.filter((path) => /^test\/.*\.ts$/.test(path));
const text = (path: string): string => readFileSync(path, 'utf8');

/** Who may import whom, folder by folder; `errors` and the folder itself are open to all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  calendar: [],
  disk: [],
  phone: [],
  list: ['calendar', 'disk', 'phone'],
  wire: ['phone', 'verdict'],
  verdict: ['calendar', 'phone'],
  engine: ['list', 'phone', 'verdict'],
  pool: ['calendar', 'engine', 'list', 'verdict', 'wire'],
  server: [
    'calendar',
    'disk',
    'engine',
    'list',
    'phone',
    'pool',
    'store',
    'sync',
    'verdict',
    'wire',
  ],
  client: ['verdict', 'wire'],
  csv: ['calendar', 'disk', 'phone', 'verdict', 'wire'],
  sample: ['calendar', 'disk'],
  store: ['calendar', 'disk', 'list'],
  sync: ['calendar', 'disk', 'engine', 'list', 'phone', 'store', 'verdict'],
  cli: [
    'calendar',
    'client',
    'csv',
    'disk',
    'engine',
    'list',
    'phone',
    'pool',
    'sample',
    'server',
    'store',
    'sync',
    'verdict',
    'wire',
  ],
};

/** The one module, or folder, that may load each package. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  piscina: ['src/pool/pool.ts'],
  'prom-client': ['src/server/metrics.ts', 'src/server/metrics/'],
  '@grpc/grpc-js': ['src/server/', 'src/client/'],
  '@grpc/grpc-js/build/src/server-interceptors.js': ['src/server/call-patches.ts'],
  '@grpc/proto-loader': ['src/wire/service.ts'],
  '@grpc/reflection': ['src/server/server.ts'],
  'grpc-health-check': ['src/server/server.ts', 'src/client/health.ts'],
  protobufjs: ['src/wire/error-info.ts'],
  'mmap-io': ['src/list/mapping.ts'],
  croner: ['src/sync/schedule.ts'],
  ssh2: ['src/sync/fetch-sftp.ts', 'src/sync/sftp-session.ts'],
  yauzl: ['src/disk/unpack.ts'],
  pino: ['src/cli/serve.ts', 'src/server/server.ts'],
};

function importsOf(path: string): string[] {
  const found = text(path).matchAll(/(?:\bfrom |import\(|require\()\s*'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

const folderOf = (path: string): string => path.split('/')[1] ?? '';

describe('the layers', () => {
  it('only import downwards', () => {
    const wrong: string[] = [];
    for (const path of sources) {
      const folder = folderOf(path);
      if (folder.endsWith('.ts')) continue;
      for (const imported of importsOf(path)) {
        if (!imported.startsWith('.')) continue;
        const target = folderOf(normalize(join(dirname(path), imported)));
        const open = target === folder || target === 'errors.ts';
        if (!open && !MAY_IMPORT[folder]?.includes(target)) wrong.push(`${path} -> ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('have no cycle between files', () => {
    const edges = new Map(
      sources.map((path) => [
        path,
        importsOf(path)
          .filter((imported) => imported.startsWith('.'))
          .map((imported) => normalize(join(dirname(path), imported))),
      ]),
    );
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) throw new Error([...trail, path].join(' -> '));
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    expect(() => {
      for (const path of sources) visit(path, []);
    }).not.toThrow();
  });

  it('load a third-party package in one place', () => {
    const wrong: string[] = [];
    for (const path of sources) {
      for (const imported of importsOf(path)) {
        if (imported.startsWith('.') || imported.startsWith('node:')) continue;
        const owners = PACKAGE_OWNERS[imported] ?? [];
        if (!owners.some((owner) => path.startsWith(owner))) wrong.push(`${path} -> ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keep search kernels free of imports', () => {
    expect(importsOf('src/list/search.ts')).toEqual([]);
  });

  it('keep threads and mappings out of the client', () => {
    const seen = new Set<string>();
    const walk = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const imported of importsOf(path)) {
        if (imported.startsWith('.')) walk(normalize(join(dirname(path), imported)));
        else seen.add(imported);
      }
    };
    walk('src/client/index.ts');
    const heavy = [...seen].filter((name) => /piscina|mmap|src\/(pool|list|server)\//.test(name));
    expect(heavy).toEqual([]);
  });
});

describe('the files', () => {
  it('stay under about 300 lines', () => {
    const long = [...sources, ...tests]
      .map((path) => ({ path, lines: text(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 330);
    expect(long).toEqual([]);
  });

  it('are named in kebab-case', () => {
    const odd = sources.filter(
      (path) => !/^[a-z0-9-]+(\.d)?\.ts$/.test(path.split('/').at(-1) ?? ''),
    );
    expect(odd).toEqual([]);
  });

  it('use no any, no ts-ignore, and no enum', () => {
    const wrong = sources.filter((path) =>
      /\bas any\b|: any\b|@ts-(ignore|nocheck|expect-error)|^\s*(export )?(const )?enum /m.test(
        text(path),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('leave process.argv and exit to the commands', () => {
    const wrong = sources.filter(
      (path) => !path.startsWith('src/cli/') && /process\.(argv|exit\b|exitCode)/.test(text(path)),
    );
    expect(wrong).toEqual([]);
  });

  it('skip no test', () => {
    const marker = new RegExp(`\\b(it|test|describe)\\.(${['skip', 'only', 'todo'].join('|')})\\b`);
    expect(tests.filter((path) => marker.test(text(path)))).toEqual([]);
  });

  it('name no download address in the lock file', () => {
    expect(text('package-lock.json')).not.toMatch(/"resolved"/);
  });

  it('keep lists and binaries out of the repository', () => {
    expect(tracked.filter((path) => /\.(tacet|node|gz|csv)$/.test(path))).toEqual([]);
  });
});

describe('the proto', () => {
  it('imports nothing, so that reflection serves it whole', () => {
    expect(text('proto/tacet/v1/dedupe.proto')).not.toMatch(/^import /m);
  });
});
