/** Debian's nginx and haproxy with the files of deploy/, on free ports, in the foreground. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../../deploy/dashboards.ts';
import { until } from '../../server/fixture.ts';
import { freePort } from '../../server/free-port.ts';
import type { Replica } from './replica.ts';

/** What clients connect to. */
export interface Balancer {
  readonly address: string;
  stop(): Promise<void>;
}

/** The ports of the committed files: of the balancer, of gRPC, of readiness. */
const FRONT_PORT = 50050;
const GRPC_PORT = 50051;
const HTTP_PORT = 9464;

/** A committed file with the ports of these replicas; fails where it does not have them all. */
function withPorts(path: string, front: number, replicas: readonly Replica[]): string {
  let text = readFileSync(join(ROOT, 'deploy', path), 'utf8');
  const replace = (from: string, to: string): void => {
    if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
    text = text.replaceAll(from, to);
  };
  replace(`127.0.0.1:${FRONT_PORT}`, `127.0.0.1:<front>`);
  replicas.forEach((_, index) => {
    replace(`127.0.0.1:${GRPC_PORT + index}`, `<grpc ${index}>`);
    if (path.startsWith('haproxy')) {
      replace(`127.0.0.1:${HTTP_PORT + index}`, `127.0.0.1:<http ${index}>`);
    }
  });
  text = text.replaceAll('<front>', String(front));
  return replicas.reduce(
    (done, { address, httpPort }, index) =>
      done.replaceAll(`<grpc ${index}>`, address).replaceAll(`<http ${index}>`, String(httpPort)),
    text,
  );
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Starts a balancer in the foreground; resolves once it listens. */
async function start(command: readonly string[], port: number): Promise<Balancer> {
  const [program = '', ...args] = command;
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.on('error', (error) => {
    said += String(error);
  });
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  await until(`${program} listens`, () => {
    if (child.pid === undefined || child.exitCode !== null) throw new Error(`${program}: ${said}`);
    return isListening(port);
  });
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Checks deploy/nginx/tacet.conf with `nginx -t` and runs it. */
export async function startNginx(folder: string, replicas: readonly Replica[]): Promise<Balancer> {
  const home = join(folder, 'nginx');
  mkdirSync(home);
  const port = await freePort();
  writeFileSync(join(home, 'tacet.conf'), withPorts('nginx/tacet.conf', port, replicas));
  // What the distribution's nginx.conf has around conf.d, without root and out of the way.
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = `worker_processes 2;
pid ${join(home, 'pid')};
error_log stderr warn;
events { worker_connections 1024; }
http {
${paths.map((name) => `  ${name}_temp_path ${join(home, name)};`).join('\n')}
  access_log off;
  include ${join(home, 'tacet.conf')};
}
`;
  writeFileSync(join(home, 'nginx.conf'), config);
  const flags = ['-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'];
  execFileSync('nginx', ['-t', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  return start(['nginx', ...flags, '-g', 'daemon off;'], port);
}

/** Checks deploy/haproxy/tacet.cfg with `haproxy -c`, where a warning is a failure, and runs it. */
export async function startHaproxy(
  folder: string,
  replicas: readonly Replica[],
): Promise<Balancer> {
  const home = join(folder, 'haproxy');
  mkdirSync(home);
  const port = await freePort();
  const file = join(home, 'tacet.cfg');
  writeFileSync(file, withPorts('haproxy/tacet.cfg', port, replicas));
  execFileSync('haproxy', ['-dW', '-c', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  return start(['haproxy', '-db', '-f', file], port);
}
