/** A connection to an sFTP server: host key, login, timeouts and error messages. */
import { Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { type ErrorDetail, TacetError } from '../../../errors.ts';
import type { SyncOptions } from '../../options.ts';
import { fetchCancelled, fetchError, type SftpAccess } from '../fetch.ts';
import { addressText, type SftpAddress } from '../source-address.ts';
import { algorithmsFor, HOST_KEY_TYPES, ServerOffer } from './algorithms.ts';
import { fingerprintOf, isPinned, keyTypeOf, knownTypes, pinsText } from './host-key.ts';
import { Login } from './login.ts';

const KEEPALIVE_MS = 10_000;
const KEEPALIVE_MISSED_MAX = 3;

type SftpDone<Value> = (error: Error | undefined | null, value: Value) => void;

export interface SftpRequest
  extends Pick<
    SyncOptions,
    'connectTimeoutMs' | 'idleTimeoutMs' | 'fetchTimeoutMs' | 'legacyAlgorithms'
  > {
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
  #client: Client | undefined;
  readonly #login: Login;
  #offer = new ServerOffer();
  readonly #broken: Promise<never>;
  #break: (error: TacetError) => void = () => undefined;
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
    const { address, access, fetchTimeoutMs, signal } = request;
    this.#login = new Login(address.user, access.credentials, ({ what, ...rest }) =>
      this.#break(this.error(what, rest)),
    );
    this.#whole = setTimeout(
      () => this.#break(this.#tooLong('as a whole', fetchTimeoutMs)),
      fetchTimeoutMs,
    );
    if (signal.aborted) this.#cancel();
    signal.addEventListener('abort', this.#cancel, { once: true });
  }

  /** Connects, checks the host key, logs in and starts sFTP. */
  async open(): Promise<SFTPWrapper> {
    const client = await this.#connect();
    this.#isReady = true;
    return await this.call<SFTPWrapper>('start sFTP', (done) => client.sftp(done));
  }

  /**
   * Connects until the server shows a pinned key: of several keys it shows the one of the type
   * asked for first, so each type that it has is asked for once. Nothing is sent to any other.
   */
  async #connect(): Promise<Client> {
    const { access, legacyAlgorithms } = this.request;
    const known = knownTypes(access.pins);
    // A fingerprint does not tell the type of its key.
    const possible = access.pins.fingerprints.length > 0 ? new Set(HOST_KEY_TYPES) : known;
    let types = [...HOST_KEY_TYPES].sort((a, b) => Number(known.has(b)) - Number(known.has(a)));
    const refused: Buffer[] = [];
    while (types.length > 0 && refused.length < HOST_KEY_TYPES.length) {
      const client = new Client();
      this.#client = client;
      const key = await Promise.race([this.#attempt(client, types), this.#broken]);
      if (key === undefined) return client;
      client.destroy();
      refused.push(key);
      const seen = refused.map(keyTypeOf);
      types = types.filter(
        (type) =>
          !seen.includes(type) && possible.has(type) && this.#offer.has(type, legacyAlgorithms),
      );
    }
    throw this.#wrongHost(refused);
  }

  /** Logs in, and resolves with nothing, or with the host key that is not pinned. */
  #attempt(client: Client, types: readonly string[]): Promise<Buffer | undefined> {
    this.#offer = new ServerOffer();
    let refused: Buffer | undefined;
    const { pins } = this.request.access;
    const hostVerifier = (key: Buffer): boolean => {
      refused = isPinned(pins, key) ? undefined : key;
      return refused === undefined;
    };
    return new Promise((resolve) => {
      const failed = (error: TacetError): void => {
        if (refused === undefined || this.#isReady) this.#break(error);
        else resolve(refused);
      };
      client.once('ready', () => resolve(undefined));
      client.on('error', (error) => failed(this.#connectionError(error)));
      client.on('close', () => failed(this.#cut()));
      client.on('change password', this.#login.changePassword);
      try {
        client.connect({ ...this.#config(types), hostVerifier });
      } catch (cause) {
        // Only the key can be wrong here, and the text must not contain any part of it.
        const fix = 'Check the key and its passphrase with ssh-keygen -yf KEY';
        const what = 'the key cannot be used: no private key, or another passphrase';
        this.#break(this.error(what, { fix, cause }));
      }
    });
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
    this.#client?.destroy();
  }

  #touch(): void {
    const idleMs = this.request.idleTimeoutMs;
    if (this.#idle !== undefined) this.#idle.refresh();
    else
      this.#idle = setTimeout(() => this.#break(this.#tooLong('without a byte', idleMs)), idleMs);
  }

  #config(types: readonly string[]): ConnectConfig {
    const { address, access, connectTimeoutMs, legacyAlgorithms } = this.request;
    const { key, passphrase } = access.credentials;
    return {
      host: address.host,
      port: address.port,
      username: address.user,
      readyTimeout: connectTimeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
      algorithms: algorithmsFor(types, legacyAlgorithms),
      debug: this.#offer.read,
      authHandler: this.#login.next,
      ...(key !== undefined && { privateKey: key }),
      ...(passphrase !== undefined && { passphrase }),
    };
  }

  #connectionError(error: Error & { level?: string; code?: string }): TacetError {
    if (this.#isReady) return this.#cut(error);
    if (error.level === 'client-timeout') {
      return this.#tooLong('to connect', this.request.connectTimeoutMs);
    }
    if (/^Handshake failed: no matching/.test(error.message)) {
      const { what, ...rest } = this.#offer.mismatch(this.request.legacyAlgorithms);
      return this.error(what, { ...rest, cause: error });
    }
    return this.error(`cannot connect: ${REASONS.get(error.code ?? '') ?? error.message}`, {
      fix: 'Check host and port, the network, and whether the server is up',
      cause: error,
    });
  }

  #wrongHost(keys: readonly Buffer[]): TacetError {
    const { access, legacyAlgorithms } = this.request;
    const { pins } = access;
    const isKnown = pins.fingerprints.length + pins.known.length > 0;
    const what = isKnown ? 'the host key is not the one pinned' : 'no key of this host is pinned';
    const [first] = keys.map(fingerprintOf);
    const rsa = 'Its RSA key was not looked at: it signs with SHA-1 (--legacy-algorithms). ';
    return this.error(what, {
      ...(isKnown && { expected: pinsText(pins) }),
      got: keys.map((key) => `${keyTypeOf(key)} ${fingerprintOf(key)}`).join(' and '),
      fix:
        `Nothing was sent. ${isKnown && !legacyAlgorithms && this.#offer.hidesRsa ? rsa : ''}` +
        'Ask the operator of the server, by another way, whether this is its ' +
        `key; if so, pin it with --host-key ${first}`,
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

/** Statuses of the protocol (draft-ietf-secsh-filexfer-02, section 7). */
export const NO_SUCH_FILE = 2;
export const PERMISSION_DENIED = 3;

const SFTP_REASONS: ReadonlyMap<number, string> = new Map([
  [NO_SUCH_FILE, 'no such file'],
  [PERMISSION_DENIED, 'permission denied'],
  [8, 'it does not know how to'],
]);

/** The status with which a server refused a call; undefined if the call failed otherwise. */
export function statusOf(error: unknown): number | undefined {
  const cause = error instanceof TacetError ? error.detail.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
