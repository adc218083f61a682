/** A real sFTP server on 127.0.0.1 that can behave like any other: see {@link Quirks}. */
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import {
  type Algorithms,
  type Attributes,
  type AuthContext,
  type AuthenticationType,
  type Connection,
  type ParsedKey,
  type Prompt,
  Server,
  type SFTPWrapper,
  utils,
} from 'ssh2';
import { fingerprintOf } from '#tacet/sync/fetch/sftp/host-key.js';

const { STATUS_CODE } = utils.sftp;

export const USER = 'acme';
export const PASSWORD = 'right-password-5513';

/** A file on the server; with `target` a symbolic link. */
export interface RemoteFile {
  content: Buffer;
  modifiedAtUnix: number;
  readonly target?: string;
}

/** A key pair of ssh2, in OpenSSH's format. */
export interface ServerKey {
  readonly privateKey: string;
  readonly fingerprint: string;
}

export function makeServerKey(type: 'ed25519' | 'rsa'): ServerKey {
  const { private: privateKey } =
    type === 'rsa'
      ? utils.generateKeyPairSync('rsa', { bits: 2048 })
      : utils.generateKeyPairSync('ed25519');
  return { privateKey, fingerprint: fingerprintOf(parsed(privateKey).getPublicSSH()) };
}

type Call = 'list' | 'stat' | 'fstat';

/** How the server differs from the usual one, which does none of this. */
export interface Quirks {
  readonly hostKeys?: readonly ServerKey[];
  readonly algorithms?: Algorithms;
  /** What logs in: each of them, in this order. Default: a password. */
  readonly methods?: readonly AuthenticationType[];
  /** What it asks under keyboard-interactive; the first answer must be the password. */
  readonly prompts?: readonly Prompt[];
  /** What stands above them. */
  readonly instructions?: string;
  /** It wants another password before it lets a user in who knows the old one. */
  readonly expiresPassword?: boolean;
  /** The key that may log in; any form that ssh2 reads. */
  readonly authorized?: string;
  /** What it tells of the attributes; default all. */
  tells?(all: Attributes, call: Call): Partial<Attributes>;
  /** It has no fstat. */
  readonly noFstat?: boolean;
  /** It removes a file of which everything was read. */
  readonly removesRead?: boolean;
  /** It ends the connection instead of telling about a file of which everything was read. */
  readonly cutsSecondLook?: boolean;
  /** Called with the offset of each read, before it is answered. */
  onRead?(file: RemoteFile, offset: number): void | Promise<void>;
}

export class SftpServer {
  /** By absolute path; the folder of each exists. */
  readonly files = new Map<string, RemoteFile>();
  /** Every way to log in that was tried, in order, over all connections. */
  readonly tried: string[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #quirks: Quirks;
  readonly #open = new Set<Connection>();

  private constructor(quirks: Quirks) {
    this.#quirks = quirks;
    const { hostKeys = [HOST_KEY], algorithms } = quirks;
    const config = { hostKeys: hostKeys.map(({ privateKey }) => privateKey) };
    this.#server = new Server({ ...config, ...(algorithms !== undefined && { algorithms }) });
    this.#server.on('connection', (client) => this.#serve(client));
  }

  static async start(quirks: Quirks = {}): Promise<SftpServer> {
    const server = new SftpServer(quirks);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', () => resolve()));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // It listens until it is closed.
  }

  address(path: string): string {
    return `sftp://${USER}@127.0.0.1:${this.port}${path}`;
  }

  put(path: string, content: string | Buffer, modifiedAtUnix = nowUnix() - 60): void {
    this.files.set(path, { content: Buffer.from(content), modifiedAtUnix });
  }

  link(path: string, target: string, modifiedAtUnix = nowUnix()): void {
    this.files.set(path, { content: Buffer.alloc(0), modifiedAtUnix, target });
  }

  async close(): Promise<void> {
    for (const client of this.#open) client.end();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Connection): void {
    this.connections++;
    this.#open.add(client);
    // Clients go away as they like, in the middle of anything.
    client.on('error', () => undefined);
    client.on('close', () => this.#open.delete(client));
    const login = new ServerLogin(this.#quirks, this.tried);
    client.on('authentication', (context) => login.take(context));
    client.on('ready', () => {
      client.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => this.#answer(client, acceptSftp()));
      });
    });
  }

  /** The file of a path, links followed. */
  #file(path: string): { path: string; file: RemoteFile } | undefined {
    const file = this.files.get(path);
    if (file?.target === undefined) return file && { path, file };
    return this.#file(posix.join(posix.dirname(path), file.target));
  }

  #tells(file: RemoteFile, call: Call): Attributes {
    const { content, modifiedAtUnix, target } = file;
    const all = {
      mode: target === undefined ? 0o100_644 : 0o120_777,
      ...{ uid: 0, gid: 0, size: content.length },
      ...{ atime: modifiedAtUnix, mtime: modifiedAtUnix },
    };
    // ssh2 leaves out what is undefined, though its types do not say so.
    return (this.#quirks.tells?.(all, call) ?? all) as Attributes;
  }

  #answer(client: Connection, sftp: SFTPWrapper): void {
    const { noFstat, removesRead, cutsSecondLook, onRead } = this.#quirks;
    const handles = new Map<string, { path: string; file: RemoteFile; isListed?: boolean }>();
    const read = new Set<RemoteFile>();
    const opened = (path: string, file: RemoteFile): Buffer => {
      const handle = String(handles.size);
      handles.set(handle, { path, file });
      return Buffer.from(handle);
    };
    const told = (id: number, file: RemoteFile | undefined, call: Call): void => {
      if (file === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      else if (cutsSecondLook === true && read.has(file)) client.end();
      else sftp.attrs(id, this.#tells(file, call));
    };
    sftp.on('STAT', (id, path) => told(id, this.#file(path)?.file, 'stat'));
    if (noFstat !== true) {
      sftp.on('FSTAT', (id, handle) => told(id, handles.get(handle.toString())?.file, 'fstat'));
    }
    sftp.on('OPEN', (id, path) => {
      const found = this.#file(path);
      if (found === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      else sftp.handle(id, opened(found.path, found.file));
    });
    sftp.on('READ', async (id, handle, offset, length) => {
      const { path, file } = handles.get(handle.toString()) ?? {};
      if (path === undefined || file === undefined) {
        sftp.status(id, STATUS_CODE.FAILURE);
        return;
      }
      await onRead?.(file, offset);
      const bytes = file.content.subarray(offset, offset + length);
      if (offset + length >= file.content.length) {
        read.add(file);
        if (removesRead === true) this.files.delete(path);
      }
      if (bytes.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes);
    });
    sftp.on('OPENDIR', (id, path) => {
      sftp.handle(id, opened(path, { content: Buffer.alloc(0), modifiedAtUnix: 0 }));
    });
    sftp.on('READDIR', (id, handle) => {
      const folder = handles.get(handle.toString());
      if (folder === undefined || folder.isListed === true) {
        sftp.status(id, STATUS_CODE.EOF);
        return;
      }
      folder.isListed = true;
      const inside = [...this.files].filter(([path]) => posix.dirname(path) === folder.path);
      sftp.name(
        id,
        inside.map(([path, file]) => ({
          filename: posix.basename(path),
          longname: posix.basename(path),
          attrs: this.#tells(file, 'list'),
        })),
      );
    });
    sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK));
  }
}

/** Lets one client in by the methods that are asked for, one after the other. */
class ServerLogin {
  readonly #quirks: Quirks;
  readonly #tried: string[];
  readonly #missing: AuthenticationType[];

  constructor(quirks: Quirks, tried: string[]) {
    this.#quirks = quirks;
    this.#tried = tried;
    this.#missing = [...(quirks.methods ?? ['password'])];
  }

  take(context: AuthContext): void {
    const [wanted] = this.#missing;
    if (context.method !== 'none') this.#tried.push(context.method);
    if (context.method !== wanted || context.username !== USER) {
      context.reject([...this.#missing.slice(0, 1)]);
      return;
    }
    if (context.method === 'password') {
      const isRight = context.password === PASSWORD;
      if (!isRight || this.#quirks.expiresPassword !== true) this.#end(context, isRight);
      else context.requestChange('Change it', () => context.reject());
    } else if (context.method === 'keyboard-interactive') {
      const prompts = [...(this.#quirks.prompts ?? [{ prompt: 'Password: ', echo: false }])];
      const { instructions = '' } = this.#quirks;
      context.prompt(prompts, '', instructions, ([answer]) =>
        this.#end(context, answer === PASSWORD),
      );
    } else if (context.method === 'publickey') {
      const key = parsed(this.#quirks.authorized ?? '');
      const { signature, blob, hashAlgo } = context;
      const isKnown = key.getPublicSSH().equals(context.key.data);
      if (!isKnown) this.#end(context, false);
      else if (signature === undefined || blob === undefined) context.accept();
      else this.#end(context, key.verify(blob, signature, hashAlgo) === true);
    }
  }

  #end(context: AuthContext, isRight: boolean): void {
    if (isRight) this.#missing.shift();
    if (isRight && this.#missing.length === 0) context.accept();
    else context.reject([...this.#missing.slice(0, 1)], isRight);
  }
}

function parsed(key: string): ParsedKey {
  const read = utils.parseKey(key);
  if (read instanceof Error) throw read;
  return read;
}

function nowUnix(): number {
  return Math.floor(Date.now() / 1000);
}

/** The host key of a server that names none. */
export const HOST_KEY = makeServerKey('ed25519');
