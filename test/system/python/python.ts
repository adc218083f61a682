import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Debian's own Python, whatever else is on the path: its packages are what install.sh installs. */
const PYTHON = '/usr/bin/python3';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** What a command is run with. */
export const TACET = [process.execPath, `${ROOT}dist/cli/index.js`] as const;

const run = promisify(execFile);

/** Makes the Python stubs of the proto in `folder`, by the proto alone. */
export async function buildStubs(folder: string): Promise<void> {
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  const args = ['-m', 'grpc_tools.protoc', `-I${ROOT}proto`, ...out, 'tacet/v1/dedupe.proto'];
  await run(PYTHON, args);
}

/** Runs Python in `folder`, where the stubs are. Rejects with its output if it fails. */
export async function python(
  folder: string,
  args: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; stderr: string }> {
  // Nothing of the caller's Python is taken over, and no caches are left in the repository.
  const env = {
    PATH: process.env['PATH'],
    PYTHONPATH: `${folder}:${HERE}`,
    PYTHONDONTWRITEBYTECODE: '1',
    ...options.env,
  };
  const running = run(PYTHON, args, { cwd: folder, env, timeout: 110_000 });
  running.child.stdin?.end(options.input ?? '');
  return running;
}

/** Runs `tacet` to its end. Rejects with its output if it fails. */
export async function tacet(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const [node, script] = TACET;
  return run(node, [script, ...args]);
}
