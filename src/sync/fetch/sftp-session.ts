/** A connection to an sFTP server: host key, login, timeouts and error messages. */
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm, type SFTPWrapper } from 'ssh2';
import type { ErrorDetail, TacetError } from '../../errors.ts';
import type { SyncOptions } from '../options.ts';
import { fetchCancelled, fetchError, type SftpAccess } from './fetch.ts';
import { fingerprintOf, isPinned, keyTypeOf } from './host-key.ts';
import { addressText, type SftpAddress } from './source-address.ts';

const KEEPALIVE_MS = 10_000;
const KEEPALIVE_MISSED_MAX = 3;

const HOST_KEY_TYPES: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

type SftpDone<Value> = (error: Error | undefined | null, value: Value) => void;

export interface SftpRequest
  extends Pick<SyncOptions, 'connectTimeoutMs' | 'idleTimeoutMs' | 'fetchTimeoutMs'> {
  readonly address: SftpAddress;
  readonly access: SftpAccess;
  readonly signal: AbortSignal;
}

/** A connection. When it ends for any reason, such as a timeout, every pending call fails. */
export class SftpSession {
  readonly request: SftpRequest;
  readonly where: string;
  /** How far the transfer has got, for the error if the connection ends. */
  progress = 'before the file was read';
  readonly #client = new Client();
  readonly #broken: Promise<never>;
  #break: (error: TacetError) => void = () => undefined;
  #offered: Buffer | undefined;
  #isReady = false;
  #idle: NodeJS.Timeout | undefined;
  readonly #whole: NodeJS.Timeout;
  readonly #cancel = (): void => this.#break(fetchCancelled());

  constructor(request: SftpRequest) {
    this.request = request;
    this.where = addressText(request.address);
    this.#broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    this.#broken.catch(() => undefined);
    const wholeMs = request.fetchTimeoutMs;
    this.#whole = setTimeout(() => this.#break(this.#tooLong('as a whole', wholeMs)), wholeMs);
    if (request.signal.aborted) this.#cancel();
    request.signal.addEventListener('abort', this.#cancel, { once: true });
  }

  /** Connects, checks the host key, logs in and starts sFTP. */
  async open(): Promise<SFTPWrapper> {
    const ready = new Promise<void>((resolve) => this.#client.once('ready', resolve));
    this.#client.on('error', (error) => this.#break(this.#connectionError(error)));
    this.#client.on('close', () => this.#break(this.#cut()));
    try {
      this.#client.connect(this.#config());
    } catch (cause) {
      // Only the key can be wrong here, and the text must not contain any part of it.
      throw this.error('the key cannot be used: no private key, or another passphrase', {
        fix: 'Check the key and its passphrase with ssh-keygen -yf KEY',
        cause,
      });
    }
    await Promise.race([ready, this.#broken]);
    this.#isReady = true;
    return await this.call<SFTPWrapper>('start sFTP', (done) => this.#client.sftp(done));
  }

  /** One exchange with the server. `doing` names it in errors. */
  async call<Value>(doing: string, start: (done: SftpDone<Value>) => void): Promise<Value> {
    this.#touch();
    const answer = new Promise<Value>((resolve, reject) => {
      start((error, value) => {
        this.#touch();
        if (error === undefined || error === null) resolve(value);
        else reject(this.#refused(doing, error));
      });
    });
    answer.catch(() => undefined);
    return await Promise.race([answer, this.#broken]);
  }

  close(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#whole);
    this.request.signal.removeEventListener('abort', this.#cancel);
    this.#client.destroy();
  }

  #touch(): void {
    const idleMs = this.request.idleTimeoutMs;
    if (this.#idle !== undefined) this.#idle.refresh();
    else
      this.#idle = setTimeout(() => this.#break(this.#tooLong('without a byte', idleMs)), idleMs);
  }

  #config(): ConnectConfig {
    const { address, access, connectTimeoutMs } = this.request;
    const { credentials, pins } = access;
    const types = new Set(pins.known.filter(({ revoked }) => !revoked).map(({ type }) => type));
    const wanted = [...types].flatMap((type) => HOST_KEY_TYPES[type] ?? []);
    return {
      host: address.host,
      port: address.port,
      username: address.user,
      readyTimeout: connectTimeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
      hostVerifier: (key: Buffer) => {
        this.#offered = key;
        return isPinned(pins, key);
      },
      // A server may have several keys: request the one we know.
      ...(wanted.length > 0 &&
        pins.fingerprints.length === 0 && { algorithms: { serverHostKey: wanted } }),
      ...(credentials.kind === 'password'
        ? { password: credentials.password, authHandler: ['password'] }
        : {
            privateKey: credentials.key,
            ...(credentials.passphrase !== undefined && { passphrase: credentials.passphrase }),
            authHandler: ['publickey'],
          }),
    };
  }

  #connectionError(error: Error & { level?: string; code?: string }): TacetError {
    const { address, access, connectTimeoutMs } = this.request;
    if (this.#isReady) return this.#cut(error);
    const offered = this.#offered;
    if (offered !== undefined && !isPinned(access.pins, offered)) return this.#wrongHost(offered);
    if (error.level === 'client-authentication') {
      const what = access.credentials.kind === 'password' ? 'password' : 'key';
      return this.error(`the server refused the ${what} of the user ${address.user}`, {
        fix: `Check the user and the ${what}, and whether the account is still open`,
        cause: error,
      });
    }
    if (error.level === 'client-timeout') return this.#tooLong('to connect', connectTimeoutMs);
    return this.error(`cannot connect: ${REASONS.get(error.code ?? '') ?? error.message}`, {
      fix: 'Check host and port, the network, and whether the server is up',
      cause: error,
    });
  }

  #wrongHost(key: Buffer): TacetError {
    const { pins } = this.request.access;
    const isKnown = pins.fingerprints.length + pins.known.length > 0;
    const what = isKnown ? 'the host key is not the one pinned' : 'no key of this host is pinned';
    return this.error(what, {
      ...(isKnown && { expected: pinsText(pins) }),
      got: `${keyTypeOf(key)} ${fingerprintOf(key)}`,
      fix:
        'Nothing was sent. Ask the operator of the server, by another way, whether this is its ' +
        `key; if so, pin it with --host-key ${fingerprintOf(key)}`,
    });
  }

  #cut(cause?: Error): TacetError {
    const fix = 'Nothing of it was used; sync again';
    return this.error(`the connection was cut ${this.progress}`, { fix, cause });
  }

  #tooLong(what: string, ms: number): TacetError {
    const fix = 'Sync again, or raise the timeout';
    return this.error(`it took more than ${ms / 1000} s ${what}, ${this.progress}`, { fix });
  }

  #refused(doing: string, error: Error & { code?: string | number }): TacetError {
    const reason = SFTP_REASONS.get(Number(error.code)) ?? error.message;
    return this.error(`the server did not ${doing}: ${reason}`, {
      fix: 'Check the path and the rights of the user on the server',
      cause: error,
    });
  }

  /** An ERR_FETCH that names the address. */
  error(what: string, rest: Partial<ErrorDetail>): TacetError {
    return fetchError(what, { where: this.where, ...rest });
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was reset'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the name of the host cannot be resolved now'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['ETIMEDOUT', 'the host does not answer'],
]);

const SFTP_REASONS: ReadonlyMap<number, string> = new Map([
  [2, 'no such file'],
  [3, 'permission denied'],
]);

function pinsText({ fingerprints, known }: SftpAccess['pins']): string {
  const shown = known
    .filter(({ revoked }) => !revoked)
    .map(({ key }) => fingerprintOf(Buffer.from(key, 'base64')));
  return [...fingerprints, ...shown].join(' or ') || 'a key that is not revoked';
}
