/** A real OpenSSH server on a free port of 127.0.0.1, with its own keys, behind a proxy. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export const USER = userInfo().username;

/** A key pair, made by ssh-keygen; `path` is the private one. */
export interface KeyPair {
  readonly path: string;
  readonly publicKey: string;
  /** `SHA256:...` */
  readonly fingerprint: string;
}

export function makeKey(
  folder: string,
  name: string,
  passphrase = '',
  type: 'ed25519' | 'rsa' = 'ed25519',
): KeyPair {
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', path]);
  const print = execFileSync('ssh-keygen', ['-lf', `${path}.pub`], { encoding: 'utf8' });
  const publicKey = execFileSync('cat', [`${path}.pub`], { encoding: 'utf8' });
  return { path, publicKey, fingerprint: print.split(' ')[1] ?? '' };
}

/** Whether something takes connections at a port of this machine. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An sshd that serves sFTP to the user of the test. */
export class Sshd {
  readonly port: number;
  readonly #child: ChildProcess;
  #said = '';

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#said += bytes.toString();
    });
  }

  /** Starts one and waits until it takes connections. */
  static async start(
    folder: string,
    options: {
      hostKey: KeyPair;
      authorized: readonly Pick<KeyPair, 'publicKey'>[];
      port?: number;
      /** Lines of sshd_config, which win over those below. */
      config?: readonly string[];
    },
  ): Promise<Sshd> {
    const port = options.port ?? (await freePort());
    const authorized = join(folder, `authorized-keys-${port}`);
    writeFileSync(authorized, options.authorized.map(({ publicKey }) => publicKey).join(''));
    const config = join(folder, `sshd-${port}.conf`);
    writeFileSync(
      config,
      [
        ...(options.config ?? []),
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${options.hostKey.path}`,
        `PidFile none`,
        `AuthorizedKeysFile ${authorized}`,
        // The folder is below /tmp, which all may write to.
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'PasswordAuthentication yes',
        'PubkeyAuthentication yes',
        'Subsystem sftp internal-sftp',
        '',
      ].join('\n'),
    );
    // Where root starts sshd it wants this folder, which the service of Debian would make.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const sshd = new Sshd(port, child);
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 500 || child.exitCode !== null) throw new Error(`no sshd: ${sshd.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return sshd;
  }

  /** The address of a file, by another port where a proxy stands before it. */
  address(path: string, port = this.port): string {
    return `sftp://${USER}@127.0.0.1:${port}${path}`;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Passes bytes on, and does something once after so many from the server: cutting, say. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // It listens until it is closed.
  }

  static async start(
    target: number,
    { afterBytes, act }: { afterBytes: number; act: (proxy: CuttingProxy) => void },
  ): Promise<CuttingProxy> {
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        proxy.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
      client.pipe(upstream);
      let passed = 0;
      upstream.on('data', (bytes) => {
        const before = passed;
        passed += bytes.length;
        if (before < afterBytes && passed >= afterBytes) act(proxy);
        if (!client.destroyed) client.write(bytes);
      });
    });
    const proxy = new CuttingProxy(server);
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return proxy;
  }

  /** Ends every connection, without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
