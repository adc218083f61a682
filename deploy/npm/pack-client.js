/**
 * Packs the client alone as the package `tacet-client`: what `dist/client/index.js` imports, its
 * types, the sources that their maps name, and the proto.
 *
 *     node deploy/npm/pack-client.js OUT
 *
 * Writes OUT/tacet-client-VERSION.tgz. Wants a build: see `make packages`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const [out] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node deploy/npm/pack-client.js OUT');

/** @param {string} path below ROOT */
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

const modules = new Set();
const packages = new Set();

/** Collects a module of `dist`, by its path without extension, and what it and its types need. */
function collect(module) {
  if (modules.has(module)) return;
  modules.add(module);
  for (const extension of ['js', 'd.ts']) {
    const imports = read(`dist/${module}.${extension}`).matchAll(/\bfrom '([^']+)'/g);
    for (const [, name] of imports) {
      if (name.startsWith('.')) {
        collect(normalize(join(dirname(module), name)).replace(/\.(js|ts)$/, ''));
      } else if (!name.startsWith('node:')) {
        packages.add(name);
      }
    }
  }
}
collect('client/index');

const { version, license, engines, dependencies } = JSON.parse(read('package.json'));
const entry = { types: './dist/client/index.d.ts', default: './dist/client/index.js' };
const manifest = {
  name: 'tacet-client',
  version,
  description: 'The client of Tacet, a matching engine for do-not-call lists',
  license,
  type: 'module',
  engines,
  exports: {
    '.': entry,
    './dedupe.proto': './proto/tacet/v1/dedupe.proto',
    './package.json': './package.json',
  },
  dependencies: Object.fromEntries([...packages].sort().map((name) => [name, dependencies[name]])),
};

const folder = mkdtempSync(join(tmpdir(), 'tacet-client-'));
try {
  const files = [...modules].flatMap((module) => [
    ...['js', 'js.map', 'd.ts'].map((extension) => `dist/${module}.${extension}`),
    `src/${module}.ts`,
  ]);
  for (const file of [...files, 'proto/tacet/v1/dedupe.proto']) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  }
  cpSync(join(import.meta.dirname, 'README.md'), join(folder, 'README.md'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  mkdirSync(out, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', resolve(out)], { cwd: folder });
} finally {
  rmSync(folder, { recursive: true });
}
