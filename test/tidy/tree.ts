import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** The files that git tracks, or would. */
export const tracked = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));

// AssemblyScript is another language, with its own compiler.
export const sources = tracked.filter((path) => /^src\/(?!.*\/assembly\/).*\.ts$/.test(path));
export const tests = tracked.filter((path) => /^test\/.*\.ts$/.test(path));

export const text = (path: string): string => readFileSync(path, 'utf8');

/** The rooms of `src`, from the top: each may import those below it, `errors.ts` is open to all. */
export const ROOMS = [
  'cli',
  'embedded',
  'server',
  'rpc',
  'observe',
  'access',
  'serving',
  'sync',
  'proof',
  'state',
  'store',
  'contacts',
  'client',
  'sample',
  'threads',
  'engine',
  'wire',
  'list',
  'source',
  'options',
  'registers',
  'verdict',
  'phone',
  'calendar',
  'disk',
];

export const roomOf = (path: string): string => path.split('/')[1] ?? '';
