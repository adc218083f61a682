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

/** What is still to be brought under the rules; to be empty again. */
const UNFINISHED = [
  /^src\/(rpc|options|serving|threads|client|wire|contacts|server)\//,
  /^src\/cli\/(sync|serve)\.ts$/,
  /^test\/(rpc\/statuses|system\/sync\/sftp)\.test\.ts$/,
];

export const isUnfinished = (path: string): boolean =>
  UNFINISHED.some((pattern) => pattern.test(path));
