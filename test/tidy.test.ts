import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS, roomOf, sources, text } from './tidy/tree.ts';

/** The house rules that a script can check: who imports whom. The others are in `tidy/`. */

/** The one module, or folder, that may load each package. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  piscina: ['src/threads/threads.ts', 'src/threads/thread.ts'],
  'prom-client': ['src/observe/'],
  '@grpc/grpc-js': [
    'src/rpc/server.ts',
    'src/rpc/connections/http2-server.ts',
    'src/rpc/foreign-calls.ts',
    'src/client/',
  ],
  '@grpc/proto-loader': ['src/wire/service.ts'],
  '@grpc/reflection': ['src/server/reflection.ts'],
  'grpc-health-check': ['src/server/server.ts', 'src/server/reflection.ts', 'src/client/health.ts'],
  protobufjs: ['src/wire/error-info.ts'],
  'mmap-io': ['src/list/mapping.ts'],
  croner: ['src/sync/schedule.ts'],
  ssh2: ['src/sync/fetch/sftp/'],
  yauzl: ['src/disk/unpack.ts'],
  pg: ['src/state/postgres.ts'],
  'better-sqlite3': ['src/state/sqlite-drivers.ts'],
  pino: ['src/cli/serve/serve.ts', 'src/server/server.ts'],
};

function importsOf(path: string): string[] {
  const found = text(path).matchAll(/(?:\bfrom |import\(|require\()\s*'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

/** Without what only the compiler reads. */
function loadedBy(path: string): string[] {
  const types = /^(?:import|export) type [^;]*;/gm;
  const found = text(path)
    .replace(types, '')
    .matchAll(/(?:\bfrom |import\()\s*'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

describe('the layers', () => {
  it('are the rooms that there are', () => {
    const found = new Set(sources.map(roomOf).filter((folder) => !folder.endsWith('.ts')));
    expect([...found].sort()).toEqual([...ROOMS].sort());
  });

  it('only import downwards', () => {
    const wrong: string[] = [];
    for (const path of sources) {
      const room = ROOMS.indexOf(roomOf(path));
      for (const imported of importsOf(path)) {
        if (!imported.startsWith('.')) continue;
        const target = roomOf(normalize(join(dirname(path), imported)));
        if (target !== 'errors.ts' && ROOMS.indexOf(target) < room) {
          wrong.push(`${path} -> ${imported}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of contacts only import downwards as well', () => {
    const layers = ['output', 'columns', 'scan', 'judge', 'cells'];
    const layerOf = (path: string): number => layers.indexOf(path.split('/')[2] ?? '');
    const wrong: string[] = [];
    for (const path of sources.filter((name) => name.startsWith('src/contacts/'))) {
      for (const imported of importsOf(path)) {
        const target = normalize(join(dirname(path), imported));
        const layer = target.startsWith('src/contacts/') ? layerOf(target) : -1;
        if (layer >= 0 && layer < layerOf(path)) wrong.push(`${path} -> ${imported}`);
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

  it('load what comes with the package, never what only its developers have', () => {
    const { dependencies, optionalDependencies } = JSON.parse(text('package.json')) as Record<
      'dependencies' | 'optionalDependencies',
      Record<string, string>
    >;
    const shipped = Object.keys({ ...dependencies, ...optionalDependencies });
    const isShipped = (name: string): boolean => name.startsWith('node:') || shipped.includes(name);
    const loaded = new Set(sources.flatMap(loadedBy).filter((name) => !name.startsWith('.')));
    expect([...loaded].filter((name) => !isShipped(name))).toEqual([]);
  });

  it('keep search kernels free of imports', () => {
    expect(importsOf('src/list/search.ts')).toEqual([]);
  });

  it('give the client what it uses and nothing else', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const walk = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const imported of loadedBy(path)) {
        if (imported.startsWith('.')) walk(normalize(join(dirname(path), imported)));
        else packages.add(imported);
      }
    };
    walk('src/client/index.ts');
    expect([...new Set([...seen].map(roomOf))].sort()).toEqual([
      ...['calendar', 'client', 'errors.ts', 'phone', 'verdict', 'wire'],
    ]);
    expect([...packages].filter((name) => !name.startsWith('node:')).sort()).toEqual([
      ...['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'],
    ]);
  });
});

describe('the proto', () => {
  it('imports nothing, so that reflection serves it whole', () => {
    expect(text('proto/tacet/v1/dedupe.proto')).not.toMatch(/^import /m);
  });
});
