/** The steps of the Dockerfile, taken in a folder instead of an image, for where no engine runs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../deploy/dashboards.ts';

/** What the final stage would be: its folder, and what the image says of how it is run. */
export interface BuiltImage {
  readonly folder: string;
  readonly user: string;
  readonly workdir: string;
}

/**
 * Takes the steps in folders below `base`, one a stage. Knows the instructions that the Dockerfile
 * uses; fails at any other. What a step does to /usr/local is left out: it is a link to the
 * command.
 */
export function buildByHand(base: string): BuiltImage {
  const stages = new Map<string, string>();
  let [stage, workdir, user] = ['', '/', ''];
  let environment: NodeJS.ProcessEnv = {};
  for (const [instruction, rest] of instructions()) {
    const inStage = (path: string): string =>
      join(stage, path.startsWith('/') ? path : join(workdir, path));
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'final';
      stage = join(base, name);
      stages.set(name, stage);
      mkdirSync(stage);
      environment = {};
    } else if (instruction === 'WORKDIR') {
      workdir = rest;
      mkdirSync(inStage('.'), { recursive: true });
    } else if (instruction === 'ENV') {
      // Node is in /usr/local in the image, and somewhere else here.
      const here = rest.replaceAll('=/usr/local ', `=${dirname(dirname(process.execPath))} `);
      for (const pair of here.split(' '))
        environment[pair.split('=')[0] ?? ''] = pair.replace(/^\w+=/, '');
    } else if (instruction === 'COPY') {
      copy(rest, stages, inStage);
    } else if (instruction === 'RUN') {
      const command = rest.replace(/^ln -s \S+ \/usr\/local\/bin\/tacet && /, '');
      const env = { PATH: process.env['PATH'], HOME: base, ...environment };
      execFileSync('bash', ['-e', '-c', command], { cwd: inStage('.'), env, stdio: 'pipe' });
    } else if (instruction === 'USER') {
      user = rest;
    } else if (!['ARG', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'].includes(instruction)) {
      throw new Error(`the Dockerfile has an instruction that is not known here: ${instruction}`);
    }
  }
  chmodSync(base, 0o755);
  return { folder: stage, user, workdir };
}

function instructions(): [string, string][] {
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [instruction = '', ...rest] = line.split(/\s+/);
      return [instruction, rest.join(' ')];
    });
}

/** COPY [--from=STAGE] SOURCE... TARGET. */
function copy(
  rest: string,
  stages: ReadonlyMap<string, string>,
  inStage: (path: string) => string,
): void {
  const parts = rest.split(' ');
  const from = parts[0]?.startsWith('--from=') ? parts.shift()?.slice('--from='.length) : undefined;
  const target = parts.pop() ?? '';
  const root = from === undefined ? ROOT : (stages.get(from) ?? '');
  for (const source of parts) {
    const name = target.endsWith('/') ? join(target, source.split('/').at(-1) ?? '') : target;
    cpSync(join(root, source), inStage(name), { recursive: true, verbatimSymlinks: true });
  }
}
