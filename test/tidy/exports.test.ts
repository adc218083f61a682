import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { sources, text, tracked } from './tree.ts';

/** Found by their names, in a module that a thread is told to load. */
const BY_NAME = [
  'src/engine/local-judge.ts openThreadJudge',
  'src/threads/thread.ts runTask',
  'src/threads/thread.ts wake',
  'src/threads/verify/verify-thread.ts startThread',
  'src/threads/worker.ts startThread',
];

const DECLARATION =
  /^export (?:async )?(?:function\*?|class|abstract class|const|let|type|interface) (\w+)/gm;
const NAMED_IMPORT = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s+'([^']+)'/g;
const WHOLE_IMPORT = /(?:\*(?: as \w+)?\s+from\s+|\bimport\()'([^']+)'/g;

/** The source that an import stands for; tests import what is built, as `#tacet/...`. */
function target(path: string, imported: string): string {
  if (imported.startsWith('#tacet/')) return imported.replace('#tacet', 'src').replace(/js$/, 'ts');
  return normalize(join(dirname(path), imported));
}

/** What is imported from where, as `path name`, and with all its names as `path *`. */
function importsOf(paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const path of paths) {
    for (const [, names = '', from = ''] of text(path).matchAll(NAMED_IMPORT)) {
      for (const name of names.matchAll(/(?:^|,)\s*(?:type\s+)?(\w+)/g)) {
        found.add(`${target(path, from)} ${name[1]}`);
      }
    }
    for (const [, from = ''] of text(path).matchAll(WHOLE_IMPORT)) {
      found.add(`${target(path, from)} *`);
    }
  }
  return found;
}

/** How often a name stands in a source, comments aside. */
function usesOf(path: string, name: string): number {
  const code = text(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return code.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
}

it('what is exported is imported elsewhere, and more than a test needs it', () => {
  const scripts = tracked.filter((path) => path.endsWith('.ts'));
  const byAll = importsOf(scripts);
  const byCode = importsOf(scripts.filter((path) => !path.startsWith('test/')));
  const dead: string[] = [];
  for (const path of sources.filter((name) => !name.includes('/gen/'))) {
    if (byAll.has(`${path} *`)) continue;
    for (const [, name = ''] of text(path).matchAll(DECLARATION)) {
      if (BY_NAME.includes(`${path} ${name}`)) continue;
      const isNeeded = byCode.has(`${path} ${name}`) || usesOf(path, name) > 1;
      if (!byAll.has(`${path} ${name}`) || !isNeeded) dead.push(`${path} ${name}`);
    }
  }
  expect(dead).toEqual([]);
});
